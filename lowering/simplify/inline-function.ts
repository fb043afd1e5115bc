/**
 * @file One call replaced by the body of the function called. Sizes that are symbols inside take the names they have at
 * the call; those that data decides get fresh ones, as the next call of the same function may decide otherwise.
 */

import { inlineBlock, type ValueMap } from "../../ir/clone.js";
import type { Context } from "../../ir/context.js";
import { functionBody } from "../../ir/dialects/func.js";
import type { Dim } from "../../ir/dim.js";
import type { Operation, Value } from "../../ir/graph.js";
import { isShaped, type Type } from "../../ir/types.js";
import { bareSymbol, noteReplacement, type Renaming, renameType } from "./size-names.js";

/**
 * Puts the body of `callee` in the place of `call`, whose operands and results are those of the function, and erases it.
 * What the rest of the caller has to call its sizes is added to `names`.
 */
export function inlineFunction(call: Operation, callee: Operation, context: Context, names: Renaming): void {
  const body = functionBody(callee);
  const map: ValueMap = new Map();
  const yielded = inlineBlock(body, call.operands, call.block!, call, map);
  const inside = new Inside(context, body.args, call.operands);
  for (const [old, copy] of map) if (!body.args.includes(old)) copy.type = inside.rename(old.type);
  call.results.forEach((r, i) => {
    const made = yielded[i]!;
    noteReplacement(context, r, made, names);
    r.replaceAllUsesWith(made);
  });
  call.erase();
}

/** The names at one call of the symbols inside the function. */
class Inside {
  readonly #context: Context;
  readonly #names = new Map<string, Dim>();

  constructor(context: Context, args: readonly Value[], operands: readonly Value[]) {
    this.#context = context;
    args.forEach((arg, i) => {
      const { type } = operands[i]!;
      if (!isShaped(arg.type) || !isShaped(type)) return;
      arg.type.shape.forEach((d, axis) => {
        const name = bareSymbol(context, d);
        if (name !== undefined && !this.#names.has(name)) this.#names.set(name, type.shape[axis]!);
      });
    });
  }

  rename(type: Type): Type {
    const { dims } = this.#context;
    for (const name of symbolsIn(this.#context, type)) {
      if (!this.#names.has(name)) this.#names.set(name, this.#context.freshSymbol("data", dims.range(name).max));
    }
    return renameType(this.#context, type, this.#names);
  }
}

function symbolsIn(context: Context, type: Type): readonly string[] {
  if (type.kind === "tuple") return type.members.flatMap((t) => symbolsIn(context, t));
  return isShaped(type) ? type.shape.flatMap((d) => context.dims.symbolsOf(d)) : [];
}
