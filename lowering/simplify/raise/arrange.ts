/** @file Builds a tensor with the axes of another in an order of one's own, with as few transposes as that needs. */

import type { Dim } from "../../../ir/dim.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import { shapeOf, type View, viewOf, whole } from "./view.js";

/** A view that repeats no elements: what is behind `value` if possible, else itself. */
export function unrepeated(value: Value): View {
  const view = viewOf(value);
  return shapeOf(value).every((d, axis) => d === 1 || view.axes[axis] !== undefined) ? view : whole(value);
}

/**
 * The elements of a view with its axis `wanted[i]` as axis i, of size 1 where that is `undefined`. All axes of the view of
 * other sizes than 1 are among the wanted ones.
 */
export function arranged(t: TensorBuilder, view: View, wanted: readonly (number | undefined)[]): Value {
  const { value } = view;
  const sizes = shapeOf(value);
  const sources = wanted.map((axis) => (axis === undefined ? undefined : view.axes[axis]));
  const spare = [...sizes.keys()].filter((axis) => !sources.includes(axis));
  // Axes of size 1 stand in where one is wanted, so that most orders are the value's own.
  const order = sources.flatMap((axis) => axis ?? spare.shift() ?? []);
  const present = sources.filter((axis) => axis !== undefined);
  const isOrdered = present.every((axis, i) => i === 0 || axis > present[i - 1]!);
  const moved = isOrdered ? value : t.transpose(value, [...order, ...spare]);
  return t.reshape(
    moved,
    sources.map((axis): Dim => (axis === undefined ? 1 : sizes[axis]!)),
  );
}
