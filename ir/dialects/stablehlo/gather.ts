/** @file Gathering slices at computed indices. Source: StableHLO specification, "gather". */

import { defineOp, type Inference } from "../../define.js";
import type { Dim } from "../../dim.js";
import { bool, defaultAttr, i64Array } from "../../kinds.js";
import { eachIndex, emptyArray, type NdArray, stridesOf } from "../../ndarray.js";
import { copyStrided } from "../../ndarray-layout.js";
import { printType, type TensorType } from "../../types.js";
import { type GatherDimensionNumbers, gatherDimensionNumbers } from "./attributes.js";
import { dimensionTensor, hloTensor, integerTensor } from "./constraints.js";
import { sizesIn } from "./dynamic-shape.js";
import { checkAxes, firstProblem, givenTensor, mayEqual, otherAxes } from "./shapes.js";

const isSorted = (list: readonly number[]): boolean => list.every((x, i) => i === 0 || list[i - 1]! < x);

/** Axes of a tensor of indices without the one that holds the index vectors, which may be one past the last. */
export function indexBatchAxes(rank: number, vectorAxis: number): number[] {
  return otherAxes(rank, [vectorAxis]);
}

/** What is wrong with gather's axes, then with the sizes they pair. */
function checkGather(inference: Inference, operands: Gathered, d: GatherDimensionNumbers): string | undefined {
  return checkGatherAxes(inference, operands, d) ?? checkGatherSizes(inference, operands, d);
}

interface Gathered {
  readonly operand: TensorType;
  readonly indices: TensorType;
  readonly sizes: readonly Dim[];
}

function checkGatherAxes(
  { context }: Inference,
  { operand, indices, sizes }: Gathered,
  d: GatherDimensionNumbers,
): string | undefined {
  const [rank, indexRank] = [operand.shape.length, indices.shape.length];
  const vectorSize = indices.shape[d.indexVectorDim] ?? 1;
  const batchRank = indexBatchAxes(indexRank, d.indexVectorDim).length;
  const dropped = [...d.collapsedSliceDims, ...d.operandBatchingDims];
  return firstProblem(
    !(d.indexVectorDim >= 0 && d.indexVectorDim <= indexRank) &&
      `index_vector_dim ${d.indexVectorDim} is no axis of ${printType(indices)}`,
    rank !== d.offsetDims.length + dropped.length &&
      `${d.offsetDims.length} offset, ${d.collapsedSliceDims.length} collapsed and ${d.operandBatchingDims.length} batching axes for ${printType(operand)}`,
    sizes.length !== rank && `${sizes.length} slice sizes for ${printType(operand)}`,
    !mayEqual(context, vectorSize, d.startIndexMap.length) &&
      `start_index_map has ${d.startIndexMap.length} entries for index vectors of ${context.dims.print(vectorSize)}`,
    checkAxes("offset_dims", d.offsetDims, batchRank + d.offsetDims.length),
    checkAxes("collapsed_slice_dims and operand_batching_dims", dropped, rank),
    checkAxes("start_index_map and operand_batching_dims", [...d.startIndexMap, ...d.operandBatchingDims], rank),
    checkAxes("start_indices_batching_dims", d.startIndicesBatchingDims, indexRank),
    d.startIndicesBatchingDims.includes(d.indexVectorDim) && "index_vector_dim cannot be a batching axis",
    d.startIndicesBatchingDims.length !== d.operandBatchingDims.length &&
      "operand and indices have different numbers of batching axes",
    ![d.offsetDims, d.collapsedSliceDims, d.operandBatchingDims].every(isSorted) &&
      "offset, collapsed and batching axes are given in order",
  );
}

/** Once the axes are known to be right. */
function checkGatherSizes(
  { context }: Inference,
  { operand, indices, sizes }: Gathered,
  d: GatherDimensionNumbers,
): string | undefined {
  const { dims } = context;
  const dropped = [...d.collapsedSliceDims, ...d.operandBatchingDims];
  return firstProblem(
    ...sizes.map(
      (n, i) =>
        (dims.provablyLess(n, 0) || dims.provablyGreater(n, operand.shape[i]!)) &&
        `slice size ${dims.print(n)} does not fit axis ${i} of ${printType(operand)}`,
    ),
    ...dropped.map(
      (axis) =>
        dims.provablyGreater(sizes[axis]!, 1) &&
        `the slice size of axis ${axis}, which the result drops, must be 1 or 0`,
    ),
    ...d.operandBatchingDims.map(
      (axis, i) =>
        !mayEqual(context, operand.shape[axis]!, indices.shape[d.startIndicesBatchingDims[i]!]!) &&
        `batching axis ${axis} differs in size`,
    ),
  );
}

/** Sizes of the result: batch axes from the indices, offset axes from the slices. */
function gatheredShape<D>(indexShape: readonly D[], d: GatherDimensionNumbers, sizes: readonly D[]): D[] {
  const batch = indexBatchAxes(indexShape.length, d.indexVectorDim).map((axis) => indexShape[axis]!);
  const offset = otherAxes(sizes.length, [...d.collapsedSliceDims, ...d.operandBatchingDims]).map(
    (axis) => sizes[axis]!,
  );
  let [b, o] = [0, 0];
  return Array.from({ length: batch.length + offset.length }, (_, axis) =>
    d.offsetDims.includes(axis) ? offset[o++]! : batch[b++]!,
  );
}

