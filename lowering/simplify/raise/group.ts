/**
 * @file Group norm, found at an instance norm of groups without scale and shift, as exporters to ONNX write it: channels are
 * joined into groups, normalized, taken apart again, scaled and shifted.
 */

import type { AttrDict } from "../../../ir/attrs.js";
import { groupNorm, usualPrecision } from "../../../ir/composites/normalization.js";
import { composite } from "../../../ir/dialects/stablehlo/calls.js";
import { dynamicReshape } from "../../../ir/dialects/stablehlo/dynamic-shape.js";
import { add, multiply } from "../../../ir/dialects/stablehlo/elementwise.js";
import { reshape } from "../../../ir/dialects/stablehlo/shape.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { elementOf } from "../../../ir/types.js";
import { arranged } from "./arrange.js";
import { isNumber } from "./numbers.js";
import { onlyUser, type Raiser } from "./raiser.js";
import { shapeOf, viewOf } from "./view.js";

export const groupRoots: readonly unknown[] = [composite];

export function raiseGroupNorm(op: Operation, raiser: Raiser): boolean {
  const { name, composite_attributes: attributes } = composite.attrsOf(op);
  const epsilon = (attributes as AttrDict)["epsilon"];
  const joined = op.operands[0]?.definingOp;
  if (name !== "psm.instance_norm" || epsilon?.kind !== "float" || !joined || !isReshape(joined)) return false;
  if (!isNumber(op.operand(1), 1) || !isNumber(op.operand(2), 0)) return false;
  const x = joined.operand(0);
  const apart = onlyUser(op.result);
  const scaled = apart && onlyUser(apart.result);
  const shifted = scaled && onlyUser(scaled.result);
  if (!isReshape(apart) || apart?.result.type !== x.type || !multiply.matches(scaled) || !add.matches(shifted))
    return false;
  const scale = scaled!.operands.find((y) => y !== apart.result);
  const shift = shifted!.operands.find((y) => y !== scaled!.result);
  const groups = shapeOf(joined.result)[1];
  if (!scale || !shift || typeof groups !== "number" || !isGrouped(x, joined.result)) return false;
  if (![scale, shift].every(isPerChannel)) return false;
  const inputs = [x, scale, shift, viewOf(scale).value, viewOf(shift).value];
  const made = raiser.raise(shifted!, inputs, (t) => {
    const [factor, summand] = [scale, shift].map((y) => arranged(t, viewOf(y), [1])) as [Value, Value];
    const precision = usualPrecision(elementOf(x.type));
    return groupNorm(t, [x, factor, summand], { groups, epsilon: epsilon.value, precision, perGroup: false });
  });
  return made !== undefined;
}

const isReshape = (op: Operation | undefined): boolean => reshape.matches(op) || dynamicReshape.matches(op);

/** Whether each sample's channels are joined into groups, and nothing of one sample with another. */
function isGrouped(x: Value, joined: Value): boolean {
  const [from, to] = [shapeOf(x), shapeOf(joined)];
  const [channels, groups] = [from[1], to[1]];
  const isWhole = typeof channels === "number" && typeof groups === "number" && channels % groups === 0;
  return isWhole && from.length > 2 && from[0] === to[0] && channels > 1;
}

const isPerChannel = (value: Value): boolean =>
  viewOf(value).axes.every((axis, i) => (axis === undefined) !== (i === 1));
