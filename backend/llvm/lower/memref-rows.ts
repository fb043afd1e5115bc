/** @file `memref` and `vector` memory accesses to pointers. An `i1` takes a byte that is 0 or 1. */

import * as a from "../../../ir/dialects/llvm/arithmetic.js";
import * as memory from "../../../ir/dialects/llvm/memory.js";
import { keptAxes } from "../../../ir/dialects/slices.js";
import { type ElementType, elementFacts } from "../../../ir/element.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { brokenInvariant } from "../../../ir/invariant.js";
import { DYNAMIC } from "../../../ir/text/mixed-indices.js";
import type { MemRefType, Type } from "../../../ir/types.js";
import type { FunctionLowering, Row } from "./lowering.js";

/** The type an element has in memory. */
export function storedElement(element: ElementType): ElementType {
  if (element === "i1") return "i8";
  return element === "index" ? "i64" : element;
}

function storedType(to: FunctionLowering, type: MemRefType): Type {
  return to.context.types.scalar(storedElement(type.element));
}

/** Binds the result of `op` to an element. */
export function loadFrom(op: Operation, to: FunctionLowering, memref: Value, indices: readonly Value[]): void {
  const type = memref.type as MemRefType;
  const stored = storedType(to, type);
  const raw = to.emit(memory.load, [to.elementPointer(memref, indices, stored)], {}, stored);
  const zero = to.integer(0, to.context.types.scalar("i8"));
  to.bind(op.result, type.element === "i1" ? to.emit(a.icmp, [raw, zero], { predicate: "ne" }) : raw);
}

export function storeTo(to: FunctionLowering, value: Value, memref: Value, indices: readonly Value[]): void {
  const type = memref.type as MemRefType;
  const stored = storedType(to, type);
  const made = to.value(value);
  const pointer = to.elementPointer(memref, indices, stored);
  to.effect(memory.store, [type.element === "i1" ? to.emit(a.zext, [made], {}, stored) : made, pointer]);
}

const load: Row = (op, to) => {
  const [memref, ...indices] = op.operands as readonly [Value, ...Value[]];
  loadFrom(
    op,
    to,
    memref,
    indices.map((v) => to.value(v)),
  );
};

const store: Row = (op, to) => {
  const [value, memref, ...indices] = op.operands as readonly [Value, Value, ...Value[]];
  storeTo(
    to,
    value,
    memref,
    indices.map((v) => to.value(v)),
  );
};

/** The largest slot of a kernel's stack: a packed panel. What is larger has been placed elsewhere. */
const MAX_SLOT_BYTES = 64 * 1024;
const ALIGNMENT = 64;

const alloca: Row = (op, to) => {
  const type = op.result.type as MemRefType;
  const count = type.shape.reduce((n: number, d) => (typeof d === "number" ? n * d : Number.NaN), 1);
  const bytes = count * elementFacts[type.element].storageBytes;
  if (!(bytes <= MAX_SLOT_BYTES))
    throw brokenInvariant(`a kernel's own storage of ${bytes} bytes has not been placed`, op.at);
  to.bindPointer(op.result, to.stackSlot(bytes, ALIGNMENT));
};

const dim: Row = (op, to) => {
  const type = op.operand(0).type as MemRefType;
  const axis = constantIndexOf(op.operand(1), op);
  to.bind(op.result, to.dim(type.shape[axis]!));
};

/** The number an index is, where a constant makes it. */
function constantIndexOf(value: Value, op: Operation): number {
  const attr = value.definingOp?.attrs["value"] as { readonly kind: string; readonly value: bigint } | undefined;
  if (attr?.kind !== "int") throw brokenInvariant("the axis of a size must be a constant", op.at);
  return Number(attr.value);
}

/** Another view of the same bytes: a reshape of dense storage, or an offset into it. */
const reinterpret: Row = (op, to) => {
  const source = to.address(op.operand(0));
  const { offset } = op.attrs as { readonly offset?: unknown };
  const offsets = (op.attrs["static_offsets"] as readonly number[] | undefined) ?? [];
  if (offset !== undefined || offsets.some((o) => o !== 0))
    throw brokenInvariant("a reinterpreted memref must start where its source does", op.at);
  defineSymbols(op, to);
  to.bindPointer(op.result, source.pointer);
};

/** Dense storage under fewer or more axes. */
const reshape: Row = (op, to) => to.bindPointer(op.result, to.address(op.operand(0)).pointer);

