/** @file Where a tensor is true: as places of a vector, and as coordinates. How many there are only the run knows. */

import type { Dim } from "../dim.js";
import type { Value } from "../graph.js";
import type { TensorBuilder } from "../tensor-builder.js";

/** The places (i64) along a vector of truth values where it is true, in order: sorted to the front, then cut. */
export function placesOfTrue(t: TensorBuilder, condition: Value): Value {
  const [size] = t.shape(condition) as readonly [Dim];
  const amount = t.sum(t.convert(condition, "i64"), [0]);
  const { max } = t.context.dims.bounds(size);
  const total = t.symbolOf(amount, { min: 0, max });
  const places = t.iota([size], 0, "i64");
  const [, sorted] = t.sort([t.convert(t.not(condition), "i32"), places], 0, (b, [x, y]) => b.lt(x!, y!));
  return t.sliceAxis(sorted!, 0, 0, total);
}

/** Coordinates of the elements that are not zero, row-major order: one row (i64) for each axis. */
export function nonZero(t: TensorBuilder, x: Value): Value {
  const { dims } = t.context;
  const shape = t.shape(x);
  const flat = t.flatten(t.element(x) === "i1" ? x : t.ne(x, t.fillLike(0, x)));
  const places = placesOfTrue(t, flat);
  const rows = shape.map((size, axis) => {
    const stride = dims.product(shape.slice(axis + 1));
    return t.unsqueeze(t.rem(t.div(places, t.scalar(stride)), t.scalar(size)), [0]);
  });
  if (rows.length > 0) return t.concat(rows, 0);
  return t.fill(0n, [0, t.shape(places)[0]!], "i64");
}
