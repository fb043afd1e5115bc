/**
 * @file Inverse trigonometric and hyperbolic functions of complex numbers, on pairs of f64.
 * Source: Kahan, "Branch cuts for complex elementary functions" (1987), whose formulas keep the signs on the cuts.
 */

import type { Float } from "../../legalize/emit.js";
import { type Complex, type ComplexUnary, type RealFunctions, sqrt } from "../../legalize/math/complex.js";

/** Beyond this 1 + x^2 is x^2. */
const LARGE = 2 ** 28;

/** log(|x| + sqrt(x^2 + 1)), exact for small x. */
function asinhOf<V>(f: RealFunctions<V>, x: Float<V>): Float<V> {
  const magnitude = x.abs();
  const square = magnitude.mul(magnitude);
  const excess = magnitude.add(square.div(square.add(1).sqrt().add(1)));
  const far = f.unary("log", magnitude).add(Math.LN2);
  return magnitude.gt(LARGE).select(far, f.unary("log1p", excess)).copysign(x);
}

const plus = <V>(a: Complex<V>, x: number): Complex<V> => ({ re: a.re.add(x), im: a.im });
const oneMinus = <V>(a: Complex<V>): Complex<V> => ({ re: a.re.of(1).sub(a.re), im: a.im.neg() });

/** Im(conj(a) b) and Re(conj(a) b) */
const crossed = <V>(a: Complex<V>, b: Complex<V>): Float<V> => a.re.mul(b.im).sub(a.im.mul(b.re));
const dotted = <V>(a: Complex<V>, b: Complex<V>): Float<V> => a.re.mul(b.re).add(a.im.mul(b.im));

export const acos: ComplexUnary = (f, x) => {
  const [below, above] = [sqrt(f, oneMinus(x)), sqrt(f, plus(x, 1))];
  return { re: f.atan2(below.re, above.re).mul(2), im: asinhOf(f, crossed(above, below)) };
};

export const asin: ComplexUnary = (f, x) => {
  const [below, above] = [sqrt(f, oneMinus(x)), sqrt(f, plus(x, 1))];
  const real = below.re.mul(above.re).sub(below.im.mul(above.im));
  return { re: f.atan2(x.re, real), im: asinhOf(f, crossed(below, above)) };
};

export const acosh: ComplexUnary = (f, x) => {
  const [below, above] = [sqrt(f, plus(x, -1)), sqrt(f, plus(x, 1))];
  return { re: asinhOf(f, dotted(below, above)), im: f.atan2(below.im, above.re).mul(2) };
};

export const atanh: ComplexUnary = (f, { re, im }) => {
  const [less, more] = [re.of(1).sub(re), re.add(1)];
  const square = im.mul(im);
  return {
    re: f.unary("log1p", re.mul(4).div(less.mul(less).add(square))).mul(0.25),
    im: f.atan2(im.mul(2), less.mul(more).sub(square)).mul(0.5),
  };
};

/** asinh z = -i asin(iz), and so for atan: one quarter turn to and fro. */
const turned =
  (apply: ComplexUnary): ComplexUnary =>
  (f, { re, im }) => {
    const { re: a, im: b } = apply(f, { re: im.neg(), im: re });
    return { re: b, im: a.neg() };
  };

export const asinh = turned(asin);
export const atan = turned(atanh);
