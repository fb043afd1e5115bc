/** @file Elementwise operations in structured form, by element. */

import { describe, it } from "vitest";
import type { ElementType } from "../../../ir/element.js";
import { expectSame, main } from "./structured.js";

const unary = (name: string, element: string, to = element): string =>
  main(
    [`tensor<3x7x${element}>`],
    [`tensor<3x7x${to}>`],
    `%r0 = "stablehlo.${name}"(%arg0) : (tensor<3x7x${element}>) -> tensor<3x7x${to}>`,
  );
const binary = (name: string, element: string): string =>
  main(
    [`tensor<3x7x${element}>`, `tensor<3x7x${element}>`],
    [`tensor<3x7x${element}>`],
    `%r0 = stablehlo.${name} %arg0, %arg1 : tensor<3x7x${element}>`,
  );

const floats = ["f32", "f64", "bf16", "f16"] as const;
const signed = ["i4", "i8", "i16", "i32", "i64"] as const;
const unsigned = ["ui4", "ui8", "ui16", "ui32", "ui64"] as const;
const integers = [...signed, ...unsigned];
const special = { special: true, low: -9, high: 9 };
/** One unit in the last place, for functions that round twice on the way. */
const ulp: Readonly<Record<string, number>> = { f32: 2 ** -22, f64: 2 ** -51, bf16: 2 ** -6, f16: 2 ** -9 };

const exactFloat = ["abs", "ceil", "floor", "negate", "round_nearest_afz", "round_nearest_even", "sign"];
const functions = [
  "cbrt",
  "cosine",
  "exponential",
  "exponential_minus_one",
  "log",
  "log_plus_one",
  "logistic",
  "rsqrt",
  "sine",
  "sqrt",
  "tan",
  "tanh",
];

describe("floats", () => {
  it.each(exactFloat.flatMap((name) => floats.map((e) => [name, e] as const)))("%s of %s keeps its bits", (name, e) => {
    expectSame(unary(name, e), { entries: special });
  });

  it.each(functions.flatMap((name) => floats.map((e) => [name, e] as const)))("%s of %s", (name, e) => {
    expectSame(unary(name, e), { entries: { low: -3, high: 3 }, tolerance: ulp[e]! });
    expectSame(unary(name, e), { entries: { special: true, low: 0, high: 1 }, tolerance: ulp[e]! });
  });

  it.each(
    ["add", "subtract", "multiply", "divide", "maximum", "minimum", "remainder"].flatMap((name) =>
      floats.map((e) => [name, e] as const),
    ),
  )("%s of %s", (name, e) => {
    expectSame(binary(name, e), { entries: special });
  });

  it.each(["power", "atan2"])("%s", (name) => {
    for (const e of floats) expectSame(binary(name, e), { entries: { low: 0.5, high: 3 }, tolerance: ulp[e]! });
  });

  it("is_finite", () => {
    for (const e of floats) expectSame(unary("is_finite", e, "i1"), { entries: special });
  });
});

describe("integers", () => {
  const names = [
    "add",
    "subtract",
    "multiply",
    "divide",
    "remainder",
    "maximum",
    "minimum",
    "and",
    "or",
    "xor",
    "power",
  ];
  const shifts = ["shift_left", "shift_right_logical", "shift_right_arithmetic"];
  it.each(names.flatMap((name) => integers.map((e) => [name, e] as const)))("%s of %s", (name, e) => {
    for (const seed of [1, 2]) expectSame(binary(name, e), { entries: special, seed });
  });

  it.each(shifts.flatMap((name) => integers.map((e) => [name, e] as const)))("%s of %s", (name, e) => {
    expectSame(binary(name, e), { entries: { low: -70, high: 70, special: true } });
  });

  it.each(["not", "popcnt", "count_leading_zeros", "negate"])("%s", (name) => {
    for (const e of integers) expectSame(unary(name, e), { entries: special });
  });

  it.each(["abs", "sign"])("%s", (name) => {
    for (const e of signed) expectSame(unary(name, e), { entries: special });
  });

  it.each(["and", "or", "xor", "add", "multiply", "maximum", "minimum"])("%s of i1", (name) => {
    expectSame(binary(name, "i1"));
  });
});

