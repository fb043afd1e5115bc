/** @file Reductions over sliding windows, and their transpose. Source: StableHLO specification. */

import type { Context } from "../../context.js";
import { defineOp, type Evaluation } from "../../define.js";
import { i64Array, optionalAttr, variadic } from "../../kinds.js";
import { advance, emptyArray, filled, getScalar, type NdArray, setScalar, sizeOf, stridesOf } from "../../ndarray.js";
import type { Scalar } from "../../scalar.js";
import { printType } from "../../types.js";
import { pairs } from "./attributes.js";
import { hloTensor, scalarTensor } from "./constraints.js";
import { checkReduction, promoted, reducedTypes } from "./reduce.js";
import { type Fold, foldOf } from "./region-run.js";
import { type ScalarBody, scalarBody } from "./scalar-body.js";
import { joinShapes, mayEqual, printSizes } from "./shapes.js";
import { eachWindowRow, type WindowAxis, windowAxes, windowCount, windowRuns } from "./window.js";

export const reduceWindow = defineOp("stablehlo.reduce_window", {
  summary: "Joins the elements under a sliding window with the body, beginning with the initial values.",
  operands: { inputs: variadic(hloTensor), init_values: variadic(hloTensor) },
  attrs: {
    window_dimensions: i64Array,
    window_strides: optionalAttr(i64Array),
    base_dilations: optionalAttr(i64Array),
    window_dilations: optionalAttr(i64Array),
    padding: optionalAttr(pairs),
  },
  results: { results: variadic(hloTensor) },
  regions: ["body"],
  traits: ["pure", "equal-groups"],
  infer({ inputs, init_values: inits }, attrs, inference) {
    const problem = checkReduction(inputs, inits, inference);
    if (problem !== undefined) return problem;
    const axes = axesOf(attrs);
    if (typeof axes === "string") return axes;
    const shape = joinShapes(inference.context, ...inputs.map((t) => t.shape))!;
    if (axes.length !== shape.length)
      return `the window has ${axes.length} axes, ${printType(inputs[0]!)} has ${shape.length}`;
    const counts = shape.map((d, i) => windowCount(inference.context, d, axes[i]!));
    return { results: reducedTypes(inits, counts, inference) };
  },
  evaluate({ inputs, init_values: inits }, attrs, evaluation) {
    const axes = axesOf(attrs) as readonly WindowAxis[];
    const [xs, starts] = [promoted(inputs, evaluation), promoted(inits, evaluation)];
    return { results: evaluateWindows(xs, starts, axes, evaluation) };
  },
});

function axesOf(attrs: {
  readonly window_dimensions: readonly number[];
  readonly window_strides: readonly number[] | undefined;
  readonly base_dilations: readonly number[] | undefined;
  readonly window_dilations: readonly number[] | undefined;
  readonly padding: readonly (readonly [number, number])[] | undefined;
}): readonly WindowAxis[] | string {
  return windowAxes({
    sizes: attrs.window_dimensions,
    strides: attrs.window_strides,
    baseDilations: attrs.base_dilations,
    windowDilations: attrs.window_dilations,
    padding: attrs.padding,
  });
}

function evaluateWindows(
  inputs: readonly NdArray[],
  inits: readonly NdArray[],
  axes: readonly WindowAxis[],
  evaluation: Evaluation,
): readonly NdArray[] {
  const fold = inputs.length === 1 ? foldOf(evaluation.op.region(0), inputs[0]!.element) : undefined;
  const body = fold ?? scalarBody(evaluation, 0);
  return reduceWindows(inputs, inits, axes, body, evaluation.context);
}

/** The reduction of every window. The initial values have the elements of the results. */
export function reduceWindows(
  inputs: readonly NdArray[],
  inits: readonly NdArray[],
  axes: readonly WindowAxis[],
  body: Fold | ScalarBody,
  context: Context,
): readonly NdArray[] {
  const [first] = inputs as readonly [NdArray];
  const shape = first.shape.map((n, i) => windowCount(context, n, axes[i]!) as number);
  const outs = inits.map((init) => emptyArray(init.element, shape));
  const [strides, runs] = [stridesOf(first.shape), windowRuns(first.shape, axes, shape)];
  const starts = inits.map((init) => getScalar(init, 0));
  const position = shape.map(() => 0);
  for (let i = 0; i < sizeOf(shape); i++) {
    if (typeof body === "function") {
      let values = starts;
      eachWindowRow(strides, runs, position, (start, count, step) => {
        values = joinRow(inputs, values, { start, count, step }, body);
      });
      for (let k = 0; k < outs.length; k++) setScalar(outs[k]!, i, values[k]!);
    } else {
      let total = starts[0]!;
      eachWindowRow(strides, runs, position, (start, count, step) => {
        total = body.accumulate(total, first.data, start, count, step);
      });
      setScalar(outs[0]!, i, body.finish(total));
    }
    advance(position, shape);
  }
  return outs;
}

