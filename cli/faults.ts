/**
 * @file What can go wrong at the command line, and what any error becomes there: an exit code and a list of problems.
 * Compiler, runtime and command line all report problems of one shape, so one function prints them all.
 */

import {
  compileError,
  type Diagnostic,
  type DiagnosticCode,
  diagnostic,
  type ExitCode,
  formatDiagnostic,
} from "../ir/diagnostic.js";
import type { FaultDiagnostic } from "../runtime-lib/diagnostic.js";

/** PS6xxx: the command line. */
export const cliCode = {
  /** Unknown verbs and options, missing or impossible arguments. */
  usage: "PS6001",
  /** A file given on the command line cannot be read or written. */
  file: "PS6002",
  /** A .npy file is malformed or of a kind that is not supported. */
  npy: "PS6003",
  /** An output is not what it should be. */
  wrongResult: "PS6004",
  /** Sizes or data are missing, so that there are no inputs to run on. */
  inputs: "PS6005",
  /** No Python with the packages that a referee or peer needs. */
  python: "PS6006",
  /** `--target` names nothing known. */
  target: "PS6007",
  /** A request of the compile server is malformed. */
  request: "PS6008",
  /** Stopped by the user. */
  interrupted: "PS6009",
  /** A fault of ours. */
  bug: "PS6070",
} as const;

/** The runtime's problems as the compiler's: the shapes are the same, but `PS5…` is not known to be a `PS…`. */
export function asDiagnostics(faults: readonly FaultDiagnostic[]): readonly Diagnostic[] {
  return faults.map((fault) => ({ ...fault, code: fault.code as DiagnosticCode }));
}

/** Wrong usage: exit 2. */
export function usageError(message: string, fix?: string): Error {
  return compileError(cliCode.usage, message, { exitCode: 2, ...(fix === undefined ? {} : { fix }) });
}

/** A system error about a file, as a problem: exit 5. */
export function fileError(file: string, what: "read" | "write", error: unknown): Error {
  const message = `${file} cannot be ${what === "read" ? "read" : "written"}: ${reasonOf(error)}`;
  return compileError(cliCode.file, message, { exitCode: 5 });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** How a verb ended. */
export interface Failure {
  readonly exitCode: ExitCode | 70 | 130;
  readonly diagnostics: readonly Diagnostic[];
}

interface Reported {
  readonly diagnostics: readonly Diagnostic[];
  readonly exitCode: ExitCode;
}

/** Compiler and runtime declare the same shape apart from one another; both are recognised by it. */
function isReported(error: unknown): error is Reported {
  if (!(error instanceof Error) || !("diagnostics" in error) || !("exitCode" in error)) return false;
  return Array.isArray(error.diagnostics) && typeof error.exitCode === "number";
}

/** A fault of ours, with what helps to mend it. */
export class InternalBug extends Error {
  override readonly name = "InternalBug";
  /** Files written for whoever mends it: the program as the last good stage left it. */
  readonly files: readonly string[];

  constructor(cause: unknown, files: readonly string[]) {
    super(reasonOf(cause), { cause });
    this.files = files;
  }
}

/** Exit code and problems of whatever was thrown. Everything that is no reported problem is a fault of ours: 70. */
export function failureOf(error: unknown): Failure {
  if (isReported(error)) return { exitCode: error.exitCode, diagnostics: error.diagnostics };
  if (isInterruption(error)) return { exitCode: 130, diagnostics: [diagnostic(cliCode.interrupted, "interrupted")] };
  return { exitCode: 70, diagnostics: [bugDiagnostic(error)] };
}

function isInterruption(error: unknown): boolean {
  return error instanceof Error && (error.name === "AbortError" || error.name === "RunCancelled");
}

function bugDiagnostic(error: unknown): Diagnostic {
  const files = error instanceof InternalBug ? error.files : [];
  const notes = files.map((file) => ({ message: `written for the report: ${file}`, at: { kind: "unknown" } as const }));
  return diagnostic(cliCode.bug, `a fault of ours: ${reasonOf(error)}`, {
    notes,
    fix: "report it with the model or, where it is confidential, with the files named; --verbose shows where it happened",
  });
}

/** The text of problems, for people. Nobody is told that a place is not known. */
export function formatProblems(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map((d) => `${formatDiagnostic(d).replace(/^( *)<unknown>: /gm, "$1")}\n`).join("");
}
