/** @file Linear independence of small integer rows. */

import { gcd } from "../../../../ir/integer.js";

/** Integer rows that span what is orthogonal to all of the given rows, each reduced to lowest terms. */
export function nullSpace(rows: readonly (readonly number[])[], columns: number): number[][] {
  const { reduced, pivots } = echelon(rows, columns);
  const free = Array.from({ length: columns }, (_, c) => c).filter((c) => !pivots.includes(c));
  return free.map((f) => {
    const scale = reduced.reduce((lcm, row, r) => (lcm * row[pivots[r]!]!) / (gcd(lcm, row[pivots[r]!]!) || 1), 1);
    const vector = new Array<number>(columns).fill(0);
    vector[f] = Math.abs(scale);
    reduced.forEach((row, r) => {
      vector[pivots[r]!] = (-row[f]! * Math.abs(scale)) / row[pivots[r]!]! + 0;
    });
    const content = vector.reduce((g, x) => gcd(g, x), 0);
    return vector.map((x) => x / content);
  });
}

export function rankOf(rows: readonly (readonly number[])[], columns: number): number {
  return echelon(rows, columns).pivots.length;
}

/** Gauss and Jordan over the integers: in the column of a pivot all other rows are 0. */
function echelon(rows: readonly (readonly number[])[], columns: number) {
  const reduced: number[][] = [];
  const pivots: number[] = [];
  for (const given of rows) {
    let row = [...given];
    reduced.forEach((known, r) => {
      row = cancel(row, known, pivots[r]!);
    });
    const pivot = row.slice(0, columns).findIndex((x) => x !== 0);
    if (pivot < 0) continue;
    for (let r = 0; r < reduced.length; r++) reduced[r] = cancel(reduced[r]!, row, pivot);
    reduced.push(row);
    pivots.push(pivot);
  }
  return { reduced, pivots };
}

function cancel(row: readonly number[], by: readonly number[], column: number): number[] {
  if (row[column] === 0) return [...row];
  const mixed = row.map((x, i) => x * by[column]! - by[i]! * row[column]! + 0);
  const content = mixed.reduce((g, x) => gcd(g, x), 0) || 1;
  return mixed.map((x) => x / content);
}
