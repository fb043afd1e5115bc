/**
 * @file Pass `expand-einsum`: Einstein sums as diagonals, sums, a contraction and a transpose; `torch_index_select` as a
 * gather. A diagonal is a sum over the elements whose two positions agree.
 */

import { einsum, unaryEinsum } from "../../ir/dialects/stablehlo/einsum.js";
import { torchIndexSelect } from "../../ir/dialects/stablehlo/indexing.js";
import { range } from "../../ir/dialects/stablehlo/shapes.js";
import type { Operation, Value } from "../../ir/graph.js";
import type { TensorBuilder } from "../../ir/tensor-builder.js";
import { elementOf } from "../../ir/types.js";
import { expansionPass } from "./expand.js";

/** A tensor whose axes have labels, each label once. */
interface Labelled {
  readonly value: Value;
  readonly labels: readonly string[];
}

function parseConfig(text: string): {
  readonly inputs: readonly (readonly string[])[];
  readonly output: readonly string[];
} {
  const [left = "", right = ""] = text.replaceAll(/\s/g, "").split("->");
  return { inputs: left.split(",").map((labels) => [...labels]), output: [...right] };
}

/** Axes of one label become one. */
function diagonal(t: TensorBuilder, x: Labelled): Labelled {
  const again = x.labels.findIndex((label, axis) => x.labels.indexOf(label) !== axis);
  if (again < 0) return x;
  const first = x.labels.indexOf(x.labels[again]!);
  const shape = t.shape(x.value);
  const agree = t.eq(t.iota(shape, first, "i64"), t.iota(shape, again, "i64"));
  const zero = t.fillLike(0, x.value);
  const value = t.sum(t.select(agree, x.value, zero), [again]);
  return diagonal(t, { value, labels: x.labels.toSpliced(again, 1) });
}

/** Sums over the labels that nobody else asks for. */
function summed(t: TensorBuilder, x: Labelled, wanted: readonly string[]): Labelled {
  const axes = range(x.labels.length).filter((axis) => !wanted.includes(x.labels[axis]!));
  const value = t.sum(x.value, axes);
  return { value, labels: x.labels.filter((label) => wanted.includes(label)) };
}

function ordered(t: TensorBuilder, x: Labelled, output: readonly string[]): Value {
  return t.transpose(
    x.value,
    output.map((label) => x.labels.indexOf(label)),
  );
}

function one(t: TensorBuilder, op: Operation): readonly Value[] {
  const { inputs, output } = parseConfig(unaryEinsum.attrsOf(op).einsum_config);
  const x = summed(t, diagonal(t, { value: op.operand(0), labels: inputs[0]! }), output);
  return [ordered(t, x, output)];
}

function two(t: TensorBuilder, op: Operation): readonly Value[] {
  const { inputs, output } = parseConfig(einsum.attrsOf(op).einsum_config);
  const [left, right] = inputs.map((labels, k) => {
    const other = inputs[1 - k]!;
    return summed(t, diagonal(t, { value: op.operand(k), labels }), [...output, ...other]);
  }) as [Labelled, Labelled];
  const shared = left.labels.filter((label) => right.labels.includes(label));
  const [batch, contracted] = [
    shared.filter((label) => output.includes(label)),
    shared.filter((label) => !output.includes(label)),
  ];
  const axesOf = (x: Labelled, labels: readonly string[]) => labels.map((label) => x.labels.indexOf(label));
  const product = t.dot(
    left.value,
    right.value,
    {
      batch: [axesOf(left, batch), axesOf(right, batch)],
      contract: [axesOf(left, contracted), axesOf(right, contracted)],
    },
    elementOf(op.result.type),
  );
  const rest = (x: Labelled) => x.labels.filter((label) => !shared.includes(label));
  return [ordered(t, { value: product, labels: [...batch, ...rest(left), ...rest(right)] }, output)];
}

/** `result[b…, l…, i…, r…] = operand[b…, l…, index[b…, i…], r…]` */
function indexSelect(t: TensorBuilder, op: Operation): readonly Value[] {
  const { dim, batch_dims: batch } = torchIndexSelect.attrsOf(op);
  const [x, index] = op.operands as readonly [Value, Value];
  const rank = t.rank(x);
  const axis = dim < 0 ? dim + rank : dim;
  const picked = t.rank(index) - batch;
  const numbers = {
    offsetDims: [...range(axis).slice(batch), ...range(rank - axis - 1).map((k) => axis + picked + k)],
    collapsedSliceDims: [axis],
    operandBatchingDims: range(batch),
    startIndicesBatchingDims: range(batch),
    startIndexMap: [axis],
    indexVectorDim: t.rank(index),
  };
  const sizes = t.shape(x).map((d, k) => (k < batch || k === axis ? 1 : d));
  return [t.convert(t.gather(x, index, numbers, sizes), elementOf(op.result.type))];
}

export const expandEinsum = expansionPass("expand-einsum", "Writes Einstein sums and index selections out.", {
  [einsum.name]: two,
  [unaryEinsum.name]: one,
  [torchIndexSelect.name]: indexSelect,
});
