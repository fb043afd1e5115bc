/**
 * @file The queues of a tile's DMA engines, and the semaphores their transfers signal. An engine takes its transfers in
 * order; engines take no order among themselves. Transfers land, that is their bytes are copied, as late as the program
 * allows. What they use is returned to the program later still: when its waits prove that they have ended in whatever
 * order the engines of a real machine had finished. Where two engines signal one semaphore, a wait for one signal does
 * not tell which of them it was, and both keep what they use.
 */

import { dmaEngines } from "../../../machine/opcodes.js";
import { type ProgramPlace, programFault } from "./faults.js";

export interface Transfer {
  /** The semaphore to which it adds 1. */
  readonly signal: number;
  /** Copies the bytes. */
  land(): void;
  /** The program knows now that it has landed. */
  release(): void;
}

interface Held {
  readonly transfer: Transfer;
  /** Transfers that the same engine was given before with the same signal. */
  readonly before: number;
  isLanded: boolean;
}

export class TransferQueues {
  readonly #depth: number;
  readonly #queues: Held[][] = dmaEngines.map(() => []);
  /** By engine and semaphore: transfers that were queued. */
  readonly #issued: readonly Float64Array[];
  readonly #semaphores: Float64Array;
  /** Signals that waits have taken off each semaphore. */
  readonly #taken: Float64Array;

  constructor(depth: number, semaphores: number) {
    this.#depth = depth;
    this.#issued = dmaEngines.map(() => new Float64Array(semaphores));
    this.#semaphores = new Float64Array(semaphores);
    this.#taken = new Float64Array(semaphores);
  }

  /** Throws unless the machine has the semaphore. */
  checkSemaphore(semaphore: number, place: ProgramPlace): void {
    if (semaphore >= 0 && semaphore < this.#semaphores.length) return;
    throw programFault("PS5268", place, `there is no semaphore ${semaphore}`);
  }

  /** Waits until an engine can take one more: a full queue stalls until its first transfer has landed. */
  makeRoom(engine: number): void {
    const queue = this.#queues[engine]!;
    while (queue.length >= this.#depth) {
      const first = queue.shift()!;
      this.#land(first);
      first.transfer.release();
    }
  }

  push(engine: number, transfer: Transfer): void {
    const issued = this.#issued[engine]!;
    const before = issued[transfer.signal]!;
    issued[transfer.signal] = before + 1;
    this.#queues[engine]!.push({ transfer, before, isLanded: false });
  }

  /** Lets transfers land, engine by engine, until the semaphore has `count`, and takes that off. */
  wait(semaphore: number, count: number, place: ProgramPlace): void {
    this.checkSemaphore(semaphore, place);
    while (this.#semaphores[semaphore]! < count) {
      const queue = this.#queues.find((q) => q.some((h) => !h.isLanded && h.transfer.signal === semaphore));
      if (queue === undefined) {
        const message = `waits for semaphore ${semaphore} to reach ${count}; it is ${this.#semaphores[semaphore]} and no transfer will add to it`;
        throw programFault("PS5266", place, message);
      }
      this.#land(queue.find((h) => !h.isLanded)!);
    }
    this.#semaphores[semaphore] = this.#semaphores[semaphore]! - count;
    this.#taken[semaphore] = this.#taken[semaphore]! + count;
    this.#releaseProven(semaphore);
  }

  /** What a program leaves under way lands before the next launch. */
  finishAll(): void {
    for (const queue of this.#queues) for (const held of queue) this.#land(held);
  }

  #land(held: Held): void {
    if (held.isLanded) return;
    held.isLanded = true;
    held.transfer.land();
    const { signal } = held.transfer;
    this.#semaphores[signal] = this.#semaphores[signal]! + 1;
  }

  /**
   * Without one transfer a semaphore gets at most the signals of the other engines and those of the same engine before
   * it. Where more have been taken, the transfer has landed, and with it all before it in its queue.
   */
  #releaseProven(semaphore: number): void {
    const taken = this.#taken[semaphore]!;
    const all = this.#issued.reduce((sum, issued) => sum + issued[semaphore]!, 0);
    this.#queues.forEach((queue, engine) => {
      const others = all - this.#issued[engine]![semaphore]!;
      const proven = queue.findLastIndex((h) => h.transfer.signal === semaphore && taken > others + h.before);
      for (const { transfer } of queue.splice(0, proven + 1)) transfer.release();
    });
  }
}
