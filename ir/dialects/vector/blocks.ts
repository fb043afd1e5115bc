/** @file Blocks of memory as vectors: the elements from an index on, along the last axes of a memref. */

import { type BufferView, load, store } from "../../buffer.js";
import { advance, emptyArray, getScalar, type NdArray, setScalar, sizeOf } from "../../ndarray.js";

/** Calls `f(index in the memref, position in the vector)` for every element of a block. The index is reused. */
export function forEachOfBlock(
  start: readonly number[],
  shape: readonly number[],
  f: (index: readonly number[], position: number) => void,
): void {
  const index = [...start];
  const at = shape.map(() => 0);
  const lead = start.length - shape.length;
  const total = sizeOf(shape);
  for (let position = 0; position < total; position++) {
    for (let axis = 0; axis < shape.length; axis++) index[lead + axis] = start[lead + axis]! + at[axis]!;
    f(index, position);
    advance(at, shape);
  }
}

/** Every element is checked against the view's bounds. */
export function loadBlock(view: BufferView, start: readonly number[], shape: readonly number[]): NdArray {
  const out = emptyArray(view.storage.element, shape);
  forEachOfBlock(start, shape, (index, position) => setScalar(out, position, load(view, index)));
  return out;
}

export function storeBlock(view: BufferView, start: readonly number[], value: NdArray): void {
  forEachOfBlock(start, value.shape, (index, position) => store(view, index, getScalar(value, position)));
}
