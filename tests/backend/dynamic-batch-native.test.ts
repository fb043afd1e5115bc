/**
 * @file A batch dimension that is left open, through every family of operations: compiled once, run at several sizes, each
 * time what the interpreter gives.
 */

import { describe, expect, it } from "vitest";
import type { Datum } from "../../ir/define.js";
import { functionBody, lookupFunction } from "../../ir/dialects/func.js";
import { interpret } from "../../ir/interpret.js";
import type { NdArray } from "../../ir/ndarray.js";
import { maxRelativeError, sameBits } from "../../ir/ndarray-compare.js";
import { parseModule } from "../../ir/text/module.js";
import type { TensorType } from "../../ir/types.js";
import { verify } from "../../ir/verify.js";
import { newContext } from "../../lowering/dialects.js";
import { type NativeProgram, runTogether } from "../support/native-programs.js";
import { Random } from "../support/random.js";
import { errorOf } from "../support/random-stablehlo.js";

const sizes = [1, 2, 3, 7, 16, 33];

/** A function of `%x`, whose first axis is open, and of `%n`, that size; results in the order of `results`. */
interface Case {
  readonly x: string;
  readonly more?: readonly string[];
  readonly results: readonly string[];
  readonly body: string;
}

const size = `%size = stablehlo.get_dimension_size %x, dim = 0 : (TYPE) -> tensor<i32>
  %n = stablehlo.reshape %size : (tensor<i32>) -> tensor<1xi32>`;

const elements = [
  "f64",
  "f32",
  "f16",
  "bf16",
  "f8E4M3FN",
  "f8E5M2",
  "i4",
  "i8",
  "i32",
  "i64",
  "ui8",
  "ui32",
  "complex<f32>",
  "complex<f64>",
] as const;

const f = "tensor<?x4xf32>";

const sum = `({
    ^bb0(%a: tensor<f32>, %b: tensor<f32>):
      %s = stablehlo.add %a, %b : tensor<f32>
      stablehlo.return %s : tensor<f32>
    })`;

