/** @file `cpu`: instructions of some processors that nothing else in the program can be turned into. Its text is our own. */

import type { Dialect } from "../../context.js";
import { operationsIn } from "../operations.js";
import * as products from "./products.js";

export const cpu: Dialect = {
  name: "cpu",
  summary: "Instructions of some processors, on vectors as long as theirs.",
  ops: operationsIn(products),
};
