/**
 * @file Loop bounds from basic sets: what a column is at least and at most, in terms of the columns that are left.
 * Elimination is rational here, so bounds may admit values whose inner loops are empty, and never miss a point.
 */

import type { Basic } from "./basic.js";
import { eliminateRationally } from "./eliminate.js";
import { coefficient, type Row, scaleRow, Work, withCoefficient } from "./linear.js";

/** `row / divisor`, rounded up in a lower bound and down in an upper one; the row does not use the column bounded. */
export interface Bound {
  readonly row: Row;
  readonly divisor: number;
}

export interface Bounds {
  /** The column is at least ceil(row / divisor) of each. */
  readonly lower: readonly Bound[];
  /** The column is at most floor(row / divisor) of each. */
  readonly upper: readonly Bound[];
}

/** A superset without the columns (Fourier and Motzkin over the rationals); undefined when it is empty. */
export function eliminate(basic: Basic, columns: readonly number[], work = new Work()): Basic | undefined {
  return eliminateRationally(basic, columns, work);
}

/** The bounds of a column that the constraints state themselves; eliminate inner columns first. */
export function boundsOf(basic: Basic, column: number): Bounds {
  const opposite = basic.equations.map((row) => scaleRow(-1, row));
  const lower: Bound[] = [];
  const upper: Bound[] = [];
  for (const row of [...basic.equations, ...opposite, ...basic.inequalities]) {
    const c = coefficient(row, column);
    const rest = withCoefficient(row, column, 0);
    if (c > 0) lower.push({ row: scaleRow(-1, rest), divisor: c });
    if (c < 0) upper.push({ row: rest, divisor: -c });
  }
  return { lower, upper };
}
