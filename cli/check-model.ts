/**
 * @file The work of `persimmons check`: the model is read and imported, and every operator gets a row that says how many of
 * its nodes have a translation. Problems of the whole model are listed; exit 3 where there are any.
 */

import { importOnnx } from "../frontends/onnx/import.js";
import { CompileError, type Diagnostic, DiagnosticSink } from "../ir/diagnostic.js";
import { formatLocation } from "../ir/location.js";
import { newContext } from "../lowering/dialects.js";
import { importGraph } from "./compile.js";
import { type ModelCensus, moduleCensus, readOnnxCensus } from "./model-census.js";
import type { Outcome } from "./session.js";

export interface Coverage {
  readonly operator: string;
  readonly nodes: number;
  readonly refused: number;
}

/** The table; exit 3 where the model has problems. Rejects where it cannot be read (exit 5), or MLIR text is malformed. */
export async function checkModel(path: string): Promise<Outcome> {
  const { census, diagnostics } = /\.onnx$/i.test(path) ? checkOnnx(path) : checkText(path);
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
  if (read === undefined || sink.hasErrors) return { census: read?.census, diagnostics: sink.all };
  const context = newContext();
  try {
    importOnnx(read.model, context);
    return { census: read.census, diagnostics: [...sink.all, ...context.diagnostics.all] };
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    return { census: read.census, diagnostics: [...sink.all, ...error.diagnostics] };
  }
}

function checkText(path: string): Checked {
  const { module, context } = importGraph(path);
  return { census: moduleCensus(module, context, path), diagnostics: context.diagnostics.all };
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
