/** @file Which operators a model uses, how often, and which nodes of them are where: for `inspect` and `check`. */

import { statSync } from "node:fs";
import { extname } from "node:path";
import { scanOnnx } from "../frontends/onnx/read.js";
import type { OnnxDim, OnnxGraph, OnnxModel, OnnxNode, OnnxType, OnnxValueInfo } from "../frontends/onnx/records.js";
import type { Context } from "../ir/context.js";
import type { DiagnosticSink } from "../ir/diagnostic.js";
import { funcOp, functionsOf } from "../ir/dialects/func.js";
import type { Operation } from "../ir/graph.js";
import { formatLocation } from "../ir/location.js";
import { printType } from "../ir/types.js";

export interface OperatorUse {
  /** With its domain, where that is not ONNX's own: "Conv", "com.microsoft::FusedMatMul", "stablehlo.add". */
  readonly operator: string;
  readonly count: number;
  /** Where its nodes are, as diagnostics name the place. */
  readonly places: readonly string[];
}

export interface ModelPort {
  readonly name: string;
  readonly type: string;
}

export interface ModelCensus {
  readonly file: string;
  readonly bytes: number;
  readonly format: "onnx" | "mlir" | "pt2";
  /** Version of each operator set. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly producer: string;
  readonly inputs: readonly ModelPort[];
  readonly outputs: readonly ModelPort[];
  readonly operators: readonly OperatorUse[];
  /** Constants: how many, and the bytes of their elements. */
  readonly weights: { readonly count: number; readonly bytes: number; readonly external: number };
}

/** Counts the operators of the nodes at the given places, most used first. */
function tally(nodes: Iterable<{ readonly operator: string; readonly place: string }>): readonly OperatorUse[] {
  const places = new Map<string, string[]>();
  for (const { operator, place } of nodes) places.set(operator, [...(places.get(operator) ?? []), place]);
  return [...places]
    .map(([operator, at]) => ({ operator, count: at.length, places: at }))
    .sort((a, b) => b.count - a.count || (a.operator < b.operator ? -1 : 1));
}

/** Reads an ONNX file; problems go to `sink`. Undefined where there is no graph in it. */
export function readOnnxCensus(
  path: string,
  sink: DiagnosticSink,
): { readonly census: ModelCensus; readonly model: OnnxModel } | undefined {
  const model = scanOnnx(path, sink);
  return model === undefined ? undefined : { census: onnxCensus(model, path), model };
}

function onnxCensus(model: OnnxModel, path: string): ModelCensus {
  const { graph } = model;
  const nodes = [...nodesOf(graph), ...[...model.functions.values()].flatMap((f) => f.nodes.flatMap(withInner))];
  const tensors = [...graph.initializers.values()];
  return {
    file: path,
    bytes: statSync(path).size,
    format: "onnx",
    opsets: Object.fromEntries([...model.opsets].map(([domain, version]) => [domain || "ai.onnx", version])),
    producer: `${model.producer} ${model.producerVersion}`.trim(),
    inputs: graph.inputs.filter(({ name }) => !graph.initializers.has(name)).map(portOf),
    outputs: graph.outputs.map(portOf),
    operators: tally(nodes.map((node) => ({ operator: operatorOf(node), place: formatLocation(node.at) }))),
    weights: {
      count: tensors.length,
      bytes: tensors.reduce((sum, t) => sum + Math.ceil((t.elements * bitsOf(t.dtype)) / 8), 0),
      external: tensors.filter((t) => t.payload.kind === "external").length,
    },
  };
}

function nodesOf(graph: OnnxGraph): readonly OnnxNode[] {
  return graph.nodes.flatMap(withInner);
}

/** A node, and those of the graphs in its attributes. */
function withInner(node: OnnxNode): readonly OnnxNode[] {
  const inner = [...node.attributes.values()].flatMap((attribute) => {
    if (attribute.kind === "graph") return nodesOf(attribute.value);
    return attribute.kind === "graphs" ? attribute.value.flatMap(nodesOf) : [];
  });
  return [node, ...inner];
}

function operatorOf({ domain, opType }: OnnxNode): string {
  return domain === "" ? opType : `${domain}::${opType}`;
}

function bitsOf(dtype: string): number {
  return Number(/\d+/.exec(dtype)?.[0] ?? 0) * (dtype.startsWith("complex") ? 2 : 1);
}

function portOf({ name, type }: OnnxValueInfo): ModelPort {
  return { name, type: typeText(type) };
}

function typeText(type: OnnxType | undefined): string {
  if (type === undefined) return "unknown";
  if (type.kind === "tensor" || type.kind === "sparse-tensor") {
    const sizes = type.shape === undefined ? "of unknown rank" : `[${type.shape.map(dimText).join(", ")}]`;
    return `${type.kind === "tensor" ? "" : "sparse "}${type.dtype}${sizes.startsWith("[") ? "" : " "}${sizes}`;
  }
  if (type.kind === "sequence" || type.kind === "optional") return `${type.kind} of ${typeText(type.element)}`;
  return type.kind === "map" ? `map of ${type.key} to ${typeText(type.value)}` : `${type.domain}::${type.name}`;
}

function dimText(dim: OnnxDim): string {
  return dim === undefined ? "?" : String(dim);
}

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
    format: extname(path).toLowerCase() === ".pt2" ? "pt2" : "mlir",
    opsets: {},
    producer: "",
    inputs: types.flatMap((t) => t.inputs.map(port("arg"))),
    outputs: types.flatMap((t) => t.results.map(port("result"))),
    operators: tally(operations.map((op) => ({ operator: op.name, place: formatLocation(op.at) }))),
    weights: { count: resources.length, bytes: resources.reduce((sum, r) => sum + r.byteLength, 0), external: 0 },
  };
}
