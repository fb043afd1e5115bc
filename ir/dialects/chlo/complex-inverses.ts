/**
 * @file Inverse trigonometric and hyperbolic functions of complex numbers, on doubles.
 * Source: Kahan, "Branch cuts for complex elementary functions" (1987), whose formulas keep the signs on the cuts.
 */

import { type Complex, numericsOf } from "../../scalar.js";

const z = numericsOf("complex<f64>");
const sqrt = (a: Complex): Complex => z.sqrt(a) as Complex;
const plus = (a: Complex, re: number): Complex => ({ re: a.re + re, im: a.im });
const oneMinus = (a: Complex): Complex => ({ re: 1 - a.re, im: -a.im });

/** Im(conj(a) b) and Re(conj(a) b) */
const crossed = (a: Complex, b: Complex): number => a.re * b.im - a.im * b.re;
const dotted = (a: Complex, b: Complex): number => a.re * b.re + a.im * b.im;

export function acos(x: Complex): Complex {
  const [below, above] = [sqrt(oneMinus(x)), sqrt(plus(x, 1))];
  return { re: 2 * Math.atan2(below.re, above.re), im: Math.asinh(crossed(above, below)) };
}

export function asin(x: Complex): Complex {
  const [below, above] = [sqrt(oneMinus(x)), sqrt(plus(x, 1))];
  return { re: Math.atan2(x.re, below.re * above.re - below.im * above.im), im: Math.asinh(crossed(below, above)) };
}

export function acosh(x: Complex): Complex {
  const [below, above] = [sqrt(plus(x, -1)), sqrt(plus(x, 1))];
  return { re: Math.asinh(dotted(below, above)), im: 2 * Math.atan2(below.im, above.re) };
}

export function atanh({ re, im }: Complex): Complex {
  const square = im * im;
  return {
    re: 0.25 * Math.log1p((4 * re) / ((1 - re) ** 2 + square)),
    im: 0.5 * Math.atan2(2 * im, (1 - re) * (1 + re) - square),
  };
}

/** asinh z = -i asin(iz), and so for atan: one quarter turn to and fro. */
const turned =
  (f: (x: Complex) => Complex) =>
  ({ re, im }: Complex): Complex => {
    const { re: a, im: b } = f({ re: -im, im: re });
    return { re: b, im: -a };
  };

export const asinh = turned(asin);
export const atan = turned(atanh);
