/**
 * @file The buffers that a schedule names by number, while it runs: stretches of inputs, weights, states, outputs and the
 * arena, and storage from the heap. Where a stretch lies is computed when a step uses it, as sizes may have changed.
 * Invariant: what is handed out lies within its tensor; a schedule that says otherwise is a fault (PS5200).
 */

import type { PlannedBuffer, Program } from "../../bundle/generated/manifest.js";
import { type RuntimeFault, runtimeFault } from "../../diagnostic.js";
import type { HbmBuffer } from "./hbm.js";
import type { HbmMemory, Region } from "./hbm-memory.js";
import type { Sizes } from "./sizes.js";

/** The tensors that a program's buffers are stretches of. */
export interface ProgramRegions {
  readonly inputs: readonly Region[];
  /** An output that the run allocates is there once the schedule has given it. */
  readonly outputs: (Region | undefined)[];
  readonly states: readonly Region[];
  readonly weights: readonly Region[];
  readonly arena: Region;
}

export function scheduleFault(message: string): RuntimeFault {
  return runtimeFault("PS5200", `the schedule: ${message}`, { fix: "export the model again" });
}

export class ScheduleBuffers {
  readonly #program: Program;
  readonly #regions: ProgramRegions;
  readonly #memory: HbmMemory;
  readonly #sizes: Sizes;
  readonly #heap = new Map<number, Region>();

  constructor(program: Program, regions: ProgramRegions, memory: HbmMemory, sizes: Sizes) {
    this.#program = program;
    this.#regions = regions;
    this.#memory = memory;
    this.#sizes = sizes;
  }

  get(index: number): HbmBuffer {
    const planned = this.#planned(index);
    const region = this.#regionOf(planned, index);
    if (region === undefined) throw scheduleFault(`buffer ${index} (${planned.kind}) has no storage yet`);
    const isWritable = planned.kind !== "input" && planned.kind !== "weight";
    if (planned.kind === "heap") return { ...region, isWritable };
    const offset = this.#sizes.evaluate(planned.offset);
    const bytes = this.#sizes.evaluate(planned.size);
    if (offset < 0 || bytes < 0 || offset + bytes > region.bytes.length) {
      const message = `buffer ${index} of ${bytes} bytes at ${offset} leaves its ${planned.kind} of ${region.bytes.length}`;
      throw scheduleFault(message);
    }
    return { address: region.address + offset, bytes: region.bytes.subarray(offset, offset + bytes), isWritable };
  }

  /** A buffer's bytes from `offset` on. */
  bytes(index: number, offset: number, bytes: number): Uint8Array {
    const all = this.get(index).bytes;
    if (offset >= 0 && bytes >= 0 && offset + bytes <= all.length) return all.subarray(offset, offset + bytes);
    throw scheduleFault(`${bytes} bytes at ${offset} are not in buffer ${index} of ${all.length}`);
  }

  /** Bytes that a step may write. */
  writable(index: number, offset: number, bytes: number): Uint8Array {
    const { kind } = this.#planned(index);
    if (kind === "input" || kind === "weight") throw scheduleFault(`buffer ${index} is written; it is of an ${kind}`);
    return this.bytes(index, offset, bytes);
  }

  /** Whether the first byte of a buffer says yes. */
  isSet(index: number): boolean {
    return this.bytes(index, 0, 1)[0] !== 0;
  }

  alloc(index: number): void {
    this.#requireEmpty(index);
    const bytes = this.#sizes.evaluate(this.#planned(index).size);
    this.#heap.set(index, this.#memory.allocate(bytes, `buffer ${index} of the schedule`));
  }

  free(index: number): void {
    this.#memory.free(this.#take(index));
  }

  /** Hands storage of the heap on to another heap buffer, or to an output. */
  move(from: number, to: number): void {
    const storage = this.#take(from);
    const { kind, index } = this.#planned(to);
    if (kind === "output") {
      if (this.#regions.outputs[index] !== undefined) throw scheduleFault(`output ${index} is given twice`);
      this.#regions.outputs[index] = storage;
    } else {
      this.#requireEmpty(to);
      this.#heap.set(to, storage);
    }
  }

  #requireEmpty(index: number): void {
    if (this.#heap.has(index)) throw scheduleFault(`buffer ${index} has storage already`);
  }

  #take(index: number): Region {
    const storage = this.#heap.get(index);
    if (storage === undefined) throw scheduleFault(`buffer ${index} has no storage to give`);
    this.#heap.delete(index);
    return storage;
  }

  #planned(index: number): PlannedBuffer {
    return this.#program.buffers[index]!;
  }

  #regionOf({ kind, index }: PlannedBuffer, id: number): Region | undefined {
    if (kind === "heap") return this.#heap.get(id);
    const { arena, inputs, outputs, states, weights } = this.#regions;
    if (kind === "arena") return arena;
    return { input: inputs, output: outputs, state: states, weight: weights }[kind][index];
  }
}
