/**
 * @file Guards behind a softmax, which make 0 of rows in which nothing takes part: they ask the probabilities whether they are NaN,
 * or the scores of the row whether all are -inf.
 */

import { compare, select } from "../../../ir/dialects/stablehlo/choose.js";
import { not } from "../../../ir/dialects/stablehlo/elementwise.js";
import type { Value } from "../../../ir/graph.js";
import { isNumber, numberOf } from "./numbers.js";
import { onlyUser } from "./raiser.js";
import { reducedAxes, reductionOf } from "./reduction.js";
import { along, behind, isSame, type View, whole } from "./view.js";

/** The probabilities `p`, a softmax of `scores` along `axis`, behind their guard if there is one. */
export function guardOf(p: Value, scores: Value, axis: number): Value | undefined {
  return againstNan(p) ?? againstEmptyRows(p, scores, axis);
}

function againstNan(p: Value): Value | undefined {
  const users = [...p.users];
  const test = users.find((op) => compare.matches(op));
  const choice = users.find((op) => select.matches(op));
  if (users.length !== 2 || !test || !choice || !test.operands.every((x) => x === p)) return undefined;
  const { comparison_direction: direction } = compare.attrsOf(test);
  const [pred, yes, no] = choice.operands as readonly [Value, Value, Value];
  const fits = direction === "NE" ? isNumber(yes, 0) && no === p : direction === "EQ" && yes === p && isNumber(no, 0);
  return pred === test.result && onlyUser(pred) && fits ? choice.result : undefined;
}

function againstEmptyRows(p: Value, scores: Value, axis: number): Value | undefined {
  const choice = onlyUser(p);
  if (!select.matches(choice)) return undefined;
  const [pred, yes, no] = choice!.operands as readonly [Value, Value, Value];
  const isZeroFirst = isNumber(yes, 0) && no === p;
  if (!isZeroFirst && !(yes === p && isNumber(no, 0))) return undefined;
  return isEmptiness(whole(pred), !isZeroFirst, scores, axis) ? choice!.result : undefined;
}

/** Whether `start` says that all scores of a row are -inf, or with `isInverted` the opposite. */
function isEmptiness(start: View, isInverted: boolean, scores: Value, axis: number): boolean {
  const view = behind(start);
  const op = view.value.definingOp;
  if (not.matches(op)) return isEmptiness(along(view, op!.operand(0)), !isInverted, scores, axis);
  const r = reductionOf(view);
  if (r?.how !== (isInverted ? "or" : "and") || r.factor !== 1) return false;
  return reducedAxes(r.input, r)?.join() === String(axis) && isLowest(r.input, isInverted, scores);
}

/** Whether `test` says of each score that it is -inf, or with `isInverted` the opposite. */
function isLowest(test: Value, isInverted: boolean, scores: Value): boolean {
  const op = test.definingOp;
  if (not.matches(op)) return isLowest(op!.operand(0), !isInverted, scores);
  if (!compare.matches(op) || compare.attrsOf(op!).comparison_direction !== (isInverted ? "NE" : "EQ")) return false;
  const [a, b] = op!.operands as readonly [Value, Value];
  return isSame(a, scores) && numberOf(b) === Number.NEGATIVE_INFINITY;
}
