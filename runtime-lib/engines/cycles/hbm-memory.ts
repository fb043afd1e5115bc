/**
 * @file The accelerator's memory over a model's life: weights, states, and for each run inputs, outputs, the arena and
 * what the schedule allocates. Every tensor gets an address of its own. Invariant: no storage is made before its size is
 * known to fit the limit, so that a forged size is a fault and not an allocation.
 */

import { runtimeFault } from "../../diagnostic.js";

/** Where a tensor lies. */
export interface Region {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** Regions begin where a vector register could. */
const alignment = 1024;

const footprint = (bytes: number): number => Math.max(1, Math.ceil(bytes / alignment)) * alignment;

export class HbmMemory {
  readonly #limit: number;
  #next = alignment;
  /** Free stretches below `#next`, by address; no two touch. */
  #holes: { from: number; to: number }[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Gives bytes that are there an address. Throws PS5241 (exit 4) where HBM is full. */
  place(bytes: Uint8Array): Region {
    return { address: this.#reserve(bytes.length, "a tensor"), bytes };
  }

  /**
   * New storage, zeros; `what` says what for. Throws PS5200 for what is no size, and PS5241 (exit 4) where HBM, or the
   * memory of the computer that emulates it, is full.
   */
  allocate(bytes: number, what: string): Region {
    if (!Number.isSafeInteger(bytes) || bytes < 0) throw runtimeFault("PS5200", `${what} has ${bytes} bytes`);
    const address = this.#reserve(bytes, what);
    try {
      return { address, bytes: new Uint8Array(bytes) };
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#release(address, address + footprint(bytes));
      throw runtimeFault("PS5241", `there is no memory for ${what} of ${bytes} bytes`, { exitCode: 4, cause: error });
    }
  }

  /** Takes a region's address back. */
  free({ address, bytes }: Region): void {
    this.#release(address, address + footprint(bytes.length));
  }

  /** A mark to return to, for what one run placed. */
  get mark(): number {
    return this.#next;
  }

  /** Takes back what was placed since the mark was asked for. */
  release(mark: number): void {
    this.#next = mark;
    this.#holes = this.#holes.filter((hole) => hole.to <= mark);
  }

  #reserve(bytes: number, what: string): number {
    const size = footprint(bytes);
    const hole = this.#holes.find((h) => h.to - h.from >= size);
    if (hole !== undefined) {
      const address = hole.from;
      hole.from += size;
      if (hole.from === hole.to) this.#holes = this.#holes.filter((h) => h !== hole);
      return address;
    }
    const address = this.#next;
    if (address + size > this.#limit)
      throw runtimeFault("PS5241", `the model needs more than the ${this.#limit} bytes of memory there are`, {
        exitCode: 4,
        notes: [{ message: `${what} takes ${bytes} bytes`, at: { kind: "unknown" } }],
        fix: "raise the limit, or describe a machine with more HBM",
      });
    this.#next = address + size;
    return address;
  }

  #release(from: number, to: number): void {
    const holes = [...this.#holes, { from, to }].toSorted((a, b) => a.from - b.from);
    this.#holes = [];
    for (const hole of holes) {
      const last = this.#holes.at(-1);
      if (last !== undefined && last.to === hole.from) last.to = hole.to;
      else this.#holes.push({ ...hole });
    }
    if (this.#holes.at(-1)?.to === this.#next) this.#next = this.#holes.pop()!.from;
  }
}
