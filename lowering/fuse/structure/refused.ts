/** @file Operations that valid programs may hold and that have no structured form: why, and what to do instead. */

import { type Diagnostic, diagnostic } from "../../../ir/diagnostic.js";
import type { Operation } from "../../../ir/graph.js";
import type { Structure } from "./converter.js";

interface Reason {
  readonly why: string;
  readonly fix?: string;
}

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

/** Terminators and functions belong to what they end or hold. */
export function isRefused(op: Operation, structures: ReadonlyMap<string, Structure>): boolean {
  if (op.def.traits.includes("terminator") || op.name === "func.func") return false;
  return !structures.has(op.name);
}

export function refusal(op: Operation): Diagnostic {
  const { why, fix } = reasons[op.name] ?? { why: "it has no structured form" };
  const message = `${op.name} cannot be compiled: ${why}`;
  return diagnostic("PS3001", message, fix === undefined ? { at: op.at } : { at: op.at, fix });
}
