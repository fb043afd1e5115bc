/**
 * @file Pass `remove-dead-code`: erases pure operations without users, and private functions nobody refers to.
 * Walks bottom up, so a chain of dead operations goes in one sweep.
 */

import { referencedSymbols } from "../../ir/analysis/references.js";
import type { Context } from "../../ir/context.js";
import { funcOp, functionName, functionsOf } from "../../ir/dialects/func.js";
import type { Operation, Region } from "../../ir/graph.js";
import type { Pass } from "../../ir/pass.js";

export const removeDeadCode: Pass = {
  name: "remove-dead-code",
  summary: "Erases pure operations without users and private functions without references.",
  run(module, context) {
    for (const func of functionsOf(module)) eraseDead(func.region(0));
    eraseUnreferenced(module, context);
  },
};

/** Erases dead operations of a region and of those nested in it. */
export function eraseDead(region: Region): void {
  for (const block of region.blocks) {
    for (let op = block.last; op; ) {
      const { prev }: Operation = op;
      for (const inner of op.regions) eraseDead(inner);
      if (isRemovable(op) && !op.results.some((r) => r.isUsed)) op.erase();
      op = prev;
    }
  }
}

/** Pure itself, and so is everything inside it. */
export function isRemovable(op: Operation): boolean {
  const { traits } = op.def;
  if (!traits.includes("pure")) return false;
  return op.regions.every((r) =>
    r.blocks.every((b) => [...b.ops()].every((inner) => inner.def.traits.includes("terminator") || isRemovable(inner))),
  );
}

function eraseUnreferenced(module: Operation, context: Context): void {
  for (let erased = true; erased; ) {
    erased = false;
    const referenced = referencedSymbols(module, context);
    for (const func of functionsOf(module)) {
      if (funcOp.attrsOf(func).sym_visibility !== "private" || referenced.has(functionName(func))) continue;
      func.erase();
      erased = true;
    }
  }
}
