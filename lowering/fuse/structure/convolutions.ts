/**
 * @file Structured forms of convolutions: generics over batch, groups, features and space, with the kernel's space and
 * input features as reductions. Padding and the dilation of the operand are a padded operand; groups split an axis in
 * two, which is another shape of the same elements. An axis that has one feature in each group is the group's as it is.
 */

import { affineMap } from "../../../ir/affine.js";
import { type AffineExpr, affineAdd, affineDim, affineMul } from "../../../ir/affine-expr.js";
import * as hlo from "../../../ir/dialects/stablehlo/convolution.js";
import type { ConvDimensionNumbers } from "../../../ir/dialects/stablehlo/convolution-numbers.js";
import type { Pair } from "../../../ir/dialects/stablehlo/window.js";
import type { Dim } from "../../../ir/dim.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { elementOf, type TensorType } from "../../../ir/types.js";
import { signless } from "../../signless.js";
import { IndexArithmetic, type Position } from "../../structured/index-arithmetic.js";
import type { Converter, Structure } from "./converter.js";
import { padded, paddedWith, reshaped } from "./data-movement.js";
import { defineSizes } from "./dynamic-shape.js";
import { boundedIndex } from "./indexing.js";
import { read } from "./loops.js";
import { accumulateProducts, parallelOr } from "./reductions.js";

const shapeOf = (x: Value): readonly Dim[] => (x.type as TensorType).shape;

/** The attributes both operations have, with what is left out filled in. */
interface Form {
  readonly d: ConvDimensionNumbers;
  readonly strides: readonly number[];
  readonly lhsDilation: readonly number[];
  readonly rhsDilation: readonly number[];
  readonly reversal: readonly boolean[];
  readonly featureGroups: number;
  readonly batchGroups: number;
}

function formOf(op: Operation): Form {
  const attrs = hlo.dynamicConv.attrsOf(op);
  const d = attrs.dimension_numbers;
  const ones = d.inputSpatialDimensions.map(() => 1);
  return {
    d,
    strides: attrs.window_strides ?? ones,
    lhsDilation: attrs.lhs_dilation ?? ones,
    rhsDilation: attrs.rhs_dilation ?? ones,
    reversal: attrs.window_reversal ?? ones.map(() => false),
    featureGroups: attrs.feature_group_count,
    batchGroups: attrs.batch_group_count,
  };
}

const convolution: Structure = (op, to) => {
  const form = formOf(op);
  const pairs = hlo.convolution.attrsOf(op).padding ?? form.strides.map((): Pair => [0, 0]);
  const x = to.value(op.operand(0));
  const perAxis = (amounts: readonly number[]): number[] => {
    const all = shapeOf(x).map(() => 0);
    form.d.inputSpatialDimensions.forEach((axis, k) => {
      all[axis] = amounts[k]!;
    });
    return all;
  };
  const padding = {
    low: perAxis(pairs.map((p) => p[0])),
    high: perAxis(pairs.map((p) => p[1])),
    interior: perAxis(form.lhsDilation.map((n) => n - 1)),
  };
  const zero = to.zero(to.context.types.scalar(elementOf(x.type)));
  return [convolve(to, op, form, paddedWith(to, x, zero, padding), to.resultType(op))];
};

/** The padding is read from its operand; the padded operand is as long as the windows reach. */
const dynamicConv: Structure = (op, to) => {
  const form = formOf(op);
  const { d } = form;
  const [x, kernel] = to.operands(op) as [Value, Value, Value];
  const at = new IndexArithmetic(to.builder);
  const pads = d.inputSpatialDimensions.map((_, k) => [paddingAt(to, op, k, 0), paddingAt(to, op, k, 1)] as const);
  const type = to.resultType(op);
  defineSizes(to, type, (axis) => {
    const k = d.outputSpatialDimensions.indexOf(axis);
    const size = to.axisSize(x, d.inputSpatialDimensions[k]!);
    const dilated = at.max(at.add(at.mul(at.sub(size, 1), form.lhsDilation[k]!), 1), 0);
    const room = at.sub(at.add(dilated, at.add(...pads[k]!)), reach(form, kernel, k) + 1);
    return at.value(at.floorDiv(at.max(at.add(room, form.strides[k]!), 0), form.strides[k]!));
  });
  const { dims } = to.context;
  const shape = shapeOf(x).map((size, axis): Dim => {
    const k = d.inputSpatialDimensions.indexOf(axis);
    if (k < 0) return size;
    const windows = dims.mul(dims.sub(type.shape[d.outputSpatialDimensions[k]!]!, 1), form.strides[k]!);
    return dims.max(dims.add(windows, reach(form, kernel, k) + 1), 0);
  });
  const zero = to.zero(to.context.types.scalar(elementOf(x.type)));
  const low = shape.map((_, axis): Position => pads[d.inputSpatialDimensions.indexOf(axis)]?.[0] ?? 0);
  const interior = shape.map((_, axis) => (form.lhsDilation[d.inputSpatialDimensions.indexOf(axis)] ?? 1) - 1);
  const wide = padded(to, x, zero, to.context.withShape(x.type as TensorType, shape), { low, interior });
  return [convolve(to, op, form, wide, type)];
};

/** How far the last element of a window is from its first. */
function reach({ d, rhsDilation }: Form, kernel: Value, k: number): number {
  return (Number(shapeOf(kernel)[d.kernelSpatialDimensions[k]!]) - 1) * rhsDilation[k]!;
}

