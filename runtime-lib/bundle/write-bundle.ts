/**
 * @file Writes a bundle as a directory. Invariant: at every moment, also after `kill -9`, a full disk or a power failure,
 * the destination holds the old bundle, the new one, or nothing; and what is no bundle is never touched. Equal input
 * gives equal files, byte for byte.
 */

import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type FaultDiagnostic, faultDiagnostic, inFile, RuntimeFault } from "../diagnostic.js";
import { type BundleSink, type Compose, composeBundle, type WriteOptions, type WrittenBundle } from "./bundle-draft.js";
import { manifestFile } from "./check-manifest.js";
import { attempt, writeFully } from "./file-io.js";
import { decodeManifest } from "./manifest.js";
import { publishDirectory, resolveDestination, syncDirectory, temporaryName } from "./publish.js";

/**
 * Writes the bundle that `compose` makes to the directory `path`, replacing a bundle there. Throws a `RuntimeFault`:
 * PS5014 (exit 2) where something else stands there, PS5015 (exit 5) where the system refuses.
 */
export async function writeBundle(path: string, compose: Compose, options: WriteOptions = {}): Promise<WrittenBundle> {
  const destination = resolveDestination(path);
  checkDirectoryDestination(destination);
  return composeBundle(new DirectorySink(destination), destination, compose, options);
}

/**
 * Throws (PS5014) unless a bundle may be written to `path`: nothing is there, or an empty directory, or a bundle without
 * foreign files. Lists every file that would be lost. For callers that want to know before a long compilation.
 */
export function checkDirectoryDestination(path: string): void {
  const stat = attempt("read", path, () => statSync(path, { throwIfNoEntry: false }));
  if (stat === undefined) return;
  if (!stat.isDirectory()) throw refusal([occupied(path, `${path} exists and is not a directory`)]);
  const names = attempt("read", path, () => readdirSync(path));
  if (names.length === 0) return;
  if (!names.includes(manifestFile)) throw refusal([occupied(path, `${path} exists and is not a bundle`)]);
  const own = new Set([manifestFile, ...listedFiles(path)]);
  const foreign = names.filter((name) => !own.has(name)).sort();
  if (foreign.length > 0) {
    throw refusal(
      foreign.map((name) => occupied(join(path, name), `${join(path, name)} does not belong to the bundle`)),
    );
  }
}

/** The files of the bundle that stands at `path`. */
function listedFiles(path: string): readonly string[] {
  const file = join(path, manifestFile);
  try {
    return decodeManifest(readFileSync(file), file).files.map((f) => f.name);
  } catch (error) {
    throw refusal([occupied(path, `${path} holds a ${manifestFile} that cannot be read`)], error);
  }
}

function occupied(path: string, message: string): FaultDiagnostic {
  return faultDiagnostic("PS5014", `${message}; it is not overwritten`, {
    at: inFile(path),
    fix: "remove it, or give another destination",
  });
}

function refusal(diagnostics: readonly FaultDiagnostic[], cause?: unknown): RuntimeFault {
  return new RuntimeFault(diagnostics, 2, cause === undefined ? undefined : { cause });
}

/** Writes files into a temporary directory beside the destination. */
class DirectorySink implements BundleSink {
  readonly #destination: string;
  readonly #temporary: string;
  #fd = -1;
  #file = "";

  constructor(destination: string) {
    this.#destination = destination;
    this.#temporary = temporaryName(destination, "new");
    attempt("write", this.#temporary, () => mkdirSync(this.#temporary));
  }

  begin(name: string): void {
    this.#file = join(this.#temporary, name);
    this.#fd = attempt("write", this.#file, () => openSync(this.#file, "wx"));
  }

  write(bytes: Uint8Array): void {
    writeFully(this.#fd, bytes, this.#file);
  }

  end(): void {
    attempt("write", this.#file, () => fsyncSync(this.#fd));
    this.#close();
  }

  publish(): void {
    syncDirectory(this.#temporary);
    publishDirectory(this.#temporary, this.#destination, () => checkDirectoryDestination(this.#destination));
  }

  discard(): void {
    try {
      this.#close();
      rmSync(this.#temporary, { recursive: true, force: true });
    } catch {
      // The failure that led here is the one to report; a leftover is removed by the next write.
    }
  }

  #close(): void {
    if (this.#fd < 0) return;
    const fd = this.#fd;
    this.#fd = -1;
    attempt("write", this.#file, () => closeSync(fd));
  }
}
