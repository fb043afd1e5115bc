/** @file Size expressions: what they mean, and that no text or value escapes the checks. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  evaluateExpression,
  parseExpression,
  readExpression,
  symbolsOf,
} from "../../../runtime-lib/bundle/expression.js";
import { RuntimeFault } from "../../../runtime-lib/diagnostic.js";
import { fuzzed } from "../../support/fuzz.js";

const sizes = new Map([
  ["s0", 7],
  ["s1", 3],
  ["u0", 0],
]);
const value = (text: string): number => evaluateExpression(parseExpression(text), sizes);

describe("a size expression", () => {
  it.each<[string, number]>([
    ["128", 128],
    ["s0*2", 14],
    ["1 + 2*3", 7],
    ["(1 + 2)*3", 9],
    ["10 - 3 - 2", 5],
    ["s0 floordiv 2", 3],
    ["s0 ceildiv 2", 4],
    ["s0 mod 4", 3],
    ["64*(s0 ceildiv 16)", 64],
    ["-s0 floordiv 2", -4],
    ["(0-s0) ceildiv 2", -3],
    ["-s0 mod 4", 1],
    ["max(1, s0, s1)", 7],
    ["min(s0, s1)", 3],
    ["max(u0)", 0],
    ["2*s0 floordiv 4", 3],
    ["9007199254740991 floordiv 3", 3002399751580330],
    ["9007199254740991 ceildiv 2", 4503599627370496],
  ])("%s is %i", (text, expected) => {
    expect(value(text)).toBe(expected);
  });

  it.each([
    "",
    " ",
    "s0 +",
    "(s0",
    "s0)",
    "2 s0",
    "s0 s1",
    "mod",
    "max()",
    "max(1,",
    "1.5",
    "0x10",
    "s0/2",
    "a b",
    "é",
    "9007199254740993",
  ])("is not %j", (text) => {
    expect(readExpression(text).kind).toBe("problem");
    expect(() => parseExpression(text)).toThrow(RuntimeFault);
  });

  it.each<[string, string]>([
    ["s9 + 1", "the size s9 has no value yet"],
    ["s0 floordiv u0", "7 floordiv 0: the divisor is not positive"],
    ["s0 mod (0-1)", "7 mod -1: the divisor is not positive"],
    ["9007199254740991 + 1", "9007199254740991 + 1 is beyond 53 bits"],
    ["4294967296*4294967296", "is beyond 53 bits"],
  ])("%s has no value", (text, message) => {
    expect(() => value(text)).toThrow(message);
  });

  it("says where it is malformed", () => {
    expect(readExpression("s0 + * 2")).toEqual({ kind: "problem", message: "'*' is not expected here", column: 5 });
    expect(() => parseExpression("s0 $ 2")).toThrow("'s0 $ 2' at character 3: a character is not expected here");
  });

  it("names its symbols", () => {
    expect(symbolsOf(parseExpression("max(s0*2, s1 mod 4) + 1"))).toEqual(["s0", "s1"]);
  });

  it("divides as mathematics does, for all values within 53 bits", () => {
    const safe = fc.maxSafeInteger();
    fc.assert(
      fc.property(safe, fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (a, b) => {
        const by = new Map([
          ["a", a],
          ["b", b],
        ]);
        const [quotient, remainder] = ["a floordiv b", "a mod b"].map((text) =>
          evaluateExpression(parseExpression(text), by),
        );
        expect(BigInt(quotient!) * BigInt(b) + BigInt(remainder!)).toBe(BigInt(a));
        expect(remainder! >= 0 && remainder! < b).toBe(true);
      }),
    );
  });

  it("of any text is read or refused, soon", () => {
    const piece = fc.constantFrom("(", ")", "s0", "1", "*", "+", "-", "max(", ",", " mod ", " floordiv ", " ", "$");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const read = readExpression(pieces.join(""));
        if (read.kind === "problem") expect(read.column).toBeLessThanOrEqual(pieces.join("").length);
      }),
      fuzzed(2000),
    );
    for (const deep of ["(".repeat(4000), "-".repeat(4000), "max(".repeat(1000), "1+".repeat(2000), "x".repeat(5000)]) {
      expect(readExpression(deep).kind).toBe("problem");
    }
    expect(value(`0${"+1".repeat(2000)}`)).toBe(2000);
  });
});
