/** @file One loop over the values that regions allow: its first and last position, its step, or its only value. */

import type { Basic, Congruence } from "../../../ir/analysis/sets/basic.js";
import { type Bound, boundsOf } from "../../../ir/analysis/sets/bounds.js";
import {
  coefficient,
  extendedGcd,
  offsetRow,
  type Row,
  scaleRow,
  withCoefficient,
} from "../../../ir/analysis/sets/linear.js";
import type { Builder } from "../../../ir/builder.js";
import { floorModulo } from "../../../ir/integer.js";
import { IndexArithmetic, type Position } from "../../structured/index-arithmetic.js";
import { surelyImplies, uses } from "./cautious-sets.js";
import { positionModulo, positionOfBound, positionOfRow } from "./index-rows.js";

/** The column is `start` modulo `step`. */
export interface Stride {
  readonly step: number;
  readonly start: Row;
}

/** The equation that alone settles the column, as `divisor * column = row`. */
export function onlyValue(basic: Basic, column: number): Bound | undefined {
  const equations = basic.equations.filter((row) => coefficient(row, column) !== 0);
  const size = (row: Row) => Math.abs(coefficient(row, column));
  const [first] = equations.toSorted((a, b) => size(a) - size(b));
  if (first === undefined) return undefined;
  const rest = withCoefficient(first, column, 0);
  const c = coefficient(first, column);
  return { row: c < 0 ? rest : scaleRow(-1, rest), divisor: Math.abs(c) };
}

/** The widest step that all sets imply. */
export function commonStride(sets: readonly Basic[], column: number): Stride | undefined {
  const [first, ...others] = sets;
  const solved = (first?.congruences ?? [])
    .filter((c) => uses(c, column))
    .toSorted((a, b) => b.modulus - a.modulus)
    .find((c) => isSolvable(c, column) && others.every((set) => surelyImplies(set, { kind: "mod", ...c })));
  return solved && strideOf(solved, column);
}

const isSolvable = ({ row, modulus }: Congruence, column: number): boolean =>
  extendedGcd(coefficient(row, column), modulus).g === 1;

/** a x + e = 0 modulo m with a s = 1: x = -s e. */
function strideOf({ row, modulus }: Congruence, column: number): Stride {
  const { s } = extendedGcd(coefficient(row, column), modulus);
  const e = withCoefficient(row, column, 0);
  return { step: modulus, start: scaleRow(-s, e).map((x) => floorModulo(x, modulus)) };
}

/** The congruence that a stride is. */
export function congruenceOf(stride: Stride, column: number): Congruence {
  return { row: withCoefficient(stride.start, column, -1), modulus: stride.step };
}

export interface Span {
  readonly first: Position;
  /** No longer reached. */
  readonly end: Position;
}

/**
 * From the least to the greatest value in any of the sets, each of which bounds the column on both sides, and within
 * `common`, which holds them all: where some of them are empty their bounds say nothing.
 */
export function spanOf(
  b: Builder,
  sets: readonly Basic[],
  common: Basic,
  columns: readonly Position[],
  stride: Stride | undefined,
): Span {
  const index = new IndexArithmetic(b);
  const column = common.columns - 1;
  const bounds = sets.map((set) => boundsOf(set, column));
  if (bounds.some((x) => x.lower.length === 0 || x.upper.length === 0)) throw new Error("a loop has no bounds");
  const shared = boundsOf(common, column);
  const from = (bound: Bound) => positionOfBound(b, bound, "up", columns);
  const behind = ({ row, divisor }: Bound) =>
    positionOfBound(b, { row: offsetRow(row, divisor), divisor }, "down", columns);
  const max = extremeBy(Math.max, (x, y) => index.max(x, y));
  const min = extremeBy(Math.min, (x, y) => index.min(x, y));
  const lows = needed(
    bounds.map((x) => x.lower),
    shared.lower,
  );
  const highs = needed(
    bounds.map((x) => x.upper),
    shared.upper,
  );
  const lowest = lows.map((lower) => max(lower.map(from)));
  const highest = highs.map((upper) => min(upper.map(behind)));
  const first = max([...(lowest.length === 0 ? [] : [min(lowest)]), ...shared.lower.map(from)]);
  const end = min([...(highest.length === 0 ? [] : [max(highest)]), ...shared.upper.map(behind)]);
  if (stride === undefined) return { first, end };
  const start = positionOfRow(b, stride.start, columns);
  return { first: index.add(first, positionModulo(b, index.sub(start, first), stride.step)), end };
}

/** The lists of bounds to choose between beside the shared ones: none where these are all that one of the sets has. */
function needed(lists: readonly (readonly Bound[])[], shared: readonly Bound[]): (readonly Bound[])[] {
  const known = new Set(shared.map((bound) => JSON.stringify(bound)));
  return lists.some((list) => list.every((bound) => known.has(JSON.stringify(bound)))) ? [] : distinct(lists);
}

function distinct(lists: readonly (readonly Bound[])[]): (readonly Bound[])[] {
  const byText = new Map(lists.map((list) => [JSON.stringify(list), list]));
  return [...byText.values()];
}

/** The extreme of some positions, numbers taken together first. */
function extremeBy(known: (...xs: number[]) => number, two: (x: Position, y: Position) => Position) {
  return (positions: readonly Position[]): Position => {
    const numbers = positions.filter((x) => typeof x === "number");
    const values = [...new Set(positions.filter((x) => typeof x !== "number"))];
    const all: Position[] = numbers.length === 0 ? values : [...values, known(...numbers)];
    return all.reduce(two);
  };
}
