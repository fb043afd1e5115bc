/**
 * @file Puts composites in the place of what was recognised. Invariant: an operation goes only if all that read it go with
 * it; where anything else reads a part of a match, or a part is computed elsewhere, the match is left as it is.
 */

import { Builder } from "../../../ir/builder.js";
import type { Context } from "../../../ir/context.js";
import type { Decompositions } from "../../../ir/decompositions.js";
import { composite } from "../../../ir/dialects/stablehlo/calls.js";
import { realDynamicSlice } from "../../../ir/dialects/stablehlo/dynamic-shape.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { TensorBuilder } from "../../../ir/tensor-builder.js";
import { isRemovable } from "../remove-dead-code.js";
import { noteReplacement, type Renaming } from "../size-names.js";
import { numberOf } from "./numbers.js";
import { isMovement, isSame } from "./view.js";

/** Matches of more operations than this are of no known form. */
const MOST_PARTS = 96;

export class Raiser {
  readonly context: Context;
  readonly #decompositions: Decompositions;
  /** What sizes are to be called in the function at hand. */
  names: Renaming = new Map();

  constructor(context: Context, decompositions: Decompositions) {
    this.context = context;
    this.#decompositions = decompositions;
  }

  /**
   * Replaces the result of `root` by what `build` makes of `inputs`, all that the match reads. Gives the new value, or
   * `undefined` where a part of the match is used elsewhere or the types differ.
   */
  raise(root: Operation, inputs: readonly Value[], build: (t: TensorBuilder) => Value): Value | undefined {
    const parts = partsOf(root, inputs);
    if (parts === undefined) return undefined;
    const made = this.#replace(root, root.result, inputs, build);
    eraseParts(parts);
    return made;
  }

  /** Replaces the only result of `op` that is read by what `build` makes of its operands. */
  replaceOnly(op: Operation, result: Value, build: (t: TensorBuilder) => Value): Value {
    const made = this.#replace(op, result, op.operands, build);
    op.erase();
    return made;
  }

  #replace(at: Operation, old: Value, inputs: readonly Value[], build: (t: TensorBuilder) => Value): Value {
    const builder = Builder.before(this.context, at);
    const t = new TensorBuilder(builder, this.#decompositions);
    for (const x of inputs) t.note(x);
    const made = build(t);
    noteReplacement(this.context, old, made, this.names);
    old.replaceAllUsesWith(made);
    return made;
  }
}

/** The operations between `inputs` and `root`, last first; `undefined` where they are not apart from the rest. */
export function partsOf(root: Operation, inputs: readonly Value[]): readonly Operation[] | undefined {
  const parts = new Set<Operation>([root]);
  const isInput = (x: Value): boolean => inputs.some((input) => isSame(input, x));
  for (const op of parts) {
    if (parts.size > MOST_PARTS) return undefined;
    for (const x of readBy(op)) {
      if (isInput(x) || numberOf(x) !== undefined) continue;
      const from = x.definingOp;
      if (!from || from.block !== root.block || !isPart(from)) return undefined;
      parts.add(from);
    }
  }
  const [, ...inner] = parts;
  const isApart = inner.every((op) => op.results.every((r) => [...r.users].every((user) => parts.has(user))));
  return isApart ? [...parts] : undefined;
}

/** What an operation computes with; sizes that only say how far to repeat, or where a part that the form knows ends, are none of it. */
const readBy = (op: Operation): readonly Value[] =>
  isMovement(op) || realDynamicSlice.matches(op) ? op.operands.slice(0, 1) : op.operands;

/** The operation that reads `value`, if there is but one. */
export function onlyUser(value: Value): Operation | undefined {
  const [user, ...more] = value.users;
  return more.length === 0 ? user : undefined;
}

/** Composites are as pure as what they decompose into, which those of known names are. */
const isPart = (op: Operation): boolean => isRemovable(op) || composite.matches(op);

/** Erases what nothing reads any more; `parts` has users before what they use, but for those met twice. */
function eraseParts(parts: readonly Operation[]): void {
  for (let left = parts; left.length > 0; ) {
    const used = left.filter((op) => op.results.some((r) => r.isUsed));
    for (const op of left) if (!used.includes(op)) op.erase();
    if (used.length === left.length) return;
    left = used;
  }
}
