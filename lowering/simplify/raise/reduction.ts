/** @file Sums, maxima, means and truth of some or all along axes, wherever a value shows them spread over the axes that they were reduced from. */

import { add, and, maximum, or } from "../../../ir/dialects/stablehlo/elementwise.js";
import { reduce } from "../../../ir/dialects/stablehlo/reduce.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { elementOf } from "../../../ir/types.js";
import { factorOf, numberOf, otherThan } from "./numbers.js";
import { type Axes, along, behind, isSame, shapeOf, type View, viewOf } from "./view.js";

export type Joining = "add" | "max" | "and" | "or";

/** What each begins with. */
const initials: Readonly<Record<Joining, number>> = { add: 0, max: Number.NEGATIVE_INFINITY, and: 1, or: 0 };

/** A sum, maximum or the like of `input` along some of its axes, times `factor`, spread over the axes of whoever looks. */
export interface Reduction {
  readonly how: Joining;
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
  if (how === undefined || initial !== initials[how]) return undefined;
  const input = op.operand(0);
  const reduced = reduce.attrsOf(op).dimensions;
  const kept = [...shapeOf(input).keys()].filter((axis) => !reduced.includes(axis));
  return { how, input, axes: axes.map((a) => (a === undefined ? undefined : kept[a])), reduced, factor };
}

function joining(op: Operation): Joining | undefined {
  const [block, ...more] = op.region(0).blocks;
  const body = block?.first;
  if (!block || more.length > 0 || !body || body.next !== block.last || block.args.length !== 2) return undefined;
  const joins = body.operands.length === 2 && new Set(body.operands).size === 2;
  if (!joins || !body.operands.every((x) => block.args.includes(x)) || block.last?.operands[0] !== body.result)
    return undefined;
  if (add.matches(body)) return "add";
  if (maximum.matches(body)) return "max";
  if (elementOf(body.result.type) !== "i1") return undefined;
  return and.matches(body) ? "and" : or.matches(body) ? "or" : undefined;
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
