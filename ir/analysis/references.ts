/** @file Which functions and globals a module refers to by name: calls, decompositions, bodies that calls name. */

import type { Attr } from "../attrs.js";
import type { Context } from "../context.js";
import { functionName, functionsOf } from "../dialects/func.js";
import type { Operation } from "../graph.js";
import { attrKindOf } from "../slots.js";

/** Names that any attribute of any operation refers to, a function's references to itself aside. */
export function referencedSymbols(module: Operation, context: Context): ReadonlySet<string> {
  const names = new Set<string>();
  for (const func of functionsOf(module)) {
    const own = functionName(func);
    for (const op of func.walk()) for (const name of symbolsOf(op, context)) if (name !== own) names.add(name);
  }
  return names;
}

function* symbolsOf(op: Operation, context: Context): Generator<string> {
  for (const name of op.def.attrNames) {
    const value = op.attrs[name];
    const kind = attrKindOf(op.def.attrs[name]!);
    if (value !== undefined && /symbol|any attribute|list|dictionary/.test(kind.describe))
      yield* symbolsIn(kind.write(value, context));
  }
  for (const attr of Object.values(op.extra)) yield* symbolsIn(attr);
}

function* symbolsIn(attr: Attr): Generator<string> {
  if (attr.kind === "symbol") yield attr.path[0]!;
  else if (attr.kind === "array") for (const item of attr.items) yield* symbolsIn(item);
  else if (attr.kind === "dict") for (const item of Object.values(attr.entries)) yield* symbolsIn(item);
}
