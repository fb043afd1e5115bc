/**
 * @file Scalar expansion: a scalar that each iteration of some loops writes before it reads becomes an array with an
 * element for each iteration, so that iterations no longer wait for each other.
 */

import type { Row } from "../../../ir/analysis/sets/linear.js";
import type { ElementType } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import { elementOf, type MemRefType } from "../../../ir/types.js";
import { type DimRange, rangeOfDim } from "./dim-ranges.js";
import type { PrivateArray, PrivateGroup } from "./privatise.js";
import type { ArrayAccess, Scop, Statement } from "./scop.js";

/** Makes storage of the shape. */
export type MakeArray = (shape: readonly number[], element: ElementType) => Value;

/** The scop with the scalars among `privates` expanded; what has no known range stays as it is. */
export function expandScalars(scop: Scop, privates: readonly PrivateArray[], make: MakeArray): Scop {
  let statements = scop.statements;
  for (const { array, groups } of privates) {
    if ((array.type as MemRefType).shape.length > 0) continue;
    for (const group of groups) statements = expandGroup(statements, array, group, make);
  }
  return { ...scop, statements };
}

function expandGroup(
  statements: readonly Statement[],
  array: Value,
  group: PrivateGroup,
  make: MakeArray,
): readonly Statement[] {
  const own = statements.filter((s) => group.statements.includes(s.name));
  const ranges = group.loops.map((_, k) => rangeOfLoop(own, group, k));
  if (ranges.some((r) => r === undefined)) return statements;
  const known = ranges as DimRange[];
  const expanded = make(
    known.map(({ low, high }) => Math.max(1, high - low + 1)),
    elementOf(array.type),
  );
  return statements.map((s) => (own.includes(s) ? withArray(s, array, expanded, indicesIn(s, group, known)) : s));
}

/** The loop's values over all statements, each of which has a dim for it. */
export function rangeOfLoop(own: readonly Statement[], { loops }: PrivateGroup, k: number): DimRange | undefined {
  const ranges = own.map((s) => {
    const dim = dimOfRow(s, loops[k]!.rows.get(s.name)!);
    return dim === undefined ? undefined : rangeOfDim(s, dim);
  });
  if (ranges.some((r) => r === undefined)) return undefined;
  const known = ranges as DimRange[];
  return { low: Math.min(...known.map((r) => r.low)), high: Math.max(...known.map((r) => r.high)) };
}

function dimOfRow({ dims }: Statement, row: Row): number | undefined {
  const used = row.map((x, k) => (x === 0 ? -1 : k)).filter((k) => k >= 0);
  const dim = used[0] === undefined ? -1 : used[0] - (row.length - dims.length);
  return used.length === 1 && dim >= 0 && row[used[0]!] === 1 ? dim : undefined;
}

/** The positions of a statement's copies along the loops. */
export function indicesIn(statement: Statement, { loops }: PrivateGroup, ranges: readonly DimRange[]): readonly Row[] {
  return loops.map(({ rows }, k) => rows.get(statement.name)!.with(0, -ranges[k]!.low));
}

/** The statement with copies in the place of an array; `copy` is which of them. */
export function withArray(statement: Statement, old: Value, array: Value, copy: readonly Row[]): Statement {
  const moved = new Map<ArrayAccess, ArrayAccess>();
  const accesses = statement.accesses.map((access) => {
    const made = access.array === old ? { ...access, array, indices: [...copy, ...access.indices] } : access;
    moved.set(access, made);
    return made;
  });
  const { reduction, ...rest } = statement;
  if (!reduction) return { ...rest, accesses };
  return { ...rest, accesses, reduction: { ...reduction, accumulator: moved.get(reduction.accumulator)! } };
}
