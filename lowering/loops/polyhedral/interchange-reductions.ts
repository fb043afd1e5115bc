/**
 * @file A reduction below a loop that it shares with other statements, interchanged with that loop: `for j { A(j); for k
 * R(j, k) }` becomes `for t { A(t); for j R(j, t) }`, so that R runs in lanes along j where elements are neighbours there
 * and not along k. Legal where A finishes what R(·, t) reads before it reads it, as in tables filled from their diagonal;
 * updates of one element by minima or maxima may change places for that.
 */

import type { CpuDescription } from "../../../machine/cpu.js";
import type { Dependence } from "./dependences.js";
import { costAlone, costInLanes, dimOf, hasVectors, widestBits } from "./lane-cost.js";
import { isLegal } from "./legality.js";
import type { Band, BandMember, Filter, ScheduleNode, Sequence } from "./schedule-tree.js";
import type { Scop, Statement } from "./scop.js";

/** Lanes must cost this much less. */
const WORTH = 0.5;

export interface Interchanged {
  readonly root: ScheduleNode;
  /** The statements that changed places. */
  readonly statements: readonly Statement[];
}

/** The tree with such reductions interchanged, each where all dependences are kept. `inLanes`: statements that are vectors already. */
export function interchangeReductions(
  scop: Scop,
  root: ScheduleNode,
  deps: readonly Dependence[],
  cpu: CpuDescription,
  inLanes: ReadonlySet<string>,
): Interchanged {
  const found: Statement[] = [];
  let tree = root;
  for (const statement of scop.statements) {
    if (inLanes.has(statement.name) || !statement.reduction || !hasVectors(statement)) continue;
    const made = candidates(tree, statement, cpu).find((x) => isLegal(scop, deps, x, { reorderReductions: true }));
    if (!made) continue;
    found.push(statement);
    tree = made;
  }
  return { root: tree, statements: found };
}

/** Trees with the statement's innermost loop in the place of the one around it, worth trying. */
function candidates(node: ScheduleNode, statement: Statement, cpu: CpuDescription): readonly ScheduleNode[] {
  if (node.kind === "leaf") return [];
  if (node.kind === "sequence")
    return node.children.flatMap((filter, k) =>
      filter.statements.includes(statement.name)
        ? candidates(filter.child, statement, cpu).map((child) => withChild(node, k, { ...filter, child }))
        : [],
    );
  const here = node.kind === "band" ? interchanged(node, statement, cpu) : [];
  return [...here, ...candidates(node.child, statement, cpu).map((child) => ({ ...node, child }))];
}

function withChild(node: Sequence, k: number, child: Filter): Sequence {
  return { kind: "sequence", children: node.children.with(k, child) };
}

function interchanged(node: Band, statement: Statement, cpu: CpuDescription): readonly ScheduleNode[] {
  const { child } = node;
  const outer = node.members.at(-1)!;
  if (child.kind !== "sequence" || node.members.some(({ tile }) => tile !== 1)) return [];
  const at = child.children.findIndex((filter) => filter.statements.includes(statement.name));
  const filter = child.children[at]!;
  const inner = onlyLoop(filter);
  if (!inner || !isWorth(statement, outer, inner, cpu)) return [];
  const rows = new Map(outer.rows).set(statement.name, inner.rows.get(statement.name)!);
  const lane: BandMember = { ...outer, rows: new Map([[statement.name, outer.rows.get(statement.name)!]]) };
  const below: Filter = {
    ...filter,
    child: { kind: "band", members: [lane], permutable: false, child: { kind: "leaf" } },
  };
  const others = child.children.filter((_, k) => k !== at);
  const orders = [child.children.with(at, below), [below, ...others], [...others, below]];
  return orders.map((children) => ({
    ...node,
    members: node.members.with(-1, { ...outer, rows }),
    child: { kind: "sequence", children },
  }));
}

/** The loop of a statement that has nothing but one loop for itself. */
function onlyLoop({ statements, child }: Filter): BandMember | undefined {
  if (statements.length !== 1 || child.kind !== "band" || child.child.kind !== "leaf") return undefined;
  const [only, ...others] = child.members;
  return others.length === 0 && only?.tile === 1 ? only : undefined;
}

/** Whether lanes along the outer loop cost less than points along the inner one. */
function isWorth(statement: Statement, outer: BandMember, inner: BandMember, cpu: CpuDescription): boolean {
  const [lane, step] = [outer, inner].map((member) => dimOf(statement, member));
  if (lane === undefined || step === undefined) return false;
  const lanes = cpu.vectorBits / widestBits([statement]);
  return lanes >= 2 && costInLanes(statement, lane, lanes) < WORTH * costAlone(statement, true);
}
