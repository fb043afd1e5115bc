/**
 * @file What a point of a statement costs, in cycles: alone, where it may wait for the point before, and as a lane of
 * vectors along one of its dims. Rough on purpose: only large differences decide.
 */

import { elementFacts } from "../../../ir/element.js";
import type { Operation } from "../../../ir/graph.js";
import { elementOf } from "../../../ir/types.js";
import { isStorable } from "../../vectorize/vector-body.js";
import { extentOf } from "./dim-ranges.js";
import { isLaneOperation } from "./nest/dependence-on-dims.js";
import { type LaneMotion, laneMotion } from "./nest/lane-access.js";
import type { BandMember } from "./schedule-tree.js";
import type { ArrayAccess, Statement } from "./scop.js";

/** The statement's dim that a member runs along, forwards. */
export function dimOf({ name, dims }: Statement, { rows }: BandMember): number | undefined {
  const row = rows.get(name)!;
  const used = [...dims.keys()].filter((d) => row.at(d - dims.length) !== 0);
  const [dim] = used;
  return used.length === 1 && row.at(dim! - dims.length) === 1 ? dim : undefined;
}

/** The widest element that the statements touch. */
export function widestBits(statements: readonly Statement[]): number {
  const elements = statements.flatMap((s) => s.accesses.map(({ array }) => elementOf(array.type)));
  return Math.max(...elements.map((element) => elementFacts[element].bits));
}

/** Two loads or stores, or two operations, start in one cycle. */
const ISSUE = 0.5;
/** Of the lanes of a vector together. */
const perVector: Readonly<Record<Exclude<LaneMotion, "strided">, number>> = {
  fixed: ISSUE,
  contiguous: 2 * ISSUE,
  reversed: 3 * ISSUE,
};
/** A strided lane is moved alone and put into its vector, or taken out of it. */
const STRIDED = 1.25;
/** Cycles until a result can be used, and of one vector after another, for operations that are not as fast as a sum. */
const LATENCY = 4;
const slow: Readonly<Record<string, { readonly latency: number; readonly alone: number; readonly vector: number }>> = {
  "arith.divf": { latency: 13, alone: 5, vector: 10 },
  "math.sqrt": { latency: 20, alone: 8, vector: 18 },
};
/** What a symbolic extent is taken to be. */
const TYPICAL = 512;

/** The number of points, at most. */
export function pointsOf(statement: Statement): number {
  return statement.dims.reduce((count, _, d) => count * (extentOf(statement, d) ?? TYPICAL), 1);
}

export function motionAlong(statement: Statement, access: ArrayAccess, dim: number): LaneMotion {
  const factors = access.indices.map((row) => row.at(dim - statement.dims.length)!);
  return laneMotion({ array: access.array, factors });
}

/** Whether vectors can be made of points side by side, as far as the operations and elements go. */
export function hasVectors({ accesses, body, domain }: Statement): boolean {
  return (
    domain.basics.every((basic) => basic.congruences.length === 0) &&
    body.every(isLaneOperation) &&
    accesses.every(({ array }) => isStorable(elementOf(array.type)))
  );
}

/** Of one point in order; `waits` where it needs what the point before it made. */
export function costAlone({ accesses, body }: Statement, waits: boolean): number {
  const issued = accesses.length * ISSUE + sum(body, (op) => slow[op.name]?.alone ?? ISSUE);
  return waits ? Math.max(issued, LATENCY + longest(body)) : issued;
}

/** Of one point as a lane along the dim, which nothing waits for. */
export function costInLanes(statement: Statement, dim: number, lanes: number): number {
  const moved = statement.accesses.map((access) => {
    const motion = motionAlong(statement, access, dim);
    return motion === "strided" ? STRIDED : perVector[motion] / lanes;
  });
  return moved.reduce((x, y) => x + y, 0) + sum(statement.body, (op) => slow[op.name]?.vector ?? ISSUE) / lanes;
}

/** Cycles of the operations that a result may have to wait for: the dear ones, and one sum. */
function longest(body: readonly Operation[]): number {
  return LATENCY + sum(body, (op) => slow[op.name]?.latency ?? 0);
}

function sum(body: readonly Operation[], cost: (op: Operation) => number): number {
  return body.reduce((total, op) => total + cost(op), 0);
}
