/**
 * @file Which points of a scop must keep their order: pairs of accesses to one element, of which at least one writes.
 * They are exact, and memory-based: every earlier access counts, not only the last writer. Where an exact answer is too
 * costly a dependence is too large, never missing.
 */

import { type Basic, basicOf, type Constraint, constraintsOf, remapBasic } from "../../../ir/analysis/sets/basic.js";
import { eliminate } from "../../../ir/analysis/sets/bounds.js";
import { eliminateColumns } from "../../../ir/analysis/sets/eliminate.js";
import { isEmptyBasic } from "../../../ir/analysis/sets/feasibility.js";
import { combineRows, SetsTooLarge, Work } from "../../../ir/analysis/sets/linear.js";
import { type Relation, withParams } from "../../../ir/analysis/sets/relation.js";
import { columnsOfSpace, mapSpace, range, type Space } from "../../../ir/analysis/sets/space.js";
import type { Value } from "../../../ir/graph.js";
import { orderOf, rowInPair } from "./order.js";
import type { ArrayAccess, Scop, Statement } from "./scop.js";

export interface Dependence {
  /** The statement that runs first, and its access. */
  readonly source: Statement;
  readonly target: Statement;
  readonly sourceAccess: ArrayAccess;
  readonly targetAccess: ArrayAccess;
  /** flow: a write before a read; anti: a read before a write; output: two writes. */
  readonly kind: "flow" | "anti" | "output";
  readonly array: Value;
  /** `{ source[i…] -> target[j…] }`, one basic set or more for each loop that decides the order. */
  readonly relation: Relation;
  /**
   * Both ends are the accumulation of one reduction, so that any order of the two keeps the result but for rounding. Minima
   * and maxima, which do not round, are one reduction over all statements that update an element so.
   */
  readonly isReduction: boolean;
}

/** Dependences that do not leave the statements. */
export function within(deps: readonly Dependence[], names: readonly string[]): readonly Dependence[] {
  return deps.filter(({ source, target }) => names.includes(source.name) && names.includes(target.name));
}

/** How much one question about one pair of accesses may cost. */
const PAIR_WORK = 400_000;

/** How many pairs of accesses are compared at all: some seconds. */
const MOST_PAIRS = 30_000;

/**
 * All dependences of the scop in the order of its own schedule; `work` gives the budget of each pair of accesses. Throws
 * `SetsTooLarge` where there are too many of those.
 */
export function dependencesOf(scop: Scop, work = () => new Work(PAIR_WORK)): Dependence[] {
  const accesses = scop.statements.flatMap((s) => s.accesses);
  const pairs = accesses.reduce((sum, a) => sum + accesses.filter((b) => conflict(a, b)).length, 0);
  if (pairs > MOST_PAIRS) throw new SetsTooLarge(`${pairs} pairs of accesses are too many to compare`);
  return scop.statements.flatMap((source) =>
    scop.statements.flatMap((target) => dependencesBetween(scop, source, target, work)),
  );
}

function dependencesBetween(scop: Scop, source: Statement, target: Statement, work: () => Work): Dependence[] {
  const pairs = source.accesses.flatMap((a) =>
    target.accesses.filter((b) => conflict(a, b)).map((b) => [a, b] as const),
  );
  if (pairs.length === 0) return [];
  const names = scop.parameters.map((parameter) => parameter.name);
  const space = pairSpace(names, source, target);
  const apart = pairsInOrder(scop, source, target, space, work);
  const known = new Map<string, Relation>();
  return pairs.flatMap(([sourceAccess, targetAccess]) => {
    const key = [sourceAccess, targetAccess]
      .map((access) => access.indices.map((row) => row.join()).join(";"))
      .join("|");
    const relation = known.get(key) ?? earlierMeetings(sourceAccess, targetAccess, space, apart, work());
    known.set(key, relation);
    if (relation.basics.length === 0) return [];
    const kind = sourceAccess.kind === "read" ? "anti" : targetAccess.kind === "read" ? "flow" : "output";
    const isReduction =
      isOneReduction(source, target) && accumulates(source, sourceAccess) && accumulates(target, targetAccess);
    return [{ source, target, sourceAccess, targetAccess, kind, array: sourceAccess.array, relation, isReduction }];
  });
}

