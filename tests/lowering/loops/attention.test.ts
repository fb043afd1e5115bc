/** @file Attention by blocks of queries against the interpreter: tails, masks, chunks of keys, rows in which nothing takes part. */

import { describe, expect, test } from "vitest";
import { type AttentionForm, attention } from "../../../ir/composites/attention.js";
import { softmax } from "../../../ir/composites/softmax.js";
import { Decompositions } from "../../../ir/decompositions.js";
import type { Datum } from "../../../ir/define.js";
import { newModule } from "../../../ir/dialects/builtin.js";
import { buildFunction } from "../../../ir/dialects/func.js";
import type { Operation } from "../../../ir/graph.js";
import { interpret } from "../../../ir/interpret.js";
import { fromScalars, type NdArray, sizeOf } from "../../../ir/ndarray.js";
import { TensorBuilder } from "../../../ir/tensor-builder.js";
import { newContext } from "../../../lowering/dialects.js";
import { runStages } from "../../../lowering/driver.js";
import { stagesFor } from "../../../lowering/pipeline.js";
import { cpuNamed } from "../../../machine/cpu.js";
import { runMemrefs } from "../bufferize/run.js";
import { expectClose, parseText } from "../fuse/structured.js";

type Mask = "none" | "added" | "causal" | "chosen";

interface Sizes {
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
  readonly depth: number;
}

/** softmax(q k^T / 8 + mask) v. */
function attentionText({ heads: h, queries: l, keys: s, depth: d }: Sizes, mask: Mask): string {
  const [q, k] = [`tensor<1x${h}x${l}x${d}xf32>`, `tensor<1x${h}x${s}x${d}xf32>`];
  const of = (element: string): string => `tensor<1x${h}x${l}x${s}x${element}>`;
  const [scores, row] = [of("f32"), `tensor<1x${h}x${l}xf32>`];
  const low = `%low = stablehlo.constant dense<0xFF800000> : ${scores}`;
  const masks: Readonly<Record<Mask, string>> = {
    none: `%x = stablehlo.add %scaled, %zeros : ${scores}`,
    added: `%m4 = stablehlo.broadcast_in_dim %m, dims = [0, 1, 2, 3] : (tensor<1x1x${l}x${s}xf32>) -> ${scores}
      %x = stablehlo.add %scaled, %m4 : ${scores}`,
    causal: `%i = stablehlo.iota dim = 2 : ${of("i32")}
      %j = stablehlo.iota dim = 3 : ${of("i32")}
      %seen = stablehlo.compare LE, %j, %i : (${of("i32")}, ${of("i32")}) -> ${of("i1")}
      %x = stablehlo.select %seen, %scaled, %low : ${of("i1")}, ${scores}`,
    chosen: `%m4 = stablehlo.broadcast_in_dim %m, dims = [0, 1, 2, 3] : (tensor<1x1x${l}x${s}xf32>) -> ${scores}
      %seen = stablehlo.compare GT, %m4, %zeros : (${scores}, ${scores}) -> ${of("i1")}
      %x = stablehlo.select %seen, %scaled, %low : ${of("i1")}, ${scores}`,
  };
  const dims = "batching_dims = [0, 1] x [0, 1], contracting_dims";
  return `func.func @main(%q: ${q}, %k: ${k}, %v: ${k}, %m: tensor<1x1x${l}x${s}xf32>) -> ${q} {
      %p = stablehlo.dot_general %q, %k, ${dims} = [3] x [3] : (${q}, ${k}) -> ${scores}
      %eighth = stablehlo.constant dense<0.125> : ${scores}
      %zeros = stablehlo.constant dense<0.0> : ${scores}
      ${low}
      %scaled = stablehlo.multiply %p, %eighth : ${scores}
      ${masks[mask]}
      %least = stablehlo.constant dense<0xFF800000> : tensor<f32>
      %zero = stablehlo.constant dense<0.0> : tensor<f32>
      %most = stablehlo.reduce(%x init: %least) applies stablehlo.maximum across dimensions = [3] : (${scores}, tensor<f32>) -> ${row}
      %most4 = stablehlo.broadcast_in_dim %most, dims = [0, 1, 2] : (${row}) -> ${scores}
      %above = stablehlo.subtract %x, %most4 : ${scores}
      %e = stablehlo.exponential %above : ${scores}
      %total = stablehlo.reduce(%e init: %zero) applies stablehlo.add across dimensions = [3] : (${scores}, tensor<f32>) -> ${row}
      %total4 = stablehlo.broadcast_in_dim %total, dims = [0, 1, 2] : (${row}) -> ${scores}
      %w = stablehlo.divide %e, %total4 : ${scores}
      %y = stablehlo.dot_general %w, %v, ${dims} = [3] x [2] : (${scores}, ${k}) -> ${q}
      return %y : ${q}
    }`;
}

