/**
 * @file One function from tensors to memrefs: results become arguments to write to, the body is rebuilt on buffers. Both
 * passes of this folder end here; they differ in which argument takes which result.
 */

import { type Attr, type AttrDict, arrayAttr } from "../../ir/attrs.js";
import { funcOp, functionBody, returnOp, updateFunctionType } from "../../ir/dialects/func.js";
import { Block, type Operation, type Value } from "../../ir/graph.js";
import { type Assignment, assignStorage } from "./assign-storage.js";
import { ownBuffer } from "./carry-buffers.js";
import { controlRows } from "./emit-control.js";
import { sliceRows } from "./emit-slices.js";
import { tensorRows } from "./emit-tensors.js";
import { Emitter, type EmitterParts } from "./emitter.js";
import type { KernelSignature } from "./signature.js";

const rows: EmitterParts["rows"] = new Map([...tensorRows, ...sliceRows, ...controlRows]);

/**
 * For each value returned: the position of the argument it goes to, `added` for a new one, or `returned` where the
 * function gives a buffer that it allocates, as nobody knows its size before.
 */
export type ResultPlaces = readonly (number | "added" | "returned")[];

/** Rebuilds `func`; `describeArg` gives the attributes of its new arguments. */
export function bufferizeFunction(
  func: Operation,
  wanted: ResultPlaces,
  parts: Omit<EmitterParts, "rows">,
  describeArg: (index: number, use: KernelSignature["args"][number]) => AttrDict,
): KernelSignature {
  const old = functionBody(func);
  const results = old.terminator.operands;
  const places = wanted.map((place, i) => placeOf(place, old, results[i]!));
  const assignment = assignStorage(func, places, parts.signatures, parts.context);
  const body = new Block();
  const to = new Emitter(body, old, assignment, { ...parts, rows });
  to.block(old);
  to.transfer(results.flatMap((x, i) => (places[i] === undefined ? [] : [[x, old.args[places[i]]!] as const])));
  const returned = results.filter((_, i) => places[i] === undefined);
  to.builder.op(returnOp, { operands: returned.map((x) => ownBuffer(x, old.terminator, to)) }, {});
  const signature = signatureOf(old, wanted, places, assignment);
  replaceBody(func, old, body);
  const attrs = signature.args.map((use, i): Attr => ({ kind: "dict", entries: describeArg(i, use) }));
  func.setAttr("arg_attrs", arrayAttr(attrs));
  func.setAttr("res_attrs", undefined);
  updateFunctionType(func, parts.context);
  return signature;
}

function placeOf(place: ResultPlaces[number], body: Block, result: Value): number | undefined {
  if (place === "returned") return undefined;
  return place === "added" ? body.addArg(result.type).index : place;
}

function signatureOf(
  old: Block,
  wanted: ResultPlaces,
  places: readonly (number | undefined)[],
  assignment: Assignment,
): KernelSignature {
  const isRead = (arg: Value): boolean => arg.type.kind !== "tensor" || assignment.isRead(arg);
  return {
    args: old.args.map((arg, i) => ({ isRead: isRead(arg), isWritten: places.includes(i) })),
    results: old.terminator.operands.flatMap(({ type }, i) => {
      const arg = places[i];
      return arg === undefined ? [] : [{ type, arg, isAdded: wanted[i] === "added" }];
    }),
  };
}

/** Puts `body` in the place of the function's only block. */
function replaceBody(func: Operation, old: Block, body: Block): void {
  for (const op of old.ops()) op.dropReferences();
  const region = func.region(0);
  region.blocks.splice(0, region.blocks.length, body);
  body.region = region;
}

/** The attributes of each argument or result of a function. */
export function dictionaries(func: Operation, which: "arg_attrs" | "res_attrs"): readonly AttrDict[] {
  const attr = funcOp.attrsOf(func)[which];
  return attr?.kind === "array" ? attr.items.map((x) => (x.kind === "dict" ? x.entries : {})) : [];
}
