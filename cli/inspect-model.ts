/** @file What there is to know of a model file without compiling it. */

import { DiagnosticSink } from "../ir/diagnostic.js";
import { importGraph } from "./compile.js";
import { type ModelCensus, moduleCensus, readOnnxCensus } from "./model-census.js";
import { formatBytes } from "./progress.js";
import type { Outcome } from "./session.js";

/** Rejects with everything wrong with the file (exit 3), or exit 5 where it cannot be read. */
export async function inspectModel(path: string): Promise<Outcome> {
  const sink = new DiagnosticSink();
  const census = await censusOf(path, sink);
  sink.throwIfErrors();
  const { operators, ...rest } = census;
  return {
    diagnostics: sink.all,
    data: { ...rest, operators: operators.map(({ operator, count }) => ({ operator, count })) },
    lines: censusLines(census),
  };
}

async function censusOf(path: string, sink: DiagnosticSink): Promise<ModelCensus> {
  if (!/\.onnx$/i.test(path)) {
    const { module, context } = await importGraph(path);
    return moduleCensus(module, context, path);
  }
  const read = readOnnxCensus(path, sink);
  if (read !== undefined) return read.census;
  sink.throwIfErrors();
  throw new Error(`${path} has neither a graph nor a problem`);
}

export function censusLines(census: ModelCensus): readonly string[] {
  const { file, bytes, format, producer, opsets, inputs, outputs, operators, weights } = census;
  const sets = Object.entries(opsets).map(([domain, version]) => `${domain} ${version}`);
  const nodes = operators.reduce((sum, { count }) => sum + count, 0);
  const external = weights.external === 0 ? "" : `, ${weights.external} of them in other files`;
  return [
    `${file}: ${format}, ${formatBytes(bytes)}${producer === "" ? "" : `, made by ${producer}`}`,
    ...(sets.length === 0 ? [] : [`operator sets: ${sets.join(", ")}`]),
    "inputs",
    ...inputs.map(({ name, type }) => `  ${name}: ${type}`),
    "outputs",
    ...outputs.map(({ name, type }) => `  ${name}: ${type}`),
    `weights: ${weights.count} tensors, ${formatBytes(weights.bytes)}${external}`,
    `${nodes} nodes of ${operators.length} operators`,
    ...operators.map(({ operator, count }) => `  ${operator}: ${count}`),
  ];
}
