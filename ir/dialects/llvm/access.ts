/** @file Values of LLVM's types read from memory and written to it, while the interpreter runs. */

import { cellOf } from "../../bytes.js";
import type { Datum, TupleDatum } from "../../define.js";
import { emptyArray, filled, getScalar, type NdArray, setScalar, sizeOf } from "../../ndarray.js";
import { numericsOf, type Scalar } from "../../scalar.js";
import { printType, type Type, type VectorType } from "../../types.js";
import { uninitialised } from "../../uninitialised.js";
import { alignmentOf, memberOffset, sizeInMemory, storeSize } from "./layout.js";
import { accessed, advance, loadPointer, nullPointer, overwrite, type Pointer, storePointer } from "./pointer.js";

/** The value of a type that lies at a pointer; without `alignment` the type's own is promised. */
export function loadValue(from: Pointer, type: Type, alignment = alignmentOf(type)): Datum {
  switch (type.kind) {
    case "scalar":
      return cellOf(type.element).read(accessed(from, storeSize(type), alignment).view, from.offset);
    case "vector":
      return loadVector(from, type, alignment);
    case "dialect":
      return loadPointer(from, alignment);
    default:
      return {
        kind: "tuple",
        members: partsOf(type).map(({ type: t, offset }) => loadValue(advance(from, offset), t, 1)),
      };
  }
}

export function storeValue(to: Pointer, type: Type, value: Datum, alignment = alignmentOf(type)): void {
  switch (type.kind) {
    case "scalar": {
      const memory = accessed(to, storeSize(type), alignment);
      overwrite(memory, to.offset, storeSize(type));
      cellOf(type.element).write(memory.view, to.offset, value as Scalar);
      return;
    }
    case "vector":
      storeVector(to, type, value as NdArray, alignment);
      return;
    case "dialect":
      storePointer(to, value as Pointer, alignment);
      return;
    default:
      partsOf(type).forEach(({ type: t, offset }, i) => {
        storeValue(advance(to, offset), t, (value as TupleDatum).members[i]!, 1);
      });
  }
}

/** Lanes one after the other; of i1, packed to bits. */
function loadVector(from: Pointer, type: VectorType, alignment: number): NdArray {
  const { view } = accessed(from, storeSize(type), alignment);
  const out = emptyArray(type.element, type.shape);
  const cell = cellOf(type.element);
  for (let i = 0; i < sizeOf(type.shape); i++) {
    const isBit = type.element === "i1";
    const x = isBit
      ? (view.getUint8(from.offset + (i >> 3)) >> (i & 7)) & 1
      : cell.read(view, from.offset + i * cell.bytes);
    setScalar(out, i, x);
  }
  return out;
}

function storeVector(to: Pointer, type: VectorType, value: NdArray, alignment: number): void {
  const memory = accessed(to, storeSize(type), alignment);
  overwrite(memory, to.offset, storeSize(type));
  const cell = cellOf(type.element);
  if (type.element === "i1") memory.bytes.fill(0, to.offset, to.offset + storeSize(type));
  for (let i = 0; i < sizeOf(type.shape); i++) {
    if (type.element === "i1") memory.bytes[to.offset + (i >> 3)]! |= value.data[i] ? 1 << (i & 7) : 0;
    else cell.write(memory.view, to.offset + i * cell.bytes, getScalar(value, i));
  }
}

/** The members of a struct or array with their offsets. */
export function partsOf(type: Type): readonly { readonly type: Type; readonly offset: number }[] {
  if (type.kind === "struct") return type.members.map((t, i) => ({ type: t, offset: memberOffset(type.members, i) }));
  if (type.kind !== "array") throw new Error(`${printType(type)} has no members`);
  const step = sizeInMemory(type.of);
  return Array.from({ length: type.count }, (_, i) => ({ type: type.of, offset: i * step }));
}

/** A value made of the same scalar everywhere, null where it is a pointer. */
export function everywhere(type: Type, scalar: (element: VectorType["element"]) => Scalar): Datum {
  switch (type.kind) {
    case "scalar":
      return scalar(type.element);
    case "vector":
      return filled(type.element, type.shape, scalar(type.element));
    case "dialect":
      return nullPointer;
    default:
      return { kind: "tuple", members: partsOf(type).map((p) => everywhere(p.type, scalar)) };
  }
}

export const zeroOf = (type: Type): Datum => everywhere(type, (e) => numericsOf(e).zero);
export const undefinedOf = (type: Type): Datum => everywhere(type, uninitialised);

/** Elements in row-major order as a value of the type: a vector, or an array of such. */
export function fromElements(array: NdArray, type: Type, first = 0): Datum {
  if (type.kind === "scalar") return getScalar(array, first);
  if (type.kind === "vector") {
    const { element, shape } = type;
    return { element, shape, data: array.data.slice(first, first + sizeOf(shape)) };
  }
  if (type.kind !== "array") throw new Error(`${printType(type)} is not made of elements`);
  const step = countOf(type.of);
  return {
    kind: "tuple",
    members: Array.from({ length: type.count }, (_, i) => fromElements(array, type.of, first + i * step)),
  };
}

function countOf(type: Type): number {
  if (type.kind === "array") return type.count * countOf(type.of);
  return type.kind === "vector" ? sizeOf(type.shape) : 1;
}
