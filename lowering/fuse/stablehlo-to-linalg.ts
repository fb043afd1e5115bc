/**
 * @file Pass `stablehlo-to-linalg`: every StableHLO operation becomes structured operations on tensors
 * (`linalg.generic` with indexing maps and iterator kinds, which loops, fusion and sharding all read), loops over
 * tensors (marked as kernels, see structure/loops.ts), or structured control flow. One table per family under
 * `structure/`; operations without a row are refused by name, all at once.
 */

import { Builder } from "../../ir/builder.js";
import type { Context } from "../../ir/context.js";
import { CompileError } from "../../ir/diagnostic.js";
import { functionBody, functionsOf, returnOp, updateFunctionType } from "../../ir/dialects/func.js";
import { Block, type Operation } from "../../ir/graph.js";
import { LOOPS } from "../../ir/names.js";
import type { Pass } from "../../ir/pass.js";
import { controlFlow } from "./structure/control-flow.js";
import { Converter, type Structure } from "./structure/converter.js";
import { convolutions } from "./structure/convolutions.js";
import { dataMovement } from "./structure/data-movement.js";
import { devices } from "./structure/devices.js";
import { dynamicShape } from "./structure/dynamic-shape.js";
import { elementwiseOperations } from "./structure/elementwise.js";
import { indexing } from "./structure/indexing.js";
import { linearAlgebra } from "./structure/linear-algebra.js";
import { reductions } from "./structure/reductions.js";
import { refusalsIn } from "./structure/refused.js";
import { scatters } from "./structure/scatter.js";
import { selections } from "./structure/select-and-scatter.js";
import { sorts } from "./structure/sort.js";
import { values } from "./structure/values.js";
import { windows } from "./structure/windows.js";

export const structures: ReadonlyMap<string, Structure> = new Map(
  [
    controlFlow,
    convolutions,
    dataMovement,
    devices,
    dynamicShape,
    elementwiseOperations,
    indexing,
    linearAlgebra,
    reductions,
    scatters,
    selections,
    sorts,
    values,
    windows,
  ].flatMap((table) => Object.entries(table)),
);

export const stablehloToLinalg: Pass = {
  name: "stablehlo-to-linalg",
  summary: "Turns StableHLO into structured operations on tensors.",
  run(module, context) {
    const functions = [...functionsOf(module)].filter((f) => f.region(0).blocks.length > 0 && !f.extra[LOOPS]);
    const refused = functions.flatMap((func) => refusalsIn(func, structures));
    if (refused.length > 0) throw new CompileError(refused);
    // Bodies first: an operation may read the function that it calls as it was.
    const bodies = functions.map((func) => structuredBody(func, context));
    functions.forEach((func, i) => {
      replaceBody(func, bodies[i]!);
      updateFunctionType(func, context);
    });
  },
};

function structuredBody(func: Operation, context: Context): Block {
  const old = functionBody(func);
  const body = new Block();
  const to = new Converter(context, new Builder(context, body), structures);
  const args = old.args.map((a) => body.addArg(to.type(a.type)));
  for (const arg of args) to.noteSizes(arg);
  const results = to.block(old, args);
  to.builder.at = old.terminator.at;
  to.builder.op(returnOp, { operands: results }, {});
  return body;
}

/** Puts `body` in the place of the function's only block. */
function replaceBody(func: Operation, body: Block): void {
  for (const op of functionBody(func).ops()) op.dropReferences();
  const region = func.region(0);
  region.blocks.splice(0, region.blocks.length, body);
  body.region = region;
}
