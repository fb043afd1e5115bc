/**
 * @file Random affine programs with isl as the referee: dependences, verdicts on legal and illegal orders, all that the
 * scheduler and the optimiser make. `PERSIMMONS_TEST_PROGRAMS` sets how many programs there are, `PERSIMMONS_TEST_SEED`
 * which ones.
 */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { nestsOf } from "../../../../lowering/loops/optimise-loops.js";
import { type Dependence, dependencesOf } from "../../../../lowering/loops/polyhedral/dependences.js";
import { isLegal } from "../../../../lowering/loops/polyhedral/legality.js";
import { readScop } from "../../../../lowering/loops/polyhedral/read-scop.js";
import { type ScheduleOptions, scheduleScop } from "../../../../lowering/loops/polyhedral/schedule/schedule-scop.js";
import { type Filter, leaf, type ScheduleNode } from "../../../../lowering/loops/polyhedral/schedule-tree.js";
import type { Scop } from "../../../../lowering/loops/polyhedral/scop.js";
import { type CpuDescription, cpuNamed } from "../../../../machine/cpu.js";
import { type Draw, drawFrom } from "../../../ir/sets/random-sets.js";
import { pythonWith, runPython } from "../../../support/python.js";
import { bufferizedKernels, kernelFile, randomKernel } from "./random-kernels.js";
import { textOfDependences, textOfScop, textOfTree } from "./scop-referee.js";

const python = pythonWith("islpy");
const PROGRAMS = Number(process.env["PERSIMMONS_TEST_PROGRAMS"] ?? 60);
const SEED = Number(process.env["PERSIMMONS_TEST_SEED"] ?? 1);
/** Programs of one file, and of one start of Python. */
const TOGETHER = 50;

const avx512 = cpuNamed("avx512")!;
const machines: readonly CpuDescription[] = [
  avx512,
  { ...avx512, name: "tiny", caches: { l1: 768, l2: 3072, l3: 4096 } },
];
const policies: readonly ScheduleOptions[] = [{}, { fusion: "max" }, { reorderReductions: true }];

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

interface Tree {
  readonly name: string;
  readonly root: ScheduleNode;
  readonly reorders: boolean;
}

/** Trees that may be illegal, then those that must not be. */
function treesOf(scop: Scop, deps: readonly Dependence[], index: number, draw: Draw) {
  const policy = policies[index % policies.length]!;
  const machine = machines[index % machines.length]!;
  const guesses = [0, 1, 2].map(
    (k): Tree => ({ name: `tree ${k}`, root: altered(scop.schedule, draw), reorders: k === 2 }),
  );
  const made: Tree[] = [
    { name: "schedule", root: scheduleScop(scop, deps, policy).root, reorders: policy.reorderReductions ?? false },
    { name: `nests for ${machine.name}`, root: nestsOf(scop, deps, machine).root, reorders: true },
  ];
  return { guesses, made };
}

/** A line for the referee, and which of what we made we cannot prove ourselves. */
function questionOf(scop: Scop, index: number, draw: Draw) {
  const deps = dependencesOf(scop);
  const { guesses, made } = treesOf(scop, deps, index, draw);
  const judge = ({ name, root, reorders }: Tree) => ({
    name,
    reorders,
    times: textOfTree(scop, root),
    legal: isLegal(scop, deps, root, { reorderReductions: reorders }),
  });
  const trees = [...guesses, ...made].map(judge);
  const unproved = trees.slice(guesses.length).flatMap(({ name, legal }) => (legal ? [] : [name]));
  const kinds: readonly Dependence["kind"][] = ["flow", "anti", "output"];
  const text = JSON.stringify({
    scop: textOfScop(scop),
    dependences: Object.fromEntries(kinds.map((kind) => [kind, textOfDependences(scop, deps, kind)])),
    kept: textOfDependences(
      scop,
      deps.filter((d) => !d.isReduction),
    ),
    trees,
  });
  return { text, unproved, illegal: trees.filter(({ legal }) => !legal).length };
}

type Verdict = "agreed" | "cautious" | "wrong" | "unanswered";

test.skipIf(python === undefined)(
  "isl agrees on dependences and orders of random programs",
  { timeout: 3_600_000 },
  async () => {
    const script = readFileSync(new URL("scop_referee.py", import.meta.url), "utf8");
    const draw = drawFrom(SEED * 7919);
    const counts: Record<Verdict, number> = { agreed: 0, cautious: 0, wrong: 0, unanswered: 0 };
    const found: string[] = [];
    let illegal = 0;
    for (let first = 0; first < PROGRAMS; first += TOGETHER) {
      const sources = Array.from({ length: Math.min(TOGETHER, PROGRAMS - first) }, (_, i) =>
        randomKernel(`k${first + i}`, draw),
      );
      const { functions } = await bufferizedKernels(kernelFile(sources));
      const questions = functions.map((func, i) => {
        const scop = readScop(func);
        if ("reason" in scop) throw new Error(`${scop.reason}:\n${sources[i]}`);
        return questionOf(scop, first + i, draw);
      });
      const lines = runPython(python!, script, questions.map(({ text }) => text).join("\n"))
        .toString()
        .trim()
        .split("\n");
      lines.forEach((line, i) => {
        illegal += questions[i]!.illegal;
        for (const name of questions[i]!.unproved) found.push(`${name} is not proved:\n${sources[i]}`);
        for (const [verdict, what] of JSON.parse(line) as [Verdict, string][]) {
          counts[verdict]++;
          if (verdict === "wrong") found.push(`${what}:\n${sources[i]}`);
          if (verdict === "cautious" && process.env["PERSIMMONS_TEST_SHOW"]) console.log(`${what}:\n${sources[i]}`);
        }
      });
    }
    console.log(`${PROGRAMS} programs, seed ${SEED}:`, JSON.stringify(counts), `${illegal} illegal orders`);
    expect(found).toEqual([]);
    expect(illegal).toBeGreaterThan(PROGRAMS / 12);
    expect(counts.cautious).toBeLessThan(counts.agreed / 100);
    expect(counts.unanswered).toBeLessThan(PROGRAMS / 50 + 1);
  },
);
