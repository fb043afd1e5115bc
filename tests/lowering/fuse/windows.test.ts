/** @file Sliding windows and convolutions in structured form. */

import { describe, it } from "vitest";
import { Random } from "../../support/random.js";
import { type Comparison, expectSame, main } from "./structured.js";

interface Window {
  readonly shape: string;
  readonly result: string;
  readonly element?: string;
  readonly body?: string;
  readonly attributes: string;
}

function reduceWindow({ shape, result, element: e = "i32", body = "stablehlo.add", attributes }: Window): string {
  return main(
    [`tensor<${shape}x${e}>`, `tensor<${e}>`],
    [`tensor<${result}x${e}>`],
    `%r0 = "stablehlo.reduce_window"(%arg0, %arg1) <{${attributes}}> ({
       ^bb0(%a: tensor<${e}>, %b: tensor<${e}>):
         %s = ${body} %a, %b : tensor<${e}>
         stablehlo.return %s : tensor<${e}>
     }) : (tensor<${shape}x${e}>, tensor<${e}>) -> tensor<${result}x${e}>`,
  );
}

const pool = {
  shape: "1x7x6x2",
  result: "1x3x3x2",
  attributes: "window_dimensions = array<i64: 1, 3, 2, 1>, window_strides = array<i64: 1, 2, 2, 1>",
};
const padding = (rows: string, n: number): string => `padding = dense<${rows}> : tensor<${n}x2xi64>`;

describe("reduce_window", () => {
  it.each([
    ["pools", pool],
    ["of floats", { ...pool, element: "f32", body: "stablehlo.maximum" }],
    [
      "with padding",
      {
        ...pool,
        result: "1x4x4x2",
        attributes: `${pool.attributes}, ${padding("[[0, 0], [1, 1], [1, 1], [0, 0]]", 4)}`,
      },
    ],
    [
      "with padding that cuts",
      { shape: "8", result: "4", attributes: `window_dimensions = array<i64: 2>, ${padding("[[-2, -1]]", 1)}` },
    ],
    [
      "with dilations of window and operand",
      {
        shape: "4x5",
        result: "5x3",
        attributes: `window_dimensions = array<i64: 2, 2>, window_dilations = array<i64: 2, 3>, base_dilations = array<i64: 2, 1>, window_strides = array<i64: 1, 2>, ${padding("[[0, 0], [1, 2]]", 2)}`,
      },
    ],
    [
      "with another body",
      {
        shape: "6",
        result: "6",
        body: "stablehlo.subtract",
        attributes: `window_dimensions = array<i64: 3>, ${padding("[[1, 1]]", 1)}`,
      },
    ],
    [
      "with another body over a dilated operand",
      {
        shape: "4",
        result: "8",
        body: "stablehlo.subtract",
        attributes: `window_dimensions = array<i64: 2>, base_dilations = array<i64: 2>, ${padding("[[1, 1]]", 1)}`,
      },
    ],
    [
      "as a cumulative sum",
      {
        shape: "3x6x2",
        result: "3x6x2",
        attributes: `window_dimensions = array<i64: 1, 6, 1>, ${padding("[[0, 0], [5, 0], [0, 0]]", 3)}`,
      },
    ],
    [
      "as a cumulative maximum from the end",
      {
        shape: "3x6",
        result: "3x6",
        element: "f32",
        body: "stablehlo.maximum",
        attributes: `window_dimensions = array<i64: 1, 6>, ${padding("[[0, 0], [0, 5]]", 2)}`,
      },
    ],
  ] as const)("%s", (_, form: Window) => {
    for (const seed of [1, 2]) expectSame(reduceWindow(form), { seed });
  });

  it("sums narrow floats in f32", () => {
    const form = { shape: "300", result: "101", element: "bf16", attributes: "window_dimensions = array<i64: 200>" };
    expectSame(reduceWindow(form), { entries: { low: 0, high: 1 }, tolerance: 2 ** -8 });
  });

  it("of symbolic sizes", () => {
    const attributes = `window_dimensions = array<i64: 3, 2>, window_strides = array<i64: 2, 1>, ${padding("[[1, 1], [0, 0]]", 2)}`;
    expectSame(reduceWindow({ shape: "?x?", result: "?x?", attributes }), { sizes: [7, 4] });
    const cumulative = `window_dimensions = array<i64: 5, 1>, ${padding("[[4, 0], [0, 0]]", 2)}`;
    expectSame(reduceWindow({ shape: "5x?", result: "5x?", attributes: cumulative }), { sizes: [4] });
  });

  it("of several tensors at once", () => {
    const text = main(
      ["tensor<7xf32>", "tensor<7xi32>", "tensor<f32>", "tensor<i32>"],
      ["tensor<7xf32>", "tensor<7xi32>"],
      `%r0, %r1 = "stablehlo.reduce_window"(%arg0, %arg1, %arg2, %arg3) <{window_dimensions = array<i64: 3>, ${padding("[[1, 1]]", 1)}}> ({
         ^bb0(%a: tensor<f32>, %c: tensor<i32>, %b: tensor<f32>, %d: tensor<i32>):
           %p = stablehlo.compare GT, %b, %a : (tensor<f32>, tensor<f32>) -> tensor<i1>
           %x = stablehlo.select %p, %b, %a : tensor<i1>, tensor<f32>
           %y = stablehlo.select %p, %d, %c : tensor<i1>, tensor<i32>
           stablehlo.return %x, %y : tensor<f32>, tensor<i32>
       }) : (tensor<7xf32>, tensor<7xi32>, tensor<f32>, tensor<i32>) -> (tensor<7xf32>, tensor<7xi32>)`,
    );
    expectSame(text);
  });
});

