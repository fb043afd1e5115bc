/**
 * @file Diagnostics: what went wrong, where, and how to put it right.
 * Importers collect them (a user sees every problem at once); passes throw `CompileError`.
 * A fault of the compiler itself is a plain `Error`, never one of these.
 */

import { formatLocation, type Location, unknownLocation } from "./location.js";

export type Severity = "error" | "warning" | "remark";

/** A stable identifier: PS1xxx IR, PS2xxx front ends, PS3xxx lowering, PS4xxx targets and limits, PS5xxx bundles and files. */
export type DiagnosticCode = `PS${number}`;

export interface Note {
  readonly message: string;
  readonly at: Location;
}

export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly severity: Severity;
  /** What is wrong, with the values. */
  readonly message: string;
  readonly at: Location;
  readonly notes: readonly Note[];
  /** What would work instead, as an instruction to the user. */
  readonly fix?: string;
}

/** The process exit codes a fault in the user's input may lead to. */
export type ExitCode = 1 | 2 | 3 | 4 | 5;

/** One or more faults in what the user gave us. Faults of ours throw plain `Error`s. */
export class CompileError extends Error {
  override readonly name = "CompileError";
  readonly diagnostics: readonly Diagnostic[];
  /** 2 usage, 3 model malformed or unsupported, 4 target or limits, 5 I/O or corrupt bundle. */
  readonly exitCode: ExitCode;

  constructor(diagnostics: readonly Diagnostic[], exitCode: ExitCode = 3) {
    super(diagnostics.map(formatDiagnostic).join("\n"));
    this.diagnostics = diagnostics;
    this.exitCode = exitCode;
  }
}

export interface DiagnosticOptions {
  readonly at?: Location;
  readonly notes?: readonly Note[];
  readonly fix?: string;
  readonly severity?: Severity;
}

export function diagnostic(code: DiagnosticCode, message: string, options: DiagnosticOptions = {}): Diagnostic {
  const { at = unknownLocation, notes = [], severity = "error", fix } = options;
  return fix === undefined ? { code, severity, message, at, notes } : { code, severity, message, at, notes, fix };
}

/** A `CompileError` with a single diagnostic. */
export function compileError(
  code: DiagnosticCode,
  message: string,
  options: DiagnosticOptions & { readonly exitCode?: ExitCode } = {},
): CompileError {
  return new CompileError([diagnostic(code, message, options)], options.exitCode ?? 3);
}

export function formatDiagnostic(d: Diagnostic): string {
  const where = d.at.kind === "unknown" ? "" : `${formatLocation(d.at)}: `;
  const lines = [`${where}${d.severity} ${d.code}: ${d.message}`];
  for (const note of d.notes) lines.push(`  ${formatLocation(note.at)}: note: ${note.message}`);
  if (d.fix !== undefined) lines.push(`  fix: ${d.fix}`);
  return lines.join("\n");
}

/** Gathers the problems of one input, so that all are reported together. */
export class DiagnosticSink {
  readonly #all: Diagnostic[] = [];

  get all(): readonly Diagnostic[] {
    return this.#all;
  }

  get hasErrors(): boolean {
    return this.#all.some((d) => d.severity === "error");
  }

  add(d: Diagnostic): void {
    this.#all.push(d);
  }

  error(code: DiagnosticCode, message: string, options: DiagnosticOptions = {}): void {
    this.add(diagnostic(code, message, options));
  }

  warn(code: DiagnosticCode, message: string, options: DiagnosticOptions = {}): void {
    this.add(diagnostic(code, message, { ...options, severity: "warning" }));
  }

  /** Throws everything gathered when there is at least one error. */
  throwIfErrors(exitCode: ExitCode = 3): void {
    if (this.hasErrors) throw new CompileError(this.#all, exitCode);
  }
}
