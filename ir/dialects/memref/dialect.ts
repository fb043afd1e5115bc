/** @file `memref`: storage and views of it. Its text is upstream MLIR's; memory spaces are names such as `"sram"`. */

import type { Dialect } from "../../context.js";
import { operationsIn } from "../operations.js";
import * as globals from "./global.js";
import * as reshape from "./reshape.js";
import * as storage from "./storage.js";
import * as views from "./views.js";

export const memref: Dialect = {
  name: "memref",
  summary: "Storage and views of it, with memory spaces.",
  ops: operationsIn(storage, views, reshape, globals),
};
