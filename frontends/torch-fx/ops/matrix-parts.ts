/** @file What operators on batches of matrices have in common: batches in one axis, diagonals, and what went wrong. */

import type { Dim } from "../../../ir/dim.js";
import { elementFacts } from "../../../ir/element.js";
import type { LuFactors } from "../../../ir/forms/linear-algebra.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { Call } from "../call.js";

/** The axes before the last two in one. */
export function batched(t: TensorBuilder, x: Value): Value {
  return t.reshape(x, [t.context.dims.product(t.shape(x).slice(0, -2)), ...t.shape(x).slice(-2)]);
}

/** `y` with its first axis as the axes `outer`. */
export function spread(t: TensorBuilder, y: Value, outer: readonly Dim[]): Value {
  return t.reshape(y, [...outer, ...t.shape(y).slice(1)]);
}

export const swapped = (t: TensorBuilder, x: Value): Value => t.moveAxis(x, t.rank(x) - 1, t.rank(x) - 2);

/** A matrix argument of floats, and the axes before its last two. */
export function matrixOf(n: Call, name: string): { readonly x: Value; readonly outer: readonly Dim[] } {
  const { t } = n;
  const x = n.tensor(name);
  if (t.rank(x) < 2) return n.invalid(`argument '${name}' is no matrix`);
  if (!["float", "complex"].includes(elementFacts[t.element(x)].kind) || elementFacts[t.element(x)].bits < 32)
    return n.unsupported("matrices of narrow floats or integers", "convert the matrix to float32");
  return { x, outer: t.shape(x).slice(0, -2) };
}

export const identity = (t: TensorBuilder, like: Value): Value => {
  const sizes = t.shape(like);
  const rank = sizes.length;
  return t.convert(t.eq(t.iota(sizes, rank - 2, "i64"), t.iota(sizes, rank - 1, "i64")), t.element(like));
};

/** The diagonal of [..., rows, columns]. */
export function diagonal(t: TensorBuilder, x: Value): Value {
  const shape = t.shape(x);
  const rank = shape.length;
  const size = t.context.dims.min(shape[rank - 2]!, shape[rank - 1]!);
  const cut = t.slice(
    x,
    shape.map(() => 0),
    [...shape.slice(0, -2), size, size],
  );
  const isOn = t.eq(t.iota(t.shape(cut), rank - 2, "i64"), t.iota(t.shape(cut), rank - 1, "i64"));
  return t.sum(t.select(isOn, cut, 0), [rank - 1]);
}

/** The number of the first 0 on U's diagonal, counted from 1; 0 where there is none. */
export function infoOf(t: TensorBuilder, lu: Value): Value {
  const entries = diagonal(t, lu);
  const axis = t.rank(entries) - 1;
  const places = t.add(t.iota(t.shape(entries), axis, "i64"), 1);
  const first = t.reduce(t.select(t.eq(entries, 0), places, Number.MAX_SAFE_INTEGER), [axis], "min");
  return t.convert(t.select(t.ge(first, Number.MAX_SAFE_INTEGER), 0, first), "i32");
}

/** Stops the program where any of `info` says that something went wrong. */
export function check(t: TensorBuilder, info: Value, message: string): void {
  t.assert(t.all(t.eq(t.flatten(info), 0), [0]), message);
}

export const singular = "a matrix is singular";

/** Factors with batches as they were, exchanges as PyTorch counts them. */
export function parts(
  n: Call,
  { lu, exchanged }: LuFactors,
  outer: readonly Dim[],
): readonly [lu: Value, pivots: Value] {
  const { t } = n;
  return [spread(t, lu, outer), t.convert(t.add(spread(t, exchanged, outer), 1), "i32")];
}

/** Exchanges as PyTorch counts them, from 0 and with one batch. */
export function exchangesOf(n: Call, name: string): Value {
  const { t } = n;
  const pivots = n.tensor(name);
  const size = t.shape(pivots).at(-1)!;
  const flat = t.reshape(pivots, [t.context.dims.product(t.shape(pivots).slice(0, -1)), size]);
  return t.sub(t.convert(flat, "i64"), 1);
}
