/** @file Slices with buffers: a part of a dense buffer is a strided view, and taking it out or putting it in is a copy. */

import { identityMap } from "../../ir/affine.js";
import type { AnyOpDef } from "../../ir/define.js";
import { buildGeneric } from "../../ir/dialects/linalg/structured.js";
import { layoutOf, plus, times } from "../../ir/dialects/memref/layout.js";
import { subview } from "../../ir/dialects/memref/views.js";
import { keptAxes } from "../../ir/dialects/slices.js";
import { pad } from "../../ir/dialects/tensor/region.js";
import { concat, extractSlice, insertSlice } from "../../ir/dialects/tensor/slice.js";
import type { Dim } from "../../ir/dim.js";
import type { Operation, Value } from "../../ir/graph.js";
import { DYNAMIC } from "../../ir/text/mixed-indices.js";
import type { LayoutDim, MemRefType, TensorType } from "../../ir/types.js";
import { generateInto } from "./emit-tensors.js";
import type { EmitRow, Emitter } from "./emitter.js";

/** A number known now or a value of the new function. */
type Mixed = number | Value;

interface Part {
  readonly offsets: readonly Mixed[];
  readonly sizes: readonly Dim[];
  readonly strides: readonly Mixed[];
}

/** The part of `source`, in all its axes. */
function partOf(to: Emitter, source: Value, { offsets, sizes, strides }: Part): Value {
  const type = source.type as MemRefType;
  const dense = layoutOf(type);
  const known = (x: Mixed): LayoutDim => (typeof x === "number" ? x : "?");
  const layout = {
    strides: dense.strides.map((s, i) => times(s, known(strides[i]!))),
    offset: dense.strides.reduce<LayoutDim>((sum, s, i) => plus(sum, times(s, known(offsets[i]!))), dense.offset),
  };
  const result = to.context.types.memref(sizes, type.element, { layout, space: type.space });
  const extents = sizes.map((d) => (typeof d === "number" ? d : to.dim(d)));
  return to.builder.value(
    subview,
    { source, offsets: valuesIn(offsets), sizes: valuesIn(extents), strides: valuesIn(strides) },
    { static_offsets: fixed(offsets), static_sizes: fixed(extents), static_strides: fixed(strides) },
    { results: [result] },
  );
}

const valuesIn = (list: readonly Mixed[]): Value[] => list.filter((x) => typeof x !== "number");
const fixed = (list: readonly Mixed[]): number[] => list.map((x) => (typeof x === "number" ? x : DYNAMIC));

/** A copy as a structured operation, as either side may be strided; it is vectorised and cut like any other. */
function copyElements(to: Emitter, source: Value, target: Value): void {
  const { shape } = target.type as MemRefType;
  const map = identityMap(shape.length);
  const parts = {
    inputs: [source],
    outputs: [target],
    maps: [map, map],
    iterators: shape.map(() => "parallel" as const),
  };
  buildGeneric(to.builder, parts, (_, [x]) => [x!]);
}

/** The slice that `op` means; `shape` is its shape, which may leave out axes of size 1. */
function sliceOf(op: Operation, to: Emitter, shape: readonly Dim[]): Part & { readonly kept: readonly number[] } {
  const attrs = extractSlice.attrsOf(op);
  const operands = op.def.operandsOf(op) as Readonly<Record<"offsets" | "strides", readonly Value[]>>;
  const kept = keptAxes(attrs.static_sizes, shape);
  if (!kept) throw to.unsupported(op, "the shape does not fit the slice");
  const sizes: Dim[] = [...attrs.static_sizes];
  kept.forEach((axis, i) => {
    sizes[axis] = shape[i]!;
  });
  return {
    offsets: mixed(attrs.static_offsets, operands.offsets, to),
    sizes,
    strides: mixed(attrs.static_strides, operands.strides, to),
    kept,
  };
}

function mixed(list: readonly number[], values: readonly Value[], to: Emitter): readonly Mixed[] {
  let next = 0;
  return list.map((n) => (n === DYNAMIC ? to.value(values[next++]!) : n));
}

/** A dense buffer in all axes of the slice, those of size 1 that its shape leaves out included. */
function withAllAxes(
  to: Emitter,
  buffer: Value,
  { sizes, kept }: { readonly sizes: readonly Dim[]; readonly kept: readonly number[] },
): Value {
  if (kept.length === sizes.length) return buffer;
  return to.cast(buffer, to.context.types.memref(sizes, (buffer.type as MemRefType).element));
}

const extractSliceRow: EmitRow = (op, to) => {
  const slice = sliceOf(op, to, (op.result.type as TensorType).shape);
  copyElements(to, partOf(to, to.value(op.operand(0)), slice), withAllAxes(to, to.value(op.result), slice));
};

const insertSliceRow: EmitRow = (op, to) => {
  const slice = sliceOf(op, to, (op.operand(0).type as TensorType).shape);
  const source = withAllAxes(to, to.value(op.operand(0)), slice);
  copyElements(to, source, partOf(to, to.value(op.result), slice));
};

/** Blocks end to end: each is copied to where the ones before it end. */
const concatRow: EmitRow = (op, to) => {
  const { dim: axis } = concat.attrsOf(op);
  const target = to.value(op.result);
  let offset: Dim = 0;
  for (const x of op.operands) {
    const { shape: sizes } = x.type as TensorType;
    const start = typeof offset === "number" ? offset : to.dim(offset);
    const part = { offsets: sizes.map((_, i) => (i === axis ? start : 0)), sizes, strides: sizes.map(() => 1) };
    copyElements(to, to.value(x), partOf(to, target, part));
    offset = to.context.dims.add(offset, sizes[axis]!);
  }
};

/** The region of the margins runs everywhere; the source then goes over the middle. */
const padRow: EmitRow = (op, to) => {
  const { source, low } = pad.operandsOf(op);
  const target = to.value(op.result);
  generateInto(op, to, target);
  const { shape: sizes } = source.type as TensorType;
  const offsets = mixed(pad.attrsOf(op).static_low, low, to);
  copyElements(to, to.value(source), partOf(to, target, { offsets, sizes, strides: sizes.map(() => 1) }));
};

const rows: readonly (readonly [unknown, EmitRow])[] = [
  [concat, concatRow],
  [extractSlice, extractSliceRow],
  [insertSlice, insertSliceRow],
  [pad, padRow],
];

export const sliceRows: ReadonlyMap<string, EmitRow> = new Map(rows.map(([def, row]) => [(def as AnyOpDef).name, row]));
