/** @file Locations: a place in something the user wrote. Every operation carries one. */

import { unreachable } from "./unreachable.js";

export type Location =
  | { readonly kind: "unknown" }
  /** A position in a text; `line` and `column` count from 1. */
  | { readonly kind: "text"; readonly file: string; readonly line: number; readonly column: number }
  /** A node of a graph file: an ONNX node, or an fx node with the Python source line it came from. */
  | { readonly kind: "graph-node"; readonly file: string; readonly node: string; readonly source?: string }
  /** A byte offset in a binary file; 0 is the file as a whole. */
  | { readonly kind: "bytes"; readonly file: string; readonly offset: number }
  /** What a pass made out of other places. */
  | { readonly kind: "derived"; readonly pass: string; readonly from: readonly Location[] };

export const unknownLocation: Location = { kind: "unknown" };

export function formatLocation(at: Location): string {
  switch (at.kind) {
    case "unknown":
      return "<unknown>";
    case "text":
      return `${at.file}:${at.line}:${at.column}`;
    case "graph-node":
      return at.source === undefined ? `${at.file}#${at.node}` : `${at.file}#${at.node} (${at.source})`;
    case "bytes":
      return at.offset === 0 ? at.file : `${at.file}@${at.offset}`;
    case "derived":
      return `${at.from.map(formatLocation).join(" + ")} (via ${at.pass})`;
    default:
      return unreachable(at);
  }
}

/** The place of what `pass` made out of things at `places`: each once, and those that passes before put together apart. */
export function derivedLocation(pass: string, places: readonly Location[]): Location {
  const apart = new Map(places.flatMap(placesIn).map((at) => [formatLocation(at), at]));
  const from = [...apart.values()];
  return from.length === 0 ? unknownLocation : from.length === 1 ? from[0]! : { kind: "derived", pass, from };
}

/** The places in what the user wrote that `at` stands for. */
export function placesIn(at: Location): readonly Location[] {
  if (at.kind === "unknown") return [];
  return at.kind === "derived" ? at.from.flatMap(placesIn) : [at];
}
