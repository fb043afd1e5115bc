/** @file Masks that hide what is behind a query, in every way that exporters write them: seen as causal, the same results; others are not. */

import { describe, expect, it } from "vitest";
import { type AttentionForm, attention } from "../../../../ir/composites/attention.js";
import { Decompositions } from "../../../../ir/decompositions.js";
import type { Datum } from "../../../../ir/define.js";
import { newModule } from "../../../../ir/dialects/builtin.js";
import { buildFunction } from "../../../../ir/dialects/func.js";
import { constant } from "../../../../ir/dialects/stablehlo/constants.js";
import { slice } from "../../../../ir/dialects/stablehlo/shape.js";
import type { Value } from "../../../../ir/graph.js";
import { interpret } from "../../../../ir/interpret.js";
import { fromScalars, type NdArray, toBytes } from "../../../../ir/ndarray.js";
import { bytesResource } from "../../../../ir/resource.js";
import { TensorBuilder } from "../../../../ir/tensor-builder.js";
import { printModule } from "../../../../ir/text/module.js";
import { verify } from "../../../../ir/verify.js";
import { raise } from "../../../../lowering/simplify/raise.js";
import { expectClose, loweringContext, randomInputs } from "../../fuse/structured.js";

const [LENGTH, WRITTEN] = [5, 8];
type Draw = (t: TensorBuilder, scores: Value) => Value;

/** A number for each place of a square that is larger than what is cut from it, kept as bytes beside the program. */
function written(t: TensorBuilder, rank: 2 | 4, at: (row: number, column: number) => number, from = 0): Value {
  const entries = Array.from({ length: WRITTEN ** 2 }, (_, i) => at(Math.floor(i / WRITTEN), i % WRITTEN));
  const lead = rank === 2 ? [] : [1, 1];
  const data = fromScalars("f32", [...lead, WRITTEN, WRITTEN], entries);
  const { resources, types } = t.context;
  const { name } = resources.add(bytesResource(resources.freshName("mask"), "f32", data.shape, toBytes(data)));
  const value = { kind: "resource", name, type: types.tensor(data.shape, "f32") } as const;
  const start_indices = [...lead.map(() => 0), from, from];
  const limit_indices = [...lead, from + LENGTH, from + LENGTH];
  const strides = start_indices.map(() => 1);
  return t.emit(slice, { operand: t.emit(constant, {}, { value }) }, { start_indices, limit_indices, strides });
}

const isBehind = (row: number, column: number): boolean => column > row;
const lowest = -3.4028234663852886e38;
const positions = (t: TensorBuilder, axis: 0 | 1): Value => t.iota([LENGTH, LENGTH], axis, "i64");
const everywhere = (t: TensorBuilder, x: Value, scores: Value): Value => t.broadcast(x, t.shape(scores), [2, 3]);

const spellings: readonly (readonly [string, Draw])[] = [
  [
    "ones below the diagonal, compared with 0",
    (t, s) =>
      t.select(
        t.eq(
          written(t, 4, (i, j) => (isBehind(i, j) ? 0 : 1)),
          0,
        ),
        Number.NEGATIVE_INFINITY,
        s,
      ),
  ],
  [
    "ones below the diagonal, as truth values, and the lowest number",
    (t, s) =>
      t.select(
        t.convert(
          written(t, 4, (i, j) => (isBehind(i, j) ? 0 : 1)),
          "i1",
        ),
        s,
        lowest,
      ),
  ],
  [
    "-inf to add, cut from the middle of a larger square",
    (t, s) =>
      t.add(
        s,
        written(t, 2, (i, j) => (isBehind(i, j) ? Number.NEGATIVE_INFINITY : 0), 2),
      ),
  ],
  [
    "ones below the diagonal, made 0 and the lowest number by arithmetic",
    (t, s) =>
      t.add(
        s,
        t.mul(
          t.sub(
            1,
            written(t, 4, (i, j) => (isBehind(i, j) ? 0 : 1)),
          ),
          lowest,
        ),
      ),
  ],
  [
    "positions, one of them moved by one",
    (t, s) =>
      t.add(
        s,
        everywhere(
          t,
          t.select(t.ge(positions(t, 1), t.add(positions(t, 0), 1)), lowest, t.splat(0, [LENGTH, LENGTH], "f32")),
          s,
        ),
      ),
  ],
  [
    "a choice between 1 and 0 by positions, compared with 0",
    (t, s) => {
      const [one, zero] = [1, 0].map((x) => t.splat(x, [LENGTH, LENGTH], "f32")) as [Value, Value];
      const chosen = t.select(t.le(positions(t, 1), positions(t, 0)), one, zero);
      return t.add(s, everywhere(t, t.select(t.eq(chosen, zero), lowest, zero), s));
    },
  ],
];

