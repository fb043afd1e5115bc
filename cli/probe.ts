/**
 * @file A model whose inner values can be made its outputs, for finding where two runtimes part. A value is named as the
 * model names it: in an ONNX file by its own name, in MLIR text by the operation that computes it.
 */

import { extname } from "node:path";
import { importOnnx } from "../frontends/onnx/import.js";
import { readOnnx } from "../frontends/onnx/read.js";
import { arrayAttr, stringAttr } from "../ir/attrs.js";
import { Builder } from "../ir/builder.js";
import { CompileError, DiagnosticSink } from "../ir/diagnostic.js";
import { funcOp, functionBody, functionName, functionsOf, returnOp, updateFunctionType } from "../ir/dialects/func.js";
import { NAME } from "../ir/entry.js";
import type { Operation, Value } from "../ir/graph.js";
import { formatLocation } from "../ir/location.js";
import { newContext } from "../lowering/dialects.js";
import { type Graph, importGraph } from "./compile.js";
import type { Importing } from "./constexprs.js";

export interface ProbedValue {
  readonly name: string;
  /** What computes it, for people. */
  readonly node: string;
}

export interface ModelProbe {
  /** The values inside the model that can be outputs, in the order they are computed. */
  readonly values: readonly ProbedValue[];
  /** The model with these values as its outputs. */
  make(names: readonly string[]): Promise<Graph>;
}

export async function probeModel(path: string, importing?: Importing): Promise<ModelProbe> {
  return extname(path).toLowerCase() === ".onnx" ? probeOnnx(path) : probeGraph(path, importing);
}

function probeOnnx(path: string): ModelProbe {
  const model = readOnnx(path, new DiagnosticSink());
  const { graph } = model;
  const all = graph.nodes.flatMap((node) => {
    const what = `${node.opType} at ${formatLocation(node.at)}`;
    return node.outputs.filter((name) => name !== "").map((name) => ({ name, node: what }));
  });
  const declared = new Map([...graph.values, ...graph.outputs.map((o) => [o.name, o] as const)]);
  const make = (names: readonly string[]): Graph => {
    const outputs = names.map(
      (name) => declared.get(name) ?? { name, type: undefined, doc: "", metadata: new Map<string, string>() },
    );
    const context = newContext();
    return { module: importOnnx({ ...model, graph: { ...graph, outputs } }, context), context };
  };
  return { values: withoutRefused(all, make), make: async (names) => make(names) };
}

/** Those values that can be outputs: sequences, optionals and strings cannot. */
function withoutRefused(
  all: readonly ProbedValue[],
  make: (names: readonly string[]) => Graph,
): readonly ProbedValue[] {
  try {
    make(all.map(({ name }) => name));
    return all;
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    const refused = new Set(error.diagnostics.flatMap(({ at }) => (at.kind === "graph-node" ? [at.node] : [])));
    const left = all.filter(({ name }) => !refused.has(name));
    return left.length === all.length ? [] : withoutRefused(left, make);
  }
}

async function probeGraph(path: string, importing: Importing | undefined): Promise<ModelProbe> {
  const inner = (module: Operation): readonly (readonly [ProbedValue, Value])[] => {
    const operations = [...functionBody(mainOf(module)).ops()];
    return operations.flatMap((op, k) =>
      op.results.map((result, r) => {
        const name = op.results.length === 1 ? `${k}` : `${k}:${r}`;
        return [{ name, node: `${op.name} at ${formatLocation(op.at)}` }, result] as const;
      }),
    );
  };
  const make = async (names: readonly string[]): Promise<Graph> => {
    const graph = await importGraph(path, importing);
    const values = new Map(inner(graph.module).map(([probed, value]) => [probed.name, value]));
    replaceResults(
      graph,
      names.map((name) => [name, values.get(name)!] as const),
    );
    return graph;
  };
  const tensors = inner((await importGraph(path, importing)).module).filter(
    ([, value]) => value.type.kind === "tensor",
  );
  return { values: tensors.map(([probed]) => probed), make };
}

/** The first entry. */
function mainOf(module: Operation): Operation {
  const entries = [...functionsOf(module)].filter((f) => funcOp.attrsOf(f).sym_visibility !== "private");
  const main = entries.find((f) => functionName(f) === "main") ?? entries[0];
  if (main === undefined) throw new Error("a program without an entry");
  return main;
}

function replaceResults({ module, context }: Graph, results: readonly (readonly [string, Value])[]): void {
  const main = mainOf(module);
  const last = functionBody(main).last!;
  const values = results.map(([, value]) => value);
  Builder.before(context, last).op(returnOp, { operands: values }, {});
  last.erase();
  updateFunctionType(main, context);
  const named = results.map(([name]) => ({ kind: "dict", entries: { [NAME]: stringAttr(name) } }) as const);
  main.setAttr("res_attrs", arrayAttr(named));
}
