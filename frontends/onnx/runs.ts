/**
 * @file Repeated numbers of the wire format: single values, and packed runs kept as views of the file.
 * Decoding a run is put off until its values are wanted; counting them first costs no memory.
 */

import type { DataField } from "./dtypes.js";
import { readVarint64 } from "./wire.js";

/** A repeated field as `WireReader` leaves it. */
export type Runs = readonly (number | bigint | Uint8Array)[];

const fixedBytes: Readonly<Partial<Record<DataField, number>>> = { float: 4, double: 8 };

/** The number of values, or `undefined` where a packed run ends within one. */
export function countValues(runs: Runs, field: DataField): number | undefined {
  let count = 0;
  for (const run of runs) {
    const n = run instanceof Uint8Array ? countPacked(run, field) : 1;
    if (n === undefined) return undefined;
    count += n;
  }
  return count;
}

function countPacked(run: Uint8Array, field: DataField): number | undefined {
  const width = fixedBytes[field];
  if (width !== undefined) return run.length % width === 0 ? run.length / width : undefined;
  let count = 0;
  let continued = 0;
  for (let i = 0; i < run.length; i++) {
    continued = run[i]! < 128 ? 0 : continued + 1;
    if (continued === 0) count++;
    else if (continued === 10) return undefined;
  }
  return continued === 0 ? count : undefined;
}

/** Signed 64-bit values, or `undefined` where a packed run ends within one. */
export function int64Values(runs: Runs): readonly bigint[] | undefined {
  const out: bigint[] = [];
  for (const run of runs) {
    if (!(run instanceof Uint8Array)) {
      out.push(BigInt(run));
      continue;
    }
    for (let pos = 0; pos < run.length; ) {
      const [value, next] = readVarint64(run, pos, run.length);
      if (next < 0) return undefined;
      out.push(BigInt.asIntN(64, value));
      pos = next;
    }
  }
  return out;
}

/** 32-bit floats, or `undefined` where a packed run ends within one. */
export function float32Values(runs: Runs): readonly number[] | undefined {
  const out: number[] = [];
  for (const run of runs) {
    if (!(run instanceof Uint8Array)) {
      out.push(Number(run));
      continue;
    }
    if (run.length % 4 !== 0) return undefined;
    const view = new DataView(run.buffer, run.byteOffset, run.length);
    for (let pos = 0; pos < run.length; pos += 4) out.push(view.getFloat32(pos, true));
  }
  return out;
}

/** Copies floats or doubles to `to` as little-endian bytes; packed runs keep their bits, signalling NaNs included. */
export function copyFixed(runs: Runs, width: 4 | 8, to: Uint8Array): void {
  const view = new DataView(to.buffer, to.byteOffset, to.length);
  let at = 0;
  for (const run of runs) {
    if (run instanceof Uint8Array) {
      to.set(run, at);
      at += run.length;
      continue;
    }
    if (width === 4) view.setFloat32(at, Number(run), true);
    else view.setFloat64(at, Number(run), true);
    at += width;
  }
}

/** Visits integers in order as two unsigned 32-bit halves of their 64-bit two's complement. */
export function eachInteger(runs: Runs, visit: (low: number, high: number) => void): void {
  for (const run of runs) {
    if (run instanceof Uint8Array) eachPacked(run, visit);
    else if (typeof run === "number") visit(run >>> 0, run < 0 ? 0xffffffff : 0);
    else visit(Number(run & 0xffffffffn), Number((run >> 32n) & 0xffffffffn));
  }
}

/** No bigint on the way: a tensor may have millions of values. */
function eachPacked(run: Uint8Array, visit: (low: number, high: number) => void): void {
  let low = 0;
  let high = 0;
  let shift = 0;
  for (let i = 0; i < run.length; i++) {
    const byte = run[i]!;
    const bits = byte & 127;
    if (shift < 28) low |= bits << shift;
    else if (shift === 28) {
      low |= bits << 28;
      high |= bits >>> 4;
    } else if (shift < 64) high |= bits << (shift - 32);
    shift += 7;
    if (byte > 127) continue;
    visit(low >>> 0, high >>> 0);
    low = 0;
    high = 0;
    shift = 0;
  }
}
