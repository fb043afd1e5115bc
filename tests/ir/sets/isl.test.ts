/** @file Unbounded parametric sets and relations against isl: emptiness, projection, subtraction, composition, equality. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { SetsTooLarge } from "../../../ir/analysis/sets/linear.js";
import { compose, isEmpty, isEqual, projectOut, subtract } from "../../../ir/analysis/sets/relation.js";
import { printRelation } from "../../../ir/analysis/sets/text-print.js";
import { pythonWith, runPython } from "../../support/python.js";
import { drawFrom, randomRelation } from "./random-sets.js";

const python = pythonWith("islpy");
const ROUNDS = 500;
/** isl takes minutes over unions of thousands of pieces; answers beyond this many characters are left out and counted. */
const LONGEST = 4000;
const set = { params: ["n"], output: { name: "S", dims: ["i", "j", "k"] } };
const first = { params: ["n"], input: { name: "S", dims: ["i", "j"] }, output: { name: "T", dims: ["a", "b"] } };
const second = { params: ["n"], input: { name: "T", dims: ["a", "b"] }, output: { name: "U", dims: ["x"] } };

interface Question {
  readonly op: string;
  readonly given: readonly string[];
  readonly claim: string | boolean;
}

function questions(): { readonly asked: readonly Question[]; readonly refused: number; readonly long: number } {
  const draw = drawFrom(7);
  const asked: Question[] = [];
  let [refused, long] = [0, 0];
  const ask = (op: string, given: readonly string[], answer: () => string | boolean) => {
    try {
      const claim = answer();
      if (typeof claim === "string" && claim.length > LONGEST) long++;
      else asked.push({ op, given, claim });
    } catch (error) {
      if (!(error instanceof SetsTooLarge)) throw error;
      refused++;
    }
  };
  for (let round = 0; round < ROUNDS; round++) {
    const [a, b] = [randomRelation(set, undefined, draw), randomRelation(set, undefined, draw)];
    const [f, g] = [randomRelation(first, undefined, draw), randomRelation(second, undefined, draw)];
    const [textA, textB] = [printRelation(a), printRelation(b)];
    ask("empty", [textA], () => isEmpty(a));
    ask("project", [textA], () => printRelation(projectOut(a, "output", 0, 2)));
    ask("subtract", [textA, textB], () => printRelation(subtract(a, b)));
    ask("equal", [textA, textB], () => isEqual(a, b));
    ask("compose", [printRelation(f), printRelation(g)], () => printRelation(compose(f, g)));
  }
  return { asked, refused, long };
}

test.skipIf(python === undefined)("isl agrees with every answer", { timeout: 300_000 }, () => {
  const { asked, refused, long } = questions();
  const script = readFileSync(new URL("isl_referee.py", import.meta.url), "utf8");
  const answer: { wrong: number[]; unanswered: number[] } = JSON.parse(
    runPython(python!, script, JSON.stringify(asked)).toString(),
  );
  expect(answer.wrong.map((i) => asked[i])).toEqual([]);
  expect(answer.unanswered.length).toBeLessThan(asked.length / 50);
  expect(refused).toBeLessThan(asked.length / 50);
  expect(long).toBeLessThan(asked.length / 20);
});
