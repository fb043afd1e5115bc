/**
 * @file Whether the steps of an attention leave out all keys behind a query's own place, told by a comparison of the two
 * positions: chunks of such keys need not be looked at.
 */

import { constantScalarOf, select } from "../../../ir/dialects/arith/constant.js";
import { cmpi } from "../../../ir/dialects/arith/integer.js";
import { index as indexOp } from "../../../ir/dialects/linalg/structured.js";
import type { Operation, Value } from "../../../ir/graph.js";
import type { AttentionForm } from "../../structured/attention-form.js";

/** Scores so low that, beside any other, their powers are 0. */
const LOW = -1e30;

/** Whether a query takes part with no key behind its own place. */
export function isCausal({ steps, row, key }: AttentionForm): boolean {
  return steps.some(({ op }, k) => {
    const body = op.region(0).blocks[0]!;
    const choice = body.terminator.operand(0).definingOp;
    if (!choice || !select.matches(choice)) return false;
    const [condition, kept, other] = choice.operands as readonly [Value, Value, Value];
    const fill = Number(constantScalarOf(other) ?? 0);
    // What is not -inf may be changed by what comes behind.
    const isOut = fill === Number.NEGATIVE_INFINITY || (k === steps.length - 1 && fill <= LOW);
    return isOut && constantScalarOf(kept) === undefined && isBefore(condition.definingOp, key, row);
  });
}

/** Whether `test` is key <= query. */
function isBefore(test: Operation | undefined, key: number, row: number): boolean {
  if (!test || !cmpi.matches(test)) return false;
  const [left, right] = test.operands.map(positionOf);
  const { predicate } = cmpi.attrsOf(test);
  if (left === key && right === row) return predicate === "sle" || predicate === "ule";
  return left === row && right === key && (predicate === "sge" || predicate === "uge");
}

/** The dimension whose position a value is. */
function positionOf(x: Value): number | undefined {
  const op = x.definingOp;
  if (!op) return undefined;
  if (indexOp.matches(op)) return indexOp.attrsOf(op).dim;
  const isCast = op.name === "arith.index_cast" || op.name === "arith.extsi";
  return isCast ? positionOf(op.operand(0)) : undefined;
}
