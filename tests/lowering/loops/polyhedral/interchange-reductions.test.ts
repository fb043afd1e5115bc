/** @file A table filled from its diagonal runs in lanes: its inner maximum changes places with the loop around it. */

import { expect, test } from "vitest";
import { type Dependence, dependencesOf } from "../../../../lowering/loops/polyhedral/dependences.js";
import { interchangeReductions } from "../../../../lowering/loops/polyhedral/interchange-reductions.js";
import { isLegal } from "../../../../lowering/loops/polyhedral/legality.js";
import { readScop } from "../../../../lowering/loops/polyhedral/read-scop.js";
import { type Scop, writeOf } from "../../../../lowering/loops/polyhedral/scop.js";
import { cpuNamed } from "../../../../machine/cpu.js";
import { innermost } from "../../../support/schedules.js";
import { bufferized } from "./polybench-kernels.js";

async function tableOf(name: string, sizes: Readonly<Record<string, number>>) {
  const { func } = await bufferized(name, sizes);
  const scop = readScop(func);
  if ("reason" in scop) throw new Error(scop.reason);
  return { scop, deps: dependencesOf(scop) };
}

const interchanged = (scop: Scop, deps: readonly Dependence[]) =>
  interchangeReductions(scop, scop.schedule, deps, cpuNamed("avx512")!, new Set());

test("updates of one element by maxima are one reduction over all statements, what they read is not", async () => {
  const { deps } = await tableOf("nussinov", { N: 60 });
  const across = deps.filter(({ source, target }) => source !== target);
  const free = across.filter(({ isReduction }) => isReduction);
  expect(free.length).toBeGreaterThan(0);
  for (const { source, target, sourceAccess, targetAccess } of free) {
    expect([source.reduction!.accumulator, writeOf(source)]).toContain(sourceAccess);
    expect([target.reduction!.accumulator, writeOf(target)]).toContain(targetAccess);
  }
  const read = across.filter(
    ({ kind, target, targetAccess }) => kind === "flow" && targetAccess !== target.reduction!.accumulator,
  );
  expect(read.length).toBeGreaterThan(0);
  expect(read.every(({ isReduction }) => !isReduction)).toBe(true);
});

test("the maximum over k gets its lanes along j, legally, and only because maxima may change places", async () => {
  const { scop, deps } = await tableOf("nussinov", { N: 60 });
  const { root, statements } = interchanged(scop, deps);
  const [name] = statements.map((s) => s.name);
  expect(statements).toHaveLength(1);
  expect(innermost(root, name!)).toEqual([0, 0, 1, 0]);
  expect(isLegal(scop, deps, root, { reorderReductions: true })).toBe(true);
  expect(isLegal(scop, deps, root)).toBe(false);
});

test("a reduction whose operands are not finished by then keeps its order", async () => {
  for (const [name, sizes] of [
    ["cholesky", { N: 40 }],
    ["lu", { N: 40 }],
  ] as const) {
    const { scop, deps } = await tableOf(name, sizes);
    const { root } = interchanged(scop, deps);
    expect(isLegal(scop, deps, root, { reorderReductions: true })).toBe(true);
  }
});
