/** @file Reductions, maps and contractions in structured form. */

import { describe, it } from "vitest";
import { expectSame, main } from "./structured.js";

const reduce = (shape: string, result: string, e: string, op: string, dims: string, init = e): string =>
  main(
    [`tensor<${shape}x${e}>`, `tensor<${init}>`],
    [`tensor<${result}${e}>`],
    `%r0 = stablehlo.reduce(%arg0 init: %arg1) applies stablehlo.${op} across dimensions = [${dims}] : (tensor<${shape}x${e}>, tensor<${init}>) -> tensor<${result}${e}>`,
  );

const whole = { whole: true, low: -8, high: 8 };

describe("reduce", () => {
  it.each(["add", "multiply", "maximum", "minimum"])("%s of every element type", (op) => {
    for (const e of ["f32", "f64", "bf16", "f16", "i8", "ui8", "i32", "i64", "ui64"]) {
      for (const dims of ["0", "1", "0, 2", "0, 1, 2"]) {
        const kept = ["3", "4", "5"].filter((_, k) => !dims.includes(String(k)));
        const entries = op === "multiply" ? { whole: true, low: -2, high: 2 } : { ...whole, special: op !== "add" };
        expectSame(reduce("3x4x5", kept.map((d) => `${d}x`).join(""), e, op, dims), { entries });
      }
    }
  });

  it("and, or of predicates", () => {
    for (const op of ["and", "or"]) expectSame(reduce("3x40", "3x", "i1", op, "1"));
  });

  it("sums many bf16 without losing the small ones", () => {
    const entries = { low: 0, high: 1 };
    expectSame(reduce("2x3000", "2x", "bf16", "add", "1"), { entries, tolerance: 2 ** -8 });
  });

  it("sums of floats are close", () => {
    expectSame(reduce("5x300", "5x", "f32", "add", "1"), { tolerance: 1e-5 });
  });

  it("of nothing gives the initial value", () => {
    expectSame(reduce("3x0", "3x", "f32", "add", "1"));
  });

  it("of symbolic sizes", () => {
    expectSame(reduce("?x4x?", "4x", "i32", "add", "0, 2"), { sizes: [3, 5] });
    expectSame(reduce("?x4x?", "?x?x", "f32", "maximum", "1"), { sizes: [3, 5] });
  });

  it("of several tensors at once, as argmax has it", () => {
    const text = main(
      ["tensor<4x9xf32>"],
      ["tensor<4xf32>", "tensor<4xi32>"],
      `%i = stablehlo.iota dim = 1 : tensor<4x9xi32>
       %low = stablehlo.constant dense<0xFF800000> : tensor<f32>
       %zero = stablehlo.constant dense<0> : tensor<i32>
       %r0, %r1 = stablehlo.reduce(%arg0 init: %low), (%i init: %zero) across dimensions = [1] : (tensor<4x9xf32>, tensor<4x9xi32>, tensor<f32>, tensor<i32>) -> (tensor<4xf32>, tensor<4xi32>)
         reducer(%a: tensor<f32>, %c: tensor<f32>) (%b: tensor<i32>, %d: tensor<i32>) {
           %better = stablehlo.compare GT, %c, %a : (tensor<f32>, tensor<f32>) -> tensor<i1>
           %x = stablehlo.select %better, %c, %a : tensor<i1>, tensor<f32>
           %j = stablehlo.select %better, %d, %b : tensor<i1>, tensor<i32>
           stablehlo.return %x, %j : tensor<f32>, tensor<i32>
         }`,
    );
    expectSame(text, { entries: whole });
  });

  it("with branches and values from outside in its body", () => {
    const text = main(
      ["tensor<4x9xi32>", "tensor<i32>"],
      ["tensor<4xi32>"],
      `%r0 = stablehlo.reduce(%arg0 init: %arg1) across dimensions = [1] : (tensor<4x9xi32>, tensor<i32>) -> tensor<4xi32>
         reducer(%a: tensor<i32>, %b: tensor<i32>) {
           %c = stablehlo.compare LT, %b, %arg1 : (tensor<i32>, tensor<i32>) -> tensor<i1>
           %x = "stablehlo.if"(%c) ({
             %y = stablehlo.add %a, %b : tensor<i32>
             stablehlo.return %y : tensor<i32>
           }, {
             %two = stablehlo.constant dense<2> : tensor<i32>
             %y = stablehlo.multiply %a, %two : tensor<i32>
             stablehlo.return %y : tensor<i32>
           }) : (tensor<i1>) -> tensor<i32>
           stablehlo.return %x : tensor<i32>
         }`,
    );
    expectSame(text);
  });

  it("into a wider element than the operand's", () => {
    const text = main(
      ["tensor<4x9xi8>", "tensor<i8>"],
      ["tensor<4xi32>"],
      `%r0 = "stablehlo.reduce"(%arg0, %arg1) <{dimensions = array<i64: 1>}> ({
         ^bb0(%a: tensor<i32>, %b: tensor<i32>):
           %s = stablehlo.add %a, %b : tensor<i32>
           stablehlo.return %s : tensor<i32>
       }) : (tensor<4x9xi8>, tensor<i8>) -> tensor<4xi32>`,
    );
    expectSame(text, { entries: { low: -128, high: 127 } });
  });
});