describe("select_and_scatter", () => {
  const program = (shape: string, source: string, attributes: string): string =>
    main(
      [`tensor<${shape}xf32>`, `tensor<${source}xf32>`, "tensor<f32>"],
      [`tensor<${shape}xf32>`],
      `%r0 = "stablehlo.select_and_scatter"(%arg0, %arg1, %arg2) <{${attributes}}> ({
         ^bb0(%a: tensor<f32>, %b: tensor<f32>):
           %p = stablehlo.compare GE, %a, %b : (tensor<f32>, tensor<f32>) -> tensor<i1>
           stablehlo.return %p : tensor<i1>
       }, {
         ^bb0(%a: tensor<f32>, %b: tensor<f32>):
           %s = stablehlo.add %a, %b : tensor<f32>
           stablehlo.return %s : tensor<f32>
       }) : (tensor<${shape}xf32>, tensor<${source}xf32>, tensor<f32>) -> tensor<${shape}xf32>`,
    );
  it.each([
    [
      "windows side by side",
      program("2x4x6", "2x2x3", "window_dimensions = array<i64: 1, 2, 2>, window_strides = array<i64: 1, 2, 2>"),
    ],
    ["windows that overlap", program("6x6", "4x4", "window_dimensions = array<i64: 3, 3>")],
    [
      "padding",
      program("6", "4", `window_dimensions = array<i64: 3>, window_strides = array<i64: 2>, ${padding("[[2, 1]]", 1)}`),
    ],
    ["a window that holds nothing", program("3", "7", `window_dimensions = array<i64: 2>, ${padding("[[3, 2]]", 1)}`)],
  ])("%s", (_, text) => {
    for (const seed of [1, 2]) expectSame(text, { seed, entries: { whole: true, low: -3, high: 3 } });
  });
});

interface Convolution {
  readonly lhs: string;
  readonly rhs: string;
  readonly result: string;
  readonly numbers?: string;
  readonly window?: string;
  readonly groups?: readonly [features: number, batches: number];
}

function convolution({ lhs, rhs, result, numbers, window = "", groups = [1, 1] }: Convolution): string {
  const d = numbers ?? "[b, f, 0, 1]x[o, i, 0, 1]->[b, f, 0, 1]";
  return main(
    [`tensor<${lhs}>`, `tensor<${rhs}>`],
    [`tensor<${result}>`],
    `%r0 = stablehlo.convolution(%arg0, %arg1) dim_numbers = ${d}, window = {${window}} {feature_group_count = ${groups[0]} : i64, batch_group_count = ${groups[1]} : i64} : (tensor<${lhs}>, tensor<${rhs}>) -> tensor<${result}>`,
  );
}

const close: Comparison = { tolerance: 2e-6 };

