/**
 * @file How many integer points a set has, exactly. Columns that no constraint ties together are counted apart; of those
 * tied together one takes all of its values in turn, the one without which the others fall apart.
 */

import { ceilDivide, floorDivide, gcd } from "../../integer.js";
import { type Basic, basicOf, type Constraint, constraintsOf, normaliseBasic } from "./basic.js";
import { type Bound, boundsOf, eliminate } from "./bounds.js";
import { eliminateColumn } from "./eliminate.js";
import { withoutRedundant } from "./feasibility.js";
import { checked, coefficient, evaluateRow, type Row, type Work } from "./linear.js";
import { nothing, type Relation, subtract } from "./relation.js";

/** The points of a set without parameters, each once; `undefined` where there is no end to them. Throws `SetsTooLarge`. */
export function countPoints({ space, basics }: Relation, work: Work): number | undefined {
  let total = 0;
  let seen = nothing(space);
  for (const basic of basics) {
    const fresh = seen.basics.length === 0 ? [basic] : subtract({ space, basics: [basic] }, seen, work).basics;
    const columns = Array.from({ length: basic.columns }, (_, c) => c);
    for (const piece of fresh) {
      // What others imply ties columns together that need not be.
      const simple = columns.length > 2 ? withoutRedundant(piece, work) : piece;
      const count = simple === undefined ? 0 : countOver(simple, columns, work);
      if (count === undefined) return undefined;
      total = checked(total + count);
    }
    seen = { space, basics: [...seen.basics, basic] };
  }
  return total;
}

/** The values of the columns; all others must not occur. */
function countOver(basic: Basic, columns: readonly number[], work: Work): number | undefined {
  const normal = normaliseBasic(basic, work);
  if (normal === undefined) return 0;
  const [equation] = normal.equations;
  if (equation !== undefined) {
    // The others decide this column, so nothing is lost without it.
    const decided = columns.find((c) => coefficient(equation, c) !== 0)!;
    const rest = columns.filter((c) => c !== decided);
    return sumOf(eliminateColumn(normal, decided, work).map((piece) => countOver(piece, rest, work)));
  }
  let product = 1;
  for (const group of tiedTogether(normal, columns)) {
    const own = onlyOn(normal, group);
    const count = group.length === 1 ? countColumn(own, group[0]!, work) : countGroup(own, group, work);
    if (count === 0) return 0;
    if (count === undefined) return undefined;
    product = checked(product * count);
  }
  return product;
}

const sumOf = (counts: readonly (number | undefined)[]): number | undefined =>
  counts.reduce<number | undefined>((a, b) => (a === undefined || b === undefined ? undefined : checked(a + b)), 0);

function rowsOf(basic: Basic): Row[] {
  return constraintsOf(basic).map((c) => c.row);
}

/** Columns by the constraints that they share; each column is in one group. */
function tiedTogether(basic: Basic, columns: readonly number[]): number[][] {
  let groups = columns.map((c) => [c]);
  for (const row of rowsOf(basic)) {
    const touched = groups.filter((group) => group.some((c) => coefficient(row, c) !== 0));
    if (touched.length > 1) groups = [...groups.filter((group) => !touched.includes(group)), touched.flat()];
  }
  return groups;
}

function onlyOn(basic: Basic, columns: readonly number[]): Basic {
  const touches = ({ row }: Constraint): boolean => columns.some((c) => coefficient(row, c) !== 0);
  return basicOf(basic.columns, constraintsOf(basic).filter(touches));
}

interface Range {
  readonly low: number;
  readonly high: number;
}

/** Between which numbers a column is, where the constraints have no other. */
function rangeOf(basic: Basic, column: number): Range | undefined {
  const { lower, upper } = boundsOf(basic, column);
  if (lower.length === 0 || upper.length === 0) return undefined;
  return {
    low: Math.max(...lower.map(({ row, divisor }) => -floorDivide(-row[0]!, divisor))),
    high: Math.min(...upper.map(({ row, divisor }) => floorDivide(row[0]!, divisor))),
  };
}

