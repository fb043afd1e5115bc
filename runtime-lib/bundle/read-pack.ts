/**
 * @file Finds the files in a packed bundle. An archive is accepted only if it is, byte for byte, the one that
 * `zip-records.ts` would write around the same files: whatever is not a file's data is made again and compared. So every
 * byte of a packed bundle is either fixed by the format or covered by a hash, and the files can be mapped.
 */

import { inFile, runtimeFault } from "../diagnostic.js";
import { readExactly } from "./file-io.js";
import { directory, localHeader, type PackEntry, recordBytes, signatures } from "./zip-records.js";

/** Where a file's bytes stand in the archive. */
export interface PackedFile {
  readonly offset: number;
  readonly bytes: number;
}

const limits = { directoryBytes: 1 << 20, files: 4096 } as const;
const tailBytes = recordBytes.end64 + recordBytes.locator + recordBytes.end;
const zip64Bytes = 28;

interface Archive {
  readonly fd: number;
  readonly bytes: number;
  readonly path: string;
}

/** The files of the archive open at `fd`, of `bytes` bytes. Throws a `RuntimeFault` (PS5013) for any other layout. */
export function readPack(fd: number, bytes: number, path: string): ReadonlyMap<string, PackedFile> {
  const archive: Archive = { fd, bytes, path };
  const { start, entries } = readDirectory(archive);
  const files = new Map<string, PackedFile>();
  let next = 0;
  for (const entry of entries) {
    if (files.has(entry.name)) fail(archive, start, `the name '${entry.name}' occurs twice`);
    if (entry.header !== next) fail(archive, start, `'${entry.name}' does not follow the file before it`);
    const header = localHeader(entry);
    compare(archive, header, entry.header, `the header of '${entry.name}'`);
    const offset = entry.header + header.length;
    next = offset + entry.bytes;
    if (next > start) fail(archive, entry.header, `'${entry.name}' leaves the archive`);
    files.set(entry.name, { offset, bytes: entry.bytes });
  }
  if (next !== start) fail(archive, next, "the directory does not follow the last file");
  return files;
}

/** Whether the file ends as a packed bundle does; says nothing about the rest. */
export function looksPacked(fd: number, bytes: number, path: string): boolean {
  if (bytes < tailBytes) return false;
  const tail = new DataView(readExactly(fd, bytes - tailBytes, tailBytes, path).buffer);
  const end = tailBytes - recordBytes.end;
  return tail.getUint32(0, true) === signatures.end64 && tail.getUint32(end, true) === signatures.end;
}

function fail({ path }: Archive, offset: number, message: string): never {
  throw runtimeFault("PS5013", message, {
    at: inFile(path, offset),
    fix: "the file is damaged, or another tool packed it: pack the bundle again with Persimmons",
  });
}

/** Fails at the first byte from `offset` that is not `expected`. */
function compare(archive: Archive, expected: Uint8Array, offset: number, what: string): void {
  if (offset + expected.length > archive.bytes) fail(archive, offset, `${what} leaves the archive`);
  const found = readExactly(archive.fd, offset, expected.length, archive.path);
  const k = found.findIndex((byte, i) => byte !== expected[i]);
  if (k >= 0) fail(archive, offset + k, `${what} is not what Persimmons writes`);
}

function readDirectory(archive: Archive): { readonly start: number; readonly entries: readonly PackEntry[] } {
  const { fd, bytes, path } = archive;
  if (!looksPacked(fd, bytes, path)) fail(archive, Math.max(0, bytes - tailBytes), "the file is no packed bundle");
  const at = bytes - tailBytes;
  const tail = new DataView(readExactly(fd, at, tailBytes, path).buffer);
  const [count, size, start] = [32, 40, 48].map((offset) => Number(tail.getBigUint64(offset, true))) as [
    number,
    number,
    number,
  ];
  if (count > limits.files) fail(archive, at + 32, `${count} files are more than ${limits.files}`);
  if (size > limits.directoryBytes)
    fail(archive, at + 40, `a directory of ${size} bytes is beyond ${limits.directoryBytes}`);
  if (start + size !== at) fail(archive, at + 48, "the directory does not stand before the end records");
  const entries = readEntries(archive, readExactly(fd, start, size, path), count, start);
  compare(archive, Buffer.concat(directory(entries, start)), start, "the directory");
  return { start, entries };
}

/** What the directory says; that it says it in the one right way is compared afterwards. */
function readEntries(archive: Archive, records: Uint8Array, count: number, start: number): readonly PackEntry[] {
  const view = new DataView(records.buffer, records.byteOffset, records.length);
  const entries: PackEntry[] = [];
  let at = 0;
  for (let k = 0; k < count; k++) {
    const nameAt = at + recordBytes.central;
    const nameBytes = nameAt > records.length ? 0 : view.getUint16(at + 28, true);
    const zip64 = nameAt + nameBytes;
    if (zip64 + zip64Bytes > records.length) fail(archive, start + at, "the directory ends early");
    entries.push({
      name: String.fromCharCode(...records.subarray(nameAt, zip64)),
      crc: view.getUint32(at + 16, true),
      bytes: Number(view.getBigUint64(zip64 + 4, true)),
      header: Number(view.getBigUint64(zip64 + 20, true)),
    });
    at = zip64 + zip64Bytes;
  }
  return entries;
}
