/** @file Reductions over sliding windows, and their transpose. Source: StableHLO specification. */

import type { Context } from "../../context.js";
import { defineOp, type Evaluation } from "../../define.js";
import { isFloat } from "../../element.js";
import { i64Array, optionalAttr, variadic } from "../../kinds.js";
import { advance, emptyArray, filled, getScalar, type NdArray, setScalar, sizeOf } from "../../ndarray.js";
import type { Scalar } from "../../scalar.js";
import { printType } from "../../types.js";
import { pairs } from "./attributes.js";
import { hloTensor, scalarTensor } from "./constraints.js";
import { checkReduction, promoted, reducedTypes } from "./reduce.js";
import { combineOf, entryOf, foldOf, runOnEntries, soleOperation } from "./region-run.js";
import { joinShapes, mayEqual, printSizes } from "./shapes.js";
import { eachInWindow, type WindowAxis, windowAxes, windowCount } from "./window.js";

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
  const join = inputs.length === 1 ? joinEntries(inputs[0]!, getScalar(inits[0]!, 0), evaluation) : undefined;
  const run = (entries: readonly NdArray[]) => runOnEntries(evaluation, 0, entries);
  return reduceWindows(inputs, inits, axes, { context: evaluation.context, run, join });
}

/** How the entries under a window are joined: one by one, or all at once where that is known to be the same. */
export interface WindowBody {
  readonly context: Context;
  run(entries: readonly NdArray[]): readonly NdArray[];
  readonly join?: ((under: readonly number[]) => Scalar) | undefined;
}

/** The reduction of every window. The initial values have the elements of the results. */
export function reduceWindows(
  inputs: readonly NdArray[],
  inits: readonly NdArray[],
  axes: readonly WindowAxis[],
  { context, run, join }: WindowBody,
): readonly NdArray[] {
  const shape = inputs[0]!.shape.map((n, i) => windowCount(context, n, axes[i]!) as number);
  const outs = inits.map((init) => emptyArray(init.element, shape));
  const position = shape.map(() => 0);
  const under: number[] = [];
  for (let i = 0; i < sizeOf(shape); i++) {
    under.length = 0;
    eachInWindow(inputs[0]!.shape, axes, position, (at) => under.push(at));
    if (join) setScalar(outs[0]!, i, join(under));
    else {
      let results = inits;
      for (const at of under) results = run([...results, ...inputs.map((x) => entryOf(x, at))]);
      results.forEach((x, k) => setScalar(outs[k]!, i, getScalar(x, 0)));
    }
    advance(position, shape);
  }
  return outs;
}

/** Joins entries of one tensor where the body is recognised. Sums of floats are carried in doubles, as in `reduce`. */
function joinEntries(
  input: NdArray,
  init: Scalar,
  { op }: Evaluation,
): ((under: readonly number[]) => Scalar) | undefined {
  const fold = foldOf(op.region(0), input.element);
  if (fold && isFloat(input.element)) {
    const data = input.data as Float64Array;
    return (under) => {
      const row = Float64Array.from(under, (at) => data[at]!);
      return fold(init, row, 0, row.length, 1);
    };
  }
  const def = soleOperation(op.region(0));
  const combine = def && combineOf(def, input.element);
  return combine && ((under) => under.reduce((acc, at) => combine(acc, getScalar(input, at)), init));
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
    for (let i = 0; i < sizeOf(source.shape); i++) {
      const chosen = preferred(operand, axes, position, evaluation);
      if (chosen !== undefined) {
        const [joined] = runOnEntries(evaluation, 1, [entryOf(out, chosen), entryOf(source, i)]);
        setScalar(out, chosen, getScalar(joined!, 0));
      }
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

/** The first entry under the window, replaced by each later one that `select` does not prefer it to. */
function preferred(
  operand: NdArray,
  axes: readonly WindowAxis[],
  position: readonly number[],
  evaluation: Evaluation,
): number | undefined {
  let chosen: number | undefined;
  eachInWindow(operand.shape, axes, position, (at) => {
    if (chosen !== undefined) {
      const [keeps] = runOnEntries(evaluation, 0, [entryOf(operand, chosen), entryOf(operand, at)]);
      if (keeps!.data[0]) return;
    }
    chosen = at;
  });
  return chosen;
}
