/** @file Cube root and reciprocal square root. */

import { multiply, single, twoProduct } from "../double-word.js";
import { type Float, polynomial } from "../emit.js";
import { constants, inverseCubeRootPolynomial } from "../generated/coefficients.js";
import { odd, powerOfTwo } from "./parts.js";

/** 1 / sqrt(x), each rounded. */
export function rsqrt<V>(x: Float<V>): Float<V> {
  return x.of(1).div(x.sqrt());
}

/** Newton's step for v^(-1/3): y + y (1 - v y^3) / 3. */
function refine<V>(y: Float<V>, v: Float<V>): Float<V> {
  const error = v.mul(y).mul(y).mul(y).neg().add(1);
  return y.mul(error).mulAdd(1 / 3, y);
}

/** The cube root of v in [1, 8): v y^2 with y near v^(-1/3), corrected by what its cube lacks. */
function rootOf<V>(v: Float<V>, start: Float<V>): Float<V> {
  let y = start;
  for (let i = v.format.name === "f32" ? 1 : 2; i > 0; i--) y = refine(y, v);
  const guess = v.mul(y).mul(y);
  const cube = multiply(twoProduct(guess, guess), single(guess));
  const lack = v.sub(cube.hi).sub(cube.lo);
  return lack.mul(y.mul(y)).mulAdd(1 / 3, guess);
}

/** Cube root: x = 2^(3 q + r) m with m in [1, 2). */
export function cbrt<V>(x: Float<V>): Float<V> {
  const { mantissaBits, minNormal, bias, name } = x.format;
  return odd(x, (magnitude) => {
    const tiny = magnitude.lt(minNormal);
    const lift = 3 * Math.ceil(mantissaBits / 3);
    const bits = tiny.select(magnitude.mul(2 ** lift), magnitude).bits();
    // With a multiple of three added the exponent is positive, and its product with 43691 / 2^17 is its third, rounded down.
    const raised = 3 * bias;
    const exponent = bits
      .shru(mantissaBits)
      .add(raised - bias)
      .sub(tiny.selectInt(lift, 0));
    const third = exponent.mul(43691).shru(17);
    const r = exponent.sub(third.mul(3));
    const fraction = bits.and((1n << BigInt(mantissaBits)) - 1n);
    const m = fraction.or(BigInt(bias) << BigInt(mantissaBits)).asFloat();
    const { inverseCubeRootOf2, inverseCubeRootOf4 } = constants[name];
    const factor = r.eq(0).select(1, r.eq(1).select(inverseCubeRootOf2, inverseCubeRootOf4));
    const v = m.mul(r.eq(0).select(1, r.eq(1).select(2, 4)));
    const start = polynomial(m, inverseCubeRootPolynomial[name]).mul(factor);
    const result = rootOf(v, start).mul(powerOfTwo(third.sub(raised / 3)));
    const special = magnitude.eq(0).or(magnitude.lt(Number.POSITIVE_INFINITY).not());
    return special.select(magnitude, result);
  });
}
