/**
 * @file Values seen through data movement: a view says of which value a tensor shows the elements, and along which of its
 * axes. Transposes, broadcasts and reshapes that add or drop axes of size 1 are looked through, so that forms are compared
 * whatever the order of axes and however often an axis was added. Invariant: axes of size 1 and repeated ones map to nothing.
 */

import { dynamicBroadcastInDim, dynamicReshape } from "../../../ir/dialects/stablehlo/dynamic-shape.js";
import { broadcastInDim, reshape, transpose } from "../../../ir/dialects/stablehlo/shape.js";
import type { Dim } from "../../../ir/dim.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { sameAttr } from "../../../ir/rewrite.js";

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
