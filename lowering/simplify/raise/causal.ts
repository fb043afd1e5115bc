/** @file Masks that say no more than that no query sees a key behind its own place, computed of positions or written down. */

import type { Context } from "../../../ir/context.js";
import type { ComparisonDirection } from "../../../ir/dialects/stablehlo/attributes.js";
import { compare, select } from "../../../ir/dialects/stablehlo/choose.js";
import { dynamicIota, iota } from "../../../ir/dialects/stablehlo/constants.js";
import { convert } from "../../../ir/dialects/stablehlo/convert.js";
import { add, and, not, subtract } from "../../../ir/dialects/stablehlo/elementwise.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { elementOf } from "../../../ir/types.js";
import { isNumber, numberOf, otherThan } from "./numbers.js";
import { planeOf } from "./planes.js";
import { along, behind, shapeOf, type View } from "./view.js";

/** Scores this low have no weight beside any other. */
export const LOW = -1e30;

interface ChoosingMask {
  readonly view: View;
  readonly fill?: number;
  readonly isInverted?: boolean;
}

/** Whether scores are left out exactly where the key's place is greater than the query's. Each query sees the first key. */
export function isCausal(context: Context, mask: ChoosingMask, query: number | undefined, key: number): boolean {
  if (query === undefined) return false;
  const { view, fill, isInverted = false } = mask;
  if (fill === undefined) return isWrittenTriangle(context, view, query, key, { seen: isZero, hidden: isLow });
  if (fill > LOW) return false;
  const [seen, hidden] = isInverted ? [isZero, isOther] : [isOther, isZero];
  return isTriangle(view, isInverted, query, key) || isWrittenTriangle(context, view, query, key, { seen, hidden });
}

const isZero = (x: number): boolean => x === 0;
const isOther = (x: number): boolean => x !== 0;
const isLow = (x: number): boolean => x <= LOW;

/** Masks of more elements are not looked through. */
const MOST_WRITTEN = 2 ** 20;

/** Whether `view` is known, and is what `seen` accepts where the key is not behind the query, and `hidden` elsewhere. */
function isWrittenTriangle(
  context: Context,
  view: View,
  query: number,
  key: number,
  { seen, hidden }: Readonly<Record<"seen" | "hidden", (x: number) => boolean>>,
): boolean {
  const plane = planeOf(context, view, query, key);
  const rows = Math.min(plane?.rows ?? 0, sizeAlong(view, query));
  const columns = Math.min(plane?.columns ?? 0, sizeAlong(view, key));
  if (!plane || rows * columns === 0 || rows * columns > MOST_WRITTEN) return false;
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) {
      const x = Number(plane.at(i, j));
      if (!(j <= i ? seen(x) : hidden(x))) return false;
    }
  return true;
}

/** Elements along an axis of who looks; without end where that is open. */
function sizeAlong({ value, axes }: View, axis: number): number {
  const place = axes[axis];
  const size = place === undefined ? undefined : shapeOf(value)[place];
  return typeof size === "number" ? size : Number.POSITIVE_INFINITY;
}

/** What a mask leaves open: and with true is nothing. */
export function undecided(start: View): View {
  const view = behind(start);
  const op = view.value.definingOp;
  const other = and.matches(op) ? otherThan(op!, 1) : undefined;
  return other === undefined ? view : undecided(along(view, other));
}