const cases: Readonly<Record<string, Case>> = {
  ...Object.fromEntries(
    elements.map((e): readonly [string, Case] => [
      `sums and products of ${e}`,
      {
        x: `tensor<?x3x${e}>`,
        results: [`tensor<?x3x${e}>`],
        body: `%0 = stablehlo.add %x, %x : tensor<?x3x${e}>
  %r0 = stablehlo.multiply %0, %x : tensor<?x3x${e}>`,
      },
    ]),
  ),
  functions: {
    x: f,
    results: [f, f],
    body: `%0 = stablehlo.exponential %x : ${f}
  %r0 = stablehlo.tanh %0 : ${f}
  %r1 = stablehlo.logistic %x : ${f}`,
  },
  softmax: {
    x: f,
    results: [f],
    body: `%low = stablehlo.constant dense<0xFF800000> : tensor<f32>
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %four = stablehlo.constant dense<4> : tensor<1xi32>
  %shape = stablehlo.concatenate %n, %four, dim = 0 : (tensor<1xi32>, tensor<1xi32>) -> tensor<2xi32>
  %0 = stablehlo.reduce(%x init: %low) applies stablehlo.maximum across dimensions = [1] : (${f}, tensor<f32>) -> tensor<?xf32>
  %1 = stablehlo.dynamic_broadcast_in_dim %0, %shape, dims = [0] : (tensor<?xf32>, tensor<2xi32>) -> ${f}
  %2 = stablehlo.subtract %x, %1 : ${f}
  %3 = stablehlo.exponential %2 : ${f}
  %4 = stablehlo.reduce(%3 init: %zero) applies stablehlo.add across dimensions = [1] : (${f}, tensor<f32>) -> tensor<?xf32>
  %5 = stablehlo.dynamic_broadcast_in_dim %4, %shape, dims = [0] : (tensor<?xf32>, tensor<2xi32>) -> ${f}
  %r0 = stablehlo.divide %3, %5 : ${f}`,
  },
  products: {
    x: f,
    more: ["tensor<4x5xf32>"],
    results: ["tensor<?x5xf32>", "tensor<?x?xf32>"],
    body: `%r0 = stablehlo.dot_general %x, %y0, contracting_dims = [1] x [0] : (${f}, tensor<4x5xf32>) -> tensor<?x5xf32>
  %r1 = stablehlo.dot_general %x, %x, contracting_dims = [1] x [1] : (${f}, ${f}) -> tensor<?x?xf32>`,
  },
  "batches of products": {
    x: "tensor<?x3x4xf32>",
    results: ["tensor<?x3x3xf32>"],
    body: "%r0 = stablehlo.dot_general %x, %x, batching_dims = [0] x [0], contracting_dims = [2] x [2] : (tensor<?x3x4xf32>, tensor<?x3x4xf32>) -> tensor<?x3x3xf32>",
  },
  convolution: {
    x: "tensor<?x6x5x3xf32>",
    more: ["tensor<3x3x3x4xf32>"],
    results: ["tensor<?x6x5x4xf32>"],
    body: "%r0 = stablehlo.convolution(%x, %y0) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {pad = [[1, 1], [1, 1]]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<?x6x5x3xf32>, tensor<3x3x3x4xf32>) -> tensor<?x6x5x4xf32>",
  },
  pooling: {
    x: "tensor<?x6x4xf32>",
    results: ["tensor<?x3x2xf32>"],
    body: `%zero = stablehlo.constant dense<0.0> : tensor<f32>
  %r0 = "stablehlo.reduce_window"(%x, %zero) <{window_dimensions = array<i64: 1, 2, 2>, window_strides = array<i64: 1, 2, 2>}> ${sum} : (tensor<?x6x4xf32>, tensor<f32>) -> tensor<?x3x2xf32>`,
  },
  "sums over the batch": {
    x: f,
    results: ["tensor<4xf32>", "tensor<f32>"],
    body: `%zero = stablehlo.constant dense<0.0> : tensor<f32>
  %r0 = stablehlo.reduce(%x init: %zero) applies stablehlo.add across dimensions = [0] : (${f}, tensor<f32>) -> tensor<4xf32>
  %r1 = stablehlo.reduce(%x init: %zero) applies stablehlo.add across dimensions = [0, 1] : (${f}, tensor<f32>) -> tensor<f32>`,
  },
  movement: {
    x: f,
    results: ["tensor<4x?xf32>", "tensor<?x6xf32>", "tensor<?x2xf32>", "tensor<?x4xf32>", f],
    body: `%zero = stablehlo.constant dense<0.0> : tensor<f32>
  %r0 = stablehlo.transpose %x, dims = [1, 0] : (${f}) -> tensor<4x?xf32>
  %r1 = stablehlo.pad %x, %zero, low = [0, 1], high = [0, 1], interior = [0, 0] : (${f}, tensor<f32>) -> tensor<?x6xf32>
  %start = stablehlo.constant dense<[0, 1]> : tensor<2xi32>
  %three = stablehlo.constant dense<3> : tensor<1xi32>
  %limit = stablehlo.concatenate %n, %three, dim = 0 : (tensor<1xi32>, tensor<1xi32>) -> tensor<2xi32>
  %step = stablehlo.constant dense<1> : tensor<2xi32>
  %r2 = stablehlo.real_dynamic_slice %x, %start, %limit, %step : (${f}, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>) -> tensor<?x2xf32>
  %r3 = stablehlo.concatenate %x, %x, dim = 0 : (${f}, ${f}) -> tensor<?x4xf32>
  %r4 = stablehlo.reverse %x, dims = [0, 1] : ${f}`,
  },
  reshapes: {
    x: f,
    results: ["tensor<?xf32>", "tensor<?x2x2xf32>"],
    body: `%four = stablehlo.constant dense<4> : tensor<1xi32>
  %two = stablehlo.constant dense<2> : tensor<2xi32>
  %all = stablehlo.multiply %n, %four : tensor<1xi32>
  %r0 = stablehlo.dynamic_reshape %x, %all : (${f}, tensor<1xi32>) -> tensor<?xf32>
  %halves = stablehlo.concatenate %n, %two, dim = 0 : (tensor<1xi32>, tensor<2xi32>) -> tensor<3xi32>
  %r1 = stablehlo.dynamic_reshape %x, %halves : (${f}, tensor<3xi32>) -> tensor<?x2x2xf32>`,
  },
  "counting and gathering": {
    x: f,
    results: ["tensor<?xi32>", f],
    body: `%r0 = stablehlo.dynamic_iota %n, dim = 0 : (tensor<1xi32>) -> tensor<?xi32>
  %r1 = "stablehlo.gather"(%x, %r0) <{dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 1, 4>, indices_are_sorted = false}> : (${f}, tensor<?xi32>) -> ${f}`,
  },
  scattering: {
    x: f,
    more: ["tensor<2x1xi32>", "tensor<2x4xf32>"],
    results: [f],
    body: `%r0 = "stablehlo.scatter"(%x, %y0, %y1) <{scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>, indices_are_sorted = false, unique_indices = false}> ${sum} : (${f}, tensor<2x1xi32>, tensor<2x4xf32>) -> ${f}`,
  },
  "slices and updates": {
    x: f,
    more: ["tensor<i32>", "tensor<1x2xf32>"],
    results: ["tensor<1x2xf32>", f],
    body: `%r0 = stablehlo.dynamic_slice %x, %y0, %y0, sizes = [1, 2] : (${f}, tensor<i32>, tensor<i32>) -> tensor<1x2xf32>
  %r1 = stablehlo.dynamic_update_slice %x, %y1, %y0, %y0 : (${f}, tensor<1x2xf32>, tensor<i32>, tensor<i32>) -> ${f}`,
  },
  order: {
    x: f,
    results: [f, f],
    body: [0, 1]
      .map(
        (axis) => `%r${axis} = "stablehlo.sort"(%x) <{dimension = ${axis} : i64, is_stable = true}> ({
    ^bb0(%a: tensor<f32>, %b: tensor<f32>):
      %c = stablehlo.compare LT, %a, %b, TOTALORDER : (tensor<f32>, tensor<f32>) -> tensor<i1>
      stablehlo.return %c : tensor<i1>
    }) : (${f}) -> ${f}`,
      )
      .join("\n  "),
  },
  loops: {
    x: f,
    results: ["tensor<i32>", f],
    body: `%zero = stablehlo.constant dense<0> : tensor<i32>
  %one = stablehlo.constant dense<1> : tensor<i32>
  %r0, %r1 = stablehlo.while(%i = %zero, %v = %x) : tensor<i32>, ${f}
    cond {
      %go = stablehlo.compare LT, %i, %size : (tensor<i32>, tensor<i32>) -> tensor<i1>
      stablehlo.return %go : tensor<i1>
    } do {
      %next = stablehlo.add %i, %one : tensor<i32>
      %w = stablehlo.cosine %v : ${f}
      stablehlo.return %next, %w : tensor<i32>, ${f}
    }`,
  },
  branches: {
    x: f,
    results: [f],
    body: `%three = stablehlo.constant dense<3> : tensor<i32>
  %small = stablehlo.compare LT, %size, %three : (tensor<i32>, tensor<i32>) -> tensor<i1>
  %r0 = "stablehlo.if"(%small) ({
      %a = stablehlo.add %x, %x : ${f}
      stablehlo.return %a : ${f}
    }, {
      %b = stablehlo.negate %x : ${f}
      stablehlo.return %b : ${f}
    }) : (tensor<i1>) -> ${f}`,
  },
  transforms: {
    x: "tensor<?x8xf32>",
    results: ["tensor<?x5xcomplex<f32>>"],
    body: "%r0 = stablehlo.fft %x, type = RFFT, length = [8] : (tensor<?x8xf32>) -> tensor<?x5xcomplex<f32>>",
  },
  normalisation: {
    x: f,
    more: ["tensor<4xf32>", "tensor<4xf32>"],
    results: [f, "tensor<4xf32>", "tensor<4xf32>"],
    body: `%r0, %r1, %r2 = "stablehlo.batch_norm_training"(%x, %y0, %y1) <{epsilon = 0.125 : f32, feature_index = 1 : i64}> : (${f}, tensor<4xf32>, tensor<4xf32>) -> (${f}, tensor<4xf32>, tensor<4xf32>)`,
  },
  "choice by comparison": {
    x: f,
    results: ["tensor<?x4xi1>", f],
    body: `%0 = stablehlo.negate %x : ${f}
  %r0 = stablehlo.compare GT, %x, %0 : (${f}, ${f}) -> tensor<?x4xi1>
  %r1 = stablehlo.select %r0, %x, %0 : tensor<?x4xi1>, ${f}`,
  },
};

