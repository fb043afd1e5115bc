/**
 * @file Prints schedule trees as isl's YAML, which `isl.Schedule.read_from_str` reads: the domain, then bands with a
 * piecewise affine function per member, sequences of filters, and marks.
 */

import { printRelation, printRow } from "../../../ir/analysis/sets/text-print.js";
import type { Band, BandMember, ScheduleNode } from "./schedule-tree.js";
import type { Scop, Statement } from "./scop.js";

/** The tree under the domain of the scop; two spaces a level, a line break at the end. */
export function printSchedule(scop: Scop, root: ScheduleNode): string {
  const domains = scop.statements.map(({ domain }) => bodyOf(printRelation(domain)));
  const lines = [`domain: "${setOf(scop, domains)}"`];
  const names = scop.statements.map((s) => s.name);
  return [...lines, ...childLines(scop, root, names), ""].join("\n");
}

const bodyOf = (text: string): string => text.slice(text.indexOf("{") + 1, text.lastIndexOf("}")).trim();

function setOf(scop: Scop, pieces: readonly string[]): string {
  const params = scop.parameters.map((p) => p.name);
  return `${params.length === 0 ? "" : `[${params.join(", ")}] -> `}{ ${pieces.join("; ")} }`;
}

const tupleOf = ({ name, dims }: Statement): string => `${name}[${dims.join(", ")}]`;

const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

/** `child:` with the node, or nothing for a leaf, which isl leaves out. */
function childLines(scop: Scop, node: ScheduleNode, active: readonly string[]): string[] {
  return node.kind === "leaf" ? [] : ["child:", ...indented(nodeLines(scop, node, active))];
}

function nodeLines(scop: Scop, node: ScheduleNode, active: readonly string[]): string[] {
  switch (node.kind) {
    case "leaf":
      return [];
    case "band":
      return bandLines(scop, node, active);
    case "mark":
      return [`mark: "${node.name}"`, ...childLines(scop, node.child, active)];
    case "filter": {
      const pieces = scop.statements.filter((s) => node.statements.includes(s.name)).map(tupleOf);
      return [`filter: "${setOf(scop, pieces)}"`, ...childLines(scop, node.child, node.statements)];
    }
    case "sequence": {
      const children = node.children.map((child) => nodeLines(scop, child, active));
      return ["sequence:", ...children.flatMap(([first, ...rest]) => [`- ${first}`, ...indented(rest)])];
    }
  }
}

function bandLines(scop: Scop, band: Band, active: readonly string[]): string[] {
  const members = band.members.map((member) => memberText(scop, member, active));
  const flag = (x: boolean): number => (x ? 1 : 0);
  return [
    `schedule: "${scop.parameters.length === 0 ? "" : `[${scop.parameters.map((p) => p.name).join(", ")}] -> `}[${members.join(", ")}]"`,
    `permutable: ${flag(band.permutable)}`,
    `coincident: [ ${band.members.map((m) => flag(m.coincident)).join(", ")} ]`,
    ...childLines(scop, band.child, active),
  ];
}

function memberText(scop: Scop, { rows, tile }: BandMember, active: readonly string[]): string {
  const pieces = scop.statements
    .filter((s) => active.includes(s.name))
    .map((statement) => {
      const names = [...scop.parameters.map((p) => p.name), ...statement.dims];
      const row = printRow(rows.get(statement.name)!, names);
      const value = tile === 1 ? `(${row})` : `(${tile}*floor((${row})/${tile}))`;
      return `${tupleOf(statement)} -> [${value}]`;
    });
  return `{ ${pieces.join("; ")} }`;
}
