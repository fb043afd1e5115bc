/** @file Sorting along an axis. Source: StableHLO specification; the reference is always stable. */

import { defineOp, type Evaluation } from "../../define.js";
import { bool, defaultAttr, i64, variadic } from "../../kinds.js";
import { emptyArray, getScalar, type NdArray, setScalar, sizeOf, stridesOf } from "../../ndarray.js";
import type { Scalar } from "../../scalar.js";
import { printType } from "../../types.js";
import { hloTensor, scalarTensor } from "./constraints.js";
import { scalarBody } from "./scalar-body.js";
import { joinShapes, otherAxes } from "./shapes.js";

export const sort = defineOp("stablehlo.sort", {
  summary: "Tensors put in one order along an axis: the comparator says what comes before what.",
  operands: { inputs: variadic(hloTensor) },
  attrs: { dimension: defaultAttr(i64, -1), is_stable: defaultAttr(bool, false) },
  results: { results: variadic(hloTensor) },
  regions: ["comparator"],
  traits: ["pure"],
  infer({ inputs }, { dimension }, { context, regions }) {
    const shape = joinShapes(context, ...inputs.map((t) => t.shape));
    if (!shape) return `the shapes of ${inputs.map((t) => printType(t)).join(", ")} do not agree`;
    if (!(dimension >= -shape.length && dimension < shape.length)) return `there is no axis ${dimension}`;
    const [body] = regions;
    const yields = body?.yields[0];
    const isPredicate =
      body?.yields.length === 1 && yields !== undefined && scalarTensor.accepts(yields) && yields.element === "i1";
    const takes = inputs.flatMap((t) => [t.element, t.element]);
    const fits =
      body?.args.length === takes.length &&
      body.args.every((t, i) => scalarTensor.accepts(t) && t.element === takes[i]);
    if (!isPredicate || !fits) return "the comparator must take two elements of each tensor and return tensor<i1>";
    return { results: inputs.map((t) => context.withShape(t, shape)) };
  },
  evaluate({ inputs }, { dimension }, evaluation) {
    const rank = inputs[0]!.shape.length;
    return { results: sortAlong(inputs, dimension < 0 ? dimension + rank : dimension, evaluation) };
  },
});

function sortAlong(inputs: readonly NdArray[], axis: number, evaluation: Evaluation): readonly NdArray[] {
  const { shape } = inputs[0]!;
  const outs = inputs.map((x) => emptyArray(x.element, shape));
  const strides = stridesOf(shape);
  const [length, step] = [shape[axis]!, strides[axis]!];
  const others = otherAxes(shape.length, [axis]);
  const lines = sizeOf(others.map((a) => shape[a]!));
  const body = scalarBody(evaluation, 0);
  const pairs: Scalar[] = [];
  const isBefore = (a: number, b: number): boolean => {
    for (let k = 0; k < inputs.length; k++) {
      pairs[2 * k] = getScalar(inputs[k]!, a);
      pairs[2 * k + 1] = getScalar(inputs[k]!, b);
    }
    return body(pairs)[0] !== 0;
  };
  for (let line = 0; line < lines; line++) {
    const start = lineStart(line, others, shape, strides);
    const order = mergeSort(
      Array.from({ length }, (_, i) => start + i * step),
      isBefore,
    );
    order.forEach((from, i) => {
      outs.forEach((out, k) => setScalar(out, start + i * step, getScalar(inputs[k]!, from)));
    });
  }
  return outs;
}

/** Where the `line`-th line along the left-out axis begins. */
function lineStart(
  line: number,
  axes: readonly number[],
  shape: readonly number[],
  strides: readonly number[],
): number {
  let [at, rest] = [0, line];
  for (const axis of axes.toReversed()) {
    at += (rest % shape[axis]!) * strides[axis]!;
    rest = Math.floor(rest / shape[axis]!);
  }
  return at;
}

/** Stable; asks only whether a later item comes before an earlier one. */
export function mergeSort(items: readonly number[], isBefore: (a: number, b: number) => boolean): readonly number[] {
  if (items.length < 2) return items;
  const middle = items.length >> 1;
  const [left, right] = [mergeSort(items.slice(0, middle), isBefore), mergeSort(items.slice(middle), isBefore)];
  const merged: number[] = [];
  let [l, r] = [0, 0];
  while (l < left.length && r < right.length) merged.push(isBefore(right[r]!, left[l]!) ? right[r++]! : left[l++]!);
  return [...merged, ...left.slice(l), ...right.slice(r)];
}
