/**
 * @file Exact integer arithmetic on numbers, shared by symbolic dimensions and affine expressions.
 * Every result is a safe integer (|n| < 2^53) and never -0; what would leave that range throws PS1101, so a wrong size
 * cannot arise from rounding. Division rounds towards minus infinity, and the remainder takes the divisor's sign.
 */

import { type CompileError, compileError } from "./diagnostic.js";

/** `n`, or PS1101 when it is not a safe integer. */
export function safeInteger(n: number): number {
  if (Number.isSafeInteger(n)) return n + 0;
  throw compileError("PS1101", `integer overflow: ${n} is not an integer below 2^53`, {
    fix: "use smaller sizes, or narrow the ranges of the symbols",
  });
}

export function addInteger(a: number, b: number): number {
  return safeInteger(a + b);
}

export function multiplyInteger(a: number, b: number): number {
  return safeInteger(a * b);
}

/** floor(a / b), exact for all safe integers; PS1102 when `b` is 0. */
export function floorDivide(a: number, b: number): number {
  if (b === 0) throw divisionByZero(String(a));
  const rest = a % b;
  const quotient = (a - rest) / b;
  return rest !== 0 && rest < 0 !== b < 0 ? quotient - 1 : quotient + 0;
}

/** ceil(a / b), exact for all safe integers; PS1102 when `b` is 0. */
export function ceilDivide(a: number, b: number): number {
  return -floorDivide(-a, b) + 0;
}

/** a - b * floor(a / b); PS1102 when `b` is 0. */
export function floorModulo(a: number, b: number): number {
  if (b === 0) throw divisionByZero(String(a));
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest + 0;
}

export function divisionByZero(dividend: string): CompileError {
  return compileError("PS1102", `division of ${dividend} by zero`);
}

/** The greatest common divisor, never negative; gcd(0, n) is |n|. */
export function gcd(a: number, b: number): number {
  let [x, y] = [Math.abs(a), Math.abs(b)];
  while (y !== 0) [x, y] = [y, x % y];
  return x;
}
