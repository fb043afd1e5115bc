/**
 * @file Reference tensors: dense, row-major, one typed array each. Interpreters and constants use them; engines do not.
 * Storage by element: f64 in Float64Array; every narrower float in Float32Array, holding values exact in its format;
 * integers in the natural typed array (sub-byte ones in bytes, `i1` as 0 or 1); `index` in Float64Array;
 * complex as interleaved (re, im) pairs.
 * As bytes they are dense and little-endian; sub-byte types and `i1` take one byte per entry: integers sign- or
 * zero-extended, floats their bit pattern, and bits above the width are ignored when read. `index` takes eight bytes.
 * Invariant: `data.length` is the product of the shape (twice that for complex), and every entry is a value of the element.
 */

import { type ElementType, elementFacts, isComplex, isFloat } from "./element.js";
import { decodeTable, encodeFloat } from "./float-format.js";
import { wrapping } from "./numerics/integer.js";
import { isComplexScalar, type Scalar } from "./scalar.js";

export type NdData =
  | Float64Array
  | Float32Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

export interface NdArray {
  readonly element: ElementType;
  readonly shape: readonly number[];
  readonly data: NdData;
}

type Storage = (length: number) => NdData;

const f32: Storage = (length) => new Float32Array(length);
const f64: Storage = (length) => new Float64Array(length);
const s8: Storage = (length) => new Int8Array(length);
const u8: Storage = (length) => new Uint8Array(length);

const storage: Readonly<Record<ElementType, Storage>> = {
  f64,
  f32,
  f16: f32,
  bf16: f32,
  f8E4M3FN: f32,
  f8E5M2: f32,
  f8E4M3FNUZ: f32,
  f8E5M2FNUZ: f32,
  f8E4M3B11FNUZ: f32,
  f8E4M3: f32,
  f8E3M4: f32,
  f8E8M0FNU: f32,
  f6E2M3FN: f32,
  f6E3M2FN: f32,
  f4E2M1FN: f32,
  i1: u8,
  i2: s8,
  i4: s8,
  i8: s8,
  i16: (length) => new Int16Array(length),
  i32: (length) => new Int32Array(length),
  i64: (length) => new BigInt64Array(length),
  ui2: u8,
  ui4: u8,
  ui8: u8,
  ui16: (length) => new Uint16Array(length),
  ui32: (length) => new Uint32Array(length),
  ui64: (length) => new BigUint64Array(length),
  index: f64,
  "complex<f32>": f32,
  "complex<f64>": f64,
};

/** The number of entries; 1 for rank 0. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

/** Numbers of `data` per entry: 2 for complex. */
export function lanesOf(element: ElementType): number {
  return isComplex(element) ? 2 : 1;
}

/** The distance in entries between neighbours along each axis of a dense row-major array. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

/** Where the entry at `index` lies in a dense row-major array; the index is not checked against the shape. */
export function flatIndex(shape: readonly number[], index: readonly number[]): number {
  let flat = 0;
  for (let axis = 0; axis < shape.length; axis++) flat = flat * shape[axis]! + index[axis]!;
  return flat;
}

/**
 * Every index of `shape` in row-major order. The *same* array is yielded each time, advanced in place:
 * copy it to keep it.
 */
export function* eachIndex(shape: readonly number[]): Generator<readonly number[], void, undefined> {
  const index = new Array<number>(shape.length).fill(0);
  for (let left = sizeOf(shape); left > 0; left--) {
    yield index;
    advance(index, shape);
  }
}

/** Steps `index` to its row-major successor, wrapping to all zeros after the last. */
export function advance(index: number[], shape: readonly number[]): void {
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const next = index[axis]! + 1;
    if (next < shape[axis]!) {
      index[axis] = next;
      return;
    }
    index[axis] = 0;
  }
}

/** All bits zero: the value 0 of every element but `f8E8M0FNU`, which has none. Meant to be filled. */
export function emptyArray(element: ElementType, shape: readonly number[]): NdArray {
  return { element, shape, data: storage[element](sizeOf(shape) * lanesOf(element)) };
}

