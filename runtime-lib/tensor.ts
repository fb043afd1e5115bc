/**
 * @file Tensors for people: typed arrays in, typed arrays out, over the bytes that the engines exchange. Element types that
 * JavaScript has no array for appear as their bits: f16 and bf16 in a `Uint16Array`, 8-bit floats and narrower types in
 * bytes, complex numbers as real part, imaginary part. Nothing is converted.
 */

import { findDtype } from "./bundle/dtype.js";
import { runtimeFault } from "./diagnostic.js";
import type { TensorData } from "./engines/engine.js";

export type TensorArray =
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

interface ArrayType {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, offset: number, length: number): TensorArray;
}

const arrayTypes: Readonly<Record<string, ArrayType>> = {
  f64: Float64Array,
  f32: Float32Array,
  f16: Uint16Array,
  bf16: Uint16Array,
  i1: Uint8Array,
  i2: Int8Array,
  i4: Int8Array,
  i8: Int8Array,
  i16: Int16Array,
  i32: Int32Array,
  i64: BigInt64Array,
  ui16: Uint16Array,
  ui32: Uint32Array,
  ui64: BigUint64Array,
  "complex<f32>": Float32Array,
  "complex<f64>": Float64Array,
};

/** The element type an array has unless told otherwise. */
const ownTypes = new Map<unknown, string>([
  [Float64Array, "f64"],
  [Float32Array, "f32"],
  [Int8Array, "i8"],
  [Uint8Array, "ui8"],
  [Int16Array, "i16"],
  [Uint16Array, "ui16"],
  [Int32Array, "i32"],
  [Uint32Array, "ui32"],
  [BigInt64Array, "i64"],
  [BigUint64Array, "ui64"],
]);

/**
 * A tensor over the array's own memory, not a copy. `dtype` says what the array's bits are where they are not numbers of its
 * own kind: `tensor(bits, [8], "bf16")`. Throws PS5206 or PS5207 (exit 2) where type, shape and length do not fit.
 */
export function tensor(data: TensorArray, shape: readonly number[] = [data.length], dtype?: string): TensorData {
  const name = dtype ?? ownTypes.get(data.constructor) ?? "";
  const facts = findDtype(name);
  if (facts === undefined) throw misfit("PS5206", `'${name}' is no element type`);
  const bad = shape.findIndex((size) => !Number.isSafeInteger(size) || size < 0);
  if (bad >= 0) throw misfit("PS5206", `dimension ${bad} is ${shape[bad]}, which is no size`);
  const bytes = shape.reduce((a, b) => a * b, facts.bytes);
  if (bytes !== data.byteLength) {
    throw misfit("PS5207", `${name} [${shape.join(", ")}] takes ${bytes} bytes, the array has ${data.byteLength}`);
  }
  return { dtype: name, shape, bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}

/** The elements as the array of the table above; a view of the tensor's memory wherever alignment allows. */
export function valuesOf(t: TensorData): TensorArray {
  const type: ArrayType = arrayTypes[t.dtype] ?? Uint8Array;
  const aligned = t.bytes.byteOffset % type.BYTES_PER_ELEMENT === 0;
  const bytes = aligned ? t.bytes : t.bytes.slice();
  return new type(bytes.buffer, bytes.byteOffset, bytes.byteLength / type.BYTES_PER_ELEMENT);
}

function misfit(code: "PS5206" | "PS5207", message: string): Error {
  return runtimeFault(code, message, { exitCode: 2 });
}
