/** @file Arithmetic of `i64` and `ui64`, held in bigints. Invariant: every result is wrapped to 64 bits. */

import { analyticOps, type Numerics, notApplicable, roundingOps } from "./record.js";

export function wideNumerics(element: "i64" | "ui64"): Numerics<bigint> {
  const signed = element === "i64";
  const wrap = (x: bigint) => (signed ? BigInt.asIntN(64, x) : BigInt.asUintN(64, x));
  const unsigned = (x: bigint) => BigInt.asUintN(64, x);
  return {
    element,
    zero: 0n,
    one: 1n,
    minValue: signed ? -(2n ** 63n) : 0n,
    maxValue: signed ? 2n ** 63n - 1n : 2n ** 64n - 1n,
    ...notApplicable(element, [...analyticOps, ...roundingOps]),
    ...comparisons,
    add: (a, b) => wrap(a + b),
    sub: (a, b) => wrap(a - b),
    mul: (a, b) => wrap(a * b),
    div: (a, b) => wrap(b === 0n ? -1n : a / b),
    rem: (a, b) => wrap(b === 0n ? a : a % b),
    pow: (a, b) => wrap(bigPower(a, b)),
    min: smaller,
    max: larger,
    and: (a, b) => wrap(a & b),
    or: (a, b) => wrap(a | b),
    xor: (a, b) => wrap(a ^ b),
    not: (a) => wrap(~a),
    shiftLeft: (a, amount) => (unsigned(amount) >= 64n ? 0n : wrap(a << amount)),
    shiftRightLogical: (a, amount) => (unsigned(amount) >= 64n ? 0n : wrap(unsigned(a) >> amount)),
    shiftRightArithmetic: (a, amount) => wrap(BigInt.asIntN(64, a) >> (unsigned(amount) >= 64n ? 63n : amount)),
    popcount: (a) => BigInt(unsigned(a).toString(2).replaceAll("0", "").length),
    clz: (a) => (unsigned(a) === 0n ? 64n : 64n - BigInt(unsigned(a).toString(2).length)),
    neg: (a) => wrap(-a),
    abs: (a) => wrap(a < 0n ? -a : a),
    sign: (a) => (a > 0n ? 1n : a < 0n ? -1n : 0n),
    isFinite: () => true,
    fromNumber: (x) => {
      if (!Number.isInteger(x)) throw new Error(`${x} is not a value of ${element}`);
      return wrap(BigInt(x));
    },
    toNumber: Number,
    fromBits: wrap,
    toBits: unsigned,
  };
}

function smaller(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}

function larger(a: bigint, b: bigint): bigint {
  if (a > b) return a;
  return b;
}

const comparisons = {
  eq: (a: bigint, b: bigint): boolean => a === b,
  ne: (a: bigint, b: bigint): boolean => a !== b,
  lt: (a: bigint, b: bigint): boolean => a < b,
  le: (a: bigint, b: bigint): boolean => a <= b,
  gt: (a: bigint, b: bigint): boolean => a > b,
  ge: (a: bigint, b: bigint): boolean => a >= b,
  compareTotal: (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0),
};

/** base^exponent modulo 2^64; a negative exponent leaves the integer part of the reciprocal. */
function bigPower(base: bigint, exponent: bigint): bigint {
  if (exponent < 0n) return base === 1n ? 1n : base === -1n ? (exponent % 2n === 0n ? 1n : -1n) : 0n;
  let result = 1n;
  let square = base;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = BigInt.asUintN(64, result * square);
    square = BigInt.asUintN(64, square * square);
  }
  return result;
}
