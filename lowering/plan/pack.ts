/**
 * @file The planner's core: places buffers with lifetimes into one memory so that no two live at once overlap. A pure
 * function of sizes, lifetimes and alignments, used for the arena of a CPU and for the SRAM and HBM of an accelerator.
 * Invariant: the total is never below `lowerBound`, and the same input gives the same offsets.
 */

import { searchPacking } from "./search-packing.js";

/** One buffer to place. */
export interface Buffer {
  readonly id: string;
  /** Bytes. */
  readonly size: number;
  /** First step at which it is live. */
  readonly begin: number;
  /** First step at which it is live no more; greater than `begin`. */
  readonly end: number;
  /** Bytes; a power of two. */
  readonly alignment: number;
  /** The memory it is in; every space is packed by itself. */
  readonly space: string;
  /** Buffers of one group are one piece of storage: as large as the largest, live as long as any of them. */
  readonly aliasGroup?: string;
}

export interface Packing {
  /** Byte offset of every buffer within its space. */
  readonly offsets: ReadonlyMap<string, number>;
  readonly spaces: ReadonlyMap<string, SpaceUse>;
}

export interface SpaceUse {
  /** Bytes from the start of the space to the end of the last buffer, rounded up to the greatest alignment. */
  readonly total: number;
  /** The most bytes live at any step: no placement needs less. */
  readonly lowerBound: number;
}

/**
 * Places every buffer: the best of several orders and fits and, where that misses the bound, of a search. `effort` is the
 * number of its steps for a few hundred buffers, some ten thousand a second.
 */
export function packBuffers(buffers: readonly Buffer[], effort = 16_000): Packing {
  const offsets = new Map<string, number>();
  const spaces = new Map<string, SpaceUse>();
  for (const [space, members] of groupBy(buffers, (b) => b.space)) {
    const blocks = mergeAliases(members);
    const lowerBound = lowerBoundOf(blocks);
    const best = packBlocks(blocks, lowerBound, effort);
    blocks.forEach((block, i) => {
      for (const id of block.ids) offsets.set(id, best.offsets[i]!);
    });
    spaces.set(space, { total: best.total, lowerBound });
  }
  return { offsets, spaces };
}

/** Storage to place: one buffer, or an alias group. */
interface Block {
  readonly ids: readonly string[];
  readonly size: number;
  readonly begin: number;
  readonly end: number;
  readonly alignment: number;
}

function mergeAliases(buffers: readonly Buffer[]): readonly Block[] {
  for (const b of buffers) checkBuffer(b);
  const groups = groupBy(buffers, (b) => (b.aliasGroup === undefined ? `buffer ${b.id}` : `group ${b.aliasGroup}`));
  return [...groups.values()].map((members) => ({
    ids: members.map((b) => b.id),
    size: Math.max(...members.map((b) => b.size)),
    begin: Math.min(...members.map((b) => b.begin)),
    end: Math.max(...members.map((b) => b.end)),
    alignment: Math.max(...members.map((b) => b.alignment)),
  }));
}

function checkBuffer({ id, size, begin, end, alignment }: Buffer): void {
  if (!(Number.isSafeInteger(size) && size >= 0)) throw new Error(`buffer ${id}: a size of ${size} bytes`);
  if (!(begin < end)) throw new Error(`buffer ${id}: lives from ${begin} to ${end}`);
  if (!(alignment >= 1 && Number.isInteger(Math.log2(alignment))))
    throw new Error(`buffer ${id}: an alignment of ${alignment}`);
}

export function alignUp(n: number, alignment: number): number {
  return Math.ceil(n / alignment) * alignment;
}

/** Where all alignments are equal, every buffer but the last takes its size rounded up, and the total is rounded too. */
function lowerBoundOf(blocks: readonly Block[]): number {
  const unit = Math.min(...blocks.map((b) => b.alignment));
  const events = blocks.flatMap((b) => {
    const bytes = alignUp(b.size, unit);
    return [
      { at: b.begin, bytes },
      { at: b.end, bytes: -bytes },
    ];
  });
  // At one step, what ends goes before what begins.
  events.sort((x, y) => x.at - y.at || x.bytes - y.bytes);
  let live = 0;
  let most = 0;
  for (const e of events) {
    live += e.bytes;
    most = Math.max(most, live);
  }
  return most;
}

interface Placement {
  readonly offsets: readonly number[];
  readonly total: number;
}

type Fit = "lowest" | "tightest";

function packBlocks(blocks: readonly Block[], lowerBound: number, effort: number): Placement {
  const neighbours = overlaps(blocks);
  let best: Placement | undefined;
  for (const order of startingOrders(blocks, neighbours)) {
    for (const fit of ["lowest", "tightest"] as const) {
      const tried = place(blocks, neighbours, order, fit);
      if (!best || tried.total < best.total) best = tried;
      if (best.total <= lowerBound) return best;
    }
  }
  return best ? improve(blocks, best, lowerBound, effort) : { offsets: [], total: 0 };
}

