/**
 * @file The user's cache directory: `PERSIMMONS_CACHE`, else `~/.cache/persimmons`. Stamps in it only save time; the trust
 * list in it decides what code runs, so it counts only where no other user can write.
 */

import { lstatSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { inFile, runtimeFault } from "../diagnostic.js";
import { attempt } from "./file-io.js";

/** Absolute. */
export function cacheDirectory(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  const given = environment["PERSIMMONS_CACHE"];
  return given === undefined || given === "" ? join(homedir(), ".cache", "persimmons") : resolve(given);
}

/** The directory `name` in the cache, made if need be for this user alone. */
export function ensureCacheFolder(name: string): string {
  const path = join(cacheDirectory(), name);
  attempt("write", path, () => mkdirSync(path, { recursive: true, mode: 0o700 }));
  return path;
}

/**
 * Throws (PS5016) where `path` or the cache directory belongs to another user or may be written by one. Says nothing where
 * they do not exist, or on systems without such owners.
 */
export function requirePrivate(path: string): void {
  const user = process.getuid?.();
  if (user === undefined) return;
  for (const each of [cacheDirectory(), path]) {
    const stat = attempt("read", each, () => lstatSync(each, { throwIfNoEntry: false }));
    if (stat === undefined) continue;
    if (stat.uid === user && stat.isDirectory() && (stat.mode & 0o022) === 0) continue;
    throw runtimeFault("PS5016", `${each} is not this user's alone, so it cannot say which bundles to trust`, {
      at: inFile(each),
      fix: `chown it to yourself and run chmod go-w ${each}, or set PERSIMMONS_CACHE to a directory of your own`,
    });
  }
}
