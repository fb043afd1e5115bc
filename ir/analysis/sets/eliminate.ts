/**
 * @file Eliminates a column from a basic set exactly: what is left is the shadow of the integer points, a union.
 * An equation leaves a congruence; a congruence is solved for the column; inequalities alone go by Fourier and Motzkin
 * where that is exact, else by the dark shadow and splinters of Pugh's Omega test (CACM 35(8), 1992).
 */

import { floorDivide, gcd } from "../../integer.js";
import { type Basic, type Congruence, normaliseBasic } from "./basic.js";
import {
  coefficient,
  combineRows,
  extendedGcd,
  offsetRow,
  type Row,
  scaleRow,
  type Work,
  withCoefficient,
} from "./linear.js";

/** The exact shadow along one column, which no longer occurs in the pieces; each is in normal form. */
export function eliminateColumn(basic: Basic, column: number, work: Work): Basic[] {
  const equation = smallestEquation(basic, column);
  if (equation !== undefined) return normal([substitute(basic, equation, column)], work);
  const touching = basic.congruences.filter((c) => coefficient(c.row, column) !== 0);
  const free = touching.length === 0 ? basic : solveCongruences(basic, touching, column);
  return shadow(free, column, work);
}

/** The exact shadow along several columns. */
export function eliminateColumns(basic: Basic, columns: readonly number[], work: Work): Basic[] {
  const left = columns.filter((column) => occurs(basic, column));
  if (left.length === 0) return normal([basic], work);
  const column = cheapestColumn(basic, left);
  const rest = left.filter((c) => c !== column);
  return eliminateColumn(basic, column, work).flatMap((piece) => eliminateColumns(piece, rest, work));
}

export function occurs(basic: Basic, column: number): boolean {
  const at = column + 1;
  return (
    basic.equations.some((row) => row[at] !== 0) ||
    basic.inequalities.some((row) => row[at] !== 0) ||
    basic.congruences.some(({ row }) => row[at] !== 0)
  );
}

/** The column whose elimination grows the set least: by an equation, then unbounded, then exact, then the rest. */
export function cheapestColumn(basic: Basic, columns: readonly number[]): number {
  let best = { column: columns[0]!, cost: Number.POSITIVE_INFINITY };
  for (const column of columns) {
    const cost = costOf(basic, column);
    if (cost < best.cost) best = { column, cost };
  }
  return best.column;
}

function costOf(basic: Basic, column: number): number {
  const equation = smallestEquation(basic, column);
  if (equation !== undefined) return Math.abs(coefficient(equation, column)) - 1e9;
  const { lower, upper } = sidesOf(basic, column);
  const congruent = basic.congruences.some((c) => coefficient(c.row, column) !== 0);
  const pairs = lower.length * upper.length;
  const exact = pairs === 0 || isExact(lower, upper, column);
  return pairs - lower.length - upper.length + (exact ? 0 : 1e6) + (congruent ? 1e3 : 0);
}

function smallestEquation(basic: Basic, column: number): Row | undefined {
  let best: Row | undefined;
  for (const row of basic.equations) {
    const size = Math.abs(coefficient(row, column));
    if (size !== 0 && (best === undefined || size < Math.abs(coefficient(best, column)))) best = row;
  }
  return best;
}

/** `c x + e = 0` put into all other constraints, scaled by |c|; that -e is a multiple of c remains as a congruence. */
function substitute(basic: Basic, equation: Row, column: number): Basic {
  const c = coefficient(equation, column);
  const [size, sign] = [Math.abs(c), Math.sign(c)];
  const put = (row: Row): Row => {
    const b = coefficient(row, column);
    return b === 0 ? row : combineRows(size, row, -sign * b, equation);
  };
  const congruences: Congruence[] = basic.congruences.map(({ row, modulus }) =>
    coefficient(row, column) === 0 ? { row, modulus } : { row: put(row), modulus: modulus * size },
  );
  if (size > 1) congruences.push({ row: withCoefficient(equation, column, 0), modulus: size });
  return {
    columns: basic.columns,
    equations: basic.equations.filter((row) => row !== equation).map(put),
    inequalities: basic.inequalities.map(put),
    congruences,
  };
}

/** Replaces the column by a fresh unknown that no congruence restricts; there is no equation on it. */
function solveCongruences(basic: Basic, touching: readonly Congruence[], column: number): Basic {
  const others = basic.congruences.filter((c) => !touching.includes(c));
  const [merged, rest] = mergeCongruences(touching, column);
  const a = coefficient(merged.row, column);
  const { g, s } = extendedGcd(a, merged.modulus);
  // a x + e = 0 mod m: g divides e, and g x = -s e + m y with y any integer.
  const e = withCoefficient(merged.row, column, 0);
  const solution = withCoefficient(scaleRow(-s, e), column, merged.modulus);
  const put = (row: Row): Row => {
    const b = coefficient(row, column);
    return b === 0 ? row : combineRows(g, withCoefficient(row, column, 0), b, solution);
  };
  const divides = g > 1 ? [{ row: e, modulus: g }] : [];
  return { ...basic, inequalities: basic.inequalities.map(put), congruences: [...others, ...rest, ...divides] };
}

