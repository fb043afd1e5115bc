/** @file Conversion between element types: truncation, saturation, wrapping and single rounding. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ElementType, elementFacts, elementTypes } from "../../../ir/element.js";
import { roundTo } from "../../../ir/float-format.js";
import { convertScalar, numericsOf } from "../../../ir/scalar.js";

const samples = [300.7, -5.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e20, -1e20, -0.7, 127.9];
const from64 = (x: number, to: ElementType) => convertScalar(x, "f64", to);

describe("conversion", () => {
  it("from float to integer truncates, saturates and sends NaN to 0", () => {
    expect(samples.map((x) => from64(x, "i8"))).toEqual([127, -5, 0, 127, -128, 127, -128, 0, 127]);
    expect(samples.map((x) => from64(x, "ui8"))).toEqual([255, 0, 0, 255, 0, 255, 0, 0, 127]);
    expect(samples.map((x) => from64(x, "i4"))).toEqual([7, -5, 0, 7, -8, 7, -8, 0, 7]);
    const [low, high] = [-(2n ** 63n), 2n ** 63n - 1n];
    expect(samples.map((x) => from64(x, "i64"))).toEqual([300n, -5n, 0n, high, low, high, low, 0n, 127n]);
    expect(from64(1e19, "ui64")).toBe(10n ** 19n);
    expect(from64(2 ** 64, "ui64")).toBe(2n ** 64n - 1n);
    expect(Object.is(from64(-0.7, "i32"), 0)).toBe(true);
  });

  it("to i1 asks whether the value is not zero", () => {
    expect([0, -0, 0.1, Number.NaN].map((x) => from64(x, "i1"))).toEqual([0, 0, 1, 1]);
    expect(convertScalar(256, "i32", "i1")).toBe(1);
    expect(convertScalar(0n, "i64", "i1")).toBe(0);
    expect(convertScalar({ re: 0, im: 2 }, "complex<f32>", "i1")).toBe(1);
  });

  it("between integers wraps", () => {
    expect(convertScalar(300, "i32", "i8")).toBe(44);
    expect(convertScalar(-1, "i8", "ui64")).toBe(2n ** 64n - 1n);
    expect(convertScalar(2n ** 63n, "ui64", "i64")).toBe(-(2n ** 63n));
    expect(convertScalar(-1n, "i64", "ui2")).toBe(3);
    expect(convertScalar(5, "index", "i64")).toBe(5n);
    expect(convertScalar(1, "i1", "f32")).toBe(1);
  });

  it("from i64 to a narrow float rounds once", () => {
    // 2^60 + 2^36 is halfway between two f32 values; the last bit decides, and a double drops it.
    expect(convertScalar(2n ** 60n + 2n ** 36n + 1n, "i64", "f32")).toBe(2 ** 60 + 2 ** 37);
    expect(convertScalar(2n ** 60n + 2n ** 36n, "i64", "f32")).toBe(2 ** 60);
    expect(convertScalar(-(2n ** 60n + 2n ** 36n + 1n), "i64", "f32")).toBe(-(2 ** 60 + 2 ** 37));
    expect(convertScalar({ re: 1, im: 0 }.re, "f64", "complex<f32>")).toEqual({ re: 1, im: 0 });
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 53n), max: 2n ** 53n }), (x) => {
        expect(convertScalar(x, "i64", "f32")).toBe(Math.fround(Number(x)));
      }),
    );
    fc.assert(
      fc.property(fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }), (x) => {
        const got = BigInt(convertScalar(x, "i64", "f32") as number);
        const step = 1n << BigInt(x.toString(2).length - 24);
        const distance = got > x ? got - x : x - got;
        expect(2n * distance <= step).toBe(true);
      }),
    );
  });

  it("from a complex drops the imaginary part, to one adds 0", () => {
    expect(convertScalar({ re: 1.5, im: 2 }, "complex<f64>", "f32")).toBe(1.5);
    expect(convertScalar({ re: 1.7, im: 2 }, "complex<f32>", "i32")).toBe(1);
    expect(convertScalar(3n, "i64", "complex<f64>")).toEqual({ re: 3, im: 0 });
    expect(convertScalar({ re: 0.1, im: 0 }, "complex<f64>", "complex<f32>")).toEqual({ re: Math.fround(0.1), im: 0 });
  });

  it("always yields a value of the target", () => {
    for (const from of elementTypes) {
      for (const to of elementTypes) {
        if (to === "index" && elementFacts[from].bits > 53) continue;
        const one = numericsOf(from).one;
        const converted = convertScalar(one, from, to);
        const n = numericsOf(to);
        expect(n.fromBits(n.toBits(converted)), `${from} to ${to}`).toEqual(converted);
      }
    }
  });

  it("between floats rounds once", () => {
    fc.assert(fc.property(fc.double(), (x) => Object.is(from64(x, "bf16"), roundTo("bf16", x))));
  });
});
