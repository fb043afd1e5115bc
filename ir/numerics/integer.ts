/**
 * @file Arithmetic of `i1`, integers of 2 to 32 bits and `index`, held in numbers.
 * Invariant: every result is wrapped to its width. `index` is the exception: it holds sizes and offsets, and a result
 * beyond 2^53 throws, since a wrong offset must not pass silently.
 */

import type { ElementType, IntegerElement } from "../element.js";
import { elementFacts } from "../element.js";
import { wideNumerics } from "./big-integer.js";
import { comparisons } from "./float.js";
import { analyticOps, type bitwiseOps, type Numerics, notApplicable, roundingOps } from "./record.js";

export function integerNumerics(element: IntegerElement): Numerics<number> {
  const { kind, bits } = elementFacts[element];
  const signed = kind === "int";
  const wrap = wrapping(bits, signed);
  const unsigned = wrapping(bits, false);
  const signedView = wrapping(bits, true);
  const sign = (a: number) => (a > 0 ? 1 : a < 0 ? -1 : 0);
  return {
    element,
    zero: 0,
    one: wrap(1),
    minValue: signed ? -(2 ** (bits - 1)) : 0,
    maxValue: 2 ** (signed ? bits - 1 : bits) - 1,
    ...notApplicable(element, [...analyticOps, ...roundingOps]),
    ...comparisons,
    add: (a, b) => wrap(a + b),
    sub: (a, b) => wrap(a - b),
    mul: (a, b) => wrap(Math.imul(a, b)),
    div: (a, b) => wrap(b === 0 ? -1 : Math.trunc(a / b)),
    rem: (a, b) => wrap(b === 0 ? a : a % b),
    pow: (a, b) => wrap(integerPower(a, b)),
    min: Math.min,
    max: Math.max,
    and: (a, b) => wrap(a & b),
    or: (a, b) => wrap(a | b),
    xor: (a, b) => wrap(a ^ b),
    not: (a) => wrap(~a),
    shiftLeft: (a, amount) => (unsigned(amount) >= bits ? 0 : wrap(a << amount)),
    shiftRightLogical: (a, amount) => (unsigned(amount) >= bits ? 0 : wrap(unsigned(a) >>> amount)),
    shiftRightArithmetic: (a, amount) => wrap(signedView(a) >> Math.min(unsigned(amount), bits - 1)),
    popcount: (a) => wrap(countOnes(unsigned(a))),
    clz: (a) => wrap(Math.clz32(unsigned(a)) - (32 - bits)),
    neg: (a) => wrap(-a),
    abs: (a) => wrap(Math.abs(a)),
    sign: (a) => wrap(sign(a)),
    isFinite: () => true,
    fromNumber: (x) => wrap(integral(x, element)),
    toNumber: (a) => a,
    fromBits: (pattern) => Number(signed ? BigInt.asIntN(bits, pattern) : BigInt.asUintN(bits, pattern)),
    toBits: (a) => BigInt(unsigned(a)),
  };
}

/** Reduces an integer of up to 53 bits modulo 2^bits, into the signed or the unsigned range. */
export function wrapping(bits: number, signed: boolean): (x: number) => number {
  const spare = 32 - bits;
  return signed ? (x) => (x << spare) >> spare : (x) => (x << spare) >>> spare;
}

/** Throws unless `x` is an integer a double holds exactly; `x` itself otherwise. */
export function integral(x: number, element: ElementType): number {
  if (!Number.isInteger(x)) throw new Error(`${x} is not a value of ${element}`);
  return x;
}

function countOnes(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** base^exponent modulo 2^32 by squaring. A negative exponent leaves the integer part of the reciprocal: 0 unless |base| = 1. */
function integerPower(base: number, exponent: number): number {
  if (exponent < 0) return base === 1 ? 1 : base === -1 ? (exponent % 2 === 0 ? 1 : -1) : 0;
  let result = 1;
  let square = base;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = Math.imul(result, square);
    square = Math.imul(square, square);
  }
  return result;
}

/** StableHLO's boolean: addition is or, multiplication is and. */
export const boolNumerics: Numerics<number> = {
  element: "i1",
  zero: 0,
  one: 1,
  minValue: 0,
  maxValue: 1,
  ...notApplicable("i1", ["sub", "div", "rem", "pow", "neg", "abs", "sign", ...analyticOps, ...roundingOps]),
  ...notApplicable("i1", ["shiftLeft", "shiftRightLogical", "shiftRightArithmetic", "popcount", "clz"]),
  ...comparisons,
  add: (a, b) => a | b,
  mul: (a, b) => a & b,
  min: (a, b) => a & b,
  max: (a, b) => a | b,
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  not: (a) => 1 - a,
  isFinite: () => true,
  fromNumber: (x) => {
    if (x !== 0 && x !== 1) throw new Error(`${x} is not a value of i1`);
    return x === 0 ? 0 : 1;
  },
  toNumber: (a) => a,
  fromBits: (pattern) => Number(pattern & 1n),
  toBits: (a) => BigInt(a),
};

/** Sizes and offsets, signed as MLIR's plain `index` operations read them. */
export const indexNumerics: Numerics<number> = {
  element: "index",
  zero: 0,
  one: 1,
  minValue: Number.MIN_SAFE_INTEGER,
  maxValue: Number.MAX_SAFE_INTEGER,
  ...notApplicable("index", [...analyticOps, ...roundingOps]),
  ...comparisons,
  add: (a, b) => exactIndex(a + b),
  sub: (a, b) => exactIndex(a - b),
  mul: (a, b) => exactIndex(a * b),
  div: (a, b) => (b === 0 ? -1 : exactIndex((a - (a % b)) / b)),
  rem: (a, b) => (b === 0 ? a : exactIndex(a % b)),
  min: Math.min,
  max: Math.max,
  neg: (a) => exactIndex(-a),
  abs: Math.abs,
  sign: (a) => exactIndex(Math.sign(a)),
  ...indexBitOps(),
  isFinite: () => true,
  fromNumber: (x) => exactIndex(integral(x, "index")),
  toNumber: (a) => a,
  fromBits: (pattern) => exactIndex(Number(BigInt.asIntN(64, pattern))),
  toBits: (a) => BigInt.asUintN(64, BigInt(a)),
};

function exactIndex(x: number): number {
  if (!Number.isSafeInteger(x)) throw new Error(`index ${x} is beyond 2^53`);
  return x + 0; // -0 is not an index
}

/** The rare operations go through the 64-bit ones. */
function indexBitOps(): Pick<Numerics<number>, (typeof bitwiseOps)[number] | "pow"> {
  const wide = wideNumerics("i64");
  const binary = (f: (a: bigint, b: bigint) => bigint) => (a: number, b: number) =>
    exactIndex(Number(f(BigInt(a), BigInt(b))));
  const unary = (f: (a: bigint) => bigint) => (a: number) => exactIndex(Number(f(BigInt(a))));
  return {
    pow: binary(wide.pow),
    and: binary(wide.and),
    or: binary(wide.or),
    xor: binary(wide.xor),
    not: unary(wide.not),
    shiftLeft: binary(wide.shiftLeft),
    shiftRightLogical: binary(wide.shiftRightLogical),
    shiftRightArithmetic: binary(wide.shiftRightArithmetic),
    popcount: unary(wide.popcount),
    clz: unary(wide.clz),
  };
}
