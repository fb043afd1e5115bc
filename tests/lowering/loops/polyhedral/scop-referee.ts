/** @file Scops, dependences and schedule trees as texts that isl reads. */

import { basicOf } from "../../../../ir/analysis/sets/basic.js";
import type { Row } from "../../../../ir/analysis/sets/linear.js";
import { combineRows, rowOf } from "../../../../ir/analysis/sets/linear.js";
import { mapSpace, setSpace } from "../../../../ir/analysis/sets/space.js";
import { printRelation, printRow } from "../../../../ir/analysis/sets/text-print.js";
import type { Value } from "../../../../ir/graph.js";
import type { Dependence } from "../../../../lowering/loops/polyhedral/dependences.js";
import type { ScheduleNode } from "../../../../lowering/loops/polyhedral/schedule-tree.js";
import type { ArrayAccess, Scop, Statement } from "../../../../lowering/loops/polyhedral/scop.js";

export interface ScopText {
  readonly domain: string;
  readonly reads: string;
  readonly writes: string;
  readonly schedule: string;
}

/** Joins texts of one relation each; isl takes the union. */
function unionOf(params: readonly string[], texts: readonly string[]): string {
  const bodies = texts.map((text) => text.slice(text.indexOf("{") + 1, text.lastIndexOf("}")).trim());
  return `[${params.join(", ")}] -> { ${bodies.join("; ")} }`;
}

export function textOfScop(scop: Scop): ScopText {
  const params = scop.parameters.map((p) => p.name);
  const arrays: Value[] = [];
  const accesses = (kind: "read" | "write") =>
    unionOf(
      params,
      scop.statements.flatMap((s) =>
        s.accesses.filter((a) => a.kind === kind).map((a) => textOfAccess(a, s, params, arrays)),
      ),
    );
  return {
    domain: unionOf(
      params,
      scop.statements.map((s) => printRelation(s.domain)),
    ),
    reads: accesses("read"),
    writes: accesses("write"),
    schedule: textOfTree(scop, scop.schedule),
  };
}

function textOfAccess(access: ArrayAccess, s: Statement, params: readonly string[], arrays: Value[]): string {
  if (!arrays.includes(access.array)) arrays.push(access.array);
  const [own, axes] = [params.length + s.dims.length, access.indices.length];
  const equal = access.indices.map((row, axis) => {
    const wide = Array.from({ length: own + axes + 1 }, (_, i) => row[i] ?? 0);
    return { kind: "eq" as const, row: combineRows(1, wide, -1, rowOf(own + axes, 0, [own + axis, 1])) };
  });
  const output = { name: `A${arrays.indexOf(access.array)}`, dims: access.indices.map((_, i) => `a${i}`) };
  const space = mapSpace(params, { name: s.name, dims: s.dims }, output);
  const basics = s.domain.basics.map((basic) =>
    basicOf(own + axes, [
      ...equal,
      ...basic.inequalities.map((row) => ({ kind: "ge" as const, row: [...row, ...equal.map(() => 0)] })),
      ...basic.equations.map((row) => ({ kind: "eq" as const, row: [...row, ...equal.map(() => 0)] })),
    ]),
  );
  return printRelation({ space, basics });
}

/** The times of the tree: `S[i, j] -> [t…]`, padded with zeros to one length. */
export function textOfTree(scop: Scop, root: ScheduleNode): string {
  const params = scop.parameters.map((p) => p.name);
  const times = scop.statements.map((s) => timesOf(root, s, [...params, ...s.dims]));
  const length = Math.max(...times.map((t) => t.length));
  const texts = scop.statements.map((s, i) => {
    const time = Array.from({ length }, (_, level) => times[i]![level] ?? "0");
    return `{ ${s.name}[${s.dims.join(", ")}] -> [${time.join(", ")}] }`;
  });
  return unionOf(params, texts);
}

function timesOf(node: ScheduleNode, s: Statement, names: readonly string[]): string[] {
  if (node.kind === "leaf") return [];
  if (node.kind === "sequence") {
    const at = node.children.findIndex((child) => child.statements.includes(s.name));
    return [String(at), ...timesOf(node.children[at]!.child, s, names)];
  }
  if (node.kind !== "band") return timesOf(node.child, s, names);
  const values = node.members.map((member) => tiled(member.rows.get(s.name)!, member.tile, names));
  return [...values, ...timesOf(node.child, s, names)];
}

const tiled = (row: Row, tile: number, names: readonly string[]): string =>
  tile === 1 ? printRow(row, names) : `${tile}*floor((${printRow(row, names)})/${tile})`;

/** The union of the dependences of one kind. */
export function textOfDependences(scop: Scop, deps: readonly Dependence[], kind?: Dependence["kind"]): string {
  const params = scop.parameters.map((p) => p.name);
  const chosen = deps.filter((d) => kind === undefined || d.kind === kind);
  const empty = printRelation({ space: setSpace(params, { name: "Nothing", dims: [] }), basics: [] });
  if (chosen.length === 0) return empty.replace("Nothing[]", "Nothing[] -> Nothing[]");
  return unionOf(
    params,
    chosen.map((d) => printRelation(d.relation)),
  );
}
