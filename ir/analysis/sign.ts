/** @file Whether integers of a tensor can be negative: what decides whether an index may count from the end. */

import type { Context } from "../context.js";
import type { AnyOpDef } from "../define.js";
import { constant, dynamicIota, elementsOf, iota } from "../dialects/stablehlo/constants.js";
import { convert } from "../dialects/stablehlo/convert.js";
import * as dynamic from "../dialects/stablehlo/dynamic-shape.js";
import * as hlo from "../dialects/stablehlo/elementwise.js";
import { gather } from "../dialects/stablehlo/gather.js";
import { dynamicSlice } from "../dialects/stablehlo/indexing.js";
import * as shape from "../dialects/stablehlo/shape.js";
import { elementFacts } from "../element.js";
import type { Operation, Value } from "../graph.js";
import { MAX_CONSTANT_BYTES } from "./contents.js";

/** Which operands must not be negative for the result not to be; `"any"` one of them. */
type Rule = readonly number[] | "all" | "any" | ((op: Operation, context: Context) => boolean);

const rules = new Map<AnyOpDef, Rule>([
  [constant, isConstantNotNegative],
  [iota, []],
  [dynamicIota, []],
  [dynamic.getDimensionSize, []],
  [shape.reshape, [0]],
  [shape.broadcastInDim, [0]],
  [shape.slice, [0]],
  [shape.transpose, [0]],
  [shape.reverse, [0]],
  [shape.pad, [0, 1]],
  [shape.concatenate, "all"],
  [dynamic.dynamicReshape, [0]],
  [dynamic.dynamicBroadcastInDim, [0]],
  [dynamic.realDynamicSlice, [0]],
  [gather, [0]],
  [dynamicSlice, [0]],
  [convert, [0]],
  [hlo.add, "all"],
  [hlo.multiply, "all"],
  [hlo.divide, "all"],
  [hlo.remainder, [0]],
  [hlo.minimum, "all"],
  [hlo.maximum, "any"],
] as readonly (readonly [AnyOpDef, Rule])[]);

/** How many operations are looked at before giving up. */
const MAX_STEPS = 64;

/** True where no element of an integer tensor can be negative, unless a sum or product overflows. */
export function isNeverNegative(value: Value, context: Context): boolean {
  let steps = MAX_STEPS;
  const visit = (x: Value): boolean => {
    const kind = x.type.kind === "tensor" ? elementFacts[x.type.element].kind : "float";
    if (kind === "uint" || kind === "bool") return true;
    const op = x.definingOp;
    const rule = op && rules.get(op.def);
    if (op === undefined || rule === undefined || kind !== "int" || steps-- <= 0) return false;
    if (typeof rule === "function") return rule(op, context);
    if (rule === "all") return op.operands.every(visit);
    if (rule === "any") return op.operands.some(visit);
    return rule.every((i) => visit(op.operand(i)));
  };
  return visit(value);
}

function isConstantNotNegative(op: Operation, context: Context): boolean {
  const { value } = constant.attrsOf(op);
  if (value.kind === "resource" && (context.resources.get(value.name)?.byteLength ?? 0) > MAX_CONSTANT_BYTES)
    return false;
  const { data } = value.kind === "dense" ? value.data : elementsOf(value, context);
  for (const x of data) if (x < 0) return false;
  return true;
}
