/** @file Rows of integer sets as index arithmetic: a row's value where its columns have values, and the bounds of a loop. */

import type { Basic } from "../../../../ir/analysis/sets/basic.js";
import { type Bound, boundsOf, eliminate } from "../../../../ir/analysis/sets/bounds.js";
import { withoutRedundant } from "../../../../ir/analysis/sets/feasibility.js";
import { coefficient, type Row, Work } from "../../../../ir/analysis/sets/linear.js";
import * as i from "../../../../ir/dialects/arith/integer.js";
import { ceilDivide, floorDivide } from "../../../../ir/integer.js";
import type { IndexArithmetic, Position } from "../../../structured/index-arithmetic.js";

/** What each column of a set is at some place of a program; `undefined` for columns that are not decided there. */
export type ColumnValues = readonly (Position | undefined)[];

/** The row at the values; every column that occurs must have one. */
export function rowAt(at: IndexArithmetic, row: Row, values: ColumnValues): Position {
  let sum: Position = row[0]!;
  for (let column = 0; column + 1 < row.length; column++) {
    const factor = coefficient(row, column);
    if (factor === 0) continue;
    const value = values[column];
    if (value === undefined) throw new Error(`column ${column} has no value here`);
    const known = typeof sum === "number" ? sum : undefined;
    if (factor === -1) sum = at.sub(sum, value);
    else if (known === 0) sum = at.mul(value, factor);
    else sum = at.add(at.mul(value, factor), sum);
  }
  return sum;
}

/** floor(x / divisor) of a number of either sign. */
export function floorAt(at: IndexArithmetic, x: Position, divisor: number): Position {
  if (divisor === 1) return x;
  if (typeof x === "number") return floorDivide(x, divisor);
  return at.b.value(i.floordivsi, { lhs: x, rhs: at.value(divisor) }, {});
}

/** ceil(x / divisor) of a number of either sign. */
export function ceilAt(at: IndexArithmetic, x: Position, divisor: number): Position {
  if (divisor === 1) return x;
  if (typeof x === "number") return ceilDivide(x, divisor);
  return at.b.value(i.ceildivsi, { lhs: x, rhs: at.value(divisor) }, {});
}

/** Bounds of a column that only use columns before it in the order of loops. */
export interface ColumnBounds {
  readonly column: number;
  readonly lower: readonly Bound[];
  readonly upper: readonly Bound[];
}

/**
 * Bounds of `column` where the `inner` ones are whatever they can be; `undefined` where the set is empty. Elimination is
 * rational: with coefficients of one it is exact, else the loop may have turns without a point.
 */
export function columnBounds(points: Basic, column: number, inner: readonly number[]): ColumnBounds | undefined {
  const shadow = eliminate(points, inner);
  const lean = shadow && withoutRedundant(shadow, new Work());
  return lean && { column, ...boundsOf(lean, column) };
}

/** From the lowest position on, up to but without the last one. */
export interface Extent {
  readonly from: Position;
  readonly to: Position;
}

/** `pick` decides which value of the columns each bound is taken at. */
export function extentAt(
  at: IndexArithmetic,
  { lower, upper }: ColumnBounds,
  pick: (bound: Bound, side: "lower" | "upper") => ColumnValues,
): Extent {
  const lows = lower.map((bound) => ceilAt(at, rowAt(at, bound.row, pick(bound, "lower")), bound.divisor));
  const highs = upper.map((bound) => floorAt(at, rowAt(at, bound.row, pick(bound, "upper")), bound.divisor));
  if (lows.length === 0 || highs.length === 0) throw new Error("a dim without a bound");
  return {
    from: lows.reduce((x, y) => at.max(x, y)),
    to: at.add(
      highs.reduce((x, y) => at.min(x, y)),
      1,
    ),
  };
}
