/** @file What a module at graph level holds: of models that are MLIR already, and of kernels in Python. */

import { statSync } from "node:fs";
import type { Attr } from "../ir/attrs.js";
import type { Context } from "../ir/context.js";
import { funcOp, functionsOf } from "../ir/dialects/func.js";
import { NAME } from "../ir/entry.js";
import type { Operation } from "../ir/graph.js";
import { printType, type Type } from "../ir/types.js";
import { type ModelCensus, tally } from "./model-census.js";

/** The census of a module at graph level. */
export function moduleCensus(module: Operation, context: Context, path: string): ModelCensus {
  const entries = [...functionsOf(module)].filter((f) => funcOp.attrsOf(f).sym_visibility !== "private");
  const ports = (types: readonly Type[], attrs: Attr | undefined, prefix: string): readonly Port[] =>
    types.map((type, k) => ({ name: nameOf(attrs, k) ?? `${prefix}${k}`, type: printType(type) }));
  const functions = entries.map((f) => funcOp.attrsOf(f));
  const operations = [...module.walk()].filter((op) => !["builtin", "func"].includes(op.def.dialect));
  const resources = [...context.resources.all()];
  return {
    file: path,
    bytes: statSync(path).size,
    format: /\.py$/i.test(path) ? "python" : "mlir",
    opsets: {},
    producer: "",
    inputs: functions.flatMap(({ function_type: t, arg_attrs }) => ports(t.inputs, arg_attrs, "arg")),
    outputs: functions.flatMap(({ function_type: t, res_attrs }) => ports(t.results, res_attrs, "result")),
    operators: tally(operations.map((op) => ({ operator: op.name, at: op.at }))),
    weights: { count: resources.length, bytes: resources.reduce((sum, r) => sum + r.byteLength, 0), external: 0 },
  };
}

interface Port {
  readonly name: string;
  readonly type: string;
}

/** The model's own name of an argument or result. */
function nameOf(attrs: Attr | undefined, k: number): string | undefined {
  const of = attrs?.kind === "array" ? attrs.items[k] : undefined;
  const name = of?.kind === "dict" ? of.entries[NAME] : undefined;
  return name?.kind === "string" ? name.value : undefined;
}
