/**
 * @file Reads where the tensors of a safetensors file are. The data itself is never read here: callers map it, or read the
 * parts they want. Works on a part of a larger file too, as a packed bundle holds one, at offsets up to 2^53.
 */

import { inFile, runtimeFault } from "../diagnostic.js";
import { readExactly } from "./file-io.js";
import { parseSafetensorsHeader, type SafetensorsHeader } from "./safetensors-header.js";

export interface SafetensorsFile extends SafetensorsHeader {
  /** Where the data section begins, from the beginning of the safetensors file. */
  readonly dataOffset: number;
  readonly dataBytes: number;
}

/** The format's own limit. */
const maxHeaderBytes = 100_000_000;

/** The bytes of a descriptor that are the safetensors file. */
export interface FileRange {
  readonly fd: number;
  readonly offset: number;
  readonly bytes: number;
  /** Name for messages. */
  readonly path: string;
}

/**
 * Reads the header of the safetensors file in `range`. Throws a `RuntimeFault` (PS5012) for a header that breaks any rule
 * of the format; see `parseSafetensorsHeader`.
 */
export function readSafetensors(range: FileRange): SafetensorsFile {
  const { fd, offset, bytes, path } = range;
  if (bytes < 8) throw malformed(path, `${bytes} bytes are too few for a safetensors file`);
  const length = new DataView(readExactly(fd, offset, 8, path).buffer).getBigUint64(0, true);
  if (length > BigInt(maxHeaderBytes)) throw malformed(path, `a header of ${length} bytes is beyond ${maxHeaderBytes}`);
  const headerBytes = Number(length);
  const dataOffset = 8 + headerBytes;
  if (dataOffset > bytes) throw malformed(path, `a header of ${headerBytes} bytes leaves the file of ${bytes}`);
  const dataBytes = bytes - dataOffset;
  const header = readExactly(fd, offset + 8, headerBytes, path);
  return { ...parseSafetensorsHeader(header, dataBytes, path), dataOffset, dataBytes };
}

function malformed(path: string, message: string): Error {
  return runtimeFault("PS5012", message, { at: inFile(path) });
}
