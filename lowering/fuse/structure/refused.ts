/** @file Operations that valid programs may hold and that have no structured form: why, and what to do instead. */

import { type Diagnostic, diagnostic } from "../../../ir/diagnostic.js";
import type { Operation } from "../../../ir/graph.js";
import { elementOf } from "../../../ir/types.js";
import type { Reason, Structure } from "./converter.js";
import { refusalOnOneDevice } from "./devices.js";
import { elementwise, scalarBody } from "./elementwise.js";
import { standsInScalarRegion } from "./scalar-region.js";

const elsewhere: Reason = { why: "it exchanges data with a host or another process while the program runs" };
const quantized: Reason = {
  why: "quantized element types are not supported",
  fix: "export with explicit scales: integers, convert and multiply",
};
const earlier = (pass: string): Reason => ({ why: `pass '${pass}' should have replaced it` });

const reasons: Readonly<Record<string, Reason>> = {
  "chlo.ragged_dot": {
    why: "products in groups of computed sizes are not supported",
    fix: "export with one product per group, or with a batched product of padded groups",
  },
  "stablehlo.composite": earlier("inline-composites"),
  "stablehlo.infeed": elsewhere,
  "stablehlo.outfeed": elsewhere,
  "stablehlo.recv": elsewhere,
  "stablehlo.send": elsewhere,
  "stablehlo.uniform_dequantize": quantized,
  "stablehlo.uniform_quantize": quantized,
};

/** Operations whose bodies work on single elements. */
const overElements = new Set(
  ["map", "reduce", "reduce_window", "scatter", "select_and_scatter", "sort"].map((name) => `stablehlo.${name}`),
);

/** Everything in `root` that has no structured form; nothing is converted. What this lets pass can be converted. */
export function refusalsIn(root: Operation, structures: ReadonlyMap<string, Structure>): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const visit = (op: Operation, isInBody: boolean): void => {
    const reason = isInBody ? reasonInBody(op) : reasonAgainst(op, structures);
    if (reason) found.push(refusal(op, reason));
    const within = isInBody || overElements.has(op.name);
    for (const region of op.regions)
      for (const block of region.blocks) for (const inner of block.ops()) visit(inner, within);
  };
  visit(root, false);
  return found;
}

function reasonInBody(op: Operation): Reason | undefined {
  return standsInScalarRegion(op) ? undefined : { why: "it cannot stand in a body that works on single elements" };
}

/** Terminators and functions belong to what they end or hold. */
function reasonAgainst(op: Operation, structures: ReadonlyMap<string, Structure>): Reason | undefined {
  if (op.def.traits.includes("terminator") || op.name === "func.func") return undefined;
  const structure = structures.get(op.name);
  if (!structure) return reasons[op.name] ?? { why: "it has no structured form" };
  if (structure === elementwise && !scalarBody(op))
    return { why: `it has no form for elements ${elementOf(op.operands.at(-1)!.type)}` };
  return refusalOnOneDevice(op);
}

function refusal(op: Operation, { why, fix }: Reason): Diagnostic {
  const message = `${op.name} cannot be compiled: ${why}`;
  return diagnostic("PS3001", message, fix === undefined ? { at: op.at } : { at: op.at, fix });
}
