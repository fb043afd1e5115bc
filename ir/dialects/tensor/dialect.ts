/** @file `tensor`: immutable arrays as values, below the graph level. Its text is upstream MLIR's. */

import type { Dialect } from "../../context.js";
import { operationsIn } from "../operations.js";
import * as access from "./access.js";
import * as region from "./region.js";
import * as shape from "./shape.js";
import * as slice from "./slice.js";

export const tensor: Dialect = {
  name: "tensor",
  summary: "Immutable arrays as values, below the graph level.",
  ops: operationsIn(access, shape, slice, region),
};
