/** @file CHLO: the functions JAX writes beside StableHLO's; lowering decomposes them. */

import type { Dialect } from "../../context.js";
import type { AnyOpDef } from "../../define.js";
import * as broadcast from "./broadcast.js";
import * as elementwise from "./elementwise.js";
import * as tensors from "./tensors.js";

function isDefinition(value: unknown): value is AnyOpDef {
  return typeof value === "object" && value !== null && "attrNames" in value;
}

export const chlo: Dialect = {
  name: "chlo",
  summary: "Functions beyond StableHLO: inverse and special functions, broadcasting forms, top-k.",
  ops: [broadcast, elementwise, tensors].flatMap((family) => Object.values<unknown>(family).filter(isDefinition)),
};
