/**
 * @file A search for a packing that fits a given size, for when placing buffers one after the other leaves gaps. Time is cut
 * into sections between which the set of live buffers changes; every section has a floor, above which nothing lies
 * yet. The lowest section either gets a buffer on its floor or gives up the bytes up to the next place where one
 * could stand; a section whose floor and remaining buffers exceed the size ends the branch. What no buffer connects any
 * more is searched apart. Restarts try other orders; all choices follow from the seed.
 *
 * Floors, remaining sizes and decomposition are ideas of "MiniMalloc: A Lightweight Memory Allocator for
 * Hardware-Accelerated Machine Learning" (Moffitt, ASPLOS 2023); branching on the lowest section is not.
 */

/** Storage to place; times are half-open. */
export interface SearchItem {
  readonly size: number;
  readonly begin: number;
  readonly end: number;
}

/** Offsets that fit `capacity`, or `undefined` where `effort` steps in several restarts did not find any. */
export function searchPacking(
  items: readonly SearchItem[],
  capacity: number,
  effort: number,
): readonly number[] | undefined {
  const search = new PackingSearch(items, capacity);
  for (let start = 0, left = effort; left > 0; start++) {
    const steps = Math.min(left, STEPS * restartLength(start + 1));
    const offsets = search.run(start, steps);
    if (offsets) return offsets;
    left -= steps;
  }
  return undefined;
}

/** Steps of a short start. */
const STEPS = 1000;

/** 1, 1, 2, 1, 1, 2, 4, …: within a constant factor of the best lengths, whatever those are (Luby, Sinclair, Zuckerman 1993). */
function restartLength(n: number): number {
  const k = 32 - Math.clz32(n);
  return n === 2 ** k - 1 ? 2 ** (k - 1) : restartLength(n - 2 ** (k - 1) + 1);
}

class PackingSearch {
  readonly #capacity: number;
  readonly #count: number;
  readonly #size: Float64Array;
  /** Sections that an item lives in: from first to last, the last not included. */
  readonly #first: Int32Array;
  readonly #last: Int32Array;
  readonly #sections: number;
  /** Items that live in a section. */
  readonly #inSection: readonly (readonly number[])[];
  readonly #floor: Float64Array;
  /** Bytes of a section's items that are not placed yet. */
  readonly #left: Float64Array;
  readonly #offsets: Float64Array;
  /** Preference of this start, by item. */
  readonly #weight: Float64Array;
  #steps = 0;

