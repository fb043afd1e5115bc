/**
 * @file Opens and reads a model's file: once, whole, into one buffer that every tensor's data is a view of.
 */

import { closeSync, constants, fstatSync, openSync, readSync, statSync } from "node:fs";
import { compileError } from "../../ir/diagnostic.js";
import { onnxCode } from "./problems.js";

/** Protobuf's own limit: a message of 2 GiB or more cannot be written. */
export const MAX_FILE_BYTES = 2 ** 31 - 1;

/** One call reads at most this: Node's `readSync` takes no more than 2 GiB. */
const SLICE = 2 ** 30;

/**
 * The bytes of a regular file of less than 2 GiB.
 * @throws CompileError (exit code 5) where there is no such file; its message names the reason.
 */
export function readWholeFile(path: string): Uint8Array {
  const fd = openRegular(path);
  try {
    const { size } = fstatSync(fd);
    if (size > MAX_FILE_BYTES) throw tooLarge(path, size);
    const bytes = new Uint8Array(size);
    let filled = 0;
    while (filled < size) {
      const count = readSync(fd, bytes, filled, Math.min(SLICE, size - filled), filled);
      if (count === 0) break;
      filled += count;
    }
    // A file that shrank meanwhile reads as one that is cut short.
    return bytes.subarray(0, filled);
  } catch (error) {
    throw asFileError(path, error);
  } finally {
    closeSync(fd);
  }
}

function openRegular(path: string): number {
  try {
    // Checked before opening: opening a fifo would wait for its writer.
    if (!statSync(path).isFile()) {
      throw compileError(onnxCode.file, `cannot read the model '${path}': it is not a regular file`, { exitCode: 5 });
    }
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw asFileError(path, error);
  }
}

function tooLarge(path: string, size: number): Error {
  const message = `cannot read the model '${path}': it has ${size} bytes, and an ONNX file ends before 2 GiB (2147483648 bytes)`;
  const fix = "save the model with external data (onnx.save(model, path, save_as_external_data=True))";
  return compileError(onnxCode.file, message, { fix, exitCode: 5 });
}

function asFileError(path: string, error: unknown): unknown {
  const reason = systemReason(error);
  if (reason === undefined) return error;
  return compileError(onnxCode.file, `cannot read the model '${path}': ${reason}`, { exitCode: 5 });
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "a part of the path is not a directory",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EISDIR: "it is a directory",
  ELOOP: "it is a symbolic link",
  ENAMETOOLONG: "the path is too long",
  EMFILE: "too many open files",
  ENXIO: "it is a device or a fifo",
  EIO: "the device reports an error",
};

/** The words for an error of the operating system, or `undefined` for any other error. */
export function systemReason(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  if (error.code === "ERR_INVALID_ARG_VALUE") return "the path contains a NUL character";
  return reasons[error.code] ?? ("syscall" in error ? error.code : undefined);
}
