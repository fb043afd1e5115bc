/**
 * @file Numbers as the unevaluated sum of two floats, for the few places where one float is not enough (Dekker 1971,
 * Knuth, TAOCP 2, 4.2.2). Sums and products of floats are exact in this form where nothing over- or underflows.
 */

import type { Float, FloatOperand } from "./emit.js";

/** hi + lo, where hi is that sum rounded. */
export interface DoubleWord<V> {
  readonly hi: Float<V>;
  readonly lo: Float<V>;
}

/** x + y exactly. */
export function twoSum<V>(x: Float<V>, y: Float<V>): DoubleWord<V> {
  const hi = x.add(y);
  const shadow = hi.sub(x);
  return { hi, lo: x.sub(hi.sub(shadow)).add(y.sub(shadow)) };
}

/** x + y exactly, where |x| >= |y| or x = 0. */
export function fastTwoSum<V>(x: Float<V>, y: Float<V>): DoubleWord<V> {
  const hi = x.add(y);
  return { hi, lo: y.sub(hi.sub(x)) };
}

/** A float as the sum of its upper and its lower bits, whose products with each other are exact. */
function halves<V>(x: Float<V>): readonly [Float<V>, Float<V>] {
  const low = Math.ceil((x.format.mantissaBits + 1) / 2);
  const upper = x
    .bits()
    .and(-(1n << BigInt(low)))
    .asFloat();
  return [upper, x.sub(upper)];
}

/** x * y exactly (f64 without fused operations: to within 2^-105 of it). */
export function twoProduct<V>(x: Float<V>, y: Float<V>): DoubleWord<V> {
  const hi = x.mul(y);
  if (x.on.fma) return { hi, lo: x.mulAdd(y, hi.neg()) };
  const [xUpper, xLower] = halves(x);
  const [yUpper, yLower] = x === y ? [xUpper, xLower] : halves(y);
  const rest = xUpper.mul(yUpper).sub(hi).add(xUpper.mul(yLower)).add(xLower.mul(yUpper));
  return { hi, lo: rest.add(xLower.mul(yLower)) };
}

/** (x.hi + x.lo) * (y.hi + y.lo), but for the product of the low words. */
export function multiply<V>(x: DoubleWord<V>, y: DoubleWord<V>): DoubleWord<V> {
  const { hi, lo } = twoProduct(x.hi, y.hi);
  return fastTwoSum(hi, lo.add(x.hi.mul(y.lo).add(x.lo.mul(y.hi))));
}

/** x + y for |x| >= |y|. */
export function addSmaller<V>(x: DoubleWord<V>, y: DoubleWord<V>): DoubleWord<V> {
  const { hi, lo } = fastTwoSum(x.hi, y.hi);
  return fastTwoSum(hi, lo.add(x.lo.add(y.lo)));
}

/** x / y to nearly two words. */
export function quotient<V>(x: DoubleWord<V>, y: DoubleWord<V>): DoubleWord<V> {
  const hi = x.hi.div(y.hi);
  const product = twoProduct(hi, y.hi);
  const rest = x.hi.sub(product.hi).sub(product.lo).add(x.lo).sub(hi.mul(y.lo));
  return { hi, lo: rest.div(y.hi) };
}

/** The root of a non-negative number to nearly two words; of 0 the low word is NaN. */
export function root<V>(x: DoubleWord<V>): DoubleWord<V> {
  const hi = x.hi.sqrt();
  const square = twoProduct(hi, hi);
  return { hi, lo: x.hi.sub(square.hi).sub(square.lo).add(x.lo).div(hi.add(hi)) };
}

export function word<V>(like: Float<V>, hi: number, lo: number): DoubleWord<V> {
  return { hi: like.of(hi), lo: like.of(lo) };
}

export function single<V>(hi: Float<V>): DoubleWord<V> {
  return { hi, lo: hi.of(0) };
}

export function collapse<V>({ hi, lo }: DoubleWord<V>): Float<V> {
  return hi.add(lo);
}

export function scaled<V>({ hi, lo }: DoubleWord<V>, power: FloatOperand<V>): DoubleWord<V> {
  return { hi: hi.mul(power), lo: lo.mul(power) };
}