const conflict = (a: ArrayAccess, b: ArrayAccess): boolean =>
  a.array === b.array && (a.kind === "write" || b.kind === "write");

const isOneReduction = (source: Statement, target: Statement): boolean =>
  source === target || (isExtreme(source) && source.reduction?.kind === target.reduction?.kind);

const isExtreme = ({ reduction }: Statement): boolean => reduction?.kind === "min" || reduction?.kind === "max";

const accumulates = ({ reduction }: Statement, access: ArrayAccess): boolean =>
  reduction !== undefined && (access === reduction.accumulator || access.kind === "write");

/** The space of pairs of points of two statements. */
export function pairSpace(parameters: readonly string[], source: Statement, target: Statement): Space {
  return mapSpace(
    parameters,
    { name: source.name, dims: source.dims },
    { name: target.name, dims: target.dims.map((dim) => `${dim}'`) },
  );
}

/** All pairs of points of which the first runs earlier. */
function pairsInOrder(scop: Scop, source: Statement, target: Statement, space: Space, work: () => Work): Basic[] {
  const columns = columnsOfSpace(space);
  const domains = pairsOfPoints(source, target, space);
  return orderOf(scop, scop.schedule, source, target).before.flatMap((order) =>
    withoutExtraColumns(order, columns, work()).flatMap((earlier) =>
      domains.map((points) => basicOf(columns, [...constraintsOf(points), ...constraintsOf(earlier)])),
    ),
  );
}

/** All pairs of points of two statements. */
function pairsOfPoints(source: Statement, target: Statement, space: Space): Basic[] {
  const [p, columns] = [space.params.length, columnsOfSpace(space)];
  const [n, m] = [source.dims.length, target.dims.length];
  const first = withParams(source.domain, space.params).basics;
  const second = withParams(target.domain, space.params).basics;
  return first.flatMap((a) =>
    second.map((b) =>
      basicOf(columns, [
        ...constraintsOf(remapBasic(a, columns, range(0, p + n))),
        ...constraintsOf(remapBasic(b, columns, [...range(0, p), ...range(p + n, m)])),
      ]),
    ),
  );
}

/** The shadow on the first columns; a superset of it where the exact one costs too much. */
function withoutExtraColumns(basic: Basic, columns: number, work: Work): Basic[] {
  const extra = range(columns, basic.columns - columns);
  if (extra.length === 0) return [basic];
  const target = range(0, basic.columns).map((c) => (c < columns ? c : undefined));
  const narrow = (wide: Basic) => remapBasic(wide, columns, target);
  try {
    return eliminateColumns(basic, extra, work).map(narrow);
  } catch (error) {
    if (!(error instanceof SetsTooLarge)) throw error;
    return [eliminate(basic, extra) ?? []].flat().map(narrow);
  }
}

/** Of the given pairs of points those that touch the same element. */
function earlierMeetings(a: ArrayAccess, b: ArrayAccess, space: Space, pairs: readonly Basic[], work: Work): Relation {
  const [p, columns] = [space.params.length, columnsOfSpace(space)];
  const same = a.indices.map((row, axis): Constraint => {
    const [left, right] = [rowInPair(row, p, p, columns), b.indices[axis]!];
    return { kind: "eq", row: combineRows(1, rowInPair(right, p, p + space.input!.dims.length, columns), -1, left) };
  });
  const basics = pairs.map((pair) => basicOf(columns, [...same, ...constraintsOf(pair)]));
  return { space, basics: basics.filter((basic) => !knownEmpty(basic, work)) };
}

/** All pairs of points of which the first touches by `a` what the second touches by `b`, in any order. */
export function meetings(a: ArrayAccess, b: ArrayAccess, space: Space, source: Statement, target: Statement): Relation {
  return earlierMeetings(a, b, space, pairsOfPoints(source, target, space), new Work(PAIR_WORK));
}

/** False also where the answer costs too much. */
export function knownEmpty(basic: Basic, work: Work): boolean {
  try {
    return isEmptyBasic(basic, work);
  } catch (error) {
    if (error instanceof SetsTooLarge) return false;
    throw error;
  }
}
