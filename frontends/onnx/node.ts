/** @file Nodes, checked one by one, each with the place it has in the user's program. */

import type { Location } from "../../ir/location.js";
import { quote } from "../../ir/refusal.js";
import { readAttribute } from "./attribute.js";
import type { GraphProto, NodeProto } from "./generated/onnx.js";
import { onnxCode, type Place } from "./problems.js";
import { normalDomain, type OnnxAttribute, type OnnxGraph, type OnnxNode } from "./records.js";
import type { ReadContext } from "./tensor.js";
import { readEntries } from "./value-info.js";

/** Where nodes are: a graph, or a function. */
export interface NodeScope {
  /** How messages name it; empty for the model's graph. */
  readonly path: string;
  /** Graphs around this one. */
  readonly depth: number;
  readonly opsets: ReadonlyMap<string, number>;
  /** Names of the enclosing function's attributes; `undefined` outside functions. */
  readonly functionAttributes: ReadonlySet<string> | undefined;
  /** Domains found missing in `opsets`; each is reported once. */
  readonly missingDomains: Set<string>;
}

export type ReadSubgraph = (proto: GraphProto, scope: NodeScope) => OnnxGraph | undefined;

/** The node; what is wrong with it is reported and left out, so that the rest of the graph can still be checked. */
export function readNode(
  proto: NodeProto,
  index: number,
  scope: NodeScope,
  context: ReadContext,
  subgraph: ReadSubgraph,
): OnnxNode {
  const name = proto.name ?? "";
  const opType = proto.opType ?? "";
  const label = nodeLabel(scope.path, name, opType, index);
  const metadata = readEntries(proto.metadataProps);
  const at = nodeLocation(context.problems.file, label, metadata, proto.docString ?? "");
  const place: Place = { at, what: "" };
  const domain = normalDomain(proto.domain ?? "");
  if (opType === "") context.problems.error(onnxCode.node, place, "the node has no op_type");
  checkDomain(domain, place, scope, context);
  if (proto.deviceConfigurations !== undefined) {
    context.problems.warn(onnxCode.ignored, place, "its device configurations have no effect");
  }
  return {
    name,
    label,
    opType,
    domain,
    overload: proto.overload ?? "",
    inputs: proto.input ?? [],
    outputs: proto.output ?? [],
    attributes: readAttributes(proto, place, label, scope, context, subgraph),
    doc: proto.docString ?? "",
    metadata,
    at,
  };
}

function readAttributes(
  proto: NodeProto,
  place: Place,
  label: string,
  scope: NodeScope,
  context: ReadContext,
  subgraph: ReadSubgraph,
): ReadonlyMap<string, OnnxAttribute> {
  if (proto.attribute === undefined) return noAttributes;
  const attributes = new Map<string, OnnxAttribute>();
  const names = new Set<string>();
  const attributeScope = {
    functionAttributes: scope.functionAttributes,
    subgraph: (graph: GraphProto, attribute: string) =>
      subgraph(graph, { ...scope, path: `${label}/${attribute}`, depth: scope.depth + 1 }),
  };
  for (const item of proto.attribute) {
    const name = item.name ?? "";
    if (names.has(name)) context.problems.error(onnxCode.duplicate, place, `attribute ${quote(name)} is given twice`);
    names.add(name);
    const attribute = readAttribute(item, place, attributeScope, context);
    if (attribute !== undefined) attributes.set(name, attribute);
  }
  return attributes;
}

const noAttributes: ReadonlyMap<string, OnnxAttribute> = new Map();

function checkDomain(domain: string, place: Place, scope: NodeScope, context: ReadContext): void {
  if (scope.opsets.has(domain) || scope.missingDomains.has(domain)) return;
  scope.missingDomains.add(domain);
  const message = `it is of domain ${quote(domain === "" ? "ai.onnx" : domain)}, which opset_import does not list`;
  context.problems.error(onnxCode.node, place, message, "add the domain and its version to opset_import");
}

/** The node's name, or `OpType:index`; behind the path of its graph. */
function nodeLabel(path: string, name: string, opType: string, index: number): string {
  const own = name === "" ? `${opType === "" ? "?" : opType}:${index}` : name;
  const label = path === "" ? own : `${path}/${own}`;
  const short = label.length > 500 ? `${label.slice(0, 200)}...${label.slice(-297)}` : label;
  return short.replace(/\p{Cc}/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

function nodeLocation(file: string, node: string, metadata: ReadonlyMap<string, string>, doc: string): Location {
  const source = sourceLine(metadata.get("pkg.torch.onnx.stack_trace") ?? doc);
  return source === undefined ? { kind: "graph-node", file, node } : { kind: "graph-node", file, node, source };
}

/**
 * The innermost frame of a Python stack trace that PyTorch's exporters leave: the newer one in the metadata
 * (`File "m.py", line 3, in forward`), innermost last; the older one in the doc string (`m.py(3): forward`), innermost first.
 */
function sourceLine(trace: string): string | undefined {
  if (trace === "" || trace.length > 1e6) return undefined;
  const frame = [...trace.matchAll(/File "([^"\n]+)", line (\d+)/g)].at(-1) ?? /^([^\s()]+\.py)\((\d+)\)/m.exec(trace);
  return frame ? `${frame[1]}:${frame[2]}` : undefined;
}
