/** @file `complex`: complex scalars. Its text is upstream MLIR's. */

import type { Dialect } from "../../context.js";
import { operationsIn } from "../operations.js";
import * as numbers from "./complex.js";

export const complex: Dialect = {
  name: "complex",
  summary: "Complex scalars: made of two floats, taken apart again.",
  ops: operationsIn(numbers),
};