function textOf({ x, more = [], results, body }: Case): string {
  const args = [x, ...more].map((type, k) => `${k === 0 ? "%x" : `%y${k - 1}`}: ${type}`).join(", ");
  const returned = results.map((_, k) => `%r${k}`).join(", ");
  return `func.func @main(${args}) -> (${results.join(", ")}) {
  ${size.replace("TYPE", x)}
  ${body}
  return ${returned} : ${results.join(", ")}
}`;
}

const texts = Object.values(cases).map(textOf);
const at = (n: number, seed: number, text: string): readonly NdArray[] => {
  const context = newContext();
  const main = lookupFunction(parseModule(text, "batch.mlir", context), "main")!;
  const random = new Random(seed);
  return functionBody(main).args.map(({ type }) => {
    const { element, shape } = type as TensorType;
    return random.array(
      element,
      shape.map((d) => (typeof d === "number" ? d : n)),
      { low: 0, high: 2 },
    );
  });
};

function interpreted(text: string, inputs: readonly NdArray[]): readonly NdArray[] {
  const context = newContext();
  const module = parseModule(text, "batch.mlir", context);
  expect(verify(module, context).map((d) => d.message)).toEqual([]);
  return interpret(module, "main", inputs as Datum[], context) as readonly NdArray[];
}

