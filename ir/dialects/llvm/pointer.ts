/**
 * @file Pointers and memory while the interpreter runs the `llvm` dialect. Memory is a block of bytes of known
 * length; a pointer is a block and an offset, so every access is checked. Pointers stored in memory are kept
 * beside the bytes, since they have no number here.
 */

import { type ElementType, elementFacts } from "../../element.js";
import { filled, fromBytes, getScalar, type NdArray, toBytes, wrapData } from "../../ndarray.js";
import type { Scalar } from "../../scalar.js";

export interface Memory {
  readonly bytes: Uint8Array;
  /** Pointers stored here, by byte offset. */
  readonly pointers: Map<number, Pointer>;
  readonly name: string;
}

export interface Pointer {
  readonly kind: "pointer";
  /** Absent for the null pointer, and for a function. */
  readonly memory: Memory | undefined;
  readonly offset: number;
  /** The function that a function pointer names. */
  readonly symbol?: string;
}

export const nullPointer: Pointer = { kind: "pointer", memory: undefined, offset: 0 };

export function allocateMemory(bytes: number, name: string): Pointer {
  return { kind: "pointer", memory: { bytes: new Uint8Array(bytes), pointers: new Map(), name }, offset: 0 };
}

export function advance(pointer: Pointer, bytes: number): Pointer {
  return bytes === 0 ? pointer : { ...pointer, offset: pointer.offset + bytes };
}

function checked(pointer: Pointer, length: number): Memory {
  const { memory, offset } = pointer;
  if (!memory)
    throw new Error(
      pointer.symbol === undefined ? "access through the null pointer" : `access to the code of @${pointer.symbol}`,
    );
  if (!(offset >= 0 && offset + length <= memory.bytes.length)) {
    throw new Error(`access to ${length} bytes at ${offset} of '${memory.name}', which has ${memory.bytes.length}`);
  }
  return memory;
}

export function bytesAt(pointer: Pointer, length: number): Uint8Array {
  const memory = checked(pointer, length);
  return memory.bytes.subarray(pointer.offset, pointer.offset + length);
}

export function loadScalar(pointer: Pointer, element: ElementType): Scalar {
  const bytes = bytesAt(pointer, elementFacts[element].storageBytes).slice();
  return getScalar(fromBytes(element, [1], bytes), 0);
}

export function loadVector(pointer: Pointer, element: ElementType, lanes: number): NdArray {
  return fromBytes(element, [lanes], bytesAt(pointer, lanes * elementFacts[element].storageBytes).slice());
}

export function storeScalar(pointer: Pointer, element: ElementType, value: Scalar): void {
  storeBytes(pointer, toBytes(filled(element, [1], value)));
}

export function storeVector(pointer: Pointer, value: NdArray): void {
  storeBytes(pointer, toBytes(wrapData(value.element, value.shape, value.data)));
}

function storeBytes(pointer: Pointer, bytes: Uint8Array): void {
  const memory = checked(pointer, bytes.length);
  memory.bytes.set(bytes, pointer.offset);
  for (let i = 0; i < bytes.length; i++) memory.pointers.delete(pointer.offset + i);
}

/** Bytes that a pointer takes in memory. */
export const POINTER_BYTES = 8;

export function loadPointer(pointer: Pointer): Pointer {
  const memory = checked(pointer, POINTER_BYTES);
  return memory.pointers.get(pointer.offset) ?? nullPointer;
}

export function storePointer(pointer: Pointer, value: Pointer): void {
  const memory = checked(pointer, POINTER_BYTES);
  memory.bytes.fill(0, pointer.offset, pointer.offset + POINTER_BYTES);
  memory.pointers.set(pointer.offset, value);
}

/** Copies bytes, and the pointers among them; the ranges may overlap. */
export function copyMemory(to: Pointer, from: Pointer, length: number): void {
  if (length === 0) return;
  const source = checked(from, length);
  const target = checked(to, length);
  const moved = [...source.pointers].filter(([at]) => at >= from.offset && at < from.offset + length);
  target.bytes.set(source.bytes.slice(from.offset, from.offset + length), to.offset);
  for (let i = 0; i < length; i++) target.pointers.delete(to.offset + i);
  for (const [at, pointer] of moved) target.pointers.set(at - from.offset + to.offset, pointer);
}

export function samePointer(a: Pointer, b: Pointer): boolean {
  return a.memory === b.memory && a.offset === b.offset && a.symbol === b.symbol;
}