interface Row {
  readonly start: number;
  readonly count: number;
  readonly step: number;
}

function joinRow(inputs: readonly NdArray[], values: readonly Scalar[], row: Row, body: ScalarBody): Scalar[] {
  let results = [...values];
  for (let i = 0, at = row.start; i < row.count; i++, at += row.step) {
    results = [...body([...results, ...inputs.map((x) => getScalar(x, at))])];
  }
  return results;
}

export const selectAndScatter = defineOp("stablehlo.select_and_scatter", {
  summary:
    "For each window, finds the element that `select` prefers and joins the source's element to it with `scatter`.",
  operands: { operand: hloTensor, source: hloTensor, init_value: scalarTensor },
  attrs: {
    window_dimensions: optionalAttr(i64Array),
    window_strides: optionalAttr(i64Array),
    padding: optionalAttr(pairs),
  },
  results: { result: hloTensor },
  regions: ["select", "scatter"],
  traits: ["pure"],
  infer({ operand, source, init_value: init }, attrs, { context }) {
    const axes = selectionAxes(attrs, operand.shape.length);
    if (typeof axes === "string") return axes;
    if (axes.length !== operand.shape.length)
      return `the window has ${axes.length} axes, ${printType(operand)} has ${operand.shape.length}`;
    if (source.element !== operand.element || init.element !== operand.element)
      return "operand, source and initial value differ in their elements";
    const counts = operand.shape.map((d, i) => windowCount(context, d, axes[i]!));
    const fits =
      source.shape.length === counts.length && counts.every((n, i) => mayEqual(context, n, source.shape[i]!));
    return fits
      ? { result: operand }
      : `the source has sizes ${printSizes(context, source.shape)}, the windows ${printSizes(context, counts)}`;
  },
  evaluate({ operand, source, init_value: init }, attrs, evaluation) {
    const axes = selectionAxes(attrs, operand.shape.length) as readonly WindowAxis[];
    const out = filled(operand.element, operand.shape, getScalar(init, 0));
    const position = source.shape.map(() => 0);
    const strides = stridesOf(operand.shape);
    const runs = windowRuns(operand.shape, axes, source.shape);
    const [keeps, join] = [scalarBody(evaluation, 0), scalarBody(evaluation, 1)];
    for (let i = 0; i < sizeOf(source.shape); i++) {
      let chosen: number | undefined;
      eachWindowRow(strides, runs, position, (start, count, step) => {
        chosen = preferred(operand, chosen, { start, count, step }, keeps);
      });
      if (chosen !== undefined) setScalar(out, chosen, join([getScalar(out, chosen), getScalar(source, i)])[0]!);
      advance(position, source.shape);
    }
    return { result: out };
  },
});

interface SelectionAttributes {
  readonly window_dimensions: readonly number[] | undefined;
  readonly window_strides: readonly number[] | undefined;
  readonly padding: readonly (readonly [number, number])[] | undefined;
}

function selectionAxes(
  { window_dimensions, window_strides, padding }: SelectionAttributes,
  rank: number,
): readonly WindowAxis[] | string {
  return windowAxes({ sizes: window_dimensions ?? new Array<number>(rank).fill(1), strides: window_strides, padding });
}

/** The entry chosen so far, replaced by each later one that `keeps` does not prefer it to. */
function preferred(operand: NdArray, chosen: number | undefined, row: Row, keeps: ScalarBody): number | undefined {
  let best = chosen;
  for (let i = 0, at = row.start; i < row.count; i++, at += row.step) {
    if (best === undefined || keeps([getScalar(operand, best), getScalar(operand, at)])[0] === 0) best = at;
  }
  return best;
}
