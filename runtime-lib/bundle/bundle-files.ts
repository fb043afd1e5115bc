/**
 * @file The files of a bundle, in whichever form it lies: where each one's bytes are, whether all that the manifest lists
 * are there with the right sizes, and whether they hash as the manifest says.
 */

import { createHash } from "node:crypto";
import { type BigIntStats, closeSync, fstatSync, lstatSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type FaultDiagnostic, faultDiagnostic, inFile, RuntimeFault, runtimeFault } from "../diagnostic.js";
import { attempt, openPlainFile, readExactly, sliceBytes } from "./file-io.js";
import type { BundleFile, Manifest } from "./generated/manifest.js";
import type { PackedFile } from "./read-pack.js";
import { readSafetensors } from "./safetensors.js";

/** Where the bytes of a bundle's file are. */
export interface FilePlace {
  readonly name: string;
  /** A file of the system: the file itself, or the packed bundle. */
  readonly path: string;
  /** First byte in `path`; a multiple of 64. */
  readonly offset: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** Every listed file's place, and the state of the system's files that hold them. */
export interface LocatedFiles {
  readonly places: ReadonlyMap<string, FilePlace>;
  readonly stats: ReadonlyMap<string, BigIntStats>;
}

const copyAgain = "the bundle is damaged or incomplete: export the model again, or copy the bundle again";

/** The files of the directory `path`. Throws a `RuntimeFault` naming every file that is missing, no plain file, or of another size. */
export function locateInDirectory(path: string, manifest: Manifest): LocatedFiles {
  const problems: FaultDiagnostic[] = [];
  const places = new Map<string, FilePlace>();
  const stats = new Map<string, BigIntStats>();
  for (const file of manifest.files) {
    const full = join(path, file.name);
    const stat = attempt("read", full, () => lstatSync(full, { bigint: true, throwIfNoEntry: false }));
    const problem = stat === undefined ? missing(file, full) : stateProblem(file, full, stat);
    if (problem !== undefined) problems.push(problem);
    else stats.set(full, stat!);
    places.set(file.name, { name: file.name, path: full, offset: 0, bytes: file.size, sha256: file.sha256 });
  }
  if (problems.length > 0) throw new RuntimeFault(problems);
  return { places, stats };
}

function missing(file: BundleFile, full: string): FaultDiagnostic {
  return faultDiagnostic("PS5008", `'${file.name}' is missing`, { at: inFile(full), fix: copyAgain });
}

function stateProblem(file: BundleFile, full: string, stat: BigIntStats): FaultDiagnostic | undefined {
  if (!stat.isFile())
    return faultDiagnostic("PS5009", `'${file.name}' is no plain file`, { at: inFile(full), fix: copyAgain });
  return sizeProblem(file, full, Number(stat.size));
}

function sizeProblem(file: BundleFile, full: string, bytes: number): FaultDiagnostic | undefined {
  if (bytes === file.size) return undefined;
  const message = `'${file.name}' has ${bytes} bytes; the manifest says ${file.size}`;
  return faultDiagnostic("PS5010", message, { at: inFile(full, Math.min(bytes, file.size)), fix: copyAgain });
}

/** The files of the packed bundle `path`, whose archive holds `packed`; as `locateInDirectory`. */
export function locateInPack(path: string, manifest: Manifest, packed: ReadonlyMap<string, PackedFile>): LocatedFiles {
  const problems: FaultDiagnostic[] = [];
  const places = new Map<string, FilePlace>();
  for (const file of manifest.files) {
    const entry = packed.get(file.name);
    const problem = entry === undefined ? missing(file, path) : sizeProblem(file, path, entry.bytes);
    if (problem !== undefined) problems.push(problem);
    const offset = entry?.offset ?? 0;
    places.set(file.name, { name: file.name, path, offset, bytes: file.size, sha256: file.sha256 });
  }
  if (problems.length > 0) throw new RuntimeFault(problems);
  return { places, stats: new Map([[path, statSync(path, { bigint: true })]]) };
}

/**
 * Hashes every file, and reads the head of the weights against the manifest. Throws a `RuntimeFault` naming every file
 * that differs (PS5011), or that changed meanwhile (PS5018).
 */
export async function checkHashes(located: LocatedFiles, manifest: Manifest, signal?: AbortSignal): Promise<void> {
  const problems: FaultDiagnostic[] = [];
  for (const place of located.places.values()) {
    if ((await hashOf(place, signal)) === place.sha256) continue;
    const message = `'${place.name}' is not what the manifest lists: its SHA-256 differs`;
    problems.push(faultDiagnostic("PS5011", message, { at: inFile(place.path, place.offset), fix: copyAgain }));
  }
  for (const [path, before] of located.stats) {
    if (sameState(before, statSync(path, { bigint: true }))) continue;
    problems.push(
      faultDiagnostic("PS5018", `${path} changed while it was read`, { at: inFile(path), fix: "try again" }),
    );
  }
  if (problems.length === 0) problems.push(...weightProblems(located, manifest));
  if (problems.length > 0) throw new RuntimeFault(problems);
}

function sameState(a: BigIntStats, b: BigIntStats): boolean {
  return a.dev === b.dev && a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;
}

async function hashOf(place: FilePlace, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash("sha256");
  const slice = new Uint8Array(Math.min(sliceBytes, place.bytes));
  const fd = openPlainFile(place.path);
  try {
    for (let done = 0; done < place.bytes; ) {
      signal?.throwIfAborted();
      const wanted = Math.min(slice.length, place.bytes - done);
      const got = attempt("read", place.path, () => readSync(fd, slice, 0, wanted, place.offset + done));
      if (got === 0) break; // shorter than it was: the hash will not fit
      hash.update(slice.subarray(0, got));
      done += got;
      await nextTurn();
    }
    return hash.digest("hex");
  } finally {
    closeSync(fd);
  }
}

/** Where the weights' own header and the manifest disagree. */
function weightProblems({ places }: LocatedFiles, manifest: Manifest): readonly FaultDiagnostic[] {
  const data = manifest.weightData;
  if (data === undefined) return [];
  const { path, offset, bytes } = places.get(data.file)!;
  const fd = openPlainFile(path);
  try {
    const { tensors, dataOffset } = readSafetensors({ fd, offset, bytes, path });
    const problem = (message: string): FaultDiagnostic =>
      faultDiagnostic("PS5004", message, { at: inFile(path, offset) });
    if (dataOffset !== data.offset)
      return [problem(`the weights begin at ${dataOffset}; the manifest says ${data.offset}`)];
    const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
    return manifest.weights
      .filter(({ name, offset: begin, bytes: size }) => {
        const tensor = byName.get(name);
        return tensor?.begin !== begin || tensor.end !== begin + size;
      })
      .map(({ name }) => problem(`the weight '${name}' is not where the manifest says`));
  } finally {
    closeSync(fd);
  }
}

/** All bytes of a file, which must hash as listed (PS5011). For code and descriptions; weights are mapped instead. */
export function readPlace(place: FilePlace): Uint8Array {
  const fd = openPlainFile(place.path);
  try {
    if (fstatSync(fd).size < place.offset + place.bytes) throw changed(place);
    const bytes = readExactly(fd, place.offset, place.bytes, place.path);
    if (createHash("sha256").update(bytes).digest("hex") !== place.sha256) throw changed(place);
    return bytes;
  } finally {
    closeSync(fd);
  }
}

function changed(place: FilePlace): RuntimeFault {
  return runtimeFault("PS5011", `'${place.name}' is not what the manifest lists: its SHA-256 differs`, {
    at: inFile(place.path, place.offset),
    fix: copyAgain,
  });
}