/** Values of a column alone: its range, less what congruences leave out, which repeats. */
function countColumn(basic: Basic, column: number, work: Work): number | undefined {
  const range = rangeOf(basic, column);
  if (range === undefined) return undefined;
  const { low, high } = range;
  if (high < low) return 0;
  const period = basic.congruences.reduce((p, { modulus }) => checked((p / gcd(p, modulus)) * modulus), 1);
  work.spend(1 + 2 * period * basic.congruences.length);
  const point = new Array<number>(basic.columns).fill(0);
  const among = (first: number, count: number): number => {
    if (period === 1) return count;
    let found = 0;
    for (let x = first; x < first + count; x++) {
      point[column] = x;
      if (basic.congruences.every(({ row, modulus }) => evaluateRow(row, point) % modulus === 0)) found++;
    }
    return found;
  };
  const [turns, rest] = [Math.floor((high - low + 1) / period), (high - low + 1) % period];
  return checked(turns === 0 ? 0 : turns * among(low, period)) + among(low, rest);
}

/** Values of columns that are tied together: one after the other of the column that ties them most. */
function countGroup(basic: Basic, columns: readonly number[], work: Work): number | undefined {
  const others = (column: number): number[] => columns.filter((c) => c !== column);
  const largestWithout = (column: number): number => {
    const free = tiedTogether(without(basic, column), others(column));
    return Math.max(...free.map((group) => group.length));
  };
  const shadows = columns.flatMap((column) => {
    const shadow = eliminate(basic, others(column), work);
    const range = shadow && rangeOf(shadow, column);
    return range ? [{ column, range, size: largestWithout(column) }] : shadow ? [] : [undefined];
  });
  if (shadows.includes(undefined)) return 0;
  const [best] = shadows
    .flatMap((x) => x ?? [])
    .sort((a, b) => a.size - b.size || a.range.high - a.range.low - (b.range.high - b.range.low));
  if (best === undefined) return undefined;
  if (best.size === 1) {
    const quick = sumOfProducts(basic, best, others(best.column), work);
    if (quick !== undefined) return quick;
  }
  let total = 0;
  for (let x = best.range.low; x <= best.range.high; x++) {
    const count = countOver(fixed(basic, best.column, x), others(best.column), work);
    if (count === undefined) return undefined;
    total = checked(total + count);
  }
  return total;
}

/** Where all others are apart once one column has its value: products of lengths of ranges. `undefined` with congruences. */
function sumOfProducts(
  basic: Basic,
  { column, range }: { readonly column: number; readonly range: Range },
  others: readonly number[],
  work: Work,
): number | undefined {
  const bounds = others.map((c) => boundsOf(basic, c));
  const isOpen = bounds.some(({ lower, upper }) => lower.length === 0 || upper.length === 0);
  if (isOpen || basic.congruences.length > 0) return undefined;
  const at = ({ row, divisor }: Bound, x: number, round: (a: number, b: number) => number): number =>
    round(checked(row[0]! + checked(coefficient(row, column) * x)), divisor);
  const perValue = bounds.reduce((sum, { lower, upper }) => sum + lower.length + upper.length, 1);
  let total = 0;
  for (let x = range.low; x <= range.high; x++) {
    work.spend(perValue);
    let product = 1;
    for (const { lower, upper } of bounds) {
      let [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
      for (const bound of lower) low = Math.max(low, at(bound, x, ceilDivide));
      for (const bound of upper) high = Math.min(high, at(bound, x, floorDivide));
      product = checked(product * Math.max(0, high - low + 1));
    }
    total = checked(total + product);
  }
  return total;
}

const replaced = (basic: Basic, put: (row: Row) => Row): Basic => ({
  columns: basic.columns,
  equations: basic.equations.map(put),
  inequalities: basic.inequalities.map(put),
  congruences: basic.congruences.map(({ row, modulus }) => ({ row: put(row), modulus })),
});

/** As if the column had a number for its value. */
function without(basic: Basic, column: number): Basic {
  return replaced(basic, (row) => row.map((x, i) => (i === column + 1 ? 0 : x)));
}

function fixed(basic: Basic, column: number, value: number): Basic {
  return replaced(basic, (row) => {
    const constant = checked(row[0]! + checked(coefficient(row, column) * value));
    return row.map((x, i) => (i === 0 ? constant : i === column + 1 ? 0 : x));
  });
}
