/** @file Legal and illegal orders of small programs, and what their bands allow. */

import { expect, test } from "vitest";
import { dependencesOf } from "../../../../lowering/loops/polyhedral/dependences.js";
import { checkBand, isLegal, violations } from "../../../../lowering/loops/polyhedral/legality.js";
import { type BandMember, leaf, type ScheduleNode } from "../../../../lowering/loops/polyhedral/schedule-tree.js";
import { scopOfText } from "../../../support/scops.js";

const stencil = scopOfText(`
for t = 0 .. 10
  for i = 1 .. 99
    A[i] = A[i - 1] + A[i + 1]`);

const member = (row: number[], tile = 1): BandMember => ({ rows: new Map([["S0", row]]), tile, coincident: false });
const band = (...members: BandMember[]): ScheduleNode => ({ kind: "band", members, permutable: false, child: leaf });

test("the order of the program is legal and the opposite is not", () => {
  const deps = dependencesOf(stencil);
  expect(isLegal(stencil, deps, stencil.schedule)).toBe(true);
  expect(isLegal(stencil, deps, band(member([0, -1, 0]), member([0, 0, 1])))).toBe(false);
  expect(isLegal(stencil, deps, band(member([0, 1, 0])))).toBe(false);
});

test("a violation comes with a pair of points that it turns around", () => {
  const [found] = violations(stencil, dependencesOf(stencil), band(member([0, 0, 1]), member([0, 1, 0])));
  const { source, target } = found!.pair!;
  expect(target[1]! < source[1]! || (target[1] === source[1] && target[0]! < source[0]!)).toBe(true);
  expect(Math.abs(source[1]! - target[1]!)).toBeLessThanOrEqual(1);
  expect(source[0]).toBeLessThanOrEqual(target[0]!);
});

test("tiles of a skewed stencil are legal, tiles of the plain one are not", () => {
  const deps = dependencesOf(stencil);
  const points = [member([0, 1, 0]), member([0, 1, 1])];
  expect(isLegal(stencil, deps, band(member([0, 1, 0], 4), member([0, 1, 1], 8), ...points))).toBe(true);
  const plain = [member([0, 1, 0], 4), member([0, 0, 1], 8), member([0, 1, 0]), member([0, 0, 1])];
  expect(isLegal(stencil, deps, band(...plain))).toBe(false);
});

test("what a band allows is found anew", () => {
  const deps = dependencesOf(stencil);
  const skewed = checkBand([member([0, 1, 0]), member([0, 1, 1])], deps);
  expect(skewed).toEqual({ permutable: true, coincident: [false, false] });
  expect(checkBand([member([0, 1, 0]), member([0, 0, 1])], deps).permutable).toBe(false);
});

test("reductions may be reordered where that is allowed, and are not run at once", () => {
  const product = scopOfText(`
for i = 0 .. 10
  for k = 0 .. 20
    C[i] += A[i, k]`);
  const deps = dependencesOf(product);
  const reversed = [member([0, 1, 0]), member([0, 0, -1])];
  expect(isLegal(product, deps, band(...reversed))).toBe(false);
  expect(isLegal(product, deps, band(...reversed), { reorderReductions: true })).toBe(true);
  expect(checkBand(reversed, deps, { reorderReductions: true })).toEqual({
    permutable: true,
    coincident: [true, false],
  });
});
