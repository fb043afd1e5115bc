/**
 * @file Values seen through data movement: a view says of which value a tensor shows the elements, and along which of its
 * axes. Transposes, broadcasts and reshapes that add or drop axes of size 1 are looked through, so that forms are compared
 * whatever the order of axes and however often an axis was added. Invariant: axes of size 1 and repeated ones map to nothing.
 */

import { dynamicBroadcastInDim, dynamicReshape } from "../../../ir/dialects/stablehlo/dynamic-shape.js";
import { add, divide, maximum, multiply, negate } from "../../../ir/dialects/stablehlo/elementwise.js";
import { reduce } from "../../../ir/dialects/stablehlo/reduce.js";
import { broadcastInDim, reshape, transpose } from "../../../ir/dialects/stablehlo/shape.js";
import type { Dim } from "../../../ir/dim.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { sameAttr } from "../../../ir/rewrite.js";
import { isNumber, numberOf } from "./numbers.js";

/** For each axis of whoever looks, that of `value`; `undefined` where elements are repeated or there is but one. */
export type Axes = readonly (number | undefined)[];

export interface View {
  readonly value: Value;
  readonly axes: Axes;
}

const movements = [broadcastInDim, dynamicBroadcastInDim, reshape, dynamicReshape, transpose];

/** Whether each element of the result is one of the first operand, and all of those appear. */
export const isMovement = (op: Operation): boolean => movements.some((def) => def.matches(op));

export const shapeOf = (value: Value): readonly Dim[] => (value.type.kind === "tensor" ? value.type.shape : []);

/** A value as it is. */
export const whole = (value: Value): View => ({
  value,
  axes: shapeOf(value).map((d, axis) => (d === 1 ? undefined : axis)),
});

/** The value behind all movement. */
export function behind(view: View): View {
  let { value, axes } = view;
  for (;;) {
    const op = value.definingOp;
    const step = op && isMovement(op) ? sourceAxes(op) : undefined;
    if (!op || !step) return { value, axes };
    value = step.source ?? op.operand(0);
    axes = axes.map((axis) => (axis === undefined ? undefined : step.axes[axis]));
  }
}

export const viewOf = (value: Value): View => behind(whole(value));

/** A value and what it shows: either is read where a form reduces it before it is transposed. */
export const sourcesOf = (value: Value): readonly Value[] => [value, viewOf(value).value];

/** The same places of another value of the same shape, as elementwise operations relate their operands and result. */
export const along = (view: View, value: Value): View => ({ value, axes: view.axes });

interface Step {
  /** For each axis of the result that of the source. */
  readonly axes: Axes;
  /** The first operand, if not given. */
  readonly source?: Value;
}

function sourceAxes(op: Operation): Step | undefined {
  const [from, to] = [shapeOf(op.operand(0)), shapeOf(op.result)];
  if (transpose.matches(op))
    return { axes: transpose.attrsOf(op).permutation.map((axis) => (from[axis] === 1 ? undefined : axis)) };
  if (reshape.matches(op) || dynamicReshape.matches(op)) return reshapedAxes(from, to) ?? swappedAxes(op);
  const places = (broadcastInDim.matches(op) ? broadcastInDim : dynamicBroadcastInDim).attrsOf(op).broadcast_dimensions;
  const axes: (number | undefined)[] = to.map(() => undefined);
  for (const [axis, place] of places.entries()) {
    if (from[axis] === 1) continue;
    if (from[axis] !== to[place]) return undefined;
    axes[place] = axis;
  }
  return { axes };
}

/** The axes of a reshape that only adds and drops those of size 1. */
function reshapedAxes(from: readonly Dim[], to: readonly Dim[]): Step | undefined {
  const rest = from.flatMap((d, axis) => (d === 1 ? [] : [axis]));
  const axes = to.map((d) => (d === 1 ? undefined : rest.shift()));
  const fits =
    rest.length === 0 && axes.every((axis, i) => to[i] === 1 || (axis !== undefined && from[axis] === to[i]));
  return fits ? { axes } : undefined;
}

/** The last two axes swapped while those before were one: `[b, h, m, n]` as `[bh, m, n]`, `[bh, n, m]`, `[b, h, n, m]`. */
function swappedAxes(op: Operation): Step | undefined {
  const swap = op.operand(0).definingOp;
  const merge = swap?.operands[0]?.definingOp;
  if (!transpose.matches(swap) || !merge || !(reshape.matches(merge) || dynamicReshape.matches(merge)))
    return undefined;
  const source = merge.operand(0);
  const [from, merged, to] = [shapeOf(source), shapeOf(merge.result), shapeOf(op.result)];
  const rank = from.length;
  if (transpose.attrsOf(swap!).permutation.join() !== "0,2,1" || rank < 3 || to.length !== rank) return undefined;
  const order = [...from.keys()].slice(0, -2).concat(rank - 1, rank - 2);
  const fits = from[rank - 2] === merged[1] && from[rank - 1] === merged[2] && order.every((a, i) => to[i] === from[a]);
  return fits ? { source, axes: order.map((axis) => (from[axis] === 1 ? undefined : axis)) } : undefined;
}

