/** @file Arithmetic of integers, booleans and index, against unbounded integers. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { elementFacts, elementTypes, type IntegerElement, isInteger } from "../../../ir/element.js";
import { numericsOf, type Scalar } from "../../../ir/scalar.js";

const integers = elementTypes.filter(isInteger);
const narrow = integers.filter((element) => elementFacts[element].bits <= 8);
const wide = integers.filter((element) => elementFacts[element].bits > 8);

/** The arithmetic written once more on unbounded integers: what every element must give modulo 2^bits. */
const reference: Readonly<Record<string, (a: bigint, b: bigint, bits: bigint) => bigint>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => (b === 0n ? -1n : a / b),
  rem: (a, b) => (b === 0n ? a : a % b),
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  shiftLeft: (a, b, bits) => a << unsigned(b, bits, 64n),
  shiftRightLogical: (a, b, bits) => BigInt.asUintN(Number(bits), a) >> unsigned(b, bits, 64n),
  shiftRightArithmetic: (a, b, bits) => BigInt.asIntN(Number(bits), a) >> unsigned(b, bits, 64n),
};

/** The shift amount read as unsigned, capped to keep the reference's numbers small. */
function unsigned(amount: bigint, bits: bigint, cap: bigint): bigint {
  const value = BigInt.asUintN(Number(bits), amount);
  return value > cap ? cap : value;
}

const scalarOf = (element: IntegerElement, x: bigint): Scalar => numericsOf(element).fromBits(x);
const bigOf = (element: IntegerElement, bits: bigint): bigint =>
  elementFacts[element].kind === "int"
    ? BigInt.asIntN(elementFacts[element].bits, bits)
    : BigInt.asUintN(elementFacts[element].bits, bits);

function checkPair(element: IntegerElement, a: bigint, b: bigint): void {
  const bits = elementFacts[element].bits;
  const n = numericsOf(element);
  const [x, y] = [bigOf(element, a), bigOf(element, b)];
  for (const [name, f] of Object.entries(reference)) {
    const op = name as "add";
    const got = n[op](scalarOf(element, a), scalarOf(element, b));
    const want = scalarOf(element, f(x, y, BigInt(bits)));
    if (!Object.is(got, want)) expect.fail(`${element}: ${name}(${x}, ${y}) is ${got}, not ${want}`);
  }
  const [p, q] = [scalarOf(element, a), scalarOf(element, b)];
  const order = [n.lt(p, q), n.le(p, q), n.gt(p, q), n.ge(p, q), n.eq(p, q), n.ne(p, q)];
  if (order.join() !== [x < y, x <= y, x > y, x >= y, x === y, x !== y].join()) expect.fail(`${element}: ${x} ? ${y}`);
  if (n.min(p, q) !== (x < y ? p : q) || n.max(p, q) !== (x > y ? p : q)) expect.fail(`${element}: min, max ${x} ${y}`);
  if (n.compareTotal(p, q) !== (x < y ? -1 : x > y ? 1 : 0)) expect.fail(`${element}: compareTotal ${x} ${y}`);
}

function checkOne(element: IntegerElement, a: bigint): void {
  const { bits } = elementFacts[element];
  const n = numericsOf(element);
  const x = bigOf(element, a);
  const p = scalarOf(element, a);
  const digits = BigInt.asUintN(bits, a).toString(2).padStart(bits, "0");
  const want = {
    neg: -x,
    not: ~x,
    abs: x < 0n ? -x : x,
    sign: x > 0n ? 1n : x < 0n ? -1n : 0n,
    popcount: BigInt(digits.replaceAll("0", "").length),
    clz: BigInt(digits.includes("1") ? digits.indexOf("1") : bits),
  };
  for (const [name, value] of Object.entries(want)) {
    const got = n[name as "neg"](p);
    if (!Object.is(got, scalarOf(element, value))) expect.fail(`${element}: ${name}(${x}) is ${got}, not ${value}`);
  }
  if (n.toBits(p) !== BigInt.asUintN(bits, a)) expect.fail(`${element}: toBits(${x})`);
}

