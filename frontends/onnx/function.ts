/** @file Model-local functions: each read like a graph without captures; none may call itself. */

import { quote } from "../../ir/refusal.js";
import { readAttribute } from "./attribute.js";
import type { FunctionProto } from "./generated/onnx.js";
import { readNodes, readValueInfos, reportRepeated } from "./graph.js";
import { capturedNames, Definitions, reportOutputs, reportUndefined } from "./names.js";
import type { NodeScope } from "./node.js";
import { readOpsets } from "./opsets.js";
import { sortNodes, subgraphs } from "./order.js";
import { onnxCode, type Place, type Problems } from "./problems.js";
import { functionKey, normalDomain, type OnnxAttribute, type OnnxFunction, type OnnxNode } from "./records.js";
import type { ReadContext } from "./tensor.js";
import { readEntries } from "./value-info.js";

/** All functions by `functionKey`; two of the same key, and recursion, are reported. */
export function readFunctions(
  list: readonly FunctionProto[],
  modelOpsets: ReadonlyMap<string, number>,
  context: ReadContext,
): ReadonlyMap<string, OnnxFunction> {
  const functions = new Map<string, OnnxFunction>();
  for (const proto of list) {
    const f = readFunction(proto, modelOpsets, context);
    const key = functionKey(f.domain, f.name, f.overload);
    if (functions.has(key)) {
      const place = { at: context.problems.graphAt(functionPath(f)), what: "" };
      context.problems.error(
        onnxCode.duplicate,
        place,
        "a function of that domain, name and overload is defined again",
      );
    } else {
      functions.set(key, f);
    }
  }
  reportRecursion(functions, context.problems);
  return functions;
}

function functionPath({ domain, name, overload }: Pick<OnnxFunction, "domain" | "name" | "overload">): string {
  return `function ${domain === "" ? "" : `${domain}::`}${name}${overload === "" ? "" : `:${overload}`}`;
}

/** Depth-first over calls, without recursion of ours: a file may chain a million functions. */
function reportRecursion(functions: ReadonlyMap<string, OnnxFunction>, problems: Problems): void {
  const done = new Set<string>();
  for (const start of functions.keys()) {
    const stack = [{ key: start, calls: calledFunctions(functions.get(start)!, functions) }];
    const open = new Set<string>([start]);
    while (stack.length > 0 && !done.has(start)) {
      const top = stack.at(-1)!;
      const next = top.calls.pop();
      if (next === undefined) {
        done.add(top.key);
        open.delete(top.key);
        stack.pop();
      } else if (open.has(next)) {
        reportCalls([...open].slice([...open].indexOf(next)), functions, problems);
      } else if (!done.has(next)) {
        open.add(next);
        stack.push({ key: next, calls: calledFunctions(functions.get(next)!, functions) });
      }
    }
  }
}

function calledFunctions(f: OnnxFunction, functions: ReadonlyMap<string, OnnxFunction>): string[] {
  const keys = new Set<string>();
  const visit = (nodes: readonly OnnxNode[]): void => {
    for (const node of nodes) {
      const key = functionKey(node.domain, node.opType, node.overload);
      if (functions.has(key)) keys.add(key);
      for (const graph of subgraphs(node)) visit(graph.nodes);
    }
  };
  visit(f.nodes);
  return [...keys].reverse();
}

function reportCalls(cycle: readonly string[], functions: ReadonlyMap<string, OnnxFunction>, problems: Problems): void {
  const paths = cycle.map((key) => functionPath(functions.get(key)!));
  const place = { at: problems.graphAt(paths[0]!), what: "" };
  const steps = [...paths, paths[0]!].slice(0, 20).map(quote);
  problems.error(onnxCode.cycle, place, `functions call each other without end: ${steps.join(" -> ")}`);
}

function readFunction(
  proto: FunctionProto,
  modelOpsets: ReadonlyMap<string, number>,
  context: ReadContext,
): OnnxFunction {
  const { problems } = context;
  const { name = "", overload = "" } = proto;
  const domain = normalDomain(proto.domain ?? "");
  const path = functionPath({ domain, name, overload });
  const place: Place = { at: problems.graphAt(path), what: "" };
  if (name === "") problems.error(onnxCode.function, place, "the function has no name");
  const defaults = readDefaults(proto, place, context);
  const attributes = proto.attribute ?? [];
  const functionAttributes = new Set([...attributes, ...defaults.keys()]);
  reportRepeated(
    [...attributes, ...(proto.attributeProto ?? []).map((a) => a.name ?? "")],
    { ...place, what: "attribute" },
    context,
  );
  // Files that leave the function's own operator sets out mean the model's.
  const opsets = proto.opsetImport === undefined ? modelOpsets : readOpsets(proto.opsetImport, place, problems);
  const scope: NodeScope = { path, depth: 0, opsets, functionAttributes, missingDomains: new Set() };
  const nodes = readNodes(proto.node, scope, context);

  const own = new Definitions(problems);
  for (const input of proto.input ?? []) own.define(input, "an input", place);
  own.defineOutputs(nodes);
  const outputs = proto.output ?? [];
  reportRepeated(outputs, { ...place, what: "output" }, context);
  const missing = new Set(capturedNames(nodes, outputs, own));
  reportUndefined(nodes, missing, problems);
  reportOutputs(outputs, missing, path, problems);
  return {
    domain,
    name,
    overload,
    doc: proto.docString ?? "",
    inputs: proto.input ?? [],
    outputs,
    attributes,
    defaults,
    opsets,
    values: new Map(
      readValueInfos(proto.valueInfo, { ...place, what: "value" }, false, context).map((v) => [v.name, v]),
    ),
    nodes: sortNodes(nodes, place, problems),
    metadata: readEntries(proto.metadataProps),
  };
}

function readDefaults(proto: FunctionProto, place: Place, context: ReadContext): ReadonlyMap<string, OnnxAttribute> {
  const defaults = new Map<string, OnnxAttribute>();
  const subgraph = (): undefined => {
    context.problems.error(onnxCode.function, place, "an attribute of a function cannot have a graph as its default");
  };
  for (const item of proto.attributeProto ?? []) {
    const attribute = readAttribute(item, place, { functionAttributes: undefined, subgraph }, context);
    if (attribute !== undefined) defaults.set(attribute.name, attribute);
  }
  return defaults;
}
