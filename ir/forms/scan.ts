/**
 * @file What is accumulated along an axis: entry i of the result joins the entries up to place i. Where the size is a
 * number this takes log2 of it steps, each joining twice as many; a size that only the run knows goes over all pairs.
 */

import type { Value } from "../graph.js";
import type { TensorBuilder } from "../tensor-builder.js";

export interface Accumulator {
  /** Joins two tensors of one shape; associative. */
  readonly join: (a: Value, b: Value) => Value;
  /** What changes nothing when joined in, of rank 0. */
  readonly none: Value;
  /** Joins all entries along `axis`, which goes. */
  readonly reduce: (x: Value, axis: number) => Value;
}

/** The entries of `x` up to and with each place along `axis`, joined. */
export function scan(t: TensorBuilder, x: Value, axis: number, { join, none, reduce }: Accumulator): Value {
  const shape = t.shape(x);
  const size = shape[axis]!;
  if (typeof size === "number") {
    let totals = x;
    for (let by = 1; by < size; by *= 2) totals = join(totals, delayed(t, totals, axis, by, none));
    return totals;
  }
  const square = shape.toSpliced(axis, 0, size);
  const counts = t.le(t.iota(square, axis + 1, "i64"), t.iota(square, axis, "i64"));
  return reduce(t.select(counts, t.unsqueeze(x, [axis]), none), axis + 1);
}

/** Entry i is that of place i - by; the first ones are `none`. */
export function delayed(t: TensorBuilder, x: Value, axis: number, by: number, none: Value): Value {
  const zeros = t.shape(x).map(() => 0);
  return t.pad(x, none, zeros.with(axis, by), zeros.with(axis, -by));
}
