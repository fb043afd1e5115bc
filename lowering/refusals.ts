/**
 * @file What of a program has no lowering, found without lowering it: the passes of lowering/pipeline.ts up to the one that
 * makes operations structured, and then what that one would refuse. No pass before it refuses, and none behind it in its stage.
 */

import type { Context } from "../ir/context.js";
import type { Diagnostic } from "../ir/diagnostic.js";
import { functionsOf } from "../ir/dialects/func.js";
import type { Operation } from "../ir/graph.js";
import { LOOPS } from "../ir/names.js";
import type { Pass } from "../ir/pass.js";
import { inlineComposites } from "./fuse/inline-composites.js";
import { structures } from "./fuse/stablehlo-to-linalg.js";
import { refusalsIn } from "./fuse/structure/refused.js";
import { eliminateCommonSubexpressions } from "./simplify/eliminate-common-subexpressions.js";
import { expandBatchNorm } from "./simplify/expand-batch-norm.js";
import { expandCallTargets } from "./simplify/expand-call-targets.js";
import { expandChlo } from "./simplify/expand-chlo.js";
import { expandEinsum } from "./simplify/expand-einsum.js";
import { expandFft } from "./simplify/expand-fft.js";
import { expandRandom } from "./simplify/expand-random.js";
import { expandTuples } from "./simplify/expand-tuples.js";
import { foldConstants } from "./simplify/fold-constants.js";
import { inlineCalls } from "./simplify/inline-calls.js";
import { raise } from "./simplify/raise.js";
import { removeDeadCode } from "./simplify/remove-dead-code.js";
import { resolveSizes } from "./simplify/resolve-sizes.js";
import { sumInIntegers } from "./simplify/sum-in-integers.js";

const expansions = [
  expandTuples,
  expandChlo,
  expandCallTargets,
  expandBatchNorm,
  expandEinsum,
  expandFft,
  expandRandom,
];

/** The passes before operations become structured, as the pipeline has them: they decide which operations are left to lower. */
export const passesBeforeStructure: readonly Pass[] = [
  inlineCalls,
  resolveSizes,
  sumInIntegers,
  raise,
  ...expansions,
  foldConstants,
  eliminateCommonSubexpressions,
  removeDeadCode,
  inlineComposites,
  ...expansions,
];

/** What compiling `module`, which is changed, would refuse. @throws CompileError as importers and passes do. */
export function refusals(module: Operation, context: Context): readonly Diagnostic[] {
  for (const pass of passesBeforeStructure) pass.run(module, context);
  return [...functionsOf(module)].filter((f) => !f.extra[LOOPS]).flatMap((func) => refusalsIn(func, structures));
}