  constructor(items: readonly SearchItem[], capacity: number) {
    const times = [...new Set(items.flatMap((x) => [x.begin, x.end]))].sort((a, b) => a - b);
    const sectionAt = new Map(times.map((t, i) => [t, i]));
    this.#capacity = capacity;
    this.#count = items.length;
    this.#size = Float64Array.from(items, (x) => x.size);
    this.#first = Int32Array.from(items, (x) => sectionAt.get(x.begin)!);
    this.#last = Int32Array.from(items, (x) => sectionAt.get(x.end)!);
    this.#sections = Math.max(0, times.length - 1);
    const inSection: number[][] = Array.from({ length: this.#sections }, () => []);
    items.forEach((_, i) => {
      for (let s = this.#first[i]!; s < this.#last[i]!; s++) inSection[s]!.push(i);
    });
    this.#inSection = inSection;
    this.#floor = new Float64Array(this.#sections);
    this.#left = new Float64Array(this.#sections);
    this.#offsets = new Float64Array(items.length);
    this.#weight = new Float64Array(items.length);
  }

  run(start: number, steps: number): readonly number[] | undefined {
    this.#steps = steps;
    this.#floor.fill(0);
    this.#offsets.fill(-1);
    this.#inSection.forEach((items, s) => {
      this.#left[s] = items.reduce((sum, i) => sum + this.#size[i]!, 0);
    });
    const random = randomNumbers(start);
    for (let i = 0; i < this.#count; i++) this.#weight[i] = this.#preference(i, start, random());
    // What has no bytes is never placed.
    return this.#descend(0, this.#sections) ? Array.from(this.#offsets, (x) => Math.max(x, 0)) : undefined;
  }

  /** The first starts prefer long lives, large sizes, large areas; later ones mostly long lives, loosely. */
  #preference(i: number, start: number, random: number): number {
    const life = this.#last[i]! - this.#first[i]!;
    const size = this.#size[i]!;
    if (start === 0) return life * this.#capacity + size;
    if (start === 1) return size;
    if (start === 2) return life * size;
    const factor = 0.5 + random;
    if (start % 8 === 7) return factor * size;
    return start % 8 === 3 ? factor * life * size : factor * life * this.#capacity + size;
  }

  /** Solves sections `from` to `to`, each connected part by itself; undoes everything where one has no solution. */
  #descend(from: number, to: number): boolean {
    const parts = this.#connectedParts(from, to);
    const [only] = parts;
    if (!only) return true;
    if (parts.length === 1) return this.#solve(only[0], only[1]);
    const undo = this.#snapshot(from, to);
    // The shortest first: a part without solution is found soonest there.
    parts.sort((a, b) => a[1] - a[0] - (b[1] - b[0]));
    for (const [a, b] of parts) {
      if (this.#solve(a, b)) continue;
      undo();
      return false;
    }
    return true;
  }

  #connectedParts(from: number, to: number): [number, number][] {
    const parts: [number, number][] = [];
    let [start, reach] = [-1, -1];
    for (let s = from; s < to; s++) {
      if (start >= 0 && s >= reach) {
        parts.push([start, s]);
        start = -1;
      }
      if (this.#left[s]! <= 0) continue;
      if (start < 0) start = s;
      for (const i of this.#inSection[s]!) if (this.#offsets[i]! < 0) reach = Math.max(reach, this.#last[i]!);
    }
    if (start >= 0) parts.push([start, to]);
    return parts;
  }

  #snapshot(from: number, to: number): () => void {
    const [floor, left] = [this.#floor.slice(from, to), this.#left.slice(from, to)];
    const open = new Set<number>();
    for (let s = from; s < to; s++) for (const i of this.#inSection[s]!) if (this.#offsets[i]! < 0) open.add(i);
    return () => {
      this.#floor.set(floor, from);
      this.#left.set(left, from);
      for (const i of open) this.#offsets[i] = -1;
    };
  }

  /** Fills the connected sections `from` to `to`. */
  #solve(from: number, to: number): boolean {
    const raised: [section: number, before: number][] = [];
    for (;;) {
      const s = this.#steps-- > 0 ? this.#lowestSection(from, to) : undefined;
      if (s === "done") return true;
      if (s !== undefined) {
        const standing = this.#itemsOnFloor(s);
        for (const i of standing) if (this.#tryOnFloor(i, from, to)) return true;
        // Nothing stands on this floor: its bytes are lost up to the next place where something could.
        const next = this.#nextFloor(s, standing);
        if (next + this.#left[s]! <= this.#capacity && this.#steps > 0) {
          raised.push([s, this.#floor[s]!]);
          this.#floor[s] = next;
          continue;
        }
      }
      for (const [section, before] of raised.reverse()) this.#floor[section] = before;
      return false;
    }
  }

  /** Of the lowest sections with items left the one with the least room to spare; `undefined` where some section overflows. */
  #lowestSection(from: number, to: number): number | "done" | undefined {
    let [found, low, left] = [-1, Number.POSITIVE_INFINITY, 0];
    for (let s = from; s < to; s++) {
      const [floor, rest] = [this.#floor[s]!, this.#left[s]!];
      if (rest <= 0) continue;
      if (floor + rest > this.#capacity) return undefined;
      if (floor < low || (floor === low && rest > left)) [found, low, left] = [s, floor, rest];
    }
    return found < 0 ? "done" : found;
  }

  /** Items of section `s` that can stand on its floor, best first, equal ones once. */
  #itemsOnFloor(s: number): readonly number[] {
    const floor = this.#floor[s]!;
    const open = this.#inSection[s]!.filter((i) => this.#offsets[i]! < 0 && this.#lowestOffset(i) === floor);
    open.sort((a, b) => this.#weight[b]! - this.#weight[a]! || a - b);
    return open.filter((i, k) => !open.slice(0, k).some((other) => this.#isAlike(i, other)));
  }

  #isAlike(a: number, b: number): boolean {
    return this.#first[a] === this.#first[b] && this.#last[a] === this.#last[b] && this.#size[a] === this.#size[b];
  }

  #lowestOffset(i: number): number {
    let offset = 0;
    for (let s = this.#first[i]!; s < this.#last[i]!; s++) offset = Math.max(offset, this.#floor[s]!);
    return offset;
  }

  #tryOnFloor(i: number, from: number, to: number): boolean {
    const [first, last, size] = [this.#first[i]!, this.#last[i]!, this.#size[i]!];
    const before = this.#floor.slice(first, last);
    const offset = this.#lowestOffset(i);
    this.#offsets[i] = offset;
    for (let s = first; s < last; s++) {
      this.#floor[s] = offset + size;
      this.#left[s]! -= size;
    }
    if (this.#descend(from, to)) return true;
    this.#floor.set(before, first);
    for (let s = first; s < last; s++) this.#left[s]! += size;
    this.#offsets[i] = -1;
    return false;
  }

  /** The lowest offset that an item of section `s` can have when none stands on its floor. */
  #nextFloor(s: number, standing: readonly number[]): number {
    let next = Number.POSITIVE_INFINITY;
    for (const i of this.#inSection[s]!) {
      if (this.#offsets[i]! >= 0 || standing.includes(i)) continue;
      const offset = this.#lowestOffset(i);
      if (offset > this.#floor[s]!) next = Math.min(next, offset);
    }
    for (const i of standing) next = Math.min(next, this.#lowestSupport(i, s));
    return next;
  }

  /** How high `i` stands at least on something that is not in section `s`. */
  #lowestSupport(i: number, s: number): number {
    let lowest = Number.POSITIVE_INFINITY;
    for (let k = this.#first[i]!; k < this.#last[i]!; k++) {
      for (const other of this.#inSection[k]!) {
        const isInSection = this.#first[other]! <= s && s < this.#last[other]!;
        if (this.#offsets[other]! >= 0 || other === i || isInSection) continue;
        lowest = Math.min(lowest, this.#lowestOffset(other) + this.#size[other]!);
      }
    }
    return lowest;
  }
}

/** Numbers in [0, 1) that follow from `seed` (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
