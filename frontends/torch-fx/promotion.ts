/**
 * @file PyTorch's type promotion: the element that arithmetic on several operands is done in. Tensors of some rank go before
 * those of rank 0, and these before numbers, unless a later one is of a higher category (bool, integer, float, complex).
 * Source: c10/core/ScalarType.cpp and ResultType in aten/src/ATen/native/TypeProperties.cpp (PyTorch 2.13).
 */

import { type ElementType, elementFacts } from "../../ir/element.js";

/** How much an operand weighs. */
export type Weight = "tensor" | "scalar-tensor" | "number";

export interface Operand {
  readonly element: ElementType;
  readonly weight: Weight;
}

const weights: readonly Weight[] = ["tensor", "scalar-tensor", "number"];

function categoryOf(element: ElementType): number {
  const { kind } = elementFacts[element];
  return kind === "bool" ? 0 : kind === "complex" ? 3 : kind === "float" ? 2 : 1;
}

/** The element that values of both can be converted to. */
export function promoteElements(a: ElementType, b: ElementType): ElementType {
  if (a === b) return a;
  const [x, y] = [elementFacts[a], elementFacts[b]];
  const [high, low] = categoryOf(a) >= categoryOf(b) ? [a, b] : [b, a];
  if (x.kind === "complex" || y.kind === "complex") {
    const isWide = [a, b].some((e) => e === "complex<f64>" || e === "f64");
    return isWide ? "complex<f64>" : "complex<f32>";
  }
  if (categoryOf(a) !== categoryOf(b)) return high;
  if (x.kind === "float") return x.bits === y.bits ? "f32" : x.bits > y.bits ? a : b;
  if (x.kind === y.kind) return x.bits > y.bits ? a : b;
  return signedAndUnsigned(high, low);
}

/** Unsigned bytes fit the wider signed ones; of other mixtures the result is signed and no wider than i64. */
function signedAndUnsigned(a: ElementType, b: ElementType): ElementType {
  const [signed, unsigned] = elementFacts[a].kind === "int" ? [a, b] : [b, a];
  if (elementFacts[signed].bits > elementFacts[unsigned].bits) return signed;
  const bits = Math.min(64, 2 * elementFacts[unsigned].bits);
  return bits === 16 ? "i16" : bits === 32 ? "i32" : "i64";
}

/** The element of arithmetic on `operands`, of which there is at least one. */
export function promote(operands: readonly Operand[]): ElementType {
  let result: ElementType | undefined;
  for (const weight of weights) {
    const own = operands.filter((o) => o.weight === weight).map((o) => o.element);
    if (own.length === 0) continue;
    const joined = own.reduce(promoteElements);
    if (result === undefined) result = joined;
    else if (categoryOf(joined) > categoryOf(result)) result = lifted(result, joined, weight);
  }
  if (result === undefined) throw new Error("nothing to promote");
  return result;
}

/**
 * A number of a higher category takes only that category along: an i32 tensor plus 1.5 is f32, whatever 1.5 is. Floats that
 * meet something complex of less weight keep their width.
 */
function lifted(from: ElementType, to: ElementType, weight: Weight): ElementType {
  if (elementFacts[to].kind !== "complex" || categoryOf(from) !== 2) return weight === "number" ? defaultOf(to) : to;
  return from === "f64" ? "complex<f64>" : "complex<f32>";
}

/** What numbers of Python become in tensors. */
export function defaultOf(element: ElementType): ElementType {
  const { kind } = elementFacts[element];
  if (kind === "float") return "f32";
  if (kind === "complex") return "complex<f32>";
  return kind === "bool" ? "i1" : "i64";
}

/** Integers and booleans are computed with as f32 by functions of real numbers. */
export function toFloating(element: ElementType): ElementType {
  return categoryOf(element) >= 2 ? element : "f32";
}

export function isFloating(element: ElementType): boolean {
  return categoryOf(element) >= 2;
}
