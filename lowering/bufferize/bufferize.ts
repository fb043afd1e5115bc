/**
 * @file Pass `bufferize`: tensors become memrefs, results become arguments to write to. Kernels first, so that the
 * functions that call them know which argument takes which result. A state (an argument with
 * `psm.state` that `tf.aliasing_output` ties to a result) is updated in place where its old contents are not needed any
 * more; else the new ones are copied over it. Arguments come as inputs, states, then one for every other result.
 */

import { type Attr, type AttrDict, arrayAttr, intAttr, unitAttr } from "../../ir/attrs.js";
import type { Context } from "../../ir/context.js";
import { funcOp, functionBody, functionsOf } from "../../ir/dialects/func.js";
import { ALIASING, STATE } from "../../ir/entry.js";
import type { Operation } from "../../ir/graph.js";
import { ALLOCATED_BY_RUN, RESULT } from "../../ir/names.js";
import type { Pass } from "../../ir/pass.js";
import { isShaped, type Type } from "../../ir/types.js";
import { bufferizeFunction, dictionaries, type ResultPlaces } from "./bufferize-function.js";
import { bufferizeKernels } from "./bufferize-kernels.js";
import type { Signatures } from "./effects.js";
import { Globals } from "./globals.js";

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
  const args = statesLast(func, dictionaries(func, "arg_attrs"));
  const results = dictionaries(func, "res_attrs");
  const places = resultPlaces(func, args, context);
  const numbersOf = (kind: ResultPlaces[number]): number[] => places.flatMap((p, i) => (p === kind ? [i] : []));
  const [added, returned] = [numbersOf("added"), numbersOf("returned")];
  const count = functionBody(func).args.length;
  const i64 = context.types.scalar("i64");
  const withNumber = (result: number): AttrDict => ({ ...results[result], [RESULT]: intAttr(result, i64) });
  const describe = (index: number): AttrDict =>
    index < count ? (args[index] ?? {}) : withNumber(added[index - count]!);
  bufferizeFunction(func, places, { context, signatures, globals: new Globals(module, context) }, describe);
  if (returned.length === 0) return;
  const dicts = returned.map(
    (i): Attr => ({ kind: "dict", entries: { ...withNumber(i), [ALLOCATED_BY_RUN]: unitAttr } }),
  );
  func.setAttr("res_attrs", arrayAttr(dicts));
}

function isState(dict: AttrDict | undefined): boolean {
  return dict?.[STATE] !== undefined && dict[ALIASING]?.kind === "int";
}

/** Moves the arguments that are states behind the others; gives the attributes in the new order. */
function statesLast(func: Operation, attrs: readonly AttrDict[]): readonly AttrDict[] {
  const { args } = functionBody(func);
  const order = [...args.filter((_, i) => !isState(attrs[i])), ...args.filter((_, i) => isState(attrs[i]))];
  const moved = order.map((arg) => attrs[arg.index] ?? {});
  order.forEach((arg, i) => {
    arg.index = i;
    args[i] = arg;
  });
  return moved;
}

/** States take the results they are tied to; what only data can size is allocated by the function. */
function resultPlaces(func: Operation, args: readonly AttrDict[], context: Context): ResultPlaces {
  const body = functionBody(func);
  return body.terminator.operands.map((x, result) => {
    const place = args.findIndex((dict) => {
      const tied = dict[ALIASING];
      return isState(dict) && tied?.kind === "int" && Number(tied.value) === result;
    });
    if (place >= 0 && body.args[place]?.type === x.type) return place;
    return isSizedByData(x.type, context) ? "returned" : "added";
  });
}

/** True where a size depends on the elements of tensors. */
function isSizedByData(type: Type, { dims }: Context): boolean {
  return isShaped(type) && type.shape.some((d) => dims.symbolsOf(d).some((s) => dims.kind(s) === "data"));
}
