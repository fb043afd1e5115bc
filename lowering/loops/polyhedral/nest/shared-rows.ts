/** @file Reads that neighbouring rows of a nest share, as those of a stencil are. */

import { type ArrayAccess, readsOf, type Statement } from "../scop.js";

/** Farther rows are not side by side in one register tile. */
const NEAR = 3;

/** How many reads of a point come back as another read of a point some steps on along the dim. */
export function sharedReads(statement: Statement, dim: number): number {
  const reads = readsOf(statement);
  return reads.filter((read) => reads.some((other) => other !== read && isShifted(statement, read, other, dim))).length;
}

/** The one access is the other one a few steps on. */
function isShifted({ dims }: Statement, x: ArrayAccess, y: ArrayAccess, dim: number): boolean {
  if (x.array !== y.array) return false;
  for (let steps = 1; steps <= NEAR; steps++) {
    const isEqual = x.indices.every((row, axis) => {
      const moved = row[0]! + steps * row.at(dim - dims.length)!;
      return y.indices[axis]!.every((c, k) => c === (k === 0 ? moved : row[k]));
    });
    if (isEqual && x.indices.some((row) => row.at(dim - dims.length) !== 0)) return true;
  }
  return false;
}
