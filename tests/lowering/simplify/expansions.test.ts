/** @file What the expansion passes write is StableHLO with the same meaning; the interpreter is the judge. */

import { describe, expect, it } from "vitest";
import type { Datum } from "../../../ir/define.js";
import { interpret } from "../../../ir/interpret.js";
import { fromScalars, type NdArray } from "../../../ir/ndarray.js";
import type { Pass } from "../../../ir/pass.js";
import { printModule } from "../../../ir/text/module.js";
import { verify } from "../../../ir/verify.js";
import { inlineComposites, inlineCompositesBut } from "../../../lowering/fuse/inline-composites.js";
import { expandBatchNorm } from "../../../lowering/simplify/expand-batch-norm.js";
import { expandCallTargets } from "../../../lowering/simplify/expand-call-targets.js";
import { expandChlo } from "../../../lowering/simplify/expand-chlo.js";
import { expandEinsum } from "../../../lowering/simplify/expand-einsum.js";
import { expandFft } from "../../../lowering/simplify/expand-fft.js";
import { expandRandom } from "../../../lowering/simplify/expand-random.js";
import { expandTuples } from "../../../lowering/simplify/expand-tuples.js";
import { inlineCalls } from "../../../lowering/simplify/inline-calls.js";
import { Random } from "../../support/random.js";
import {
  type Comparison,
  expectClose,
  expectSame,
  loweringContext,
  main,
  parseText,
  randomInputs,
} from "../fuse/structured.js";

/** Interprets before and after one pass; gives the text after it, which holds nothing of `gone`. */
function expectExpanded(pass: Pass, text: string, gone: string, comparison: Comparison = {}): string {
  const context = loweringContext();
  const module = parseText(text, context);
  const inputs = (comparison.inputs ?? randomInputs(module, comparison)) as Datum[];
  const wanted = interpret(module, "main", inputs, context) as NdArray[];
  pass.run(module, context);
  const after = printModule(module, context);
  expect(verify(module, context).map((d) => d.message)).toEqual([]);
  expect(after).not.toContain(gone);
  const actual = interpret(module, "main", inputs, context) as NdArray[];
  wanted.forEach((w, i) => expectClose(actual[i]!, w, comparison.tolerance ?? 0, after));
  expectSame(text, { ...comparison, before: [pass] });
  return after;
}

describe("expand-fft", () => {
  const program = (kind: string, from: string, to: string, length: readonly number[]): string =>
    main(
      [`tensor<${from}>`],
      [`tensor<${to}>`],
      `%r0 = stablehlo.fft %arg0, type = ${kind}, length = [${length.join(", ")}] : (tensor<${from}>) -> tensor<${to}>`,
    );
  const close = { tolerance: 2e-6 };

  it.each([1, 2, 3, 4, 5, 7, 8, 12, 16, 17, 32, 36, 64, 67, 97, 100, 128, 143, 210, 256])("of length %i", (n) => {
    for (const kind of ["FFT", "IFFT"])
      expectExpanded(expandFft, program(kind, `2x${n}xcomplex<f32>`, `2x${n}xcomplex<f32>`, [n]), "fft", close);
  });

  it.each([67, 1000, 1009, 4096])("keeps the precision of f64 over %i elements", (n) => {
    const context = loweringContext();
    const t = `${n}xcomplex<f64>`;
    const module = parseText(program("FFT", t, t, [n]), context);
    const inputs = randomInputs(module, {}) as Datum[];
    const wanted = interpret(module, "main", inputs, context) as NdArray[];
    expandFft.run(module, context);
    expectClose((interpret(module, "main", inputs, context) as NdArray[])[0]!, wanted[0]!, 1e-13, "");
  });

  it.each([1, 2, 5, 8, 9, 67])("real transforms of length %i, there and back", (n) => {
    const half = Math.floor(n / 2) + 1;
    expectExpanded(expandFft, program("RFFT", `3x${n}xf32`, `3x${half}xcomplex<f32>`, [n]), "fft", close);
    expectExpanded(expandFft, program("IRFFT", `3x${half}xcomplex<f32>`, `3x${n}xf32`, [n]), "fft", close);
  });

  it("over several axes", () => {
    const t = "2x3x4x5xcomplex<f64>";
    expectExpanded(expandFft, program("FFT", t, t, [3, 4, 5]), "fft", { tolerance: 1e-13 });
    expectExpanded(expandFft, program("RFFT", "3x4x5xf64", "3x4x3xcomplex<f64>", [4, 5]), "fft", { tolerance: 1e-13 });
    expectExpanded(expandFft, program("IRFFT", "3x4x3xcomplex<f64>", "3x4x5xf64", [4, 5]), "fft", { tolerance: 1e-13 });
  });

  it("over a symbolic batch", () => {
    expectExpanded(expandFft, program("RFFT", "?x6xf32", "?x4xcomplex<f32>", [6]), "fft", { ...close, sizes: [3] });
  });

  it("of nothing", () => {
    expectExpanded(expandFft, program("FFT", "2x0xcomplex<f32>", "2x0xcomplex<f32>", [0]), "fft");
  });
});

