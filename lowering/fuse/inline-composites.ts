/**
 * @file Pass `inline-composites`: a composite that no later pass claims becomes the body of its decomposition, inner ones
 * first. Decompositions that nothing refers to any more go.
 */

import type { Context } from "../../ir/context.js";
import { functionsOf, lookupFunction, updateFunctionType } from "../../ir/dialects/func.js";
import { composite } from "../../ir/dialects/stablehlo/calls.js";
import type { Operation } from "../../ir/graph.js";
import type { Pass } from "../../ir/pass.js";
import { inlineFunction } from "../simplify/inline-function.js";
import { removeDeadCode } from "../simplify/remove-dead-code.js";
import { type Renaming, renameSizes } from "../simplify/size-names.js";

/** Whether a composite is kept, as a pass behind will implement it as it stands. */
export type Claims = (composite: Operation) => boolean;

export function inlineCompositesBut(claims: Claims): Pass {
  return {
    name: "inline-composites",
    summary: "Replaces composites by the bodies of their decompositions.",
    run(module, context) {
      const work: Work = { module, context, claims, done: new Set(), inlined: new Set() };
      for (const func of functionsOf(module)) inlineIn(func, work);
      if (work.inlined.size > 0) removeDeadCode.run(module, context);
    },
  };
}

/** Nothing is claimed. */
export const inlineComposites = inlineCompositesBut(() => false);

interface Work {
  readonly module: Operation;
  readonly context: Context;
  readonly claims: Claims;
  readonly done: Set<Operation>;
  /** Decompositions that were. */
  readonly inlined: Set<Operation>;
}

function inlineIn(func: Operation, work: Work): void {
  if (work.done.has(func)) return;
  work.done.add(func);
  const names: Renaming = new Map();
  for (const op of [...func.walk()]) {
    if (!composite.matches(op) || work.claims(op)) continue;
    const { decomposition } = composite.attrsOf(op);
    const callee = lookupFunction(work.module, decomposition);
    if (!callee) throw new Error(`there is no function @${decomposition}`);
    inlineIn(callee, work);
    inlineFunction(op, callee, work.context, names);
    work.inlined.add(callee);
  }
  renameSizes(work.context, func, names);
  updateFunctionType(func, work.context);
}
