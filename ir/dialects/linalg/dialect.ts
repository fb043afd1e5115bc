/** @file `linalg`: loop nests over tensors and memrefs as data. Its text is upstream MLIR's. */

import type { Dialect } from "../../context.js";
import { operationsIn } from "../operations.js";
import * as structured from "./structured.js";

export const linalg: Dialect = {
  name: "linalg",
  summary: "Loop nests over tensors and memrefs as data: indexing maps, iterator kinds, a region.",
  ops: operationsIn(structured),
};
