/**
 * @file External data: tensors whose bytes are in other files beside the model.
 *
 * The model is a stranger's, so the names in it are too. There is one opener for all of them, and it opens nothing but regular
 * files with one link, below the model's folder, without following a symbolic link anywhere on the way. Checking happens when
 * the model is read; data is read when it is asked for, by the same opener, which refuses a file that has changed meanwhile.
 */

import { closeSync, constants, existsSync, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { compileError } from "../../ir/diagnostic.js";
import type { Location } from "../../ir/location.js";
import { quote } from "../../ir/refusal.js";
import { systemReason } from "./file.js";
import { onnxCode } from "./problems.js";

/** Bytes of another file, checked to be there and not read yet. Offsets go up to 2^53. */
export interface ExternalRange {
  /** As the model names it, relative to the model's folder. */
  readonly path: string;
  readonly offset: number;
  readonly length: number;
  /**
   * `length` bytes at `offset` within the range, which must contain them.
   * @throws CompileError where the file has gone or changed since the model was read.
   */
  read(offset: number, length: number): Uint8Array;
  /** The range in order, in pieces of at most 64 MiB. */
  stream(): AsyncIterable<Uint8Array>;
}

/** The largest piece `ExternalRange.stream` gives. */
export const SLICE_BYTES = 64 * 2 ** 20;

/** What tells one state of a file from another. */
interface Stamp {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
}

/** The files beside one model. Holds no file open between calls. */
export class ExternalFiles {
  readonly #root: string | undefined;
  readonly #seen = new Map<string, Stamp | string>();

  /** `root` is the model's folder; without one (a model in memory) every external tensor is refused. */
  constructor(root: string | undefined) {
    this.#root = root;
  }

  /** The range, or why it cannot be had. An undefined `length` means all that `expected` says. `at` is for problems when reading. */
  range(
    path: string,
    offset: number,
    length: number | undefined,
    expected: number,
    at: Location,
  ): ExternalRange | string {
    const root = this.#root;
    if (root === undefined) return "a model that is not a file cannot have external data";
    if (length !== undefined && length !== expected) {
      return `'length' is ${length}, but its sizes and element type take ${expected} bytes`;
    }
    const stamp = this.#check(root, path);
    if (typeof stamp === "string") return stamp;
    if (BigInt(offset) + BigInt(expected) > stamp.size) {
      return `bytes ${offset} to ${offset + expected} of ${quote(path)}, which has ${stamp.size} bytes`;
    }
    return makeRange(root, path, stamp, offset, expected, at);
  }

  /** Thousands of tensors share a file: it is opened once. */
  #check(root: string, path: string): Stamp | string {
    const known = this.#seen.get(path);
    if (known !== undefined) return known;
    const opened = openBelow(root, path);
    const result = typeof opened === "string" ? opened : opened.stamp;
    if (typeof opened !== "string") closeSync(opened.fd);
    this.#seen.set(path, result);
    return result;
  }
}

function makeRange(root: string, path: string, stamp: Stamp, start: number, size: number, at: Location): ExternalRange {
  const read = (offset: number, length: number): Uint8Array => {
    if (
      !Number.isSafeInteger(offset) ||
      !Number.isSafeInteger(length) ||
      offset < 0 ||
      length < 0 ||
      offset + length > size
    ) {
      throw new Error(`bytes ${offset}, ${length} long, are outside a range of ${size} bytes`);
    }
    return readStamped(root, path, stamp, start + offset, length, at);
  };
  async function* stream(): AsyncGenerator<Uint8Array> {
    for (let offset = 0; offset < size; offset += SLICE_BYTES) yield read(offset, Math.min(SLICE_BYTES, size - offset));
  }
  return { path, offset: start, length: size, read, stream };
}

