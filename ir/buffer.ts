/**
 * @file What a memref is while the interpreter runs: a strided window on shared storage. Every access is
 * checked against the window's sizes, so an out-of-bounds index in generated code is found, not read.
 * Storage is an array of the element type; where bytes are seen as another type (`memref.view` of an arena), it is the
 * bytes themselves with a way to read elements out of them.
 */

import { type Cell, cellOf } from "./bytes.js";
import { type ElementType, elementFacts, isFloat } from "./element.js";
import { emptyArray, filled, getScalar, type NdArray, setScalar, sizeOf, stridesOf } from "./ndarray.js";
import type { Scalar } from "./scalar.js";
import { uninitialised } from "./uninitialised.js";

/** Shared by all that refer to one allocation; what has been freed may not be touched again. */
export interface Life {
  freed: boolean;
}

/** Elements that views share. */
export interface Storage {
  readonly element: ElementType;
  /** Number of elements. */
  readonly length: number;
  readonly life: Life;
  /** The elements, or bytes that hold them if there is a `cell`. */
  readonly array: NdArray;
  readonly cell?: Cell;
  /** The bytes, where there is a `cell`. */
  readonly bytes?: DataView;
  /** Where it begins within the allocation, in bytes. */
  readonly start: number;
}

export interface BufferView {
  readonly kind: "buffer";
  readonly storage: Storage;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  /** Of the first element, in elements of the storage. */
  readonly offset: number;
}

/** Dense storage of its own, its elements undefined. */
export function allocate(element: ElementType, shape: readonly number[]): BufferView {
  return viewOf(filled(element, shape, uninitialised(element)));
}

/** A view of `array`'s own storage: writes show in the array. */
export function viewOf(array: NdArray): BufferView {
  const { element, shape, data } = array;
  const length = sizeOf(shape);
  const storage = { element, length, life: { freed: false }, array: { element, shape: [length], data }, start: 0 };
  return { kind: "buffer", storage, shape, strides: stridesOf(shape), offset: 0 };
}

export function load(view: BufferView, index: readonly number[]): Scalar {
  return readAt(view.storage, position(view, index));
}

export function store(view: BufferView, index: readonly number[], value: Scalar): void {
  writeAt(view.storage, position(view, index), value);
}

/** The element at a position of the storage, which is checked. */
export function readAt(storage: Storage, at: number): Scalar {
  const { cell, bytes, length } = storage;
  if (!(at >= 0 && at < length)) outside(storage, at);
  return cell ? cell.read(bytes!, at * cell.bytes) : getScalar(storage.array, at);
}

export function writeAt(storage: Storage, at: number, value: Scalar): void {
  const { cell, bytes, length } = storage;
  if (!(at >= 0 && at < length)) outside(storage, at);
  if (cell) cell.write(bytes!, at * cell.bytes, value);
  else setScalar(storage.array, at, value);
}

/** The view's elements, copied dense. */
export function toArray(view: BufferView): NdArray {
  const out = emptyArray(view.storage.element, view.shape);
  forEachPosition(view, (from, to) => setScalar(out, to, readAt(view.storage, from)));
  return out;
}

/** Copies dense elements into the view. */
export function fromArray(view: BufferView, array: NdArray): void {
  forEachPosition(view, (to, from) => writeAt(view.storage, to, getScalar(array, from)));
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

/** Where an element lies in the storage; throws outside the view's sizes. */
export function position(view: BufferView, index: readonly number[]): number {
  const { storage, shape, strides } = view;
  if (storage.life.freed) throw new Error("access to freed storage");
  if (index.length !== shape.length) throw new Error(`${index.length} indices into rank ${shape.length}`);
  let at = view.offset;
  for (let i = 0; i < index.length; i++) {
    const x = index[i]!;
    if (!(x >= 0 && x < shape[i]!)) throw new Error(`index ${x} is outside dimension ${i} of size ${shape[i]}`);
    at += x * strides[i]!;
  }
  return at;
}

function outside(storage: Storage, at: number): never {
  throw new Error(`position ${at} is outside the storage of ${storage.length} elements`);
}

export function free(view: BufferView): void {
  if (view.storage.life.freed) throw new Error("storage is freed twice");
  view.storage.life.freed = true;
}

/**
 * Part of a buffer of bytes (`i8`) seen as dense elements of another type; both see what either writes.
 * Throws where the bytes do not hold that many elements or the address is not aligned for them.
 */
export function reinterpretBytes(
  view: BufferView,
  byteShift: number,
  element: ElementType,
  shape: readonly number[],
): BufferView {
  const { storage } = view;
  if (elementFacts[storage.element].storageBytes !== 1 || isFloat(storage.element))
    throw new Error(`a view needs bytes, not ${storage.element}`);
  const cell = cellOf(element);
  const length = sizeOf(shape);
  const from = view.offset + byteShift;
  const { data } = storage.array;
  if (from < 0 || from + length * cell.bytes > data.byteLength) {
    throw new Error(`${length} elements of ${element} at byte ${from} leave a buffer of ${data.byteLength} bytes`);
  }
  if ((storage.start + from) % Math.min(cell.bytes, 8) !== 0)
    throw new Error(`byte ${storage.start + from} is not aligned for ${element}`);
  const bytes = new DataView(data.buffer, data.byteOffset + from, length * cell.bytes);
  const array = {
    element: "i8",
    shape: [bytes.byteLength],
    data: new Int8Array(data.buffer, bytes.byteOffset, bytes.byteLength),
  } as const;
  const seen: Storage = { element, length, life: storage.life, array, cell, bytes, start: storage.start + from };
  return { kind: "buffer", storage: seen, shape, strides: stridesOf(shape), offset: 0 };
}
