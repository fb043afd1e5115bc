/** @file CHLO's functions in structured form, over their whole ranges and at special values. */

import { describe, expect, it } from "vitest";
import { roundTo } from "../../../ir/float-format.js";
import { fromScalars } from "../../../ir/ndarray.js";
import { expectSame, main } from "./structured.js";

const unary = (name: string, e: string, n: number, to = e): string =>
  main(
    [`tensor<${n}x${e}>`],
    [`tensor<${n}x${to}>`],
    `%r0 = chlo.${name} %arg0 : tensor<${n}x${e}> -> tensor<${n}x${to}>`,
  );
const binary = (name: string, e: string, n: number): string =>
  main(
    [`tensor<${n}x${e}>`, `tensor<${n}x${e}>`],
    [`tensor<${n}x${e}>`],
    `%r0 = chlo.${name} %arg0, %arg1 : tensor<${n}x${e}>, tensor<${n}x${e}> -> tensor<${n}x${e}>`,
  );

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const points = [
  nan,
  inf,
  -inf,
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  2,
  -2,
  3,
  -3,
  1e-30,
  -1e-30,
  1e-6,
  0.9999,
  -0.9999,
  7.25,
  -7.25,
  30,
  31,
  -40,
  1e6,
  -1e6 - 0.5,
  3e38,
  -3e38,
];

/** Each value by itself, so that large ones do not hide errors of small ones. */
function expectEach(name: string, e: "f32" | "f64" | "bf16", tolerance: number): void {
  for (const x of points) expectSame(unary(name, e, 1), { inputs: [fromScalars(e, [1], [roundTo(e, x)])], tolerance });
}

describe("functions of one float", () => {
  const names = [
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atanh",
    "bessel_i1e",
    "conj",
    "cosh",
    "digamma",
    "erf",
    "erf_inv",
    "erfc",
    "lgamma",
    "sinh",
    "square",
    "tan",
  ];
  it.each(names)("%s", (name) => {
    expectEach(name, "f32", 2.4e-7);
    expectEach(name, "bf16", 2 ** -7);
    expectEach(name, "f64", 2e-12);
  });

  it.each(["is_inf", "is_neg_inf", "is_pos_inf"])("%s", (name) => {
    const inputs = [
      fromScalars(
        "f32",
        [points.length],
        points.map((x) => roundTo("f32", x)),
      ),
    ];
    expectSame(unary(name, "f32", points.length, "i1"), { inputs });
  });

  it("erf_inv finds what erf came from, to the last bits", () => {
    for (const low of [-1, -1e-3, 0.999])
      expectSame(unary("erf_inv", "f32", 100), { entries: { low, high: 1 }, tolerance: 1.2e-7 });
  });
});

describe("functions of two", () => {
  it("next_after, across zero and into infinity", () => {
    const [xs, ys] = [0, 1].map((k) => points.flatMap((a) => points.map((b) => [a, b][k]!)));
    for (const e of ["f32", "f64", "bf16", "f16"] as const) {
      const inputs = [xs!, ys!].map((list) =>
        fromScalars(
          e,
          [list.length],
          list.map((x) => roundTo(e, x)),
        ),
      );
      expectSame(binary("next_after", e, xs!.length), { inputs });
    }
  });

  it.each(["i4", "ui4", "i8", "ui8", "i32", "ui32", "i64", "ui64"])("mulhi of %s", (e) => {
    for (const seed of [1, 2, 3])
      expectSame(binary("mulhi", e, 40), { seed, entries: { special: true, low: -1e15, high: 1e15 } });
  });

  it("zeta and polygamma, at poles and beyond", () => {
    const pairs = [
      [2, 1],
      [3, 0.5],
      [1, 2],
      [0.5, 2],
      [2, 0],
      [3, -1],
      [2, -0.5],
      [2.5, -0.5],
      [4, 100],
      [30, 1.5],
      [nan, 1],
      [2, nan],
    ] as const;
    for (const [x, q] of pairs) {
      const inputs = [x, q].map((v) => fromScalars("f32", [1], [v]));
      expectSame(binary("zeta", "f32", 1), { inputs, tolerance: 2.4e-7 });
    }
    for (const [n, x] of [
      [0, 2],
      [1, 2],
      [2, 0.5],
      [5, 3.5],
      [-1, 2],
      [1.5, 2],
      [1, -0.5],
    ] as const) {
      const inputs = [n, x].map((v) => fromScalars("f32", [1], [v]));
      expectSame(binary("polygamma", "f32", 1), { inputs, tolerance: 1e-6 });
    }
  });
});

describe("functions of complex numbers", () => {
  it.each(["acos", "acosh", "asin", "asinh", "atan", "atanh", "conj", "cosh", "sinh", "square", "tan"])(
    "%s",
    (name) => {
      for (const re of [0.3, -0.7, 2, -3, 1e-8])
        for (const im of [0.4, -0.2, 5, -1e-9]) {
          const inputs = [fromScalars("complex<f32>", [1], [{ re: Math.fround(re), im: Math.fround(im) }])];
          expectSame(unary(name, "complex<f32>", 1), { inputs, tolerance: 1e-6 });
        }
    },
  );
});

it("a function that math has stays one operation", () => {
  expect(expectSame(unary("erf", "f32", 3), { tolerance: 2.4e-7 })).toContain("math.erf");
});
