/**
 * @file A tile's SRAM with what is known of every byte: written or not, lent to transfers or to the matrix unit. Reading
 * what was never written, and touching what something else is still writing or reading, is a fault, not a value.
 */

import { type ProgramPlace, programFault } from "./faults.js";

const unwritten = 0;
const written = 1;
/** A transfer into the tile will write it. */
const incoming = 2;

/** A stretch of SRAM that an instruction uses for a while. */
interface Window {
  readonly from: number;
  readonly to: number;
  readonly until: number;
  readonly writes: boolean;
}

export class Sram {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly #states: Uint8Array;
  /** How many transfers out of the tile may still read each byte. */
  readonly #readers: Uint32Array;
  #windows: Window[] = [];
  #size: number;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
    this.#states = new Uint8Array(size);
    this.#readers = new Uint32Array(size);
    this.#size = size;
  }

  /** As at a kernel's start: nothing is written, and the kernel has the first `size` bytes. */
  reset(size: number): void {
    this.#size = size;
    this.#states.fill(unwritten);
    this.#readers.fill(0);
    this.#windows = [];
  }

  /** Throws unless the stretch lies in SRAM. */
  checkBounds(from: number, bytes: number, place: ProgramPlace): void {
    if (Number.isSafeInteger(from) && from >= 0 && bytes >= 0 && from + bytes <= this.#size) return;
    const message = `SRAM bytes ${from} to ${from + bytes}; the program has the first ${this.#size}`;
    throw programFault("PS5263", place, message);
  }

  /** Throws unless a core instruction may read the stretch at `now`. */
  checkRead(from: number, bytes: number, now: number, place: ProgramPlace): void {
    this.checkBounds(from, bytes, place);
    for (let i = from; i < from + bytes; i++) {
      const state = this.#states[i];
      if (state === unwritten) throw programFault("PS5264", place, `SRAM byte ${i} is read and was never written`);
      if (state === incoming) throw programFault("PS5265", place, `SRAM byte ${i} is read while a transfer writes it`);
    }
    this.#checkWindows(from, bytes, now, false, place);
  }

  /** Throws unless a core instruction may write the stretch at `now`; then it counts as written. */
  write(from: number, bytes: number, now: number, place: ProgramPlace): void {
    this.#claim(from, bytes, now, place);
    this.#states.fill(written, from, from + bytes);
  }

  /** A transfer begins to write: nobody may touch the stretch until `finishWrite`. */
  beginWrite(from: number, bytes: number, now: number, place: ProgramPlace): void {
    this.#claim(from, bytes, now, place);
    this.#states.fill(incoming, from, from + bytes);
  }

  finishWrite(from: number, bytes: number): void {
    this.#states.fill(written, from, from + bytes);
  }

  /** A transfer begins to read: nobody may write the stretch until it, and all others that read it, `finishRead`. */
  beginRead(from: number, bytes: number, now: number, place: ProgramPlace): void {
    this.checkRead(from, bytes, now, place);
    for (let i = from; i < from + bytes; i++) this.#readers[i]!++;
  }

  finishRead(from: number, bytes: number): void {
    for (let i = from; i < from + bytes; i++) this.#readers[i]!--;
  }

  /** Something that began now uses the stretch until a later cycle. */
  occupy(from: number, bytes: number, until: number, writes: boolean): void {
    if (bytes > 0) this.#windows.push({ from, to: from + bytes, until, writes });
  }

  #claim(from: number, bytes: number, now: number, place: ProgramPlace): void {
    this.checkBounds(from, bytes, place);
    for (let i = from; i < from + bytes; i++) {
      const isIncoming = this.#states[i] === incoming;
      if (isIncoming || this.#readers[i] !== 0)
        throw programFault(
          "PS5265",
          place,
          `SRAM byte ${i} is written while a transfer ${isIncoming ? "writes" : "reads"} it`,
        );
    }
    this.#checkWindows(from, bytes, now, true, place);
  }

  #checkWindows(from: number, bytes: number, now: number, writes: boolean, place: ProgramPlace): void {
    if (this.#windows.length === 0) return;
    this.#windows = this.#windows.filter((w) => w.until > now);
    const clash = this.#windows.find((w) => (w.writes || writes) && w.from < from + bytes && from < w.to);
    if (clash === undefined) return;
    const what = `${writes ? "written" : "read"} while an instruction ${clash.writes ? "writes" : "reads"} it`;
    throw programFault("PS5265", place, `SRAM from byte ${from} is ${what}, for ${clash.until - now} more cycles`);
  }
}
