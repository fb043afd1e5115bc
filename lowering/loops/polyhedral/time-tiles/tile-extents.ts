/**
 * @file How many sweeps share a tile, and how wide tiles are across the arrays: what a tile holds at a time stays in the
 * second cache, and the arrays pass through it as seldom as that allows.
 *
 * The tile of a sweep moves along the outermost axis one row (or plane) at a time, and each sweep follows the one before
 * at the distance of the skew. So the window that must stay is as long as the skew of all sweeps, and the axis itself
 * needs no tiles. Inner axes have tiles where the window would be too large otherwise; each tile then starts with what
 * its neighbour left, once for the tile.
 */

import type { Value } from "../../../../ir/graph.js";
import type { MemRefType } from "../../../../ir/types.js";
import type { CacheSizes } from "../../../../machine/cpu.js";
import { bytesOf } from "../array-bytes.js";
import { extentOf } from "../dim-ranges.js";
import type { BandMember } from "../schedule-tree.js";
import { readsOf, type Statement, writeOf } from "../scop.js";
import { coefficientOf, dimAcross, type Sweep, TIME } from "./sweeps.js";

export interface TileExtents {
  /** Sweeps of a tile. */
  readonly sweeps: number;
  /** Rows that run side by side along the outermost axis. */
  readonly rows: number;
  /** For each of the inner members; `undefined` where the axis is whole. */
  readonly inner: readonly (number | undefined)[];
  /** Bytes that must stay, and bytes that come from behind the cache for each sweep. */
  readonly window: number;
  readonly traffic: number;
}

/** Rows whose reads overlap share those in registers. */
export const ROWS = 4;
/** The part of the second cache that the window may take. */
const SHARE = 0.6;
/** The part of the traffic of one sweep at a time that is worth the change. */
const GAIN = 0.6;
/** What a byte from behind the second cache costs beside one from it, which reads of neighbouring tiles come from again. */
const BEHIND = 3;
const SWEEPS = [2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64];
const EXTENTS = [8, 16, 24, 32, 48, 64, 96, 128, 192, 256];
/** What a symbolic extent is taken to be. */
const TYPICAL = 1024;

/** `undefined` where the arrays pass through the cache about as often as without tiles. */
export function chooseExtents(sweep: Sweep, caches: CacheSizes): TileExtents | undefined {
  const [outer, ...inner] = sweep.across.map((member) => measure(member, sweep));
  if (!outer) return undefined;
  const rows = inner.length === 0 ? ROWS : 1;
  const cell = sweep.arrays.reduce((sum, array) => sum + cellBytes(array, sweep), 0);
  const whole = [outer, ...inner].reduce((size, { extent }) => size * extent, cell);
  let best: (TileExtents & { readonly cost: number }) | undefined;
  for (const sweeps of SWEEPS)
    for (const extents of choices(inner)) {
      const spans = inner.map(({ skew, reach, extent }, i) =>
        extents[i] === undefined ? extent : Math.min(extent, extents[i] + skew * sweeps + reach),
      );
      // The strip of one sweep; those of the next ones lie as far beside it as they come behind.
      const strips = inner.map(({ skew, reach, extent }, i) => Math.min(extent, (extents[i] ?? extent) + skew + reach));
      const across = strips.reduce((size, strip) => size * strip, cell);
      const window = (outer.skew * sweeps + outer.reach + rows) * across;
      const again = inner.reduce((factor, _, i) => factor * (extents[i] === undefined ? 1 : spans[i]! / extents[i]), 1);
      const traffic = (whole * again) / sweeps;
      if (window > SHARE * caches.l2) continue;
      const cost =
        BEHIND * (traffic / whole) +
        across / (cell * inner.reduce((size, { extent }, i) => size * (extents[i] ?? extent), 1));
      if (!best || cost < best.cost) best = { sweeps, rows, inner: extents, window, traffic, cost };
    }
  return best && best.traffic < GAIN * whole ? best : undefined;
}

/** All ways to tile the inner members or to leave them whole. */
function choices(inner: readonly Measure[]): (readonly (number | undefined)[])[] {
  const [first, ...rest] = inner;
  if (!first) return [[]];
  const own = [undefined, ...EXTENTS.filter((x) => x < first.extent)];
  return choices(rest).flatMap((others) => own.map((extent) => [extent, ...others]));
}

interface Measure {
  readonly extent: number;
  /** How much further each sweep is than the next one. */
  readonly skew: number;
  /** How far reads are from the element that is written, to both sides together, and shifts between statements. */
  readonly reach: number;
}

function measure(member: BandMember, { statements }: Sweep): Measure {
  const found = statements.flatMap((s) => {
    const dim = dimAcross(member, s);
    return dim === undefined ? [] : [{ s, dim, row: member.rows.get(s.name)! }];
  });
  const shifts = found.map(({ row }) => row[0]!);
  return {
    extent: Math.max(...found.map(({ s, dim }) => extentOf(s, dim) ?? TYPICAL)),
    skew: Math.max(...found.map(({ s, row }) => Math.abs(coefficientOf(row, s, TIME)))),
    reach: Math.max(...shifts) - Math.min(...shifts) + Math.max(...found.map(({ s, dim }) => reachOf(s, dim))),
  };
}

/** The distance between the first and the last element that a point touches along a dim. */
function reachOf(statement: Statement, dim: number): number {
  const axis = writeOf(statement).indices.findIndex((row) => coefficientOf(row, statement, dim) !== 0);
  const offsets = readsOf(statement).map(({ indices }) => indices[axis]?.[0] ?? 0);
  return Math.max(0, ...offsets) - Math.min(0, ...offsets);
}

/** Bytes of an array for one step of all members across. */
function cellBytes(array: Value, { across, statements }: Sweep): number {
  const used = across.flatMap((member) => {
    const extents = statements.flatMap((s) => {
      const dim = dimAcross(member, s);
      const touches = s.accesses.some(
        (access) =>
          access.array === array && access.indices.some((row) => dim !== undefined && coefficientOf(row, s, dim) !== 0),
      );
      return dim !== undefined && touches ? [extentOf(s, dim) ?? TYPICAL] : [];
    });
    return extents.length === 0 ? [] : [Math.max(...extents)];
  });
  return used.reduce((bytes, extent) => bytes / extent, bytesOf(array.type as MemRefType));
}
