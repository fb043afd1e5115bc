/**
 * @file Pass `inline-calls`: replaces calls of private functions by their bodies, callees first, as JAX's text
 * and ONNX functions ask for. Recursive functions stay calls, which later stages refuse by name.
 */

import type { Context } from "../../ir/context.js";
import { callOp, functionName, functionsOf, updateFunctionType } from "../../ir/dialects/func.js";
import type { Operation } from "../../ir/graph.js";
import type { Pass } from "../../ir/pass.js";
import { inlineFunction } from "./inline-function.js";
import { type Renaming, renameSizes } from "./size-names.js";

export const inlineCalls: Pass = {
  name: "inline-calls",
  summary: "Replaces calls by the bodies of the functions called.",
  run(module, context) {
    const functions = new Map<string, Operation>();
    for (const func of functionsOf(module)) functions.set(functionName(func), func);
    const done = new Set<Operation>();
    for (const func of functions.values()) inlineInto(func, functions, done, [], context);
  },
};

function inlineInto(
  func: Operation,
  functions: ReadonlyMap<string, Operation>,
  done: Set<Operation>,
  path: readonly Operation[],
  context: Context,
): void {
  if (done.has(func) || path.includes(func)) return;
  const names: Renaming = new Map();
  for (const op of [...func.walk()]) {
    if (!callOp.matches(op) || op.extra["psm.kernel"]) continue;
    const callee = functions.get(callOp.attrsOf(op).callee);
    if (callee?.region(0).blocks.length !== 1 || callee === func || path.includes(callee)) continue;
    inlineInto(callee, functions, done, [...path, func], context);
    inlineFunction(op, callee, context, names);
  }
  renameSizes(context, func, names);
  if (names.size > 0) updateFunctionType(func, context);
  done.add(func);
}
