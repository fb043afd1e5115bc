/** @file asinh, acosh and atanh: logarithms of numbers kept in two words, so that nothing cancels. */

import { type DoubleWord, fastTwoSum, quotient, root, single, twoProduct, twoSum } from "../double-word.js";
import type { Float } from "../emit.js";
import { log1pOf, logOf } from "./logarithm.js";
import { odd } from "./parts.js";

/** From here on x^2 + 1 and x^2 - 1 are x^2 as far as the logarithm is concerned. */
function large<V>(x: Float<V>): number {
  return 2 ** (x.format.mantissaBits / 2 + 3.5);
}

/** log(2 x). */
function logOfTwice<V>(x: Float<V>): Float<V> {
  return logOf(single(x), x.of(1));
}

/** (a + b) + c with |a| >= |b|, as two words. */
function addTo<V>({ hi, lo }: DoubleWord<V>, c: Float<V>): DoubleWord<V> {
  const sum = twoSum(hi, c);
  return fastTwoSum(sum.hi, sum.lo.add(lo));
}

/** asinh x = log1p(x + x^2 / (1 + sqrt(1 + x^2))); log 2x where x is large. */
export function asinh<V>(x: Float<V>): Float<V> {
  return odd(x, (magnitude) => {
    const limit = large(x);
    const bounded = magnitude.gt(limit).select(limit, magnitude);
    const square = twoProduct(bounded, bounded);
    const hypotenuse = root(addTo(square, x.of(1)));
    const bend = quotient(square, addTo(hypotenuse, x.of(1)));
    const near = log1pOf(addTo(bend, bounded));
    const result = magnitude.gt(limit).select(logOfTwice(magnitude), near);
    const special = magnitude
      .lt(2 ** -(x.format.mantissaBits / 2 + 1))
      .or(magnitude.lt(Number.POSITIVE_INFINITY).not());
    return special.select(magnitude, result);
  });
}

/** acosh x = log1p(t + sqrt(t (t + 2))) with t = x - 1; log 2x where x is large; NaN below 1. */
export function acosh<V>(x: Float<V>): Float<V> {
  const limit = large(x);
  const bounded = x.gt(limit).select(limit, x);
  const t = twoSum(bounded, x.of(-1));
  const square = twoProduct(bounded, bounded);
  const leg = root(addTo(square, x.of(-1)));
  const near = log1pOf(addTo({ hi: leg.hi, lo: leg.lo.add(t.lo) }, t.hi));
  const inside = x.gt(1).and(x.lt(Number.POSITIVE_INFINITY));
  const edge = x.eq(1).select(0, x.lt(1).select(Number.NaN, x));
  return inside.select(x.gt(limit).select(logOfTwice(x), near), edge);
}

/** atanh x = log1p(2 x / (1 - x)) / 2. */
export function atanh<V>(x: Float<V>): Float<V> {
  return odd(x, (magnitude) => {
    const ratio = quotient(single(magnitude.add(magnitude)), twoSum(x.of(1), magnitude.neg()));
    const inside = log1pOf(ratio).mul(0.5);
    const tiny = magnitude.lt(2 ** -(x.format.mantissaBits / 2 + 1));
    const edge = magnitude.eq(1).select(Number.POSITIVE_INFINITY, Number.NaN);
    return tiny.select(magnitude, magnitude.lt(1).select(inside, edge));
  });
}
