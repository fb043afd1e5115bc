/** @file Collects the operations that files of one family export, so that a dialect lists files instead of names. */

import type { AnyOpDef } from "../define.js";

/** Every exported definition, in order of export name; what else the files export is passed over. */
export function operationsIn(...families: readonly object[]): readonly AnyOpDef[] {
  return families.flatMap((family) => Object.values(family).filter(isDefinition));
}

function isDefinition(x: unknown): x is AnyOpDef {
  return typeof x === "object" && x !== null && "operandNames" in x && "attrsOf" in x;
}