/** Whether `view` is key <= query, or with `isInverted` the opposite. */
function isTriangle(start: View, isInverted: boolean, query: number, key: number): boolean {
  const view = undecided(start);
  const op = view.value.definingOp;
  if (!op) return false;
  const within = (index: number, inverted = isInverted): boolean =>
    isTriangle(along(view, op.operand(index)), inverted, query, key);
  if (not.matches(op)) return within(0, !isInverted);
  if (select.matches(op)) {
    const [yes, no] = [numberOf(op.operand(1)), numberOf(op.operand(2))];
    return (yes === 1 && no === 0 && within(0)) || (yes === 0 && no === 1 && within(0, !isInverted));
  }
  if (!compare.matches(op)) return false;
  const chosen = choiceIn(op, view);
  if (chosen) return isTriangle(chosen.view, isInverted !== chosen.isInverted, query, key);
  const [left, right] = comparedIn(op).map((x) => positionOf(along(view, x)));
  if (!left || !right) return false;
  const { comparison_direction: direction } = compare.attrsOf(op);
  // How far the key is behind the query, compared with what.
  if (left.axis === key && right.axis === query) return isLimit(direction, right.offset - left.offset, isInverted);
  return (
    left.axis === query && right.axis === key && isLimit(turned[direction], left.offset - right.offset, isInverted)
  );
}

/** What decides between two numbers of which just one is that they are compared with. */
function choiceIn(op: Operation, view: View): { readonly view: View; readonly isInverted: boolean } | undefined {
  const { comparison_direction: direction } = compare.attrsOf(op);
  const [numbers, wanted] = [op.operand(0), numberOf(op.operand(1))];
  if (wanted === undefined || (direction !== "EQ" && direction !== "NE")) return undefined;
  const source = behind(along(view, numbers));
  const from = source.value.definingOp;
  if (convert.matches(from) && elementOf(from!.operand(0).type) === "i1" && (wanted === 0 || wanted === 1))
    return { view: along(source, from!.operand(0)), isInverted: (wanted === 0) === (direction === "EQ") };
  if (!select.matches(from)) return undefined;
  const [yes, no] = [numberOf(from!.operand(1)), numberOf(from!.operand(2))];
  if (yes === undefined || no === undefined || (yes === wanted) === (no === wanted)) return undefined;
  if (shapeOf(from!.operand(0)).length !== shapeOf(from!.result).length) return undefined;
  return { view: along(source, from!.operand(0)), isInverted: (yes === wanted) !== (direction === "EQ") };
}

const turned: Readonly<Record<ComparisonDirection, ComparisonDirection>> = {
  EQ: "EQ",
  NE: "NE",
  LT: "GT",
  LE: "GE",
  GT: "LT",
  GE: "LE",
};

/** Whether a whole number is at most 0, or with `isInverted` above 0, just where it compares so with `limit`. */
function isLimit(direction: ComparisonDirection, limit: number, isInverted: boolean): boolean {
  if (isInverted) return (direction === "GT" && limit === 0) || (direction === "GE" && limit === 1);
  return (direction === "LE" && limit === 0) || (direction === "LT" && limit === 1);
}

/** What is compared: a - b with 0 is a with b. */
function comparedIn(op: Operation): readonly Value[] {
  const difference = op.operand(0).definingOp;
  return subtract.matches(difference) && isNumber(op.operand(1), 0) ? difference!.operands : op.operands;
}

/** Positions along an axis of who looks, and what is added to each. */
interface Positions {
  readonly axis: number;
  readonly offset: number;
}

function positionOf(start: View): Positions | undefined {
  const view = behind(start);
  const op = view.value.definingOp;
  if (!op) return undefined;
  if (convert.matches(op)) return positionOf(along(view, op.operand(0)));
  if (add.matches(op) || subtract.matches(op)) return movedPosition(op, view);
  if (!iota.matches(op) && !dynamicIota.matches(op)) return undefined;
  const axis = (iota.matches(op) ? iota : dynamicIota).attrsOf(op).iota_dimension;
  const found = view.axes.indexOf(axis);
  return found < 0 ? undefined : { axis: found, offset: 0 };
}

/** Positions and a number, which comes second where it is taken away. */
function movedPosition(op: Operation, view: View): Positions | undefined {
  const [a, b] = op.operands as readonly [Value, Value];
  const [first, second] = [numberOf(a), numberOf(b)];
  const isSum = add.matches(op);
  const by = second ?? (isSum ? first : undefined);
  const of = by === undefined ? undefined : positionOf(along(view, second === undefined ? b : a));
  return of && { axis: of.axis, offset: of.offset + (isSum ? by! : -by!) };
}
