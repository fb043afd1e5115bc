/**
 * @file Writes a bundle as a single file: the archive that `zip-records.ts` describes, which any zip tool lists and extracts
 * and whose files can be mapped where they stand. The same promises hold as for a directory (see `write-bundle.ts`).
 */

import { closeSync, fstatSync, fsyncSync, openSync, realpathSync, rmSync, statSync, writeSync } from "node:fs";
import { inFile, runtimeFault } from "../diagnostic.js";
import { type BundleSink, type Compose, composeBundle, type WriteOptions, type WrittenBundle } from "./bundle-draft.js";
import { manifestFile } from "./check-manifest.js";
import { crc32 } from "./crc32.js";
import { attempt, openPlainFile, sliceBytes } from "./file-io.js";
import { publishFile, resolveDestination, temporaryName } from "./publish.js";
import { looksPacked, readPack } from "./read-pack.js";
import { directory, localHeader, type PackEntry } from "./zip-records.js";

/**
 * Writes the bundle that `compose` makes to the file `path`, replacing a packed bundle there. Throws a `RuntimeFault`:
 * PS5014 (exit 2) where something else stands there, PS5015 (exit 5) where the system refuses.
 */
export async function packBundle(path: string, compose: Compose, options: WriteOptions = {}): Promise<WrittenBundle> {
  const destination = resolveDestination(path);
  checkPackDestination(destination);
  return composeBundle(new PackSink(destination), destination, compose, options);
}

/** Throws (PS5014) unless a packed bundle may be written to `path`: nothing is there, or an empty file, or a packed bundle. */
export function checkPackDestination(path: string): void {
  const stat = attempt("read", path, () => statSync(path, { throwIfNoEntry: false }));
  if (stat === undefined || (stat.isFile() && (stat.size === 0 || holdsBundle(path)))) return;
  throw runtimeFault("PS5014", `${path} exists and is not a packed bundle; it is not overwritten`, {
    at: inFile(path),
    exitCode: 2,
    fix: "remove it, or give another destination",
  });
}

function holdsBundle(path: string): boolean {
  const fd = openPlainFile(attempt("read", path, () => realpathSync(path)));
  try {
    const bytes = attempt("read", path, () => fstatSync(fd).size);
    return looksPacked(fd, bytes, path) && readPack(fd, bytes, path).has(manifestFile);
  } catch {
    // Not an archive of ours: whatever it is, it is not to be overwritten.
    return false;
  } finally {
    closeSync(fd);
  }
}

/** Writes an archive to a temporary file beside the destination. */
class PackSink implements BundleSink {
  readonly #destination: string;
  readonly #temporary: string;
  readonly #entries: PackEntry[] = [];
  #fd: number;
  #end = 0;
  /** The file being written: its header is written anew once size and CRC are known. */
  #current: PackEntry = { name: "", crc: 0, bytes: 0, header: 0 };

  constructor(destination: string) {
    this.#destination = destination;
    this.#temporary = temporaryName(destination, "new");
    this.#fd = attempt("write", this.#temporary, () => openSync(this.#temporary, "wx"));
  }

  begin(name: string): void {
    this.#current = { name, crc: 0, bytes: 0, header: this.#end };
    this.#append(localHeader(this.#current));
  }

  write(bytes: Uint8Array): void {
    const { name, crc, bytes: before, header } = this.#current;
    this.#append(bytes);
    this.#current = { name, crc: crc32(bytes, crc), bytes: before + bytes.length, header };
  }

  end(): void {
    this.#put(localHeader(this.#current), this.#current.header);
    this.#entries.push(this.#current);
  }

  publish(): void {
    const start = this.#end;
    for (const record of directory(this.#entries, start)) this.#append(record);
    attempt("write", this.#temporary, () => fsyncSync(this.#fd));
    this.#close();
    checkPackDestination(this.#destination);
    publishFile(this.#temporary, this.#destination);
  }

  discard(): void {
    try {
      this.#close();
      rmSync(this.#temporary, { force: true });
    } catch {
      // The failure that led here is the one to report; a leftover is removed by the next write.
    }
  }

  #append(bytes: Uint8Array): void {
    this.#put(bytes, this.#end);
    this.#end += bytes.length;
  }

  #put(bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.length; ) {
      const wanted = Math.min(sliceBytes, bytes.length - done);
      done += attempt("write", this.#temporary, () => writeSync(this.#fd, bytes, done, wanted, position + done));
    }
  }

  #close(): void {
    if (this.#fd < 0) return;
    const fd = this.#fd;
    this.#fd = -1;
    attempt("write", this.#temporary, () => closeSync(fd));
  }
}
