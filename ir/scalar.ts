/**
 * @file Scalars of the interpreter: the arithmetic record of each element, and conversion between elements.
 * Invariant: records are made once and shared; their results are always values of their element.
 */

import { type ElementType, elementFacts, isComplex, isFloat } from "./element.js";
import { roundTo } from "./float-format.js";
import { wideNumerics } from "./numerics/big-integer.js";
import { complexNumerics } from "./numerics/complex.js";
import { floatNumerics } from "./numerics/float.js";
import { boolNumerics, indexNumerics, integerNumerics } from "./numerics/integer.js";
import type { Complex, Numerics, Scalar } from "./numerics/record.js";

export type { Complex, Numerics, Scalar } from "./numerics/record.js";

function makeNumerics(element: ElementType): Numerics {
  if (isFloat(element)) return floatNumerics(element);
  if (isComplex(element)) return complexNumerics(element);
  if (element === "i1") return boolNumerics;
  if (element === "index") return indexNumerics;
  if (element === "i64" || element === "ui64") return wideNumerics(element);
  return integerNumerics(element);
}

const records = Object.fromEntries(
  Object.keys(elementFacts).map((name) => [name, makeNumerics(name as ElementType)]),
) as Readonly<Record<ElementType, Numerics>>;

/** The arithmetic of an element; fetch it once per tensor, not once per entry. */
export function numericsOf(element: ElementType): Numerics {
  return records[element];
}

export function isComplexScalar(x: Scalar): x is Complex {
  return typeof x === "object";
}

/**
 * A value of `from` as a value of `to` (StableHLO `convert`, with XLA's choices where it leaves one):
 * float to integer truncates, saturates and sends NaN to 0; integer to integer wraps; to `i1` is `!= 0`;
 * to a float rounds once; a complex gives up its imaginary part, except to `i1`.
 */
export function convertScalar(x: Scalar, from: ElementType, to: ElementType): Scalar {
  if (from === to) return x;
  if (to === "i1") return isZero(x) ? 0 : 1;
  if (isComplex(to)) return toComplex(x, to === "complex<f32>" ? "f32" : "f64");
  const real = isComplexScalar(x) ? x.re : x;
  if (isFloat(to)) return typeof real === "bigint" ? roundTo(to, oddDouble(real, to)) : roundTo(to, real);
  if (typeof real === "bigint") return numericsOf(to).fromBits(real);
  return isFloat(from) || isComplex(from) ? floatToInteger(real, to) : numericsOf(to).fromBits(BigInt(real));
}

function isZero(x: Scalar): boolean {
  return isComplexScalar(x) ? x.re === 0 && x.im === 0 : x === 0 || x === 0n;
}

function toComplex(x: Scalar, part: "f32" | "f64"): Complex {
  if (isComplexScalar(x)) return { re: roundTo(part, x.re), im: roundTo(part, x.im) };
  return { re: roundTo(part, typeof x === "bigint" ? oddDouble(x, part) : x), im: 0 };
}

/** Saturating truncation; NaN is 0. */
function floatToInteger(x: number, to: ElementType): Scalar {
  const target = numericsOf(to);
  if (Number.isNaN(x)) return target.zero;
  if (x <= target.toNumber(target.minValue)) return target.minValue;
  if (x >= target.toNumber(target.maxValue)) return target.maxValue; // 2^63 - 1 as a double is 2^63: all beyond it saturates
  return target.fromNumber(Math.trunc(x));
}

/**
 * A double from which rounding to a narrower format gives what rounding `x` itself would: the bits a double
 * cannot hold are or-ed into its last one (rounding to odd). For f64 the plain conversion is the right one.
 */
function oddDouble(x: bigint, to: ElementType): number {
  const magnitude = x < 0n ? -x : x;
  const excess = BigInt(magnitude.toString(2).length - 53);
  if (to === "f64" || excess <= 0n) return Number(x);
  const kept = magnitude >> excess;
  const sticky = kept << excess === magnitude ? kept : kept | 1n;
  return Number(x < 0n ? -(sticky << excess) : sticky << excess);
}