describe("expand-batch-norm", () => {
  const list = (n: number, feature: string): readonly string[] =>
    Array.from({ length: n }, () => `tensor<${feature}xf32>`);
  const attributes = "epsilon = 1.000000e-03 : f32, feature_index = 1 : i64";
  const positive = { entries: { low: 0.5, high: 2 }, tolerance: 1e-5 };

  it.each([
    ["4x3x5", "3", []],
    ["?x3x?", "3", [4, 5]],
    ["4x?x5", "?", [3, 3, 3, 3, 3]],
  ] as const)("of %s", (shape, feature, sizes) => {
    const t = `tensor<${shape}xf32>`;
    const f = `tensor<${feature}xf32>`;
    const inference = main(
      [t, ...list(4, feature)],
      [t],
      `%r0 = "stablehlo.batch_norm_inference"(%arg0, %arg1, %arg2, %arg3, %arg4) <{${attributes}}> : (${[t, f, f, f, f].join(", ")}) -> ${t}`,
    );
    expectExpanded(expandBatchNorm, inference, "batch_norm", { ...positive, sizes });
    const training = main(
      [t, ...list(2, feature)],
      [t, f, f],
      `%r0, %r1, %r2 = "stablehlo.batch_norm_training"(%arg0, %arg1, %arg2) <{${attributes}}> : (${[t, f, f].join(", ")}) -> (${[t, f, f].join(", ")})`,
    );
    expectExpanded(expandBatchNorm, training, "batch_norm", { ...positive, sizes: sizes.slice(0, 3) });
    const grad = main(
      [t, ...list(3, feature), t],
      [t, f, f],
      `%r0, %r1, %r2 = "stablehlo.batch_norm_grad"(%arg0, %arg1, %arg2, %arg3, %arg4) <{${attributes}}> : (${[t, f, f, f, t].join(", ")}) -> (${[t, f, f].join(", ")})`,
    );
    const again = shape.split("x").filter((d) => d === "?").length;
    const gradSizes = [...sizes.slice(0, sizes.length === 5 ? 4 : 2), ...sizes.slice(0, again)];
    expectExpanded(expandBatchNorm, grad, "batch_norm", { ...positive, tolerance: 1e-4, sizes: gradSizes });
  });
});

describe("expand-einsum", () => {
  const program = (config: string, types: readonly string[]): string => {
    const [result, ...operands] = types.map((t) => `tensor<${t}>`).reverse();
    const args = operands.reverse();
    const name = args.length === 1 ? "unary_einsum" : "einsum";
    const values = args.map((_, i) => `%arg${i}`).join(", ");
    return main(
      args,
      [result!],
      `%r0 = "stablehlo.${name}"(${values}) <{einsum_config = "${config}"}> : (${args.join(", ")}) -> ${result}`,
    );
  };
  it.each([
    ["ab,bc->ac", ["3x4xf32", "4x5xf32", "3x5xf32"]],
    ["abc,acd->abd", ["2x3x4xf32", "2x4x5xf32", "2x3x5xf32"]],
    ["ab,ab->", ["3x4xf32", "3x4xf32", "f32"]],
    ["ab,cd->dabc", ["2x3xi32", "4x5xi32", "5x2x3x4xi32"]],
    ["aab,bc->ca", ["3x3x4xi32", "4x5xi32", "5x3xi32"]],
    ["abx,bcy->ac", ["3x4x2xi32", "4x5x2xi32", "3x5xi32"]],
    ["ab->ba", ["3x4xf32", "4x3xf32"]],
    ["aa->a", ["3x3xf32", "3xf32"]],
    ["aab->b", ["3x3x2xi64", "2xi64"]],
    ["ab->", ["3x2xi32", "i32"]],
  ] as const)("%s", (config, types) => {
    expectExpanded(expandEinsum, program(config, types), "einsum", { tolerance: 1e-6 });
  });

  it("torch_index_select", () => {
    const t = ["tensor<2x3x7x4xf32>", "tensor<2x5xi64>"];
    const text = `%r0 = "stablehlo.torch_index_select"(%arg0, %arg1) <{dim = 2 : i64, batch_dims = 1 : i64}> : (${t.join(", ")}) -> tensor<2x3x5x4xf32>`;
    const program = main(t, ["tensor<2x3x5x4xf32>"], text);
    expectExpanded(expandEinsum, program, "torch", { entries: { low: -3, high: 9 } });
  });
});

