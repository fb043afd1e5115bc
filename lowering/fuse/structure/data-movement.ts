/**
 * @file Structured forms of operations that only move elements: each result element is one operand element, at a
 * position that is affine (then it is an indexing map) or computed in the body. Reshapes move nothing: tensors
 * are dense, so they stay `tensor.reshape`, which bufferization turns into another view of the same bytes.
 */

import { type AffineMap, affineMap, inverseMap, permutationMap } from "../../../ir/affine.js";
import { type AffineExpr, affineAdd, affineConstant, affineDim, affineMul } from "../../../ir/affine-expr.js";
import * as stablehlo from "../../../ir/dialects/stablehlo/shape.js";
import { paddedDim } from "../../../ir/dialects/stablehlo/shape.js";
import * as tensor from "../../../ir/dialects/tensor/access.js";
import { reshape as tensorReshape } from "../../../ir/dialects/tensor/shape.js";
import { insertSlice } from "../../../ir/dialects/tensor/slice.js";
import type { Dim } from "../../../ir/dim.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { DYNAMIC } from "../../../ir/text/mixed-indices.js";
import type { TensorType } from "../../../ir/types.js";
import { IndexArithmetic, type Position } from "../../structured/index-arithmetic.js";
import type { Converter, Structure } from "./converter.js";
import { type Body, emptyTensor, filledTensor, parallel } from "./generic.js";
import { branch, read } from "./loops.js";

const tensorOf = (x: Value): TensorType => x.type as TensorType;

/** A result whose element at an index is the source's at an affine function of it. */
function moved(to: Converter, op: Operation, results: (rank: number) => readonly AffineExpr[]): readonly Value[] {
  const type = to.resultType(op);
  const rank = type.shape.length;
  const map: AffineMap = affineMap(rank, 0, results(rank));
  return [parallel(to, type, [{ value: to.value(op.operand(0)), map }], (_, [x]) => x!)];
}

/** A result whose element at an index is the source's at computed positions, all in bounds. */
export function gathered(
  to: Converter,
  type: TensorType,
  source: Value,
  position: (at: IndexArithmetic, body: Body) => readonly Position[],
): Value {
  return parallel(to, type, [], (body) => {
    return read(to, source, position(new IndexArithmetic(body.b), body));
  });
}

const transpose: Structure = (op, to) => {
  const { permutation } = stablehlo.transpose.attrsOf(op);
  const map = inverseMap(permutationMap(permutation));
  if (!map) throw new Error("the permutation has no inverse");
  return moved(to, op, () => map.results);
};

/** An operand axis of size 1 is repeated. A symbolic one may be 1 at run time, and then its position is chosen there. */
export function broadcastInto(to: Converter, x: Value, type: TensorType, axes: readonly number[]): Value {
  const fill = to.fillOf(x);
  if (fill) return filledTensor(to, type, fill);
  const { shape } = tensorOf(x);
  const kinds = axes.map((axis, k) => broadcastKind(to, shape[k]!, type.shape[axis]!));
  const rank = type.shape.length;
  if (!kinds.includes("unknown")) {
    const results = axes.map((axis, k) => (kinds[k] === "repeat" ? affineConstant(0) : affineDim(axis)));
    return parallel(to, type, [{ value: x, map: affineMap(rank, 0, results) }], (_, [e]) => e!);
  }
  // The size is compared once, outside the loop.
  const factors = axes.map((_, k) => (kinds[k] === "unknown" ? stretchFactor(to, x, k) : undefined));
  return gathered(to, type, x, (at, body) =>
    axes.map((axis, k) =>
      kinds[k] === "repeat" ? 0 : kinds[k] === "keep" ? body.index(axis) : at.mul(body.index(axis), factors[k]!),
    ),
  );
}

function broadcastKind(to: Converter, from: Dim, into: Dim): "keep" | "repeat" | "unknown" {
  if (from === into) return "keep";
  if (from === 1) return "repeat";
  if (typeof from === "number" || to.context.dims.provablyDifferent(from, 1)) return "keep";
  return "unknown";
}

/** 0 where the axis has size 1, else 1. */
function stretchFactor(to: Converter, x: Value, axis: number): Position {
  const at = new IndexArithmetic(to.builder);
  return at.min(at.sub(to.axisSize(x, axis), 1), 1);
}

const broadcastInDim: Structure = (op, to) => [
  broadcastInto(
    to,
    to.value(op.operand(0)),
    to.resultType(op),
    stablehlo.broadcastInDim.attrsOf(op).broadcast_dimensions,
  ),
];

