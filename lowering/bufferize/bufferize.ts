/**
 * @file Pass `bufferize`: tensors become memrefs, results become arguments to write to. Kernels first, so that the
 * functions that call them know which argument takes which result. A state (an argument that `tf.aliasing_output` ties to
 * a result) is updated in place where its old contents are not needed any more; else the new ones are copied over it.
 */

import { type AttrDict, intAttr } from "../../ir/attrs.js";
import type { Context } from "../../ir/context.js";
import { funcOp, functionBody, functionsOf } from "../../ir/dialects/func.js";
import { ALIASING } from "../../ir/entry.js";
import type { Operation } from "../../ir/graph.js";
import type { Pass } from "../../ir/pass.js";
import { bufferizeFunction, dictionaries, type ResultPlaces } from "./bufferize-function.js";
import { bufferizeKernels } from "./bufferize-kernels.js";
import type { Signatures } from "./effects.js";
import { Globals } from "./globals.js";

/** Attribute of an argument to which the result of that number is written. */
export const RESULT = "psm.result";

export const bufferize: Pass = {
  name: "bufferize",
  summary: "Gives every tensor storage: memrefs, results written to arguments.",
  run(module, context) {
    const signatures = bufferizeKernels(module, context);
    for (const func of [...functionsOf(module)]) {
      if (funcOp.attrsOf(func).sym_visibility !== "private" && func.region(0).blocks.length > 0)
        bufferizeEntry(func, module, context, signatures);
    }
  },
};

function bufferizeEntry(func: Operation, module: Operation, context: Context, signatures: Signatures): void {
  const args = dictionaries(func, "arg_attrs");
  const results = dictionaries(func, "res_attrs");
  const places = resultPlaces(func, args);
  const i64 = context.types.scalar("i64");
  // Arguments are added in the order of the results they are for.
  const added = places.flatMap((place, i) => (place === undefined ? [i] : []));
  const count = functionBody(func).args.length;
  const describe = (index: number): AttrDict => {
    if (index < count) return args[index] ?? {};
    const result = added[index - count]!;
    return { ...results[result], [RESULT]: intAttr(result, i64) };
  };
  bufferizeFunction(func, places, { context, signatures, globals: new Globals(module, context) }, describe);
}

/** States take the results they are tied to. */
function resultPlaces(func: Operation, args: readonly AttrDict[]): ResultPlaces {
  const body = functionBody(func);
  return body.terminator.operands.map((x, result) => {
    const place = args.findIndex((dict) => {
      const tied = dict[ALIASING];
      return tied?.kind === "int" && Number(tied.value) === result;
    });
    return place >= 0 && body.args[place]?.type === x.type ? place : undefined;
  });
}
