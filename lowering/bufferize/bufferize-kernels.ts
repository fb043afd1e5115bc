/**
 * @file Kernels on memrefs: they write their results to memrefs that the caller gives. A result that takes over
 * a destination's storage is written there; others get an argument of their own. Calls keep the form they have
 * on tensors until the functions around them are rewritten.
 */

import { type AttrDict, stringAttr } from "../../ir/attrs.js";
import type { Context } from "../../ir/context.js";
import { callOp, functionBody, functionName, functionsOf } from "../../ir/dialects/func.js";
import type { Operation, Value } from "../../ir/graph.js";
import { ACCESS, LOOPS } from "../../ir/names.js";
import { KERNEL } from "../kernels.js";
import { bufferizeFunction, dictionaries, type ResultPlaces } from "./bufferize-function.js";
import { destinationOf } from "./destinations.js";
import { Globals } from "./globals.js";
import type { ArgumentUse, KernelSignature } from "./signature.js";

/** Rewrites every kernel of the module; gives how each is called now. */
export function bufferizeKernels(module: Operation, context: Context): ReadonlyMap<string, KernelSignature> {
  const names = kernelNames(module);
  const globals = new Globals(module, context);
  const signatures = new Map<string, KernelSignature>();
  for (const func of [...functionsOf(module)]) {
    if (func.extra[LOOPS]) signatures.set(functionName(func), signatureOfLoops(func));
    if (!names.has(functionName(func))) continue;
    const attrs = dictionaries(func, "arg_attrs");
    const memrefs = functionBody(func).args.map((a) => a.type.kind === "tensor");
    const describe = (i: number, use: ArgumentUse): AttrDict => ({
      ...attrs[i],
      ...(memrefs[i] === false ? {} : { [ACCESS]: stringAttr(accessOf(use)) }),
    });
    signatures.set(
      functionName(func),
      bufferizeFunction(func, resultPlaces(func), { context, globals, signatures: new Map() }, describe),
    );
  }
  return signatures;
}

/** Loops are on memrefs already: what they write, they write in place. */
function signatureOfLoops(func: Operation): KernelSignature {
  const written = dictionaries(func, "arg_attrs").map((entries) => {
    const access = entries[ACCESS];
    return access?.kind === "string" && access.value !== "read";
  });
  const { args } = functionBody(func);
  return {
    args: args.map((_, i) => ({ isRead: true, isWritten: written[i] === true })),
    results: args.flatMap(({ type }, arg) => (written[arg] ? [{ type, arg, isAdded: false }] : [])),
  };
}

function accessOf({ isRead, isWritten }: ArgumentUse): string {
  if (!isWritten) return "read";
  return isRead ? "readwrite" : "write";
}

/** The functions that calls marked as kernels call. */
function kernelNames(module: Operation): ReadonlySet<string> {
  const names = new Set<string>();
  for (const op of module.walk()) if (callOp.matches(op) && op.extra[KERNEL]) names.add(callOp.attrsOf(op).callee);
  return names;
}

/** A result goes to the argument whose storage it takes over, each argument to one result. */
function resultPlaces(func: Operation): ResultPlaces {
  const body = functionBody(func);
  const taken = new Set<number>();
  return body.terminator.operands.map((x) => {
    const root = destinationRoot(x);
    if (root.owner !== body || taken.has(root.index)) return "added";
    taken.add(root.index);
    return root.index;
  });
}

function destinationRoot(value: Value): Value {
  const next = destinationOf(value);
  return next ? destinationRoot(next) : value;
}
