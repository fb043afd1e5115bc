/**
 * @file HBM as a launch sees it: the buffers it was given and nothing else. Invariant: an access lies wholly in one
 * buffer, and buffers that the kernel only reads stay as they are.
 */

import { type ProgramPlace, programFault } from "./faults.js";

/** A buffer of a launch: bytes, at an address. */
export interface HbmBuffer {
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly isWritable: boolean;
}

export class Hbm {
  readonly #buffers: readonly HbmBuffer[];

  constructor(buffers: readonly HbmBuffer[]) {
    this.#buffers = buffers;
  }

  /** The buffer that holds the bytes from `from` to `to`. Throws PS5263. */
  find(from: number, to: number, writes: boolean, place: ProgramPlace): HbmBuffer {
    const holds = (b: HbmBuffer): boolean => from >= b.address && to <= b.address + b.bytes.length;
    const found = this.#buffers.find((b) => holds(b) && (b.isWritable || !writes));
    if (found !== undefined) return found;
    const why = this.#buffers.some(holds) ? "a buffer that the kernel only reads" : "no buffer of the kernel";
    throw programFault(
      "PS5263",
      place,
      `HBM bytes ${from} to ${to} are ${writes ? "written" : "read"}: they are in ${why}`,
    );
  }
}
