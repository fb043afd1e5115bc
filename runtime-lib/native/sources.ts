/**
 * @file The runtime's C sources, which ship as text beside the compiled JavaScript: every library is built with them.
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export interface NativeSources {
  /** The folder they lie in. */
  readonly folder: string;
  /** Text by file name: every .c and .h file of the folder. */
  readonly files: ReadonlyMap<string, string>;
}

let sources: NativeSources | undefined;

/** Reads the sources once. Throws an `Error` where the package is incomplete. */
export function nativeSources(): NativeSources {
  if (sources !== undefined) return sources;
  const folder = findFolder(path.dirname(fileURLToPath(import.meta.url)));
  const names = readdirSync(folder).filter((name) => /\.[ch]$/.test(name));
  names.sort();
  sources = { folder, files: new Map(names.map((name) => [name, readFileSync(path.join(folder, name), "utf8")])) };
  return sources;
}

/** This file runs from runtime-lib/native or from dist/runtime-lib/native; the C files are in the former. */
function findFolder(start: string): string {
  for (let at = start; ; at = path.dirname(at)) {
    const folder = path.join(at, "runtime-lib", "native");
    if (existsSync(path.join(folder, "psm_runtime.c"))) return folder;
    if (at === path.dirname(at)) throw new Error(`the runtime's C sources are missing above ${start}`);
  }
}