function paddingAt(to: Converter, op: Operation, row: number, side: 0 | 1): Value {
  const old = op.operand(2);
  const element = read(to, to.value(old), [row, side]);
  const limit = 2 ** 40; // no tensor has as many elements
  return boundedIndex(to.builder, element, elementOf(old.type), -limit, limit);
}

/**
 * The dimensions of the iteration space: batch, group, output feature and space in the result's order, then input
 * feature and the kernel's space. Without groups there is no dimension for them, and where each has one output feature,
 * none for that.
 */
function convolve(to: Converter, op: Operation, form: Form, x: Value, type: TensorType): Value {
  const { d, featureGroups, batchGroups } = form;
  const groups = featureGroups * batchGroups;
  const isGrouped = groups > 1;
  const kernel = to.value(op.operand(1));
  const isSplit = (size: Dim): boolean => isGrouped && size !== groups;
  const splitsResult = isSplit(type.shape[d.outputFeatureDimension]!);
  const lhsGroupAxis = batchGroups > 1 ? d.inputBatchDimension : d.inputFeatureDimension;
  const splitsInput = isSplit(shapeOf(x)[lhsGroupAxis]!);
  const lhs = splitsInput ? split(to, x, lhsGroupAxis, groups) : x;
  const rhs = splitsResult ? split(to, kernel, d.kernelOutputFeatureDimension, groups) : kernel;
  const outShape = splitsResult ? splitShape(to, type.shape, d.outputFeatureDimension, groups) : type.shape;
  const space = spaceOf(form, outShape.length, shapeOf(kernel));
  const outType = to.context.types.tensor(outShape, elementOf(op.result.type));
  const rank = space.rank;
  const lhsMap = isGrouped ? withGroup(space.lhs, lhsGroupAxis, space.group, splitsInput) : space.lhs;
  const rhsMap = splitsResult ? withGroup(space.rhs, d.kernelOutputFeatureDimension, space.group, true) : space.rhs;
  const sum = accumulateProducts(to, op, {
    iterators: parallelOr(
      rank,
      Array.from({ length: rank - outShape.length }, (_, k) => outShape.length + k),
    ),
    inputs: [
      { value: lhs, map: affineMap(rank, 0, lhsMap) },
      { value: rhs, map: affineMap(rank, 0, rhsMap) },
    ],
    outMap: affineMap(
      rank,
      0,
      outShape.map((_, k) => affineDim(k)),
    ),
    type: outType,
  })[0]!;
  return splitsResult
    ? reshaped(to, sum, to.context.types.tensor(type.shape, signless(elementOf(op.result.type))))
    : sum;
}

interface ConvolutionSpace {
  readonly rank: number;
  /** Where each axis of the operands, before its group was split off, is read. */
  readonly lhs: readonly AffineExpr[];
  readonly rhs: readonly AffineExpr[];
  readonly group: AffineExpr;
}

function spaceOf(form: Form, outRank: number, kernelShape: readonly Dim[]): ConvolutionSpace {
  const { d } = form;
  // Result axes are dimensions; the group stands before the features that it was split from.
  const isGrouped = outRank > kernelShape.length;
  const outDim = (axis: number): AffineExpr =>
    affineDim(isGrouped && axis >= d.outputFeatureDimension ? axis + 1 : axis);
  const inputFeature = affineDim(outRank);
  const kernelDim = (k: number): AffineExpr => affineDim(outRank + 1 + k);
  const lhs: AffineExpr[] = [];
  const rhs: AffineExpr[] = [];
  lhs[d.inputBatchDimension] = outDim(d.outputBatchDimension);
  lhs[d.inputFeatureDimension] = inputFeature;
  rhs[d.kernelInputFeatureDimension] = inputFeature;
  rhs[d.kernelOutputFeatureDimension] = outDim(d.outputFeatureDimension);
  d.inputSpatialDimensions.forEach((axis, k) => {
    const dilation = form.rhsDilation[k]!;
    const size = Number(kernelShape[d.kernelSpatialDimensions[k]!]);
    // A window read backwards: the kernel's element k lies under size - 1 - k.
    const offset = form.reversal[k]!
      ? affineAdd(affineMul(kernelDim(k), -dilation), (size - 1) * dilation)
      : affineMul(kernelDim(k), dilation);
    lhs[axis] = affineAdd(affineMul(outDim(d.outputSpatialDimensions[k]!), form.strides[k]!), offset);
    rhs[d.kernelSpatialDimensions[k]!] = kernelDim(k);
  });
  const rank = outRank + 1 + d.inputSpatialDimensions.length;
  return { rank, lhs, rhs, group: affineDim(d.outputFeatureDimension) };
}

/** The group beside the position within it, or in its place where a group has one position. */
function withGroup(
  positions: readonly AffineExpr[],
  axis: number,
  group: AffineExpr,
  isSplit: boolean,
): readonly AffineExpr[] {
  return positions.toSpliced(axis, isSplit ? 0 : 1, group);
}

function splitShape(to: Converter, shape: readonly Dim[], axis: number, groups: number): readonly Dim[] {
  return shape.toSpliced(axis, 1, groups, to.context.dims.floorDiv(shape[axis]!, groups));
}

/** `axis` as `groups` parts, an axis of their own before it. */
function split(to: Converter, x: Value, axis: number, groups: number): Value {
  const type = x.type as TensorType;
  return reshaped(to, x, to.context.withShape(type, splitShape(to, type.shape, axis, groups)));
}

export const convolutions: Readonly<Record<string, Structure>> = {
  "stablehlo.convolution": convolution,
  "stablehlo.dynamic_conv": dynamicConv,
};
