/**
 * @file The compile cache: files named by the hash of everything they were made from, so that one is never stale.
 * It lies in the user's cache folder. Each file is made under a temporary name in the same
 * folder and renamed: a crash, a full disk or a second process leaves whole files or none.
 */

import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { cacheDirectory } from "../bundle/cache-directory.js";
import { systemCode } from "../bundle/file-io.js";
import { runtimeFault } from "../diagnostic.js";

/** The user's cache folder; the environment's PERSIMMONS_CACHE where it is set. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return cacheDirectory(env);
}

/** SHA-256 of parts that cannot run into one another. */
export function contentKey(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest("hex");
}

/** Builds in progress in this process, so that equal ones run once. */
const inProgress = new Map<string, Promise<string>>();

/**
 * The path of the file for `key`; when it is not there, `build` makes it in the folder it is given and returns its
 * path. Rejects with PS5222 (exit 5) where the cache cannot be written, or with what `build` threw.
 */
export function cachedFile(
  key: string,
  extension: string,
  build: (folder: string) => Promise<string>,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const file = path.join(cacheFolder(env), "compiled", key.slice(0, 2), `${key}${extension}`);
  const running = inProgress.get(file);
  if (running !== undefined) return running;
  const started = findOrBuild(file, build).finally(() => inProgress.delete(file));
  inProgress.set(file, started);
  return started;
}

async function findOrBuild(file: string, build: (folder: string) => Promise<string>): Promise<string> {
  const found = await stat(file).catch(() => undefined);
  // Nothing that is cached is empty, but a file may be after the power failed.
  if (found?.isFile() && found.size > 0) return file;
  const folder = await makeFolder(path.dirname(file));
  try {
    const built = await build(folder);
    await rename(built, file);
    return file;
  } catch (error) {
    // A build says itself what is wrong with what it builds; what the system refuses is about the folder.
    throw systemCode(error) === undefined ? error : notWritable(file, error);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeFolder(parent: string): Promise<string> {
  try {
    await mkdir(parent, { recursive: true, mode: 0o700 });
    return await mkdtemp(path.join(parent, ".new-"));
  } catch (error) {
    throw notWritable(parent, error);
  }
}

/** PS5222 for a system error at `place`. */
export function notWritable(place: string, error: unknown): Error {
  const reason = error instanceof Error ? error.message : String(error);
  return runtimeFault("PS5222", `the compile cache cannot be written at ${place}: ${reason}`, {
    fix: "free space there, or set PERSIMMONS_CACHE to a folder that can be written",
    cause: error,
  });
}
