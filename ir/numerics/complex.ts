/**
 * @file Arithmetic of complex elements: computed on pairs of doubles, each part rounded once.
 * The functions themselves are in `complex-functions.ts`; this file makes the record.
 */

import type { ComplexElement } from "../element.js";
import { partOf } from "../element.js";
import * as z from "./complex-functions.js";
import { floatNumerics } from "./float.js";
import { bitwiseOps, type Complex, type Numerics, notApplicable, roundingOps } from "./record.js";

export function complexNumerics(element: ComplexElement): Numerics<Complex> {
  const part = floatNumerics(partOf(element) === "f32" ? "f32" : "f64");
  const half = part.element === "f32" ? 32 : 64;
  const round = ({ re, im }: Complex): Complex => ({ re: part.fromNumber(re), im: part.fromNumber(im) });
  const eq = (a: Complex, b: Complex) => a.re === b.re && a.im === b.im;
  const binary = (f: (a: Complex, b: Complex) => Complex) => (a: Complex, b: Complex) => round(f(a, b));
  return {
    element,
    zero: z.complex(0, 0),
    one: z.complex(1, 0),
    get minValue(): Complex {
      throw new Error(`minValue is not defined for ${element}`);
    },
    get maxValue(): Complex {
      throw new Error(`maxValue is not defined for ${element}`);
    },
    ...notApplicable(element, [...bitwiseOps, ...roundingOps, "rem", "min", "max", "lt", "le", "gt", "ge"]),
    ...notApplicable(element, ["compareTotal", "asin", "acos", "atan", "asinh", "acosh", "atanh", "erf", "erfc"]),
    eq,
    ne: (a, b) => !eq(a, b),
    add: binary(z.add),
    sub: binary(z.sub),
    mul: binary(z.mul),
    div: binary(z.div),
    pow: binary(z.pow),
    atan2: binary(z.atan2),
    neg: z.neg,
    abs: (a) => part.fromNumber(z.abs(a)),
    ...roundedFunctions(round),
    isFinite: (a) => Number.isFinite(a.re) && Number.isFinite(a.im),
    fromNumber: (x) => z.complex(part.fromNumber(x), 0),
    toNumber: (a) => {
      if (a.im !== 0) throw new Error(`(${a.re}, ${a.im}) is not real`);
      return a.re;
    },
    fromBits: (bits) => z.complex(part.fromBits(bits), part.fromBits(bits >> BigInt(half))),
    toBits: (a) => part.toBits(a.re) | (part.toBits(a.im) << BigInt(half)),
  };
}

const functions = {
  sign: z.sign,
  sqrt: z.sqrt,
  rsqrt: z.rsqrt,
  cbrt: z.cbrt,
  exp: z.exp,
  expm1: z.expm1,
  log: z.log,
  log1p: z.log1p,
  logistic: z.logistic,
  sin: z.sin,
  cos: z.cos,
  tan: z.tan,
  sinh: z.sinh,
  cosh: z.cosh,
  tanh: z.tanh,
} as const;

type ComplexFunctions = Record<keyof typeof functions, (a: Complex) => Complex>;

function roundedFunctions(round: (a: Complex) => Complex): ComplexFunctions {
  const entries = Object.entries(functions).map(([name, f]) => [name, (a: Complex) => round(f(a))]);
  return Object.fromEntries(entries) as ComplexFunctions;
}
