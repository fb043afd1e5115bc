/** @file Arithmetic, comparison, reductions, activations and losses; the numbers expected are what PyTorch 2.13 gives. */

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { importTorch } from "../../../../frontends/torch-fx/import.js";
import { readTorch } from "../../../../frontends/torch-fx/read.js";
import { interpret } from "../../../../ir/interpret.js";
import { fromScalars, type NdArray } from "../../../../ir/ndarray.js";
import { newContext } from "../../../../lowering/dialects.js";
import { type Arg, FLOAT, INT64, type MetaText, writeArchive } from "../archive.js";

const folder = mkdtempSync(join(tmpdir(), "persimmons-pt2-"));
let files = 0;

const f32 = (shape: readonly number[], ...values: readonly number[]): NdArray => fromScalars("f32", shape, values);
const i64 = (...values: readonly number[]): NdArray => fromScalars("i64", [values.length], values.map(BigInt));
const metaOf = (a: NdArray): MetaText => ({ dtype: a.element === "i64" ? INT64 : FLOAT, sizes: a.shape });

/** What one operator gives for `tensors`, its arguments by name, and other arguments. */
async function apply(
  target: string,
  tensors: Readonly<Record<string, NdArray>>,
  results: readonly MetaText[],
  others: Readonly<Record<string, Arg>> = {},
): Promise<readonly (readonly number[])[]> {
  const names = Object.keys(tensors);
  const outputs = results.map((_, i) => `result${i}`);
  const context = newContext();
  const path = writeArchive(join(folder, `m${files++}.pt2`), {
    inputs: names,
    outputs,
    nodes: [
      { target, inputs: { ...Object.fromEntries(names.map((name) => [name, { tensor: name }])), ...others }, outputs },
    ],
    tensors: {
      ...Object.fromEntries(names.map((name) => [name, metaOf(tensors[name]!)])),
      ...Object.fromEntries(outputs.map((name, i) => [name, results[i]!])),
    },
  });
  const module = importTorch(await readTorch(path, context.diagnostics), context);
  const given = interpret(module, "main", Object.values(tensors), context) as readonly NdArray[];
  return given.map((a) => Array.from(a.data as ArrayLike<number | bigint>, Number));
}

function expectClose(actual: readonly number[] | undefined, expected: readonly number[]): void {
  expect(actual?.length).toBe(expected.length);
  expected.forEach((x, i) => {
    if (Number.isFinite(x)) expect(actual?.[i]).toBeCloseTo(x, 5);
    else expect(actual?.[i]).toBe(x);
  });
}

const x = f32([5], -7.5, -0.5, 0, 3, Number.NaN);
const y = f32([5], 2, -2, 3, -0.5, 1);
const numbers: MetaText = { sizes: [5] };

describe("arithmetic", () => {
  const cases: readonly (readonly [
    target: string,
    expected: readonly number[],
    others?: Readonly<Record<string, Arg>>,
  ])[] = [
    ["aten.floor_divide.default", [-4, 0, 0, -6, Number.NaN]],
    ["aten.div.Tensor_mode", [-3, 0, 0, -6, Number.NaN], { rounding_mode: "trunc" }],
    ["aten.remainder.Tensor", [0.5, -0.5, 0, 0, Number.NaN]],
    ["aten.fmod.Tensor", [-1.5, -0.5, 0, 0, Number.NaN]],
    ["aten.copysign.Tensor", [7.5, -0.5, 0, -3, Number.NaN]],
    ["aten.hypot.default", [7.762087345123291, 2.0615527629852295, 3, 3.041381359100342, Number.NaN]],
  ];
  for (const [target, expected, others] of cases)
    it(`gives the signs and roundings of PyTorch: ${target}`, async () => {
      const [result] = await apply(target, { self: x, other: y }, [numbers], others);
      expectClose(result, expected);
    });

  const integers: readonly (readonly [string, readonly number[]])[] = [
    ["aten.floor_divide.default", [-4, -4, 3, 3]],
    ["aten.remainder.Tensor", [1, -1, -1, 1]],
    ["aten.fmod.Tensor", [-1, 1, -1, 1]],
  ];
  for (const [target, expected] of integers)
    it(`divides integers as PyTorch does: ${target}`, async () => {
      const tensors = { self: i64(-7, 7, -7, 7), other: i64(2, -2, -2, 2) };
      expect(await apply(target, tensors, [{ dtype: INT64, sizes: [4] }])).toEqual([expected]);
    });

  it("finds common divisors of all places at once, 0 among them", async () => {
    const tensors = { self: i64(-7, 7, -7, 7), other: i64(14, 21, 0, 49) };
    expect(await apply("aten.gcd.default", tensors, [{ dtype: INT64, sizes: [4] }])).toEqual([[7, 7, 7, 7]]);
  });

  it("moves bits by amounts beyond the width", async () => {
    const tensors = { self: i64(-7, 7, -7, 7), other: i64(1, 2, 64, -1) };
    const meta = [{ dtype: INT64, sizes: [4] }];
    expect(await apply("aten.bitwise_right_shift.Tensor", tensors, meta)).toEqual([[-4, 1, -1, 0]]);
    expect(await apply("aten.bitwise_left_shift.Tensor", tensors, meta)).toEqual([[-14, 28, 0, 0]]);
  });
});

