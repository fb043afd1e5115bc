/** @file Graphs: their parts read, their names checked, their nodes put in order. */

import { quote } from "../../ir/refusal.js";
import type { GraphProto, NodeProto, SparseTensorProto, TensorProto } from "./generated/onnx.js";
import { capturedNames, Definitions, reportOutputs, reportUndefined } from "./names.js";
import { type NodeScope, readNode } from "./node.js";
import { sortNodes } from "./order.js";
import { onnxCode, type Place } from "./problems.js";
import type { OnnxGraph, OnnxNode, OnnxSparseTensor, OnnxTensor, OnnxValueInfo } from "./records.js";
import { readSparseTensor } from "./sparse.js";
import { type ReadContext, readTensor } from "./tensor.js";
import { MAX_NESTING, readEntries, readValueInfo } from "./value-info.js";

/** The model's graph: names it uses must be defined inside. */
export function readMainGraph(proto: GraphProto, opsets: ReadonlyMap<string, number>, context: ReadContext): OnnxGraph {
  const scope: NodeScope = { path: "", depth: 0, opsets, functionAttributes: undefined, missingDomains: new Set() };
  const graph = readGraph(proto, scope, context);
  const missing = new Set(graph.captures);
  reportUndefined(graph.nodes, missing, context.problems);
  reportOutputs(
    graph.outputs.map((o) => o.name),
    missing,
    "",
    context.problems,
  );
  return graph;
}

function readGraph(proto: GraphProto, scope: NodeScope, context: ReadContext): OnnxGraph {
  const { problems } = context;
  const inner = (what: string): Place => ({ at: problems.graphAt(scope.path), what });
  const main = scope.path === "";
  const inputs = readValueInfos(proto.input, inner("input"), main, context);
  const outputs = readValueInfos(proto.output, inner("output"), false, context);
  const initializers = readInitializers(proto.initializer, readTensor, tensorName, scope, context);
  const sparseInitializers = readInitializers(proto.sparseInitializer, readSparseTensor, sparseName, scope, context);
  const nodes = readNodes(proto.node, scope, context);

  const own = new Definitions(problems);
  for (const { name } of inputs) own.define(name, "an input", inner(""));
  for (const name of namesOf(proto.initializer, tensorName)) own.define(name, "an initializer", inner(""), "an input");
  for (const name of namesOf(proto.sparseInitializer, sparseName))
    own.define(name, "an initializer", inner(""), "an input");
  own.defineOutputs(nodes);
  reportRepeated(
    outputs.map((o) => o.name),
    inner("output"),
    context,
  );

  const outputNames = outputs.map((o) => o.name);
  return {
    name: proto.name ?? "",
    doc: proto.docString ?? "",
    inputs,
    outputs,
    values: new Map(readValueInfos(proto.valueInfo, inner("value"), false, context).map((v) => [v.name, v])),
    initializers,
    sparseInitializers,
    nodes: sortNodes(nodes, inner(""), problems),
    captures: capturedNames(nodes, outputNames, own),
    quantization: new Map(
      (proto.quantizationAnnotation ?? []).map((a) => [a.tensorName ?? "", readEntries(a.quantParameterTensorNames)]),
    ),
    metadata: readEntries(proto.metadataProps),
    path: scope.path,
  };
}

const tensorName = (proto: TensorProto): string => proto.name ?? "";
const sparseName = (proto: SparseTensorProto): string => proto.values?.name ?? "";

function namesOf<P>(list: readonly P[] | undefined, nameOf: (proto: P) => string): readonly string[] {
  return (list ?? []).map(nameOf).filter((name) => name !== "");
}

/** Nodes of a graph or function, in the file's order. */
export function readNodes(
  list: readonly NodeProto[] | undefined,
  scope: NodeScope,
  context: ReadContext,
): readonly OnnxNode[] {
  return (list ?? []).map((node, i) => readNode(node, i, scope, context, (g, s) => readSubgraph(g, s, context)));
}

function readSubgraph(proto: GraphProto, scope: NodeScope, context: ReadContext): OnnxGraph | undefined {
  if (scope.depth <= MAX_NESTING) return readGraph(proto, scope, context);
  const place = { at: context.problems.graphAt(scope.path), what: "" };
  context.problems.error(onnxCode.limit, place, `subgraphs are nested more than ${MAX_NESTING} deep`);
  return undefined;
}

export function readValueInfos(
  list: GraphProto["input"],
  place: Place,
  required: boolean,
  context: ReadContext,
): readonly OnnxValueInfo[] {
  return (list ?? []).map((v) => readValueInfo(v, place, required, context.problems)).filter((v) => v !== undefined);
}

/** Dense or sparse ones, by name. One that is wrong is left out; its name still counts as defined. */
function readInitializers<P, T extends OnnxTensor | OnnxSparseTensor>(
  list: readonly P[] | undefined,
  read: (proto: P, place: Place, context: ReadContext) => T | undefined,
  nameOf: (proto: P) => string,
  scope: NodeScope,
  context: ReadContext,
): ReadonlyMap<string, T> {
  const { problems } = context;
  const all = new Map<string, T>();
  for (const proto of list ?? []) {
    const name = nameOf(proto);
    const label = scope.path === "" ? name : `${scope.path}/${name}`;
    const place: Place = { at: problems.graphAt(label), what: `initializer ${quote(name)}` };
    if (name === "") problems.error(onnxCode.tensor, place, "it has no name");
    const tensor = read(proto, place, context);
    if (tensor !== undefined && !all.has(name)) all.set(name, tensor);
  }
  return all;
}

export function reportRepeated(names: readonly string[], place: Place, context: ReadContext): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) context.problems.error(onnxCode.duplicate, place, `${quote(name)} is listed twice`);
    seen.add(name);
  }
}