describe("expand-random", () => {
  const generator = (algorithm: string, state: number, type: string): string =>
    main(
      [`tensor<${state}xui64>`],
      [`tensor<${state}xui64>`, `tensor<${type}>`],
      `%r0, %r1 = stablehlo.rng_bit_generator %arg0, algorithm = ${algorithm} : (tensor<${state}xui64>) -> (tensor<${state}xui64>, tensor<${type}>)`,
    );
  const types = [
    "ui32",
    "7xui32",
    "4x6xui32",
    "3x5xui32",
    "5x4x3xi32",
    "3x2xui64",
    "7xi64",
    "9xui8",
    "8xf32",
    "3xf64",
    "5xbf16",
    "0xui32",
  ];
  it.each(
    types.flatMap((type) => [
      ["THREE_FRY", 2, type] as const,
      ["PHILOX", 2, type] as const,
      ["PHILOX", 3, type] as const,
    ]),
  )("%s of %i words into %s has the bits of the specification", (algorithm, words, type) => {
    for (const state of [
      [1n, 2n, 3n],
      [0xfedcba9876543210n, 0xffffffffffffffffn, 0xffffffffffffffffn],
    ]) {
      const inputs = [fromScalars("ui64", [words], state.slice(0, words))];
      expectExpanded(expandRandom, generator(algorithm, words, type), "rng", { inputs });
    }
  });

  /** 20,000 numbers as the expansion gives them, twice. */
  function numbers(
    distribution: string,
    e: string,
    a: number,
    b: number,
  ): { readonly first: readonly number[]; readonly second: readonly number[] } {
    const context = loweringContext();
    const one = (name: string) =>
      `%${name} = stablehlo.rng %a, %b, %s, distribution = ${distribution} : (tensor<${e}>, tensor<${e}>, tensor<2xi64>) -> tensor<200x100x${e}>`;
    const text = main(
      [],
      [`tensor<200x100x${e}>`, `tensor<200x100x${e}>`],
      `%a = stablehlo.constant dense<${a}> : tensor<${e}>
       %b = stablehlo.constant dense<${b}> : tensor<${e}>
       %s = stablehlo.constant dense<[200, 100]> : tensor<2xi64>
       ${one("r0")}
       ${one("r1")}`.replaceAll(/dense<(-?\d+)> : tensor<(f|bf)/g, "dense<$1.0> : tensor<$2"),
    );
    const module = parseText(text, context);
    expandRandom.run(module, context);
    const [x, y] = interpret(module, "main", [], context) as [NdArray, NdArray];
    return { first: Array.from(x.data, Number), second: Array.from(y.data, Number) };
  }
  const mean = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0) / x.length;
  const variance = (x: readonly number[]): number => mean(x.map((v) => (v - mean(x)) ** 2));

  it.each(["f32", "f64", "bf16"])(
    "uniform %s lies in its range, evenly, and differs from operation to operation",
    (e) => {
      const { first, second } = numbers("UNIFORM", e, -2, 4);
      expect(Math.min(...first)).toBeGreaterThanOrEqual(-2);
      expect(Math.max(...first)).toBeLessThanOrEqual(4);
      expect(mean(first)).toBeCloseTo(1, 1);
      expect(variance(first)).toBeCloseTo(3, 0);
      expect(Math.abs(mean(first.map((x, i) => (x - 1) * (second[i]! - 1))))).toBeLessThan(0.1);
    },
  );

  it.each(["f32", "f64", "f16"])("normal %s has its mean and deviation", (e) => {
    const { first } = numbers("NORMAL", e, 3, 2);
    expect(first.every(Number.isFinite)).toBe(true);
    expect(mean(first)).toBeCloseTo(3, 1);
    expect(Math.abs(variance(first) - 4)).toBeLessThan(0.15);
    expect(mean(first.map((x) => Number(Math.abs(x - 3) < 2)))).toBeCloseTo(0.6827, 1);
  });

  it.each(["i32", "ui8", "i64"])("uniform %s takes every value of its range", (e) => {
    const { first } = numbers("UNIFORM", e, 3, 10);
    expect([...new Set(first)].toSorted((a, b) => a - b)).toEqual([3, 4, 5, 6, 7, 8, 9]);
  });

  it("rng of sizes that the program computes", () => {
    const context = loweringContext();
    const text = main(
      ["tensor<2xi64>"],
      ["tensor<?x?xf32>"],
      `%a = stablehlo.constant dense<0.0> : tensor<f32>
       %b = stablehlo.constant dense<1.0> : tensor<f32>
       %r0 = stablehlo.rng %a, %b, %arg0, distribution = UNIFORM : (tensor<f32>, tensor<f32>, tensor<2xi64>) -> tensor<?x?xf32>`,
    );
    const module = parseText(text, context);
    expandRandom.run(module, context);
    const inputs = [fromScalars("i64", [2], [3n, 5n])];
    const [x] = interpret(module, "main", inputs, context) as [NdArray];
    expect(x.shape).toEqual([3, 5]);
    expectSame(printModule(module, context), { inputs, tolerance: 1e-7 });
  });
});