/** Wraps existing storage, unchanged. Throws an `Error` when its class or length does not fit. */
export function wrapData(element: ElementType, shape: readonly number[], data: NdData): NdArray {
  const expected = storage[element](0).constructor;
  const length = sizeOf(shape) * lanesOf(element);
  if (data.constructor !== expected || data.length !== length) {
    throw new Error(
      `tensor<${[...shape, element].join("x")}> needs ${length} of ${expected.name}, got ${data.length} of ${data.constructor.name}`,
    );
  }
  return { element, shape, data };
}

/** The array with these entries in row-major order. Throws an `Error` when their number is not the shape's. */
export function fromScalars(element: ElementType, shape: readonly number[], values: readonly Scalar[]): NdArray {
  const size = sizeOf(shape);
  if (values.length !== size) throw new Error(`shape [${shape.join(", ")}] has ${size} entries, got ${values.length}`);
  const out = emptyArray(element, shape);
  for (let i = 0; i < size; i++) setScalar(out, i, values[i]!);
  return out;
}

/** `value` everywhere. */
export function filled(element: ElementType, shape: readonly number[], value: Scalar): NdArray {
  const out = emptyArray(element, shape);
  const { data } = out;
  if (isComplexScalar(value)) for (let i = sizeOf(shape) - 1; i >= 0; i--) setScalar(out, i, value);
  else if (typeof value === "bigint") (data as BigInt64Array).fill(value);
  else (data as Float64Array).fill(value);
  return out;
}

/** The entry at position `i` in row-major order. */
export function getScalar(a: NdArray, i: number): Scalar {
  if (elementFacts[a.element].kind !== "complex") return a.data[i]!;
  const data = a.data as Float64Array;
  return { re: data[2 * i]!, im: data[2 * i + 1]! };
}

/** Stores a value of the array's element at position `i` in row-major order. */
export function setScalar(a: NdArray, i: number, value: Scalar): void {
  if (isComplexScalar(value)) {
    a.data[2 * i] = value.re;
    a.data[2 * i + 1] = value.im;
  } else {
    // The element decides both the class of `data` and the type of its scalars; the cast states that.
    (a.data as Float64Array)[i] = value as number;
  }
}

/** The array whose entry at `index` is `f(index)`; `f` must not keep the index, which is reused. */
export function tabulate(
  element: ElementType,
  shape: readonly number[],
  f: (index: readonly number[]) => Scalar,
): NdArray {
  const out = emptyArray(element, shape);
  const index = new Array<number>(shape.length).fill(0);
  const size = sizeOf(shape);
  for (let i = 0; i < size; i++) {
    setScalar(out, i, f(index));
    advance(index, shape);
  }
  return out;
}

/**
 * Applies `f` entry by entry. Each operand has the given shape, or rank 0 and is then used for every entry.
 * `f` returns a value of `element`. Throws an `Error` on any other operand shape.
 */
export function mapElements(
  element: ElementType,
  shape: readonly number[],
  operands: readonly NdArray[],
  f: (...entries: Scalar[]) => Scalar,
): NdArray {
  for (const x of operands) {
    if (x.shape.length > 0 && !sameShape(x.shape, shape)) {
      throw new Error(`operand of shape [${x.shape.join(", ")}] where [${shape.join(", ")}] is needed`);
    }
  }
  const out = emptyArray(element, shape);
  const size = sizeOf(shape);
  const [a, b] = operands;
  if (a !== undefined && operands.length === 1) mapOne(out, size, a, f);
  else if (a !== undefined && b !== undefined && operands.length === 2) mapTwo(out, size, a, b, f);
  else mapMany(out, size, operands, f);
  return out;
}

/** 1 for an operand read entry by entry, 0 for a scalar read again and again. */
const stepOf = (a: NdArray): number => (a.shape.length === 0 ? 0 : 1);

function mapOne(out: NdArray, size: number, a: NdArray, f: (x: Scalar) => Scalar): void {
  const step = stepOf(a);
  for (let i = 0; i < size; i++) setScalar(out, i, f(getScalar(a, i * step)));
}

