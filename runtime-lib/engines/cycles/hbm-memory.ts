/**
 * @file The accelerator's memory over a model's life: weights, states, and for each run inputs, outputs and the arena.
 * Every tensor gets an address of its own; buffers of the schedule are stretches of these.
 */

import { evaluateExpression, parseExpression } from "../../bundle/expression.js";
import type { PlannedBuffer, Program } from "../../bundle/generated/manifest.js";
import { runtimeFault } from "../../diagnostic.js";
import type { HbmBuffer } from "./hbm.js";

/** Where a tensor lies. */
export interface Region {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** Regions begin where a vector register could. */
const alignment = 1024;

export class HbmMemory {
  readonly #limit: number;
  #next = alignment;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Gives bytes an address. Throws PS5241 (exit 4) where HBM is full. */
  place(bytes: Uint8Array): Region {
    const address = this.#next;
    this.#next += Math.max(1, Math.ceil(bytes.length / alignment)) * alignment;
    if (this.#next <= this.#limit) return { address, bytes };
    throw runtimeFault("PS5241", `the model needs more than the ${this.#limit} bytes of memory there are`, {
      exitCode: 4,
      fix: "raise the limit, or describe a machine with more HBM",
    });
  }

  /** A mark to return to, for what one run placed. */
  get mark(): number {
    return this.#next;
  }

  release(mark: number): void {
    this.#next = mark;
  }
}

/** The regions that a program's buffers are stretches of. */
export interface ProgramRegions {
  readonly inputs: readonly Region[];
  readonly outputs: readonly Region[];
  readonly states: readonly Region[];
  readonly weights: readonly Region[];
  readonly arena: Region;
}

/** The buffers of a run, by their index in the program. Heap buffers are made by `alloc` steps. */
export function planBuffers(
  { buffers }: Program,
  regions: ProgramRegions,
  sizes: ReadonlyMap<string, number>,
): (HbmBuffer | undefined)[] {
  return buffers.map((buffer) => {
    const region = regionOf(buffer, regions);
    if (region === undefined) return undefined;
    const offset = evaluate(buffer.offset, sizes);
    const bytes = evaluate(buffer.size, sizes);
    if (offset < 0 || offset + bytes > region.bytes.length)
      throw runtimeFault(
        "PS5200",
        `a buffer of ${bytes} bytes at ${offset} leaves its ${buffer.kind} of ${region.bytes.length}`,
      );
    return {
      address: region.address + offset,
      bytes: region.bytes.subarray(offset, offset + bytes),
      isWritable: buffer.kind !== "input" && buffer.kind !== "weight",
    };
  });
}

function regionOf({ kind, index }: PlannedBuffer, r: ProgramRegions): Region | undefined {
  if (kind === "heap") return undefined;
  if (kind === "arena") return r.arena;
  const lists = { input: r.inputs, output: r.outputs, state: r.states, weight: r.weights };
  return lists[kind][index];
}

export function evaluate(expression: string, sizes: ReadonlyMap<string, number>): number {
  return evaluateExpression(parseExpression(expression), sizes);
}
