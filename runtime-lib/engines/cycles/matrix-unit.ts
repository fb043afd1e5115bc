/**
 * @file The matrix unit: weights, accumulators, and the arithmetic that machine.md fixes: each product is rounded to f32,
 * then k = 0, 1, ... are added in that order, rounding each time. Its instructions take many cycles during which nothing
 * stalls; a program that does not let them pass is a fault.
 */

import { type AcceleratorDescription, type MatrixFormat, matrixFormatOf } from "../../../machine/accelerator.js";
import {
  drainCycles,
  initCycles,
  loadCycles,
  matrixElementBytes,
  streamCycles,
} from "../../../machine/matrix-timing.js";
import { matrixFields, matrixFormatCodes } from "../../../machine/opcodes.js";
import type { TileCounters } from "./counters.js";
import { type ProgramPlace, programFault } from "./faults.js";
import { bf16Bits, readBf16 } from "./numbers.js";
import type { Sram } from "./sram.js";

const index = Object.fromEntries(matrixFields.map((name, k) => [name, k])) as Readonly<
  Record<(typeof matrixFields)[number], number>
>;

type Format = (typeof matrixFormatCodes)[number];

export class MatrixUnit {
  readonly #machine: AcceleratorDescription;
  readonly #sram: Sram;
  readonly #counters: TileCounters;
  readonly #columns: number;
  readonly #rows: number;
  readonly #accumulators: Float32Array;
  /** When an accumulator row is complete; never, before it is first written. */
  readonly #ready: Float64Array;
  /** Until when a row is being drained. */
  readonly #read: Float64Array;
  readonly #weights: Float32Array;
  #weightDepth = 0;
  #weightsReady = Number.POSITIVE_INFINITY;
  #loadFree = 0;
  #streamFree = 0;
  #drainFree = 0;

  constructor(machine: AcceleratorDescription, sram: Sram, counters: TileCounters) {
    const { matrix } = machine;
    this.#machine = machine;
    this.#sram = sram;
    this.#counters = counters;
    this.#columns = Math.max(...matrix.formats.map((f) => f.columns));
    this.#rows = matrix.accumulatorBanks * matrix.accumulatorRows;
    this.#accumulators = new Float32Array(this.#rows * this.#columns);
    this.#ready = new Float64Array(this.#rows).fill(Number.POSITIVE_INFINITY);
    this.#read = new Float64Array(this.#rows);
    this.#weights = new Float32Array(Math.max(...matrix.formats.map((f) => f.rows)) * this.#columns);
  }

  run(name: string, fields: Float64Array, now: number, place: ProgramPlace): void {
    if (name === "m.init") this.#init(fields, now, place);
    else if (name === "m.load") this.#load(fields, now, place);
    else if (name === "m.stream") this.#stream(fields, now, place);
    else this.#drain(fields, now, place);
  }

