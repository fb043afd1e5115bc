/**
 * @file The corners of a basic set, in floating point: what is linear and holds at the corners holds between them.
 * Used to propose schedules only; a set without corners, or with too many, gives none.
 */

import type { Basic } from "../../../../ir/analysis/sets/basic.js";
import type { Row } from "../../../../ir/analysis/sets/linear.js";

const EPSILON = 1e-7;
const MOST_CHOICES = 20_000;

/** Points with a value per column, where the first columns have the given values. */
export function verticesOf(basic: Basic, fixed: readonly number[]): number[][] {
  const fix = (row: Row) => {
    const constant = fixed.reduce((sum, value, i) => sum + value * row[i + 1]!, row[0]!);
    return [constant, ...row.slice(fixed.length + 1)];
  };
  const columns = basic.columns - fixed.length;
  const solved = solve(basic.equations.map(fix), columns);
  if (solved === undefined) return [];
  const { free, values } = solved;
  const put = (row: readonly number[]) => {
    const reduced = new Array<number>(free.length + 1).fill(0);
    reduced[0] = row[0]!;
    values.forEach((value, column) => {
      value.forEach((v, i) => {
        reduced[i] = reduced[i]! + row[column + 1]! * v;
      });
    });
    return reduced;
  };
  const rows = tightest(basic.inequalities.map((row) => put(fix(row))));
  if (rows === undefined || choices(rows.length, free.length) > MOST_CHOICES) return [];
  return corners(rows, free.length).map((corner) => [
    ...fixed,
    ...values.map((value) => value.slice(1).reduce((sum, v, i) => sum + v * corner[i]!, value[0]!)),
  ]);
}

const choices = (n: number, k: number): number => {
  let count = 1;
  for (let i = 0; i < k; i++) count = (count * (n - i)) / (i + 1);
  return count;
};

/** Each column as a constant and a sum of the free columns; undefined where the equations have no solution. */
function solve(equations: number[][], columns: number) {
  const rows: number[][] = [];
  const pivots: number[] = [];
  for (const equation of equations) {
    const row = [...equation];
    rows.forEach((known, r) => subtract(row, row[pivots[r]! + 1]!, known));
    const pivot = largest(row);
    if (pivot === undefined) {
      if (Math.abs(row[0]!) > EPSILON) return undefined;
      continue;
    }
    const scale = row[pivot + 1]!;
    const unit = row.map((x) => x / scale);
    for (const known of rows) subtract(known, known[pivot + 1]!, unit);
    rows.push(unit);
    pivots.push(pivot);
  }
  const free = Array.from({ length: columns }, (_, c) => c).filter((c) => !pivots.includes(c));
  const values = Array.from({ length: columns }, (_, c) => {
    const r = pivots.indexOf(c);
    if (r < 0) return [0, ...free.map((f) => (f === c ? 1 : 0))];
    return [-rows[r]![0]!, ...free.map((f) => -rows[r]![f + 1]!)];
  });
  return { free, values };
}

function largest(row: readonly number[]): number | undefined {
  let [at, size]: [number | undefined, number] = [undefined, EPSILON];
  for (let i = 1; i < row.length; i++) if (Math.abs(row[i]!) > size) [at, size] = [i - 1, Math.abs(row[i]!)];
  return at;
}

function subtract(row: number[], factor: number, other: readonly number[]): void {
  if (factor === 0) return;
  for (let i = 0; i < row.length; i++) row[i] = row[i]! - factor * other[i]!;
}

/** The tightest of parallel inequalities; undefined where one is never true. */
function tightest(rows: readonly number[][]): number[][] | undefined {
  const known = new Map<string, number[]>();
  for (const row of rows) {
    const pivot = largest(row);
    if (pivot === undefined) {
      if (row[0]! < -EPSILON) return undefined;
      continue;
    }
    const size = Math.abs(row[pivot + 1]!);
    const unit = row.map((x) => x / size);
    const key = unit
      .slice(1)
      .map((x) => Math.round(x * 1e6))
      .join();
    const other = known.get(key);
    if (other === undefined || other[0]! > unit[0]!) known.set(key, unit);
  }
  return [...known.values()];
}

/** All points where as many of the rows as there are columns are 0 and no row is negative. */
function corners(rows: readonly number[][], columns: number): number[][] {
  const found = new Map<string, number[]>();
  const chosen: number[][] = [];
  const visit = (from: number): void => {
    if (chosen.length === columns) {
      const solved = solve(chosen, columns);
      if (solved === undefined || solved.free.length > 0) return;
      const point = solved.values.map((value) => value[0]!);
      const inside = rows.every((row) => point.reduce((sum, x, i) => sum + x * row[i + 1]!, row[0]!) >= -1e-5);
      if (inside) found.set(point.map((x) => Math.round(x * 1e3)).join(), point);
      return;
    }
    for (let i = from; i <= rows.length - (columns - chosen.length); i++) {
      chosen.push(rows[i]!);
      visit(i + 1);
      chosen.pop();
    }
  };
  visit(0);
  return [...found.values()];
}
