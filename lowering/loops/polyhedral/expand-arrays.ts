/**
 * @file Array expansion: an array that each iteration of some loops writes whole before it reads it gets a copy for each
 * iteration of the inner ones of those loops, so that these no longer wait for each other. The outer ones share copies, which
 * keeps them in a cache.
 */

import { basicOf, type Constraint, constraintsOf, remapBasic } from "../../../ir/analysis/sets/basic.js";
import { SetsTooLarge, Work } from "../../../ir/analysis/sets/linear.js";
import { isSubset, type Relation, rangeOf, union, withParams } from "../../../ir/analysis/sets/relation.js";
import { columnsOfSpace, mapSpace, range, setSpace, type Tuple } from "../../../ir/analysis/sets/space.js";
import type { Value } from "../../../ir/graph.js";
import { elementOf, type MemRefType } from "../../../ir/types.js";
import type { CpuDescription } from "../../../machine/cpu.js";
import { bytesOf } from "./array-bytes.js";
import type { DimRange } from "./dim-ranges.js";
import { indicesIn, type MakeArray, rangeOfLoop, withArray } from "./expand-scalars.js";
import type { PrivateArray, PrivateGroup } from "./privatise.js";
import type { BandMember } from "./schedule-tree.js";
import { type Scop, type Statement, writeOf } from "./scop.js";

export interface ArrayCopies {
  readonly array: Value;
  /** Of the array's shape behind an axis for each loop. */
  readonly copies: Value;
  /** The copy that holds the array's values when all loops are done. */
  readonly last: readonly number[];
  readonly bytes: number;
}

/** What is not private in one group, whole in its last iteration, or too large a second time stays as it is. */
export function expandArrays(
  scop: Scop,
  privates: readonly PrivateArray[],
  cpu: CpuDescription,
  make: MakeArray,
): { readonly scop: Scop; readonly copies: readonly ArrayCopies[] } {
  const made: ArrayCopies[] = [];
  let { statements } = scop;
  for (const { array, groups } of privates) {
    const [group, ...others] = groups;
    const { shape } = array.type as MemRefType;
    if (!group || others.length > 0 || !shape.every((size) => typeof size === "number")) continue;
    const own = statements.filter((s) => group.statements.includes(s.name));
    const ranges = group.loops.map((_, k) => rangeOfLoop(own, group, k)).filter((r) => r !== undefined);
    if (ranges.length < group.loops.length || !isWholeAtLast(scop, own, array, group.loops, ranges)) continue;
    const count = innerLoops(array, ranges, own, cpu);
    if (count === 0) continue;
    const inner: PrivateGroup = { ...group, loops: group.loops.slice(-count) };
    const known = ranges.slice(-count);
    const extents = known.map(({ low, high }) => high - low + 1);
    const copies = make([...extents, ...shape], elementOf(array.type));
    statements = statements.map((s) => (own.includes(s) ? withArray(s, array, copies, indicesIn(s, inner, known)) : s));
    made.push({ array, copies, last: extents.map((x) => x - 1), bytes: bytesOf(copies.type as MemRefType) });
  }
  return { scop: { ...scop, statements }, copies: made };
}

/** As many loops as leave the copies in half of the second cache; one where they are no larger than another array there. */
function innerLoops(array: Value, ranges: readonly DimRange[], own: readonly Statement[], cpu: CpuDescription): number {
  const bytes = (count: number): number =>
    ranges
      .slice(-count)
      .reduce((x, { low, high }) => x * Math.max(0, high - low + 1), bytesOf(array.type as MemRefType));
  let count = 0;
  while (count < ranges.length && bytes(count + 1) <= cpu.caches.l2 / 2) count++;
  if (count > 0 || ranges.length === 0) return count;
  const others = own.flatMap((s) => s.accesses.map((access) => bytesOf(access.array.type as MemRefType)));
  return bytes(1) <= Math.max(...others) ? 1 : 0;
}

/** Whether the iteration in which every loop has its highest value, and which is the last one then, writes all elements. */
function isWholeAtLast(
  scop: Scop,
  own: readonly Statement[],
  array: Value,
  loops: readonly BandMember[],
  ranges: readonly DimRange[],
): boolean {
  const { shape } = array.type as MemRefType;
  const params = scop.parameters.map(({ name }) => name);
  const element: Tuple = { name: "", dims: shape.map((_, axis) => `e${axis}`) };
  const columns = params.length + shape.length;
  const inside = shape.flatMap((size, axis): Constraint[] => {
    const row = new Array<number>(columns + 1).fill(0).with(params.length + axis + 1, 1);
    return [
      { kind: "ge", row },
      { kind: "ge", row: row.map((x) => -x).with(0, (size as number) - 1) },
    ];
  });
  const whole: Relation = { space: setSpace(params, element), basics: [basicOf(columns, inside)] };
  const work = new Work(QUESTION_WORK);
  try {
    const written = own
      .filter((s) => writeOf(s).array === array)
      .map((s) => rangeOf(writtenAt(s, params, element, loops, ranges), work));
    const [first, ...rest] = written;
    return first !== undefined && isSubset(whole, rest.reduce(union, first), work);
  } catch (error) {
    if (error instanceof SetsTooLarge) return false;
    throw error;
  }
}

const QUESTION_WORK = 400_000;

/** `{ S[dims] -> [element] }` in the last iteration. */
function writtenAt(
  statement: Statement,
  params: readonly string[],
  element: Tuple,
  loops: readonly BandMember[],
  ranges: readonly DimRange[],
): Relation {
  const { name, dims } = statement;
  const space = mapSpace(params, { name, dims }, element);
  const columns = columnsOfSpace(space);
  const [p, n] = [params.length, dims.length];
  const wide = (row: readonly number[]): number[] => [...row, ...new Array<number>(columns + 1 - row.length).fill(0)];
  const last = loops.map(({ rows }, k): Constraint => {
    const row = wide(rows.get(name)!);
    return { kind: "eq", row: row.with(0, row[0]! - ranges[k]!.high) };
  });
  const there = writeOf(statement).indices.map(
    (index, axis): Constraint => ({ kind: "eq", row: wide(index).with(p + n + axis + 1, -1) }),
  );
  const basics = withParams(statement.domain, params).basics.map((basic) =>
    basicOf(columns, [...constraintsOf(remapBasic(basic, columns, range(0, p + n))), ...last, ...there]),
  );
  return { space, basics };
}
