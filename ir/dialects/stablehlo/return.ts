/** @file The terminator of StableHLO's regions. */

import { defineOp } from "../../define.js";
import { variadic } from "../../kinds.js";
import { tensorOrToken } from "./constraints.js";

export const returnOp = defineOp("stablehlo.return", {
  summary: "Ends a region and gives its results.",
  operands: { results: variadic(tensorOrToken) },
  attrs: {},
  results: {},
  traits: ["terminator"],
  format: "$results attr-dict (`:` type($results))?",
});
