/** @file Scattering updates to computed indices. Source: StableHLO specification, "scatter". */

import { defineOp, type Evaluation, type Inference } from "../../define.js";
import type { Dim } from "../../dim.js";
import { bool, defaultAttr, variadic } from "../../kinds.js";
import { advance, getScalar, type NdArray, setScalar, sizeOf, stridesOf } from "../../ndarray.js";
import { printType, type TensorType } from "../../types.js";
import { type ScatterDimensionNumbers, scatterDimensionNumbers } from "./attributes.js";
import { hloTensor, integerTensor } from "./constraints.js";
import { indexBatchAxes, indexVectorReader } from "./gather.js";
import { promoted, reducedTypes } from "./reduce.js";
import { combineOf, soleOperation } from "./region-run.js";
import { scalarBody } from "./scalar-body.js";
import { checkAxes, firstProblem, joinShapes, mayEqual, otherAxes } from "./shapes.js";

interface Operands {
  readonly inputs: readonly TensorType[];
  readonly indices: TensorType;
  readonly updates: readonly TensorType[];
}

/** What is wrong with scatter's operands, then with its axes, then with the sizes they pair. */
function checkScatter(inference: Inference, operands: Operands, d: ScatterDimensionNumbers): string | undefined {
  const { context, regions } = inference;
  const { inputs, updates } = operands;
  const count = inputs.length;
  const [body] = regions;
  const problem = firstProblem(
    count === 0 && "there is nothing to scatter",
    !joinShapes(context, ...inputs.map((t) => t.shape)) && "the inputs differ in shape",
    !joinShapes(context, ...updates.map((t) => t.shape)) && "the updates differ in shape",
    inputs.some((t, i) => t.element !== updates[i]?.element) && "inputs and updates differ in their elements",
    body &&
      (body.args.length !== 2 * count || body.yields.length !== count) &&
      `the body must take ${2 * count} values and return ${count}`,
  );
  return problem ?? checkScatterAxes(inference, operands, d) ?? checkScatterSizes(inference, operands, d);
}

function checkScatterAxes({ context }: Inference, operands: Operands, d: ScatterDimensionNumbers): string | undefined {
  const { indices } = operands;
  const [input, update] = [operands.inputs[0]!, operands.updates[0]!];
  const [rank, indexRank] = [input.shape.length, indices.shape.length];
  const dropped = [...d.insertedWindowDims, ...d.inputBatchingDims];
  const indexed = [...d.scatterDimsToOperandDims, ...d.inputBatchingDims];
  const vectorSize = indices.shape[d.indexVectorDim] ?? 1;
  const batchRank = indexBatchAxes(indexRank, d.indexVectorDim).length;
  return firstProblem(
    !(d.indexVectorDim >= 0 && d.indexVectorDim <= indexRank) &&
      `index_vector_dim ${d.indexVectorDim} is no axis of ${printType(indices)}`,
    rank !== d.updateWindowDims.length + dropped.length &&
      `${d.updateWindowDims.length} window, ${d.insertedWindowDims.length} inserted and ${d.inputBatchingDims.length} batching axes for ${printType(input)}`,
    update.shape.length !== batchRank + d.updateWindowDims.length &&
      `${printType(update)} does not have ${batchRank} axes of indices and ${d.updateWindowDims.length} of windows`,
    !mayEqual(context, vectorSize, d.scatterDimsToOperandDims.length) &&
      `scatter_dims_to_operand_dims has ${d.scatterDimsToOperandDims.length} entries for index vectors of ${context.dims.print(vectorSize)}`,
    checkAxes("update_window_dims", d.updateWindowDims, update.shape.length),
    checkAxes("inserted_window_dims and input_batching_dims", dropped, rank),
    checkAxes("scatter_dims_to_operand_dims and input_batching_dims", indexed, rank),
    checkAxes("scatter_indices_batching_dims", d.scatterIndicesBatchingDims, indexRank),
    d.scatterIndicesBatchingDims.length !== d.inputBatchingDims.length &&
      "inputs and indices have different numbers of batching axes",
    d.scatterIndicesBatchingDims.includes(d.indexVectorDim) && "index_vector_dim cannot be a batching axis",
  );
}

/** Once the axes are known to be right. */
function checkScatterSizes({ context }: Inference, operands: Operands, d: ScatterDimensionNumbers): string | undefined {
  const { indices } = operands;
  const [input, update] = [operands.inputs[0]!, operands.updates[0]!];
  const batchAxes = indexBatchAxes(indices.shape.length, d.indexVectorDim);
  const windowAxes = otherAxes(input.shape.length, [...d.insertedWindowDims, ...d.inputBatchingDims]);
  const fits = (size: Dim, room: Dim) => !context.dims.provablyGreater(size, room);
  return firstProblem(
    ...otherAxes(update.shape.length, d.updateWindowDims).map(
      (axis, i) =>
        !mayEqual(context, update.shape[axis]!, indices.shape[batchAxes[i]!]!) &&
        `axis ${axis} of ${printType(update)} is not as long as the indices`,
    ),
    ...d.updateWindowDims.map(
      (axis, i) =>
        !fits(update.shape[axis]!, input.shape[windowAxes[i]!]!) &&
        `axis ${axis} of ${printType(update)} does not fit axis ${windowAxes[i]} of ${printType(input)}`,
    ),
    ...d.inputBatchingDims.map(
      (axis, i) =>
        !mayEqual(context, input.shape[axis]!, indices.shape[d.scatterIndicesBatchingDims[i]!]!) &&
        `batching axis ${axis} differs in size`,
    ),
  );
}

