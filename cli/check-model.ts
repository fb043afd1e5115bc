/**
 * @file The work of `persimmons check`: the model is read, imported and taken through the stages that no target changes, and
 * every operator gets a row that says how many of its nodes have a translation. Problems of the whole model are listed; exit 3 where there are any.
 */

import { importOnnx } from "../frontends/onnx/import.js";
import { reportUnknownOperators } from "../frontends/onnx/unknown-operators.js";
import { CompileError, type Diagnostic, DiagnosticSink } from "../ir/diagnostic.js";
import { formatLocation } from "../ir/location.js";
import { newContext } from "../lowering/dialects.js";
import { runStages } from "../lowering/driver.js";
import { stagesFor } from "../lowering/pipeline.js";
import { cpuNamed } from "../machine/cpu.js";
import { type Graph, importGraph } from "./compile.js";
import { type ModelCensus, moduleCensus, readOnnxCensus } from "./model-census.js";
import type { Outcome } from "./session.js";

export interface Coverage {
  readonly operator: string;
  readonly nodes: number;
  readonly refused: number;
}

/** The table; exit 3 where the model has problems. Rejects where it cannot be read (exit 5), or MLIR text is malformed. */
export async function checkModel(path: string): Promise<Outcome> {
  const { census, diagnostics } = /\.onnx$/i.test(path) ? checkOnnx(path) : await checkGraph(path);
  const coverage = coverageOf(census, diagnostics);
  const exitCode = diagnostics.some((d) => d.severity === "error") ? 3 : 0;
  return { exitCode, diagnostics, data: { coverage }, lines: coverageLines(coverage) };
}

interface Checked {
  readonly census: ModelCensus | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

function checkOnnx(path: string): Checked {
  const sink = new DiagnosticSink();
  const read = readOnnxCensus(path, sink);
  // The importer relies on what the reader has checked.
  if (read !== undefined && sink.hasErrors) reportUnknownOperators(read.model, sink);
  if (read === undefined || sink.hasErrors) return { census: read?.census, diagnostics: sink.all };
  const context = newContext();
  const problems = problemsOf(() => lowerGraph({ module: importOnnx(read.model, context), context }));
  return { census: read.census, diagnostics: [...sink.all, ...(problems ?? context.diagnostics.all)] };
}

async function checkGraph(path: string): Promise<Checked> {
  const graph = await importGraph(path);
  const census = moduleCensus(graph.module, graph.context, path);
  return { census, diagnostics: problemsOf(() => lowerGraph(graph)) ?? graph.context.diagnostics.all };
}

/** The stages that decide whether an operator has a lowering; no target changes them. */
function lowerGraph({ module, context }: Graph): void {
  runStages(stagesFor(cpuNamed("wasm32")!), module, context, { until: "fuse" });
}

/** What `work` reports of the model; undefined where it succeeds. */
function problemsOf(work: () => void): readonly Diagnostic[] | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof CompileError) return error.diagnostics;
    throw error;
  }
}

function coverageOf(census: ModelCensus | undefined, diagnostics: readonly Diagnostic[]): readonly Coverage[] {
  const wrong = new Set(diagnostics.filter((d) => d.severity === "error").map((d) => formatLocation(d.at)));
  return (census?.operators ?? []).map(({ operator, count, places }) => {
    return { operator, nodes: count, refused: places.filter((place) => wrong.has(place)).length };
  });
}

function coverageLines(coverage: readonly Coverage[]): readonly string[] {
  const width = Math.max(8, ...coverage.map(({ operator }) => operator.length));
  const nodes = coverage.reduce((sum, c) => sum + c.nodes, 0);
  const refused = coverage.reduce((sum, c) => sum + c.refused, 0);
  return [
    ...coverage.map(({ operator, nodes: count, refused: bad }) => {
      const verdict = bad === 0 ? "supported" : `${bad} not supported`;
      return `${operator.padEnd(width)} ${String(count).padStart(6)}  ${verdict}`;
    }),
    `${nodes - refused} of ${nodes} nodes supported`,
  ];
}