describe("convolution", () => {
  const plain = { lhs: "2x3x5x6xf32", rhs: "4x3x2x3xf32", result: "2x4x4x4xf32" };
  it.each([
    ["without padding", plain],
    [
      "with padding and strides",
      { ...plain, result: "2x4x4x3xf32", window: "stride = [2, 3], pad = [[1, 2], [2, 1]]" },
    ],
    ["with padding that cuts", { ...plain, result: "2x4x3x4xf32", window: "pad = [[-1, 0], [1, -1]]" }],
    [
      "transposed: a dilated operand",
      { ...plain, result: "2x4x10x11xf32", window: "pad = [[1, 1], [1, 1]], lhs_dilate = [2, 2]" },
    ],
    ["with a dilated kernel", { ...plain, result: "2x4x2x2xf32", window: "rhs_dilate = [3, 2]" }],
    ["with a reversed kernel", { ...plain, window: "reverse = [true, false]" }],
    [
      "in another layout",
      {
        lhs: "5x2x6x3xf32",
        rhs: "2x3x3x4xf32",
        result: "4x4x2x4xf32",
        numbers: "[0, b, 1, f]x[0, 1, i, o]->[1, f, b, 0]",
      },
    ],
    ["depthwise", { lhs: "2x3x5x6xf32", rhs: "6x1x2x3xf32", result: "2x6x4x4xf32", groups: [3, 1] as const }],
    [
      "one feature of each group",
      { lhs: "2x3x5x6xf32", rhs: "3x1x2x3xf32", result: "2x3x4x4xf32", groups: [3, 1] as const },
    ],
    [
      "one image of each group",
      { lhs: "2x3x5x6xf32", rhs: "4x3x2x3xf32", result: "1x4x4x4xf32", groups: [1, 2] as const },
    ],
    ["in feature groups", { lhs: "2x4x5x6xf32", rhs: "6x2x2x3xf32", result: "2x6x4x4xf32", groups: [2, 1] as const }],
    [
      "in batch groups",
      {
        lhs: "4x3x5xf32",
        rhs: "6x3x2xf32",
        result: "2x6x4xf32",
        groups: [1, 2] as const,
        numbers: "[b, f, 0]x[o, i, 0]->[b, f, 0]",
      },
    ],
    [
      "in feature groups of another layout",
      {
        lhs: "2x5x4xf32",
        rhs: "2x2x6xf32",
        result: "4x6x2xf32",
        groups: [2, 1] as const,
        numbers: "[b, 0, f]x[0, i, o]->[0, f, b]",
      },
    ],
    ["without space", { lhs: "2x3xf32", rhs: "4x3xf32", result: "2x4xf32", numbers: "[b, f]x[o, i]->[b, f]" }],
    ["of integers", { lhs: "2x3x5x6xi8", rhs: "4x3x2x3xi8", result: "2x4x4x4xi32" }],
    ["of narrow floats", { lhs: "2x3x5x6xbf16", rhs: "4x3x2x3xbf16", result: "2x4x4x4xbf16" }],
    ["of narrow floats into f32", { lhs: "2x3x5x6xf16", rhs: "4x3x2x3xf16", result: "2x4x4x4xf32" }],
  ])("%s", (_, form: Convolution) => {
    expectSame(convolution(form), form.result.endsWith("bf16") ? { tolerance: 2 ** -8 } : close);
  });

  it("of symbolic sizes", () => {
    const window = "stride = [2, 1], pad = [[1, 1], [0, 0]]";
    const form = { lhs: "?x3x?x6xf32", rhs: "4x3x3x3xf32", result: "?x4x?x4xf32", window };
    expectSame(convolution(form), { ...close, sizes: [2, 7] });
    expectSame(convolution(form), { ...close, sizes: [1, 8] });
  });

  it("dynamic_conv reads its padding", () => {
    const text = main(
      ["tensor<2x3x5x6xf32>", "tensor<4x3x2x3xf32>", "tensor<2x2xi32>"],
      ["tensor<2x4x?x?xf32>"],
      `%r0 = "stablehlo.dynamic_conv"(%arg0, %arg1, %arg2) <{dimension_numbers = #stablehlo.conv<[b, f, 0, 1]x[o, i, 0, 1]->[b, f, 0, 1]>, window_strides = array<i64: 2, 1>, lhs_dilation = array<i64: 1, 2>, feature_group_count = 1 : i64, batch_group_count = 1 : i64}> : (tensor<2x3x5x6xf32>, tensor<4x3x2x3xf32>, tensor<2x2xi32>) -> tensor<2x4x?x?xf32>`,
    );
    const random = new Random(3);
    for (const seed of [1, 2, 3, 4]) {
      const operands = [random.array("f32", [2, 3, 5, 6]), random.array("f32", [4, 3, 2, 3])];
      const pads = new Random(seed).array("i32", [2, 2], { low: -1, high: 3 });
      expectSame(text, { ...close, inputs: [...operands, pads] });
    }
  });
});
