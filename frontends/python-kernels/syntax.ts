/** @file What the parser's nodes look like to the rest of this folder, and how faults in them are told. */

import type { Node } from "web-tree-sitter";
import type { DiagnosticSink } from "../../ir/diagnostic.js";
import type { Location } from "../../ir/location.js";
import type { Expression, Span } from "./ast.js";

export type { Node } from "web-tree-sitter";

export function spanOf(node: Node): Span {
  const { startPosition: from, endPosition: to } = node;
  return { line: from.row + 1, column: from.column + 1, endLine: to.row + 1, endColumn: to.column + 1 };
}

/** From the beginning of one to the end of the other. */
export function joinSpans(from: Span, to: Span): Span {
  return { line: from.line, column: from.column, endLine: to.endLine, endColumn: to.endColumn };
}

export function locationOf(file: string, { line, column }: Span): Location {
  return { kind: "text", file, line, column };
}

/** The children that mean something. */
export function partsOf(node: Node): readonly Node[] {
  return node.namedChildren.filter((child) => child !== null && !isBlank(child));
}

export function isBlank(node: Node): boolean {
  return node.type === "comment" || node.type === "line_continuation";
}

/** True where a token such as `async` or `,` stands directly in `node`. */
export function hasToken(node: Node, text: string): boolean {
  return node.children.some((child) => child !== null && !child.isNamed && child.type === text);
}

/** Levels of brackets, blocks and operators in one another that are followed. */
const MAX_DEPTH = 600;

/** What reading one file shares: where it is, what is wrong with it, how deep the reader is. */
export class Reading {
  readonly file: string;
  readonly sink: DiagnosticSink;
  #depth = 0;

  constructor(file: string, sink: DiagnosticSink) {
    this.file = file;
    this.sink = sink;
  }

  fault(node: Node | Span, message: string, fix?: string): void {
    const at = locationOf(this.file, "line" in node ? node : spanOf(node));
    this.sink.error("PS2801", message, fix === undefined ? { at } : { at, fix });
  }

  /** `read`, unless `node` lies too deep: then the fault is noted and `otherwise` given. */
  nested<T>(node: Node, read: () => T, otherwise: () => T): T {
    if (this.#depth >= MAX_DEPTH) {
      this.fault(node, `the code is nested more than ${MAX_DEPTH} levels deep`);
      return otherwise();
    }
    this.#depth++;
    try {
      return read();
    } finally {
      this.#depth--;
    }
  }
}

/** What stands where code could not be read; the fault has been noted. */
export function missing(node: Node): Expression {
  return { kind: "Name", at: spanOf(node), id: "" };
}
