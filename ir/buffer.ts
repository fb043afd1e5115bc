/**
 * @file What a memref is while the interpreter runs: a strided window on shared storage. Every access is
 * checked against the window's sizes, so an out-of-bounds index in generated code is found, not read.
 */

import type { ElementType } from "./element.js";
import { emptyArray, getScalar, type NdArray, setScalar, sizeOf, stridesOf } from "./ndarray.js";
import type { Scalar } from "./scalar.js";

/** Storage shared by views; freed storage may not be touched again. */
export interface Storage {
  readonly array: NdArray;
  freed: boolean;
}

export interface BufferView {
  readonly kind: "buffer";
  readonly storage: Storage;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

export function allocate(element: ElementType, shape: readonly number[]): BufferView {
  const storage = { array: emptyArray(element, [sizeOf(shape)]), freed: false };
  return { kind: "buffer", storage, shape, strides: stridesOf(shape), offset: 0 };
}

/** A view of `array`'s own storage: writes show in the array. */
export function viewOf(array: NdArray): BufferView {
  const flat = { element: array.element, shape: [sizeOf(array.shape)], data: array.data } as NdArray;
  return {
    kind: "buffer",
    storage: { array: flat, freed: false },
    shape: array.shape,
    strides: stridesOf(array.shape),
    offset: 0,
  };
}

export function load(view: BufferView, index: readonly number[]): Scalar {
  return getScalar(view.storage.array, position(view, index));
}

export function store(view: BufferView, index: readonly number[], value: Scalar): void {
  setScalar(view.storage.array, position(view, index), value);
}

/** The view's elements, copied dense. */
export function toArray(view: BufferView): NdArray {
  const out = emptyArray(view.storage.array.element, view.shape);
  forEachPosition(view, (from, to) => setScalar(out, to, getScalar(view.storage.array, from)));
  return out;
}

/** Copies dense elements into the view. */
export function fromArray(view: BufferView, array: NdArray): void {
  forEachPosition(view, (to, from) => setScalar(view.storage.array, to, getScalar(array, from)));
}

/** Calls `f(position in storage, row-major position in the view)` for every element. */
export function forEachPosition(view: BufferView, f: (position: number, flat: number) => void): void {
  const total = sizeOf(view.shape);
  const index = view.shape.map(() => 0);
  for (let flat = 0; flat < total; flat++) {
    f(position(view, index), flat);
    for (let axis = index.length - 1; axis >= 0; axis--) {
      if (++index[axis]! < view.shape[axis]!) break;
      index[axis] = 0;
    }
  }
}

function position(view: BufferView, index: readonly number[]): number {
  if (view.storage.freed) throw new Error("access to freed storage");
  if (index.length !== view.shape.length) throw new Error(`${index.length} indices into rank ${view.shape.length}`);
  let at = view.offset;
  for (let i = 0; i < index.length; i++) {
    const x = index[i]!;
    if (!(x >= 0 && x < view.shape[i]!))
      throw new Error(`index ${x} is outside dimension ${i} of size ${view.shape[i]}`);
    at += x * view.strides[i]!;
  }
  if (!(at >= 0 && at < view.storage.array.data.length))
    throw new Error(`position ${at} is outside the storage of ${view.storage.array.data.length} elements`);
  return at;
}
