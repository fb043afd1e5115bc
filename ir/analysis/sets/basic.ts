/**
 * @file Basic sets: the integer points that satisfy all of some equations, inequalities and congruences.
 * There are no existential variables: eliminating one leaves congruences (eliminate.ts), so that every basic set can be
 * negated constraint by constraint. Quantifier-free Presburger arithmetic in disjunctive form is all of this library.
 * What `normaliseBasic` returns has coprime coefficients, integer-tight constants and no two parallel inequalities.
 */

import { floorDivide, gcd } from "../../integer.js";
import { evaluateRow, offsetRow, type Row, reduceRow, scaleRow, type Work } from "./linear.js";

/** `row` is a multiple of `modulus`, which is at least 2. */
export interface Congruence {
  readonly row: Row;
  readonly modulus: number;
}

export interface Basic {
  /** The number of columns; every row has one entry more. */
  readonly columns: number;
  /** Rows that are 0. */
  readonly equations: readonly Row[];
  /** Rows that are at least 0. */
  readonly inequalities: readonly Row[];
  readonly congruences: readonly Congruence[];
}

export type Constraint =
  | { readonly kind: "eq"; readonly row: Row }
  | { readonly kind: "ge"; readonly row: Row }
  | { readonly kind: "mod"; readonly row: Row; readonly modulus: number };

export function universeBasic(columns: number): Basic {
  return { columns, equations: [], inequalities: [], congruences: [] };
}

export function basicOf(columns: number, constraints: readonly Constraint[]): Basic {
  return {
    columns,
    equations: constraints.flatMap((c) => (c.kind === "eq" ? [c.row] : [])),
    inequalities: constraints.flatMap((c) => (c.kind === "ge" ? [c.row] : [])),
    congruences: constraints.flatMap((c) => (c.kind === "mod" ? [{ row: c.row, modulus: c.modulus }] : [])),
  };
}

/** Equations first, then congruences, then inequalities. */
export function constraintsOf(basic: Basic): Constraint[] {
  return [
    ...basic.equations.map((row): Constraint => ({ kind: "eq", row })),
    ...basic.congruences.map(({ row, modulus }): Constraint => ({ kind: "mod", row, modulus })),
    ...basic.inequalities.map((row): Constraint => ({ kind: "ge", row })),
  ];
}

/** Both sets of constraints at once; not normalised. */
export function joinBasics(a: Basic, b: Basic): Basic {
  return basicOf(a.columns, [...constraintsOf(a), ...constraintsOf(b)]);
}

/** What holds exactly where the constraint does not, as alternatives that exclude each other. */
export function negate(constraint: Constraint, work: Work): Constraint[] {
  const { row } = constraint;
  if (constraint.kind === "ge") return [{ kind: "ge", row: offsetRow(scaleRow(-1, row), -1) }];
  if (constraint.kind === "eq") {
    return [
      { kind: "ge", row: offsetRow(row, -1) },
      { kind: "ge", row: offsetRow(scaleRow(-1, row), -1) },
    ];
  }
  const { modulus } = constraint;
  work.spend(modulus * row.length);
  return Array.from({ length: modulus - 1 }, (_, i) => ({ kind: "mod", row: offsetRow(row, -1 - i), modulus }));
}

/** Column i of `basic` becomes column `target[i]` of `columns`; a column without a target must not occur. */
export function remapBasic(basic: Basic, columns: number, target: readonly (number | undefined)[]): Basic {
  const remap = (row: Row) => {
    const moved = new Array<number>(columns + 1).fill(0);
    moved[0] = row[0]!;
    for (let i = 0; i < basic.columns; i++) {
      const [to, value] = [target[i], row[i + 1]!];
      if (value === 0) continue;
      if (to === undefined) throw new Error(`column ${i} still occurs`);
      moved[to + 1] = moved[to + 1]! + value;
    }
    return moved;
  };
  return {
    columns,
    equations: basic.equations.map(remap),
    inequalities: basic.inequalities.map(remap),
    congruences: basic.congruences.map(({ row, modulus }) => ({ row: remap(row), modulus })),
  };
}

