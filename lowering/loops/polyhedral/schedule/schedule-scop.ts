/**
 * @file Schedules a scop in the manner of Pluto: as many loops as possible in permutable bands, from the outside inwards,
 * with the shortest distances between dependent points, sequences where no common band exists.
 * The tree is checked as a whole before it is given out; where that fails the program keeps its order.
 */

import { type Row, SetsTooLarge } from "../../../../ir/analysis/sets/linear.js";
import type { Dependence } from "../dependences.js";
import { isLegal } from "../legality.js";
import { type Filter, leaf, type ScheduleNode } from "../schedule-tree.js";
import type { Scop, Statement } from "../scop.js";
import { componentsOf } from "./components.js";
import { dependencesAmong, findBand, isPartial, undecided } from "./find-band.js";
import { type FusionPolicy, fuse, type Group } from "./fusion.js";

export interface ScheduleOptions {
  /** Which statements share loops that need not; `smart` where absent. */
  readonly fusion?: FusionPolicy;
  /** Sums may be taken in any order; the members that carry one are never coincident. False where absent. */
  readonly reorderReductions?: boolean;
}

export interface ScheduleResult {
  readonly root: ScheduleNode;
  /** What was decided, one sentence each. */
  readonly why: readonly string[];
}

/** A band weighs all dependences at once, again and again: seconds where there are more. PolyBench has at most 201. */
const MOST_DEPENDENCES = 1000;

/** A legal tree over all statements; the original one, and the reason, where nothing better is found. */
export function scheduleScop(scop: Scop, deps: readonly Dependence[], options: ScheduleOptions = {}): ScheduleResult {
  if (deps.length > MOST_DEPENDENCES)
    return { root: scop.schedule, why: [`the order is kept: ${deps.length} dependences are too many to schedule`] };
  const scheduler = new Scheduler(scop, options);
  try {
    const root = scheduler.order(scop.statements, deps, new Map());
    const reorderReductions = options.reorderReductions ?? false;
    if (isLegal(scop, deps, root, { reorderReductions })) return { root, why: scheduler.why };
    return { root: scop.schedule, why: [...scheduler.why, "the order is kept: the new one could not be proved legal"] };
  } catch (error) {
    if (!(error instanceof SetsTooLarge)) throw error;
    return { root: scop.schedule, why: [...scheduler.why, `the order is kept: ${error.message}`] };
  }
}

type Rows = ReadonlyMap<string, readonly Row[]>;

class Scheduler {
  readonly why: string[] = [];
  readonly #scop: Scop;
  readonly #policy: FusionPolicy;
  readonly #reorderReductions: boolean;

  constructor(scop: Scop, options: ScheduleOptions) {
    this.#scop = scop;
    this.#policy = options.fusion ?? "smart";
    this.#reorderReductions = options.reorderReductions ?? false;
  }

  /** The order of some statements below bands that gave them `rows` and left them `deps`. */
  order(statements: readonly Statement[], deps: readonly Dependence[], rows: Rows): ScheduleNode {
    const inside = dependencesAmong(statements, deps);
    if (statements.every((s) => !isPartial(s, rows.get(s.name) ?? [], this.#scop.parameters.length))) {
      return this.#finish(statements, inside);
    }
    const groups = this.#groups(statements, inside, rows);
    const nodes = groups.map((group) => this.#nest(group, inside, rows));
    return sequenceOf(groups, nodes);
  }

  /** All loops are there: what is left of the dependences orders the statements of one point. */
  #finish(statements: readonly Statement[], deps: readonly Dependence[]): ScheduleNode {
    const components = componentsOf(statements.length, edgesOf(statements, deps));
    if (components.some((component) => component.length > 1)) return restrictTree(this.#scop.schedule, statements);
    const groups = components.map(([i]) => ({ statements: [statements[i!]!] }));
    return sequenceOf(
      groups,
      groups.map(() => leaf),
    );
  }

  #groups(statements: readonly Statement[], deps: readonly Dependence[], rows: Rows): Group[] {
    const [parameters, known] = [this.#scop.parameters.length, new Map<string, ReturnType<typeof findBand>>()];
    const tryBand = (some: readonly Statement[]) => {
      const key = some.map((s) => s.name).join();
      if (!known.has(key)) {
        const partial = some.some((s) => isPartial(s, rows.get(s.name) ?? [], parameters));
        const question = { parameters, statements: some, deps, rows, reorderReductions: this.#reorderReductions };
        known.set(key, partial ? findBand(question) : undefined);
      }
      return known.get(key);
    };
    const edges = edgesOf(statements, deps);
    const explain = (reason: string) => this.why.push(reason);
    return fuse({ scop: this.#scop, statements, edges, policy: this.#policy, tryBand, explain });
  }

  #nest({ statements, band }: Group, deps: readonly Dependence[], rows: Rows): ScheduleNode {
    const inside = dependencesAmong(statements, deps);
    if (statements.every((s) => !isPartial(s, rows.get(s.name) ?? [], this.#scop.parameters.length))) {
      return this.#finish(statements, inside);
    }
    if (band === undefined) {
      this.why.push(`${statements.map((s) => s.name).join(", ")} keep their order: no loop was found for all of them`);
      return restrictTree(this.#scop.schedule, statements);
    }
    const child = this.order(statements, undecided(band.members, inside), band.rows);
    return { kind: "band", members: band.members, permutable: true, child };
  }
}

function edgesOf(statements: readonly Statement[], deps: readonly Dependence[]) {
  return deps.map((d) => ({ from: statements.indexOf(d.source), to: statements.indexOf(d.target) }));
}

function sequenceOf(
  groups: readonly { readonly statements: readonly Statement[] }[],
  nodes: readonly ScheduleNode[],
): ScheduleNode {
  if (nodes.length === 1) return nodes[0]!;
  const children = nodes.map(
    (child, i): Filter => ({ kind: "filter", statements: groups[i]!.statements.map((s) => s.name), child }),
  );
  return { kind: "sequence", children };
}

/** The tree without the other statements. */
export function restrictTree(node: ScheduleNode, statements: readonly Statement[]): ScheduleNode {
  const names = statements.map((s) => s.name);
  if (node.kind === "leaf") return node;
  if (node.kind === "sequence") {
    const children = node.children.flatMap((child): Filter[] => {
      const kept = child.statements.filter((name) => names.includes(name));
      return kept.length === 0 ? [] : [{ ...child, statements: kept, child: restrictTree(child.child, statements) }];
    });
    return children.length === 1 ? children[0]!.child : { kind: "sequence", children };
  }
  if (node.kind !== "band") return { ...node, child: restrictTree(node.child, statements) };
  const members = node.members.map((member) => ({
    ...member,
    rows: new Map([...member.rows].filter(([name]) => names.includes(name))),
  }));
  return { ...node, members, child: restrictTree(node.child, statements) };
}
