/**
 * @file Places buffers whose sizes are expressions of the inputs' sizes. Which is larger may only show at run time, so
 * they share slots instead of bytes: buffers that are never live together take one slot, as large as the largest of
 * them; slots lie one after the other. A pure function; the order is decided at typical values of the symbols.
 */

import type { Dim, DimTable } from "../../ir/dim.js";

/** One buffer to place; times as in `pack.ts`. */
export interface SymbolicBuffer {
  readonly id: string;
  /** Bytes. */
  readonly size: Dim;
  readonly begin: number;
  readonly end: number;
}

export interface SymbolicPacking {
  /** Byte offset of every buffer, each a multiple of the alignment. */
  readonly offsets: ReadonlyMap<string, Dim>;
  readonly total: Dim;
}

interface Slot {
  size: Dim;
  readonly members: SymbolicBuffer[];
}

export function packSymbolic(buffers: readonly SymbolicBuffer[], alignment: number, dims: DimTable): SymbolicPacking {
  const rounded = buffers.map((b) => ({ ...b, size: alignDim(b.size, alignment, dims) }));
  const typical = new Map(rounded.map((b) => [b.id, typicalValue(b.size, dims)]));
  const slots: Slot[] = [];
  // Large first: a slot then seldom has to grow for a later member.
  const order = [...rounded].sort(
    (a, b) => typical.get(b.id)! - typical.get(a.id)! || a.begin - b.begin || compare(a.id, b.id),
  );
  for (const buffer of order) {
    const slot = slotFor(buffer, slots, dims);
    slot.members.push(buffer);
    slot.size = dims.max(slot.size, buffer.size);
  }
  const offsets = new Map<string, Dim>();
  let total: Dim = 0;
  for (const { size, members } of slots) {
    for (const { id } of members) offsets.set(id, total);
    total = dims.add(total, size);
  }
  return { offsets, total };
}

/** A free slot that need not grow, else the largest free one whose growth is least, else a new one. */
function slotFor(buffer: SymbolicBuffer, slots: Slot[], dims: DimTable): Slot {
  const free = slots.filter((s) => s.members.every((m) => m.end <= buffer.begin || buffer.end <= m.begin));
  const growth = (s: Slot): number => typicalValue(dims.max(s.size, buffer.size), dims) - typicalValue(s.size, dims);
  const [best] = free.map((s) => ({ slot: s, grows: growth(s) })).sort((a, b) => a.grows - b.grows);
  if (best) return best.slot;
  const made: Slot = { size: 0, members: [] };
  slots.push(made);
  return made;
}

/** What is live at the step where typical sizes need most. */
export function mostLive(buffers: readonly SymbolicBuffer[], dims: DimTable): Dim {
  const typical = buffers.map((b) => typicalValue(b.size, dims));
  let [bestAt, bestValue] = [0, -1];
  for (const at of new Set(buffers.map((b) => b.begin))) {
    const value = buffers.reduce((sum, b, i) => (isLive(b, at) ? sum + typical[i]! : sum), 0);
    if (value > bestValue) [bestAt, bestValue] = [at, value];
  }
  return buffers.filter((b) => isLive(b, bestAt)).reduce<Dim>((sum, b) => dims.add(sum, b.size), 0);
}

function isLive({ begin, end }: SymbolicBuffer, at: number): boolean {
  return begin <= at && at < end;
}

/** `size` rounded up to a multiple of `alignment`. */
export function alignDim(size: Dim, alignment: number, dims: DimTable): Dim {
  if (dims.isDivisibleBy(size, alignment)) return size;
  return dims.mul(dims.ceilDiv(size, alignment), alignment);
}

/** Sizes of inputs without a limit are taken to be about this. */
const TYPICAL = 128;

/** The value at typical sizes: the limit of each symbol where it has one. */
export function typicalValue(size: Dim, dims: DimTable): number {
  return dims.evaluate(size, (name) => {
    const { min, max } = dims.range(name);
    return Number.isFinite(max) ? max : Math.max(min, TYPICAL);
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
