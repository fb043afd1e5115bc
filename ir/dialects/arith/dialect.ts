/** @file `arith`: integer and float arithmetic on scalars, vectors and tensors. Its text is upstream MLIR's. */

import type { Dialect } from "../../context.js";
import { operationsIn } from "../operations.js";
import * as cast from "./cast.js";
import * as constants from "./constant.js";
import * as float from "./float.js";
import * as integer from "./integer.js";

export const arith: Dialect = {
  name: "arith",
  summary: "Integer and float arithmetic on scalars, vectors and tensors.",
  ops: operationsIn(constants, integer, float, cast),
};
