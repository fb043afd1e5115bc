/**
 * @file The zip archive that torch.export writes: entries are stored, not compressed, so a tensor is a range of the file.
 * Only the central directory is read on opening; payloads are read when they are asked for.
 *
 * The archive is a stranger's: entries that are compressed, encrypted, outside the file or that overlap are refused, and
 * so is a file that changes between reads.
 */

import { closeSync, constants, fstatSync, openSync, readSync, statSync } from "node:fs";
import { type Entry, fromRandomAccessReader, type ZipFile } from "yauzl";
import { compileError } from "../../ir/diagnostic.js";
import { quote } from "../../ir/refusal.js";
import { archiveCode, type Problems } from "./problems.js";
import { ZipReader } from "./zip-reader.js";

/** A stored file: bytes `offset` to `offset + length` of the archive. */
export interface ArchiveEntry {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
}

/** What tells one state of a file from another. */
interface Stamp {
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
}

/** One call reads at most this: Node's `readSync` takes less than 2 GiB. */
const SLICE = 2 ** 30;

export class Archive {
  readonly file: string;
  readonly entries: ReadonlyMap<string, ArchiveEntry>;
  readonly #stamp: Stamp;

  constructor(file: string, entries: ReadonlyMap<string, ArchiveEntry>, stamp: Stamp) {
    this.file = file;
    this.entries = entries;
    this.#stamp = stamp;
  }

  /**
   * `length` bytes at `offset` of an entry, which must contain them.
   * @throws CompileError where the file has gone or changed since it was opened.
   */
  read(entry: ArchiveEntry, offset = 0, length = entry.length - offset): Uint8Array {
    if (offset < 0 || length < 0 || offset + length > entry.length)
      throw new Error(`bytes ${offset}, ${length} long, are outside ${entry.name} of ${entry.length} bytes`);
    const fd = openRegular(this.file);
    try {
      if (!sameStamp(stampOf(fd), this.#stamp)) throw fileError(this.file, "it has changed since it was opened");
      return readExactly(fd, this.file, entry.offset + offset, length);
    } finally {
      closeSync(fd);
    }
  }

  /** @throws as `read`. */
  text(entry: ArchiveEntry): string {
    return new TextDecoder("utf-8", { fatal: true }).decode(this.read(entry));
  }
}

/**
 * The archive at `path`; `undefined` where it is none, which `problems` then says.
 * Rejects with a `CompileError` (exit code 5) where the file cannot be read.
 */
export async function openArchive(path: string, problems: Problems): Promise<Archive | undefined> {
  const fd = openRegular(path);
  const stamp = stampOf(fd);
  let entries: readonly ArchiveEntry[];
  try {
    entries = await listEntries(fd, Number(stamp.size), problems);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    problems.error(archiveCode.archive, `the file is no archive, or is cut short: ${reason}`, {
      fix: "write it with torch.export.save(exported_program, path)",
    });
    return undefined;
  } finally {
    closeSync(fd);
  }
  reportOverlaps(entries, problems);
  return problems.errors > 0 ? undefined : new Archive(path, new Map(entries.map((e) => [e.name, e])), stamp);
}

async function listEntries(fd: number, size: number, problems: Problems): Promise<readonly ArchiveEntry[]> {
  const zip = await opened(fd, size);
  try {
    const entries = new Map<string, ArchiveEntry>();
    for (let entry = await nextEntry(zip); entry; entry = await nextEntry(zip)) {
      const name = entry.fileName;
      if (name.endsWith("/")) continue;
      if (entries.has(name)) problems.error(archiveCode.archive, `entry ${quote(name)} stands twice in the archive`);
      const wrong = wrongWith(entry);
      if (wrong !== undefined) {
        const fix = "write the archive with torch.export.save, which does not compress";
        problems.error(archiveCode.archive, `entry ${quote(name)} is ${wrong}`, { fix });
        continue;
      }
      const offset = await dataStart(zip, entry);
      const length = entry.uncompressedSize;
      if (offset + length > size)
        problems.error(archiveCode.archive, `entry ${quote(name)} ends at byte ${offset + length} of ${size}`);
      entries.set(name, { name, offset, length });
    }
    return [...entries.values()];
  } finally {
    zip.close();
  }
}

function wrongWith(entry: Entry): string | undefined {
  if (entry.isEncrypted()) return "encrypted";
  if (entry.compressionMethod !== 0) return "compressed";
  return entry.compressedSize === entry.uncompressedSize ? undefined : "stored with two different sizes";
}

function opened(fd: number, size: number): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    const options = { lazyEntries: true, autoClose: false };
    fromRandomAccessReader(new ZipReader(fd), size, options, (error, zip) => (error ? reject(error) : resolve(zip)));
  });
}

/** The next entry of the central directory; `undefined` behind the last. */
function nextEntry(zip: ZipFile): Promise<Entry | undefined> {
  return new Promise((resolve, reject) => {
    const settle = (done: () => void): void => {
      zip.off("entry", onEntry).off("end", onEnd).off("error", onError);
      done();
    };
    const onEntry = (entry: Entry): void => settle(() => resolve(entry));
    const onEnd = (): void => settle(() => resolve(undefined));
    const onError = (error: Error): void => settle(() => reject(error));
    zip.on("entry", onEntry).on("end", onEnd).on("error", onError);
    zip.readEntry();
  });
}

function dataStart(zip: ZipFile, entry: Entry): Promise<number> {
  return new Promise((resolve, reject) => {
    zip.readLocalFileHeader(entry, { minimal: true }, (error, header) =>
      error ? reject(error) : resolve(header.fileDataStart),
    );
  });
}

/** Entries that share bytes make small files large. */
function reportOverlaps(entries: readonly ArchiveEntry[], problems: Problems): void {
  const sorted = entries.filter((e) => e.length > 0).sort((a, b) => a.offset - b.offset);
  sorted.slice(1).forEach((entry, k) => {
    const before = sorted[k]!;
    if (before.offset + before.length > entry.offset)
      problems.error(archiveCode.archive, `entries ${quote(before.name)} and ${quote(entry.name)} overlap`);
  });
}

function openRegular(path: string): number {
  try {
    // Checked before opening: opening a fifo would wait for its writer.
    if (!statSync(path).isFile()) throw fileError(path, "it is not a regular file");
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (error instanceof Error && "code" in error && typeof error.code === "string") throw fileError(path, error.code);
    throw error;
  }
}

function stampOf(fd: number): Stamp {
  const { ino, size, mtimeNs } = fstatSync(fd, { bigint: true });
  return { ino, size, mtimeNs };
}

function sameStamp(a: Stamp, b: Stamp): boolean {
  return a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs;
}

function readExactly(fd: number, path: string, position: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let filled = 0; filled < length; ) {
    const count = readSync(fd, bytes, filled, Math.min(SLICE, length - filled), position + filled);
    if (count === 0) throw fileError(path, `it ends before byte ${position + length}`);
    filled += count;
  }
  return bytes;
}

function fileError(path: string, reason: string): Error {
  return compileError(archiveCode.file, `cannot read the model '${path}': ${reason}`, { exitCode: 5 });
}