function readStamped(
  root: string,
  path: string,
  want: Stamp,
  position: number,
  length: number,
  at: Location,
): Uint8Array {
  const opened = openBelow(root, path);
  if (typeof opened === "string") throw compileError(onnxCode.external, `external data: ${opened}`, { at });
  const { fd, stamp } = opened;
  try {
    if (!sameStamp(stamp, want)) {
      const message = `external data: ${quote(path)} has changed since the model was read`;
      throw compileError(onnxCode.external, message, { at });
    }
    return readExactly(fd, position, length, path, at);
  } finally {
    closeSync(fd);
  }
}

function readExactly(fd: number, position: number, length: number, path: string, at: Location): Uint8Array {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const count = readAt(fd, bytes, filled, Math.min(2 ** 30, length - filled), position + filled, path, at);
    if (count === 0) {
      throw compileError(onnxCode.external, `external data: ${quote(path)} has become shorter`, { at });
    }
    filled += count;
  }
  return bytes;
}

function readAt(
  fd: number,
  to: Uint8Array,
  start: number,
  length: number,
  position: number,
  path: string,
  at: Location,
): number {
  try {
    return readSync(fd, to, start, length, position);
  } catch (error) {
    const reason = systemReason(error);
    if (reason === undefined) throw error;
    throw compileError(onnxCode.external, `external data: cannot read ${quote(path)}: ${reason}`, { at });
  }
}

function sameStamp(a: Stamp, b: Stamp): boolean {
  return a.dev === b.dev && a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs;
}

/** Where an open folder can be named by its descriptor, a path below it is resolved without going through its parents again. */
const descriptors = process.platform === "linux" && existsSync("/proc/self/fd") ? "/proc/self/fd" : undefined;

/** `path` below `root`, open for reading, or why it is refused. */
function openBelow(root: string, path: string): { readonly fd: number; readonly stamp: Stamp } | string {
  const parts = pathParts(path);
  if (typeof parts === "string") return parts;
  const folders: number[] = [];
  let base = root === "" ? "." : root;
  try {
    for (const part of parts.slice(0, -1)) {
      const fd = openSync(join(base, part), constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
      folders.push(fd);
      base = descriptors === undefined ? join(base, part) : join(descriptors, String(fd));
    }
    // Not blocking: opening a fifo would wait for its writer.
    const fd = openSync(join(base, parts.at(-1)!), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    return stampOf(fd, path);
  } catch (error) {
    return refusal(path, error);
  } finally {
    folders.forEach((fd) => {
      closeSync(fd);
    });
  }
}

function stampOf(fd: number, path: string): { readonly fd: number; readonly stamp: Stamp } | string {
  const stat = fstatSync(fd, { bigint: true });
  if (stat.isFile() && stat.nlink === 1n) return { fd, stamp: stat };
  closeSync(fd);
  if (!stat.isFile()) return `${quote(path)} is not a regular file`;
  return `${quote(path)} is a hard link (${stat.nlink} links): it may be another file's content`;
}

function refusal(path: string, error: unknown): string {
  const reason = systemReason(error);
  if (reason === undefined || !(error instanceof Error) || !("code" in error)) throw error;
  // A symbolic link gives ELOOP as a file and ENOTDIR as a folder.
  if (error.code === "ENOTDIR") return `a folder of ${quote(path)} is a symbolic link or no folder`;
  if (error.code === "ELOOP") return `${quote(path)} is a symbolic link`;
  return `cannot open ${quote(path)}: ${reason}`;
}

/** The names on the way to `path`, or why no path of that form is opened. */
function pathParts(path: string): readonly string[] | string {
  if (path.includes("\0")) return `${quote(path)} contains a NUL character`;
  if (path.startsWith("/") || /^[A-Za-z]:[\\/]/.test(path) || path.startsWith("\\"))
    return `${quote(path)} is an absolute path`;
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..") || path.split("\\").includes("..")) return `${quote(path)} leaves the model's folder`;
  if (parts.length === 0 || path.endsWith("/")) return `${quote(path)} names no file`;
  return parts;
}
