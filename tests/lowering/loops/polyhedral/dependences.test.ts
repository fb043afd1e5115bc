/** @file Dependences of small programs whose answer is known, and of random ones, where isl has the last word. */

import { expect, test } from "vitest";
import { isEqual } from "../../../../ir/analysis/sets/relation.js";
import { parseRelation } from "../../../../ir/analysis/sets/text-parse.js";
import { dependencesOf } from "../../../../lowering/loops/polyhedral/dependences.js";
import { scopOfText } from "../../../support/scops.js";

test("a product of matrices only depends on its own sum, which may be reordered", () => {
  const scop = scopOfText(
    `
for i = 0 .. n
  for j = 0 .. n
    for k = 0 .. n
      C[i, j] += A[i, k] * B[k, j]`,
    ["n"],
  );
  const deps = dependencesOf(scop);
  expect(deps.map((d) => d.kind).sort()).toEqual(["anti", "flow", "output"]);
  expect(deps.every((d) => d.isReduction)).toBe(true);
  const same = parseRelation(
    "[n] -> { S0[i, j, k] -> S0[i, j, l] : 0 <= i < n and 0 <= j < n and 0 <= k < l and l < n }",
  );
  expect(deps.every((d) => isEqual(d.relation, same))).toBe(true);
});

test("a stencil in place depends on all earlier times at the neighbours", () => {
  const scop = scopOfText(`
for t = 0 .. 10
  for i = 1 .. 99
    A[i] = A[i - 1] + A[i + 1]`);
  const flow = dependencesOf(scop).filter((d) => d.kind === "flow");
  const [left, right] = [
    "{ S0[t, i] -> S0[u, j] : j = i + 1 and 0 <= t <= u and u < 10 and 1 <= i < 98 }",
    "{ S0[t, i] -> S0[u, j] : j = i - 1 and 0 <= t < u and u < 10 and 2 <= i < 99 }",
  ].map((text) => parseRelation(text));
  expect(flow.map((d) => isEqual(d.relation, left!) || isEqual(d.relation, right!))).toEqual([true, true]);
});

test("a sum that another element of its array enters is no reduction there", () => {
  const scop = scopOfText(`
for i = 0 .. 10
  for k = 0 .. i
    A[i] += A[k]`);
  const deps = dependencesOf(scop);
  expect(deps.filter((d) => !d.isReduction).map((d) => d.kind)).toEqual(["flow"]);
  expect(deps.filter((d) => d.isReduction)).toHaveLength(3);
});

test("loops that run downwards and guards are seen", () => {
  const scop = scopOfText(`
for -i = 0 .. 10
  if i - 5 >= 0
    x[i] = x[i + 1]`);
  const [dep, ...others] = dependencesOf(scop);
  expect(others).toEqual([]);
  expect(isEqual(dep!.relation, parseRelation("{ S0[i] -> S0[j] : j = i - 1 and 5 <= j <= 8 }"))).toBe(true);
});
