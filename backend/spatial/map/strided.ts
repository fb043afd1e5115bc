/**
 * @file Operands of structured operations as strides: how far one step along each iteration dimension moves in memory.
 * Dimensions of one element are dropped, and those that every operand walks as if they were one are merged. Invariant: a point of the iteration space touches
 * the same bytes before and after.
 */

import type { AffineMap } from "../../../ir/affine.js";
import { layoutOf } from "../../../ir/dialects/memref/layout.js";
import { elementFacts } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import { hasStaticShape, type MemRefType, printType } from "../../../ir/types.js";

/** A buffer and how the iteration space walks it. */
export interface StridedOperand {
  readonly buffer: Value;
  readonly element: string;
  readonly elementBytes: number;
  /** In bytes, one per dimension; 0 where the dimension does not move in it. */
  readonly strides: readonly number[];
}

export interface IterationSpace {
  readonly sizes: readonly number[];
  readonly operands: readonly StridedOperand[];
}

/** The operand's strides, or why there are none that are known now. */
export function stridedOperand(buffer: Value, map: AffineMap, rank: number): StridedOperand | string {
  const type = buffer.type as MemRefType;
  if (type.kind !== "memref") return "an operand is no buffer";
  if (!hasStaticShape(type)) return `the size of ${printType(type)} is not known before the model runs`;
  const layout = layoutOf(type);
  const { storageBytes } = elementFacts[type.element];
  if (layout.offset !== 0) return `${printType(type)} does not begin where its buffer does`;
  const strides = new Array<number>(rank).fill(0);
  for (const [axis, e] of map.results.entries()) {
    const stride = layout.strides[axis];
    if (e.kind === "constant" && e.value === 0) continue;
    if (e.kind !== "dim") return "an index is more than one dimension of the iteration space";
    if (typeof stride !== "number") return `the strides of ${printType(type)} are not known before the model runs`;
    strides[e.position] = strides[e.position]! + stride * storageBytes;
  }
  return { buffer, element: type.element, elementBytes: storageBytes, strides };
}

/**
 * Without the dimensions of one element: nothing moves along them, whatever their strides are, and they would only keep
 * others apart. `kept` gives the old number of each dimension that is left.
 */
export function dropUnitDimensions({ sizes, operands }: IterationSpace): {
  readonly space: IterationSpace;
  readonly kept: readonly number[];
} {
  const kept = sizes.flatMap((size, d) => (size === 1 ? [] : [d]));
  const space: IterationSpace = {
    sizes: kept.map((d) => sizes[d]!),
    operands: operands.map((x) => ({ ...x, strides: kept.map((d) => x.strides[d]!) })),
  };
  return { space, kept };
}

/** Merges neighbouring dimensions wherever `mayMerge` allows and every operand's strides do. */
export function mergeDimensions(
  space: IterationSpace,
  mayMerge: (outer: number, inner: number) => boolean,
): {
  readonly space: IterationSpace;
  /** For each new dimension, one of those it was made of. */
  readonly origin: readonly number[];
} {
  const { sizes, operands } = space;
  const kept: { size: number; inner: number; origin: number }[] = [];
  sizes.forEach((size, d) => {
    const last = kept.at(-1);
    const fits =
      last !== undefined &&
      mayMerge(last.origin, d) &&
      operands.every((x) => x.strides[last.inner] === x.strides[d]! * size);
    if (fits) kept[kept.length - 1] = { size: last.size * size, inner: d, origin: last.origin };
    else kept.push({ size, inner: d, origin: d });
  });
  const merged = operands.map((x) => ({ ...x, strides: kept.map((k) => x.strides[k.inner]!) }));
  return { space: { sizes: kept.map((k) => k.size), operands: merged }, origin: kept.map((k) => k.origin) };
}