describe("expand-chlo", () => {
  it("broadcasts operands whose sizes are symbols, 1 or not", () => {
    const t = ["tensor<?x?xf32>", "tensor<?x?xf32>"];
    const program = main(
      t,
      ["tensor<?x?xf32>"],
      `%r0 = chlo.broadcast_add %arg0, %arg1 : (${t.join(", ")}) -> tensor<?x?xf32>`,
    );
    for (const sizes of [
      [3, 4, 3, 4],
      [1, 4, 3, 1],
      [3, 1, 1, 4],
      [1, 4, 0, 4],
    ])
      expectExpanded(expandChlo, program, "chlo", { sizes });
  });

  it("broadcasts along given axes, and of different ranks", () => {
    const t = ["tensor<3xf32>", "tensor<3x?xf32>"];
    const given = "{broadcast_dimensions = array<i64: 0>}";
    const program = main(
      t,
      ["tensor<3x?xi1>"],
      `%r0 = chlo.broadcast_compare %arg0, %arg1 {broadcast_dimensions = array<i64: 0>, comparison_direction = #chlo<comparison_direction LT>} : (${t.join(", ")}) -> tensor<3x?xi1>`,
    );
    expectExpanded(expandChlo, program, "chlo", { sizes: [4] });
    const fixed = ["tensor<3xf32>", "tensor<3x4xf32>"];
    const text = `%r0 = chlo.broadcast_power %arg0, %arg1 ${given} : (${fixed.join(", ")}) -> tensor<3x4xf32>`;
    expectExpanded(expandChlo, main(fixed, ["tensor<3x4xf32>"], text), "chlo", { tolerance: 1e-6 });
  });

  it("top_k of floats, NaN first, and of integers", () => {
    for (const e of ["f32", "bf16", "i8", "ui16"]) {
      const text = `%r0, %r1 = chlo.top_k(%arg0, k = 4) : tensor<3x9x${e}> -> (tensor<3x4x${e}>, tensor<3x4xi32>)`;
      const program = main([`tensor<3x9x${e}>`], [`tensor<3x4x${e}>`, "tensor<3x4xi32>"], text);
      for (const seed of [1, 2])
        expectExpanded(expandChlo, program, "chlo", {
          seed,
          entries: { special: true, whole: true, low: -2, high: 2 },
        });
    }
  });
});

