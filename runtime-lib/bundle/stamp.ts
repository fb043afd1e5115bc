/**
 * @file Stamps: the memory, outside the bundle, that a bundle was found right. A stamp is the text of what was checked: the
 * hash of the manifest, and of every file its device, inode, size, times and hash. It holds as long as the bundle has the
 * same text; anything done to a file changes its change time, which no user can set.
 *
 * Stamps save time and nothing else: one that cannot be read or written, or that other users could have written, means that
 * everything is checked.
 */

import { createHash } from "node:crypto";
import { type BigIntStats, readFileSync } from "node:fs";
import { join } from "node:path";
import { cacheDirectory, ensureCacheFolder, requirePrivate } from "./cache-directory.js";
import { publishText } from "./publish.js";

const folder = "stamps";

/** A file system's clock may stand still for a few milliseconds: a change so soon after the check could go unseen. */
const settleNanoseconds = 100_000_000n;

export interface StampedFile {
  readonly name: string;
  readonly sha256: string;
  readonly stat: BigIntStats;
}

/** To be raised whenever the checks that a stamp stands for come to promise more. */
const stampVersion = 1;

const stampHead = (path: string, digest: string): string => `persimmons stamp ${stampVersion}\n${path}\n${digest}\n`;

/** What a stamp of the bundle at `path` says; equal texts mean that nothing was touched. */
export function stampText(path: string, digest: string, files: readonly StampedFile[]): string {
  const lines = files.map(({ name, sha256, stat }) => {
    const { dev, ino, size, mtimeNs, ctimeNs } = stat;
    return `${name} ${sha256} ${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}\n`;
  });
  return stampHead(path, digest) + lines.join("");
}

/** Whether `stamp` was made when the manifest with this digest had been found consistent. */
export function vouchesForManifest(stamp: string, path: string, digest: string): boolean {
  return stamp.startsWith(stampHead(path, digest));
}

/** One stamp per path: exporting again does not pile them up. */
const stampFile = (path: string): string => createHash("sha256").update(path).digest("hex");

/** The stamp of the bundle at `path`; empty where there is none to go by. */
export function readStamp(path: string): string {
  try {
    const list = join(cacheDirectory(), folder);
    requirePrivate(list);
    return readFileSync(join(list, stampFile(path)), "utf8");
  } catch {
    return "";
  }
}

/** Whether every file is old enough that a later change would show. */
export function isSettled(files: readonly StampedFile[]): boolean {
  const now = BigInt(Date.now()) * 1_000_000n;
  return files.every(({ stat }) => stat.ctimeNs + settleNanoseconds < now);
}

/** Keeps a stamp; does nothing where the cache cannot be written. */
export function keepStamp(path: string, text: string): void {
  try {
    publishText(join(ensureCacheFolder(folder), stampFile(path)), text);
  } catch {
    // A full disk or a read-only home must not keep a bundle from running.
  }
}
