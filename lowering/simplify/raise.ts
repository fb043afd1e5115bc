/**
 * @file Pass `raise`: attention, normalizations, GELU, SiLU, softmax and rotary embeddings that an exporter wrote out become
 * composites again, `psm.…`, as the ONNX importer makes them. Every match is found at one operation of a rare kind and
 * checked against what the composite decomposes into: elements, axes, sizes, constants; nothing else may read its parts.
 */

import type { Context } from "../../ir/context.js";
import { Decompositions } from "../../ir/decompositions.js";
import { functionName, functionsOf, updateFunctionType } from "../../ir/dialects/func.js";
import { composite } from "../../ir/dialects/stablehlo/calls.js";
import type { Operation } from "../../ir/graph.js";
import type { Pass } from "../../ir/pass.js";
import { activationRoots, raiseActivation } from "./raise/activation.js";
import { attentionRoots, raiseAttention } from "./raise/attention.js";
import { batchRoots, separateBatches, swapApart, swapRoots } from "./raise/batches.js";
import { groupRoots, raiseGroupNorm } from "./raise/group.js";
import { normRoots, raiseNorm } from "./raise/normalization.js";
import { Raiser } from "./raise/raiser.js";
import { raiseRotary, rotaryRoots } from "./raise/rotary.js";
import { sharedRoots, shareHeads } from "./raise/shared-heads.js";
import { raiseSoftmax, softmaxRoots } from "./raise/softmax.js";
import { dropStatistics, statisticsRoots } from "./raise/statistics.js";
import { eraseDead } from "./remove-dead-code.js";
import { renameSizes } from "./size-names.js";

/** Tried in this order at each root: attention is made of softmax, and reads it as a composite. */
interface Family {
  readonly roots: readonly unknown[];
  /** Gives the composite where one was made that a later family may be a part of. */
  raise(root: Operation, raiser: Raiser): Operation | undefined;
}

/** Nothing is made of what this makes. */
const done =
  (attempt: (op: Operation, raiser: Raiser) => boolean): Family["raise"] =>
  (op, raiser) =>
    void attempt(op, raiser);

const families: readonly Family[] = [
  { roots: swapRoots, raise: done(swapApart) },
  { roots: batchRoots, raise: done(separateBatches) },
  { roots: softmaxRoots, raise: raiseSoftmax },
  { roots: attentionRoots, raise: done(raiseAttention) },
  { roots: activationRoots, raise: done(raiseActivation) },
  { roots: rotaryRoots, raise: done(raiseRotary) },
  { roots: normRoots, raise: done(raiseNorm) },
  { roots: statisticsRoots, raise: done(dropStatistics) },
  { roots: sharedRoots, raise: done(shareHeads) },
  { roots: groupRoots, raise: done(raiseGroupNorm) },
];

export const raise: Pass = {
  name: "raise",
  summary: "Recognises written-out attention, normalizations and activations as composites.",
  run(module, context) {
    const kept = decompositionsIn(module);
    const raiser = new Raiser(context, new Decompositions(module, context));
    for (const func of [...functionsOf(module)]) if (!kept.has(functionName(func))) raiseIn(func, raiser, context);
  },
};

/** Names of functions that composites decompose into: what they are written out as is theirs. */
function decompositionsIn(module: Operation): ReadonlySet<string> {
  const names = new Set<string>();
  for (const op of module.walk()) if (composite.matches(op)) names.add(composite.attrsOf(op).decomposition);
  return names;
}

function raiseIn(func: Operation, raiser: Raiser, context: Context): void {
  raiser.names = new Map();
  // What nobody reads would keep a form from being raised.
  for (const region of func.regions) eraseDead(region);
  const byKind = new Map<unknown, Operation[]>();
  const note = (op: Operation): void => {
    const list = byKind.get(op.def);
    if (list) list.push(op);
    else byKind.set(op.def, [op]);
  };
  for (const op of func.walk()) note(op);
  for (const { roots, raise: attempt } of families) {
    const here = roots.flatMap((kind) => byKind.get(kind) ?? []);
    for (const op of here) {
      const made = op.block ? attempt(op, raiser) : undefined;
      if (made) note(made);
    }
  }
  renameSizes(context, func, raiser.names);
  updateFunctionType(func, context);
}
