/**
 * @file What storage holds before anything is written to it, while the interpreter runs: NaN, or bits that no program
 * hopes for. Zeros would let a program that forgets to initialise pass.
 */

import { type ElementType, elementFacts } from "./element.js";
import { numericsOf, type Scalar } from "./scalar.js";

/** No size or offset is this large. */
export const INDEX_POISON = 0x2aaa_aaaa_aaaa_aa;

/** A value for undefined elements of this type. */
export function uninitialised(element: ElementType): Scalar {
  const { kind } = elementFacts[element];
  if (kind === "complex") return { re: Number.NaN, im: Number.NaN };
  if (kind === "index") return INDEX_POISON;
  const numerics = numericsOf(element);
  return kind === "float" ? numerics.fromNumber(Number.NaN) : numerics.fromBits(0xaaaa_aaaa_aaaa_aaaan);
}
