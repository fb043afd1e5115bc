/**
 * @file Arithmetic of the floating-point elements: computed in doubles, rounded once to the element.
 * A double has more than twice the digits of f32 (and 2p + 2 of them), so + - * / and sqrt are correctly rounded
 * even though they round twice (Figueroa, "When is double rounding innocuous?", 1995).
 */

import type { FloatElement } from "../element.js";
import { decodeFloat, encodeFloat, floatFormats, roundingOf } from "../float-format.js";
import { erf, erfc, logistic, power, roundAway, roundEven } from "./real-functions.js";
import { bitwiseOps, type Numerics, notApplicable } from "./record.js";

export function floatNumerics(element: FloatElement): Numerics<number> {
  const round = roundingOf(element);
  const { flavour, largest } = floatFormats[element];
  const infinite = flavour === "ieee";
  const bits = element === "f64" ? doubleBits : narrowBits(element);
  return {
    element,
    zero: round(0),
    one: 1,
    minValue: infinite ? Number.NEGATIVE_INFINITY : flavour === "exponent" ? 2 ** -127 : -largest,
    maxValue: infinite ? Number.POSITIVE_INFINITY : largest,
    ...notApplicable(element, bitwiseOps),
    ...comparisons,
    add: (a, b) => round(a + b),
    sub: (a, b) => round(a - b),
    mul: (a, b) => round(a * b),
    div: (a, b) => round(a / b),
    rem: (a, b) => round(a % b),
    pow: (a, b) => round(power(a, b)),
    atan2: (a, b) => round(Math.atan2(a, b)),
    min: (a, b) => Math.min(a, b),
    max: (a, b) => Math.max(a, b),
    neg: (a) => round(-a), // rounds because some formats have no -0, or no negative numbers
    ...roundedFunctions(round),
    isFinite: Number.isFinite,
    fromNumber: round,
    toNumber: (a) => a,
    ...bits,
  };
}

/** Each in double precision; the record holds them followed by the rounding. */
const realFunctions = {
  abs: Math.abs,
  sign: Math.sign,
  ceil: Math.ceil,
  floor: Math.floor,
  roundNearestEven: roundEven,
  roundNearestAfz: roundAway,
  sqrt: Math.sqrt,
  rsqrt: (x: number) => 1 / Math.sqrt(x),
  cbrt: Math.cbrt,
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  logistic,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  erf,
  erfc,
} as const;

type RealFunctions = Record<keyof typeof realFunctions, (x: number) => number>;

function roundedFunctions(round: (x: number) => number): RealFunctions {
  const entries = Object.entries(realFunctions).map(([name, f]) => [name, (x: number) => round(f(x))]);
  return Object.fromEntries(entries) as RealFunctions;
}

/** Shared by every element whose scalars are numbers. */
export const comparisons = {
  eq: (a: number, b: number): boolean => a === b,
  ne: (a: number, b: number): boolean => a !== b,
  lt: (a: number, b: number): boolean => a < b,
  le: (a: number, b: number): boolean => a <= b,
  gt: (a: number, b: number): boolean => a > b,
  ge: (a: number, b: number): boolean => a >= b,
  compareTotal,
};

function compareTotal(a: number, b: number): number {
  if (Object.is(a, b)) return 0;
  if (Number.isNaN(a)) return 1;
  if (Number.isNaN(b)) return -1;
  if (a === b) return Object.is(a, -0) ? -1 : 1;
  return a < b ? -1 : 1;
}

function narrowBits(element: FloatElement): Pick<Numerics<number>, "fromBits" | "toBits"> {
  const { bits } = floatFormats[element];
  return {
    fromBits: (pattern) => decodeFloat(element, Number(BigInt.asUintN(bits, pattern))),
    toBits: (a) => BigInt(encodeFloat(element, a)),
  };
}

const view = new DataView(new ArrayBuffer(8));

/** The IEEE pattern of a double; NaN has the positive quiet one. */
const doubleBits: Pick<Numerics<number>, "fromBits" | "toBits"> = {
  fromBits: (pattern) => {
    view.setBigUint64(0, BigInt.asUintN(64, pattern));
    return view.getFloat64(0);
  },
  toBits: (a) => {
    if (Number.isNaN(a)) return 0x7ff8000000000000n;
    view.setFloat64(0, a);
    return view.getBigUint64(0);
  },
};
