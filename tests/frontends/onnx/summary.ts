/** @file What a model's records hold, in the form `dump_models.py` writes for the onnx package: the two must be equal. */

import { createHash } from "node:crypto";
import type {
  OnnxAttribute,
  OnnxGraph,
  OnnxModel,
  OnnxNode,
  OnnxSparseTensor,
  OnnxTensor,
  OnnxType,
  OnnxValueInfo,
} from "../../../frontends/onnx/records.js";
import { tensorBytes } from "../../../frontends/onnx/tensor-data.js";

export function summarize(model: OnnxModel): unknown {
  return {
    irVersion: model.irVersion,
    opsets: Object.fromEntries(model.opsets),
    producer: model.producer,
    doc: model.doc,
    graph: graph(model.graph),
    functions: [...model.functions.values()].map((f) => ({
      domain: f.domain,
      name: f.name,
      overload: f.overload,
      inputs: f.inputs,
      outputs: f.outputs,
      attributes: f.attributes,
      defaults: mapOf(f.defaults, attribute),
      opsets: Object.fromEntries(f.opsets),
      nodes: f.nodes.map(node),
    })),
    metadata: Object.fromEntries(model.metadata),
  };
}

function mapOf<T>(map: ReadonlyMap<string, T>, each: (value: T) => unknown): unknown {
  return Object.fromEntries([...map].map(([name, value]) => [name, each(value)]));
}

function graph(g: OnnxGraph): unknown {
  return {
    name: g.name,
    doc: g.doc,
    inputs: g.inputs.map(valueInfo),
    outputs: g.outputs.map(valueInfo),
    values: mapOf(g.values, valueInfo),
    initializers: mapOf(g.initializers, tensor),
    sparseInitializers: mapOf(g.sparseInitializers, sparse),
    nodes: g.nodes.map(node),
  };
}

function node(n: OnnxNode): unknown {
  const { name, opType, domain, overload, doc, inputs, outputs } = n;
  return { name, opType, domain, overload, doc, inputs, outputs, attributes: mapOf(n.attributes, attribute) };
}

function attribute(a: OnnxAttribute): unknown {
  if (a.kind === "reference") return { kind: a.kind, value: a.value, of: a.of };
  return { kind: a.kind, value: attributeValue(a) };
}

function attributeValue(a: Exclude<OnnxAttribute, { kind: "reference" }>): unknown {
  switch (a.kind) {
    case "float":
      return floatBits(a.value);
    case "int":
      return String(a.value);
    case "tensor":
      return tensor(a.value);
    case "sparse-tensor":
      return sparse(a.value);
    case "graph":
      return graph(a.value);
    case "type":
      return type(a.value);
    case "floats":
      return a.value.map(floatBits);
    case "ints":
      return a.value.map(String);
    case "tensors":
      return a.value.map(tensor);
    case "sparse-tensors":
      return a.value.map(sparse);
    case "graphs":
      return a.value.map(graph);
    case "types":
      return a.value.map(type);
    case "string":
    case "strings":
      return a.value;
  }
}

function floatBits(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes.toString("hex");
}

function tensor(t: OnnxTensor): unknown {
  const { name, dtype, dims, payload } = t;
  if (payload.kind === "strings") return { name, dtype, dims, strings: payload.values };
  return { name, dtype, dims, sha256: createHash("sha256").update(tensorBytes(t)).digest("hex") };
}

function sparse(s: OnnxSparseTensor): unknown {
  return { values: tensor(s.values), indices: tensor(s.indices), dims: s.dims };
}

function valueInfo(v: OnnxValueInfo): unknown {
  return { name: v.name, type: v.type === undefined ? null : type(v.type) };
}

function type(t: OnnxType): unknown {
  switch (t.kind) {
    case "tensor":
    case "sparse-tensor":
      return { ...t, shape: t.shape?.map((d) => d ?? null) ?? null };
    case "sequence":
    case "optional":
      return { kind: t.kind, element: t.element === undefined ? null : type(t.element) };
    case "map":
      return { ...t, value: t.value === undefined ? null : type(t.value) };
    case "opaque":
      return t;
  }
}
