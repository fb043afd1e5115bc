/** @file Layer norms whose mean and deviation nobody reads: composites of one result, as they are everywhere else. */

import type { AttrDict } from "../../../ir/attrs.js";
import { layerNorm, usualPrecision } from "../../../ir/composites/normalization.js";
import { composite } from "../../../ir/dialects/stablehlo/calls.js";
import type { ElementType } from "../../../ir/element.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { elementOf } from "../../../ir/types.js";
import type { Raiser } from "./raiser.js";

export const statisticsRoots: readonly unknown[] = [composite];

export function dropStatistics(op: Operation, raiser: Raiser): boolean {
  const { name, composite_attributes } = composite.attrsOf(op);
  const { axis, epsilon, precision, statistics } = composite_attributes as AttrDict;
  const [normal, ...rest] = op.results;
  if (name !== "psm.layer_norm" || statistics === undefined || rest.some((r) => r.isUsed)) return false;
  if (axis?.kind !== "int" || epsilon?.kind !== "float") return false;
  const [x] = op.operands as readonly [Value];
  const form = {
    axis: Number(axis.value),
    epsilon: epsilon.value,
    precision: precision?.kind === "string" ? (precision.value as ElementType) : usualPrecision(elementOf(x.type)),
  };
  const operands = op.operands as readonly [x: Value, scale: Value];
  raiser.replaceOnly(op, normal!, (t) => layerNorm(t, operands, form)[0]!);
  return true;
}
