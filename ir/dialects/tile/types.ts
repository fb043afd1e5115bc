/** @file The types of values in tile programs: what a scalar register holds, and what a vector register holds. */

import type { Context } from "../../context.js";
import { dialectType } from "../../kinds.js";
import type { DialectType, Type } from "../../types.js";

export const scalarRegister = dialectType("tile.scalar");
export const vectorRegister = dialectType("tile.vector");

/** The type of what a register of file `s` or `v` holds. */
export function registerType(file: "s" | "v", context: Context): DialectType {
  return context.types.dialect(file === "s" ? "tile.scalar" : "tile.vector");
}

/** The register file that holds values of a type, or `undefined` for types of other dialects. */
export function fileOf(type: Type): "s" | "v" | undefined {
  if (scalarRegister.accepts(type)) return "s";
  return vectorRegister.accepts(type) ? "v" : undefined;
}
