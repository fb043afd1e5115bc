/**
 * @file The user's trust list: the bundles whose native code may run without being asked for, because this user's export
 * wrote them. A bundle is known by the hash of its manifest, which holds the hashes of all its files; where it lies does
 * not matter. One small file per bundle, so that processes need no lock.
 */

import { existsSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { inFile, type RuntimeFault, runtimeFault } from "../diagnostic.js";
import { cacheDirectory, ensureCacheFolder, requirePrivate } from "./cache-directory.js";
import { attempt } from "./file-io.js";
import { publishText } from "./publish.js";

const folder = "trusted";

/** Adds a bundle; `digest` is the hash of its manifest, `path` is kept for people. */
export function trustBundle(path: string, digest: string): void {
  const list = ensureCacheFolder(folder);
  requirePrivate(list);
  publishText(join(list, checkedDigest(digest)), `${resolve(path)}\n`);
}

/** Whether the bundle is on the list. Throws a `RuntimeFault` (PS5016) where other users could have written the list. */
export function isTrusted(digest: string): boolean {
  const list = join(cacheDirectory(), folder);
  requirePrivate(list);
  return existsSync(join(list, checkedDigest(digest)));
}

/** Takes a bundle off the list. */
export function distrustBundle(digest: string): void {
  const entry = join(cacheDirectory(), folder, checkedDigest(digest));
  attempt("write", entry, () => rmSync(entry, { force: true }));
}

/**
 * The refusal to run native code of a bundle that is not on the list (PS5017, exit 2). It names the ways on: `--trust`,
 * and the sandbox where the bundle has a variant for it.
 */
export function untrusted(path: string, targetKinds: readonly string[]): RuntimeFault {
  const sandbox = targetKinds.includes("wasm") ? ", or run it in the sandbox with --engine wasm" : "";
  return runtimeFault("PS5017", `${path} was not exported by this user, so its native code is not run`, {
    at: inFile(path),
    exitCode: 2,
    fix: `pass --trust if you trust where it came from${sandbox}`,
  });
}

function checkedDigest(digest: string): string {
  if (!/^[0-9a-f]{64}$/.test(digest)) throw new Error(`'${digest}' is not a digest`);
  return digest;
}
