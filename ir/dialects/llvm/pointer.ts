/**
 * @file Pointers and memory while the interpreter runs the `llvm` dialect. Memory is an allocation of bytes; a pointer
 * is an allocation and an offset, so every access is checked against its bounds and alignment. Pointers stored in
 * memory are kept beside the bytes, since they have no number here. Fresh bytes are all ones, NaN as a float, so that
 * reading what was never written shows.
 */

import { type ElementType, elementFacts } from "../../element.js";
import { fromBytes, type NdArray, sizeOf, toBytes } from "../../ndarray.js";
import { POINTER_BYTES } from "./layout.js";

export interface Memory {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Pointers stored here, by byte offset. */
  readonly pointers: Map<number, Pointer>;
  /** What it is, for messages. */
  readonly name: string;
  /** Its address is a multiple of this. */
  readonly alignment: number;
  /** No longer to be touched. */
  freed: boolean;
}

export interface Pointer {
  readonly kind: "pointer";
  /** Absent for the null pointer, for a number made a pointer, and for a function. */
  readonly memory: Memory | undefined;
  readonly offset: number;
  /** The function that a function pointer names. */
  readonly symbol?: string;
}

export const nullPointer: Pointer = { kind: "pointer", memory: undefined, offset: 0 };

/** A pointer to the start of bytes that exist; writes show in them. */
export function pointerToBytes(bytes: Uint8Array, name: string, alignment = 64): Pointer {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { kind: "pointer", memory: { bytes, view, pointers: new Map(), name, alignment, freed: false }, offset: 0 };
}

export function allocateMemory(bytes: number, name: string, alignment = 64): Pointer {
  return pointerToBytes(new Uint8Array(bytes).fill(0xff), name, alignment);
}

/** A pointer to a copy of an array's elements, laid out as compiled code has them. */
export function pointerToArray(array: NdArray, name = "an argument"): Pointer {
  return pointerToBytes(toBytes(array).slice(), name);
}

/** The elements that lie at a pointer. */
export function arrayAt(pointer: Pointer, element: ElementType, shape: readonly number[]): NdArray {
  const size = sizeOf(shape) * elementFacts[element].storageBytes;
  return fromBytes(element, shape, bytesAt(pointer, size).slice());
}

export function advance(pointer: Pointer, bytes: number): Pointer {
  return bytes === 0 ? pointer : { ...pointer, offset: pointer.offset + bytes };
}

/** The memory of an access, checked; `alignment` is what the access promises. */
export function accessed(pointer: Pointer, length: number, alignment = 1): Memory {
  const { memory, offset, symbol } = pointer;
  if (!memory)
    throw new Error(
      symbol === undefined
        ? `access through ${offset === 0 ? "the null pointer" : offset}`
        : `access to the code of @${symbol}`,
    );
  if (memory.freed) throw new Error(`access to '${memory.name}', which is no longer alive`);
  if (!(offset >= 0 && offset + length <= memory.bytes.length)) {
    throw new Error(`access to ${length} bytes at ${offset} of '${memory.name}', which has ${memory.bytes.length}`);
  }
  if (offset % alignment !== 0 || memory.alignment % alignment !== 0) {
    throw new Error(
      `byte ${offset} of '${memory.name}', which is aligned to ${memory.alignment}, is not aligned to ${alignment}`,
    );
  }
  return memory;
}

export function bytesAt(pointer: Pointer, length: number): Uint8Array {
  return accessed(pointer, length).bytes.subarray(pointer.offset, pointer.offset + length);
}

/** Forgets the pointers stored where other bytes are about to be. */
export function overwrite({ pointers }: Memory, offset: number, length: number): void {
  if (pointers.size === 0) return;
  for (const at of pointers.keys()) if (at < offset + length && at + POINTER_BYTES > offset) pointers.delete(at);
}

export function loadPointer(pointer: Pointer, alignment = POINTER_BYTES): Pointer {
  const { pointers, bytes } = accessed(pointer, POINTER_BYTES, alignment);
  const { offset } = pointer;
  const known = pointers.get(offset);
  if (known) return known;
  if (bytes.subarray(offset, offset + POINTER_BYTES).every((b) => b === 0)) return nullPointer;
  throw new Error(`the bytes at ${offset} are no pointer`);
}

export function storePointer(pointer: Pointer, value: Pointer, alignment = POINTER_BYTES): void {
  const memory = accessed(pointer, POINTER_BYTES, alignment);
  overwrite(memory, pointer.offset, POINTER_BYTES);
  memory.bytes.fill(0, pointer.offset, pointer.offset + POINTER_BYTES);
  memory.pointers.set(pointer.offset, value);
}

/** Copies bytes, and the pointers among them; the ranges may overlap. */
export function copyMemory(to: Pointer, from: Pointer, length: number): void {
  if (length === 0) return;
  const source = accessed(from, length);
  const target = accessed(to, length);
  const moved = [...source.pointers].filter(([at]) => at >= from.offset && at + POINTER_BYTES <= from.offset + length);
  const bytes = source.bytes.slice(from.offset, from.offset + length);
  overwrite(target, to.offset, length);
  target.bytes.set(bytes, to.offset);
  for (const [at, pointer] of moved) target.pointers.set(at - from.offset + to.offset, pointer);
}

export function samePointer(a: Pointer, b: Pointer): boolean {
  return a.memory === b.memory && a.offset === b.offset && a.symbol === b.symbol;
}

/** Addresses, given to allocations when a program first asks for one. */
export class AddressSpace {
  readonly #bases = new Map<Memory, number>();
  #free = 2 ** 16;

  addressOf({ memory, offset, symbol }: Pointer): number {
    if (symbol !== undefined) throw new Error(`the address of @${symbol} is no number here`);
    if (!memory) return offset;
    let base = this.#bases.get(memory);
    if (base === undefined) {
      const unit = Math.max(memory.alignment, 64);
      base = Math.ceil(this.#free / unit) * unit;
      this.#free = base + memory.bytes.length + unit;
      this.#bases.set(memory, base);
    }
    return base + offset;
  }

  /** The pointer with that address: into the allocation that holds it, if any does. */
  pointerAt(address: number): Pointer {
    for (const [memory, base] of this.#bases) {
      if (address >= base && address <= base + memory.bytes.length)
        return { kind: "pointer", memory, offset: address - base };
    }
    return { kind: "pointer", memory: undefined, offset: address };
  }
}
