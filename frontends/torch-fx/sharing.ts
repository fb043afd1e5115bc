/**
 * @file What the programs of one archive share once they are functions of one module: weights by what they hold, as archives
 * carry each program's own copy, and buffers that one of them writes, which are states for all.
 */

import { createHash } from "node:crypto";
import type { Context } from "../../ir/context.js";
import { Decompositions } from "../../ir/decompositions.js";
import type { Operation } from "../../ir/graph.js";
import { writtenInputs } from "./mutations.js";
import type { NamedProgram, Payload, StoredBytes, TorchProgram } from "./records.js";
import { nameOf } from "./walk.js";
import { StoredTensors } from "./weights.js";

/** The parts of a module that all its functions use. */
export interface SharedParts {
  readonly decompositions: Decompositions;
  readonly stored: StoredTensors;
  /** Fully qualified names of buffers and parameters that some program writes. */
  readonly states: ReadonlySet<string>;
}

export function sharedParts(models: readonly NamedProgram[], module: Operation, context: Context): SharedParts {
  return {
    decompositions: new Decompositions(module, context),
    stored: new StoredTensors(context),
    states: new Set(models.flatMap(({ program }) => writtenTensors(program))),
  };
}

/** Names of what the archive carries and the program writes. */
function writtenTensors(program: TorchProgram): readonly string[] {
  const written = writtenInputs(program);
  return program.inputs.flatMap((spec, k) => {
    const item = nameOf(program.graph.inputs[k]!);
    return "target" in spec && item !== undefined && written.has(item) ? [spec.target] : [];
  });
}

/** A file of the archive that tensors are in, and the models they belong to. */
interface Storage {
  readonly bytes: StoredBytes;
  readonly models: Set<string>;
}

/**
 * The same programs, in which storages with equal contents are one. Contents are only compared between programs: those of
 * one program share storages already where tensors are tied.
 */
export function tieStorages(models: readonly NamedProgram[]): readonly NamedProgram[] {
  if (models.length < 2) return models;
  const storages = new Map<string, Storage>();
  for (const { name, program } of models)
    for (const { bytes } of program.payloads.values()) {
      const storage = storages.get(bytes.entry) ?? { bytes, models: new Set<string>() };
      storage.models.add(name);
      storages.set(bytes.entry, storage);
    }
  const first = new Map<string, string>();
  const tied = new Map<string, string>();
  for (const { bytes } of mayBeEqual([...storages.values()])) {
    const digest = digestOf(bytes);
    const known = first.get(digest);
    if (known === undefined) first.set(digest, bytes.entry);
    else tied.set(bytes.entry, known);
  }
  const tie = (payload: Payload): Payload => {
    const entry = tied.get(payload.bytes.entry);
    return entry === undefined ? payload : { ...payload, bytes: { ...payload.bytes, entry } };
  };
  return models.map(({ name, program }) => {
    const payloads = new Map([...program.payloads].map(([fqn, payload]) => [fqn, tie(payload)]));
    return { name, program: { ...program, payloads } };
  });
}

/** Storages that have the size of one that other models have and this one's do not. */
function mayBeEqual(storages: readonly Storage[]): readonly Storage[] {
  const byLength = new Map<number, Storage[]>();
  for (const storage of storages) {
    const list = byLength.get(storage.bytes.length) ?? [];
    list.push(storage);
    byLength.set(storage.bytes.length, list);
  }
  return [...byLength.values()].flatMap((list) => {
    const owners = new Set(list.map(({ models }) => [...models].join(" ")));
    return owners.size > 1 ? list : [];
  });
}

const SLICE_BYTES = 16 * 1024 * 1024;

function* slicesOf(bytes: StoredBytes): Iterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) yield bytes.read(at, Math.min(SLICE_BYTES, bytes.length - at));
}

function digestOf(bytes: StoredBytes): string {
  const hash = createHash("sha256");
  for (const slice of slicesOf(bytes)) hash.update(slice);
  return `${bytes.length} ${hash.digest("hex")}`;
}

/** True where every byte is zero, which no bundle has to carry. */
export function isZero(bytes: StoredBytes): boolean {
  const zeros = new Uint8Array(Math.min(SLICE_BYTES, bytes.length));
  for (const slice of slicesOf(bytes)) if (Buffer.compare(slice, zeros.subarray(0, slice.length)) !== 0) return false;
  return true;
}