it("map applies its body to every element", () => {
  const text = main(
    ["tensor<3x4xf32>", "tensor<3x4xf32>"],
    ["tensor<3x4xi1>"],
    `%r0 = "stablehlo.map"(%arg0, %arg1) <{dimensions = array<i64: 0, 1>}> ({
       ^bb0(%a: tensor<f32>, %b: tensor<f32>):
         %m = stablehlo.multiply %a, %b : tensor<f32>
         %c = stablehlo.compare GT, %m, %a : (tensor<f32>, tensor<f32>) -> tensor<i1>
         stablehlo.return %c : tensor<i1>
     }) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1>`,
  );
  expectSame(text);
});

describe("contractions", () => {
  const dot = (lhs: string, rhs: string, result: string, axes: string): string =>
    main(
      [`tensor<${lhs}>`, `tensor<${rhs}>`],
      [`tensor<${result}>`],
      `%r0 = stablehlo.dot_general %arg0, %arg1, ${axes} : (tensor<${lhs}>, tensor<${rhs}>) -> tensor<${result}>`,
    );

  it.each([
    ["a product of matrices", dot("3x4xf32", "4x5xf32", "3x5xf32", "contracting_dims = [1] x [0]")],
    ["batches", dot("2x3x4xf32", "2x5x4xf32", "2x3x5xf32", "batching_dims = [0] x [0], contracting_dims = [2] x [2]")],
    [
      "axes in any order",
      dot("4x2x3xf64", "3x5x2xf64", "2x4x5xf64", "batching_dims = [1] x [2], contracting_dims = [2] x [0]"),
    ],
    ["two contracted axes", dot("3x4x2xf32", "2x4x5xf32", "3x5xf32", "contracting_dims = [2, 1] x [0, 1]")],
    ["no contracted axis", dot("3xf32", "4xf32", "3x4xf32", "contracting_dims = [] x []")],
    ["narrow floats", dot("3x400xbf16", "400x5xbf16", "3x5xbf16", "contracting_dims = [1] x [0]")],
    ["narrow floats into wide ones", dot("3x40xf16", "40x5xf16", "3x5xf32", "contracting_dims = [1] x [0]")],
    ["integers", dot("3x40xi8", "40x5xi8", "3x5xi32", "contracting_dims = [1] x [0]")],
    ["unsigned integers", dot("3x40xui8", "40x5xui8", "3x5xui8", "contracting_dims = [1] x [0]")],
    ["predicates", dot("3x4xi1", "4x5xi1", "3x5xi1", "contracting_dims = [1] x [0]")],
  ])("%s", (_, text) => {
    expectSame(text, { tolerance: 1e-6 });
  });

  it("of symbolic sizes", () => {
    const text = dot("?x?x4xf32", "?x4x?xf32", "?x?x?xf32", "batching_dims = [0] x [0], contracting_dims = [2] x [1]");
    expectSame(text, { sizes: [2, 3, 2, 5], entries: whole });
  });

  it("dot of vectors and matrices", () => {
    for (const [a, b, c] of [
      ["4", "4", ""],
      ["3x4", "4", "3x"],
      ["4", "4x5", "5x"],
      ["3x4", "4x5", "3x5x"],
    ]) {
      const text = `%r0 = stablehlo.dot %arg0, %arg1 : (tensor<${a}xf32>, tensor<${b}xf32>) -> tensor<${c}f32>`;
      expectSame(main([`tensor<${a}xf32>`, `tensor<${b}xf32>`], [`tensor<${c}f32>`], text), { entries: whole });
    }
  });
});
