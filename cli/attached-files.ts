/**
 * @file Files that go into a bundle as they are, beside what the compiler writes: a tokenizer, settings for generation. They
 * are listed and hashed like any other.
 */

import { createReadStream, statSync } from "node:fs";
import { basename } from "node:path";
import { CompileError, type Diagnostic, diagnostic } from "../ir/diagnostic.js";
import type { Compose } from "../runtime-lib/bundle/bundle-draft.js";
import { isPlainFileName } from "../runtime-lib/bundle/manifest-problems.js";
import { cliCode, fileError } from "./faults.js";

/** Names that the compiler writes, or could write for other options. */
const ownNames = /^(manifest\.bin|weights\.safetensors|kernels\..*|tiles\..*|tiles|machine\..*|.*\.(so|dylib|h))$/i;

/** Throws listing everything wrong with the files before any work is done: exit 5 where one cannot be read, 2 otherwise. */
export function checkAttachedFiles(paths: readonly string[]): void {
  const problems: Diagnostic[] = [];
  const names = new Set<string>();
  for (const path of paths) {
    const name = basename(path);
    const wrong = wrongName(name, names);
    names.add(name.toLowerCase());
    if (wrong !== undefined)
      problems.push(
        diagnostic(cliCode.usage, `${path} cannot go into the bundle: ${wrong}`, { fix: "rename the file" }),
      );
    if (!isFile(path)) problems.push(diagnostic(cliCode.usage, `${path} is no regular file`));
  }
  if (problems.length > 0) throw new CompileError(problems, 2);
}

function wrongName(name: string, taken: ReadonlySet<string>): string | undefined {
  if (!isPlainFileName(name)) return "names are made of letters, digits, '.', '_' and '-'";
  if (ownNames.test(name)) return `the compiler's own files have such names as '${name}'`;
  return taken.has(name.toLowerCase()) ? `another file is called '${name}'` : undefined;
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch (error) {
    throw fileError(path, "read", error);
  }
}

/** What `compose` writes, and the files behind it. */
export function withAttachedFiles(compose: Compose, paths: readonly string[]): Compose {
  if (paths.length === 0) return compose;
  return async (draft) => {
    const body = await compose(draft);
    for (const path of paths) await draft.file(basename(path), slicesOf(path));
    return body;
  };
}

async function* slicesOf(path: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const slice of createReadStream(path)) yield slice as Uint8Array;
  } catch (error) {
    if (error instanceof Error && "syscall" in error) throw fileError(path, "read", error);
    throw error;
  }
}
