/** @file `math`: functions beyond arithmetic, on scalars, vectors and tensors. Its text is upstream MLIR's. */

import type { Dialect } from "../../context.js";
import { operationsIn } from "../operations.js";
import * as functions from "./functions.js";
import * as integer from "./integer.js";

export const math: Dialect = {
  name: "math",
  summary: "Functions beyond arithmetic, on scalars, vectors and tensors.",
  ops: operationsIn(functions, integer),
};
