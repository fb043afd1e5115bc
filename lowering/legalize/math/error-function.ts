/** @file erf and erfc: a polynomial in x^2 near 0, a logarithm of erfc fitted by a polynomial, and erfc(x) e^(x^2) fitted in (x - k) / (x + k). */

import { collapse, fastTwoSum, multiply, quotient, twoProduct, twoSum } from "../double-word.js";
import { type Float, polynomial } from "../emit.js";
import type { FloatName } from "../formats.js";
import { erfcPolynomial, erfPolynomial, erfTailPolynomial } from "../generated/coefficients.js";
import { expParts, expWithin } from "./exponential.js";
import { clampMagnitude, odd, powerOfTwo, scale } from "./parts.js";

/** Beyond, erf rounds to 1. */
const erfEnd: Readonly<Record<FloatName, number>> = { f32: 3.9375, f64: 5.9375 };
/** Beyond, erfc rounds to 0. */
const erfcEnd: Readonly<Record<FloatName, number>> = { f32: 10.0625, f64: 27.25 };
const erfcCentre: Readonly<Record<FloatName, number>> = { f32: 2, f64: 4 };

/** erf x for |x| <= 1. */
function erfNear<V>(x: Float<V>): Float<V> {
  return x.mulAdd(polynomial(x.mul(x), erfPolynomial[x.format.name]), x);
}

/** erf x: x + x p(x^2) up to 1, then 1 - e^q(x - 2). */
export function erf<V>(x: Float<V>): Float<V> {
  return odd(x, (magnitude) => {
    const clamped = clampMagnitude(magnitude, erfEnd[x.format.name]);
    const logarithm = polynomial(clamped.sub(2), erfTailPolynomial[x.format.name]);
    const { mantissa, n } = expWithin(logarithm);
    const far = x.of(1).sub(mantissa.mul(powerOfTwo(n)));
    return magnitude.lt(1).select(erfNear(magnitude), far);
  });
}

/** erfc x for x >= 1/2: e^(-x^2) p(t) / (x + 1/2), where the factors have two words as their errors would add up. */
function erfcFar<V>(x: Float<V>): Float<V> {
  const { name } = x.format;
  const end = erfcEnd[name];
  const k = erfcCentre[name];
  const clamped = x.gt(end).select(end, x);
  const square = twoProduct(clamped, clamped);
  const { above, n } = expParts({ hi: square.hi.neg(), lo: square.lo.neg() });
  const t = clamped.sub(k).div(clamped.add(k));
  const [first, ...others] = erfcPolynomial[name];
  const factor = fastTwoSum(x.of(first!), t.mul(polynomial(t, others)));
  const product = multiply(fastTwoSum(x.of(1), above), factor);
  return scale(collapse(quotient(product, twoSum(clamped, x.of(0.5)))), n);
}

/** 1 - erf x, without the cancellation for large x. */
export function erfc<V>(x: Float<V>): Float<V> {
  const magnitude = x.abs();
  const far = erfcFar(magnitude);
  const beyond = x.lt(0).select(far.neg().add(2), far);
  return magnitude.lt(0.5).select(erfNear(x).neg().add(1), beyond);
}
