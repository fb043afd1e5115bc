/** @file `llvm`: the machine level. Its text is upstream MLIR's; LLVM's own text is printed from it. */

import type { Dialect } from "../../context.js";
import { operationsIn } from "../operations.js";
import * as aggregate from "./aggregate.js";
import * as arithmetic from "./arithmetic.js";
import * as atomic from "./atomic.js";
import * as control from "./control.js";
import * as intrinsics from "./intrinsics.js";
import * as memory from "./memory.js";

export const llvm: Dialect = {
  name: "llvm",
  summary: "LLVM's instructions.",
  ops: operationsIn(arithmetic, control, intrinsics, memory, aggregate, atomic),
};