const others: readonly (readonly [string, Draw])[] = [
  [
    "that hides a query's own place",
    (t, s) =>
      t.add(
        s,
        written(t, 2, (i, j) => (j >= i && i > 0 ? Number.NEGATIVE_INFINITY : 0)),
      ),
  ],
  [
    "that hides one place more",
    (t, s) =>
      t.select(
        t.eq(
          written(t, 4, (i, j) => (isBehind(i, j) || (i === 4 && j === 1) ? 0 : 1)),
          0,
        ),
        lowest,
        s,
      ),
  ],
  [
    "whose numbers are not low enough",
    (t, s) =>
      t.add(
        s,
        written(t, 2, (i, j) => (isBehind(i, j) ? -1e4 : 0)),
      ),
  ],
  [
    "that adds what is not 0",
    (t, s) =>
      t.add(
        s,
        written(t, 2, (i, j) => (isBehind(i, j) ? lowest : i * 0.1)),
      ),
  ],
  [
    "of positions moved by two",
    (t, s) =>
      t.add(
        s,
        everywhere(
          t,
          t.select(t.ge(positions(t, 1), t.add(positions(t, 0), 2)), lowest, t.splat(0, [LENGTH, LENGTH], "f32")),
          s,
        ),
      ),
  ],
];

/** Softmax(q k^T / 2, masked) v, whose heads share keys two by two; the program after `raise`. */
function raised(mask: Draw): string {
  return after((t, [q, k, v]) => {
    const batch = [
      [0, 1],
      [0, 1],
    ] as const;
    const [keys, values] = [k!, v!].map((x) =>
      t.reshape(t.broadcast(x, [2, 2, 2, LENGTH, 4], [0, 1, 3, 4]), [2, 4, LENGTH, 4]),
    );
    const scores = t.mul(t.dot(q!, keys!, { batch, contract: [[3], [3]] }), 0.5);
    const masked = mask(t, scores);
    const powers = t.exp(t.sub(masked, t.reduce(masked, [3], "max", true)));
    return t.dot(t.div(powers, t.sum(powers, [3], true)), values!, { batch, contract: [[3], [2]] });
  });
}

function after(build: (t: TensorBuilder, args: readonly Value[]) => Value): string {
  const context = loweringContext();
  const module = newModule(context);
  const type = (heads: number) => context.types.tensor([2, heads, LENGTH, 4], "f32");
  buildFunction(context, module, "main", [type(4), type(2), type(2)], (builder, args) => {
    const t = new TensorBuilder(builder, new Decompositions(module, context));
    for (const x of args) t.note(x);
    return [build(t, args)];
  });
  const inputs = randomInputs(module, { seed: 5, entries: { low: -2, high: 2 } }) as Datum[];
  const [wanted] = interpret(module, "main", inputs, context) as NdArray[];
  raise.run(module, context);
  expect(verify(module, context)).toEqual([]);
  const [actual] = interpret(module, "main", inputs, context) as NdArray[];
  expectClose(actual!, wanted!, 1e-5, "raised");
  return printModule(module, context);
}

describe("attention is causal, and shares its keys, where its mask is", () => {
  it.each(spellings)("%s", (_, mask) => {
    const text = raised(mask);
    expect(text).toMatch(/composite "psm.attention".*causal/);
    expect(text).toMatch(/composite "psm.attention".*tensor<2x2x5x4xf32>, tensor<2x2x5x4xf32>\)/);
  });

  it("that of a whole attention, by which keys and values are shared too", () => {
    const plain: AttentionForm = {
      scale: undefined,
      softcap: 0,
      isCausal: false,
      left: -1,
      right: -1,
      precision: "f32",
      scores: undefined,
    };
    const text = after((t, [q, k, v]) => {
      const mask = written(t, 4, (i, j) => (isBehind(i, j) ? Number.NEGATIVE_INFINITY : 0));
      return attention(t, [q!, k!, v!], plain, { mask })[0]!;
    });
    expect(text).toMatch(/composite "psm.attention".*causal/);
  });
});

describe("attention keeps a mask", () => {
  it.each(others)("%s", (_, mask) => {
    const text = raised(mask);
    expect(text).toMatch(/composite "psm.attention".*mask/);
    expect(text).not.toMatch(/composite "psm.attention".*causal/);
  });
});
