/** @file All rows that lower computation: what kernels consist of. Host functions add calls and allocation to them. */

import { affineRows } from "./affine-rows.js";
import { arithRows } from "./arith-rows.js";
import { controlRows } from "./control-rows.js";
import type { Row } from "./lowering.js";
import { memrefRows } from "./memref-rows.js";
import { vectorRows } from "./vector-rows.js";

export const computeRows: ReadonlyMap<string, Row> = new Map(
  Object.entries({ ...arithRows, ...controlRows, ...memrefRows, ...vectorRows, ...affineRows }),
);
