/**
 * @file Reads whose vectors overlap, as those of a stencil along the lanes do: what two vectors side by side hold between
 * them is taken from there, where a processor has one operation for it, instead of read again across two lines.
 */

import type { Value } from "../../../../ir/graph.js";
import type { ArrayAccess, Statement } from "../scop.js";
import { laneMotion } from "./lane-access.js";

/** A read that lies between two others along the lanes. */
export interface LaneNeighbour {
  readonly first: ArrayAccess;
  readonly last: ArrayAccess;
  /** Elements from the first read on, and from the first to the last one; both below a vector's. */
  readonly offset: number;
  readonly span: number;
}

/** Of the reads given, all but the first of each family that overlap, by the value of the read. */
export function laneNeighbours(
  { dims }: Statement,
  reads: readonly ArrayAccess[],
  lane: number,
  lanes: number,
): ReadonlyMap<Value, LaneNeighbour> {
  const families = new Map<string, ArrayAccess[]>();
  const arrays: Value[] = [];
  for (const read of reads) {
    const factors = read.indices.map((row) => row.at(lane - dims.length)!);
    if (laneMotion({ array: read.array, factors }) !== "contiguous") continue;
    if (!arrays.includes(read.array)) arrays.push(read.array);
    const place = read.indices.with(-1, [0, ...read.indices.at(-1)!.slice(1)]);
    const key = JSON.stringify([arrays.indexOf(read.array), place]);
    families.set(key, [...(families.get(key) ?? []), read]);
  }
  return new Map([...families.values()].flatMap((family) => neighboursIn(family, lanes)));
}

/** What is a vector or more behind the first of a family begins another one. */
function neighboursIn(reads: readonly ArrayAccess[], lanes: number): (readonly [Value, LaneNeighbour])[] {
  const at = (read: ArrayAccess): number => read.indices.at(-1)![0]!;
  const families: ArrayAccess[][] = [];
  for (const read of [...reads].sort((a, b) => at(a) - at(b))) {
    const family = families.at(-1);
    if (family && at(read) - at(family[0]!) < lanes) family.push(read);
    else families.push([read]);
  }
  return families.flatMap((family) => {
    const [first, last] = [family[0]!, family.at(-1)!];
    const others = family.filter((read) => at(read) > at(first));
    const span = at(last) - at(first);
    return others.map((read) => [read.op.result, { first, last, offset: at(read) - at(first), span }] as const);
  });
}
