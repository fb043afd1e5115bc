/**
 * @file e^x and its relatives. x = n ln 2 + r with |r| <= ln 2 / 2; e^r = 1 + r + r^2 p(r); the result is scaled by 2^n
 * in two steps, so that subnormal results are rounded once and overflow is true overflow.
 */

import { type DoubleWord, fastTwoSum, twoSum } from "../double-word.js";
import { type Float, type Int, polynomial } from "../emit.js";
import type { FloatName } from "../formats.js";
import { constants, expPolynomial, sinhPolynomial, tanhPolynomial } from "../generated/coefficients.js";
import { clamp, nearestInteger, odd, powerOfTwo, scale } from "./parts.js";

/** Beyond these, e^x rounds to 0 and to infinity. */
const range: Readonly<Record<FloatName, readonly [number, number]>> = { f32: [-104, 89], f64: [-746, 710] };
/** Below, e^x - 1 rounds to -1. */
const expm1Low: Readonly<Record<FloatName, number>> = { f32: -18, f64: -38 };
/** Beyond, tanh rounds to 1. */
const tanhEnd: Readonly<Record<FloatName, number>> = { f32: 10, f64: 20 };

interface Reduced<V> {
  readonly n: Int<V>;
  readonly r: Float<V>;
  /** What rounding took from r. */
  readonly tail: Float<V>;
}

/** x = n ln 2 + r + tail, for x within `range`. */
function reduce<V>(x: Float<V>): Reduced<V> {
  const { log2E, ln2Hi, ln2Lo } = constants[x.format.name];
  const { float: whole, int: n } = nearestInteger(x.mul(log2E));
  const { hi, lo } = fastTwoSum(x.sub(whole.mul(ln2Hi)), whole.mul(ln2Lo).neg());
  return { n, r: hi, tail: lo };
}

/** e^(r + tail) - 1 without its leading r: r^2 p(r) + tail. */
function rest<V>(r: Float<V>, tail: Float<V>): Float<V> {
  return r.mul(r).mulAdd(polynomial(r, expPolynomial[r.format.name]), tail);
}

/** e^x = (1 + above) 2^n, for x.hi within `range`. */
export function expParts<V>({ hi, lo }: DoubleWord<V>): { readonly above: Float<V>; readonly n: Int<V> } {
  const { n, r, tail } = reduce(hi);
  const sum = fastTwoSum(r, tail.add(lo));
  return { above: sum.hi.add(rest(sum.hi, sum.lo)), n };
}

/** e^x = mantissa 2^n, for x within `range`; one word of the argument's rest is enough where x is not large. */
export function expWithin<V>(x: Float<V>): { readonly mantissa: Float<V>; readonly n: Int<V> } {
  const { log2E, ln2Hi, ln2Lo } = constants[x.format.name];
  const { float: whole, int: n } = nearestInteger(x.mul(log2E));
  const r = x.sub(whole.mul(ln2Hi)).sub(whole.mul(ln2Lo));
  return { mantissa: r.mul(r).mulAdd(polynomial(r, expPolynomial[x.format.name]), r).add(1), n };
}

/** Brought to where both e^x and half of it have long rounded to 0 or to infinity. */
function bounded<V>(x: Float<V>): Float<V> {
  const [low, high] = range[x.format.name];
  return clamp(x, low, high + 1);
}

/** e^x. */
export function exp<V>(x: Float<V>): Float<V> {
  const { mantissa, n } = expWithin(bounded(x));
  return scale(mantissa, n);
}

/** 2^x. */
export function exp2<V>(x: Float<V>): Float<V> {
  const { ln2, ln2Tail } = constants[x.format.name];
  const { bias, mantissaBits } = x.format;
  const clamped = clamp(x, -bias - mantissaBits - 2, bias + 1);
  const { float: whole, int: n } = nearestInteger(clamped);
  const fraction = clamped.sub(whole);
  const r = fraction.mul(ln2);
  return scale(r.add(rest(r, fraction.mul(ln2Tail))).add(1), n);
}

/** e^x - 1. */
export function expm1<V>(x: Float<V>): Float<V> {
  const { n, r, tail } = reduce(clamp(x, expm1Low[x.format.name], range[x.format.name][1]));
  const half = powerOfTwo(n.sub(1)); // halved, since 2^n may overflow where the result does not
  const { hi, lo } = twoSum(half.sub(0.5), half.mul(r));
  const sum = hi.add(half.mulAdd(rest(r, tail), lo));
  // Near 0 the sum would lose the sign of zero, and to underflow a bit of subnormal numbers.
  return x
    .abs()
    .lt(2 ** -(x.format.mantissaBits + 2))
    .select(x, sum.add(sum));
}

/** x + x^3 p(x^2) up to 0.55, then 1 - 2 / (e^2x + 1). */
export function tanh<V>(x: Float<V>): Float<V> {
  return odd(x, (magnitude) => {
    const end = tanhEnd[x.format.name];
    const clamped = magnitude.gt(end).select(end, magnitude);
    const square = magnitude.mul(magnitude);
    const near = magnitude.mul(square).mulAdd(polynomial(square, tanhPolynomial[x.format.name]), magnitude);
    const { mantissa, n } = expWithin(clamped.add(clamped));
    const far = x.of(1).sub(x.of(2).div(mantissa.mulAdd(powerOfTwo(n), 1)));
    return magnitude.lt(0.55).select(near, far);
  });
}

/** e^x / 2 for x >= 0; infinite only where cosh x is. */
function halfExp<V>(x: Float<V>): Float<V> {
  const { mantissa, n } = expWithin(bounded(x));
  return scale(mantissa, n.sub(1));
}

/** x + x^3 p(x^2) up to 1, e^x / 2 - e^-x / 2 beyond. */
export function sinh<V>(x: Float<V>): Float<V> {
  return odd(x, (magnitude) => {
    const square = magnitude.mul(magnitude);
    const small = magnitude.mul(square).mulAdd(polynomial(square, sinhPolynomial[x.format.name]), magnitude);
    const half = halfExp(magnitude);
    return magnitude.lt(1).select(small, half.sub(x.of(0.25).div(half)));
  });
}

/** e^x / 2 + e^-x / 2. */
export function cosh<V>(x: Float<V>): Float<V> {
  const half = halfExp(x.abs());
  return half.add(x.of(0.25).div(half));
}
