/**
 * @file The record of scalar arithmetic that every element type has.
 * The interpreter and the constant folder ask for one record per tensor and then never look at the element again.
 * Invariant: what an entry returns is a value of its element: integers wrapped, floats rounded once.
 */

import type { ElementType } from "../element.js";

export interface Complex {
  readonly re: number;
  readonly im: number;
}

/**
 * One entry of a tensor. `number`: floats, integers of at most 32 bits, `i1` (0 or 1) and `index`;
 * `bigint`: `i64` and `ui64`; `Complex`: the complex types.
 */
export type Scalar = number | bigint | Complex;

/**
 * Arithmetic of one element type, on its own representation `S`. Entries are methods, so that a record over `number`
 * serves as a record over `Scalar`; handing it scalars of another element is a fault of the caller.
 * An entry that has no meaning for the element throws an `Error` naming both.
 */
export interface Numerics<S extends Scalar = Scalar> {
  readonly element: ElementType;
  readonly zero: S;
  readonly one: S;
  /** Identity of `max`: -inf where the element has it, else the lowest value. */
  readonly minValue: S;
  /** Identity of `min`: +inf where the element has it, else the highest value. */
  readonly maxValue: S;

  add(a: S, b: S): S;
  sub(a: S, b: S): S;
  mul(a: S, b: S): S;
  /** Integers truncate toward zero; x / 0 has all bits set; the lowest integer divided by -1 is itself. */
  div(a: S, b: S): S;
  /** The sign of the dividend; integers: x rem 0 = x, the lowest rem -1 = 0. */
  rem(a: S, b: S): S;
  pow(a: S, b: S): S;
  atan2(a: S, b: S): S;
  /** A NaN operand gives NaN; -0 is below 0. */
  min(a: S, b: S): S;
  max(a: S, b: S): S;

  and(a: S, b: S): S;
  or(a: S, b: S): S;
  xor(a: S, b: S): S;
  not(a: S): S;
  /** The shift amount is read as unsigned; at or beyond the width, the result is 0. */
  shiftLeft(a: S, amount: S): S;
  shiftRightLogical(a: S, amount: S): S;
  /** At or beyond the width, the result is the sign bit everywhere; unsigned elements shift their top bit too. */
  shiftRightArithmetic(a: S, amount: S): S;
  popcount(a: S): S;
  clz(a: S): S;

  eq(a: S, b: S): boolean;
  ne(a: S, b: S): boolean;
  lt(a: S, b: S): boolean;
  le(a: S, b: S): boolean;
  gt(a: S, b: S): boolean;
  ge(a: S, b: S): boolean;
  /** IEEE 754 totalOrder as -1, 0 or 1: -0 below 0, and NaN (one value here, positive) above all. */
  compareTotal(a: S, b: S): number;

  neg(a: S): S;
  /** Of a complex: the modulus, an entry of its part. */
  abs(a: S): Scalar;
  /** -1, 0 or 1 (floats keep -0 and NaN); of a complex z / |z|, or 0. */
  sign(a: S): S;
  ceil(a: S): S;
  floor(a: S): S;
  roundNearestEven(a: S): S;
  /** Ties away from zero. */
  roundNearestAfz(a: S): S;
  isFinite(a: S): boolean;

  sqrt(a: S): S;
  rsqrt(a: S): S;
  cbrt(a: S): S;
  exp(a: S): S;
  expm1(a: S): S;
  log(a: S): S;
  log1p(a: S): S;
  logistic(a: S): S;
  sin(a: S): S;
  cos(a: S): S;
  tan(a: S): S;
  asin(a: S): S;
  acos(a: S): S;
  atan(a: S): S;
  sinh(a: S): S;
  cosh(a: S): S;
  tanh(a: S): S;
  asinh(a: S): S;
  acosh(a: S): S;
  atanh(a: S): S;
  erf(a: S): S;
  erfc(a: S): S;

  /** A literal: floats round; integers must be integral and wrap; `i1` takes 0 and 1. Throws an `Error` otherwise. */
  fromNumber(x: number): S;
  /** The nearest double; a complex must be real. */
  toNumber(a: S): number;
  /** From the low bits of a pattern; the real part of a complex is the low half. */
  fromBits(bits: bigint): S;
  /** The bit pattern, unsigned. */
  toBits(a: S): bigint;
}

/** The entries that compute; what is left of `Numerics` every element has. */
export type NumericsOp = {
  [K in keyof Numerics]: Numerics[K] extends (...args: never[]) => unknown ? K : never;
}[keyof Numerics];

/** Stand-ins for the entries an element does not have: each throws, naming itself. */
export function notApplicable<K extends NumericsOp>(element: ElementType, names: readonly K[]): Record<K, () => never> {
  const entries = names.map((name) => [
    name,
    () => {
      throw new Error(`${name} is not defined for ${element}`);
    },
  ]);
  return Object.fromEntries(entries) as Record<K, () => never>;
}

/** Entries that exist for floats and complex numbers only. */
export const analyticOps = [
  "sqrt",
  "rsqrt",
  "cbrt",
  "exp",
  "expm1",
  "log",
  "log1p",
  "logistic",
  "sin",
  "cos",
  "tan",
  "asin",
  "acos",
  "atan",
  "sinh",
  "cosh",
  "tanh",
  "asinh",
  "acosh",
  "atanh",
  "erf",
  "erfc",
  "atan2",
] as const satisfies readonly NumericsOp[];

/** Entries that exist for floats only. */
export const roundingOps = [
  "ceil",
  "floor",
  "roundNearestEven",
  "roundNearestAfz",
] as const satisfies readonly NumericsOp[];

/** Entries that exist for integers and `i1` only. */
export const bitwiseOps = [
  "and",
  "or",
  "xor",
  "not",
  "shiftLeft",
  "shiftRightLogical",
  "shiftRightArithmetic",
  "popcount",
  "clz",
] as const satisfies readonly NumericsOp[];