/** New axes in front. */
const broadcast: Structure = (op, to) => {
  const added = stablehlo.broadcast.attrsOf(op).broadcast_sizes.length;
  return moved(to, op, (rank) => Array.from({ length: rank - added }, (_, k) => affineDim(added + k)));
};

/**
 * The part of `x` of `type`'s sizes that begins at `starts`, every `strides`-th element. Where a part begins with the
 * axis the dimension alone would be the access, which says that the sizes agree; there positions are computed.
 */
function part(
  to: Converter,
  x: Value,
  type: TensorType,
  starts: readonly number[],
  strides: readonly number[] = starts.map(() => 1),
): Value {
  const { shape } = tensorOf(x);
  const isPrefix = (k: number): boolean => starts[k] === 0 && strides[k] === 1 && shape[k] !== type.shape[k];
  if (starts.some((_, k) => isPrefix(k))) {
    return gathered(to, type, x, (at, { index }) =>
      starts.map((start, k) => at.add(at.mul(index(k), strides[k]!), start)),
    );
  }
  const results = starts.map((start, k) => affineAdd(affineMul(affineDim(k), strides[k]!), start));
  return parallel(to, type, [{ value: x, map: affineMap(starts.length, 0, results) }], (_, [e]) => e!);
}

const slice: Structure = (op, to) => {
  const { start_indices: starts, strides } = stablehlo.slice.attrsOf(op);
  return [part(to, to.value(op.operand(0)), to.resultType(op), starts, strides)];
};

const reverse: Structure = (op, to) => {
  const { dimensions } = stablehlo.reverse.attrsOf(op);
  const { shape } = tensorOf(op.operand(0));
  if (dimensions.every((axis) => typeof shape[axis] === "number")) {
    return moved(to, op, () =>
      shape.map((size, k) =>
        dimensions.includes(k) ? affineAdd(affineMul(affineDim(k), -1), (size as number) - 1) : affineDim(k),
      ),
    );
  }
  const x = to.value(op.operand(0));
  const last = dimensions.map((axis) => new IndexArithmetic(to.builder).sub(to.axisSize(x, axis), 1));
  return [
    gathered(to, to.resultType(op), x, (at, body) =>
      shape.map((_, k) =>
        dimensions.includes(k) ? at.sub(last[dimensions.indexOf(k)]!, body.index(k)) : body.index(k),
      ),
    ),
  ];
};

/** The same bytes under another shape. */
export function reshaped(to: Converter, x: Value, type: TensorType): Value {
  if (tensorOf(x) === type) return x;
  const sizes = type.shape.map((d) => to.dim(d));
  const shapeType = to.context.types.tensor([sizes.length], "index");
  const shape = to.builder.value(tensor.fromElements, { elements: sizes }, {}, { results: [shapeType] });
  return to.builder.value(tensorReshape, { source: x, shape }, {}, { results: [type] });
}

const reshape: Structure = (op, to) => [reshaped(to, to.value(op.operand(0)), to.resultType(op))];

/** Each operand is copied into its part of the result. */
const concatenate: Structure = (op, to) => {
  const { dimension } = stablehlo.concatenate.attrsOf(op);
  const at = new IndexArithmetic(to.builder);
  let offset: Position = 0;
  let result = emptyTensor(to, to.resultType(op));
  for (const x of to.operands(op)) {
    const { shape } = tensorOf(x);
    result = insertBlock(
      to,
      x,
      result,
      shape.map((_, k) => (k === dimension ? offset : 0)),
    );
    offset = at.add(offset, sizePosition(to, shape[dimension]!));
  }
  return [result];
};

export function sizePosition(to: Converter, d: Dim): Position {
  return typeof d === "number" ? d : to.dim(d);
}

/** `into` with the block at `offsets` replaced by `x`, whose elements lie `strides` apart there. */
export function insertBlock(
  to: Converter,
  x: Value,
  into: Value,
  offsets: readonly Position[],
  strides: readonly number[] = offsets.map(() => 1),
): Value {
  const { shape } = tensorOf(x);
  if (shape.includes(0)) return into;
  return to.builder.value(
    insertSlice,
    {
      source: x,
      dest: into,
      offsets: offsets.filter((o) => typeof o !== "number"),
      sizes: shape.filter((d) => typeof d !== "number").map((d) => to.dim(d)),
      strides: [],
    },
    {
      static_offsets: offsets.map((o) => (typeof o === "number" ? o : DYNAMIC)),
      static_sizes: shape.map((d) => (typeof d === "number" ? d : DYNAMIC)),
      static_strides: strides,
    },
  );
}

