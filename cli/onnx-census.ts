/** @file What an ONNX file holds. */

import { statSync } from "node:fs";
import { scanOnnx } from "../frontends/onnx/read.js";
import type { OnnxDim, OnnxGraph, OnnxModel, OnnxNode, OnnxType, OnnxValueInfo } from "../frontends/onnx/records.js";
import type { DiagnosticSink } from "../ir/diagnostic.js";
import { type ModelCensus, type ModelPort, tally } from "./model-census.js";

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
    operators: tally(nodes.map((node) => ({ operator: operatorOf(node), at: node.at }))),
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
