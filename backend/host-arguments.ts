/**
 * @file What the arguments and results of a host function are to callers. Emitted code, the manifest's schedule and its
 * entries all go by this, which reads the attributes that bufferization left.
 */

import type { Attr } from "../ir/attrs.js";
import { funcOp, functionBody } from "../ir/dialects/func.js";
import type { EntryInterface } from "../ir/entry.js";
import type { Operation } from "../ir/graph.js";
import { RESULT } from "../ir/names.js";

export interface HostArgument {
  readonly kind: "input" | "state" | "output" | "arena";
  /** Position among the entry's inputs, states or outputs; 0 for the arena. */
  readonly index: number;
}

/** In the order of the arguments: inputs, states, the outputs that callers give storage for, the arena. */
export function hostArguments(host: Operation, entry: EntryInterface): readonly HostArgument[] {
  const numbers = resultNumbers(funcOp.attrsOf(host).arg_attrs);
  const [inputs, before] = [entry.inputs.length, entry.inputs.length + entry.states.length];
  return functionBody(host).args.map((_, k): HostArgument => {
    if (k < inputs) return { kind: "input", index: k };
    if (k < before) return { kind: "state", index: k - inputs };
    const result = numbers[k];
    return result === undefined ? { kind: "arena", index: 0 } : { kind: "output", index: outputOf(result, entry) };
  });
}

/** The outputs that the host function allocates, in the order in which it returns them. */
export function allocatedOutputs(host: Operation, entry: EntryInterface): readonly number[] {
  const numbers = resultNumbers(funcOp.attrsOf(host).res_attrs);
  return functionBody(host).terminator.operands.map((_, k) => {
    const result = numbers[k];
    if (result === undefined) throw new Error(`result ${k} of the entry '${entry.name}' does not say which it is`);
    return outputOf(result, entry);
  });
}

function outputOf(result: number, entry: EntryInterface): number {
  const index = entry.outputs.findIndex((output) => output.result === result);
  if (index < 0) throw new Error(`result ${result} of the entry '${entry.name}' is no output`);
  return index;
}

function resultNumbers(attr: Attr | undefined): readonly (number | undefined)[] {
  if (attr?.kind !== "array") return [];
  return attr.items.map((item) => {
    const number = item.kind === "dict" ? item.entries[RESULT] : undefined;
    return number?.kind === "int" ? Number(number.value) : undefined;
  });
}
