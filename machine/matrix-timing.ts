/**
 * @file How long the matrix unit is busy with an instruction, from the machine's figures: the selector waits so long
 * before it relies on the outcome, and the emulator faults where a program did not. All in unfrozen cycles.
 */

import type { AcceleratorDescription, MatrixFormat } from "./accelerator.js";

/** The element sizes of the matrix unit's operands and results. */
export const matrixElementBytes = { f32: 4, bf16: 2, i8: 1, i32: 4 } as const;

function portBytes({ sram }: AcceleratorDescription, name: string): number {
  const port = sram.ports.find((p) => p.name === name);
  if (port === undefined) throw new Error(`the machine has no SRAM port ${name}`);
  return port.bytes;
}

/** Reading `depth` rows of `columns` weights. */
export function loadCycles(d: AcceleratorDescription, format: MatrixFormat, depth: number, columns: number): number {
  return depth * Math.ceil((columns * matrixElementBytes[format.input]) / d.matrix.weightBytesPerCycle);
}

/** Reading `rows` rows of `columns` initial sums, the latency of the last one included. */
export function initCycles(d: AcceleratorDescription, rows: number, columns: number): number {
  return rows * Math.ceil((columns * 4) / portBytes(d, "LD1")) + d.latencies.load;
}

/** Reading `rows` rows of input; their sums are complete `matrix.latency` cycles after that. */
export function streamCycles(format: MatrixFormat, rows: number): number {
  return rows * format.cyclesPerRow;
}

/** Writing `rows` rows of `columns` results of `bytes` each, until they can be read. */
export function drainCycles(d: AcceleratorDescription, rows: number, columns: number, bytes: number): number {
  const perRow = Math.ceil((columns * bytes) / portBytes(d, "ST"));
  return rows * perRow + d.latencies.accumulatorRead + d.latencies.storeToLoad;
}
