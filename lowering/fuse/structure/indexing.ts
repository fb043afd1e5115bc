/**
 * @file Structured forms of reads and writes at computed positions. What data decides is read and brought into bounds
 * in the body, from outer dimensions only; inner dimensions of whole slices are plain positions, so that a lookup of
 * rows is a copy of rows.
 */

import { affineMap } from "../../../ir/affine.js";
import { affineConstant, affineDim } from "../../../ir/affine-expr.js";
import type { Builder } from "../../../ir/builder.js";
import * as cast from "../../../ir/dialects/arith/cast.js";
import * as i from "../../../ir/dialects/arith/integer.js";
import type { GatherDimensionNumbers } from "../../../ir/dialects/stablehlo/attributes.js";
import * as hlo from "../../../ir/dialects/stablehlo/gather.js";
import { dynamicSlice, dynamicUpdateSlice } from "../../../ir/dialects/stablehlo/indexing.js";
import { otherAxes } from "../../../ir/dialects/stablehlo/shapes.js";
import * as tensor from "../../../ir/dialects/tensor/access.js";
import type { Dim } from "../../../ir/dim.js";
import { type ElementType, elementFacts } from "../../../ir/element.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { elementOf, type TensorType } from "../../../ir/types.js";
import { IndexArithmetic, type Position } from "../../structured/index-arithmetic.js";
import type { Converter, Structure } from "./converter.js";
import { gathered, insertBlock, sizePosition } from "./data-movement.js";
import { defineSizes, elementAsIndex } from "./dynamic-shape.js";
import { type Body, type Input, parallel } from "./generic.js";
import { constantLike } from "./scalars.js";

const shapeOf = (x: Value): readonly Dim[] => (x.type as TensorType).shape;

/**
 * An integer as an `index` brought into [low, high]. Integers of 64 bits are brought there as such, since some are no
 * positions at all.
 */
export function boundedIndex(b: Builder, x: Value, element: ElementType, low: number, high: Position): Value {
  const at = new IndexArithmetic(b);
  const { kind, bits } = elementFacts[element];
  if (bits < 64) return at.value(at.clamp(at.fromInteger(x, element), low, high));
  const bound = typeof high === "number" ? constantLike(b, high, x) : asInteger(b, high, x);
  if (kind === "uint") return at.fromInteger(b.value(i.minui, { lhs: x, rhs: bound }, {}), element);
  const below = b.value(i.minsi, { lhs: x, rhs: bound }, {});
  return at.fromInteger(b.value(i.maxsi, { lhs: below, rhs: constantLike(b, low, x) }, {}), element);
}

function asInteger(b: Builder, position: Value, like: Value): Value {
  return b.value(cast.indexCast, { in: position }, {}, { results: [like.type] });
}

/** How far a slice of `size` can be moved along an axis of `extent`. */
export function room(to: Converter, extent: Dim, size: Dim): Position {
  return new IndexArithmetic(to.builder).sub(sizePosition(to, extent), sizePosition(to, size));
}

interface Gathering {
  readonly numbers: GatherDimensionNumbers;
  /** Of the slices, per axis of the operand. */
  readonly sizes: readonly Dim[];
}

/** Axes of a tensor of indices without that of the index vectors. */
export function batchAxesOf(indices: Value, vectorAxis: number): readonly number[] {
  return otherAxes(shapeOf(indices).length, [vectorAxis]);
}

