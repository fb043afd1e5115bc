/**
 * @file Softmax and its logarithm, found at the exponential: e^(x - max(x)) over its sum, and x - max(x) less the logarithm
 * of that sum. Without the maximum it is another function, which overflows earlier, and is left alone.
 */

import { logSoftmax, softmax } from "../../../ir/composites/softmax.js";
import { divide, exponential, log, multiply, subtract } from "../../../ir/dialects/stablehlo/elementwise.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { elementOf } from "../../../ir/types.js";
import { isCommonFloat, isNumber } from "./numbers.js";
import type { Raiser } from "./raiser.js";
import { reducedAxes, reductionOf } from "./reduction.js";
import { along, behind, sourcesOf, type View, viewOf, whole } from "./view.js";

export const softmaxRoots: readonly unknown[] = [exponential];

/** Gives the composite where one was made. */
export function raiseSoftmax(op: Operation, raiser: Raiser): Operation | undefined {
  const shifted = op.operand(0);
  const shift = shifted.definingOp;
  if (!isCommonFloat(elementOf(op.result.type)) || !subtract.matches(shift)) return undefined;
  const x = shift!.operand(0);
  const axis = onlyAxis(x, whole(shift!.operand(1)), "max");
  if (axis === undefined) return undefined;
  const made = raiseQuotient(op, x, axis, raiser) ?? raiseLogarithm(op, shifted, x, axis, raiser);
  return made?.definingOp;
}

/** The one axis of `x` along which `reduced` has it joined, if that is what it is. */
function onlyAxis(x: Value, reduced: View, how: "add" | "max"): number | undefined {
  const r = reductionOf(reduced);
  if (r?.how !== how || r.factor !== 1) return undefined;
  const axes = reducedAxes(x, r);
  return axes?.length === 1 ? axes[0] : undefined;
}

function raiseQuotient(op: Operation, x: Value, axis: number, raiser: Raiser): Value | undefined {
  const powers = op.result;
  for (const user of powers.users) {
    const total = denominator(user, powers);
    if (total && onlyAxis(powers, total, "add") === axis)
      return raiser.raise(user, sourcesOf(x), (t) => softmax(t, x, axis));
  }
  return undefined;
}

/** s where `op` is powers / s or powers * (1 / s). */
function denominator(op: Operation, powers: Value): View | undefined {
  if (divide.matches(op) && op.operand(0) === powers) return whole(op.operand(1));
  if (!multiply.matches(op)) return undefined;
  const other = behind(whole(op.operand(0) === powers ? op.operand(1) : op.operand(0)));
  const inverse = other.value.definingOp;
  return divide.matches(inverse) && isNumber(inverse!.operand(0), 1) ? along(other, inverse!.operand(1)) : undefined;
}

/** (x - max) - log(sum), from any of the users of x - max. */
function raiseLogarithm(op: Operation, shifted: Value, x: Value, axis: number, raiser: Raiser): Value | undefined {
  for (const user of shifted.users) {
    if (!subtract.matches(user) || user.operand(0) !== shifted) continue;
    const view = viewOf(user.operand(1));
    const logarithm = view.value.definingOp;
    if (!log.matches(logarithm)) continue;
    if (onlyAxis(op.result, along(view, logarithm!.operand(0)), "add") !== axis) continue;
    return raiser.raise(user, sourcesOf(x), (t) => logSoftmax(t, x, axis));
  }
  return undefined;
}
