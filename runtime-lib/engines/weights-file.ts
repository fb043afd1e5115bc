/**
 * @file The weights file as the engines see it: cheap checks, the fingerprint that goes into a library, and reading the
 * data section into memory in slices. Invariant: `fingerprintWeights` computes what psm_weights.c checks.
 */

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { inFile, runtimeFault } from "../diagnostic.js";

/** Where the data section lies, as the description says. */
export interface WeightsPlace {
  readonly offset: number;
  readonly bytes: number;
}

/** Node reads at most 2 GiB at once. */
const slice = 1 << 30;

function weightsFault(file: string, message: string, cause?: unknown): Error {
  const fix = "export the model again, or name the weights file that was written with it";
  return runtimeFault("PS5230", `weights: ${message}`, { at: inFile(file), fix, cause });
}

/**
 * Opens the file, checks its size and where its data section begins, and lends the descriptor to `use`. Throws PS5230
 * (exit 5) where the file is not what the description says.
 */
function withWeights<T>(file: string, place: WeightsPlace, use: (descriptor: number) => T): T {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch (error) {
    throw weightsFault(file, error instanceof Error ? error.message : String(error), error);
  }
  try {
    const info = fstatSync(descriptor);
    const wanted = place.offset + place.bytes;
    if (!info.isFile()) throw weightsFault(file, "not a regular file");
    if (info.size !== wanted) throw weightsFault(file, `${info.size} bytes; this model's have ${wanted}`);
    const head = new Uint8Array(9);
    readWhole(descriptor, head, 0, file);
    const length = new DataView(head.buffer).getBigUint64(0, true);
    if (place.offset < 10 || length !== BigInt(place.offset - 8) || head[8] !== 0x7b) {
      throw weightsFault(file, "the header is not the one this model was compiled with");
    }
    return use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function readWhole(descriptor: number, into: Uint8Array, position: number, file: string): void {
  for (let done = 0; done < into.length; ) {
    const count = readSync(descriptor, into, done, Math.min(slice, into.length - done), position + done);
    if (count === 0) throw weightsFault(file, "the file ends early");
    done += count;
  }
}

/** FNV-1a over the header and 64 lines of 64 bytes spread evenly through the data. */
export function fingerprintWeights(file: string, place: WeightsPlace): number {
  return withWeights(file, place, (descriptor) => {
    const header = new Uint8Array(place.offset);
    readWhole(descriptor, header, 0, file);
    const step = Math.floor(place.bytes / 4096) * 64;
    const lines = step === 0 ? 1 : 64;
    const line = new Uint8Array(step === 0 ? place.bytes : 64);
    let hash = fnv1a(0x811c9dc5, header);
    for (let k = 0; k < lines; k++) {
      readWhole(descriptor, line, place.offset + k * step, file);
      hash = fnv1a(hash, line);
    }
    return hash === 0 ? 1 : hash; // 0 stands for "not known"
  });
}

function fnv1a(start: number, bytes: Uint8Array): number {
  let hash = start;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** Reads the data section into `into`, which has its size. */
export function readWeights(file: string, place: WeightsPlace, into: Uint8Array): void {
  withWeights(file, place, (descriptor) => readWhole(descriptor, into, place.offset, file));
}
