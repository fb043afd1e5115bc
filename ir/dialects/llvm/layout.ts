/**
 * @file How LLVM lays types out in memory: sizes, alignments and offsets of members, as on every 64-bit target of ours.
 * Vectors are packed (those of i1 to single bits) and aligned to their size rounded up to a power of two.
 */

import { elementFacts } from "../../element.js";
import { printType, type Type } from "../../types.js";

export const POINTER_BYTES = 8;

/** Bytes that a value of the type fills. */
export function storeSize(type: Type): number {
  switch (type.kind) {
    case "scalar":
      return elementFacts[type.element].storageBytes;
    case "vector":
      return Math.ceil((lanes(type.shape) * elementFacts[type.element].bits) / 8);
    case "struct":
      return roundUp(memberOffset(type.members, type.members.length), alignmentOf(type));
    case "array":
      return type.count * sizeInMemory(type.of);
    case "dialect":
      if (type.name === "llvm.ptr") return POINTER_BYTES;
  }
  throw new Error(`${printType(type)} has no size in memory`);
}

/** The alignment that the type has by itself. */
export function alignmentOf(type: Type): number {
  switch (type.kind) {
    case "vector":
      return 2 ** Math.ceil(Math.log2(Math.max(1, storeSize(type))));
    case "struct":
      return Math.max(1, ...type.members.map(alignmentOf));
    case "array":
      return alignmentOf(type.of);
    default:
      return storeSize(type);
  }
}

/** Bytes between two neighbours of the type in memory. */
export function sizeInMemory(type: Type): number {
  return roundUp(storeSize(type), alignmentOf(type));
}

/** Where a member begins; for one beyond the last, where they end. */
export function memberOffset(members: readonly Type[], index: number): number {
  let offset = 0;
  for (let i = 0; i < members.length; i++) {
    offset = roundUp(offset, alignmentOf(members[i]!));
    if (i === index) return offset;
    offset += sizeInMemory(members[i]!);
  }
  return offset;
}

/** The type that a path of indices leads to; with `inBounds`, indices into arrays must be below their counts. */
export function memberAt(type: Type, path: readonly number[], inBounds = false): Type | undefined {
  let at: Type | undefined = type;
  for (const i of path) {
    if (at?.kind === "struct") at = at.members[i];
    else at = at?.kind === "array" && (!inBounds || i < at.count) ? at.of : undefined;
  }
  return at;
}

/** Where what a path of indices leads to begins. */
export function offsetInside(type: Type, path: readonly number[]): number {
  let offset = 0;
  let at = type;
  for (const i of path) {
    if (at.kind === "struct") {
      offset += memberOffset(at.members, i);
      at = at.members[i]!;
    } else if (at.kind === "array") {
      offset += i * sizeInMemory(at.of);
      at = at.of;
    }
  }
  return offset;
}

function roundUp(n: number, unit: number): number {
  return Math.ceil(n / unit) * unit;
}

function lanes(shape: readonly number[]): number {
  return shape.reduce((n, d) => n * d, 1);
}
