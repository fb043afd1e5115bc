/**
 * @file Distribution: a loop over several statements becomes loops over some of them where one is better off alone, which
 * is where a register tile can be made of loops that its neighbours hold apart. Statements on a circle of dependences stay
 * together, groups run in an order that the dependences allow, and within a group everything stays in its order.
 */

import { type Dependence, within } from "./dependences.js";
import { carriedWithin } from "./legality.js";
import type { BandMember, Filter, ScheduleNode } from "./schedule-tree.js";

/** Whether a statement gains from having the members' loops for itself; `members` are all above `child`. */
export type WorthAlone = (statement: string, members: readonly BandMember[], child: ScheduleNode) => boolean;

export function distribute(root: ScheduleNode, deps: readonly Dependence[], isWorthAlone: WorthAlone): ScheduleNode {
  return new Distributor(isWorthAlone).distribute(root, deps, []);
}

/** Bands right below each other as one, and what the last of them orders. */
function collapsed(node: ScheduleNode): {
  readonly members: readonly BandMember[];
  readonly children: readonly Filter[];
} {
  if (node.kind === "sequence") return { members: [], children: node.children };
  if (node.kind !== "band") return { members: [], children: [] };
  const below = node.child.kind === "leaf" ? { members: [], children: [] } : collapsed(node.child);
  return { members: [...node.members, ...below.members], children: below.children };
}

class Distributor {
  readonly #isWorthAlone: WorthAlone;

  constructor(isWorthAlone: WorthAlone) {
    this.#isWorthAlone = isWorthAlone;
  }

  /** `deps`: those between points that have the same values of the members above. */
  distribute(node: ScheduleNode, deps: readonly Dependence[], above: readonly BandMember[]): ScheduleNode {
    if (node.kind === "leaf") return node;
    if (node.kind === "sequence") return { ...node, children: this.#children(node.children, deps, above) };
    if (node.kind !== "band") return { ...node, child: this.distribute(node.child, deps, above) };
    const { members, children } = collapsed(node);
    if (children.length === 0) return node;
    // What is apart within a child may be so around it as well.
    const inner = this.#children(children, carriedWithin(deps, members), [...above, ...members]);
    return this.#split(members, inner, deps, above);
  }

  #children(children: readonly Filter[], deps: readonly Dependence[], above: readonly BandMember[]): readonly Filter[] {
    return children.flatMap((filter) => {
      const child = this.distribute(filter.child, within(deps, filter.statements), above);
      return child.kind === "sequence" ? child.children : [{ ...filter, child }];
    });
  }

  /** Children are distributed already. */
  #split(
    members: readonly BandMember[],
    children: readonly Filter[],
    deps: readonly Dependence[],
    above: readonly BandMember[],
  ): ScheduleNode {
    const [first, ...rest] = members;
    if (!first) return { kind: "sequence", children };
    const groups = this.#grouped(children, deps, [...above, ...members]);
    if (groups.length === 1) {
      const child = this.#split(rest, children, carriedWithin(deps, [first]), [...above, first]);
      return { kind: "band", members: [first], permutable: false, child };
    }
    const filters = groups.map((group): Filter => {
      const statements = group.flatMap((child) => child.statements);
      const own = members.map((member) => restrictedTo(member, statements));
      const [only, ...others] = group;
      const child =
        others.length > 0 ? this.#split(own, group, within(deps, statements), above) : nested(own, only!.child);
      return { kind: "filter", statements, child };
    });
    return { kind: "sequence", children: filters };
  }

  /** The children in groups that can run one after the other; neighbours that gain nothing alone are one group. */
  #grouped(
    children: readonly Filter[],
    deps: readonly Dependence[],
    members: readonly BandMember[],
  ): readonly (readonly Filter[])[] {
    const groups: { readonly filters: Filter[]; readonly isAlone: boolean }[] = [];
    for (const component of components(children, deps)) {
      const [only, ...others] = component;
      const [name, ...more] = only!.statements;
      const isSingle = others.length === 0 && more.length === 0;
      const isAlone = isSingle && this.#isWorthAlone(name!, members, only!.child);
      const last = groups.at(-1);
      if (last && !last.isAlone && !isAlone) last.filters.push(...component);
      else groups.push({ filters: [...component], isAlone });
    }
    return groups.map(({ filters }) => [...filters].sort((a, b) => children.indexOf(a) - children.indexOf(b)));
  }
}

function nested(members: readonly BandMember[], child: ScheduleNode): ScheduleNode {
  return members.reduceRight<ScheduleNode>(
    (below, member) => ({ kind: "band", members: [member], permutable: false, child: below }),
    child,
  );
}

/** Strongly connected components, each before those that depend on it; as near to the program's order as may be. */
function components(children: readonly Filter[], deps: readonly Dependence[]): readonly (readonly Filter[])[] {
  const count = children.length;
  const childOf = (name: string): number => children.findIndex((c) => c.statements.includes(name));
  const reaches = children.map((_, i) => new Set([i]));
  for (const { source, target, relation } of deps) {
    const [from, to] = [childOf(source.name), childOf(target.name)];
    if (from >= 0 && to >= 0 && relation.basics.length > 0) reaches[from]!.add(to);
  }
  for (let k = 0; k < count; k++)
    for (const from of reaches) if (from.has(k)) for (const to of reaches[k]!) from.add(to);
  const left = new Set(children.keys());
  const ordered: Filter[][] = [];
  while (left.size > 0) {
    const isFree = (i: number): boolean => [...left].every((j) => !reaches[j]!.has(i) || reaches[i]!.has(j));
    const next = [...left].find(isFree)!;
    const component = [...left].filter((j) => reaches[next]!.has(j) && reaches[j]!.has(next));
    for (const j of component) left.delete(j);
    ordered.push(component.map((j) => children[j]!));
  }
  return ordered;
}

function restrictedTo(member: BandMember, statements: readonly string[]): BandMember {
  return { ...member, rows: new Map([...member.rows].filter(([name]) => statements.includes(name))) };
}
