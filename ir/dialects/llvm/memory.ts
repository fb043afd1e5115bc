/** @file `llvm`: constants, globals, memory and address arithmetic. */

import type { Attr } from "../../attrs.js";
import { type Datum, defineOp } from "../../define.js";
import { elementFacts } from "../../element.js";
import {
  anyAttr,
  bool,
  defaultAttr,
  dialectType,
  i32Array,
  i64,
  optionalAttr,
  scalarLike,
  string,
  symbolRef,
  typeKind,
  variadic,
} from "../../kinds.js";
import { emptyArray, type NdArray } from "../../ndarray.js";
import type { TypeConstraint } from "../../slots.js";
import { elementOf, isShaped, printType, type Type } from "../../types.js";
import { type ConstantAttr, constantDatum } from "../arith/constant.js";
import * as memory from "./pointer.js";

export const pointerType = dialectType("llvm.ptr");
export const firstClass: TypeConstraint = {
  describe: "a first-class value",
  accepts: (t): t is Type => t.kind !== "memref" && t.kind !== "tensor" && t.kind !== "none",
};
const integer = scalarLike("an integer", "int", "bool");

export const constant = defineOp("llvm.mlir.constant", {
  summary: "A number or vector known at compile time.",
  operands: {},
  attrs: { value: anyAttr },
  results: { res: firstClass },
  traits: ["pure", "constant"],
  evaluate: (_, { value }) => ({ res: constantDatum(value as Exclude<ConstantAttr, { kind: "resource" }>) }),
});

export const zero = defineOp("llvm.mlir.zero", {
  summary: "Zero of any type; the null pointer.",
  operands: {},
  attrs: {},
  results: { res: firstClass },
  traits: ["pure"],
  evaluate: (_, __, { op }) => ({ res: zeroOf(op.result.type) }),
});

export const poison = defineOp("llvm.mlir.poison", {
  summary: "A value that nothing may depend on.",
  operands: {},
  attrs: {},
  results: { res: firstClass },
  traits: ["pure"],
  evaluate: (_, __, { op }) => ({ res: zeroOf(op.result.type) }),
});

function zeroOf(type: Type): Datum {
  if (type.kind === "dialect") return memory.nullPointer;
  if (type.kind === "vector") return emptyArray(type.element, type.shape);
  return elementFacts[elementOf(type)].bits === 64 && elementFacts[elementOf(type)].kind === "int" ? 0n : 0;
}

export const addressof = defineOp("llvm.mlir.addressof", {
  summary: "The address of a global or a function.",
  operands: {},
  attrs: { global_name: symbolRef },
  results: { res: pointerType },
  traits: ["pure"],
  infer: (_, __, { context }) => ({ res: context.types.dialect("llvm.ptr") }),
  evaluate: (_, { global_name: name }) => ({
    res: { kind: "pointer", memory: undefined, offset: 0, symbol: name } as const,
  }),
});

/** A global of constant bytes: text, tables. `global_type` is an array of i8. */
export const global = defineOp("llvm.mlir.global", {
  summary: "A global constant.",
  operands: {},
  attrs: {
    sym_name: string,
    global_type: typeKind,
    value: optionalAttr(anyAttr),
    constant: optionalAttr({
      describe: "a flag",
      read: (a: Attr) => (a.kind === "unit" ? true : undefined),
      write: () => ({ kind: "unit" }) as Attr,
    }),
    linkage: anyAttr,
    alignment: optionalAttr(i64),
  },
  results: {},
  traits: ["symbol"],
});

/** Bytes between two neighbours of a type in memory. */
export function sizeInMemory(type: Type): number {
  if (type.kind === "dialect") return memory.POINTER_BYTES;
  const lanes = isShaped(type) ? (type.shape as readonly number[]).reduce((n, d) => n * d, 1) : 1;
  return lanes * elementFacts[elementOf(type)].storageBytes;
}

