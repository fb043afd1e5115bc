/** @file Outer loops become lanes where only inner ones carry dependences, and only there. */

import { expect, test } from "vitest";
import { dependencesOf } from "../../../../lowering/loops/polyhedral/dependences.js";
import { type LaneLoops, laneLoops } from "../../../../lowering/loops/polyhedral/lane-loops.js";
import { isLegal } from "../../../../lowering/loops/polyhedral/legality.js";
import { cpuNamed } from "../../../../machine/cpu.js";
import { innermost } from "../../../support/schedules.js";
import { scopOfText } from "../../../support/scops.js";

function sunk(text: string): LaneLoops & { readonly isKept: boolean } {
  const scop = scopOfText(text);
  const deps = dependencesOf(scop);
  const found = laneLoops(scop, scop.schedule, deps, cpuNamed("avx512")!, new Set());
  return { ...found, isKept: isLegal(scop, deps, found.root) };
}

test("recurrences along rows run side by side, row by row", () => {
  const found = sunk(`
for i = 0 .. 99
  A[i, 0] = B[i, 0]
  for j = 1 .. 99
    A[i, j] = A[i, j - 1] + B[i, j]
  for j = 1 .. 99
    B[i, j] = B[i, j - 1] + A[i, j]`);
  expect(found.loops.map(({ statements }) => statements.map(({ name }) => name))).toEqual([["S0", "S1", "S2"]]);
  expect(found.isKept).toBe(true);
  expect(innermost(found.root, "S1")).toEqual([0, 1, 0]);
  expect(found.loops[0]!.inLanes).toBeLessThan(found.loops[0]!.alone);
});

test("a loop that carries a dependence stays outside", () => {
  const found = sunk(`
for i = 1 .. 99
  for j = 1 .. 99
    A[i, j] = A[i, j - 1] + A[i - 1, j]`);
  expect(found.loops).toEqual([]);
});

test("the loop inside of one that carries a dependence is found", () => {
  const found = sunk(`
for t = 1 .. 9
  for i = 0 .. 99
    for j = 1 .. 99
      A[i, j] = A[i, j - 1] + B[i, j]
  for i = 0 .. 99
    for j = 1 .. 99
      B[j, i] = B[j - 1, i] + A[i, j]`);
  expect(found.loops).toHaveLength(2);
  expect(found.isKept).toBe(true);
  expect(innermost(found.root, "S1")).toEqual([0, 0, 1, 0]);
});