/** For every block the others that are live at some step of its life. */
function overlaps(blocks: readonly Block[]): readonly (readonly number[])[] {
  const neighbours: number[][] = blocks.map(() => []);
  const byBegin = blocks.map((_, i) => i).sort((x, y) => blocks[x]!.begin - blocks[y]!.begin);
  let live: number[] = [];
  for (const i of byBegin) {
    if (blocks[i]!.size === 0) continue;
    live = live.filter((k) => blocks[k]!.end > blocks[i]!.begin);
    for (const k of live) {
      neighbours[i]!.push(k);
      neighbours[k]!.push(i);
    }
    live.push(i);
  }
  return neighbours;
}

/** Large first, long-lived first, large areas first, most contended first, first come first. */
function startingOrders(
  blocks: readonly Block[],
  neighbours: readonly (readonly number[])[],
): readonly (readonly number[])[] {
  const size = (i: number): number => blocks[i]!.size;
  const life = (i: number): number => blocks[i]!.end - blocks[i]!.begin;
  const contention = blocks.map((_, i) => neighbours[i]!.reduce((sum, k) => sum + size(k), size(i)));
  const peak = peakContention(blocks);
  const keys: readonly ((i: number) => number)[] = [
    size,
    (i) => size(i) * life(i),
    life,
    (i) => contention[i]!,
    (i) => peak[i]!,
    (i) => -blocks[i]!.begin,
  ];
  return keys.map((key) =>
    blocks.map((_, i) => i).sort((x, y) => key(y) - key(x) || size(y) - size(x) || life(y) - life(x) || x - y),
  );
}

/** For every block the most bytes live at any step of its life. */
function peakContention(blocks: readonly Block[]): readonly number[] {
  const steps = [...new Set(blocks.flatMap((b) => [b.begin]))].sort((x, y) => x - y);
  const change = new Map<number, number>();
  for (const b of blocks) {
    change.set(b.begin, (change.get(b.begin) ?? 0) + b.size);
    change.set(b.end, (change.get(b.end) ?? 0) - b.size);
  }
  const live = new Map<number, number>();
  let sum = 0;
  for (const at of [...change.keys()].sort((x, y) => x - y)) {
    sum += change.get(at)!;
    live.set(at, sum);
  }
  return blocks.map((b) => {
    const from = lowerIndex(steps, b.begin);
    const to = lowerIndex(steps, b.end);
    let most = 0;
    for (let i = from; i < to; i++) most = Math.max(most, live.get(steps[i]!)!);
    return most;
  });
}

/** The index of the first element that is not below `x`. */
function lowerIndex(sorted: readonly number[], x: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Places blocks one by one where they fit between the neighbours already placed. */
function place(
  blocks: readonly Block[],
  neighbours: readonly (readonly number[])[],
  order: readonly number[],
  fit: Fit,
): Placement {
  const offsets = new Array<number>(blocks.length).fill(-1);
  const alignment = Math.max(1, ...blocks.map((b) => b.alignment));
  let total = 0;
  for (const i of order) {
    const placed = neighbours[i]!.filter((k) => offsets[k]! >= 0).sort((x, y) => offsets[x]! - offsets[y]!);
    offsets[i] = findOffset(blocks, offsets, placed, blocks[i]!, fit);
    total = Math.max(total, offsets[i]! + blocks[i]!.size);
  }
  return { offsets, total: alignUp(total, alignment) };
}

function findOffset(
  blocks: readonly Block[],
  offsets: readonly number[],
  placed: readonly number[],
  { size, alignment }: Block,
  fit: Fit,
): number {
  let [best, bestGap] = [-1, Number.POSITIVE_INFINITY];
  let free = 0;
  for (const k of placed) {
    const start = alignUp(free, alignment);
    const gap = offsets[k]! - free;
    if (start + size <= offsets[k]! && gap < bestGap) {
      if (fit === "lowest") return start;
      [best, bestGap] = [start, gap];
    }
    free = Math.max(free, offsets[k]! + blocks[k]!.size);
  }
  return best >= 0 ? best : alignUp(free, alignment);
}

/**
 * Searches for a packing of fewer bytes: first for the bound, then for ever more of what lies between it and the best
 * known. Items are kept aligned by rounding their sizes up.
 */
function improve(blocks: readonly Block[], known: Placement, lowerBound: number, effort: number): Placement {
  const unit = Math.max(...blocks.map((b) => b.alignment));
  const items = blocks.map((b) => ({ ...b, size: alignUp(b.size, unit) }));
  const gap = known.total - lowerBound;
  const targets = [
    ...new Set([0, 1 / 16, 1 / 8, 1 / 4, 1 / 2].map((part) => lowerBound + Math.floor((gap * part) / unit) * unit)),
  ];
  // A step looks at every section of time, of which there are as many as buffers.
  const steps = Math.ceil((effort * 200) / Math.max(200, blocks.length));
  for (const [k, target] of targets.entries()) {
    if (target >= known.total) break;
    const offsets = searchPacking(items, target, k === 0 ? steps / 2 : steps / 8);
    if (offsets) return { offsets, total: Math.max(...blocks.map((b, i) => alignUp(offsets[i]! + b.size, unit))) };
  }
  return known;
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const members = groups.get(key(item));
    if (members) members.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}
