/**
 * @file Arrays, mostly scalars, that each iteration of some loops writes before it reads: with a copy for each iteration,
 * the dependences between iterations go (scalar expansion). Exact: an array of which one read may see an older value is
 * not private.
 */

import type { Constraint } from "../../../ir/analysis/sets/basic.js";
import { SetsTooLarge, Work } from "../../../ir/analysis/sets/linear.js";
import { isEmpty, type Relation, rangeOf, subtract, withParams } from "../../../ir/analysis/sets/relation.js";
import type { Value } from "../../../ir/graph.js";
import type { Dependence } from "./dependences.js";
import { distanceRow, restrict } from "./legality.js";
import type { BandMember, ScheduleNode } from "./schedule-tree.js";
import { readsOf, type Scop } from "./scop.js";

/** Statements that share values of an array with no others, within one iteration of the outer loops around them. */
export interface PrivateGroup {
  readonly statements: readonly string[];
  /** Those loops, outermost first: each iteration of all of them may have its own copy. */
  readonly loops: readonly BandMember[];
}

export interface PrivateArray {
  readonly array: Value;
  /** All statements that touch the array, each once. */
  readonly groups: readonly PrivateGroup[];
}

const QUESTION_WORK = 400_000;

/** The arrays that `isLocal` says nobody sees afterwards, and whose values never leave one iteration, or one group. */
export function privatisable(
  scop: Scop,
  deps: readonly Dependence[],
  isLocal: (array: Value) => boolean,
): PrivateArray[] {
  const arrays = new Set(scop.statements.flatMap((s) => s.accesses.map((access) => access.array)));
  return [...arrays].flatMap((array) => {
    if (!isLocal(array)) return [];
    const touching = scop.statements.filter((s) => s.accesses.some((access) => access.array === array));
    const names = touching.map((s) => s.name);
    const groups = groupsBelow(scop, deps, array, scop.schedule, names, []);
    const gains = groups !== undefined && (groups.length > 1 || groups.some((group) => group.loops.length > 0));
    return gains ? [{ array, groups }] : [];
  });
}

/** The dependences that remain once each group has a copy per iteration of its loops. */
export function withoutPrivate(deps: readonly Dependence[], privates: readonly PrivateArray[]): Dependence[] {
  return deps.flatMap((d) => {
    const groups = privates.find(({ array }) => array === d.array)?.groups;
    if (groups === undefined) return [d];
    const group = groups.find(({ statements }) => statements.includes(d.source.name));
    if (group === undefined || !group.statements.includes(d.target.name)) return [];
    const left = restrict(d, ...sameIteration(d, group.loops));
    return left.relation.basics.length === 0 ? [] : [left];
  });
}

/** The smallest subtrees, in order, that cover all reads by writes of their own; undefined where not even all do. */
function groupsBelow(
  scop: Scop,
  deps: readonly Dependence[],
  array: Value,
  node: ScheduleNode,
  names: readonly string[],
  loops: readonly BandMember[],
): PrivateGroup[] | undefined {
  if (names.length === 0) return [];
  // Below tiles dependences may be larger than they are, which would cover too much.
  if (node.kind === "band" && node.members.some((member) => member.tile !== 1)) return undefined;
  const below = (child: ScheduleNode, some: readonly string[], around: readonly BandMember[]) =>
    groupsBelow(scop, deps, array, child, some, around);
  let inner: PrivateGroup[] | undefined;
  if (node.kind === "band") inner = below(node.child, names, [...loops, ...node.members]);
  else if (node.kind === "mark" || node.kind === "filter") inner = below(node.child, names, loops);
  else if (node.kind === "sequence") {
    const parts = node.children.map((child) => {
      const some = names.filter((name) => child.statements.includes(name));
      return below(child.child, some, loops);
    });
    inner = parts.every((part) => part !== undefined) ? parts.flat() : undefined;
  }
  if (inner !== undefined) return inner;
  const group = { statements: names, loops };
  return isCovered(scop, deps, array, group) ? [group] : undefined;
}

/** Every read of the group follows a write of the group in the same iteration of its loops. */
function isCovered(scop: Scop, deps: readonly Dependence[], array: Value, group: PrivateGroup): boolean {
  const params = scop.parameters.map((parameter) => parameter.name);
  const inGroup = scop.statements.filter((s) => group.statements.includes(s.name));
  const work = new Work(QUESTION_WORK);
  try {
    return inGroup.every((target) =>
      readsOf(target).every((read) => {
        if (read.array !== array) return true;
        let missing: Relation = withParams(target.domain, params);
        for (const d of deps) {
          if (d.kind !== "flow" || d.targetAccess !== read || !inGroup.includes(d.source)) continue;
          const basics = restrict(d, ...sameIteration(d, group.loops)).relation.basics;
          const written = rangeOf({ space: d.relation.space, basics }, work);
          missing = subtract(missing, { ...written, space: missing.space }, work);
        }
        return isEmpty(missing, work);
      }),
    );
  } catch (error) {
    if (error instanceof SetsTooLarge) return false;
    throw error;
  }
}

const sameIteration = (d: Dependence, loops: readonly BandMember[]): Constraint[] =>
  loops.map(({ rows }) => ({ kind: "eq", row: distanceRow(rows, d) }));
