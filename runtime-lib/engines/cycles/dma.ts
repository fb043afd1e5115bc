/**
 * @file The tile's DMA engines. A transfer is checked when it is issued. One that comes in reads HBM then and writes SRAM
 * when it lands; one that goes out reads SRAM and writes HBM when it lands. From its issue until the program has waited
 * for it, the bytes at both of its ends are lent to it: touching them is a fault, so that the moments chosen here make no
 * difference to a program that ends without one.
 */

import type { AcceleratorDescription } from "../../../machine/accelerator.js";
import { descriptorFields, dmaEngines } from "../../../machine/opcodes.js";
import type { TileCounters } from "./counters.js";
import { type ProgramPlace, programFault } from "./faults.js";
import type { Hbm } from "./hbm.js";
import { HbmLoans } from "./hbm-loans.js";
import type { Sram } from "./sram.js";
import { type Box, denseStrides, dimensions, type End, extent, forEachPair, runsOf } from "./transfer-geometry.js";
import { type Transfer, TransferQueues } from "./transfer-queues.js";

const index = Object.fromEntries(descriptorFields.map((name, k) => [name, k])) as Readonly<
  Record<(typeof descriptorFields)[number], number>
>;

/** Fields of a descriptor after reset: one element, no signal to tell apart. */
export function resetDescriptor(fields: Float64Array): void {
  fields.fill(0);
  fields[index.element] = 1;
  for (let k = 0; k < dimensions; k++) fields[index.size0 + k] = 1;
}

export class Dma {
  readonly #sram: Sram;
  readonly #counters: TileCounters;
  readonly #queues: TransferQueues;
  readonly #hbm: Hbm;
  readonly #loans = new HbmLoans();

  constructor(machine: AcceleratorDescription, sram: Sram, hbm: Hbm, counters: TileCounters) {
    this.#sram = sram;
    this.#hbm = hbm;
    this.#counters = counters;
    this.#queues = new TransferQueues(machine.dma.queueDepth, machine.sync.semaphores);
  }

  /** Queues a transfer; a full queue stalls until its first one has landed. */
  issue(engine: number, fields: Float64Array, now: number, place: ProgramPlace): void {
    this.#queues.makeRoom(engine);
    this.#queues.push(engine, this.#begin(dmaEngines[engine]!.startsWith("in"), fields, now, place));
  }

  /** Stalls until a semaphore has `count`, and takes that off. */
  wait(semaphore: number, count: number, place: ProgramPlace): void {
    this.#queues.wait(semaphore, count, place);
  }

  /** What a program leaves under way lands before the next launch. */
  finishAll(): void {
    this.#queues.finishAll();
  }

  #begin(isIn: boolean, fields: Float64Array, now: number, place: ProgramPlace): Transfer {
    const list = (first: number): readonly number[] => Array.from(fields.subarray(first, first + dimensions));
    const element = fields[index.element]!;
    const sizes = list(index.size0);
    const padded = list(index.padded0).map((p, k) => Math.max(p, sizes[k]!));
    this.#checkSizes(element, sizes, padded, place);
    const signal = fields[index.signal]!;
    this.#queues.checkSemaphore(signal, place);
    const hbm: End = { base: fields[index.hbm]!, strides: list(index.hbm_stride0) };
    const sram: End = { base: fields[index.sram]!, strides: list(index.sram_stride0) };
    const box = { element, sizes, padded, fill: fields[index.fill]! };
    return isIn
      ? this.#bringIn(hbm, sram, box, signal, now, place)
      : this.#bringOut(hbm, sram, box, signal, now, place);
  }

  #checkSizes(element: number, sizes: readonly number[], padded: readonly number[], place: ProgramPlace): void {
    if (![1, 2, 4, 8].includes(element)) throw programFault("PS5268", place, `elements of ${element} bytes`);
    const odd = sizes.findIndex((n) => n < 0);
    if (odd >= 0) throw programFault("PS5268", place, `dimension ${odd} of a transfer has ${sizes[odd]} elements`);
    const most = this.#sram.bytes.length;
    if (padded.reduce((n, p) => Math.min(n * p, Number.MAX_SAFE_INTEGER), element) > most)
      throw programFault(
        "PS5263",
        place,
        `a transfer of ${padded.join(" x ")} elements does not fit an SRAM of ${most} bytes`,
      );
  }

  #bringIn(hbm: End, sram: End, box: Box, signal: number, now: number, place: ProgramPlace): Transfer {
    const { element, sizes, padded } = box;
    if (sizes.includes(0)) return emptyTransfer(signal);
    const runs = runsOf(sram, padded, element);
    for (const { at, bytes } of runs) this.#sram.beginWrite(at, bytes, now, place);
    const data = new Uint8Array(padded.reduce((n, p) => n * p, element));
    this.#gather(hbm, box, data, place);
    const loan = this.#loans.begin(hbm, sizes, element, false, place);
    this.#counters.dmaInBytes += sizes.reduce((n, s) => n * s, element);
    return {
      signal,
      land: () => {
        for (const { at, from, bytes } of runs) this.#sram.bytes.set(data.subarray(from, from + bytes), at);
      },
      release: () => {
        for (const { at, bytes } of runs) this.#sram.finishWrite(at, bytes);
        this.#loans.release(loan);
      },
    };
  }

  /** The elements in the order of the padded box, `fill` where there is none. */
  #gather(hbm: End, { element, sizes, padded, fill }: Box, data: Uint8Array, place: ProgramPlace): void {
    const source = extent(hbm, sizes, element);
    const buffer = this.#hbm.find(source.from, source.to, false, place);
    if (padded.some((p, k) => p > sizes[k]!)) fillElements(data, element, fill);
    const dense = denseStrides(padded, element);
    forEachPair(hbm, { base: 0, strides: dense }, sizes, element, (from, to, bytes) => {
      const at = from - buffer.address;
      if (bytes > element) data.set(buffer.bytes.subarray(at, at + bytes), to);
      else for (let b = 0; b < element; b++) data[to + b] = buffer.bytes[at + b]!;
    });
  }

  #bringOut(hbm: End, sram: End, { element, sizes }: Box, signal: number, now: number, place: ProgramPlace): Transfer {
    if (sizes.includes(0)) return emptyTransfer(signal);
    const runs = runsOf(sram, sizes, element);
    for (const { at, bytes } of runs) this.#sram.beginRead(at, bytes, now, place);
    const target = extent(hbm, sizes, element);
    const buffer = this.#hbm.find(target.from, target.to, true, place);
    const loan = this.#loans.begin(hbm, sizes, element, true, place);
    this.#counters.dmaOutBytes += sizes.reduce((n, s) => n * s, element);
    return {
      signal,
      land: () => {
        forEachPair(sram, hbm, sizes, element, (from, to, bytes) => {
          buffer.bytes.set(this.#sram.bytes.subarray(from, from + bytes), to - buffer.address);
        });
      },
      release: () => {
        for (const { at, bytes } of runs) this.#sram.finishRead(at, bytes);
        this.#loans.release(loan);
      },
    };
  }
}

/** Moves nothing, and signals all the same. */
function emptyTransfer(signal: number): Transfer {
  return { signal, land: () => undefined, release: () => undefined };
}

function fillElements(data: Uint8Array, element: number, bits: number): void {
  const pattern = new DataView(new ArrayBuffer(8));
  pattern.setBigInt64(0, BigInt(bits), true);
  if (bits === 0) return;
  for (let i = 0; i < data.length; i++) data[i] = pattern.getUint8(i % element);
}
