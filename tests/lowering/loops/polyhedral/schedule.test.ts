/**
 * @file Random affine programs with isl as the referee: dependences, verdicts on legal and illegal trees, and all that
 * the scheduler makes. `PERSIMMONS_TEST_PROGRAMS` sets how many programs there are.
 */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type Dependence, dependencesOf } from "../../../../lowering/loops/polyhedral/dependences.js";
import { isLegal } from "../../../../lowering/loops/polyhedral/legality.js";
import { scheduleScop } from "../../../../lowering/loops/polyhedral/schedule/schedule-scop.js";
import { type Filter, leaf, type ScheduleNode } from "../../../../lowering/loops/polyhedral/schedule-tree.js";
import type { Scop } from "../../../../lowering/loops/polyhedral/scop.js";
import { type Draw, drawFrom } from "../../../ir/sets/random-sets.js";
import { pythonWith, runPython } from "../../../support/python.js";
import { scopOfText } from "../../../support/scops.js";
import { textOfDependences, textOfScop, textOfTree } from "./scop-referee.js";

const python = pythonWith("islpy");
const PROGRAMS = Number(process.env["PERSIMMONS_TEST_PROGRAMS"] ?? 24);

/** Loops of depth up to 3 with a few statements on two arrays and a scalar. */
function randomProgram(draw: Draw, params: readonly string[]): string {
  const names = ["i", "j", "k"];
  const index = (loops: readonly string[]): string => {
    const name = loops.length === 0 ? "" : loops[draw(0, loops.length - 1)]!;
    const sum = draw(0, 5) === 0 && loops.length > 1 ? `${name} + ${loops[draw(0, loops.length - 1)]}` : name;
    const shift = draw(-1, 1);
    return sum === "" ? String(shift + 1) : shift === 0 ? sum : `${sum} ${shift < 0 ? "-" : "+"} 1`;
  };
  const reference = (loops: readonly string[]): string => {
    const kind = draw(0, 6);
    if (kind === 0) return "x[]";
    return kind < 4 ? `A[${index(loops)}, ${index(loops)}]` : `B[${index(loops)}]`;
  };
  const block = (loops: readonly string[]): string[] => {
    const pad = "  ".repeat(loops.length);
    const lines: string[] = [];
    for (let n = draw(1, 2); n > 0; n--) {
      if (loops.length < 3 && draw(0, 3) > 0) {
        const name = names[loops.length]!;
        const low = loops.length > 0 && draw(0, 3) === 0 ? loops.at(-1)! : "0";
        const high = params.length > 0 && draw(0, 2) > 0 ? params[0]! : String(draw(2, 9));
        lines.push(`${pad}for ${draw(0, 5) === 0 ? "-" : ""}${name} = ${low} .. ${high}`, ...block([...loops, name]));
      } else {
        lines.push(
          `${pad}${reference(loops)} ${draw(0, 2) === 0 ? "+" : ""}= ${reference(loops)} * ${reference(loops)}`,
        );
      }
    }
    return lines;
  };
  return block([]).join("\n");
}

/** The program's own tree with something changed, which may make it illegal. */
function altered(node: ScheduleNode, draw: Draw): ScheduleNode {
  if (node.kind === "leaf") return draw(0, 15) === 0 ? node : leaf;
  if (node.kind === "sequence") {
    const children = node.children.map((child): Filter => ({ ...child, child: altered(child.child, draw) }));
    return { kind: "sequence", children: draw(0, 3) === 0 ? children.toReversed() : children };
  }
  if (node.kind !== "band") return { ...node, child: altered(node.child, draw) };
  const change = draw(0, 7);
  const members = node.members.map((member) => {
    const rows = new Map([...member.rows].map(([name, row]) => [name, change === 0 ? row.map((x) => -x + 0) : row]));
    return { ...member, rows, tile: change === 1 ? 4 : 1 };
  });
  const child = altered(node.child, draw);
  if (change === 1) return { ...node, members: [...members, ...node.members], child };
  if (change === 2 && child.kind === "band") {
    return { ...child, members: [...child.members, ...members], child: child.child };
  }
  return { ...node, members, child };
}

function questionOf(scop: Scop, draw: Draw) {
  const deps = dependencesOf(scop);
  const kinds: readonly Dependence["kind"][] = ["flow", "anti", "output"];
  const kept = deps.filter((d) => !d.isReduction);
  const trees = [0, 1, 2].map(() => altered(scop.schedule, draw));
  const plain = [...trees, scheduleScop(scop, deps).root, scheduleScop(scop, deps, { fusion: "max" }).root].map(
    (root) => ({
      times: textOfTree(scop, root),
      legal: isLegal(scop, deps, root),
    }),
  );
  const reordered = [scheduleScop(scop, deps, { reorderReductions: true }).root, ...trees].map((root) => ({
    times: textOfTree(scop, root),
    legal: isLegal(scop, deps, root, { reorderReductions: true }),
    kept: true,
  }));
  return {
    scop: textOfScop(scop),
    dependences: Object.fromEntries(kinds.map((kind) => [kind, textOfDependences(scop, deps, kind)])),
    kept: textOfDependences(scop, kept),
    trees: [...plain, ...reordered],
    /** Those that the scheduler made must be legal. */
    made: [plain[3]!.legal, plain[4]!.legal, reordered[0]!.legal],
  };
}

test.skipIf(python === undefined)(
  "isl agrees on dependences and trees of random programs",
  { timeout: 600_000 },
  () => {
    const draw = drawFrom(11);
    const programs: string[] = [];
    const asked = Array.from({ length: PROGRAMS }, (_, i) => {
      const params = i % 2 === 0 ? [] : ["n"];
      programs.push(randomProgram(draw, params));
      return questionOf(scopOfText(programs.at(-1)!, params), draw);
    });
    expect(asked.flatMap(({ made }, i) => (made.includes(false) ? [programs[i]] : []))).toEqual([]);
    const verdicts = asked.flatMap(({ trees }) => trees.map(({ legal }) => legal));
    expect(verdicts.filter((legal) => !legal).length).toBeGreaterThan(PROGRAMS / 12);
    const script = readFileSync(new URL("scop_referee.py", import.meta.url), "utf8");
    const answer: { wrong: [number, string[]][]; unanswered: number[] } = JSON.parse(
      runPython(python!, script, JSON.stringify(asked)).toString(),
    );
    expect(answer.wrong.map(([i, what]) => `${what}:\n${programs[i]}`)).toEqual([]);
    expect(answer.unanswered.length).toBeLessThan(asked.length / 20);
  },
);

test("a loop that is turned around in the middle gets a legal schedule", () => {
  const scop = scopOfText(`
for i = 0 .. 10
  A[i] = A[9 - i]`);
  const deps = dependencesOf(scop);
  const { root } = scheduleScop(scop, deps);
  expect(isLegal(scop, deps, root)).toBe(true);
});
