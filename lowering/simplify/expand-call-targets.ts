/**
 * @file Pass `expand-call-targets`: the calls that JAX writes for operations whose attributes are computed, where these
 * turn out to be numbers, or where the operation can be written with sizes that are computed.
 */

import type { DenseAttr } from "../../ir/attrs.js";
import { Builder } from "../../ir/builder.js";
import { cloneOp, type ValueMap } from "../../ir/clone.js";
import { moduleOp } from "../../ir/dialects/builtin.js";
import { functionBody, lookupFunction } from "../../ir/dialects/func.js";
import { customCall } from "../../ir/dialects/stablehlo/calls.js";
import { constant, elementsOf } from "../../ir/dialects/stablehlo/constants.js";
import { reduceWindow } from "../../ir/dialects/stablehlo/reduce-window.js";
import { returnOp } from "../../ir/dialects/stablehlo/return.js";
import type { Pair } from "../../ir/dialects/stablehlo/window.js";
import { Block, newRegion, type Operation, type Region, type Value } from "../../ir/graph.js";
import type { TensorBuilder } from "../../ir/tensor-builder.js";
import { type Expansion, expansionPass } from "./expand.js";
import { sortedLargest } from "./expand-chlo.js";

type Target = (t: TensorBuilder, op: Operation) => readonly Value[] | undefined;

/** How many to take is a number that the program computes. */
const topK: Target = (t, op) => {
  const [x, k] = op.operands as readonly [Value, Value];
  const count = t.elementSymbol(k, 0);
  const last = t.rank(x) - 1;
  return sortedLargest(t, x).map((sorted) => t.sliceAxis(sorted, last, 0, count));
};

/** The integers that a constant holds. */
function numbersIn(t: TensorBuilder, x: Value): readonly number[] | undefined {
  const op = x.definingOp;
  const value = constant.matches(op) ? (op!.attrs["value"] as DenseAttr) : undefined;
  return value?.kind === "dense" ? Array.from(elementsOf(value, t.context).data, Number) : undefined;
}

/** A window whose attributes are constants is a `reduce_window`. */
const window: Target = (t, op) => {
  const count = (op.operands.length - 5) / 2;
  const attributes = op.operands.slice(2 * count).map((x) => numbersIn(t, x));
  if (attributes.includes(undefined)) return undefined;
  const [sizes, strides, base, dilations, padding] = attributes as readonly (readonly number[])[];
  const attrs = {
    window_dimensions: sizes!,
    window_strides: strides!,
    base_dilations: base!,
    window_dilations: dilations!,
    padding: sizes!.map((_, k): Pair => [padding![2 * k]!, padding![2 * k + 1]!]),
  };
  const operands = { inputs: op.operands.slice(0, count), init_values: op.operands.slice(count, 2 * count) };
  return t.emitOp(reduceWindow, operands, attrs, { regions: [calledBody(t, op)] }).results;
};

/** The body of the function that the call names, as a region. */
function calledBody(t: TensorBuilder, op: Operation): Region {
  const [name] = customCall.attrsOf(op).called_computations;
  let module: Operation | undefined = op;
  while (module && !moduleOp.matches(module)) module = module.parent;
  const func = module && name !== undefined ? lookupFunction(module, name) : undefined;
  if (!func) throw new Error(`@${name ?? ""} is no function of the program`);
  const body = functionBody(func);
  const copy = new Block(body.args.map((x) => x.type));
  const map: ValueMap = new Map(body.args.map((x, k) => [x, copy.args[k]!]));
  const { terminator } = body;
  for (const inner of body.ops()) if (inner !== terminator) copy.append(cloneOp(inner, map));
  const builder = new Builder(t.context, copy);
  builder.at = op.at;
  builder.op(returnOp, { results: terminator.operands.map((x) => map.get(x) ?? x) }, {});
  return newRegion(copy);
}

const targets: Readonly<Record<string, Target>> = {
  "stablehlo.dynamic_reduce_window": window,
  "stablehlo.dynamic_top_k": topK,
};

const expand: Expansion = (t, op) => targets[customCall.attrsOf(op).call_target_name]?.(t, op);

export const expandCallTargets = expansionPass(
  "expand-call-targets",
  "Writes out JAX's calls for operations with computed attributes.",
  { [customCall.name]: expand },
);
