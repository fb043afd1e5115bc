/**
 * @file What is wrong with an ONNX file: the codes, and the sink every part of the reader reports to.
 * Reading goes on after a problem, so that one run names them all.
 */

import type { DiagnosticCode, DiagnosticOptions, DiagnosticSink, Severity } from "../../ir/diagnostic.js";
import { diagnostic } from "../../ir/diagnostic.js";
import type { Location } from "../../ir/location.js";

/** PS21xx: reading ONNX files. */
export const onnxCode = {
  /** The file cannot be opened or is too large. */
  file: "PS2101",
  /** The bytes are no ONNX protobuf. */
  corrupt: "PS2102",
  /** A text is not UTF-8. */
  text: "PS2103",
  /** `ir_version` or an opset is missing or out of range. */
  version: "PS2104",
  /** The model has no graph. */
  noGraph: "PS2105",
  /** A name is defined twice. */
  duplicate: "PS2106",
  /** A name is used but not defined. */
  undefinedValue: "PS2107",
  /** Nodes, or functions, depend on themselves. */
  cycle: "PS2108",
  /** Nodes are not sorted; they were sorted. */
  unsorted: "PS2109",
  /** A node lacks its operator, or its domain is not imported. */
  node: "PS2110",
  /** An attribute's value does not fit its type. */
  attribute: "PS2111",
  /** A tensor's sizes, element type and data do not fit together. */
  tensor: "PS2112",
  /** A sparse tensor's values, indices and sizes do not fit together. */
  sparse: "PS2113",
  /** A value's declared type is malformed. */
  type: "PS2114",
  /** External data is missing, too short, or outside what the model may read. */
  external: "PS2115",
  /** A model-local function is malformed. */
  function: "PS2116",
  /** A limit on nesting, rank or the number of objects. */
  limit: "PS2117",
  /** Part of the model that has no effect on inference is left out. */
  ignored: "PS2118",
} as const satisfies Record<string, DiagnosticCode>;

export type OnnxCode = (typeof onnxCode)[keyof typeof onnxCode];

/** A hostile file may hold millions of mistakes; nobody reads beyond this many. */
const MAX_REPORTED = 10_000;

/** Where a problem is, and the part of it meant: `initializer 'w'`, `attribute 'value'`. */
export interface Place {
  readonly at: Location;
  readonly what: string;
}

/** Reports on one file. */
export class Problems {
  readonly file: string;
  readonly #sink: DiagnosticSink;
  #errors = 0;

  constructor(file: string, sink: DiagnosticSink) {
    this.file = file;
    this.#sink = sink;
  }

  /** Problems of severity "error" so far. */
  get errors(): number {
    return this.#errors;
  }

  error(code: OnnxCode, place: Place, message: string, fix?: string): void {
    this.#errors++;
    if (this.#errors <= MAX_REPORTED) this.#report("error", code, place, message, fix);
    else if (this.#errors === MAX_REPORTED + 1)
      this.#report(
        "error",
        code,
        { at: this.fileAt, what: "" },
        `more than ${MAX_REPORTED} problems; the rest is left out`,
      );
  }

  warn(code: OnnxCode, place: Place, message: string, fix?: string): void {
    this.#report("warning", code, place, message, fix);
  }

  remark(code: OnnxCode, place: Place, message: string): void {
    this.#report("remark", code, place, message);
  }

  /** The file as a whole. */
  get fileAt(): Location {
    return { kind: "bytes", file: this.file, offset: 0 };
  }

  /** A graph or function by its path; the empty path is the model's graph. */
  graphAt(path: string): Location {
    return path === "" ? this.fileAt : { kind: "graph-node", file: this.file, node: path };
  }

  /** A byte of the file. */
  byteAt(offset: number): Location {
    return { kind: "bytes", file: this.file, offset };
  }

  #report(severity: Severity, code: OnnxCode, place: Place, message: string, fix?: string): void {
    const text = place.what === "" ? message : `${place.what}: ${message}`;
    const options: DiagnosticOptions = { at: place.at, severity, ...(fix === undefined ? {} : { fix }) };
    this.#sink.add(diagnostic(code, text, options));
  }
}