function gatherSlices(to: Converter, op: Operation, { numbers: d, sizes }: Gathering): Value {
  const [operand, indices] = to.operands(op) as [Value, Value];
  const element = elementOf(op.operand(1).type);
  const type = to.resultType(op);
  const rank = type.shape.length;
  const batch = otherAxes(rank, d.offsetDims);
  const indexAxes = batchAxesOf(indices, d.indexVectorDim);
  const extents = shapeOf(operand);
  // A slice as long as its axis can only begin at 0.
  const moving = d.startIndexMap.filter((axis) => extents[axis] !== sizes[axis]);
  const component = (axis: number): Input => ({
    value: indices,
    map: affineMap(
      rank,
      0,
      shapeOf(indices).map((_, k) =>
        k === d.indexVectorDim
          ? affineConstant(d.startIndexMap.indexOf(axis))
          : affineDim(batch[indexAxes.indexOf(k)]!),
      ),
    ),
  });
  const rooms = moving.map((axis) => room(to, extents[axis]!, sizes[axis]!));
  const kept = otherAxes(extents.length, [...d.collapsedSliceDims, ...d.operandBatchingDims]);
  return parallel(to, type, moving.map(component), ({ b, index }, starts) => {
    const at = new IndexArithmetic(b);
    const positions = extents.map((_, axis): Position => {
      const k = moving.indexOf(axis);
      const start = k < 0 ? 0 : boundedIndex(b, starts[k]!, element, 0, rooms[k]!);
      const shared = d.operandBatchingDims.indexOf(axis);
      if (shared >= 0) return index(batch[indexAxes.indexOf(d.startIndicesBatchingDims[shared]!)]!);
      return kept.includes(axis) ? at.add(start, index(d.offsetDims[kept.indexOf(axis)]!)) : start;
    });
    return readAt(b, operand, positions);
  });
}

function readAt(b: Builder, x: Value, positions: readonly Position[]): Value {
  const at = new IndexArithmetic(b);
  return b.value(tensor.extract, { tensor: x, indices: positions.map((p) => at.value(p)) }, {});
}

const gather: Structure = (op, to) => {
  const { dimension_numbers: numbers, slice_sizes: sizes } = hlo.gather.attrsOf(op);
  return [gatherSlices(to, op, { numbers, sizes })];
};

const dynamicGather: Structure = (op, to) => {
  const { dimension_numbers: numbers } = hlo.dynamicGather.attrsOf(op);
  const { shape } = to.resultType(op);
  const rank = shapeOf(op.operand(0)).length;
  const kept = otherAxes(rank, [...numbers.collapsedSliceDims, ...numbers.operandBatchingDims]);
  defineSizes(to, to.resultType(op), (axis) =>
    elementAsIndex(to, op.operand(2), kept[numbers.offsetDims.indexOf(axis)]!),
  );
  const sizes = Array.from({ length: rank }, (_, axis) =>
    kept.includes(axis) ? shape[numbers.offsetDims[kept.indexOf(axis)]!]! : 1,
  );
  return [gatherSlices(to, op, { numbers, sizes })];
};

/** Where a block of `sizes` begins, moved so that it lies inside `x`. */
function blockStarts(to: Converter, x: Value, starts: readonly Value[], sizes: readonly Dim[]): readonly Position[] {
  return shapeOf(x).map((extent, axis) => {
    if (extent === sizes[axis]) return 0;
    const start = to.elementOfScalarTensor(starts[axis]!);
    return boundedIndex(to.builder, start, elementOf(starts[axis]!.type), 0, room(to, extent, sizes[axis]!));
  });
}

const dynamicSliceStructure: Structure = (op, to) => {
  const { slice_sizes: sizes } = dynamicSlice.attrsOf(op);
  const x = to.value(op.operand(0));
  const starts = blockStarts(to, x, op.operands.slice(1), sizes);
  const positions = (at: IndexArithmetic, { index }: Body) => starts.map((start, axis) => at.add(start, index(axis)));
  return [gathered(to, to.resultType(op), x, positions)];
};

const dynamicUpdate: Structure = (op, to) => {
  const { operand, update, start_indices: starts } = dynamicUpdateSlice.operandsOf(op);
  const [x, y] = [to.value(operand), to.value(update)];
  if (shapeOf(x).length === 0) return [y];
  return [insertBlock(to, y, x, blockStarts(to, x, starts, shapeOf(y)))];
};

export const indexing: Readonly<Record<string, Structure>> = {
  "stablehlo.dynamic_gather": dynamicGather,
  "stablehlo.dynamic_slice": dynamicSliceStructure,
  "stablehlo.dynamic_update_slice": dynamicUpdate,
  "stablehlo.gather": gather,
};
