/**
 * @file What is wrong with a torch.export archive or its graph: codes, and the sink that the reader reports to.
 * Reading and importing go on after a problem, so that one run names them all.
 */

import type { DiagnosticCode, DiagnosticSink } from "../../ir/diagnostic.js";
import { diagnostic } from "../../ir/diagnostic.js";
import type { Location } from "../../ir/location.js";

/** PS23xx: reading archives. */
export const archiveCode = {
  /** The file cannot be opened or read. */
  file: "PS2301",
  /** The bytes are no archive that torch.export writes. */
  archive: "PS2302",
  /** A text is no JSON. */
  json: "PS2303",
  /** The graph was written by a schema that this importer does not know. */
  schema: "PS2304",
  /** A record of the graph lacks a field, or has one of another type. */
  record: "PS2305",
  /** A tensor's payload is missing, pickled, or does not fit its sizes and strides. */
  payload: "PS2306",
  /** An expression over sizes cannot be read. */
  expression: "PS2307",
  /** A name is used that nothing defines. */
  undefinedValue: "PS2308",
  /** A tensor is of an element type or layout that programs do not have. */
  tensor: "PS2309",
} as const satisfies Record<string, DiagnosticCode>;

/** PS24xx: turning a graph into a program. */
export const importCode = {
  /** There is no such operator, or none that is supported. */
  operator: "PS2401",
  /** An operator is used in a way that is not supported. */
  form: "PS2402",
  /** A node contradicts its operator's signature. */
  node: "PS2403",
  /** An input or output of the program is of a kind that programs cannot have. */
  interface: "PS2404",
  /** A condition of the exporter that the program does not check. */
  guard: "PS2405",
} as const satisfies Record<string, DiagnosticCode>;

export type ArchiveCode = (typeof archiveCode)[keyof typeof archiveCode];

/** A hostile file may hold millions of mistakes; nobody reads beyond this many. */
const MAX_REPORTED = 1000;

/** Reports on one archive. */
export class Problems {
  readonly file: string;
  readonly #sink: DiagnosticSink;
  #errors = 0;

  constructor(file: string, sink: DiagnosticSink) {
    this.file = file;
    this.#sink = sink;
  }

  /** Errors so far. */
  get errors(): number {
    return this.#errors;
  }

  /** The archive as a whole. */
  get fileAt(): Location {
    return { kind: "bytes", file: this.file, offset: 0 };
  }

  error(code: ArchiveCode, message: string, options: { readonly at?: Location; readonly fix?: string } = {}): void {
    this.#errors++;
    const { at = this.fileAt, fix } = options;
    if (this.#errors > MAX_REPORTED + 1) return;
    const isLast = this.#errors > MAX_REPORTED;
    const text = isLast ? `more than ${MAX_REPORTED} problems; the rest is left out` : message;
    this.#sink.add(diagnostic(code, text, fix === undefined || isLast ? { at } : { at, fix }));
  }
}