/** Amounts that only run time knows, of either sign. */
export interface Padding {
  readonly low: readonly Position[];
  readonly interior: readonly Position[];
}

/**
 * `x` with `interior` copies of `value` between neighbours and `low` in front; `type` says how many follow. Every
 * element asks where it comes from.
 */
export function padded(to: Converter, x: Value, value: Value, type: TensorType, padding: Padding): Value {
  const { shape } = tensorOf(x);
  const sizes = shape.map((d) => sizePosition(to, d));
  return parallel(to, type, [], (body) => {
    const at = new IndexArithmetic(body.b);
    const conditions: Value[] = [];
    const positions = shape.map((_, k) => {
      const step = at.add(padding.interior[k]!, 1);
      const shifted = at.sub(body.index(k), padding.low[k]!);
      const isUntouched = padding.low[k] === 0 && step === 1 && type.shape[k] === shape[k];
      if (isUntouched) return shifted;
      conditions.push(at.compare("sge", shifted, 0));
      const reached = step === 1 ? shifted : at.max(shifted, 0);
      const position = at.floorDiv(reached, step);
      if (step !== 1) conditions.push(at.compare("eq", at.mod(reached, step), 0));
      conditions.push(at.compare("slt", position, sizes[k]!));
      return position;
    });
    if (conditions.length === 0) return read(to, x, positions);
    const isInside = at.and(...conditions);
    return branch(
      to,
      isInside,
      [value.type],
      () => [read(to, x, positions)],
      () => [value],
    )[0]!;
  });
}

/** Amounts that the program's text gives. */
export interface FixedPadding {
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly interior: readonly number[];
}

/**
 * `x` with `value`, a number, around and between its elements; negative amounts cut off. A tensor is filled and the
 * elements that are left are copied into their places, so that no element asks whether it is padding.
 */
export function paddedWith(to: Converter, x: Value, value: Value, { low, high, interior }: FixedPadding): Value {
  const from = tensorOf(x);
  const { dims } = to.context;
  const cuts = from.shape.map((d, k) => cutAxis(d, low[k]!, high[k]!, interior[k]! + 1));
  const shape = from.shape.map((d, k) => paddedDim(to.context, d, low[k]!, high[k]!, interior[k]!));
  const type = to.context.withShape(from, shape);
  if (cuts.some((c) => c === undefined)) return padded(to, x, value, type, { low, interior });
  const known = cuts as readonly AxisCut[];
  const left = from.shape.map((d, k) => dims.sub(d, known[k]!.first + known[k]!.last));
  if (left.some((d) => typeof d === "number" && d <= 0)) return filledTensor(to, type, value);
  const isCut = known.some((c) => c.first > 0 || c.last > 0);
  const starts = known.map((c) => c.first);
  const kept = isCut ? part(to, x, to.context.withShape(from, left), starts) : x;
  const isWhole = kept.type === type && interior.every((n, k) => n === 0 || left[k] === 1);
  if (isWhole) return kept;
  const steps = interior.map((n) => n + 1);
  return insertBlock(
    to,
    kept,
    filledTensor(to, type, value),
    known.map((c) => c.offset),
    steps,
  );
}

interface AxisCut {
  /** Elements cut off at the beginning and at the end. */
  readonly first: number;
  readonly last: number;
  /** Where the first element that is left goes. */
  readonly offset: number;
}

/** `undefined` where run time decides whether anything is left. */
function cutAxis(size: Dim, low: number, high: number, step: number): AxisCut | undefined {
  if ((low < 0 || high < 0) && typeof size !== "number") return undefined;
  const first = Math.max(0, Math.ceil(-low / step));
  const last = Math.max(0, Math.ceil(-high / step));
  return { first, last, offset: low + first * step };
}

const padStructure: Structure = (op, to) => {
  const { edge_padding_low: low, edge_padding_high: high, interior_padding: interior } = stablehlo.pad.attrsOf(op);
  const value = to.elementOfScalarTensor(op.operand(1));
  return [paddedWith(to, to.value(op.operand(0)), value, { low, high, interior })];
};

export const dataMovement: Readonly<Record<string, Structure>> = {
  "stablehlo.broadcast": broadcast,
  "stablehlo.broadcast_in_dim": broadcastInDim,
  "stablehlo.concatenate": concatenate,
  "stablehlo.pad": padStructure,
  "stablehlo.reshape": reshape,
  "stablehlo.reverse": reverse,
  "stablehlo.slice": slice,
  "stablehlo.transpose": transpose,
};
