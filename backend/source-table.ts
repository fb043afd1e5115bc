/**
 * @file The manifest's places in what the user wrote: each once, in the order in which they are asked for. Of files the
 * name is told without its directory, so that a bundle does not depend on where its model lay.
 */

import type { Location } from "../ir/location.js";
import type { SourceLocation } from "../runtime-lib/bundle/generated/manifest.js";

/** The position of a place in the table, which gets it where it has it not yet. */
export type SourceIndex = (at: Location) => number;

export function sourceTable(): { readonly all: readonly SourceLocation[]; readonly index: SourceIndex } {
  const all: SourceLocation[] = [];
  const positions = new Map<string, number>();
  const index: SourceIndex = (at) => {
    const source = sourceOf(at);
    const key = JSON.stringify(source);
    const known = positions.get(key) ?? all.push(source) - 1;
    positions.set(key, known);
    return known;
  };
  return { all, index };
}

function sourceOf(at: Location): SourceLocation {
  if (at.kind === "unknown" || at.kind === "derived") return { file: "", line: 0, column: 0 };
  const file = withoutFolder(at.file);
  if (at.kind === "text") return { file, line: at.line, column: at.column };
  if (at.kind === "bytes") return { file, line: 0, column: 0 };
  const { node, source } = at;
  return { file, line: 0, column: 0, node, ...(source === undefined ? {} : { code: withoutFolder(source) }) };
}

/** `/home/me/net.py:12` as `net.py:12`. */
function withoutFolder(place: string): string {
  return place.replace(/^.*[/\\](?=[^/\\]*$)/, "");
}
