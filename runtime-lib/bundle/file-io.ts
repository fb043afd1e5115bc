/**
 * @file Files, with every system error turned into a located fault. Offsets are numbers up to 2^53; transfers go in slices,
 * so that files beyond 4 GB need neither a buffer nor a string of their size.
 */

import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { inFile, RuntimeFault, runtimeFault } from "../diagnostic.js";

/** The most that one system call transfers. */
export const sliceBytes = 8 * 1024 * 1024;

const explanations: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EDQUOT: "the disk quota is used up",
  EEXIST: "it exists already",
  EIO: "the device reported an input/output error",
  EISDIR: "it is a directory",
  ELOOP: "it is a symbolic link",
  EMFILE: "too many files are open",
  ENAMETOOLONG: "the name is too long",
  ENOENT: "there is no such file or directory",
  ENOSPC: "no space is left on the device",
  ENOTDIR: "a part of the path is not a directory",
  ENXIO: "it is not a plain file",
  EPERM: "the operation is not permitted",
  EROFS: "the file system is read-only",
};

/** The system's code of an error (`ENOENT`), or undefined for another kind of error. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" && "syscall" in error
    ? error.code
    : undefined;
}

/** A fault for a system error met while doing `what` ("read", "write", "replace") to `path`; other errors come back as they are. */
export function fileFault(error: unknown, what: string, path: string): unknown {
  const code = systemCode(error);
  if (code === undefined || error instanceof RuntimeFault) return error;
  const reason = explanations[code] ?? "the system refused";
  const fixes: Readonly<Record<string, string>> = { ENOSPC: "free space on the device, or write elsewhere" };
  const fix = fixes[code];
  return runtimeFault(what === "read" ? "PS5001" : "PS5015", `cannot ${what} ${path}: ${reason} (${code})`, {
    at: inFile(path),
    cause: error,
    ...(fix === undefined ? {} : { fix }),
  });
}

/** Runs `action`; system errors in it become faults about `path`. */
export function attempt<T>(what: string, path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw fileFault(error, what, path);
  }
}

/**
 * The descriptor of a plain file, opened for reading; the caller closes it. A symbolic link, directory, pipe or device is
 * a fault (PS5009), and opening a pipe does not wait for its writer.
 */
export function openPlainFile(path: string): number {
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  let fd: number;
  try {
    fd = openSync(path, flags);
  } catch (error) {
    const code = systemCode(error);
    if (code === "ELOOP" || code === "ENXIO") throw notPlain(path, explanations[code]!);
    throw fileFault(error, "read", path);
  }
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw notPlain(path, "it is not a plain file");
}

function notPlain(path: string, reason: string): RuntimeFault {
  return runtimeFault("PS5009", `${path} is not read: ${reason}`, {
    at: inFile(path),
    fix: "put the file itself in its place",
  });
}

/** Exactly `length` bytes from `offset`; a fault (PS5001) where the file ends before. */
export function readExactly(fd: number, offset: number, length: number, path: string): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const wanted = Math.min(sliceBytes, length - done);
    const got = attempt("read", path, () => readSync(fd, bytes, done, wanted, offset + done));
    if (got === 0)
      throw runtimeFault("PS5001", `${path} ends at byte ${offset + done}`, { at: inFile(path, offset + done) });
    done += got;
  }
  return bytes;
}

/** Writes all of `bytes` at the descriptor's position. */
export function writeFully(fd: number, bytes: Uint8Array, path: string): void {
  for (let done = 0; done < bytes.length; ) {
    const wanted = Math.min(sliceBytes, bytes.length - done);
    done += attempt("write", path, () => writeSync(fd, bytes, done, wanted));
  }
}
