/**
 * @file The stretches of HBM that a tile's transfers are using. HBM keeps no order between transfers that are under way
 * together, so bytes that one of them writes must not be read or written by another: byte for byte, since transfers of
 * neighbouring columns lie between one another.
 */

import { type ProgramPlace, programFault } from "./faults.js";
import { type End, extent, runsOf } from "./transfer-geometry.js";

interface Interval {
  readonly from: number;
  readonly to: number;
}

export interface HbmLoan extends Interval {
  readonly writes: boolean;
  /** The bytes themselves, in order and apart. Computed only where another loan comes near: most never meet. */
  readonly intervals: () => readonly Interval[];
}

export class HbmLoans {
  readonly #loans = new Set<HbmLoan>();

  /** Lends a transfer's elements until `release`. Throws PS5265 where another transfer under way must not meet them. */
  begin(end: End, sizes: readonly number[], element: number, writes: boolean, place: ProgramPlace): HbmLoan {
    const loan: HbmLoan = { ...extent(end, sizes, element), writes, intervals: once(end, sizes, element) };
    for (const other of this.#loans) {
      if ((!writes && !other.writes) || other.from >= loan.to || loan.from >= other.to) continue;
      const at = firstCommon(loan.intervals(), other.intervals());
      if (at === undefined) continue;
      const message = `HBM byte ${at} is ${writes ? "written" : "read"} while a transfer ${other.writes ? "writes" : "reads"} it`;
      throw programFault("PS5265", place, message);
    }
    this.#loans.add(loan);
    return loan;
  }

  release(loan: HbmLoan): void {
    this.#loans.delete(loan);
  }
}

function once(end: End, sizes: readonly number[], element: number): () => readonly Interval[] {
  let known: readonly Interval[] | undefined;
  return () => {
    known ??= intervalsOf(end, sizes, element);
    return known;
  };
}

function intervalsOf(end: End, sizes: readonly number[], element: number): readonly Interval[] {
  const runs = runsOf(end, sizes, element).toSorted((a, b) => a.at - b.at);
  const joined: { from: number; to: number }[] = [];
  for (const { at, bytes } of runs) {
    const last = joined.at(-1);
    if (last !== undefined && at <= last.to) last.to = Math.max(last.to, at + bytes);
    else joined.push({ from: at, to: at + bytes });
  }
  return joined;
}

/** The first byte that both have. */
function firstCommon(a: readonly Interval[], b: readonly Interval[]): number | undefined {
  for (let i = 0, k = 0; i < a.length && k < b.length; ) {
    const from = Math.max(a[i]!.from, b[k]!.from);
    if (from < Math.min(a[i]!.to, b[k]!.to)) return from;
    if (a[i]!.to < b[k]!.to) i++;
    else k++;
  }
  return undefined;
}