function agrees(found: NdArray | undefined, wanted: NdArray): boolean {
  if (found === undefined || String(found.shape) !== String(wanted.shape)) return false;
  const tolerance = 8 * errorOf(wanted.element);
  return tolerance === 0 ? sameBits(found, wanted) : maxRelativeError(found, wanted) <= tolerance;
}

describe("an open batch dimension as native code", () => {
  it("runs at every size without being compiled again", async () => {
    const programs = texts.map(
      (text, k): NativeProgram => ({ text, runs: sizes.map((n) => at(n, 100 * k + n, text)) }),
    );
    const outcomes = await runTogether(programs);
    const problems = Object.keys(cases).flatMap((name, k) => {
      const outcome = outcomes[k]!;
      if (outcome.kind !== "ran") return [`${name} is ${outcome.kind}: ${String((outcome.error as Error).stack)}`];
      return outcome.results.flatMap((results, run) =>
        interpreted(texts[k]!, programs[k]!.runs[run]!).flatMap((wanted, i) =>
          agrees(results[i], wanted)
            ? []
            : [`${name} of ${sizes[run]}: result ${i} is ${String(results[i]?.data)}, not ${String(wanted.data)}`],
        ),
      );
    });
    expect(problems).toEqual([]);
  }, 600_000);
});
