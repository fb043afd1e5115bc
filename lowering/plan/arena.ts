/**
 * @file One arena for the allocations of a function: which byte each begins at, how many bytes in all, and how many no
 * plan could do without. Sizes known now are packed; sizes that the inputs decide take slots behind them; a size that
 * only data decides is packed at its limit where it has one, and stays an allocation of the run where it has none.
 */

import type { Context } from "../../ir/context.js";
import type { Dim } from "../../ir/dim.js";
import { elementFacts } from "../../ir/element.js";
import type { MemRefType } from "../../ir/types.js";
import type { Allocation } from "./lifetimes.js";
import { packBuffers } from "./pack.js";
import { alignDim, mostLive, packSymbolic } from "./pack-symbolic.js";

/** Of every buffer in an arena, in bytes. */
export const ARENA_ALIGNMENT = 64;

export interface ArenaPlan {
  /** Byte offsets of what is in the arena. */
  readonly offsets: ReadonlyMap<Allocation, Dim>;
  readonly total: Dim;
  readonly lowerBound: Dim;
}

/** `isKnown` says which symbols have values when the storage is made; those of the inputs, for the arena of a host. */
export function planArena(
  allocations: readonly Allocation[],
  isKnown: (symbol: string) => boolean,
  context: Context,
): ArenaPlan {
  const { dims } = context;
  const named = allocations.map((a, i) => ({
    allocation: a,
    id: String(i),
    size: reservedBytes(a.type, isKnown, context),
  }));
  const fixed = named.flatMap(({ allocation: { begin, end }, id, size }) =>
    typeof size === "number" ? [{ id, size, begin, end, alignment: ARENA_ALIGNMENT, space: "arena" }] : [],
  );
  const open = named.flatMap(({ allocation: { begin, end }, id, size }) =>
    size === undefined || typeof size === "number" ? [] : [{ id, size, begin, end }],
  );
  const packed = packBuffers(fixed);
  const slots = packSymbolic(open, ARENA_ALIGNMENT, dims);
  const { total, lowerBound: bound } = packed.spaces.get("arena") ?? { total: 0, lowerBound: 0 };
  const offsets = new Map<Allocation, Dim>();
  for (const { allocation, id } of named) {
    const slot = slots.offsets.get(id);
    const offset = packed.offsets.get(id) ?? (slot === undefined ? undefined : dims.add(total, slot));
    if (offset !== undefined) offsets.set(allocation, offset);
  }
  // With open sizes the bound is what is live at one step, of both kinds.
  const aligned = [...fixed, ...open].map((b) => ({ ...b, size: alignDim(b.size, ARENA_ALIGNMENT, dims) }));
  const lowerBound = open.length === 0 ? bound : mostLive(aligned, dims);
  return { offsets, total: dims.add(total, slots.total), lowerBound };
}

/** Bytes of a dense memref. */
export function bytesOf(type: MemRefType, { dims }: Context): Dim {
  return dims.mul(dims.product(type.shape), elementFacts[type.element].storageBytes);
}

/** Bytes to keep free for it: the most it can be, where data decides; `undefined` where that has no limit. */
function reservedBytes(type: MemRefType, isKnown: (symbol: string) => boolean, context: Context): Dim | undefined {
  const { dims } = context;
  const bytes = bytesOf(type, context);
  if (dims.symbolsOf(bytes).every(isKnown)) return bytes;
  const { max } = dims.bounds(bytes);
  return Number.isFinite(max) ? max : undefined;
}