  #format(
    code: number,
    place: ProgramPlace,
  ): { readonly name: Format; readonly array: MatrixFormat; readonly bytes: number } {
    const name = matrixFormatCodes[code];
    const array = name === undefined ? undefined : matrixFormatOf(this.#machine, name);
    if (name === undefined || array === undefined)
      throw programFault("PS5268", place, `the matrix unit has no format ${code}`);
    return { name, array, bytes: matrixElementBytes[name] };
  }

  /** A field that counts something, at most `most`. */
  #count(fields: Float64Array, field: (typeof matrixFields)[number], most: number, place: ProgramPlace): number {
    const n = fields[index[field]]!;
    if (n < 0 || n > most) throw programFault("PS5268", place, `${field} is ${n}; at most ${most} are there`);
    return n;
  }

  /** The accumulator rows that an instruction uses: first and behind the last. */
  #accumulatorRows(fields: Float64Array, rows: number, place: ProgramPlace): readonly [number, number] {
    const first = this.#count(fields, "accumulator", this.#rows, place);
    if (first + rows > this.#rows)
      throw programFault("PS5268", place, `accumulator rows ${first} to ${first + rows} of ${this.#rows}`);
    return [first, first + rows];
  }

  #requireFree(what: string, free: number, now: number, place: ProgramPlace): void {
    if (free > now) throw programFault("PS5265", place, `${what} ${free - now} cycles too early`);
  }

  #init(fields: Float64Array, now: number, place: ProgramPlace): void {
    const rows = this.#count(fields, "rows", this.#rows, place);
    const columns = this.#count(fields, "columns", this.#columns, place);
    const [first, end] = this.#accumulatorRows(fields, rows, place);
    this.#requireFree("m.init begins while the port is taken,", this.#loadFree, now, place);
    const stride = fields[index.initial_stride]!;
    const until = now + initCycles(this.#machine, rows, columns);
    for (let r = first; r < end; r++) {
      this.#requireFree("m.init overwrites sums that are drained,", this.#read[r]!, now, place);
      if (this.#ready[r] !== Number.POSITIVE_INFINITY)
        this.#requireFree("m.init overwrites sums that are not complete,", this.#ready[r]!, now, place);
      const from = fields[index.initial]! + (r - first) * stride;
      this.#sram.checkRead(from, columns * 4, now, place);
      this.#sram.occupy(from, columns * 4, until, false);
      this.#accumulators.fill(0, r * this.#columns, (r + 1) * this.#columns);
      for (let c = 0; c < columns; c++)
        this.#accumulators[r * this.#columns + c] = this.#sram.view.getFloat32(from + 4 * c, true);
      this.#ready[r] = until;
    }
    this.#loadFree = until;
  }

  #load(fields: Float64Array, now: number, place: ProgramPlace): void {
    const { name, array, bytes } = this.#format(fields[index.format]!, place);
    const depth = this.#count(fields, "depth", array.rows, place);
    const columns = this.#count(fields, "columns", array.columns, place);
    this.#requireFree("m.load begins while the port is taken,", this.#loadFree, now, place);
    const until = now + loadCycles(this.#machine, array, depth, columns);
    this.#weights.fill(0);
    for (let k = 0; k < depth; k++) {
      const from = fields[index.weights]! + k * fields[index.weights_stride]!;
      this.#sram.checkRead(from, columns * bytes, now, place);
      this.#sram.occupy(from, columns * bytes, until, false);
      for (let c = 0; c < columns; c++) this.#weights[k * this.#columns + c] = this.#element(name, from + c * bytes);
    }
    this.#weightDepth = depth;
    this.#weightsReady = until;
    this.#loadFree = until;
  }

  #element(format: Format, at: number): number {
    return format === "f32" ? this.#sram.view.getFloat32(at, true) : readBf16(this.#sram.view.getUint16(at, true));
  }

  #stream(fields: Float64Array, now: number, place: ProgramPlace): void {
    const { name, array, bytes } = this.#format(fields[index.format]!, place);
    const rows = this.#count(fields, "rows", this.#rows, place);
    const depth = this.#count(fields, "depth", array.rows, place);
    const columns = this.#count(fields, "columns", array.columns, place);
    const [first, end] = this.#accumulatorRows(fields, rows, place);
    this.#requireFree("m.stream begins while another runs,", this.#streamFree, now, place);
    this.#requireFree("m.stream begins before its weights are there,", this.#weightsReady, now, place);
    if (depth !== this.#weightDepth)
      throw programFault("PS5268", place, `m.stream with a depth of ${depth} on ${this.#weightDepth} rows of weights`);
    const busy = now + streamCycles(array, rows);
    for (let r = first; r < end; r++) {
      const from = fields[index.source]! + (r - first) * fields[index.source_stride]!;
      this.#sram.checkRead(from, depth * bytes, now, place);
      this.#sram.occupy(from, depth * bytes, busy, false);
      const arrives = now + (r - first + 1) * array.cyclesPerRow + this.#machine.matrix.latency;
      this.#requireFree("m.stream adds to sums that are not there,", this.#ready[r]!, arrives, place);
      this.#requireFree("m.stream adds to sums that are drained,", this.#read[r]!, now, place);
      for (let k = 0; k < depth; k++)
        this.#addProducts(r * this.#columns, this.#element(name, from + k * bytes), k, columns);
      this.#ready[r] = arrives;
    }
    this.#streamFree = busy;
    this.#counters.macs += rows * depth * columns;
  }

  /** One k of a row: `accumulator += x * weights[k]`, product and sum each rounded to f32. */
  #addProducts(at: number, x: number, k: number, columns: number): void {
    const accumulators = this.#accumulators;
    const weights = this.#weights;
    const row = k * this.#columns;
    for (let c = 0; c < columns; c++) accumulators[at + c] = accumulators[at + c]! + Math.fround(x * weights[row + c]!);
  }

  #drain(fields: Float64Array, now: number, place: ProgramPlace): void {
    const { name, bytes } = this.#format(fields[index.output_format]!, place);
    const rows = this.#count(fields, "rows", this.#rows, place);
    const columns = this.#count(fields, "columns", this.#columns, place);
    const [first, end] = this.#accumulatorRows(fields, rows, place);
    this.#requireFree("m.drain begins while another runs,", this.#drainFree, now, place);
    const until = now + drainCycles(this.#machine, rows, columns, bytes);
    for (let r = first; r < end; r++) {
      this.#requireFree("m.drain reads sums that are not complete,", this.#ready[r]!, now, place);
      const to = fields[index.output]! + (r - first) * fields[index.output_stride]!;
      this.#sram.write(to, columns * bytes, now, place);
      for (let c = 0; c < columns; c++) this.#put(name, to + c * bytes, this.#accumulators[r * this.#columns + c]!);
      this.#read[r] = until;
    }
    for (let r = first; r < end; r++) {
      const to = fields[index.output]! + (r - first) * fields[index.output_stride]!;
      this.#sram.occupy(to, columns * bytes, until, true);
    }
    this.#drainFree = until;
  }

  #put(format: Format, at: number, value: number): void {
    const { view } = this.#sram;
    if (format === "bf16") view.setUint16(at, bf16Bits(value), true);
    else if (Number.isNaN(value)) view.setUint32(at, 0x7fc00000, true);
    else view.setFloat32(at, value, true);
  }
}