export const gather = defineOp("stablehlo.gather", {
  summary: "Slices of the operand at the positions that index vectors give, moved so that they lie inside.",
  operands: { operand: hloTensor, start_indices: integerTensor },
  attrs: {
    dimension_numbers: gatherDimensionNumbers,
    slice_sizes: i64Array,
    indices_are_sorted: defaultAttr(bool, false),
  },
  results: { result: hloTensor },
  traits: ["pure"],
  infer({ operand, start_indices: indices }, { dimension_numbers: d, slice_sizes: sizes }, inference) {
    const problem = checkGather(inference, { operand, indices, sizes }, d);
    return (
      problem ?? {
        result: inference.context.types.tensor(gatheredShape<Dim>(indices.shape, d, sizes), operand.element),
      }
    );
  },
  evaluate: ({ operand, start_indices: indices }, { dimension_numbers: d, slice_sizes: sizes }) => ({
    result: gatherSlices(operand, indices, d, sizes),
  }),
});

export const dynamicGather = defineOp("stablehlo.dynamic_gather", {
  summary: "Like gather, with slice sizes computed by the program.",
  operands: { operand: hloTensor, start_indices: integerTensor, slice_sizes: dimensionTensor },
  attrs: { dimension_numbers: gatherDimensionNumbers, indices_are_sorted: defaultAttr(bool, false) },
  results: { result: hloTensor },
  traits: ["pure"],
  infer({ operand, start_indices: indices, slice_sizes: count }, { dimension_numbers: d }, inference) {
    const { context } = inference;
    const sizes = new Array<Dim>(count.shape[0] as number).fill(context.unknownDim);
    const known = checkGather(inference, { operand, indices, sizes: sizes.map(() => 0) }, d);
    if (known !== undefined) return known;
    const shape = gatheredShape<Dim>(indices.shape, d, sizes);
    return { result: context.types.tensor(shape, givenTensor(inference)?.element ?? operand.element) };
  },
  evaluate: ({ operand, start_indices: indices, slice_sizes: sizes }, { dimension_numbers: d }) => ({
    result: gatherSlices(operand, indices, d, sizesIn(sizes)),
  }),
});

function gatherSlices(
  operand: NdArray,
  indices: NdArray,
  d: GatherDimensionNumbers,
  sizes: readonly number[],
): NdArray {
  const out = emptyArray(operand.element, gatheredShape(indices.shape, d, sizes));
  const [from, to] = [stridesOf(operand.shape), stridesOf(out.shape)];
  const kept = otherAxes(sizes.length, [...d.collapsedSliceDims, ...d.operandBatchingDims]);
  const window = kept.map((axis) => sizes[axis]!);
  const fromStrides = kept.map((axis) => from[axis]!);
  const toStrides = d.offsetDims.map((axis) => to[axis]!);
  const batchAxes = otherAxes(out.shape.length, d.offsetDims);
  const batchShape = batchAxes.map((axis) => out.shape[axis]!);
  const startOf = sliceStart(operand, indices, d, sizes);
  for (const batch of eachIndex(batchShape)) {
    const source = startOf(batch).reduce((sum, start, axis) => sum + start * from[axis]!, 0);
    const target = batch.reduce((sum, x, i) => sum + x * to[batchAxes[i]!]!, 0);
    copyStrided(window, out, { offset: target, strides: toStrides }, operand, { offset: source, strides: fromStrides });
  }
  return out;
}

/** Where the slice of a batch index begins in the operand, moved so that it lies inside. */
function sliceStart(
  operand: NdArray,
  indices: NdArray,
  d: GatherDimensionNumbers,
  sizes: readonly number[],
): (batch: readonly number[]) => number[] {
  const read = indexVectorReader(indices, d.indexVectorDim, d.startIndexMap.length);
  const batchAxes = indexBatchAxes(indices.shape.length, d.indexVectorDim);
  return (batch) => {
    const starts = operand.shape.map(() => 0);
    const vector = read(batch);
    d.startIndexMap.forEach((axis, k) => {
      starts[axis] = Math.min(Math.max(vector[k]!, 0), operand.shape[axis]! - sizes[axis]!);
    });
    d.operandBatchingDims.forEach((axis, k) => {
      starts[axis] = batch[batchAxes.indexOf(d.startIndicesBatchingDims[k]!)]!;
    });
    return starts;
  };
}

/** Reads the index vector of a batch index; the axis of the vectors may be absent, and they are then of length 1. */
export function indexVectorReader(
  indices: NdArray,
  vectorAxis: number,
  length: number,
): (batch: readonly number[]) => number[] {
  const strides = stridesOf(indices.shape);
  const step = strides[vectorAxis] ?? 0;
  const batchStrides = indexBatchAxes(indices.shape.length, vectorAxis).map((axis) => strides[axis]!);
  return (batch) => {
    const at = batch.reduce((sum, x, i) => sum + x * batchStrides[i]!, 0);
    return Array.from({ length }, (_, k) => Number(indices.data[at + k * step]));
  };
}