/** Whether two values are computed in the same way; exporters repeat themselves. */
export function isSame(a: Value, b: Value, depth = 6): boolean {
  if (a === b) return true;
  const [x, y] = [a.definingOp, b.definingOp];
  if (!x || !y || depth === 0 || x.def !== y.def || a.type !== b.type || a.index !== b.index) return false;
  if (!x.def.traits.includes("pure") || x.regions.length > 0 || x.operands.length !== y.operands.length) return false;
  return sameAttr(x.attrs, y.attrs) && x.operands.every((p, i) => isSame(p, y.operands[i]!, depth - 1));
}

export const isSameView = (a: View, b: View): boolean =>
  a.axes.length === b.axes.length && a.axes.every((axis, i) => axis === b.axes[i]) && isSame(a.value, b.value);

/** A sum or maximum of `input` along some of its axes, times `factor`, spread over the axes of whoever looks. */
export interface Reduction {
  readonly how: "add" | "max";
  readonly input: Value;
  readonly axes: Axes;
  readonly reduced: readonly number[];
  readonly factor: number;
}

/** `peel` gives what a harmless operation is about, such as the maximum of variances and 0. */
export function reductionOf(start: View, peel: (op: Operation) => Value | undefined = () => undefined) {
  let factor = 1;
  let view = behind(start);
  for (let op = view.value.definingOp; op; op = view.value.definingOp) {
    if (reduce.matches(op)) return reductionAt(op, view.axes, factor);
    const by = factorOf(op);
    const next = by?.value ?? peel(op) ?? (maximum.matches(op) ? otherThan(op, Number.NEGATIVE_INFINITY) : undefined);
    if (next === undefined) return undefined;
    factor *= by?.factor ?? 1;
    view = behind(along(view, next));
  }
  return undefined;
}

function reductionAt(op: Operation, axes: Axes, factor: number): Reduction | undefined {
  if (op.operands.length !== 2) return undefined;
  const how = joining(op);
  const initial = numberOf(op.operand(1));
  if (how === undefined || initial !== (how === "add" ? 0 : Number.NEGATIVE_INFINITY)) return undefined;
  const input = op.operand(0);
  const reduced = reduce.attrsOf(op).dimensions;
  const kept = [...shapeOf(input).keys()].filter((axis) => !reduced.includes(axis));
  return { how, input, axes: axes.map((a) => (a === undefined ? undefined : kept[a])), reduced, factor };
}

function joining(op: Operation): Reduction["how"] | undefined {
  const [block, ...more] = op.region(0).blocks;
  const body = block?.first;
  if (!block || more.length > 0 || !body || body.next !== block.last || block.args.length !== 2) return undefined;
  const joins = body.operands.length === 2 && new Set(body.operands).size === 2;
  if (!joins || !body.operands.every((x) => block.args.includes(x)) || block.last?.operands[0] !== body.result)
    return undefined;
  if (add.matches(body)) return "add";
  return maximum.matches(body) ? "max" : undefined;
}

/** `x` and c where `op` is x * c, c * x, x / c or -x. */
export function factorOf(op: Operation): { readonly value: Value; readonly factor: number } | undefined {
  if (negate.matches(op)) return { value: op.operand(0), factor: -1 };
  if (!multiply.matches(op) && !divide.matches(op)) return undefined;
  const [x, y] = op.operands as readonly [Value, Value];
  const right = numberOf(y);
  if (right !== undefined) return { value: x, factor: divide.matches(op) ? 1 / right : right };
  const left = multiply.matches(op) ? numberOf(x) : undefined;
  return left === undefined ? undefined : { value: y, factor: left };
}

/** The operand of a commutative operation beside the number `x`. */
export function otherThan(op: Operation, x: number): Value | undefined {
  const [a, b] = op.operands as readonly [Value, Value];
  if (isNumber(b, x)) return a;
  return isNumber(a, x) ? b : undefined;
}

/**
 * The axes of `x` that are reduced where a reduction stands beside it elementwise: it reduces `x` itself, and its elements
 * stand where those are that they were reduced from. `undefined` where that is not so.
 */
export function reducedAxes(x: Value, r: Reduction): readonly number[] | undefined {
  const [mine, theirs] = [viewOf(x), viewOf(r.input)];
  if (!isSame(mine.value, theirs.value) || mine.axes.length !== r.axes.length) return undefined;
  // Axes of size 1 may be reduced at will; repeated elements would be counted again.
  const sizes = shapeOf(r.input);
  if (r.reduced.some((axis) => theirs.axes[axis] === undefined && sizes[axis] !== 1)) return undefined;
  const summed = new Set(r.reduced.map((axis) => theirs.axes[axis]).filter((axis) => axis !== undefined));
  const reduced: number[] = [];
  for (const [axis, own] of mine.axes.entries()) {
    const there = r.axes[axis];
    const kept = there === undefined ? undefined : theirs.axes[there];
    if (kept === own && !(own !== undefined && summed.has(own))) continue;
    if (kept !== undefined || own === undefined || !summed.delete(own)) return undefined;
    reduced.push(axis);
  }
  return summed.size === 0 ? reduced : undefined;
}

/** Whether a reduction is the mean of what it sums. */
export function isMean(r: Reduction | undefined): r is Reduction {
  if (r?.how !== "add") return false;
  const sizes = r.reduced.map((axis) => shapeOf(r.input)[axis]!);
  const count = sizes.reduce<number>((n, d) => (typeof d === "number" ? n * d : Number.NaN), 1);
  return Math.abs(r.factor * count - 1) < 1e-6;
}
