/**
 * @file The work of `persimmons check`: the model is read and imported, and what compiling it would refuse is found without
 * lowering it. Every operator, as the model names it, gets a row that says how many of its nodes have a translation, and for
 * those that have none where they are and what would work. Problems of the whole model are listed; exit 3 where there are any.
 * Only what the format needs is loaded: starting costs more than checking.
 */

import type { Context } from "../ir/context.js";
import { CompileError, type Diagnostic, DiagnosticSink } from "../ir/diagnostic.js";
import type { Operation } from "../ir/graph.js";
import { formatLocation, type Location, placesIn } from "../ir/location.js";
import { newGraphContext } from "../lowering/graph-dialects.js";
import { refusals } from "../lowering/refusals.js";
import type { Importing } from "./constexprs.js";
import type { ModelCensus, OperatorUse } from "./model-census.js";
import type { Outcome } from "./session.js";

export interface Coverage {
  readonly operator: string;
  readonly nodes: number;
  readonly refused: number;
  /** Somebody has registered the operator: it needs a kernel. */
  readonly custom?: true;
  /** Where nodes are refused: the user's file and line where the model says so. */
  readonly places?: readonly string[];
  /** What would work instead of those. */
  readonly fixes?: readonly string[];
}

/** The table; exit 3 where the model has problems. Rejects where it cannot be read (exit 5), or MLIR text is malformed. */
export async function checkModel(path: string, importing?: Importing): Promise<Outcome> {
  const { census, diagnostics } = await checked(path, importing);
  const wrong = errorsByPlace(diagnostics);
  const coverage = (census?.operators ?? []).map((use) => coverageOf(use, wrong));
  const exitCode = diagnostics.some(isError) ? 3 : 0;
  return { exitCode, diagnostics, data: { coverage }, lines: coverageLines(coverage) };
}

interface Checked {
  readonly census: ModelCensus | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

function checked(path: string, importing: Importing | undefined): Promise<Checked> {
  if (/\.onnx$/i.test(path)) return checkOnnx(path);
  return /\.pt2$/i.test(path) ? checkTorch(path) : checkOther(path, importing);
}

async function checkOnnx(path: string): Promise<Checked> {
  const { readOnnxCensus } = await import("./onnx-census.js");
  const sink = new DiagnosticSink();
  const read = readOnnxCensus(path, sink);
  // The importer relies on what the reader has checked.
  if (read !== undefined && sink.hasErrors) {
    const { reportUnknownOperators } = await import("../frontends/onnx/unknown-operators.js");
    reportUnknownOperators(read.model, sink);
  }
  if (read === undefined || sink.hasErrors) return { census: read?.census, diagnostics: sink.all };
  const { importOnnx } = await import("../frontends/onnx/import.js");
  return { census: read.census, diagnostics: [...sink.all, ...found((context) => importOnnx(read.model, context))] };
}

async function checkTorch(path: string): Promise<Checked> {
  const { readTorchCensus } = await import("./torch-census.js");
  const sink = new DiagnosticSink();
  const read = await readTorchCensus(path, sink);
  if (read === undefined || sink.hasErrors) return { census: read?.census, diagnostics: sink.all };
  const { importTorch } = await import("../frontends/torch-fx/import.js");
  return {
    census: read.census,
    diagnostics: [...sink.all, ...found((context) => importTorch(read.programs, context))],
  };
}

async function checkOther(path: string, importing: Importing | undefined): Promise<Checked> {
  const [{ importGraph }, { moduleCensus }] = await Promise.all([import("./compile.js"), import("./module-census.js")]);
  const { module, context } = await importGraph(path, importing);
  // Counted before it is changed.
  const census = moduleCensus(module, context, path);
  return { census, diagnostics: found(() => module, context) };
}

/** What importing a model, and compiling what that gives, would report. */
function found(importer: (context: Context) => Operation, context = newGraphContext()): readonly Diagnostic[] {
  try {
    const refused = refusals(importer(context), context);
    return [...context.diagnostics.all, ...refused];
  } catch (error) {
    if (error instanceof CompileError) return error.diagnostics;
    throw error;
  }
}

function isError({ severity }: Diagnostic): boolean {
  return severity === "error";
}

/** Errors by the places that they are about. */
type Wrong = ReadonlyMap<string, readonly Diagnostic[]>;

function errorsByPlace(diagnostics: readonly Diagnostic[]): Wrong {
  const wrong = new Map<string, Diagnostic[]>();
  for (const error of diagnostics.filter(isError))
    for (const place of placesIn(error.at).map(formatLocation)) wrong.set(place, [...(wrong.get(place) ?? []), error]);
  return wrong;
}

function coverageOf({ operator, count, places, custom }: OperatorUse, wrong: Wrong): Coverage {
  const refused = places.filter((at) => wrong.has(formatLocation(at)));
  const fixes = refused.flatMap((at) => wrong.get(formatLocation(at))!.flatMap(({ fix }) => fix ?? []));
  return {
    operator,
    nodes: count,
    refused: refused.length,
    ...(custom ? { custom } : {}),
    ...(refused.length > 0 ? { places: [...new Set(refused.map(sourceOf))], fixes: [...new Set(fixes)] } : {}),
  };
}

function sourceOf(at: Location): string {
  return at.kind === "graph-node" && at.source !== undefined ? at.source : formatLocation(at);
}

/** Places that are told of one operator; the list of problems has them all. */
const MOST_PLACES = 3;

function coverageLines(coverage: readonly Coverage[]): readonly string[] {
  const width = Math.max(8, ...coverage.map(({ operator }) => operator.length));
  const nodes = coverage.reduce((sum, c) => sum + c.nodes, 0);
  const refused = coverage.reduce((sum, c) => sum + c.refused, 0);
  return [...coverage.flatMap((row) => operatorLines(row, width)), `${nodes - refused} of ${nodes} nodes supported`];
}

function operatorLines(row: Coverage, width: number): readonly string[] {
  const { operator, nodes, refused, custom, places = [], fixes = [] } = row;
  const what = custom ? "a custom operator, " : "";
  const verdict = refused === 0 ? "supported" : `${refused} not supported`;
  const more = places.length > MOST_PLACES ? [`  and ${places.length - MOST_PLACES} more places`] : [];
  return [
    `${operator.padEnd(width)} ${String(nodes).padStart(6)}  ${what}${verdict}`,
    ...places.slice(0, MOST_PLACES).map((place) => `  at ${place}`),
    ...more,
    ...fixes.map((fix) => `  fix: ${fix}`),
  ];
}