function madeUp(shape: readonly number[], f: (i: number) => number): NdArray {
  return fromScalars(
    "f32",
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => Math.fround(f(i))),
  );
}

/** What is said of the kernels. */
function saidOf(module: Operation): string {
  return [...module.walk()]
    .map((op) => JSON.stringify(op.extra, (_, x) => (typeof x === "bigint" ? Number(x) : x)))
    .join("\n");
}

/** Runs all stages down to loops; gives what is said of the kernels. */
function lowered(sizes: Sizes, mask: Mask, cpuName = "x86-64-v4"): string {
  const { heads, queries, keys, depth } = sizes;
  const shapes = [
    [1, heads, queries, depth],
    [1, heads, keys, depth],
    [1, heads, keys, depth],
    [1, 1, queries, keys],
  ];
  const inputs = shapes.map((shape, k) => madeUp(shape, (i) => 2 * Math.sin(i * (0.7 + 0.1 * k) + k)));
  const context = newContext();
  const module = parseText(attentionText(sizes, mask), context);
  const wanted = interpret(module, "main", inputs as Datum[], context) as NdArray[];
  runStages(stagesFor(cpuNamed(cpuName)!), module, context, { until: "loops" });
  const { results } = runMemrefs(module, { inputs, states: [], wanted }, context);
  expectClose(results[0]!, wanted[0]!, 1e-5, `${mask} ${JSON.stringify(sizes)}`);
  return saidOf(module);
}

describe("attention runs by blocks of queries", () => {
  test.each<Mask>(["none", "added", "causal", "chosen"])("with tails of queries and keys, mask %s", (mask) => {
    const said = lowered({ heads: 2, queries: 21, keys: 37, depth: 16 }, mask);
    expect(said).toContain("attention runs by blocks of queries and all keys at once");
  });

  test("with several chunks of keys, whose greatest scores differ", () => {
    const said = lowered({ heads: 1, queries: 18, keys: 2100, depth: 16 }, "added");
    expect(said).toContain("earlier sums brought to each new greatest score");
  });

  test("with whole vectors of a narrower processor", () => {
    expect(lowered({ heads: 2, queries: 19, keys: 23, depth: 16 }, "chosen", "x86-64-v3")).toContain("attention runs");
  });

  test("leaving out keys behind a block where places are compared", () => {
    const behind = "keys behind the last query of a block are not looked at";
    expect(lowered({ heads: 1, queries: 80, keys: 80, depth: 16 }, "causal")).toContain(behind);
    expect(lowered({ heads: 1, queries: 80, keys: 80, depth: 16 }, "chosen")).not.toContain(behind);
  });
});

describe("attention whose values are no whole vectors is padded", () => {
  test.each<Mask>(["none", "added", "causal"])("mask %s", (mask) => {
    const said = lowered({ heads: 2, queries: 21, keys: 37, depth: 10 }, mask);
    expect(said).toContain("is padded to a multiple of 16");
    expect(said).toContain("attention runs by blocks of queries");
  });
});

const grouped: AttentionForm = {
  scale: undefined,
  softcap: 0,
  isCausal: true,
  left: -1,
  right: -1,
  precision: "f32",
  scores: undefined,
};

