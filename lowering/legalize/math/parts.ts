/** @file What several functions share: powers of two, rounding to integers, signs carried past an even or odd core. */

import { twoSum } from "../double-word.js";
import type { Float, Int, Mask } from "../emit.js";

/** 2^n for 1 - bias <= n <= bias; one below gives 0, one above infinity. */
export function powerOfTwo<V>(n: Int<V>): Float<V> {
  const { bias, mantissaBits } = n.format;
  return n.add(bias).shl(mantissaBits).asFloat();
}

/** x 2^n, rounded once, for |n| up to twice the bias. */
export function scale<V>(x: Float<V>, n: Int<V>): Float<V> {
  const half = n.shrs(1);
  return x.mul(powerOfTwo(half)).mul(powerOfTwo(n.sub(half)));
}

export interface Rounded<V> {
  readonly float: Float<V>;
  readonly int: Int<V>;
}

/** The nearest integer, ties to even, for |x| < 2^(mantissa bits - 1). */
export function nearestInteger<V>(x: Float<V>): Rounded<V> {
  const { anchor, anchorBits } = x.format;
  const anchored = x.add(anchor);
  return { float: anchored.sub(anchor), int: anchored.bits().sub(anchorBits) };
}

/** x within [-limit, limit]; NaN stays. */
export function clampMagnitude<V>(x: Float<V>, limit: number): Float<V> {
  return clamp(x, -limit, limit);
}

/** x within [low, high]; NaN stays. */
export function clamp<V>(x: Float<V>, low: number, high: number): Float<V> {
  const above = x.gt(high).select(high, x);
  return x.lt(low).select(low, above);
}

/** The sign bit alone. */
export function signOf<V>(x: Float<V>): Int<V> {
  return x.bits().and(x.format.signBit);
}

export function isNegative<V>(x: Float<V>): Mask<V> {
  return x.bits().lt(0);
}

/** x with its sign flipped where the sign bit of `sign` is set; other bits of `sign` must be clear. */
export function flipSign<V>(x: Float<V>, sign: Int<V>): Float<V> {
  return x.bits().xor(sign).asFloat();
}

/** An odd function from its values on non-negative numbers; the sign of zero stays. */
export function odd<V>(x: Float<V>, onMagnitude: (magnitude: Float<V>) => Float<V>): Float<V> {
  return onMagnitude(x.abs()).copysign(x);
}

/** x + y rounded to odd: where the sum is not exact, whichever neighbour has an odd last bit; rounding that again is as rounding once. */
export function addToOdd<V>(x: Float<V>, y: Float<V>): Float<V> {
  const { hi, lo } = twoSum(x, y);
  const bits = hi.bits();
  const isInexact = lo.eq(0).or(lo.isNaN()).not(); // NaN: the sum is infinite
  const moves = isInexact.and(bits.and(1).eq(0));
  const away = lo.gt(0).xor(hi.lt(0)).selectInt(1, -1);
  return bits.add(moves.selectInt(away, 0)).asFloat();
}
