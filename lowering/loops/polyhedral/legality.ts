/**
 * @file Whether a schedule tree keeps the order of all dependences, and what a band may do, exactly.
 * What costs too much to decide counts as not kept, so no answer allows too much.
 */

import {
  type Basic,
  basicOf,
  type Constraint,
  constraintsOf,
  joinBasics,
  remapBasic,
} from "../../../ir/analysis/sets/basic.js";
import { sampleBasic } from "../../../ir/analysis/sets/feasibility.js";
import { combineRows, offsetRow, type Row, SetsTooLarge, scaleRow, Work } from "../../../ir/analysis/sets/linear.js";
import { range } from "../../../ir/analysis/sets/space.js";
import { type Dependence, knownEmpty } from "./dependences.js";
import { orderOf, rowInPair } from "./order.js";
import type { BandMember, ScheduleNode } from "./schedule-tree.js";
import type { Scop } from "./scop.js";

const QUESTION_WORK = 400_000;

export interface LegalityOptions {
  /** Sums may be taken in any order, so dependences within one reduction are left out. False where absent. */
  readonly reorderReductions?: boolean;
}

export interface Violation {
  readonly dependence: Dependence;
  /** The point that must run first and the one that must not; absent where the answer costs too much. */
  readonly pair?: { readonly parameters: number[]; readonly source: number[]; readonly target: number[] };
}

/** True when every dependence runs from an earlier to a later point of the tree, for all sizes. */
export function isLegal(
  scop: Scop,
  deps: readonly Dependence[],
  root: ScheduleNode,
  options?: LegalityOptions,
): boolean {
  return violations(scop, deps, root, options).length === 0;
}

/** The dependences of which the tree turns a pair around or leaves it unordered. */
export function violations(
  scop: Scop,
  deps: readonly Dependence[],
  root: ScheduleNode,
  options: LegalityOptions = {},
): Violation[] {
  return deps.flatMap((dependence) => {
    if (dependence.isReduction && options.reorderReductions === true) return [];
    return violationOf(scop, dependence, root) ?? [];
  });
}

function violationOf(scop: Scop, dependence: Dependence, root: ScheduleNode): Violation | undefined {
  const { source, target } = dependence;
  const order = orderOf(scop, root, source, target);
  const work = new Work(QUESTION_WORK * dependence.relation.basics.length);
  for (const wrong of [...order.after, ...order.unordered]) {
    for (const pairs of dependence.relation.basics) {
      const wide = remapBasic(pairs, wrong.columns, range(0, pairs.columns));
      const point = sampleOrUnknown(joinBasics(wide, wrong), work);
      if (point === undefined) continue;
      if (point === "unknown") return { dependence };
      const [p, n] = [scop.parameters.length, source.dims.length];
      const [parameters, from] = [point.slice(0, p), point.slice(p, p + n)];
      return { dependence, pair: { parameters, source: from, target: point.slice(p + n, p + n + target.dims.length) } };
    }
  }
  return undefined;
}

function sampleOrUnknown(basic: Basic, work: Work): number[] | undefined | "unknown" {
  try {
    return sampleBasic(basic, work);
  } catch (error) {
    if (error instanceof SetsTooLarge) return "unknown";
    throw error;
  }
}

/** A band member's value at the target less that at the source, as a row over the columns of the dependence. */
export function distanceRow(
  rows: ReadonlyMap<string, Row>,
  { source, target, relation }: Pick<Dependence, "source" | "target" | "relation">,
): number[] {
  const [p, n] = [relation.space.params.length, source.dims.length];
  const columns = p + n + target.dims.length;
  const from = rowInPair(rows.get(source.name)!, p, p, columns);
  return combineRows(1, rowInPair(rows.get(target.name)!, p, p + n, columns), -1, from);
}

/** The dependence without the pairs that do not satisfy the constraint. */
export function restrict(dependence: Dependence, ...constraints: readonly Constraint[]): Dependence {
  const { space, basics } = dependence.relation;
  const kept = basics
    .map((basic) => basicOf(basic.columns, [...constraintsOf(basic), ...constraints]))
    .filter((basic) => !knownEmpty(basic, new Work(QUESTION_WORK)));
  return { ...dependence, relation: { space, basics: kept } };
}

/** True when `row >= 0` at every pair of the dependence. */
export function holds(dependence: Dependence, row: Row): boolean {
  return dependence.relation.basics.every((basic) => {
    const outside: Constraint = { kind: "ge", row: offsetRow(scaleRow(-1, row), -1) };
    return knownEmpty(basicOf(basic.columns, [...constraintsOf(basic), outside]), new Work(QUESTION_WORK));
  });
}

export interface BandCheck {
  readonly permutable: boolean;
  /** For each member. */
  readonly coincident: readonly boolean[];
}

/** Whether the member has distance 0 on all dependences, of statements that it has rows for. */
export function isCoincident({ rows }: Pick<BandMember, "rows">, deps: readonly Dependence[]): boolean {
  return deps.every((d) => {
    const distance = distanceRow(rows, d);
    return holds(d, distance) && holds(d, scaleRow(-1, distance));
  });
}

/** Dependences between points at which the members have the same values. */
export function carriedWithin(deps: readonly Dependence[], members: readonly BandMember[]): readonly Dependence[] {
  return deps.flatMap((dependence) => {
    const { source, target } = dependence;
    const shared = members.filter(({ rows, tile }) => tile === 1 && rows.has(source.name) && rows.has(target.name));
    const equal = shared.map(({ rows }): Constraint => ({ kind: "eq", row: distanceRow(rows, dependence) }));
    const left = restrict(dependence, ...equal);
    return left.relation.basics.length > 0 ? [left] : [];
  });
}

/**
 * What holds of a band that the given dependences reach, untiled. `permutable`: no member takes any of them back (those
 * of reductions do not count where these may be reordered). `coincident`: a member has distance 0 on all of them.
 */
export function checkBand(
  members: readonly BandMember[],
  deps: readonly Dependence[],
  options: LegalityOptions = {},
): BandCheck {
  const free = (d: Dependence) => d.isReduction && options.reorderReductions === true;
  const below = (d: Dependence) => members.every(({ rows }) => rows.has(d.source.name) && rows.has(d.target.name));
  const inside = deps.filter(below);
  const forward = (member: BandMember, d: Dependence) => holds(d, distanceRow(member.rows, d));
  return {
    permutable: members.every((member) => inside.every((d) => free(d) || forward(member, d))),
    coincident: members.map((member) => isCoincident(member, inside)),
  };
}
