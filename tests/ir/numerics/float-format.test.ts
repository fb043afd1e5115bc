/** @file Rounding, encoding and decoding of the float formats, exhaustively where a format has at most 16 bits. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { elementTypes, type FloatElement, isFloat } from "../../../ir/element.js";
import { decodeFloat, decodeTable, encodeFloat, floatFormats, roundTo } from "../../../ir/float-format.js";

const floats = elementTypes.filter(isFloat);
const narrow = floats.filter((element) => floatFormats[element].bits <= 16);
const anyDouble = fc.double();

/** All values of a format but NaN, ascending; -0 left out. */
function valuesOf(element: FloatElement): number[] {
  const values = [...decodeTable(element)].filter((x) => !Number.isNaN(x) && !Object.is(x, -0));
  return values.sort((a, b) => a - b);
}

describe("float formats", () => {
  it("have the limits their standards print", () => {
    expect(floatFormats.f64.largest).toBe(Number.MAX_VALUE);
    expect(floatFormats.f16.largest).toBe(65504);
    expect(floatFormats.f8E4M3FN.largest).toBe(448);
    expect(floatFormats.f8E5M2.largest).toBe(57344);
    expect(floatFormats.f8E4M3FNUZ.largest).toBe(240);
    expect(floatFormats.f8E5M2FNUZ.largest).toBe(57344);
    expect(floatFormats.f8E4M3B11FNUZ.largest).toBe(30);
    expect(floatFormats.f8E4M3.largest).toBe(240);
    expect(floatFormats.f8E3M4.largest).toBe(15.5);
    expect(floatFormats.f8E8M0FNU.largest).toBe(2 ** 127);
    expect(floatFormats.f6E2M3FN.largest).toBe(7.5);
    expect(floatFormats.f6E3M2FN.largest).toBe(28);
    expect(floatFormats.f4E2M1FN.largest).toBe(6);
  });

  for (const element of narrow) {
    it(`${element}: every pattern decodes to a value that encodes to the pattern, NaNs apart`, () => {
      for (let bits = 0; bits < 2 ** floatFormats[element].bits; bits++) {
        const value = decodeFloat(element, bits);
        if (!Number.isNaN(value)) expect(encodeFloat(element, value)).toBe(bits);
      }
    });

    it(`${element}: rounding chooses the nearest value, and the even pattern between two`, () => {
      const values = valuesOf(element).filter(Number.isFinite);
      const first = element === "f8E8M0FNU" ? 2 : 1; // below its second value that format rounds up
      for (let i = first; i < values.length; i++) {
        const [low, high] = [values[i - 1]!, values[i]!];
        const middle = (low + high) / 2; // exact: two neighbours of at most 12 bits
        const even = encodeFloat(element, low) % 2 === 0 ? low : high;
        const tie = element === "f8E8M0FNU" ? high : even; // the significand of the lower power is the odd one
        if (roundTo(element, middle) !== tie) expect.fail(`${middle} gives ${roundTo(element, middle)}, not ${tie}`);
        const nudge = (high - low) * 2 ** -30;
        if (roundTo(element, middle - nudge) !== low) expect.fail(`just below ${middle}`);
        if (roundTo(element, middle + nudge) !== high) expect.fail(`just above ${middle}`);
      }
    });
  }

  it("round a double once, not through f32", () => {
    // 1 + 2^-8 lies between two bf16 values; f32 drops the 2^-40 that decides.
    expect(roundTo("bf16", 1 + 2 ** -8 + 2 ** -40)).toBe(1 + 2 ** -7);
    expect(roundTo("f16", 1 + 2 ** -11 + 2 ** -40)).toBe(1 + 2 ** -10);
    expect(roundTo("f8E4M3FN", 1 + 2 ** -4 + 2 ** -40)).toBe(1.125);
    expect(roundTo("f8E5M2", 2 ** -17 + 2 ** -60)).toBe(2 ** -16);
  });

  it("overflow as each flavour does", () => {
    expect(roundTo("f16", 65519.999)).toBe(65504);
    expect(roundTo("f16", 65520)).toBe(Number.POSITIVE_INFINITY);
    expect(roundTo("bf16", -1e39)).toBe(Number.NEGATIVE_INFINITY);
    expect(roundTo("f8E4M3FN", 464)).toBe(448);
    expect(roundTo("f8E4M3FN", 465)).toBeNaN();
    expect(roundTo("f8E5M2FNUZ", Number.POSITIVE_INFINITY)).toBeNaN();
    expect(roundTo("f4E2M1FN", Number.NEGATIVE_INFINITY)).toBe(-6);
    expect(roundTo("f6E3M2FN", 1e300)).toBe(28);
    expect(roundTo("f8E8M0FNU", 0)).toBeNaN();
  });

  it("f8E8M0FNU rounds up between its two smallest values, and up to the smallest", () => {
    expect(roundTo("f8E8M0FNU", 1e-300)).toBe(2 ** -127);
    expect(roundTo("f8E8M0FNU", 2 ** -127 * 1.001)).toBe(2 ** -126);
  });

  it("keep the sign of zero where the format has two", () => {
    for (const element of floats.filter((e) => e !== "f8E8M0FNU")) {
      const kept = floatFormats[element].flavour !== "fnuz";
      expect(Object.is(roundTo(element, -0), -0), element).toBe(kept);
      expect(Object.is(roundTo(element, -1e-320), kept && element !== "f64" ? -0 : 0), element).toBe(element !== "f64");
    }
  });

  it("are idempotent and monotonic", () => {
    for (const element of floats) {
      fc.assert(
        fc.property(anyDouble, anyDouble, (x, y) => {
          const [a, b] = [roundTo(element, x), roundTo(element, y)];
          expect(roundTo(element, a)).toBe(a);
          if (x <= y && !Number.isNaN(a) && !Number.isNaN(b)) expect(a).toBeLessThanOrEqual(b);
        }),
      );
    }
  });

  it("the general rounding agrees with Math.fround on the bits of f32", () => {
    const view = new DataView(new ArrayBuffer(4));
    fc.assert(
      fc.property(anyDouble, (x) => {
        view.setFloat32(0, x);
        expect(encodeFloat("f32", x)).toBe(Number.isNaN(x) ? 0x7fc00000 : view.getUint32(0));
        expect(decodeFloat("f32", view.getUint32(0))).toBe(Math.fround(x));
      }),
    );
  });

  it("refuse to put a double into a number's worth of bits", () => {
    expect(() => encodeFloat("f64", 1)).toThrow("f64 does not fit 32 bits");
    expect(() => decodeFloat("f64", 1)).toThrow("f64 does not fit 32 bits");
    expect(() => decodeTable("f32")).toThrow("too many values");
  });
});

it.each(["f4E2M1FN", "f6E3M2FN", "f8E4M3FN", "f16", "bf16"] as const)("%s takes the largest doubles", (element) => {
  const infinite = roundTo(element, Number.POSITIVE_INFINITY);
  for (const x of [1e292, 1e300, Number.MAX_VALUE]) expect(roundTo(element, x)).toBe(infinite);
});