export function basicContains(basic: Basic, point: readonly number[]): boolean {
  return (
    basic.equations.every((row) => evaluateRow(row, point) === 0) &&
    basic.inequalities.every((row) => evaluateRow(row, point) >= 0) &&
    basic.congruences.every(({ row, modulus }) => evaluateRow(row, point) % modulus === 0)
  );
}

const contentOf = (row: Row): number => row.reduce((g, x, i) => (i === 0 ? g : gcd(g, x)), 0);
const leadingSign = (row: Row): number => Math.sign(row.find((x, i) => i > 0 && x !== 0) ?? 1);
const directionOf = (row: Row): string => row.slice(1).join();

/** The same points in normal form; undefined where a constraint alone, or two parallel ones, leave none. */
export function normaliseBasic(basic: Basic, work: Work): Basic | undefined {
  work.spend((basic.equations.length + basic.inequalities.length + basic.congruences.length) * (basic.columns + 1));
  const equations = new Map<string, Row>();
  const bounds = boundsByDirection(basic.inequalities);
  if (bounds === undefined) return undefined;
  const equal: Row[] = [...basic.equations];
  for (const row of bounds.values()) {
    const opposite = bounds.get(directionOf(scaleRow(-1, row)));
    if (opposite === undefined) continue;
    if (opposite[0]! + row[0]! < 0) return undefined;
    if (opposite[0]! + row[0]! === 0) equal.push(row);
  }
  for (const row of equal) {
    const content = contentOf(row);
    if (content === 0 ? row[0] !== 0 : row[0]! % content !== 0) return undefined;
    if (content === 0) continue;
    const normal = scaleRow(leadingSign(row), row).map((x) => x / content);
    const direction = directionOf(normal);
    if (equations.has(direction) && equations.get(direction)![0] !== normal[0]) return undefined;
    equations.set(direction, normal);
    if (!meetsEquation(bounds, normal)) return undefined;
  }
  const congruences = normaliseCongruences(basic.congruences);
  if (congruences === undefined) return undefined;
  return {
    columns: basic.columns,
    equations: [...equations.values()],
    inequalities: [...bounds.values()],
    congruences,
  };
}

/** The tightest inequality of each direction, in lowest terms; undefined where one is never true. */
function boundsByDirection(rows: readonly Row[]): Map<string, Row> | undefined {
  const bounds = new Map<string, Row>();
  for (const row of rows) {
    const content = contentOf(row);
    if (content === 0 && row[0]! < 0) return undefined;
    if (content === 0) continue;
    const tight = row.map((x, i) => (i === 0 ? floorDivide(x, content) : x / content));
    const direction = directionOf(tight);
    const known = bounds.get(direction);
    if (known === undefined || known[0]! > tight[0]!) bounds.set(direction, tight);
  }
  return bounds;
}

/** Drops the inequalities parallel to an equation; false where one contradicts it. */
function meetsEquation(bounds: Map<string, Row>, equation: Row): boolean {
  for (const sign of [1, -1]) {
    const row = scaleRow(sign, equation);
    const bound = bounds.get(directionOf(row));
    if (bound === undefined) continue;
    if (bound[0]! < row[0]!) return false;
    bounds.delete(directionOf(row));
  }
  return true;
}

function normaliseCongruences(congruences: readonly Congruence[]): Congruence[] | undefined {
  const known = new Map<string, Congruence>();
  for (const congruence of congruences) {
    const reduced = reduceRow(congruence.row, congruence.modulus);
    const content = gcd(contentOf(reduced), congruence.modulus);
    if (reduced[0]! % content !== 0) return undefined;
    const modulus = congruence.modulus / content;
    if (modulus === 1) continue;
    const row = reduced.map((x) => x / content);
    known.set(`${row.join()}%${modulus}`, { row, modulus });
  }
  return [...known.values()];
}
