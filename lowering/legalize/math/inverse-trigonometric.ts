/** @file asin, acos, atan and atan2. The odd core is t + t^3 p(t^2), with t up to 1/2. */

import { root, single } from "../double-word.js";
import { type Float, type Mask, polynomial } from "../emit.js";
import { asinPolynomial, atanPolynomial, constants } from "../generated/coefficients.js";
import { isNegative, odd } from "./parts.js";

/** The angle of the point (x, y) with x, y >= 0 not both infinite, mirrored to pi minus it where `mirrored`. */
function angle<V>(y: Float<V>, x: Float<V>, mirrored?: Mask<V>): Float<V> {
  const steep = y.gt(x);
  const small = steep.select(x, y);
  const large = steep.select(y, x);
  const diagonal = small.gt(large.mul(0.5)); // atan(t) = pi/4 + atan((t - 1) / (t + 1))
  const quotient = diagonal.select(small.sub(large), small).div(diagonal.select(small.add(large), large));
  const t = large.eq(0).select(0, quotient);
  const z = t.mul(t);
  const core = z.mul(t).mulAdd(polynomial(z, atanPolynomial[t.format.name]), t);
  const { quarterPi, quarterPiTail, halfPi, halfPiTail, pi, piTail, threeQuarterPi, threeQuarterPiTail } =
    constants[t.format.name];
  const choose = (quarter: number, half: number, three: number, whole: number): Float<V> => {
    const plain = diagonal.select(quarter, steep.select(half, 0));
    return mirrored ? mirrored.select(diagonal.select(three, steep.select(half, whole)), plain) : plain;
  };
  const hi = choose(quarterPi, halfPi, threeQuarterPi, pi);
  const lo = choose(quarterPiTail, halfPiTail, threeQuarterPiTail, piTail);
  const down = mirrored ? steep.xor(mirrored) : steep;
  return hi.add(down.select(core.neg(), core).add(lo));
}

export function atan<V>(x: Float<V>): Float<V> {
  return odd(x, (magnitude) => angle(magnitude, x.of(1)));
}

/** The angle of the point (x, y), as C's atan2(y, x). */
export function atan2<V>(y: Float<V>, x: Float<V>): Float<V> {
  const infinite = x.isInfinite().and(y.isInfinite());
  const huge = 2 ** (x.format.bias - 1);
  const shrink = x.abs().ge(huge).or(y.abs().ge(huge)).select(0.25, 1); // else the sum in the diagonal case may overflow
  const magnitude = (v: Float<V>): Float<V> => infinite.select(1, v.abs().mul(shrink));
  const result = angle(magnitude(y), magnitude(x), isNegative(x)).copysign(y);
  return x.isNaN().or(y.isNaN()).select(Number.NaN, result);
}

/** t + t^3 p(t^2) = asin t without its leading t, from t and t^2, up to 1/2. */
function asinRest<V>(t: Float<V>, z: Float<V>): Float<V> {
  return t.mul(z).mul(polynomial(z, asinPolynomial[t.format.name]));
}

/** Beyond 1/2: asin x = pi/2 - 2 asin s with s = sqrt((1 - x) / 2). */
export function asin<V>(x: Float<V>): Float<V> {
  const { halfPi, halfPiTail } = constants[x.format.name];
  return odd(x, (magnitude) => {
    const small = magnitude.add(asinRest(magnitude, magnitude.mul(magnitude)));
    const z = magnitude.neg().add(1).mul(0.5);
    const s = root(single(z));
    const twice = s.hi.add(s.hi);
    const low = x.of(halfPiTail).sub(asinRest(twice, z).add(s.lo.add(s.lo)));
    const large = z.eq(0).select(halfPi, x.of(halfPi).sub(twice).add(low));
    return magnitude.le(0.5).select(small, large);
  });
}

/** Beyond 1/2: acos x = 2 asin(sqrt((1 - x) / 2)); below -1/2, pi minus that of -x. */
export function acos<V>(x: Float<V>): Float<V> {
  const { halfPi, halfPiTail, pi, piTail } = constants[x.format.name];
  const magnitude = x.abs();
  const inner = x.of(halfPi).sub(x.add(asinRest(x, x.mul(x)).sub(halfPiTail)));
  const z = magnitude.neg().add(1).mul(0.5);
  const s = root(single(z));
  const twice = s.hi.add(s.hi);
  const rest = z.eq(0).select(0, asinRest(twice, z).add(s.lo.add(s.lo)));
  const right = twice.add(rest);
  const left = x.of(pi).sub(twice).sub(rest.sub(piTail));
  return magnitude.le(0.5).select(inner, x.lt(0).select(left, right));
}
