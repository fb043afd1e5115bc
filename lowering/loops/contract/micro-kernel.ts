/**
 * @file Micro-kernels: the register-level step of a contraction, a few rows by a few vectors of columns whose sums stay in
 * registers while the summed dimension goes by. Which one a contraction runs is decided by counting cycles from the
 * description of the processor.
 */

import type { CpuDescription } from "../../../machine/cpu.js";

/** Sums of `rows` x `vectors` registers. The output is what stays; the vector side streams by, packed. */
export interface MicroKernel {
  readonly rows: number;
  readonly vectors: number;
  readonly lanes: number;
  /** Multiply-adds are one instruction. */
  readonly isFused: boolean;
}

/** Columns of a micro-kernel. */
export function columnsOf({ vectors, lanes }: MicroKernel): number {
  return vectors * lanes;
}

/** More sums than this per step take the code of a loop out of the cache of decoded instructions, and win nothing. */
const MAX_ROWS = 14;

/**
 * Every micro-kernel that the registers hold: its sums and `more` rows of them, the vectors of one step, and one repeated
 * number. There is one of a single vector however few registers there are.
 */
export function microKernels(cpu: CpuDescription, bits: number, more = 0): readonly MicroKernel[] {
  const lanes = cpu.vectorBits / bits;
  const kernels: MicroKernel[] = [];
  for (let vectors = 1; vectors <= 4; vectors++) {
    const held = Math.floor((cpu.vectorRegisters - 1 - vectors) / vectors) - more;
    const most = Math.max(vectors === 1 ? 1 : 0, Math.min(MAX_ROWS, held));
    for (let rows = 1; rows <= most; rows++) kernels.push({ rows, vectors, lanes, isFused: cpu.fmaPorts > 0 });
  }
  return kernels;
}

/** Cycles to begin and end the sums of a tile, as steps of the summed dimension. */
const STEPS_AROUND = 8;

/** Cycles that a vector of columns keeps the first cache busy on its way there from the second. */
const STREAM_CYCLES = 0.25;

/** Cycles of one step of the summed dimension, on `rows` rows: what the slowest unit takes, and for what streams by. */
export function cyclesPerStep({ vectors }: MicroKernel, rows: number, cpu: CpuDescription): number {
  const ports = cpu.fmaPorts > 0 ? cpu.fmaPorts : 0.5;
  const slowest = Math.max((rows * vectors) / ports, (rows + vectors) / cpu.loadsPerCycle, cpu.fmaLatency);
  return slowest + STREAM_CYCLES * vectors;
}

/** Extents of a contraction, symbolic ones taken as typical. */
export interface Extents {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
}

/** Cycles of a whole contraction; rows and columns that no whole tile covers take tiles of their own. */
export function cyclesOf(kernel: MicroKernel, { rows, columns, depth }: Extents, cpu: CpuDescription): number {
  const left = rows % kernel.rows;
  const whole = Math.floor(rows / kernel.rows) * cyclesPerStep(kernel, kernel.rows, cpu);
  const part = left > 0 ? cyclesPerStep(kernel, left, cpu) : 0;
  return Math.ceil(columns / columnsOf(kernel)) * (whole + part) * (depth + STEPS_AROUND);
}

/** The micro-kernel of fewest cycles, the larger one where several take as many. */
export function chooseMicroKernel(cpu: CpuDescription, bits: number, extents: Extents, more = 0): MicroKernel {
  const kernels = microKernels(cpu, bits, more).map((kernel) => ({ kernel, cycles: cyclesOf(kernel, extents, cpu) }));
  const size = ({ rows, vectors }: MicroKernel): number => rows * vectors;
  return kernels.reduce((best, next) =>
    next.cycles < best.cycles || (next.cycles === best.cycles && size(next.kernel) > size(best.kernel)) ? next : best,
  ).kernel;
}
