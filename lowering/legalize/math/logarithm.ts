/**
 * @file Logarithms. x = 2^e m with m between sqrt(1/2) and sqrt(2), f = m - 1 exactly, s = f / (2 + f), and
 * log m = log((1 + s) / (1 - s)) = 2 s + s^3 p(s^2), arranged as f - (f^2/2 - s (f^2/2 + s^2 p)) so that the leading term is exact.
 */

import { addSmaller, type DoubleWord, fastTwoSum, multiply, quotient, single, twoSum, word } from "../double-word.js";
import { type Float, type Int, polynomial } from "../emit.js";
import { constants, logPolynomial, logTailPolynomial } from "../generated/coefficients.js";
import { powerOfTwo } from "./parts.js";

interface Split<V> {
  readonly exponent: Int<V>;
  /** The exponent as a float. */
  readonly e: Float<V>;
  /** Between sqrt(1/2) - 1 and sqrt(2) - 1. */
  readonly f: Float<V>;
}

/** x = 2^e (1 + f) for positive finite x. */
function split<V>(x: Float<V>): Split<V> {
  const { mantissaBits, minNormal } = x.format;
  const tiny = x.lt(minNormal);
  const lift = mantissaBits + 2;
  const normal = tiny.select(x.mul(2 ** lift), x).bits();
  const rootHalf = x.of(Math.SQRT1_2).bits();
  const above = normal.sub(rootHalf);
  const exponent = above.shrs(mantissaBits).sub(tiny.selectInt(lift, 0));
  const mantissa = above.and((1n << BigInt(mantissaBits)) - 1n).add(rootHalf);
  return { exponent, e: exponent.toFloat(), f: mantissa.asFloat().sub(1) };
}

/** f^2/2 - s (f^2/2 + R): what log(1 + f) is less than f. */
function shortfall<V>(f: Float<V>): Float<V> {
  const half = f.mul(f).mul(0.5);
  const s = f.div(f.add(2));
  const z = s.mul(s);
  return half.sub(s.mul(z.mulAdd(polynomial(z, logPolynomial[f.format.name]), half)));
}

/** e ln 2 + log(1 + f) + tail. */
function assemble<V>(e: Float<V>, f: Float<V>, tail: Float<V>): Float<V> {
  const { ln2Hi, ln2Lo } = constants[f.format.name];
  const low = shortfall(f).sub(e.mulAdd(ln2Lo, tail));
  return e.mulAdd(ln2Hi, f.sub(low));
}

/** `finite` for positive finite x; the logarithm of 0, infinity, NaN and negative numbers. */
function withSpecials<V>(x: Float<V>, finite: Float<V>): Float<V> {
  const special = x.eq(0).select(Number.NEGATIVE_INFINITY, x.lt(0).select(Number.NaN, x));
  return x.gt(0).and(x.lt(Number.POSITIVE_INFINITY)).select(finite, special);
}

/** Natural logarithm. */
export function log<V>(x: Float<V>): Float<V> {
  const { e, f } = split(x);
  return withSpecials(x, assemble(e, f, x.of(0)));
}

/** log(2^more (x.hi + x.lo)) for positive finite x.hi. */
export function logOf<V>({ hi, lo }: DoubleWord<V>, more?: Float<V>): Float<V> {
  const { exponent, e, f } = split(hi);
  // In two steps, as the exponent may be one more than a power of two has; lo no longer matters then.
  const moved = fastTwoSum(f, lo.mul(0.5).mul(powerOfTwo(exponent.mul(-1).add(1))));
  return assemble(more ? e.add(more) : e, moved.hi, moved.lo);
}

/** log(1 + x.hi + x.lo), for x.hi > -1 and finite. */
export function log1pOf<V>({ hi, lo }: DoubleWord<V>): Float<V> {
  const sum = twoSum(hi.of(1), hi);
  return logOf({ hi: sum.hi, lo: sum.lo.add(lo) });
}

/** log(1 + x). */
export function log1p<V>(x: Float<V>): Float<V> {
  const general = withSpecials(x.add(1), log1pOf(single(x)));
  return x
    .abs()
    .lt(2 ** -(x.format.mantissaBits + 2))
    .select(x, general);
}

/** log m as two words, where one word of the smaller terms is enough. */
function logMantissa<V>(f: Float<V>): DoubleWord<V> {
  return fastTwoSum(f, shortfall(f).neg());
}

/** Logarithm to base 2; exact for powers of two. */
export function log2<V>(x: Float<V>): Float<V> {
  const { log2E, log2ETail } = constants[x.format.name];
  const { e, f } = split(x);
  const { hi, lo } = multiply(logMantissa(f), word(x, log2E, log2ETail));
  const sum = fastTwoSum(e, hi);
  return withSpecials(x, sum.hi.add(sum.lo.add(lo)));
}

/** Logarithm to base 10. */
export function log10<V>(x: Float<V>): Float<V> {
  const { log10E, log10ETail, log10Of2Hi, log10Of2Lo } = constants[x.format.name];
  const { e, f } = split(x);
  const { hi, lo } = multiply(logMantissa(f), word(x, log10E, log10ETail));
  const sum = fastTwoSum(e.mul(log10Of2Hi), hi);
  return withSpecials(x, sum.hi.add(sum.lo.add(e.mulAdd(log10Of2Lo, lo))));
}

/** The natural logarithm of a positive finite number as two words; its error is below 2^-16 units of the last place of the first. */
export function logWords<V>(x: Float<V>): DoubleWord<V> {
  const { name } = x.format;
  const { ln2Hi, ln2Lo, twoThirds, twoThirdsTail, twoFifths, twoFifthsTail } = constants[name];
  const { e, f } = split(x);
  const s = quotient(single(f), twoSum(f.of(2), f));
  const z = multiply(s, s);
  const inner = fastTwoSum(x.of(twoFifths), z.hi.mulAdd(polynomial(z.hi, logTailPolynomial[name]), twoFifthsTail));
  const middle = addSmaller(word(x, twoThirds, twoThirdsTail), multiply(z, inner));
  const mantissa = addSmaller({ hi: s.hi.add(s.hi), lo: s.lo.add(s.lo) }, multiply(multiply(s, z), middle));
  const sum = fastTwoSum(e.mul(ln2Hi), mantissa.hi);
  return fastTwoSum(sum.hi, sum.lo.add(mantissa.lo.add(e.mul(ln2Lo))));
}
