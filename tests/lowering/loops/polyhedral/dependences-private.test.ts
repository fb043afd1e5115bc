/** @file Which scalars may have a copy for each iteration, and what that leaves of the dependences. */

import { expect, test } from "vitest";
import { dependencesOf } from "../../../../lowering/loops/polyhedral/dependences.js";
import { privatisable, withoutPrivate } from "../../../../lowering/loops/polyhedral/privatise.js";
import { scheduleScop } from "../../../../lowering/loops/polyhedral/schedule/schedule-scop.js";
import { scopOfText } from "../../../support/scops.js";

test("a scalar that each iteration sets before it adds to it is private to the iteration", () => {
  const scop = scopOfText(`
for i = 0 .. 10
  w[] = b[i]
  for j = 0 .. 20
    w[] += A[i, j]
  y[i] = w[]`);
  const deps = dependencesOf(scop);
  const privates = privatisable(scop, deps, (array) => array === scop.arrays.get("w"));
  expect(privates.map(({ groups }) => groups.map((g) => [g.statements, g.loops.length]))).toEqual([
    [[["S0", "S1", "S2"], 1]],
  ]);
  const left = withoutPrivate(deps, privates);
  expect(left.length).toBeGreaterThan(0);
  const { root } = scheduleScop({ ...scop }, left);
  expect(JSON.stringify(root, (_, v) => (v instanceof Map ? [...v] : v))).toContain('"coincident":true');
});

test("two uses of one scalar are apart, and what nobody may drop stays", () => {
  const scop = scopOfText(`
for i = 0 .. 10
  w[] = b[i]
  y[i] = w[]
for i = 0 .. 10
  w[] = c[i]
  z[i] = w[]`);
  const deps = dependencesOf(scop);
  const [found] = privatisable(scop, deps, () => true).filter(({ array }) => array === scop.arrays.get("w"));
  expect(found!.groups.map((group) => group.statements)).toEqual([
    ["S0", "S1"],
    ["S2", "S3"],
  ]);
  expect(privatisable(scop, deps, () => false)).toEqual([]);
});

test("a scalar that goes from one iteration to the next is not private", () => {
  const scop = scopOfText(`
for i = 0 .. 10
  y[i] = w[]
  w[] = b[i]`);
  const local = scop.arrays.get("w");
  expect(privatisable(scop, dependencesOf(scop), (array) => array === local)).toEqual([]);
});

test("a write under a guard does not cover the reads beside it", () => {
  const scop = scopOfText(`
for i = 0 .. 10
  if i - 1 >= 0
    w[] = b[i]
  y[i] = w[]`);
  const local = scop.arrays.get("w");
  expect(privatisable(scop, dependencesOf(scop), (array) => array === local)).toEqual([]);
});
