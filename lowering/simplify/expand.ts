/** @file Passes that write operations out in simpler ones of the graph level, as tables of expansions by name. */

import { Builder } from "../../ir/builder.js";
import type { Context } from "../../ir/context.js";
import { Decompositions } from "../../ir/decompositions.js";
import { functionsOf, updateFunctionType } from "../../ir/dialects/func.js";
import type { Operation, Value } from "../../ir/graph.js";
import type { Pass } from "../../ir/pass.js";
import { TensorBuilder } from "../../ir/tensor-builder.js";
import { noteReplacement, type Renaming, renameSizes } from "./size-names.js";

/** Builds the results of an operation before it; `undefined` where it stays as it is. */
export type Expansion = (t: TensorBuilder, op: Operation) => readonly Value[] | undefined;

export function expansionPass(name: string, summary: string, table: Readonly<Record<string, Expansion>>): Pass {
  return {
    name,
    summary,
    run(module, context) {
      const decompositions = new Decompositions(module, context);
      for (const func of [...functionsOf(module)]) expandIn(func, table, decompositions, context);
    },
  };
}

function expandIn(
  func: Operation,
  table: Readonly<Record<string, Expansion>>,
  decompositions: Decompositions,
  context: Context,
): void {
  const names: Renaming = new Map();
  // What an expansion makes may have an expansion itself: it stands before the operation, so look again from there.
  for (let left = [...func.walk()].filter((op) => (op.name in table)); left.length > 0; ) {
    const made: Operation[] = [];
    for (const op of left) made.push(...expandOne(op, table[op.name]!, decompositions, context, names));
    left = made.filter((op) => op.name in table);
  }
  renameSizes(context, func, names);
  updateFunctionType(func, context);
}

/** Gives the operations made; none where the operation stays. */
function expandOne(
  op: Operation,
  expansion: Expansion,
  decompositions: Decompositions,
  context: Context,
  names: Renaming,
): readonly Operation[] {
  const made: Operation[] = [];
  const builder = Builder.before(context, op);
  builder.onCreate = (x) => made.push(x);
  const t = new TensorBuilder(builder, decompositions);
  for (const x of op.operands) t.note(x);
  const values = expansion(t, op);
  if (values === undefined) return [];
  op.results.forEach((r, i) => {
    noteReplacement(context, r, values[i]!, names);
    r.replaceAllUsesWith(values[i]!);
  });
  op.erase();
  return made;
}
