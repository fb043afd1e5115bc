/** @file `scf`: structured control flow, loops and branches with regions. Its text is upstream MLIR's. */

import type { Dialect } from "../../context.js";
import { operationsIn } from "../operations.js";
import * as branch from "./branch.js";
import * as loops from "./for.js";
import * as parallel from "./parallel.js";
import { yieldOp } from "./yield.js";

export const scf: Dialect = {
  name: "scf",
  summary: "Structured control flow: loops and branches with regions.",
  ops: operationsIn({ yieldOp }, loops, branch, parallel),
};
