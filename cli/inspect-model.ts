/** @file What there is to know of a model file without compiling it. */

import { DiagnosticSink } from "../ir/diagnostic.js";
import type { Importing } from "./constexprs.js";
import type { ModelCensus, ModelSymbol } from "./model-census.js";
import { formatBytes } from "./progress.js";
import type { Outcome } from "./session.js";

/** Rejects with everything wrong with the file (exit 3), or exit 5 where it cannot be read. */
export async function inspectModel(path: string, importing?: Importing): Promise<Outcome> {
  const sink = new DiagnosticSink();
  const census = await censusOf(path, sink, importing);
  sink.throwIfErrors();
  const { operators, ...rest } = census;
  return {
    diagnostics: sink.all,
    data: { ...rest, operators: operators.map(({ operator, count }) => ({ operator, count })) },
    lines: censusLines(census),
  };
}

async function censusOf(path: string, sink: DiagnosticSink, importing: Importing | undefined): Promise<ModelCensus> {
  const read = await readCensus(path, sink, importing);
  if (read !== undefined) return read;
  sink.throwIfErrors();
  throw new Error(`${path} has neither a graph nor a problem`);
}

/** Only what the format needs is loaded. */
async function readCensus(
  path: string,
  sink: DiagnosticSink,
  importing: Importing | undefined,
): Promise<ModelCensus | undefined> {
  if (/\.onnx$/i.test(path)) return (await import("./onnx-census.js")).readOnnxCensus(path, sink)?.census;
  if (/\.pt2$/i.test(path)) return (await (await import("./torch-census.js")).readTorchCensus(path, sink))?.census;
  const [{ importGraph }, { moduleCensus }] = await Promise.all([import("./compile.js"), import("./module-census.js")]);
  const { module, context } = await importGraph(path, importing);
  return moduleCensus(module, context, path);
}

export function censusLines(census: ModelCensus): readonly string[] {
  const { file, bytes, format, producer, opsets, inputs, outputs, operators, weights, symbols = [] } = census;
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
    ...(symbols.length === 0 ? [] : ["sizes that may vary", ...symbols.map(symbolLine)]),
    `weights: ${weights.count} tensors, ${formatBytes(weights.bytes)}${external}`,
    `${nodes} nodes of ${operators.length} operators`,
    ...operators.map(({ operator, count }) => `  ${operator}: ${count}`),
  ];
}

function symbolLine({ name, min, max, at }: ModelSymbol): string {
  const range = max === undefined ? `from ${min}` : `from ${min} to ${max}`;
  return `  ${name}: ${range}${at.length === 0 ? "" : `, of ${at.join(", ")}`}`;
}