function mapTwo(out: NdArray, size: number, a: NdArray, b: NdArray, f: (x: Scalar, y: Scalar) => Scalar): void {
  const [stepA, stepB] = [stepOf(a), stepOf(b)];
  for (let i = 0; i < size; i++) setScalar(out, i, f(getScalar(a, i * stepA), getScalar(b, i * stepB)));
}

function mapMany(out: NdArray, size: number, operands: readonly NdArray[], f: (...xs: Scalar[]) => Scalar): void {
  const entries = new Array<Scalar>(operands.length);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < operands.length; k++) entries[k] = getScalar(operands[k]!, i * stepOf(operands[k]!));
    setScalar(out, i, f(...entries));
  }
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/**
 * The array these bytes hold. It shares them where alignment and storage allow (so weights are not copied), and
 * must then not be written. Throws an `Error` when the length is not the shape's.
 */
export function fromBytes(element: ElementType, shape: readonly number[], bytes: Uint8Array): NdArray {
  const needed = sizeOf(shape) * elementFacts[element].storageBytes;
  if (bytes.byteLength !== needed) {
    throw new Error(`tensor<${[...shape, element].join("x")}> takes ${needed} bytes, got ${bytes.byteLength}`);
  }
  const out = emptyArray(element, element === "index" || hasOwnBytes(element) ? shape : [0]);
  if (element === "index") readIndices(out, bytes);
  else if (hasOwnBytes(element)) readNarrow(out, bytes);
  else return { element, shape, data: viewAs(out.data, bytes) };
  return out;
}

/** The bytes of an array: a view of its storage where that has the right layout, else a copy. */
export function toBytes(a: NdArray): Uint8Array {
  if (a.element === "index") {
    return new Uint8Array(BigInt64Array.from(a.data as Float64Array, (x) => BigInt(x)).buffer);
  }
  if (!isFloat(a.element) || !hasOwnBytes(a.element)) {
    return new Uint8Array(a.data.buffer, a.data.byteOffset, a.data.byteLength);
  }
  const count = sizeOf(a.shape);
  const source = a.data as Float32Array;
  const target = elementFacts[a.element].storageBytes === 2 ? new Uint16Array(count) : new Uint8Array(count);
  for (let i = 0; i < count; i++) target[i] = encodeFloat(a.element, source[i]!);
  return new Uint8Array(target.buffer);
}

/** Whether the bytes of a buffer differ from the storage here: floats of at most 16 bits, sub-byte integers. */
function hasOwnBytes(element: ElementType): boolean {
  const { bits, kind } = elementFacts[element];
  return kind === "float" ? bits <= 16 : bits < 8;
}

/** `bytes` as the class of `like`; copied when not aligned for it. */
function viewAs(like: NdData, bytes: Uint8Array): NdData {
  const make = like.constructor as new (buffer: ArrayBufferLike, offset: number, length: number) => NdData;
  const aligned = bytes.byteOffset % like.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice();
  return new make(aligned.buffer, aligned.byteOffset, aligned.byteLength / like.BYTES_PER_ELEMENT);
}

function readIndices(out: NdArray, bytes: Uint8Array): void {
  const source = viewAs(new BigInt64Array(0), bytes) as BigInt64Array;
  for (let i = 0; i < source.length; i++) out.data[i] = Number(source[i]);
}

function readNarrow(out: NdArray, bytes: Uint8Array): void {
  const { element } = out;
  const target = out.data as Float32Array;
  const count = sizeOf(out.shape);
  if (!isFloat(element)) {
    const { bits, kind } = elementFacts[element];
    const narrow = wrapping(bits, kind === "int");
    for (let i = 0; i < count; i++) target[i] = narrow(bytes[i]!);
    return;
  }
  const values = decodeTable(element);
  const mask = values.length - 1;
  const wide = elementFacts[element].storageBytes === 2;
  const codes = wide ? (viewAs(new Uint16Array(0), bytes) as Uint16Array) : bytes;
  for (let i = 0; i < count; i++) target[i] = values[codes[i]! & mask]!;
}