describe("calls that JAX writes for computed attributes", () => {
  it("dynamic_top_k takes as many as the program computes", () => {
    const text = main(
      ["tensor<3x9xf32>", "tensor<i32>"],
      ["tensor<3x?xf32>", "tensor<3x?xi32>"],
      `%r0, %r1 = stablehlo.custom_call @stablehlo.dynamic_top_k(%arg0, %arg1) : (tensor<3x9xf32>, tensor<i32>) -> (tensor<3x?xf32>, tensor<3x?xi32>)`,
    );
    for (const k of [0, 1, 4, 9])
      expectExpanded(expandCallTargets, text, "dynamic_top_k", {
        inputs: [new Random(k).array("f32", [3, 9], { special: true }), fromScalars("i32", [], [k])],
      });
  });

  it("dynamic_rng_bit_generator of computed sizes", () => {
    const text = main(
      ["tensor<2xui64>", "tensor<2xi32>"],
      ["tensor<2xui64>", "tensor<?x?xui32>"],
      `%r0, %r1 = stablehlo.custom_call @stablehlo.dynamic_rng_bit_generator(%arg0, %arg1) {rng_algorithm = #stablehlo<rng_algorithm DEFAULT>} : (tensor<2xui64>, tensor<2xi32>) -> (tensor<2xui64>, tensor<?x?xui32>)`,
    );
    const state = fromScalars("ui64", [2], [3n, 0xffffffffffffffffn]);
    expectExpanded(expandRandom, text, "rng", { inputs: [state, fromScalars("i32", [2], [3, 5])] });
  });

  const window = (
    attributes: (name: string, values: string) => string,
  ): string => `func.func @main(%arg0: tensor<7x5xf32>, %arg1: tensor<f32>${attributes("", "")}) -> tensor<?x?xf32> {
    ${attributes("sizes", "[3, 2]")}
    ${attributes("strides", "[2, 1]")}
    ${attributes("base", "[1, 2]")}
    ${attributes("dilations", "[2, 1]")}
    ${attributes("padding", "[[2, 1], [0, 1]]")}
    %r0 = stablehlo.custom_call @stablehlo.dynamic_reduce_window(%arg0, %arg1, %sizes, %strides, %base, %dilations, %padding) {called_computations = [@body]} : (tensor<7x5xf32>, tensor<f32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>, tensor<2x2xi32>) -> tensor<?x?xf32>
    return %r0 : tensor<?x?xf32>
  }
  func.func private @body(%a: tensor<f32>, %b: tensor<f32>) -> tensor<f32> {
    %0 = stablehlo.maximum %a, %b : tensor<f32>
    return %0 : tensor<f32>
  }`;

  it("dynamic_reduce_window with constants is a reduce_window", () => {
    const text = window((name, values) => {
      const type = name === "padding" ? "tensor<2x2xi32>" : "tensor<2xi32>";
      return name === "" ? "" : `%${name} = stablehlo.constant dense<${values}> : ${type}`;
    });
    expect(expectExpanded(expandCallTargets, text, "custom_call")).toContain("stablehlo.reduce_window");
  });

  it("dynamic_reduce_window with attributes that the program computes", () => {
    const names = ["sizes", "strides", "base", "dilations"].map((n) => `, %${n}: tensor<2xi32>`).join("");
    const text = window((name) => (name === "" ? `${names}, %padding: tensor<2x2xi32>` : ""));
    const pair = (a: number, b: number) => fromScalars("i32", [2], [a, b]);
    for (const rows of [
      [2, 1, 0, 1],
      [-1, 0, 3, -2],
    ]) {
      const inputs = [
        new Random(1).array("f32", [7, 5]),
        fromScalars("f32", [], [-100]),
        pair(3, 2),
        pair(2, 1),
        pair(1, 2),
        pair(2, 1),
        fromScalars("i32", [2, 2], rows),
      ];
      expectSame(text, { inputs });
    }
  });
});

describe("expand-tuples", () => {
  it("elements of a tuple are what it was made of", () => {
    const text = main(
      ["tensor<2xf32>", "tensor<i32>"],
      ["tensor<i32>"],
      `%t = stablehlo.tuple %arg0, %arg1 : tuple<tensor<2xf32>, tensor<i32>>
       %u = stablehlo.tuple %t, %arg0 : tuple<tuple<tensor<2xf32>, tensor<i32>>, tensor<2xf32>>
       %v = stablehlo.get_tuple_element %u[0] : (tuple<tuple<tensor<2xf32>, tensor<i32>>, tensor<2xf32>>) -> tuple<tensor<2xf32>, tensor<i32>>
       %r0 = stablehlo.get_tuple_element %v[1] : (tuple<tensor<2xf32>, tensor<i32>>) -> tensor<i32>`,
    );
    expectExpanded(expandTuples, text, "tuple");
  });
});