describe("functions of numbers", () => {
  it("say of NaN what PyTorch says", async () => {
    expectClose((await apply("aten.sign.default", { self: x }, [numbers]))[0], [-1, -1, 0, 1, 0]);
    const odd = f32([4], Number.NaN, Infinity, -Infinity, 1);
    const largest = 3.4028234663852886e38;
    expect(await apply("aten.nan_to_num.default", { self: odd }, [{ sizes: [4] }])).toEqual([
      [0, largest, -largest, 1],
    ]);
    const pairs = { self: f32([4], 0, 1, 0, 2), other: f32([4], 0, 2, Number.NaN, -1) };
    const [result] = await apply("aten.xlogy.Tensor", pairs, [{ sizes: [4] }]);
    expectClose(result, [0, 0.6931471824645996, Number.NaN, Number.NaN]);
  });
});

describe("activations", () => {
  const z = f32([5], -4, -1, 0, 2, 4);
  it("are those of PyTorch", async () => {
    const [swish] = await apply("aten.hardswish.default", { self: z }, [numbers]);
    expectClose(swish, [0, -0.3333333432674408, 0, 1.6666666269302368, 4]);
    const [selu] = await apply("aten.selu.default", { self: z }, [numbers]);
    expectClose(selu, [-1.7258986234664917, -1.1113307476043701, 0, 2.1014020442962646, 4.202804088592529]);
  });
});

describe("reductions", () => {
  const m = f32([2, 3], 3, 1, 3, Number.NaN, 2, 5);
  it("give the first of equal places, and NaN where there is one", async () => {
    const results = await apply("aten.max.dim", { self: m }, [{ sizes: [2] }, { dtype: INT64, sizes: [2] }], {
      dim: 1,
    });
    expect(results).toEqual([
      [3, Number.NaN],
      [0, 0],
    ]);
  });

  it("keep the last of equal places while they go along", async () => {
    const metas = [{ sizes: [2, 3] }, { dtype: INT64, sizes: [2, 3] }];
    const [values, indices] = await apply("aten.cummax.default", { self: m }, metas, { dim: 1 });
    expect(values).toEqual([3, 3, 3, Number.NaN, Number.NaN, Number.NaN]);
    expect(indices).toEqual([0, 0, 2, 0, 0, 0]);
  });

  it("take one degree of freedom off a variance, and have none of a single number", async () => {
    const [variance] = await apply("aten.var.correction", { self: m }, [{ sizes: [2] }], { dim: [1] });
    expectClose(variance, [1.3333333730697632, Number.NaN]);
    const one = f32([1], 3);
    expect(await apply("aten.std.correction", { self: one }, [{ sizes: [] }], { dim: [0] })).toEqual([[Number.NaN]]);
  });

  it("count the upper end into the last bin", async () => {
    const [bins] = await apply("aten.histc.default", { self: f32([3], 3, 1, 3) }, [{ sizes: [3] }], {
      bins: 3,
      max: 3,
    });
    expect(bins).toEqual([0, 1, 2]);
  });
});

describe("losses", () => {
  it("leave ignored targets out of the mean", async () => {
    const tensors = { self: f32([2, 3], 1, 2, 3, 0, 0, 0), target: i64(2, -100) };
    const [plain] = await apply("aten.cross_entropy_loss.default", tensors, [{ sizes: [] }]);
    expectClose(plain, [0.40760594606399536]);
    const [smooth] = await apply("aten.cross_entropy_loss.default", tensors, [{ sizes: [] }], { label_smoothing: 0.1 });
    expectClose(smooth, [0.5076059103012085]);
  });

  it("are linear far away", async () => {
    const tensors = { self: f32([3], 1, 2, 3), target: f32([3], 0, 0, 0) };
    const [huber] = await apply("aten.huber_loss.default", tensors, [{ sizes: [] }], { delta: 1.5 });
    expectClose(huber, [1.9166666269302368]);
  });
});
