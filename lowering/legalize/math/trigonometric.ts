/** @file sin, cos and tan of any angle in radians; of infinities NaN. */

import { collapse, type DoubleWord, fastTwoSum, quotient } from "../double-word.js";
import type { Float, Int, Mask } from "../emit.js";
import { reduceAngle, sineAndCosine } from "./argument-reduction.js";
import { flipSign, signOf } from "./parts.js";

interface Turned<V> {
  readonly sin: DoubleWord<V>;
  readonly cos: DoubleWord<V>;
  readonly turns: Int<V>;
  /** The quarter turns are odd, so sine and cosine change places. */
  readonly isOdd: Mask<V>;
}

/** |x| reduced, with sine and cosine of the rest; NaN for what is not finite. */
function turned<V>(x: Float<V>): Turned<V> {
  const magnitude = x.abs();
  const { turns, rest } = reduceAngle(magnitude);
  const { sin, cos } = sineAndCosine(rest);
  const nan = magnitude.lt(Number.POSITIVE_INFINITY).select(0, Number.NaN);
  const orNaN = ({ hi, lo }: DoubleWord<V>): DoubleWord<V> => ({ hi, lo: lo.add(nan) });
  return { sin: orNaN(sin), cos: orNaN(cos), turns, isOdd: turns.and(1).ne(0) };
}

/** The second bit of `turns` as a sign. */
function half<V>(turns: Int<V>): Int<V> {
  return turns.shl(turns.format.bits - 2).and(turns.format.signBit);
}

function sinOf<V>({ sin, cos, turns, isOdd }: Turned<V>, x: Float<V>): Float<V> {
  return flipSign(isOdd.select(collapse(cos), collapse(sin)), half(turns).xor(signOf(x)));
}

function cosOf<V>({ sin, cos, turns, isOdd }: Turned<V>): Float<V> {
  return flipSign(isOdd.select(collapse(sin), collapse(cos)), half(turns.add(1)));
}

export function sin<V>(x: Float<V>): Float<V> {
  return sinOf(turned(x), x);
}

export function cos<V>(x: Float<V>): Float<V> {
  return cosOf(turned(x));
}

/** Both from one reduction. */
export function sincos<V>(x: Float<V>): { readonly sin: Float<V>; readonly cos: Float<V> } {
  const parts = turned(x);
  return { sin: sinOf(parts, x), cos: cosOf(parts) };
}

export function tan<V>(x: Float<V>): Float<V> {
  const { sin, cos, turns, isOdd } = turned(x);
  const choose = (a: DoubleWord<V>, b: DoubleWord<V>): DoubleWord<V> =>
    fastTwoSum(isOdd.select(a.hi, b.hi), isOdd.select(a.lo, b.lo));
  const ratio = collapse(quotient(choose(cos, sin), choose(sin, cos)));
  return flipSign(ratio, turns.shl(turns.format.bits - 1).xor(signOf(x)));
}