/** One congruence on the column that, with those without the column, says what all said. */
function mergeCongruences(touching: readonly Congruence[], column: number): [Congruence, Congruence[]] {
  const rest: Congruence[] = [];
  let merged = touching[0]!;
  for (const next of touching.slice(1)) {
    const modulus = (merged.modulus / gcd(merged.modulus, next.modulus)) * next.modulus;
    let a: Row = scaleRow(modulus / merged.modulus, merged.row);
    let b: Row = scaleRow(modulus / next.modulus, next.row);
    while (coefficient(b, column) !== 0) {
      const quotient = Math.trunc(coefficient(a, column) / coefficient(b, column));
      [a, b] = [b, combineRows(1, a, -quotient, b)];
    }
    merged = { row: a, modulus };
    rest.push({ row: b, modulus });
  }
  return [merged, rest];
}

function sidesOf(
  basic: Basic,
  column: number,
): { readonly lower: Row[]; readonly upper: Row[]; readonly other: Row[] } {
  const sides = { lower: [] as Row[], upper: [] as Row[], other: [] as Row[] };
  for (const row of basic.inequalities) {
    const c = coefficient(row, column);
    (c > 0 ? sides.lower : c < 0 ? sides.upper : sides.other).push(row);
  }
  return sides;
}

function isExact(lower: readonly Row[], upper: readonly Row[], column: number): boolean {
  return lower.every((l) => coefficient(l, column) === 1) || upper.every((u) => coefficient(u, column) === -1);
}

/** The shadow where inequalities alone hold the column. */
function shadow(basic: Basic, column: number, work: Work): Basic[] {
  const { lower, upper, other } = sidesOf(basic, column);
  if (lower.length === 0 || upper.length === 0) return normal([{ ...basic, inequalities: other }], work);
  work.spend(lower.length * upper.length * (basic.columns + 1));
  const pairs = (slack: (b: number, a: number) => number): Basic => {
    const shadows = lower.flatMap((l) =>
      upper.map((u) => {
        const [b, a] = [coefficient(l, column), -coefficient(u, column)];
        return offsetRow(combineRows(a, l, b, u), -slack(b, a));
      }),
    );
    return { ...basic, inequalities: [...other, ...shadows] };
  };
  const real = pairs(() => 0);
  if (isExact(lower, upper, column)) return normal([real], work);
  if (normaliseBasic(real, work) === undefined) return [];
  const dark = pairs((b, a) => (a - 1) * (b - 1));
  return [...normal([dark], work), ...splinters(basic, lower, upper, column, work)];
}

/** The points close above a lower bound, which the dark shadow may miss. */
function splinters(basic: Basic, lower: readonly Row[], upper: readonly Row[], column: number, work: Work): Basic[] {
  const a = Math.max(...upper.map((u) => -coefficient(u, column)));
  return lower.flatMap((bound) => {
    const b = coefficient(bound, column);
    const last = floorDivide(a * b - a - b, a);
    const pieces: Basic[] = [];
    for (let i = 0; i <= last; i++) {
      const equation = offsetRow(bound, -i);
      pieces.push(
        ...normal([substitute({ ...basic, equations: [...basic.equations, equation] }, equation, column)], work),
      );
    }
    return pieces;
  });
}

function normal(basics: readonly Basic[], work: Work): Basic[] {
  return basics.flatMap((basic) => normaliseBasic(basic, work) ?? []);
}

/** Fourier and Motzkin over the rationals: a superset of the exact shadow, and one basic set. Congruences on it go. */
export function eliminateRationally(basic: Basic, columns: readonly number[], work: Work): Basic | undefined {
  let current = normaliseBasic(basic, work);
  let left = columns;
  while (current !== undefined && left.length > 0) {
    const column = cheapestColumn(current, left);
    left = left.filter((c) => c !== column);
    current = normaliseBasic(rationalShadow(current, column, work), work);
  }
  return current;
}

function rationalShadow(basic: Basic, column: number, work: Work): Basic {
  const free = { ...basic, congruences: basic.congruences.filter((c) => coefficient(c.row, column) === 0) };
  const equation = smallestEquation(free, column);
  if (equation !== undefined) return substitute(free, equation, column);
  const { lower, upper, other } = sidesOf(free, column);
  work.spend(lower.length * upper.length * (basic.columns + 1));
  const pairs = lower.flatMap((l) =>
    upper.map((u) => combineRows(-coefficient(u, column), l, coefficient(l, column), u)),
  );
  return { ...free, inequalities: [...other, ...pairs] };
}
