/**
 * @file Axes that a model computes or takes as an input. An axis decides what the program is, so the program chooses
 * among those that fit the declared sizes of the result, and stops where none of them is asked for.
 */

import type { Dim } from "../../../ir/dim.js";
import type { Value } from "../../../ir/graph.js";
import { fromScalars } from "../../../ir/ndarray.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { ImportNode } from "../context.js";

/** What a choice of axes builds. */
export type ByAxes = (t: TensorBuilder, axes: readonly number[]) => Value;

const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** All sets of `size` of the axes below `rank`. */
function subsets(rank: number, size: number): readonly (readonly number[])[] {
  if (size === 0) return [[]];
  if (rank < size) return [];
  const last = rank - 1;
  return [...subsets(last, size), ...subsets(last, size - 1).map((s) => [...s, last])];
}

/**
 * The reduction over the axes in input 1, which only the run knows: among the sets of axes that lead to the declared sizes.
 * `emptyMeans` are the axes that an empty list stands for.
 */
export function chooseAxes(n: ImportNode, emptyMeans: readonly number[], keep: boolean, build: ByAxes): Value {
  const shape = n.shape(0);
  const declared = n.declaredSizes(0);
  const [length] = n.shape(1);
  if (declared === undefined || typeof length !== "number") return build(n.t, n.numbers(1, "axes"));
  const all = length === 0 ? [emptyMeans] : subsets(shape.length, length);
  const fitting = all.filter((axes) => sameSizes(reduced(shape, axes, keep), declared));
  if (fitting.length === 0) return n.invalid(`no ${length} axes give the declared sizes [${declared.join(", ")}]`);
  const axes = n.t.fromStart(n.t.convert(n.value(1), "i64"), shape.length);
  return choose(n, shape.length, axes, fitting, build);
}

function reduced(shape: readonly Dim[], axes: readonly number[], keep: boolean): readonly Dim[] {
  return keep ? shape.map((d, i) => (axes.includes(i) ? 1 : d)) : shape.filter((_, i) => !axes.includes(i));
}

function sameSizes(a: readonly Dim[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((d, i) => d === b[i]);
}

/** The same for one axis in input `i`, where every axis gives the same sizes. */
export function chooseAxis(
  n: ImportNode,
  i: number,
  rank: number,
  build: (t: TensorBuilder, axis: number) => Value,
): Value {
  const known = n.knownNumbers(i);
  if (known?.length === 1) return build(n.t, n.normalAxis(known[0]!, rank));
  const axis = n.t.fromStart(n.t.reshape(n.t.convert(n.value(i), "i64"), [1]), rank);
  const sets = count(rank).map((a) => [a]);
  return choose(n, rank, axis, sets, (t, axes) => build(t, axes[0]!));
}

function choose(n: ImportNode, rank: number, axes: Value, sets: readonly (readonly number[])[], build: ByAxes): Value {
  const { t } = n;
  const [length] = t.shape(axes);
  const columns = t.iota([rank, length!], 0, "i64");
  const named = t.any(t.eq(columns, axes), [1]);
  const isSet = sets.map((set) => {
    const mask = t.constant(
      fromScalars(
        "i1",
        [rank],
        count(rank).map((axis) => Number(set.includes(axis))),
      ),
    );
    return t.all(t.eq(named, mask), [0]);
  });
  const anyFits = isSet.reduce((a, b) => t.or(a, b));
  t.assert(anyFits, `the axes of ${n.node.label} do not lead to the sizes that the model declares`);
  const from = (k: number, inside: TensorBuilder): Value =>
    k === sets.length - 1
      ? build(inside, sets[k]!)
      : inside.if(
          isSet[k]!,
          (b) => [build(b, sets[k]!)],
          (b) => [from(k + 1, b)],
        )[0]!;
  return from(0, t);
}
