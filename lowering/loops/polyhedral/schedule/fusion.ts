/**
 * @file Which statements share loops. Groups that depend on each other in a circle must; others may, where that brings
 * two uses of the same data together and takes nothing from either: neither the depth of its band, nor an outer loop
 * that runs at once, nor a loop for vectors. Matrices that a nest reads only once are the exception: memory then is what
 * it waits for, and one pass over them is worth more than two that run at once.
 */

import type { BandMember, ScheduleNode } from "../schedule-tree.js";
import type { ArrayAccess, Scop, Statement } from "../scop.js";
import { componentsOf, type Edge } from "./components.js";
import type { FoundBand } from "./find-band.js";

export type FusionPolicy = "max" | "smart" | "none";

export interface Group {
  readonly statements: readonly Statement[];
  readonly band: FoundBand | undefined;
}

export interface FusionQuestion {
  readonly scop: Scop;
  readonly statements: readonly Statement[];
  readonly edges: readonly Edge[];
  readonly policy: FusionPolicy;
  readonly tryBand: (statements: readonly Statement[]) => FoundBand | undefined;
  readonly explain: (reason: string) => void;
}

/** Groups in an order that the edges allow; each becomes a nest. */
export function fuse(question: FusionQuestion): Group[] {
  const { statements, edges, policy, tryBand } = question;
  const dependsOn = (later: Group, earlier: Group) =>
    edges.some(
      ({ from, to }) => earlier.statements.includes(statements[from]!) && later.statements.includes(statements[to]!),
    );
  const groups: Group[] = [];
  for (const component of componentsOf(statements.length, edges)) {
    const members = component.map((i) => statements[i]!);
    const alone: Group = { statements: members, band: tryBand(members) };
    let joined = false;
    for (let at = groups.length - 1; at >= 0 && policy !== "none" && !joined; at--) {
      const both = join(question, groups[at]!, alone);
      if (both !== undefined) {
        groups[at] = both;
        joined = true;
      }
      if (dependsOn(alone, groups[at]!)) break;
    }
    if (!joined) groups.push(alone);
  }
  return groups;
}

function join(question: FusionQuestion, a: Group, b: Group): Group | undefined {
  if (a.band === undefined || b.band === undefined) return undefined;
  const order = question.scop.statements;
  const statements = order.filter((s) => a.statements.includes(s) || b.statements.includes(s));
  const names = `${a.statements.map((s) => s.name).join(", ")} and ${b.statements.map((s) => s.name).join(", ")}`;
  if (question.policy === "smart" && (depthOf(a) !== depthOf(b) || !shareData(a, b))) return undefined;
  const band = question.tryBand(statements);
  if (band === undefined) return undefined;
  const fused = { statements, band };
  if (question.policy === "max") return fused;
  const loss = lossOf(question.scop, a, b, band);
  if (loss !== undefined) {
    question.explain(`${names} stay apart: together they lose ${loss}`);
    return undefined;
  }
  question.explain(`${names} share loops`);
  return fused;
}

const depthOf = (group: Group): number => Math.max(...group.statements.map((s) => s.dims.length));

function shareData(a: Group, b: Group): boolean {
  const arrays = new Set(a.statements.flatMap((s) => s.accesses.map((access) => access.array)));
  return b.statements.some((s) => s.accesses.some((x) => x.indices.length > 0 && arrays.has(x.array)));
}

function lossOf(scop: Scop, a: Group, b: Group, band: FoundBand): string | undefined {
  const streams = streamTogether(a, b);
  const isShorter = [a, b].some((group) => group.band!.members.length > band.members.length);
  const all = [...a.statements, ...b.statements];
  if (isShorter && !(streams && sharedLoops(scop.schedule, all) > 0)) return "a member of their band";
  const withVectors = [a, b].flatMap((group) =>
    group.statements.filter((s) => group.band!.members.some((m) => hasVectors(s, m))),
  );
  if (!isShorter && !band.members.some((m) => withVectors.every((s) => hasVectors(s, m)))) {
    return "a loop for vectors";
  }
  const parallel = (members: readonly BandMember[]) => members.some((member) => member.coincident);
  if (parallel(a.band!.members) && parallel(b.band!.members) && !parallel(band.members)) {
    if (!streams) return "the loops that run at once";
  }
  return undefined;
}

/** The member steps through one dim along which every access of the statement is contiguous or constant. */
function hasVectors(s: Statement, member: BandMember): boolean {
  const row = member.rows.get(s.name)!;
  const dims = row.slice(row.length - s.dims.length);
  const moving = dims.flatMap((c, i) => (c === 0 ? [] : [i]));
  const [dim] = moving;
  if (dim === undefined || moving.length > 1) return false;
  const carried = !member.coincident && s.reduction === undefined;
  return !carried && s.accesses.every((access) => isContiguous(access, s, dim));
}

/** How many loops are around all of the statements in the order of the program. */
function sharedLoops(node: ScheduleNode, statements: readonly Statement[]): number {
  if (node.kind === "leaf") return 0;
  if (node.kind === "band") return node.members.length + sharedLoops(node.child, statements);
  if (node.kind !== "sequence") return sharedLoops(node.child, statements);
  const around = node.children.find((child) => statements.every((s) => child.statements.includes(s.name)));
  return around === undefined ? 0 : sharedLoops(around.child, statements);
}

function isContiguous({ indices }: ArrayAccess, s: Statement, dim: number): boolean {
  return indices.every((row, axis) => {
    const c = row[row.length - s.dims.length + dim]!;
    return c === 0 || (axis === indices.length - 1 && Math.abs(c) === 1);
  });
}

/** Both read one matrix of which no element is used twice by either. */
function streamTogether(a: Group, b: Group): boolean {
  const streams = (group: Group) =>
    new Set(
      group.statements.flatMap((s) =>
        s.accesses.filter((x) => x.indices.length >= 2 && x.indices.length >= s.dims.length).map((x) => x.array),
      ),
    );
  const first = streams(a);
  return [...streams(b)].some((array) => first.has(array));
}