export const scatter = defineOp("stablehlo.scatter", {
  summary: "The inputs with updates joined to them, by the body, at computed indices; what falls outside is left out.",
  operands: { inputs: variadic(hloTensor), scatter_indices: integerTensor, updates: variadic(hloTensor) },
  attrs: {
    scatter_dimension_numbers: scatterDimensionNumbers,
    indices_are_sorted: defaultAttr(bool, false),
    unique_indices: defaultAttr(bool, false),
  },
  results: { results: variadic(hloTensor) },
  regions: ["update_computation"],
  traits: ["pure", "equal-groups"],
  infer({ inputs, scatter_indices: indices, updates }, { scatter_dimension_numbers: d }, inference) {
    const problem = checkScatter(inference, { inputs, indices, updates }, d);
    return (
      problem ?? {
        results: reducedTypes(inputs, joinShapes(inference.context, ...inputs.map((t) => t.shape))!, inference),
      }
    );
  },
  evaluate({ inputs, scatter_indices: indices, updates }, { scatter_dimension_numbers: d }, evaluation) {
    const results = promoted(inputs, evaluation).map((x) => ({ ...x, data: x.data.slice() }));
    scatterInto(results, indices, promoted(updates, evaluation), d, evaluation);
    return { results };
  },
});

/** Updates in row-major order of their indices. */
function scatterInto(
  results: readonly NdArray[],
  indices: NdArray,
  updates: readonly NdArray[],
  d: ScatterDimensionNumbers,
  evaluation: Evaluation,
): void {
  const { shape } = updates[0]!;
  const positionOf = targetPosition(results[0]!.shape, indices, shape, d);
  const join = joiner(results, updates, evaluation);
  const index = shape.map(() => 0);
  for (let i = 0; i < sizeOf(shape); i++) {
    const at = positionOf(index);
    if (at !== undefined) join(at, i);
    advance(index, shape);
  }
}

/** The position in the inputs that an update goes to; `undefined` where its window is not inside. */
function targetPosition(
  inputShape: readonly number[],
  indices: NdArray,
  updateShape: readonly number[],
  d: ScatterDimensionNumbers,
): (index: readonly number[]) => number | undefined {
  const strides = stridesOf(inputShape);
  const read = indexVectorReader(indices, d.indexVectorDim, d.scatterDimsToOperandDims.length);
  const scatterAxes = otherAxes(updateShape.length, d.updateWindowDims);
  const batchAxes = indexBatchAxes(indices.shape.length, d.indexVectorDim);
  const windowAxes = otherAxes(inputShape.length, [...d.insertedWindowDims, ...d.inputBatchingDims]);
  return (index) => {
    const batch = scatterAxes.map((axis) => index[axis]!);
    const position = inputShape.map(() => 0);
    read(batch).forEach((start, k) => {
      position[d.scatterDimsToOperandDims[k]!] = start;
    });
    d.inputBatchingDims.forEach((axis, k) => {
      position[axis] = batch[batchAxes.indexOf(d.scatterIndicesBatchingDims[k]!)]!;
    });
    windowAxes.forEach((axis, k) => {
      position[axis]! += index[d.updateWindowDims[k]!]!;
    });
    const isInside = position.every((p, axis) => p >= 0 && p < inputShape[axis]!);
    return isInside ? position.reduce((sum, p, axis) => sum + p * strides[axis]!, 0) : undefined;
  };
}

/** Joins update `i` to the entries at a position. */
function joiner(
  results: readonly NdArray[],
  updates: readonly NdArray[],
  evaluation: Evaluation,
): (at: number, i: number) => void {
  const [result, update] = [results[0]!, updates[0]!];
  const def = results.length === 1 ? soleOperation(evaluation.op.region(0)) : undefined;
  const combine = def && combineOf(def, result.element);
  if (combine) return (at, i) => setScalar(result, at, combine(getScalar(result, at), getScalar(update, i)));
  const body = scalarBody(evaluation, 0);
  return (at, i) => {
    const entries = [...results.map((x) => getScalar(x, at)), ...updates.map((x) => getScalar(x, i))];
    const joined = body(entries);
    for (let k = 0; k < results.length; k++) setScalar(results[k]!, at, joined[k]!);
  };
}