describe("integer arithmetic", () => {
  for (const element of narrow) {
    it(`${element}: every operation on every pair is the unbounded one, wrapped`, () => {
      const count = 2n ** BigInt(elementFacts[element].bits);
      for (let a = 0n; a < count; a++) {
        checkOne(element, a);
        for (let b = 0n; b < count; b++) checkPair(element, a, b);
      }
    }, 60_000);
  }

  for (const element of wide) {
    it(`${element}: every operation is the unbounded one, wrapped`, () => {
      const top = 2n ** BigInt(elementFacts[element].bits - 1);
      const edges = [0n, 1n, 2n, -1n, -2n, top, top - 1n, top + 1n, 7n, 15n, 16n, 31n, 32n, 33n, 63n, 64n, 65n];
      const value = fc.oneof(fc.constantFrom(...edges), fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }));
      fc.assert(
        fc.property(value, value, (a, b) => {
          checkOne(element, a);
          checkPair(element, a, b);
        }),
        { numRuns: 500 },
      );
    });
  }

  it("divides as XLA does at the edges", () => {
    const n = numericsOf("i32");
    expect(n.div(7, 0)).toBe(-1);
    expect(n.div(-(2 ** 31), -1)).toBe(-(2 ** 31));
    expect(n.rem(-(2 ** 31), -1)).toBe(0);
    expect(n.rem(7, 0)).toBe(7);
    expect(n.div(-7, 2)).toBe(-3);
    expect(n.rem(-7, 2)).toBe(-1);
    expect(numericsOf("ui8").div(7, 0)).toBe(255);
    expect(numericsOf("i64").div(-(2n ** 63n), -1n)).toBe(-(2n ** 63n));
  });

  it("shifts out everything at or beyond the width, and copies the sign", () => {
    const n = numericsOf("i8");
    expect(n.shiftLeft(-3, 40)).toBe(0);
    expect(n.shiftRightLogical(-1, 1)).toBe(127);
    expect(n.shiftRightLogical(-1, -1)).toBe(0);
    expect(n.shiftRightArithmetic(-3, -1)).toBe(-1);
    expect(numericsOf("ui8").shiftRightArithmetic(200, 1)).toBe(228);
    expect(numericsOf("i64").shiftRightArithmetic(-3n, 2n ** 62n)).toBe(-1n);
  });

  it("raises to powers modulo the width, and to negative powers as integers divide", () => {
    for (const element of integers) {
      const n = numericsOf(element);
      const [zero, one, three] = [0, 1, 3].map((x) => n.fromBits(BigInt(x))) as [Scalar, Scalar, Scalar];
      expect(n.pow(zero, zero), element).toBe(one);
      let product = one;
      for (let k = 0n; k < (element === "i2" ? 2n : 4n); k++) {
        expect(n.pow(three, n.fromBits(k)), `${element} 3^${k}`).toBe(product);
        product = n.mul(product, three);
      }
    }
    const n = numericsOf("i32");
    expect(n.pow(3, 41)).toBe(Number(BigInt.asIntN(32, 3n ** 41n)));
    expect([n.pow(2, -1), n.pow(1, -3), n.pow(-1, -3), n.pow(-1, -4), n.pow(0, -1)]).toEqual([0, 1, -1, 1, 0]);
    expect(numericsOf("ui64").pow(3n, 2n ** 63n + 1n)).toBe(3n); // 3 has order 2^62
  });

  it("has no square root, and says so", () => {
    expect(() => numericsOf("i32").sqrt(4)).toThrow("sqrt is not defined for i32");
    expect(() => numericsOf("ui64").ceil(4n)).toThrow("ceil is not defined for ui64");
  });

  it("takes integral literals only, wrapped", () => {
    expect(numericsOf("ui8").fromNumber(-1)).toBe(255);
    expect(numericsOf("i64").fromNumber(2 ** 63)).toBe(-(2n ** 63n));
    expect(numericsOf("i32").fromNumber(2 ** 32 + 5)).toBe(5);
    expect(() => numericsOf("i32").fromNumber(0.5)).toThrow("0.5 is not a value of i32");
  });
});

describe("booleans", () => {
  const n = numericsOf("i1");

  it("add as or and multiply as and", () => {
    expect([n.add(1, 1), n.add(0, 1), n.mul(1, 0), n.mul(1, 1), n.xor(1, 1), n.not(0)]).toEqual([1, 1, 0, 1, 0, 1]);
    expect([n.min(0, 1), n.max(0, 1)]).toEqual([0, 1]);
  });

  it("do not subtract, and hold 0 and 1 only", () => {
    expect(() => n.sub(1, 1)).toThrow("sub is not defined for i1");
    expect(() => n.fromNumber(2)).toThrow("2 is not a value of i1");
    expect(n.fromBits(6n)).toBe(0);
  });
});

describe("index", () => {
  const n = numericsOf("index");

  it("computes as i64 does within 2^53", () => {
    const reach = { min: -(2 ** 26), max: 2 ** 26 };
    const wide64 = numericsOf("i64");
    fc.assert(
      fc.property(fc.integer(reach), fc.integer(reach), (a, b) => {
        for (const name of ["add", "sub", "mul", "div", "rem", "min", "max", "and", "or", "xor"] as const) {
          expect(n[name](a, b), name).toBe(Number(wide64[name](BigInt(a), BigInt(b))));
        }
        for (const name of ["neg", "abs", "sign", "not", "popcount", "clz"] as const) {
          expect(n[name](a), name).toBe(Number(wide64[name](BigInt(a))));
        }
      }),
    );
  });

  it("throws rather than lose digits", () => {
    expect(() => n.mul(2 ** 40, 2 ** 40)).toThrow("beyond 2^53");
    expect(() => n.shiftLeft(1, 60)).toThrow("beyond 2^53");
  });
});