/** Sizes that operands give are the values of the symbols in the result's type. */
function defineSymbols(op: Operation, to: FunctionLowering): void {
  const type = op.result.type as MemRefType;
  const sizes = op.attrs["static_sizes"] as readonly number[] | undefined;
  if (!sizes) return;
  const before = (op.segments ?? [1])[1] ?? 0;
  let next = 1 + before;
  type.shape.forEach((d, k) => {
    if (sizes[k]! >= 0) return;
    const value = op.operand(next++);
    defineSymbol(to, d, to.value(value));
  });
}

export function defineSymbol(to: FunctionLowering, d: MemRefType["shape"][number], value: Value): void {
  if (typeof d === "number") return;
  const { dims } = to.context;
  const [name, ...others] = dims.symbolsOf(d);
  if (name !== undefined && others.length === 0 && dims.symbol(name) === d && !to.hasSymbol(name))
    to.setSymbol(name, value);
}

/** offset + sum of index * stride of the source; strides multiply. */
const subview: Row = (op, to) => {
  const source = to.address(op.operand(0));
  const stored = storedType(to, op.operand(0).type as MemRefType);
  const lists = ["static_offsets", "static_sizes", "static_strides"].map((n) => op.attrs[n] as readonly number[]) as [
    readonly number[],
    readonly number[],
    readonly number[],
  ];
  let next = 1;
  const [offsets, , steps] = lists.map((list) =>
    list.map((x) => (x === DYNAMIC ? to.value(op.operand(next++)) : x)),
  ) as [(number | Value)[], unknown, (number | Value)[]];
  let at: Value | undefined;
  offsets.forEach((offset, k) => {
    if (offset === 0) return;
    const scaled = to.scaled(typeof offset === "number" ? to.integer(offset) : offset, source.strides[k]!);
    at = at ? to.add(at, scaled) : scaled;
  });
  const strides = source.strides.map((s, k) => product(to, s, steps[k]!));
  const kept = keptAxes(lists[1], (op.result.type as MemRefType).shape)!;
  to.bindAddress(op.result, {
    pointer: at ? to.advance(source.pointer, at, stored) : source.pointer,
    strides: kept.map((k) => strides[k]!),
  });
};

function product(to: FunctionLowering, a: number | Value, b: number | Value): number | Value {
  if (typeof a === "number" && typeof b === "number") return a * b;
  if (a === 1) return b;
  if (b === 1) return a;
  return to.mul(typeof a === "number" ? to.integer(a) : a, typeof b === "number" ? to.integer(b) : b);
}

const copy: Row = (op, to) => {
  const [source, target] = op.operands as readonly [Value, Value];
  const type = source.type as MemRefType;
  if (type.layout || (target.type as MemRefType).layout)
    throw brokenInvariant("a copy between strided memrefs must be a loop before it is lowered", op.at);
  const count = to.dim(to.context.dims.product(type.shape));
  const bytes = to.mul(count, to.integer(elementFacts[type.element].storageBytes));
  to.effect(memory.memcpy, [to.address(target).pointer, to.address(source).pointer, bytes]);
};

const cast: Row = (op, to) => to.bindAddress(op.result, to.address(op.operand(0)));

/** A byte offset into storage. */
const view: Row = (op, to) => {
  const [source, offset] = op.operands as readonly [Value, Value];
  const i8 = to.context.types.scalar("i8");
  defineViewSymbols(op, to);
  to.bindPointer(op.result, to.advance(to.address(source).pointer, to.value(offset), i8));
};

function defineViewSymbols(op: Operation, to: FunctionLowering): void {
  const type = op.result.type as MemRefType;
  let next = 2;
  for (const d of type.shape)
    if (typeof d !== "number" && next < op.operands.length) defineSymbol(to, d, to.value(op.operand(next++)));
}

export const memrefRows: Readonly<Record<string, Row>> = {
  "memref.load": load,
  "memref.store": store,
  // What a kernel allocates for itself lives as long as it; hosts have rows of their own for both.
  "memref.alloc": alloca,
  "memref.dealloc": () => undefined,
  "memref.alloca": alloca,
  "memref.dim": dim,
  "memref.reinterpret_cast": reinterpret,
  "memref.collapse_shape": reshape,
  "memref.expand_shape": reshape,
  "memref.subview": subview,
  "memref.copy": copy,
  "memref.cast": cast,
  "memref.view": view,
  "memref.assume_alignment": cast,
};
