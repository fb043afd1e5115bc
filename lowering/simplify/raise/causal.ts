/** @file Masks that say no more than that no query sees a key behind its own place, computed of positions or written down. */

import type { ComparisonDirection } from "../../../ir/dialects/stablehlo/attributes.js";
import { compare, select } from "../../../ir/dialects/stablehlo/choose.js";
import { constant, dynamicIota, iota } from "../../../ir/dialects/stablehlo/constants.js";
import { convert } from "../../../ir/dialects/stablehlo/convert.js";
import { add, and, not, subtract } from "../../../ir/dialects/stablehlo/elementwise.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { getScalar } from "../../../ir/ndarray.js";
import { isNumber, numberOf, otherThan } from "./numbers.js";
import { along, behind, type View } from "./view.js";

/** Scores this low have no weight beside any other. */
export const LOW = -1e30;

interface ChoosingMask {
  readonly view: View;
  readonly fill?: number;
  readonly isInverted?: boolean;
}

/** Whether scores are left out exactly where the key's place is greater than the query's. Each query sees the first key. */
export function isCausal(mask: ChoosingMask, query: number | undefined, key: number): boolean {
  if (query === undefined) return false;
  if (mask.fill === undefined) return isWrittenTriangle(mask.view, query, key, { seen: isZero, hidden: isLow });
  return mask.fill <= LOW && isTriangle(mask.view, mask.isInverted === true, query, key);
}

const isZero = (x: number): boolean => x === 0;
const isOther = (x: number): boolean => x !== 0;
const isLow = (x: number): boolean => x <= LOW;

/** Masks of more elements are not looked through. */
const MOST_WRITTEN = 2 ** 20;

/** Whether `view` is a constant that `seen` accepts where the key is not behind the query, and `hidden` elsewhere. */
function isWrittenTriangle(
  view: View,
  query: number,
  key: number,
  { seen, hidden }: Readonly<Record<"seen" | "hidden", (x: number) => boolean>>,
): boolean {
  const op = view.value.definingOp;
  const value = constant.matches(op) ? constant.attrsOf(op!).value : undefined;
  const [row, column] = [view.axes[query], view.axes[key]];
  if (value?.kind !== "dense" || value.splat || row === undefined || column === undefined) return false;
  const { shape } = value.data;
  const [rows, columns] = [shape[row]!, shape[column]!];
  const count = rows * columns;
  if (count > MOST_WRITTEN || shape.some((d, axis) => d !== 1 && axis !== row && axis !== column)) return false;
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) {
      const x = Number(getScalar(value.data, row < column ? i * columns + j : j * rows + i));
      if (!(j <= i ? seen(x) : hidden(x))) return false;
    }
  return true;
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
  if (constant.matches(op)) {
    const [seen, hidden] = isInverted ? [isZero, isOther] : [isOther, isZero];
    return isWrittenTriangle(view, query, key, { seen, hidden });
  }
  if (!compare.matches(op)) return false;
  const places = comparedIn(op).map((x) => positionOf(along(view, x)));
  const { comparison_direction: direction } = compare.attrsOf(op);
  const [queryFirst, keyFirst]: readonly [ComparisonDirection, ComparisonDirection] = isInverted
    ? ["LT", "GT"]
    : ["GE", "LE"];
  if (places[0] === query && places[1] === key) return direction === queryFirst;
  return places[0] === key && places[1] === query && direction === keyFirst;
}

/** What is compared: a - b with 0 is a with b. */
function comparedIn(op: Operation): readonly Value[] {
  const difference = op.operand(0).definingOp;
  return subtract.matches(difference) && isNumber(op.operand(1), 0) ? difference!.operands : op.operands;
}

/** The axis whose positions a view gives. */
function positionOf(start: View): number | undefined {
  const view = behind(start);
  const op = view.value.definingOp;
  if (!op) return undefined;
  if (convert.matches(op)) return positionOf(along(view, op.operand(0)));
  if (add.matches(op)) {
    const other = otherThan(op, 0);
    return other && positionOf(along(view, other));
  }
  if (!iota.matches(op) && !dynamicIota.matches(op)) return undefined;
  const axis = (iota.matches(op) ? iota : dynamicIota).attrsOf(op).iota_dimension;
  const found = view.axes.indexOf(axis);
  return found < 0 ? undefined : found;
}
