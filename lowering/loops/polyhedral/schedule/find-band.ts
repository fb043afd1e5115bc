/**
 * @file A band for some statements: members found one by one, each of which takes no dependence back that reaches the
 * band, until there are no more. What the members may do is then stated exactly.
 */

import type { Row } from "../../../../ir/analysis/sets/linear.js";
import { type Dependence, meetings, pairSpace } from "../dependences.js";
import { checkBand, distanceRow, restrict } from "../legality.js";
import type { BandMember } from "../schedule-tree.js";
import { readsOf, type Statement } from "../scop.js";
import { componentsOf } from "./components.js";
import { type Corners, findHyperplane, type Pairs } from "./hyperplane.js";
import { rankOf } from "./independence.js";
import { verticesOf } from "./vertices.js";

export interface FoundBand {
  readonly members: readonly BandMember[];
  /** The rows of each statement, those of the bands above first. */
  readonly rows: ReadonlyMap<string, readonly Row[]>;
}

export interface BandQuestion {
  readonly parameters: number;
  readonly statements: readonly Statement[];
  /** Those that reach the band; others than between the statements are left out. */
  readonly deps: readonly Dependence[];
  readonly rows: ReadonlyMap<string, readonly Row[]>;
  readonly reorderReductions: boolean;
}

/** What a parameter is taken for where a proposal needs a size; any size is checked after. */
const STAND_IN = 1000;

/** Undefined where not even one member exists. */
export function findBand(question: BandQuestion): FoundBand | undefined {
  const { statements, parameters, reorderReductions } = question;
  const deps = dependencesAmong(statements, question.deps);
  const corners = withoutDoubles(deps, reorderReductions).map((d) =>
    cornersOf(d, parameters, reorderReductions && d.isReduction ? "free" : "order"),
  );
  corners.push(...sharedReads(question).map((pairs) => cornersOf(pairs, parameters, "reuse")));
  const rows = new Map(statements.map((s) => [s.name, question.rows.get(s.name) ?? []]));
  const found: ReadonlyMap<string, Row>[] = [];
  while (statements.some((s) => isPartial(s, rows.get(s.name)!, parameters))) {
    const ask = { parameters, statements, deps: corners, rows };
    const next = findHyperplane({ ...ask, negative: false }) ?? findHyperplane({ ...ask, negative: true });
    if (next === undefined) break;
    found.push(next);
    for (const s of statements) rows.set(s.name, [...rows.get(s.name)!, next.get(s.name)!]);
  }
  if (found.length === 0) return undefined;
  const members = found.map((r): BandMember => ({ rows: r, tile: 1, coincident: false }));
  const { coincident } = checkBand(members, deps, { reorderReductions });
  return { members: members.map((member, i) => ({ ...member, coincident: coincident[i]! })), rows };
}

/** Whether the rows leave points of the statement together. */
export function isPartial(s: Statement, rows: readonly Row[], parameters: number): boolean {
  return (
    rankOf(
      rows.map((row) => row.slice(parameters + 1)),
      s.dims.length,
    ) < s.dims.length
  );
}

export function dependencesAmong(statements: readonly Statement[], deps: readonly Dependence[]): Dependence[] {
  return deps.filter((d) => statements.includes(d.source) && statements.includes(d.target));
}

/** What the members leave undecided of the dependences. */
export function undecided(members: readonly BandMember[], deps: readonly Dependence[]): Dependence[] {
  return deps.flatMap((d) => {
    const equal = members.map(({ rows }) => ({ kind: "eq" as const, row: distanceRow(rows, d) }));
    const left = restrict(d, ...equal);
    return left.relation.basics.length === 0 ? [] : [left];
  });
}

/** One of those that relate the same pairs. */
function withoutDoubles(deps: readonly Dependence[], reorderReductions: boolean): Dependence[] {
  const key = (d: Dependence) => {
    const basics = JSON.stringify(d.relation.basics);
    return `${d.source.name} ${d.target.name} ${reorderReductions && d.isReduction} ${basics}`;
  };
  return [...new Map(deps.map((d) => [key(d), d])).values()];
}

function cornersOf(dependence: Pairs, parameters: number, role: Corners["role"]): Corners {
  const sizes = Array.from({ length: parameters }, (_, i) => STAND_IN + 37 * i);
  const points = dependence.relation.basics.flatMap((basic) => verticesOf(basic, sizes));
  return { dependence, points: points.map((point) => point.slice(parameters)), role };
}

/** Pairs of points that read one element of a matrix, of statements that no circle of dependences holds together: close is better. */
function sharedReads({ statements, parameters: count, deps }: BandQuestion): Pairs[] {
  const parameters = statements[0]!.domain.space.params.slice(0, count);
  const edges = deps.map((d) => ({ from: statements.indexOf(d.source), to: statements.indexOf(d.target) }));
  const circles = componentsOf(
    statements.length,
    edges.filter(({ from, to }) => from >= 0 && to >= 0),
  );
  const together = (i: number, j: number) => circles.some((circle) => circle.includes(i) && circle.includes(j));
  return statements.flatMap((source, i) =>
    statements.slice(i + 1).flatMap((target, j) => {
      if (together(i, i + 1 + j)) return [];
      const space = pairSpace(parameters, source, target);
      const shared = readsOf(source).flatMap((a) =>
        readsOf(target).flatMap((b) => (a.array === b.array && a.indices.length >= 2 ? [[a, b] as const] : [])),
      );
      return shared.map(([a, b]) => ({ source, target, relation: meetings(a, b, space, source, target) }));
    }),
  );
}
