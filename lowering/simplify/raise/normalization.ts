/**
 * @file Layer, RMS and instance norm, found at the reciprocal deviation: 1 / sqrt(v + epsilon) as `rsqrt`, `sqrt` or a power,
 * where v is the mean square of x or of x less its mean. On the way up from there it is multiplied by x, and by a scale,
 * in any order; a shift may follow.
 */

import { instanceNorm, layerNorm, rmsNorm } from "../../../ir/composites/normalization.js";
import { square } from "../../../ir/dialects/chlo/elementwise.js";
import { select } from "../../../ir/dialects/stablehlo/choose.js";
import { convert } from "../../../ir/dialects/stablehlo/convert.js";
import {
  add,
  divide,
  maximum,
  multiply,
  power,
  rsqrt,
  sqrt,
  subtract,
} from "../../../ir/dialects/stablehlo/elementwise.js";
import { type ElementType, elementFacts } from "../../../ir/element.js";
import type { Operation, Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import { elementOf } from "../../../ir/types.js";
import { isCommonFloat, isNumber, numberOf, otherThan } from "./numbers.js";
import { onlyUser, type Raiser } from "./raiser.js";
import { isMean, reducedAxes, reductionOf } from "./reduction.js";
import { along, behind, isMovement, isSame, shapeOf, sourcesOf, type View, viewOf, whole } from "./view.js";

export const normRoots: readonly unknown[] = [rsqrt, sqrt, power];

/** Steps from the deviation up to the end of the form. */
const DEPTH = 10;

/** What the deviation says. */
interface Deviation {
  readonly variance: Value;
  readonly epsilon: number;
  /** Whether it is divided by, not multiplied with. */
  readonly divides: boolean;
  /** Operations from the variance up, as far as the form was followed. */
  readonly trail: Set<Operation>;
}

/** What is known on the way up. */
interface Climb {
  /** The last operation that belongs to the form. */
  top: Operation;
  readonly scales: Value[];
  bias: Value | undefined;
  /** The element that statistics are computed in, where the result is narrower. */
  narrowed: ElementType | undefined;
}

/** Which of the norms x, times or divided by the deviation, is. */
interface Norm {
  readonly x: Value;
  readonly axes: readonly number[];
  readonly isCentered: boolean;
  readonly reads: readonly Value[];
}

export function raiseNorm(op: Operation, raiser: Raiser): boolean {
  if (!isCommonFloat(elementOf(op.result.type))) return false;
  const deviation = deviationAt(op);
  if (!deviation) return false;
  const found = climb(op, deviation);
  return found !== undefined && rebuild(found.norm, found.climb, deviation.epsilon, raiser);
}

function deviationAt(op: Operation): Deviation | undefined {
  const exponent = power.matches(op) ? numberOf(op.operand(1)) : undefined;
  if (power.matches(op) && exponent !== 0.5 && exponent !== -0.5) return undefined;
  const divides = sqrt.matches(op) || exponent === 0.5;
  const sum = viewOf(op.operand(0)).value.definingOp;
  const [a, b] = add.matches(sum) ? sum!.operands : [];
  const epsilon = (b && numberOf(b)) ?? (a && numberOf(a));
  // An epsilon too small to count is gone.
  if (!sum || !a || !b || epsilon === undefined)
    return { variance: op.operand(0), epsilon: 0, divides, trail: new Set([op]) };
  const variance = numberOf(b) === undefined ? b : a;
  return epsilon >= 0 ? { variance, epsilon, divides, trail: new Set([sum, op]) } : undefined;
}

/** Multiplications by x and a scale, and a shift, above the deviation. */
function climb(start: Operation, deviation: Deviation): { readonly norm: Norm; readonly climb: Climb } | undefined {
  const state: Climb = { top: start, scales: [], bias: undefined, narrowed: undefined };
  let { divides } = deviation;
  let norm: Norm | undefined;
  for (let depth = 0; depth < DEPTH; depth++) {
    const below = state.top.result;
    const op = onlyUser(below);
    if (op?.results.length !== 1) break;
    const other = op.operands.length === 2 ? op.operands.find((x) => x !== below) : undefined;
    if (isMovement(op)) {
      if (norm || op.operand(0) !== below) break;
    } else if (divide.matches(op) && divides && op.operand(1) === below && other) {
      // 1 / sqrt(v) is multiplied with; x / sqrt(v) is the normal.
      divides = false;
      if (!isNumber(other, 1)) {
        norm = scaledNormOf(other, op, deviation, state);
        if (!norm) return undefined;
      }
    } else if (multiply.matches(op) && !divides && other) {
      const own = norm ? undefined : scaledNormOf(other, op, deviation, state);
      if (own) norm = own;
      else if (state.scales.length > 0 || (norm && !isParameter(other, norm))) break;
      else state.scales.push(other);
    } else if (add.matches(op) && norm?.isCentered && other && isParameter(other, norm)) {
      state.bias = other;
      state.top = op;
      break;
    } else if (convert.matches(op) && norm && isNarrowing(op, norm.x, state)) {
      state.narrowed = elementOf(op.result.type);
    } else break;
    state.top = op;
    deviation.trail.add(op);
  }
  const fits = norm && state.scales.every((scale) => isParameter(scale, norm));
  return norm && fits ? { norm, climb: state } : undefined;
}

/** x widened before, and the normal narrowed to what x was, before any scale. */
function isNarrowing(op: Operation, x: Value, { scales, narrowed }: Climb): boolean {
  const widening = x.definingOp;
  const element = elementOf(op.result.type);
  if (!convert.matches(widening) || scales.length > 0 || narrowed !== undefined) return false;
  return (
    elementOf(widening!.operand(0).type) === element &&
    elementFacts[element].bits < elementFacts[elementOf(x.type)].bits
  );
}

/** The norm of `value`, or of what a scale was multiplied with before: (scale * x) * deviation. */
function scaledNormOf(value: Value, product: Operation, deviation: Deviation, { scales }: Climb): Norm | undefined {
  const norm = normOf(value, product, deviation);
  const before = value.definingOp;
  if (norm || !multiply.matches(before) || scales.length > 0) return norm;
  for (const [x, scale] of [before!.operands, before!.operands.toReversed()] as [Value, Value][]) {
    const inner = normOf(x, product, deviation);
    if (!inner || !isParameter(scale, inner)) continue;
    scales.push(scale);
    return inner;
  }
  return undefined;
}

/** Whether `value`, multiplied with or divided by the deviation in `product`, is normalized by it. */
function normOf(value: Value, product: Operation, { variance, trail }: Deviation): Norm | undefined {
  const place = product.operands.map((x) => placeOf(whole(x), variance, trail, DEPTH)).find((view) => view);
  if (!place) return undefined;
  const centered = centeredOf(value);
  const r = reductionOf(place, peelVariance);
  if (!isMean(r)) return centered && momentsOf(place, centered);
  const inner = squared(whole(r.input))?.value;
  if (!inner) return undefined;
  const theirs = centeredOf(inner);
  if (!centered || !theirs) {
    const axes = reducedAxes(value, { ...r, input: inner });
    return axes && { x: value, axes, isCentered: false, reads: [...sourcesOf(value), inner] };
  }
  const axes = reducedAxes(centered.x, { ...r, input: theirs.x });
  const together = r.reduced.filter((axis) => shapeOf(inner)[axis] !== 1).toSorted((a, b) => a - b);
  if (!axes || axes.join() !== centered.axes.join() || theirs.axes.join() !== together.join()) return undefined;
  return { x: centered.x, axes, isCentered: true, reads: [...sourcesOf(centered.x), theirs.x] };
}

/** E[x^2] - E[x]^2 */
function momentsOf(variance: View, centered: Centered): Norm | undefined {
  const view = behindPeeled(variance);
  const op = view.value.definingOp;
  if (!subtract.matches(op)) return undefined;
  const squares = reductionOf(along(view, op!.operand(0)));
  const meanSquared = squared(behind(along(view, op!.operand(1))));
  const mean = meanSquared && reductionOf(meanSquared);
  const inner = squares && squared(whole(squares.input));
  if (!isMean(squares) || !isMean(mean) || !inner || !isSame(inner.value, mean.input)) return undefined;
  const axes = reducedAxes(centered.x, { ...squares, input: inner.value });
  const again = reducedAxes(centered.x, mean);
  if (!axes || axes.join() !== centered.axes.join() || again?.join() !== axes.join()) return undefined;
  return { x: centered.x, axes, isCentered: true, reads: [...sourcesOf(centered.x), inner.value] };
}

function behindPeeled(start: View): View {
  let view = behind(start);
  for (let next = peeled(view); next; next = peeled(view)) view = behind(along(view, next));
  return view;
}

const peeled = (view: View): Value | undefined => view.value.definingOp && peelVariance(view.value.definingOp);

/** max(v, 0), and v where the count is positive. */
function peelVariance(op: Operation): Value | undefined {
  if (maximum.matches(op)) return otherThan(op, 0);
  return select.matches(op) && numberOf(op.operand(0)) === 1 ? op.operand(1) : undefined;
}

/** The variance as who looks from `view` sees it, through the operations of the trail. */
function placeOf(view: View, variance: Value, trail: ReadonlySet<Operation>, depth: number): View | undefined {
  if (view.value === variance) return view;
  const here = behind(view);
  const op = here.value.definingOp;
  if (here.value === variance || !op || depth === 0) return here.value === variance ? here : undefined;
  if (!trail.has(op)) return undefined;
  for (const x of op.operands) {
    const place = placeOf(along(here, x), variance, trail, depth - 1);
    if (place) return place;
  }
  return undefined;
}

interface Centered {
  readonly x: Value;
  readonly axes: readonly number[];
}

/** x and the axes of its mean, if `value` is x less that. */
function centeredOf(value: Value): Centered | undefined {
  const op = value.definingOp;
  if (!subtract.matches(op)) return undefined;
  const mean = reductionOf(whole(op!.operand(1)));
  const axes = isMean(mean) ? reducedAxes(op!.operand(0), mean) : undefined;
  return axes && axes.length > 0 ? { x: op!.operand(0), axes } : undefined;
}

/** What is squared to give the value of a view. */
function squared(view: View): View | undefined {
  const op = view.value.definingOp;
  if (!op) return undefined;
  const isProduct = multiply.matches(op) && isSame(op.operand(0), op.operand(1));
  const isPower = power.matches(op) && isNumber(op.operand(1), 2);
  return isProduct || isPower || square.matches(op) ? along(view, op.operand(0)) : undefined;
}

/** The first axis of those normalized, where they are the last ones. */
function trailing({ x, axes }: Norm): number | undefined {
  const rank = shapeOf(x).length;
  const first = rank - axes.length;
  return axes.length > 0 && axes.every((axis, i) => axis === first + i) ? first : undefined;
}

/** Whether a factor or shift differs along the normalized axes only, or else along the channels of images only. */
function isParameter(value: Value, norm: Norm): boolean {
  const first = trailing(norm);
  if (first === undefined) return false;
  const { axes } = viewOf(value);
  const present = axes.filter((axis) => axis !== undefined);
  if (axes.length !== shapeOf(norm.x).length || present.some((axis, i) => axis <= (present[i - 1] ?? -1))) return false;
  return isTrailing(value, first) || isPerChannel(value, norm);
}

function isPerChannel(value: Value, norm: Norm): boolean {
  const { axes } = viewOf(value);
  return isImage(norm) && axes.length > 2 && axes.every((axis, i) => (axis === undefined) !== (i === 1));
}

const isImage = (norm: Norm): boolean => norm.isCentered && trailing(norm) === 2;

function rebuild(norm: Norm, { top, scales, bias, narrowed }: Climb, epsilon: number, raiser: Raiser): boolean {
  const axis = trailing(norm);
  if (
    axis === undefined ||
    shapeOf(norm.x)
      .slice(axis)
      .some((d) => typeof d !== "number")
  )
    return false;
  const x = narrowed === undefined ? norm.x : norm.x.definingOp!.operand(0);
  const [scale] = scales;
  const given = [scale, bias].filter((y) => y !== undefined);
  const isInstance = given.length > 0 && given.every((y) => isPerChannel(y, norm));
  if (!isInstance && given.some((y) => isPerChannel(y, norm) && !isTrailing(y, axis))) return false;
  const form = { axis, epsilon, precision: elementOf(norm.x.type) };
  const reads = [x, ...norm.reads, ...given];
  const made = raiser.raise(top, reads, (t) => {
    const sizes = isInstance ? [shapeOf(norm.x)[1] as number] : (shapeOf(norm.x).slice(axis) as readonly number[]);
    const place = (y: Value | undefined, otherwise: number): Value =>
      y === undefined ? t.fill(otherwise, sizes, elementOf(x.type)) : parameter(t, y, sizes, isInstance ? 1 : axis);
    if (isInstance) return instanceNorm(t, [x, place(scale, 1), place(bias, 0)], epsilon);
    if (!norm.isCentered) return rmsNorm(t, x, place(scale, 1), form);
    const shift = bias && place(bias, 0);
    return layerNorm(t, shift ? [x, place(scale, 1), shift] : [x, place(scale, 1)], form)[0]!;
  });
  return made !== undefined;
}

const isTrailing = (value: Value, first: number): boolean =>
  viewOf(value).axes.every((axis, i) => axis === undefined || i >= first);

/** A scale or shift over the axes from `first` on, of these sizes. */
function parameter(t: TensorBuilder, y: Value, sizes: readonly number[], first: number): Value {
  const { value, axes } = viewOf(y);
  const own = axes.slice(first, first + sizes.length);
  const present = own.filter((axis) => axis !== undefined);
  const squeezed = t.reshape(
    value,
    present.map((axis) => shapeOf(value)[axis]!),
  );
  const kept = own.flatMap((axis, i) => (axis === undefined ? [] : [i]));
  return t.broadcast(squeezed, sizes, kept);
}