describe("comparison and choice", () => {
  const compare = (direction: string, kind: string, e: string): string =>
    main(
      [`tensor<4x5x${e}>`, `tensor<4x5x${e}>`],
      [`tensor<4x5xi1>`],
      `%r0 = stablehlo.compare ${direction}, %arg0, %arg1, ${kind} : (tensor<4x5x${e}>, tensor<4x5x${e}>) -> tensor<4x5xi1>`,
    );
  it.each(["EQ", "NE", "LT", "LE", "GT", "GE"])("%s", (direction) => {
    const entries = { low: -2, high: 2, whole: true, special: true };
    for (const e of ["f32", "bf16", "f64"]) expectSame(compare(direction, "FLOAT", e), { entries });
    for (const e of ["f32", "bf16", "f64"]) expectSame(compare(direction, "TOTALORDER", e), { entries });
    for (const e of ["i8", "i64"]) expectSame(compare(direction, "SIGNED", e), { entries });
    for (const e of ["ui8", "ui64", "i1"]) expectSame(compare(direction, "UNSIGNED", e), { entries });
  });

  it("select by element and by a single predicate", () => {
    for (const e of ["f32", "i8", "ui16", "i1"]) {
      for (const p of ["tensor<4x5xi1>", "tensor<i1>"]) {
        const t = `tensor<4x5x${e}>`;
        expectSame(main([p, t, t], [t], `%r0 = stablehlo.select %arg0, %arg1, %arg2 : ${p}, ${t}`));
      }
    }
  });

  it("clamp between tensors and between single numbers", () => {
    for (const e of ["f32", "f16", "i8", "ui8"]) {
      for (const m of [`tensor<4x5x${e}>`, `tensor<${e}>`]) {
        const t = `tensor<4x5x${e}>`;
        const text = `%r0 = stablehlo.clamp %arg0, %arg1, %arg2 : (${m}, ${t}, ${m}) -> ${t}`;
        expectSame(main([m, t, m], [t], text), { entries: special });
      }
    }
  });
});

describe("convert", () => {
  const elements: readonly ElementType[] = [
    "f32",
    "f64",
    "bf16",
    "f16",
    "f8E4M3FN",
    "f8E5M2",
    "i1",
    "i4",
    "i8",
    "i32",
    "i64",
    "ui4",
    "ui8",
    "ui32",
    "ui64",
  ];
  it.each(elements)("from %s to every other element", (from) => {
    for (const to of elements) {
      const [a, b] = [`tensor<40x${from}>`, `tensor<40x${to}>`];
      const text = main([a], [b], `%r0 = stablehlo.convert %arg0 : (${a}) -> ${b}`);
      for (const high of [3, 300, 1e12]) expectSame(text, { entries: { low: -high, high, special: true } });
    }
  });
});

describe("reduce_precision", () => {
  it.each(["f32", "f64", "bf16", "f16"])("of %s", (e) => {
    for (const format of ["e5m10", "e8m7", "e4m3", "e8m23", "e11m52", "e5m2", "e2m1", "e3m0"]) {
      const t = `tensor<60x${e}>`;
      const text = main([t], [t], `%r0 = stablehlo.reduce_precision %arg0, format = ${format} : ${t}`);
      for (const high of [2e-3, 7, 3e4]) expectSame(text, { entries: { low: -high, high, special: true } });
    }
  });
});

describe("bitcast_convert", () => {
  const cast = (from: string, to: string): string =>
    main(
      [`tensor<${from}>`],
      [`tensor<${to}>`],
      `%r0 = stablehlo.bitcast_convert %arg0 : (tensor<${from}>) -> tensor<${to}>`,
    );
  it.each([
    ["3x4xf32", "3x4xi32"],
    ["3x4xui16", "3x4xbf16"],
    ["3x4xi8", "3x4xui8"],
    ["3xi64", "3xf64"],
    ["3xf16", "3xi16"],
  ])("%s to %s, of one width", (from, to) => {
    expectSame(cast(from, to), { entries: { low: 1, high: 100 } });
  });

  it.each([
    ["3x4xf32", "3x4x4xui8"],
    ["5xi64", "5x2xi32"],
    ["5xui64", "5x8xi8"],
    ["2xi32", "2x2xbf16"],
    ["4xui8", "4x2xi4"],
  ])("%s to the narrower %s gains an axis", (from, to) => {
    expectSame(cast(from, to), { entries: { low: -100, high: 1e9 } });
  });

  it.each([
    ["3x4x4xui8", "3x4xf32"],
    ["5x2xi32", "5xi64"],
    ["5x8xi8", "5xui64"],
    ["4x2xi4", "4xui8"],
  ])("%s to the wider %s loses one", (from, to) => {
    expectSame(cast(from, to), { entries: { low: -100, high: 100 } });
  });
});
