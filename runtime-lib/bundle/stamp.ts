/**
 * @file Stamps: the memory, outside the bundle, that the hashes of a bundle were found right. A stamp is the text of what
 * was hashed: of every file its device, inode, size, times and hash. It holds as long as the bundle has the same text;
 * anything done to a file changes its change time, which no user can set.
 *
 * Stamps save time and nothing else: one that cannot be read or written means that the hashes are checked.
 */

import { createHash } from "node:crypto";
import { type BigIntStats, readFileSync } from "node:fs";
import { join } from "node:path";
import { cacheDirectory, ensureCacheFolder } from "./cache-directory.js";
import { publishText } from "./publish.js";

const folder = "stamps";

/** A file system's clock may stand still for a few milliseconds: a change so soon after the check could go unseen. */
const settleNanoseconds = 100_000_000n;

export interface StampedFile {
  readonly name: string;
  readonly sha256: string;
  readonly stat: BigIntStats;
}

/** What a stamp of the bundle at `path` says; equal texts mean that nothing was touched. */
export function stampText(path: string, digest: string, files: readonly StampedFile[]): string {
  const lines = files.map(({ name, sha256, stat }) => {
    const { dev, ino, size, mtimeNs, ctimeNs } = stat;
    return `${name} ${sha256} ${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  });
  return `persimmons stamp 1\n${path}\n${digest}\n${lines.join("\n")}\n`;
}

/** One stamp per path: exporting again does not pile them up. */
const stampFile = (path: string): string => createHash("sha256").update(path).digest("hex");

/** Whether the bundle at `path` carries exactly this stamp. */
export function hasStamp(path: string, text: string): boolean {
  try {
    return readFileSync(join(cacheDirectory(), folder, stampFile(path)), "utf8") === text;
  } catch {
    return false;
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
