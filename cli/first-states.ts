/** @file The arguments of an entry's function as the reference interpreter takes them: inputs, and states at their beginning. */

import type { Context } from "../ir/context.js";
import { elementFacts } from "../ir/element.js";
import type { EntryInterface, StateInterface } from "../ir/entry.js";
import { fromBytes, type NdArray } from "../ir/ndarray.js";

/** `inputs` are in the entry's order; what is given back is in the function's. */
export function withFirstStates(
  { inputs: ports, states }: EntryInterface,
  inputs: readonly NdArray[],
  context: Context,
): readonly NdArray[] {
  const args: NdArray[] = [];
  ports.forEach(({ argument }, k) => {
    args[argument] = inputs[k]!;
  });
  for (const state of states) args[state.argument] = firstValue(state, context);
  return args;
}

function firstValue({ name, element, shape, initial }: StateInterface, context: Context): NdArray {
  if (initial?.kind === "dense") return initial.data;
  const sizes = shape.map((d) => {
    if (typeof d === "number") return d;
    throw new Error(`the state '${name}' has no size before the first run`);
  });
  const bytes = sizes.reduce((n, d) => n * d, elementFacts[element].storageBytes);
  const resource = initial && context.resources.get(initial.name);
  return fromBytes(element, sizes, resource?.read(0, bytes) ?? new Uint8Array(bytes));
}
