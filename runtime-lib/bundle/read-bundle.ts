/**
 * @file Opens a bundle, a directory or a packed file, for engines and tools. Nothing of it is used before it is verified:
 * first the manifest's checksum, structure and meaning, then the presence and sizes of all files, then their hashes. A stamp of
 * an earlier check (see `stamp.ts`) stands for the meaning and the hashes: then no byte of the weights is read.
 */

import { createHash } from "node:crypto";
import { type BigIntStats, closeSync, fstatSync, realpathSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { inFile, RuntimeFault, runtimeFault } from "../diagnostic.js";
import {
  checkHashes,
  type FilePlace,
  type LocatedFiles,
  locateInDirectory,
  locateInPack,
  readPlace,
} from "./bundle-files.js";
import { manifestFile } from "./check-manifest.js";
import { attempt, fileFault, openPlainFile, readExactly, systemCode } from "./file-io.js";
import { flatLimits } from "./flat-schema.js";
import type { Manifest } from "./generated/manifest.js";
import { decodeStructure, requireConsistent } from "./manifest.js";
import { leftoversOf } from "./publish.js";
import { looksPacked, readPack } from "./read-pack.js";
import { sealBytes } from "./seal.js";
import { isSettled, keepStamp, readStamp, type StampedFile, stampText, vouchesForManifest } from "./stamp.js";

export interface OpenOptions {
  /** "always" hashes every file; "stamp" (the default) does unless an earlier check of the untouched bundle is remembered. */
  readonly verify?: "always" | "stamp";
  /** Stops the hashing between slices. */
  readonly signal?: AbortSignal;
}

export interface OpenBundle {
  /** Absolute, without symbolic links: the directory or the packed file. */
  readonly path: string;
  readonly form: "directory" | "pack";
  /** Hash of the manifest: the identity of the bundle, which the trust list goes by. */
  readonly digest: string;
  readonly manifest: Manifest;
  /** How this opening knows that the files are as listed. */
  readonly hashes: "checked" | "stamped";
  /** Where a listed file's bytes are, for mapping. Throws an `Error` for a file the manifest does not list. */
  file(name: string): FilePlace;
  /** A listed file's bytes, hashed again as they are read (PS5011). */
  read(name: string): Uint8Array;
  /** Hashes every file; throws a `RuntimeFault` naming each that differs (PS5011). */
  verifyHashes(signal?: AbortSignal): Promise<void>;
}

interface Opened {
  readonly path: string;
  readonly form: "directory" | "pack";
  readonly manifest: Manifest;
  readonly digest: string;
  /** The system's file that holds the manifest. */
  readonly manifestStat: BigIntStats;
  readonly located: LocatedFiles;
  /** What an earlier check left; empty where none did, or none is to be gone by. */
  readonly stamp: string;
}

/**
 * Opens the bundle at `path`. Throws a `RuntimeFault` (exit 5) with everything found wrong: see the codes in
 * `runtime-lib/diagnostic.ts`.
 */
export async function openBundle(path: string, options: OpenOptions = {}): Promise<OpenBundle> {
  const { verify = "stamp", signal } = options;
  const opened = openFiles(path, verify === "stamp");
  const { form, digest, manifest, located } = opened;
  const stamped = stampedFiles(opened);
  const text = stampText(opened.path, digest, stamped);
  const known = opened.stamp === text;
  if (!known) {
    await checkHashes(located, manifest, signal);
    if (isSettled(stamped)) keepStamp(opened.path, text);
  }
  const place = (name: string): FilePlace => {
    const found = located.places.get(name);
    if (found === undefined) throw new Error(`the bundle lists no file '${name}'`);
    return found;
  };
  return {
    path: opened.path,
    form,
    digest,
    manifest,
    hashes: known ? "stamped" : "checked",
    file: place,
    read: (name) => readPlace(place(name)),
    verifyHashes: (stop) => checkHashes(located, manifest, stop),
  };
}

function openFiles(given: string, goByStamp: boolean): Opened {
  const path = realPath(given);
  const stamp = goByStamp ? readStamp(path) : "";
  return attempt("read", path, () => statSync(path)).isDirectory() ? openDirectory(path, stamp) : openPack(path, stamp);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw fileFault(error, "read", path);
    const aside = leftoversOf(path, "old").map((old) => ({
      message: "a bundle set aside by an export that was interrupted; rename it to have it back",
      at: inFile(old),
    }));
    throw runtimeFault("PS5001", `there is no bundle at ${path}`, { at: inFile(path), notes: aside, cause: error });
  }
}

function openDirectory(path: string, stamp: string): Opened {
  const file = join(path, manifestFile);
  let fd: number;
  try {
    fd = openPlainFile(file);
  } catch (error) {
    const absent = error instanceof RuntimeFault && systemCode(error.cause) === "ENOENT";
    throw absent ? notBundle(path, `it has no ${manifestFile}`) : error;
  }
  try {
    const manifestStat = fstatSync(fd, { bigint: true });
    const { manifest, digest } = readManifest(
      fd,
      { path: file, offset: 0, bytes: Number(manifestStat.size) },
      path,
      stamp,
    );
    const located = locateInDirectory(path, manifest);
    return { path, form: "directory", manifest, digest, manifestStat, located, stamp };
  } finally {
    closeSync(fd);
  }
}

function openPack(path: string, stamp: string): Opened {
  const fd = openPlainFile(path);
  try {
    const manifestStat = fstatSync(fd, { bigint: true });
    const size = Number(manifestStat.size);
    if (!looksPacked(fd, size, path)) throw notBundle(path, "it is neither a directory nor a packed bundle");
    const packed = readPack(fd, size, path);
    const entry = packed.get(manifestFile);
    if (entry === undefined) throw notBundle(path, `it holds no ${manifestFile}`);
    const { manifest, digest } = readManifest(fd, { path, ...entry }, path, stamp);
    const located = locateInPack(path, manifest, packed);
    return { path, form: "pack", manifest, digest, manifestStat, located, stamp };
  } finally {
    closeSync(fd);
  }
}

interface ManifestPlace {
  readonly path: string;
  readonly offset: number;
  readonly bytes: number;
}

/** The manifest at `place`; found consistent, now or, as the stamp of the bundle says of these very bytes, before. */
function readManifest(
  fd: number,
  { path, offset, bytes }: ManifestPlace,
  bundle: string,
  stamp: string,
): { readonly manifest: Manifest; readonly digest: string } {
  if (bytes > flatLimits.bytes + sealBytes) {
    throw runtimeFault("PS5003", `the manifest has ${bytes} bytes; the limit is ${flatLimits.bytes}`, {
      at: inFile(path, offset),
    });
  }
  const content = readExactly(fd, offset, bytes, path);
  const digest = createHash("sha256").update(content).digest("hex");
  const manifest = decodeStructure(content, path);
  if (!vouchesForManifest(stamp, bundle, digest)) requireConsistent(manifest, path);
  return { manifest, digest };
}

function notBundle(path: string, why: string): RuntimeFault {
  return runtimeFault("PS5002", `${path} is not a bundle: ${why}`, {
    at: inFile(path),
    fix: "give the directory or file that `persimmons export` wrote",
  });
}

/** The system's files that a stamp speaks of. */
function stampedFiles({ path, form, digest, manifestStat, located }: Opened): readonly StampedFile[] {
  const own: StampedFile = { name: manifestFile, sha256: digest, stat: manifestStat };
  if (form === "pack") return [{ ...own, name: basename(path) }];
  const places = [...located.places.values()];
  return [own, ...places.map(({ name, sha256, path: full }) => ({ name, sha256, stat: located.stats.get(full)! }))];
}
