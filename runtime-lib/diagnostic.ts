/**
 * @file Faults at run time: what went wrong with a bundle, a file or an input, where, and how to put it right.
 * The data has the shape of the compiler's diagnostics, so that one command line prints both; it is declared again
 * here because the runtime ships without the compiler. A fault of the runtime itself is a plain `Error`, never one of these.
 */

export type FaultSeverity = "error" | "warning" | "remark";

/**
 * A stable identifier. PS51xx and up belong to the engines; the bundle has
 *
 *     PS5001 a file cannot be read          PS5010 a file has another size than the manifest says
 *     PS5002 not a bundle                   PS5011 a file has another hash than the manifest says
 *     PS5003 the manifest is malformed      PS5012 malformed safetensors
 *     PS5004 the manifest is inconsistent   PS5013 malformed packed bundle
 *     PS5005 beyond the format's limits     PS5014 what is there will not be overwritten
 *     PS5006 a size has no value            PS5015 a file cannot be written
 *     PS5007 another format version         PS5016 the trust list is not private
 *     PS5008 a file is missing              PS5017 the bundle is not on the trust list
 *     PS5009 not a plain file               PS5018 the file changed while it was read
 */
export type FaultCode = `PS5${number}`;

/** The places a runtime fault can name. */
export type FaultLocation =
  | { readonly kind: "unknown" }
  /** A byte offset in a file. */
  | { readonly kind: "bytes"; readonly file: string; readonly offset: number }
  /** A node of the model the bundle was made from. */
  | { readonly kind: "graph-node"; readonly file: string; readonly node: string; readonly source?: string };

export interface FaultNote {
  readonly message: string;
  readonly at: FaultLocation;
}

export interface FaultDiagnostic {
  readonly code: FaultCode;
  readonly severity: FaultSeverity;
  /** What is wrong, with the values. */
  readonly message: string;
  readonly at: FaultLocation;
  readonly notes: readonly FaultNote[];
  /** What would work instead, as an instruction to the user. */
  readonly fix?: string;
}

/** 1 wrong result, 2 usage (wrong inputs included), 4 target or limits, 5 I/O or corrupt bundle. */
export type FaultExitCode = 1 | 2 | 3 | 4 | 5;

/** One or more faults in what the user gave the runtime; lists every problem found. */
export class RuntimeFault extends Error {
  override readonly name = "RuntimeFault";
  readonly diagnostics: readonly FaultDiagnostic[];
  readonly exitCode: FaultExitCode;

  constructor(diagnostics: readonly FaultDiagnostic[], exitCode: FaultExitCode = 5, options?: ErrorOptions) {
    super(diagnostics.map(formatFault).join("\n"), options);
    this.diagnostics = diagnostics;
    this.exitCode = exitCode;
  }
}

export interface FaultOptions {
  readonly at?: FaultLocation;
  readonly notes?: readonly FaultNote[];
  readonly fix?: string;
  readonly severity?: FaultSeverity;
}

export const unknownPlace: FaultLocation = { kind: "unknown" };

/** The place `offset` bytes into `file`. */
export function inFile(file: string, offset = 0): FaultLocation {
  return { kind: "bytes", file, offset };
}

export function faultDiagnostic(code: FaultCode, message: string, options: FaultOptions = {}): FaultDiagnostic {
  const { at = unknownPlace, notes = [], severity = "error", fix } = options;
  return fix === undefined ? { code, severity, message, at, notes } : { code, severity, message, at, notes, fix };
}

/** A `RuntimeFault` with a single diagnostic. `cause` keeps the system error it reports. */
export function runtimeFault(
  code: FaultCode,
  message: string,
  options: FaultOptions & { readonly exitCode?: FaultExitCode; readonly cause?: unknown } = {},
): RuntimeFault {
  const cause = options.cause === undefined ? undefined : { cause: options.cause };
  return new RuntimeFault([faultDiagnostic(code, message, options)], options.exitCode ?? 5, cause);
}

export function formatFault(d: FaultDiagnostic): string {
  const where = d.at.kind === "unknown" ? "" : `${formatPlace(d.at)}: `;
  const lines = [`${where}${d.severity} ${d.code}: ${d.message}`];
  for (const note of d.notes) lines.push(`  ${formatPlace(note.at)}: note: ${note.message}`);
  if (d.fix !== undefined) lines.push(`  fix: ${d.fix}`);
  return lines.join("\n");
}

export function formatPlace(at: FaultLocation): string {
  switch (at.kind) {
    case "unknown":
      return "<unknown>";
    case "bytes":
      return at.offset === 0 ? at.file : `${at.file}@${at.offset}`;
    case "graph-node":
      return at.source === undefined ? `${at.file}#${at.node}` : `${at.file}#${at.node} (${at.source})`;
    default: {
      const dead: never = at;
      throw new Error(`unreachable: ${JSON.stringify(dead)}`);
    }
  }
}
