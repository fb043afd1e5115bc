/**
 * @file Reads of a zip's directory without waiting: records of the central directory follow each other, so a window of the
 * file serves hundreds of them, where asking the system for each would take most of the time that opening an archive takes.
 */

import { readSync } from "node:fs";
import { RandomAccessReader } from "yauzl";

/** Bytes that are read ahead where reads follow each other. */
const WINDOW = 2 ** 18;

/** Reads of an open file; closing it is the caller's. */
export class ZipReader extends RandomAccessReader {
  readonly #fd: number;
  readonly #window = Buffer.allocUnsafe(WINDOW);
  #start = 0;
  #length = 0;
  /** Where the last read ended. */
  #end = -1;

  constructor(fd: number) {
    super();
    this.#fd = fd;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    let problem: Error | null = null;
    try {
      if (!this.#read(buffer, offset, length, position)) problem = new Error("unexpected EOF");
    } catch (error) {
      problem = error instanceof Error ? error : new Error(String(error));
    }
    callback(problem);
  }

  #read(buffer: Buffer, offset: number, length: number, position: number): boolean {
    const isNext = position === this.#end;
    this.#end = position + length;
    if (isNext && length <= WINDOW && !this.#holds(position, length)) {
      this.#start = position;
      this.#length = this.#fill(this.#window, 0, WINDOW, position);
    }
    if (!this.#holds(position, length)) return this.#fill(buffer, offset, length, position) === length;
    const at = position - this.#start;
    this.#window.copy(buffer, offset, at, at + length);
    return true;
  }

  #holds(position: number, length: number): boolean {
    return position >= this.#start && position + length <= this.#start + this.#length;
  }

  /** Gives how many bytes there were. */
  #fill(buffer: Buffer, offset: number, length: number, position: number): number {
    let filled = 0;
    while (filled < length) {
      const count = readSync(this.#fd, buffer, offset + filled, length - filled, position + filled);
      if (count === 0) break;
      filled += count;
    }
    return filled;
  }
}
