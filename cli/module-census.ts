/** @file What a module at graph level holds: of models that are MLIR already. */

import { statSync } from "node:fs";
import type { Context } from "../ir/context.js";
import { funcOp, functionsOf } from "../ir/dialects/func.js";
import type { Operation } from "../ir/graph.js";
import { printType } from "../ir/types.js";
import { type ModelCensus, tally } from "./model-census.js";

/** The census of a module at graph level. */
export function moduleCensus(module: Operation, context: Context, path: string): ModelCensus {
  const entries = [...functionsOf(module)].filter((f) => funcOp.attrsOf(f).sym_visibility !== "private");
  const types = entries.map((f) => funcOp.attrsOf(f).function_type);
  const port = (prefix: string) => (type: Parameters<typeof printType>[0], k: number) => {
    return { name: `${prefix}${k}`, type: printType(type) };
  };
  const operations = [...module.walk()].filter((op) => !["builtin", "func"].includes(op.def.dialect));
  const resources = [...context.resources.all()];
  return {
    file: path,
    bytes: statSync(path).size,
    format: "mlir",
    opsets: {},
    producer: "",
    inputs: types.flatMap((t) => t.inputs.map(port("arg"))),
    outputs: types.flatMap((t) => t.results.map(port("result"))),
    operators: tally(operations.map((op) => ({ operator: op.name, at: op.at }))),
    weights: { count: resources.length, bytes: resources.reduce((sum, r) => sum + r.byteLength, 0), external: 0 },
  };
}
