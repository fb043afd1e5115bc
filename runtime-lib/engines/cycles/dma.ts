/**
 * @file The tile's DMA engines. A transfer is checked, and reads its source, when it is issued; it lands when something
 * waits for it. Between the two the stretches of SRAM it uses are lent to it, so a program that does not wait is found
 * out whatever the order in which real engines would have finished.
 */

import type { AcceleratorDescription } from "../../../machine/accelerator.js";
import { descriptorFields, dmaEngines } from "../../../machine/opcodes.js";
import type { TileCounters } from "./counters.js";
import { type ProgramPlace, programFault } from "./faults.js";
import type { Hbm } from "./hbm.js";
import type { Sram } from "./sram.js";

const dimensions = 4;
const index = Object.fromEntries(descriptorFields.map((name, k) => [name, k])) as Readonly<
  Record<(typeof descriptorFields)[number], number>
>;

/** Fields of a descriptor after reset: one element, no signal to tell apart. */
export function resetDescriptor(fields: Float64Array): void {
  fields.fill(0);
  fields[index.element] = 1;
  for (let k = 0; k < dimensions; k++) fields[index.size0 + k] = 1;
}

/** One end of a transfer: where elements lie. */
interface End {
  readonly base: number;
  readonly strides: readonly number[];
}

interface Transfer {
  readonly signal: number;
  finish(): void;
}

export class Dma {
  readonly #machine: AcceleratorDescription;
  readonly #sram: Sram;
  readonly #counters: TileCounters;
  readonly #queues: Transfer[][] = dmaEngines.map(() => []);
  readonly #semaphores: Float64Array;
  #hbm: Hbm;

  constructor(machine: AcceleratorDescription, sram: Sram, hbm: Hbm, counters: TileCounters) {
    this.#machine = machine;
    this.#sram = sram;
    this.#hbm = hbm;
    this.#counters = counters;
    this.#semaphores = new Float64Array(machine.sync.semaphores);
  }