export const getelementptr = defineOp("llvm.getelementptr", {
  summary: "A pointer advanced by a number of elements, or to a member of a struct (indices 0 and the member's).",
  operands: { base: pointerType, dynamicIndices: variadic(integer) },
  attrs: { elem_type: typeKind, rawConstantIndices: i32Array },
  results: { res: pointerType },
  traits: ["pure"],
  infer: ({ base, dynamicIndices }, { rawConstantIndices: raw, elem_type: type }) => {
    const dynamic = raw.filter((x) => x === DYNAMIC_INDEX).length;
    const isMember =
      type.kind === "struct" && raw.length === 2 && raw[0] === 0 && raw[1]! >= 0 && raw[1]! < type.members.length;
    return (raw.length === 1 || isMember) && dynamic === dynamicIndices.length
      ? { res: base }
      : "takes one index, or 0 and a member";
  },
  evaluate({ base, dynamicIndices }, { elem_type: type, rawConstantIndices: raw }) {
    if (type.kind === "struct" && raw.length === 2)
      return { res: memory.advance(base as memory.Pointer, memberOffset(type.members, raw[1]!)) };
    const count = raw[0] === DYNAMIC_INDEX ? Number(dynamicIndices[0]) : raw[0]!;
    return { res: memory.advance(base as memory.Pointer, count * sizeInMemory(type)) };
  },
});

/** Members lie at multiples of their size. */
function memberOffset(members: readonly Type[], index: number): number {
  let offset = 0;
  for (let i = 0; ; i++) {
    const size = sizeInMemory(members[i]!);
    offset = Math.ceil(offset / size) * size;
    if (i === index) return offset;
    offset += size;
  }
}

/** Marks the index that an operand gives. */
export const DYNAMIC_INDEX = -2147483648;

export const load = defineOp("llvm.load", {
  summary: "Reads a value from memory.",
  operands: { addr: pointerType },
  attrs: { alignment: optionalAttr(i64) },
  results: { res: firstClass },
  traits: ["reads"],
  evaluate({ addr }, _, { op }) {
    const { type } = op.result;
    const from = addr as memory.Pointer;
    if (type.kind === "dialect") return { res: memory.loadPointer(from) };
    if (type.kind === "vector") return { res: memory.loadVector(from, type.element, type.shape[0]!) };
    return { res: memory.loadScalar(from, elementOf(type)) };
  },
});

export const store = defineOp("llvm.store", {
  summary: "Writes a value to memory.",
  operands: { value: firstClass, addr: pointerType },
  attrs: { alignment: optionalAttr(i64) },
  results: {},
  traits: ["writes"],
  evaluate({ value, addr }, _, { op }) {
    const { type } = op.operand(0);
    const to = addr as memory.Pointer;
    if (type.kind === "dialect") memory.storePointer(to, value as memory.Pointer);
    else if (type.kind === "vector") memory.storeVector(to, value as NdArray);
    else memory.storeScalar(to, elementOf(type), value as number);
    return {};
  },
});

export const ptrtoint = defineOp("llvm.ptrtoint", {
  summary: "The number of an address; here only whether it is null means something.",
  operands: { arg: pointerType },
  attrs: {},
  results: { res: integer },
  traits: ["pure"],
  evaluate: ({ arg }) => {
    const pointer = arg as memory.Pointer;
    return { res: pointer.memory === undefined && pointer.symbol === undefined ? 0n : BigInt(pointer.offset) + 64n };
  },
});

export const alloca = defineOp("llvm.alloca", {
  summary: "Storage that lives until the function returns.",
  operands: { arraySize: integer },
  attrs: { elem_type: typeKind, alignment: optionalAttr(i64) },
  results: { res: pointerType },
  traits: ["allocates"],
  infer: (_, __, { context }) => ({ res: context.types.dialect("llvm.ptr") }),
  evaluate: ({ arraySize }, { elem_type: type }) => ({
    res: memory.allocateMemory(Number(arraySize) * sizeInMemory(type), printType(type)),
  }),
});

export const memcpy = defineOp("llvm.intr.memcpy", {
  summary: "Copies bytes between ranges that do not overlap.",
  operands: { dst: pointerType, src: pointerType, len: integer },
  attrs: { isVolatile: defaultAttr(bool, false) },
  results: {},
  traits: ["reads", "writes"],
  evaluate({ dst, src, len }) {
    memory.copyMemory(dst as memory.Pointer, src as memory.Pointer, Number(len));
    return {};
  },
});

export const memset = defineOp("llvm.intr.memset", {
  summary: "Fills bytes.",
  operands: { dst: pointerType, val: integer, len: integer },
  attrs: { isVolatile: defaultAttr(bool, false) },
  results: {},
  traits: ["writes"],
  evaluate({ dst, val, len }) {
    memory.bytesAt(dst as memory.Pointer, Number(len)).fill(Number(val));
    return {};
  },
});
