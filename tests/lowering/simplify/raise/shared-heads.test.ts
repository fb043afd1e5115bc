/** @file Whole attention whose keys and values were repeated for heads that share them reads them as they were, and computes the same. */

import { expect, it } from "vitest";
import { type AttentionForm, attention } from "../../../../ir/composites/attention.js";
import { Decompositions } from "../../../../ir/decompositions.js";
import type { Datum } from "../../../../ir/define.js";
import { newModule } from "../../../../ir/dialects/builtin.js";
import { buildFunction } from "../../../../ir/dialects/func.js";
import { composite } from "../../../../ir/dialects/stablehlo/calls.js";
import type { Value } from "../../../../ir/graph.js";
import { interpret } from "../../../../ir/interpret.js";
import type { NdArray } from "../../../../ir/ndarray.js";
import { TensorBuilder } from "../../../../ir/tensor-builder.js";
import { printType } from "../../../../ir/types.js";
import { verify } from "../../../../ir/verify.js";
import { raise } from "../../../../lowering/simplify/raise.js";
import { loweringContext, randomInputs } from "../../fuse/structured.js";

const plain: AttentionForm = {
  scale: undefined,
  softcap: 0,
  isCausal: false,
  left: -1,
  right: -1,
  precision: "f32",
  scores: undefined,
};

/** [b, g, s, d] as [b, g * times, s, d]. */
function repeated(t: TensorBuilder, x: Value, times: number): Value {
  const [b, g, s, d] = t.shape(x) as readonly [number, number, number, number];
  return t.reshape(t.broadcast(x, [b, g, times, s, d], [0, 1, 3, 4]), [b, g * times, s, d]);
}

/** The types of keys and values that the attention reads in the end. */
function check(form: AttentionForm, keyTimes: number, valueTimes: number, hasMask = false): readonly string[] {
  const context = loweringContext();
  const module = newModule(context);
  const heads = 2 * keyTimes;
  const type = (...sizes: readonly number[]) => context.types.tensor(sizes, "f32");
  const types = [type(2, heads, 5, 4), type(2, 2, 5, 4), type(2, heads / valueTimes, 5, 3)];
  const mask = context.types.tensor([1, 1, 5, 5], "i1");
  buildFunction(context, module, "main", hasMask ? [...types, mask] : types, (builder, [q, k, v, m]) => {
    const t = new TensorBuilder(builder, new Decompositions(module, context));
    for (const x of [q!, k!, v!]) t.note(x);
    return attention(t, [q!, repeated(t, k!, keyTimes), repeated(t, v!, valueTimes)], form, m ? { mask: m } : {});
  });
  const inputs = randomInputs(module, { seed: 3, entries: { low: -2, high: 2 } }) as Datum[];
  const wanted = interpret(module, "main", inputs, context) as NdArray[];
  raise.run(module, context);
  expect(verify(module, context)).toEqual([]);
  const actual = interpret(module, "main", inputs, context) as NdArray[];
  Array.from(wanted[0]!.data as ArrayLike<number>).forEach((x, i) => {
    expect(Number(actual[0]!.data[i])).toBeCloseTo(x, 5);
  });
  const found = [...module.walk()].find((op) => composite.matches(op))!;
  return found.operands.slice(1, 3).map((x) => printType(x.type));
}

it.each([
  ["plain", plain, false],
  ["with a scale and a cap", { ...plain, scale: 0.3, softcap: 2 }, false],
  ["causal, in a window", { ...plain, isCausal: true, left: 2 }, false],
  ["with a mask whose rows may be empty", plain, true],
  ["with a mask of a low number", { ...plain, maskedScore: -1e30 }, true],
] as const)("attention %s", (_, form, hasMask) => {
  expect(check(form, 3, 3, hasMask)).toEqual(["tensor<2x2x5x4xf32>", "tensor<2x2x5x3xf32>"]);
});

it("keys and values that are not repeated as often stay as they are", () => {
  expect(check(plain, 4, 2)).toEqual(["tensor<2x8x5x4xf32>", "tensor<2x8x5x3xf32>"]);
});