  /** Queues a transfer; a full queue stalls until its first one has landed. */
  issue(engine: number, fields: Float64Array, now: number, place: ProgramPlace): void {
    const queue = this.#queues[engine]!;
    if (queue.length === this.#machine.dma.queueDepth) this.#finishFirst(queue);
    queue.push(this.#begin(dmaEngines[engine]!.startsWith("in"), fields, now, place));
  }

  /** Lets transfers land, engine by engine in their order, until the semaphore has `count`, and takes that off. */
  wait(semaphore: number, count: number, place: ProgramPlace): void {
    if (semaphore >= this.#semaphores.length) throw programFault("PS5268", place, `there is no semaphore ${semaphore}`);
    while (this.#semaphores[semaphore]! < count) {
      const queue = this.#queues.find((q) => q.some((t) => t.signal === semaphore));
      if (queue === undefined) {
        const message = `waits for semaphore ${semaphore} to reach ${count}; it is ${this.#semaphores[semaphore]} and no transfer will add to it`;
        throw programFault("PS5266", place, message);
      }
      this.#finishFirst(queue);
    }
    this.#semaphores[semaphore] = this.#semaphores[semaphore]! - count;
  }

  /** What a program leaves under way lands before the next launch. */
  finishAll(): void {
    for (const queue of this.#queues) while (queue.length > 0) this.#finishFirst(queue);
  }

  #finishFirst(queue: Transfer[]): void {
    const transfer = queue.shift()!;
    transfer.finish();
    this.#semaphores[transfer.signal] = this.#semaphores[transfer.signal]! + 1;
  }

  #begin(isIn: boolean, fields: Float64Array, now: number, place: ProgramPlace): Transfer {
    const list = (first: number): readonly number[] => Array.from(fields.subarray(first, first + dimensions));
    const element = fields[index.element]!;
    const sizes = list(index.size0);
    const padded = list(index.padded0).map((p, k) => Math.max(p, sizes[k]!));
    this.#checkSizes(element, sizes, padded, place);
    const signal = fields[index.signal]!;
    if (signal < 0 || signal >= this.#semaphores.length)
      throw programFault("PS5268", place, `there is no semaphore ${signal}`);
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
    const isEmpty = sizes.includes(0);
    const runs = isEmpty ? [] : runsOf(sram, padded, element);
    for (const { at, bytes } of runs) this.#sram.beginWrite(at, bytes, now, place);
    const data = new Uint8Array(isEmpty ? 0 : padded.reduce((n, p) => n * p, element));
    if (!isEmpty) this.#gather(hbm, box, data, place);
    this.#counters.dmaInBytes += sizes.reduce((n, s) => n * s, element);
    return {
      signal,
      finish: () => {
        for (const { at, from, bytes } of runs) {
          this.#sram.bytes.set(data.subarray(from, from + bytes), at);
          this.#sram.finishWrite(at, bytes);
        }
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
    if (sizes.includes(0)) return { signal, finish: () => undefined };
    const runs = runsOf(sram, sizes, element);
    for (const { at, bytes } of runs) this.#sram.beginRead(at, bytes, now, place);
    const target = extent(hbm, sizes, element);
    const buffer = this.#hbm.find(target.from, target.to, true, place);
    this.#counters.dmaOutBytes += sizes.reduce((n, s) => n * s, element);
    return {
      signal,
      finish: () => {
        forEachPair(sram, hbm, sizes, element, (from, to, bytes) => {
          buffer.bytes.set(this.#sram.bytes.subarray(from, from + bytes), to - buffer.address);
        });
        for (const { at, bytes } of runs) this.#sram.finishRead(at, bytes);
      },
    };
  }
}

interface Box {
  readonly element: number;
  readonly sizes: readonly number[];
  readonly padded: readonly number[];
  readonly fill: number;
}

/** The bytes from the first to behind the last that the elements touch. */
function extent({ base, strides }: End, sizes: readonly number[], element: number): { from: number; to: number } {
  let from = base;
  let to = base + element;
  sizes.forEach((size, k) => {
    const reach = (size - 1) * strides[k]!;
    if (reach < 0) from += reach;
    else to += reach;
  });
  return { from, to };
}

function denseStrides(sizes: readonly number[], element: number): readonly number[] {
  const strides: number[] = [];
  sizes.reduce((stride, size) => {
    strides.push(stride);
    return stride * size;
  }, element);
  return strides;
}

/** Calls `visit` for stretches that are contiguous at both ends. */
function forEachPair(
  a: End,
  b: End,
  sizes: readonly number[],
  element: number,
  visit: (a: number, b: number, bytes: number) => void,
): void {
  const isRun = a.strides[0] === element && b.strides[0] === element;
  const inner = isRun ? 1 : sizes[0]!;
  const bytes = isRun ? element * sizes[0]! : element;
  for (let z = 0; z < sizes[3]!; z++) {
    for (let y = 0; y < sizes[2]!; y++) {
      for (let x = 0; x < sizes[1]!; x++) {
        const fromA = a.base + z * a.strides[3]! + y * a.strides[2]! + x * a.strides[1]!;
        const fromB = b.base + z * b.strides[3]! + y * b.strides[2]! + x * b.strides[1]!;
        for (let w = 0; w < inner; w++) visit(fromA + w * a.strides[0]!, fromB + w * b.strides[0]!, bytes);
      }
    }
  }
}

/** A contiguous stretch of SRAM, and where it lies in dense data. */
interface Run {
  readonly at: number;
  readonly from: number;
  readonly bytes: number;
}

function runsOf(end: End, sizes: readonly number[], element: number): readonly Run[] {
  const runs: Run[] = [];
  const dense = { base: 0, strides: denseStrides(sizes, element) };
  forEachPair(end, dense, sizes, element, (at, from, bytes) => void runs.push({ at, from, bytes }));
  return runs;
}

function fillElements(data: Uint8Array, element: number, bits: number): void {
  const pattern = new DataView(new ArrayBuffer(8));
  pattern.setBigInt64(0, BigInt(bits), true);
  if (bits === 0) return;
  for (let i = 0; i < data.length; i++) data[i] = pattern.getUint8(i % element);
}
