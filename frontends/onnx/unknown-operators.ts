/**
 * @file Operators that nothing here translates. Importing reports those it meets; a model that is malformed as well is never
 * imported, so that they are looked for in what could be read of it: one run tells both.
 */

import { CompileError, type DiagnosticSink } from "../../ir/diagnostic.js";
import { builtinFunction } from "./function-bodies.js";
import { findRow, nearestOperator } from "./ops/table.js";
import { scanOnnx } from "./read.js";
import { functionKey, type OnnxGraph, type OnnxModel, type OnnxNode } from "./records.js";
import { importCode } from "./refusal.js";

export interface UnknownOperator {
  /** `operator Frob (ai.onnx 21)`. */
  readonly subject: string;
  readonly fix: string | undefined;
}

/** How an operator without a translation is told, and what would help. */
export function unknownOperator({ domain, opType }: OnnxNode, opset: number): UnknownOperator {
  const near = nearestOperator(domain, opType);
  const fix =
    near !== undefined && near !== opType
      ? `did you mean ${near}?`
      : domain === ""
        ? undefined
        : `add a function ${domain}::${opType} to the model, or replace the node by standard operators before export`;
  return { subject: `operator ${opType} (${domain === "" ? "ai.onnx" : domain} ${opset})`, fix };
}

/**
 * `readOnnx` for a model that is to be imported: what is malformed and what is unknown in one run.
 * @throws CompileError like `readOnnx`.
 */
export function readOnnxToImport(path: string, sink: DiagnosticSink): OnnxModel {
  const model = scanOnnx(path, sink);
  if (model !== undefined && sink.hasErrors) reportUnknownOperators(model, sink);
  sink.throwIfErrors();
  if (model === undefined) throw new CompileError(sink.all);
  return model;
}

/** Reports the nodes of the graph, and of the graphs within, whose operators nothing translates. */
export function reportUnknownOperators(model: OnnxModel, sink: DiagnosticSink): void {
  for (const node of nodesOf(model.graph)) {
    const { domain, opType, overload } = node;
    const opset = model.opsets.get(domain) ?? 1;
    const isKnown =
      model.functions.has(functionKey(domain, opType, overload)) ||
      findRow(domain, opType, opset) !== undefined ||
      builtinFunction(domain, opType, opset) !== undefined;
    if (isKnown) continue;
    const { subject, fix } = unknownOperator(node, opset);
    sink.error(importCode.operator, `${subject} is not supported`, {
      at: node.at,
      ...(fix === undefined ? {} : { fix }),
    });
  }
}

function* nodesOf(graph: OnnxGraph): Generator<OnnxNode> {
  for (const node of graph.nodes) {
    yield node;
    for (const attribute of node.attributes.values()) {
      if (attribute.kind === "graph") yield* nodesOf(attribute.value);
      else if (attribute.kind === "graphs") for (const inner of attribute.value) yield* nodesOf(inner);
    }
  }
}
