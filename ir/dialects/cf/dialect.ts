/** @file `cf`: control flow between blocks. Its text is upstream MLIR's. */

import type { Dialect } from "../../context.js";
import { operationsIn } from "../operations.js";
import * as branch from "./branch.js";

export const cf: Dialect = {
  name: "cf",
  summary: "Control flow between blocks.",
  ops: operationsIn(branch),
};
