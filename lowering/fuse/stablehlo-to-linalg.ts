/**
 * @file Pass `stablehlo-to-linalg`: every StableHLO operation becomes structured operations on tensors
 * (`linalg.generic` with indexing maps and iterator kinds, which loops, fusion and sharding all read), or structured
 * control flow. One table per family under `structure/`; an operation without a row is refused by name.
 */

import { Builder } from "../../ir/builder.js";
import type { Context } from "../../ir/context.js";
import { functionBody, functionsOf, returnOp, updateFunctionType } from "../../ir/dialects/func.js";
import { Block, type Operation } from "../../ir/graph.js";
import type { Pass } from "../../ir/pass.js";
import { Converter, type Structure } from "./structure/converter.js";
import { dataMovement } from "./structure/data-movement.js";
import { dynamicShape } from "./structure/dynamic-shape.js";
import { elementwise, elementwiseNames } from "./structure/elementwise.js";
import { reductions } from "./structure/reductions.js";
import { values } from "./structure/values.js";

const structures: ReadonlyMap<string, Structure> = new Map([
  ...elementwiseNames.map((name) => [name, elementwise] as const),
  ...Object.entries(dataMovement),
  ...Object.entries(dynamicShape),
  ...Object.entries(reductions),
  ...Object.entries(values),
]);

export const stablehloToLinalg: Pass = {
  name: "stablehlo-to-linalg",
  summary: "Turns StableHLO into structured operations on tensors.",
  run(module, context) {
    for (const func of [...functionsOf(module)]) convertFunction(func, context);
  },
};

function convertFunction(func: Operation, context: Context): void {
  const old = functionBody(func);
  const body = new Block();
  const to = new Converter(context, new Builder(context, body), structures);
  const args = old.args.map((a) => body.addArg(to.type(a.type)));
  for (const arg of args) to.noteSizes(arg);
  const results = to.block(old, args);
  to.builder.at = old.terminator.at;
  to.builder.op(returnOp, { operands: results }, {});
  replaceBody(func, old, body);
  updateFunctionType(func, context);
}

/** Puts `body` in the place of the function's only block. */
function replaceBody(func: Operation, old: Block, body: Block): void {
  for (const op of old.ops()) op.dropReferences();
  const region = func.region(0);
  region.blocks.splice(0, region.blocks.length, body);
  body.region = region;
}
