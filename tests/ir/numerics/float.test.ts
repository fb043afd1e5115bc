/** @file Arithmetic of floats: rounding, NaN and zero rules, orders and identities. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { elementTypes, isFloat } from "../../../ir/element.js";
import { decodeTable, floatFormats, roundTo } from "../../../ir/float-format.js";
import { numericsOf } from "../../../ir/scalar.js";

const floats = elementTypes.filter(isFloat);
const f32 = numericsOf("f32");
const f64 = numericsOf("f64");

describe("float arithmetic", () => {
  it("rounds every result to the element", () => {
    const binary = ["add", "sub", "mul", "div", "rem", "pow", "atan2", "min", "max"] as const;
    const unary = ["neg", "sqrt", "exp", "log", "tanh", "sin", "erf", "logistic", "ceil", "roundNearestEven"] as const;
    for (const element of floats) {
      const n = numericsOf(element);
      fc.assert(
        fc.property(fc.double(), fc.double(), (x, y) => {
          const [a, b] = [roundTo(element, x), roundTo(element, y)];
          for (const name of binary) {
            const result = n.toNumber(n[name](a, b));
            expect(roundTo(element, result), `${element} ${name}(${a}, ${b})`).toBe(result);
          }
          for (const name of unary) {
            const result = n.toNumber(n[name](a));
            expect(roundTo(element, result), `${element} ${name}(${a})`).toBe(result);
          }
        }),
        { numRuns: 100 },
      );
    }
  });

  it("rounds f16 sums and products correctly, on exact rationals", () => {
    const values = decodeTable("f16");
    const n = numericsOf("f16");
    let state = 1;
    for (let i = 0; i < 20_000; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const [a, b] = [values[state & 0xffff]!, values[state >>> 16]!];
      if (!Number.isFinite(a) || !Number.isFinite(b)) continue;
      // Both are exact in double: 11 + 11 bits of product, and sums that span at most 41 bits.
      expect(n.mul(a, b)).toBe(roundTo("f16", a * b));
      expect(n.add(a, b)).toBe(roundTo("f16", a + b));
    }
  });

  it("propagates NaN through min and max, and orders the zeros", () => {
    expect(f32.min(Number.NaN, 1)).toBeNaN();
    expect(f32.max(1, Number.NaN)).toBeNaN();
    expect(f32.min(0, -0)).toBe(-0);
    expect(f32.max(-0, 0)).toBe(0);
  });

  it("compares as IEEE does, and totally where asked", () => {
    expect([f32.eq(0, -0), f32.eq(Number.NaN, Number.NaN), f32.ne(Number.NaN, 0)]).toEqual([true, false, true]);
    expect([f32.lt(Number.NaN, 0), f32.ge(Number.NaN, 0)]).toEqual([false, false]);
    const ascending = [Number.NEGATIVE_INFINITY, -1, -0, 0, 1e-300, 1, Number.POSITIVE_INFINITY, Number.NaN];
    for (const [i, a] of ascending.entries()) {
      for (const [k, b] of ascending.entries()) expect(f64.compareTotal(a, b), `${a} ${b}`).toBe(Math.sign(i - k));
    }
  });

  it("keeps -0 and NaN through sign and rounding", () => {
    expect([f32.sign(-3), f32.sign(-0), f32.sign(5), f32.sign(Number.NaN)]).toEqual([-1, -0, 1, Number.NaN]);
    expect(f32.roundNearestEven(-0.3)).toBe(-0);
    expect(f32.roundNearestAfz(-0.3)).toBe(-0);
    expect(f32.ceil(-0.5)).toBe(-0);
    expect(f32.roundNearestEven(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
  });

  it("rounds halves to even, or away from zero", () => {
    expect([0.5, 1.5, 2.5, -0.5, -1.5, -2.5].map((x) => f64.roundNearestEven(x))).toEqual([0, 2, 2, -0, -2, -2]);
    expect([0.5, 1.5, 2.5, -0.5, -1.5, -2.5].map((x) => f64.roundNearestAfz(x))).toEqual([1, 2, 3, -1, -2, -3]);
    const below = 0.49999999999999994;
    expect([f64.roundNearestAfz(below), f64.roundNearestEven(below)]).toEqual([0, 0]);
    expect(f64.roundNearestAfz(4503599627370497)).toBe(4503599627370497);
    expect(f64.roundNearestEven(4503599627370495.5)).toBe(4503599627370496);
  });

  it("raises to powers as C99 does", () => {
    expect(f64.pow(1, Number.NaN)).toBe(1);
    expect(f64.pow(-1, Number.NEGATIVE_INFINITY)).toBe(1);
    expect(f64.pow(Number.NaN, 0)).toBe(1);
    expect(f64.pow(-8, 1 / 3)).toBeNaN();
    expect(f64.pow(-0, -3)).toBe(Number.NEGATIVE_INFINITY);
  });

  it("takes remainders with the sign of the dividend", () => {
    expect([f32.rem(5.5, -2), f32.rem(-5.5, 2), f32.rem(1, Number.POSITIVE_INFINITY)]).toEqual([1.5, -1.5, 1]);
    expect(f32.rem(1, 0)).toBeNaN();
  });

  it("knows the identities of min and max", () => {
    for (const element of floats.filter((e) => e !== "f8E8M0FNU")) {
      const n = numericsOf(element);
      const bound = floatFormats[element].flavour === "ieee" ? Number.POSITIVE_INFINITY : floatFormats[element].largest;
      expect([n.minValue, n.maxValue], element).toEqual([-bound, bound]);
    }
    expect(numericsOf("f8E8M0FNU").minValue).toBe(2 ** -127);
  });

  it("goes to bits and back", () => {
    expect(f64.toBits(-2)).toBe(0xc000000000000000n);
    expect(f64.fromBits(0x3ff0000000000000n)).toBe(1);
    expect(f32.toBits(1)).toBe(0x3f800000n);
    expect(numericsOf("bf16").fromBits(0x3fc0n)).toBe(1.5);
    fc.assert(fc.property(fc.double(), (x) => Object.is(f64.fromBits(f64.toBits(x)), x)));
  });

  it("has no bitwise operations, and says so", () => {
    expect(() => f32.and(1, 1)).toThrow("and is not defined for f32");
  });
});
