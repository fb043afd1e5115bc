/** @file `tile`: programs of one tile of the accelerator, an operation for each instruction. Its text is our own. */

import type { Dialect } from "../../context.js";
import { operationsIn } from "../operations.js";
import { instructionOps } from "./instructions.js";
import * as structure from "./structure.js";

export const tile: Dialect = {
  name: "tile",
  summary: "Programs of the accelerator's tiles before registers are assigned and bundles are formed.",
  ops: [...operationsIn(structure), ...instructionOps.values()],
};