describe("inline-composites", () => {
  const text = `func.func @main(%arg0: tensor<?x4xf32>, %arg1: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?xf32>) {
    %0 = stablehlo.composite "a.outer" %arg0 {decomposition = @outer} : (tensor<?x4xf32>) -> tensor<?x4xf32>
    %1 = stablehlo.composite "a.outer" %arg1 {decomposition = @outer} : (tensor<?x4xf32>) -> tensor<?x4xf32>
    %r0 = stablehlo.concatenate %0, %1, dim = 0 : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
    %2 = stablehlo.slice %arg0 [0:1, 0:4] : (tensor<?x4xf32>) -> tensor<1x4xf32>
    %3 = stablehlo.convert %2 : (tensor<1x4xf32>) -> tensor<1x4xi32>
    %4 = stablehlo.reshape %3 : (tensor<1x4xi32>) -> tensor<4xi32>
    %5 = stablehlo.slice %4 [0:1] : (tensor<4xi32>) -> tensor<1xi32>
    %6 = stablehlo.composite "a.count" %5 {decomposition = @count} : (tensor<1xi32>) -> tensor<?xf32>
    %7 = stablehlo.slice %4 [1:2] : (tensor<4xi32>) -> tensor<1xi32>
    %8 = stablehlo.composite "a.count" %7 {decomposition = @count} : (tensor<1xi32>) -> tensor<?xf32>
    %r1 = stablehlo.concatenate %6, %8, dim = 0 : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
    return %r0, %r1 : tensor<?x4xf32>, tensor<?xf32>
  }
  func.func private @outer(%arg0: tensor<?x4xf32>) -> tensor<?x4xf32> {
    %0 = stablehlo.composite "a.inner" %arg0 {decomposition = @inner} : (tensor<?x4xf32>) -> tensor<?x4xf32>
    %1 = stablehlo.add %0, %arg0 : tensor<?x4xf32>
    return %1 : tensor<?x4xf32>
  }
  func.func private @inner(%arg0: tensor<?x4xf32>) -> tensor<?x4xf32> {
    %0 = stablehlo.negate %arg0 : tensor<?x4xf32>
    %1 = stablehlo.concatenate %0, %0, dim = 0 : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
    %2 = stablehlo.get_dimension_size %arg0, dim = 0 : (tensor<?x4xf32>) -> tensor<i32>
    %3 = stablehlo.reshape %2 : (tensor<i32>) -> tensor<1xi32>
    %4 = stablehlo.constant dense<4> : tensor<1xi32>
    %5 = stablehlo.concatenate %3, %4, dim = 0 : (tensor<1xi32>, tensor<1xi32>) -> tensor<2xi32>
    %6 = stablehlo.constant dense<0> : tensor<2xi32>
    %7 = stablehlo.constant dense<1> : tensor<2xi32>
    %8 = stablehlo.real_dynamic_slice %1, %6, %5, %7 : (tensor<?x4xf32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>) -> tensor<?x4xf32>
    return %8 : tensor<?x4xf32>
  }
  func.func private @count(%arg0: tensor<1xi32>) -> tensor<?xf32> {
    %0 = stablehlo.dynamic_iota %arg0, dim = 0 : (tensor<1xi32>) -> tensor<?xf32>
    return %0 : tensor<?xf32>
  }`;
  const inputs = [
    fromScalars("f32", [2, 4], [3, 5, 3, 4, 5, 6, 7, 8]),
    fromScalars("f32", [3, 4], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
  ];

  it("puts bodies in the place of calls, with sizes named as at each call", () => {
    const after = expectExpanded(inlineComposites, text, "composite", { inputs });
    expect(after).not.toContain("private");
  });

  it("and so calls of functions", () => {
    const calls = text.replaceAll(
      /stablehlo\.composite "[^"]*" (%\w+) \{decomposition = (@\w+)\}/g,
      "func.call $2($1)",
    );
    expectExpanded(inlineCalls, calls, "func.call", { inputs });
  });

  it("keeps what is claimed, and its decomposition", () => {
    const context = loweringContext();
    const module = parseText(text, context);
    inlineCompositesBut((op) => op.attrs["name"] === "a.inner").run(module, context);
    expect(verify(module, context).map((d) => d.message)).toEqual([]);
    const after = printModule(module, context);
    expect([...after.matchAll(/stablehlo.composite "([^"]*)"/g)].map((m) => m[1])).toEqual(["a.inner", "a.inner"]);
    expect(after).toContain("@inner(");
    expect(after).not.toContain("@outer");
  });
});
