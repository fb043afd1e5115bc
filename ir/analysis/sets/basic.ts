/**
 * @file Basic sets: the integer points that satisfy all of some equations, inequalities and congruences.
 * There are no existential variables: eliminating one leaves congruences (eliminate.ts), so that every basic set can be
 * negated constraint by constraint. Quantifier-free Presburger arithmetic in disjunctive form is all of this library.
 * What `normaliseBasic` returns has coprime coefficients, integer-tight constants and no two parallel inequalities.
 */

import { floorDivide, gcd } from "../../integer.js";
import { RowsByDirection } from "./directions.js";
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
  const [equations, inequalities, congruences]: [Row[], Row[], Congruence[]] = [[], [], []];
  for (const constraint of constraints) {
    if (constraint.kind === "eq") equations.push(constraint.row);
    else if (constraint.kind === "ge") inequalities.push(constraint.row);
    else congruences.push(constraint);
  }
  return { columns, equations, inequalities, congruences };
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
  return {
    columns: a.columns,
    equations: [...a.equations, ...b.equations],
    inequalities: [...a.inequalities, ...b.inequalities],
    congruences: [...a.congruences, ...b.congruences],
  };
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

/** The greatest common divisor of all coefficients; 0 where there are none. */
function contentOf(row: Row): number {
  let content = 0;
  for (let i = 1; i < row.length && content !== 1; i++) content = gcd(content, row[i]!);
  return content;
}

/** The row over a divisor of all its coefficients, its constant rounded down. */
function overContent(row: Row, content: number): Row {
  return content === 1 ? row : row.map((x, i) => (i === 0 ? floorDivide(x, content) : x / content));
}

const leadingSign = (row: Row): number => Math.sign(row.find((x, i) => i > 0 && x !== 0) ?? 1);

/** The same points in normal form; undefined where a constraint alone, or two parallel ones, leave none. */
export function normaliseBasic(basic: Basic, work: Work): Basic | undefined {
  work.spend((basic.equations.length + basic.inequalities.length + basic.congruences.length) * (basic.columns + 1));
  const bounds = boundsByDirection(basic.inequalities);
  if (bounds === undefined) return undefined;
  const equal: Row[] = [...basic.equations];
  for (const row of bounds.rows()) {
    const opposite = bounds.get(row, -1);
    if (opposite === undefined) continue;
    if (opposite[0]! + row[0]! < 0) return undefined;
    if (opposite[0]! + row[0]! === 0) equal.push(row);
  }
  const equations = new RowsByDirection();
  for (const row of equal) {
    const content = contentOf(row);
    if (content === 0 ? row[0] !== 0 : row[0]! % content !== 0) return undefined;
    if (content === 0) continue;
    const normal = overContent(leadingSign(row) === 1 ? row : scaleRow(-1, row), content);
    const known = equations.get(normal);
    if (known !== undefined && known[0] !== normal[0]) return undefined;
    equations.set(normal);
    if (!meetsEquation(bounds, normal)) return undefined;
  }
  const congruences = normaliseCongruences(basic.congruences);
  if (congruences === undefined) return undefined;
  return { columns: basic.columns, equations: equations.rows(), inequalities: bounds.rows(), congruences };
}

/** The tightest inequality of each direction, in lowest terms; undefined where one is never true. */
function boundsByDirection(rows: readonly Row[]): RowsByDirection | undefined {
  const bounds = new RowsByDirection();
  for (const row of rows) {
    const content = contentOf(row);
    if (content === 0 && row[0]! < 0) return undefined;
    if (content === 0) continue;
    const tight = overContent(row, content);
    const known = bounds.get(tight);
    if (known === undefined || known[0]! > tight[0]!) bounds.set(tight);
  }
  return bounds;
}

/** Drops the inequalities parallel to an equation; false where one contradicts it. */
function meetsEquation(bounds: RowsByDirection, equation: Row): boolean {
  for (const sign of [1, -1] as const) {
    const bound = bounds.get(equation, sign);
    if (bound === undefined) continue;
    if (bound[0]! < sign * equation[0]!) return false;
    bounds.delete(equation, sign);
  }
  return true;
}

function normaliseCongruences(congruences: readonly Congruence[]): Congruence[] | undefined {
  const known: Congruence[] = [];
  for (const congruence of congruences) {
    const reduced = reduceRow(congruence.row, congruence.modulus);
    const content = gcd(contentOf(reduced), congruence.modulus);
    if (reduced[0]! % content !== 0) return undefined;
    const modulus = congruence.modulus / content;
    if (modulus === 1) continue;
    const row = overContent(reduced, content);
    if (!known.some((c) => c.modulus === modulus && c.row.every((x, i) => x === row[i]))) known.push({ row, modulus });
  }
  return known;
}
