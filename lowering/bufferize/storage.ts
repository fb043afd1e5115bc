/**
 * @file Storage to be: sets of tensor values that share one buffer. Each set knows when it holds something that is still
 * needed; two sets may become one when those times do not meet. Invariant: within a set no value is overwritten
 * while it is needed.
 */

import type { Value } from "../../ir/graph.js";
import { brokenInvariant } from "../../ir/invariant.js";
import { unknownLocation } from "../../ir/location.js";

/** From the time a value is written to the time it is last read, both included. */
export type Interval = readonly [from: number, to: number];

/** Where the storage comes from, if not from an allocation. */
export type Root =
  | { readonly kind: "argument"; readonly index: number }
  | { readonly kind: "constant"; readonly value: Value }
  /** What control flow passes on. */
  | { readonly kind: "passed" };

export class Storage {
  /** In order of joining; the first decides the type. */
  readonly members: Value[] = [];
  /** Sorted, disjoint. */
  intervals: readonly Interval[] = [];
  root: Root | undefined = undefined;
  /** Nothing may be written to it. */
  isReadOnly = false;
  /** Something is stored in it or read from it: it needs bytes. */
  isNeeded = false;

  /** True when nothing of this storage is needed while the other's is. */
  isApart(other: Storage): boolean {
    let [i, k] = [0, 0];
    while (i < this.intervals.length && k < other.intervals.length) {
      const [a, b] = [this.intervals[i]!, other.intervals[k]!];
      if (a[0] <= b[1] && b[0] <= a[1]) return false;
      if (a[1] < b[1]) i++;
      else k++;
    }
    return true;
  }

  add(...intervals: readonly Interval[]): void {
    this.intervals = mergeIntervals([...this.intervals, ...intervals]);
  }
}

function mergeIntervals(intervals: readonly Interval[]): readonly Interval[] {
  const sorted = [...intervals].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const merged: [number, number][] = [];
  for (const [from, to] of sorted) {
    const last = merged.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

/** Which storage every tensor value is in. */
export class StorageTable {
  readonly #of = new Map<Value, Storage>();

  of(value: Value): Storage {
    const known = this.#of.get(value);
    if (known) return known;
    const made = new Storage();
    made.members.push(value);
    this.#of.set(value, made);
    return made;
  }

  has(value: Value): boolean {
    return this.#of.has(value);
  }

  /** Puts `value`, which has no storage yet, into that of another. */
  share(value: Value, storage: Storage): void {
    if (this.#of.has(value))
      throw brokenInvariant("the value has storage already", value.definingOp?.at ?? unknownLocation);
    storage.members.push(value);
    this.#of.set(value, storage);
  }

  /** Makes two storages one, if that is safe. */
  join(a: Storage, b: Storage): boolean {
    if (a === b) return true;
    if (a.isReadOnly || b.isReadOnly || (a.root && b.root) || !a.isApart(b)) return false;
    const [kept, gone] = b.root || (!a.root && b.members.length > a.members.length) ? [b, a] : [a, b];
    kept.intervals = mergeIntervals([...kept.intervals, ...gone.intervals]);
    kept.isNeeded ||= gone.isNeeded;
    for (const x of gone.members) this.#of.set(x, kept);
    kept.members.push(...gone.members);
    return true;
  }

  /** Every storage once. */
  all(): Iterable<Storage> {
    return new Set(this.#of.values());
  }
}
