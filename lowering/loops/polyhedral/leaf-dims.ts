/** @file The dims of a statement in terms of parameters and loop variables, where equations settle them. */

import { type Basic, normaliseBasic } from "../../../ir/analysis/sets/basic.js";
import type { Bound } from "../../../ir/analysis/sets/bounds.js";
import {
  coefficient,
  combineRows,
  type Row,
  scaleRow,
  Work,
  withCoefficient,
} from "../../../ir/analysis/sets/linear.js";
import { range } from "../../../ir/analysis/sets/space.js";
import { gcd } from "../../../ir/integer.js";

/** For each of the columns from `first` on its value as an exact quotient over those before; undefined where it is open. */
export function solvedDims(set: Basic, first: number): readonly (Bound | undefined)[] {
  const dims = range(first, set.columns - first);
  let rows: readonly Row[] = normaliseBasic(set, new Work())?.equations ?? set.equations;
  const pivots = new Map<number, Row>();
  for (const dim of dims) {
    const used = new Set(pivots.values());
    const size = (row: Row) => Math.abs(coefficient(row, dim));
    const [pivot] = rows.filter((row) => size(row) !== 0 && !used.has(row)).toSorted((a, b) => size(a) - size(b));
    if (pivot === undefined) continue;
    const reduced = new Map(rows.map((row) => [row, row === pivot ? row : reduce(row, pivot, dim)]));
    rows = [...reduced.values()];
    for (const [column, row] of pivots) pivots.set(column, reduced.get(row)!);
    pivots.set(dim, pivot);
  }
  return dims.map((dim) => {
    const row = pivots.get(dim);
    if (row === undefined || dims.some((other) => other !== dim && coefficient(row, other) !== 0)) return undefined;
    const c = coefficient(row, dim);
    const rest = withCoefficient(row, dim, 0);
    return { row: c < 0 ? rest : scaleRow(-1, rest), divisor: Math.abs(c) };
  });
}

/** The row without the column, by the pivot. */
function reduce(row: Row, pivot: Row, column: number): Row {
  const [a, p] = [coefficient(row, column), coefficient(pivot, column)];
  if (a === 0) return row;
  const combined = combineRows(p, row, -a, pivot);
  const content = combined.reduce((g, x) => gcd(g, x), 0);
  return content > 1 ? combined.map((x) => x / content) : combined;
}
