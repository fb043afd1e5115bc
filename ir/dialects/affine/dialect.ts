/** @file `affine`: loops, conditions and accesses that are affine, so that dependences can be worked out. Its text is upstream MLIR's. */

import type { Dialect } from "../../context.js";
import { operationsIn } from "../operations.js";
import * as access from "./access.js";
import * as loops from "./for.js";
import * as parallel from "./parallel.js";

export const affine: Dialect = {
  name: "affine",
  summary: "Loops, conditions and accesses that are affine in indices and symbols.",
  ops: operationsIn(loops, parallel, access),
};
