/**
 * @file C's pow: e^(y log |x|), where the logarithm and the product have two words, since the exponential turns an absolute
 * error of its argument into a relative one of the result. Special cases as C99 F.9.4.4.
 */

import { type DoubleWord, multiply, single } from "../double-word.js";
import type { Float, Int, Mask } from "../emit.js";
import type { FloatName } from "../formats.js";
import { expParts } from "./exponential.js";
import { logWords } from "./logarithm.js";
import { clamp, isNegative, scale } from "./parts.js";

/** Exponents beyond this decide by themselves between 0, 1 and infinity: no |x| but 1 has a logarithm below 2^-25 (f64: 2^-54). */
const largestExponent: Readonly<Record<FloatName, number>> = { f32: 2 ** 33, f64: 2 ** 65 };
/** e to this power is far out of range. */
const largestPower: Readonly<Record<FloatName, number>> = { f32: 110, f64: 750 };

interface Exponent<V> {
  readonly words: DoubleWord<V>;
  /** Absent where the exponent is known to be an integer. */
  readonly isInteger?: Mask<V>;
  readonly isOdd: Mask<V>;
}

/** |x|^y for finite x other than 0. */
function powerOfMagnitude<V>(x: Float<V>, y: DoubleWord<V>): Float<V> {
  const product = multiply(logWords(x), y);
  const limit = largestPower[x.format.name];
  const beyond = product.hi.abs().gt(limit);
  const { above, n } = expParts({ hi: clamp(product.hi, -limit, limit), lo: beyond.select(0, product.lo) });
  return scale(above.add(1), n);
}

function powerBy<V>(x: Float<V>, { words, isInteger, isOdd }: Exponent<V>): Float<V> {
  const y = words.hi;
  const magnitude = x.abs();
  const infinity = Number.POSITIVE_INFINITY;
  const end = largestExponent[x.format.name];
  const clamped = clamp(y, -end, end);
  const ordinary = powerOfMagnitude(magnitude, { hi: clamped, lo: y.eq(clamped).select(words.lo, 0) });
  const extreme = magnitude.eq(0).or(magnitude.eq(infinity)).or(y.isInfinite());
  const grows = magnitude.gt(1).xor(y.lt(0));
  const size = extreme.select(grows.select(infinity, 0), ordinary);
  const anyNaN = x.isNaN().or(y.isNaN());
  const undefinedAt = isInteger ? anyNaN.or(x.lt(0).and(x.gt(-infinity)).and(isInteger.not())) : anyNaN;
  const signed = isOdd.and(isNegative(x)).select(size.neg(), size);
  const defined = undefinedAt.select(Number.NaN, signed);
  const isOne = y.eq(0).or(x.eq(1)).or(x.eq(-1).and(y.isInfinite()));
  return isOne.select(1, defined);
}

/** x to the power y. */
export function pow<V>(x: Float<V>, y: Float<V>): Float<V> {
  const whole = 2 ** (x.format.mantissaBits + 1); // from here on every float is an even integer
  const bounded = y.isNaN().select(0, clamp(y, -whole, whole));
  const int = bounded.toInt();
  const isInteger = int.toFloat().eq(bounded);
  return powerBy(x, { words: single(y), isInteger, isOdd: isInteger.and(int.and(1).ne(0)) });
}

/** x to the power n, a signed integer. */
export function powInteger<V>(x: Float<V>, n: Int<V>): Float<V> {
  const { bits, mantissaBits } = x.format;
  const low = n.and((1n << BigInt(bits - mantissaBits - 1)) - 1n);
  const high = n.sub(low);
  const hi = n.toFloat();
  const lo = high.toFloat().sub(hi).add(low.toFloat()); // exact: high and low are, and what is left is small
  return powerBy(x, { words: { hi, lo }, isOdd: n.and(1).ne(0) });
}