/** Heads of size `depth` that share keys three by three, for an open number of queries and keys; runs at some of them. */
function loweredOpen(lengths: readonly number[], depth: number, hasMask: boolean): string {
  const context = newContext();
  const module = newModule(context);
  const length = context.dims.symbol("T", { min: 1, max: 512 });
  const type = (heads: number) => context.types.tensor([2, heads, length, depth], "f32");
  const mask = context.types.tensor([1, 1, length, length], "f32");
  const types = [type(6), type(2), type(2), ...(hasMask ? [mask] : [])];
  buildFunction(context, module, "main", types, (builder, [q, k, v, m]) => {
    const t = new TensorBuilder(builder, new Decompositions(module, context));
    for (const x of [q!, k!, v!]) t.note(x);
    return attention(t, [q!, k!, v!], { ...grouped, isCausal: !hasMask }, m ? { mask: m } : {});
  });
  const cases = lengths.map((n) => {
    const shapes = [[2, 6, n, depth], [2, 2, n, depth], [2, 2, n, depth], ...(hasMask ? [[1, 1, n, n]] : [])];
    const inputs = shapes.map((shape, k) => madeUp(shape, (i) => 2 * Math.sin(i * (0.7 + 0.1 * k) + k)));
    return { n, inputs, wanted: interpret(module, "main", inputs as Datum[], context) as NdArray[] };
  });
  runStages(stagesFor(cpuNamed("x86-64-v4")!), module, context, { until: "loops" });
  for (const { n, inputs, wanted } of cases) {
    const { results } = runMemrefs(module, { inputs, states: [], wanted }, context);
    expectClose(results[0]!, wanted[0]!, 1e-5, `length ${n}`);
  }
  return saidOf(module);
}

describe("attention of open lengths, whose heads share keys, runs by blocks of queries", () => {
  test("causal", () => {
    const said = loweredOpen([1, 7, 70], 16, false);
    expect(said).toContain("attention runs by blocks of queries");
    expect(said).toContain("keys behind the last query of a block are not looked at");
  });

  test("with a mask that is added", () => {
    expect(loweredOpen([3, 35], 16, true)).toContain("attention runs by blocks of queries");
  });

  test("with as many keys as there are, which may be none: empty sums are 0", () => {
    const context = newContext();
    const module = newModule(context);
    const queries = context.dims.symbol("T", { min: 1, max: 512 });
    const keys = context.dims.symbol("S", { min: 0, max: 512 });
    const types = [[2, 4, queries, 16] as const, [2, 4, 16, keys] as const, [2, 4, keys, 16] as const];
    const args = types.map((shape) => context.types.tensor(shape, "f32"));
    buildFunction(context, module, "main", args, (builder, [q, k, v]) => {
      const t = new TensorBuilder(builder, new Decompositions(module, context));
      for (const x of [q!, k!, v!]) t.note(x);
      return [t.matmul(softmax(t, t.matmul(q!, k!), 3), v!)];
    });
    const cases = [0, 5, 40].map((s) => {
      const shapes = [
        [2, 4, 7, 16],
        [2, 4, 16, s],
        [2, 4, s, 16],
      ];
      const inputs = shapes.map((shape, k) => madeUp(shape, (i) => Math.sin(i * (0.7 + 0.1 * k) + k)));
      return { inputs, wanted: interpret(module, "main", inputs as Datum[], context) as NdArray[] };
    });
    runStages(stagesFor(cpuNamed("x86-64-v4")!), module, context, { until: "loops" });
    expect(saidOf(module)).toContain("attention runs by blocks of queries");
    for (const { inputs, wanted } of cases)
      expectClose(runMemrefs(module, { inputs, states: [], wanted }, context).results[0]!, wanted[0]!, 1e-5, "keys");
  });

  test("with values that are padded", () => {
    expect(loweredOpen([5, 33], 12, false)).toContain("is padded to a multiple of 16");
  });
});

describe("attention is left as it is", () => {
  test("for a single query, which lanes would idle for", () => {
    expect(lowered({ heads: 2, queries: 1, keys: 40, depth: 16 }, "added")).not.toContain("attention runs");
  });

  test("where a value is no whole vectors, and to make it such would copy more than it saves", () => {
    const said = lowered({ heads: 1, queries: 8, keys: 16, depth: 90 }, "none");
    expect(said).not.toContain("attention runs");
    expect(said).toContain("copying would move more than it saves");
  });
});
