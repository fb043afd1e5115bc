/** @file `vector`: fixed-size vectors of any rank in registers. Its text is upstream MLIR's. */

import type { Dialect } from "../../context.js";
import { operationsIn } from "../operations.js";
import * as arithmetic from "./arithmetic.js";
import * as element from "./element.js";
import * as memory from "./memory.js";
import * as shape from "./shape.js";
import * as transfer from "./transfer.js";

export const vector: Dialect = {
  name: "vector",
  summary: "Vectors of fixed size and any rank: loads and stores under masks, shuffles, reductions, contractions.",
  ops: operationsIn(memory, transfer, shape, element, arithmetic),
};
