/** @file Which statements share a pass over a large array, in what blocks, and that all of them still compute the same. */

import { describe, expect, test } from "vitest";
import { verify } from "../../../../ir/verify.js";
import { optimiseLoops } from "../../../../lowering/loops/optimise-loops.js";
import { dependencesOf } from "../../../../lowering/loops/polyhedral/dependences.js";
import { isLegal } from "../../../../lowering/loops/polyhedral/legality.js";
import { shareRows } from "../../../../lowering/loops/polyhedral/share-rows.js";
import { type CpuDescription, cpuNamed } from "../../../../machine/cpu.js";
import { typedScop } from "../../../support/typed-scops.js";
import { bufferized, runLoops } from "./polybench-kernels.js";

const avx512 = cpuNamed("avx512")!;

/** What is said of square matrices of `size` rows and vectors, where everything runs in lanes. */
function sharing(text: string, size = 1000): readonly string[] {
  const scop = typedScop(text, (name) => (name === name.toUpperCase() ? [size, size] : [size]));
  const deps = dependencesOf(scop);
  const names = new Set(scop.statements.map((s) => s.name));
  const { root, remarks } = shareRows(scop, scop.schedule, deps, avx512, () => names);
  expect(isLegal(scop, deps, root, { reorderReductions: true })).toBe(true);
  return remarks.map(
    ({ what, numbers }) => `${what}: ${numbers["bytes"]} of ${numbers["otherwise"]}, ${numbers["block"]}`,
  );
}

test("a product by rows and one by columns read blocks that the first cache holds", () => {
  const text = `
for i = 0 .. 1000
  for j = 0 .. 1000
    a[i] += M[i, j] * x[j]
for i = 0 .. 1000
  for j = 0 .. 1000
    b[i] += M[j, i] * y[j]`;
  expect(sharing(text)).toEqual(["S0 and S1 share a pass over what they read: 8000000 of 16000000, 4 x 512"]);
});

test("what needs the sum of a row reads the row whole a second time", () => {
  const text = `
for i = 0 .. 1000
  for j = 0 .. 1000
    t[i] += M[i, j] * x[j]
for i = 0 .. 1000
  for j = 0 .. 1000
    y[j] += M[i, j] * t[i]`;
  expect(sharing(text)).toEqual(["S0 and S1 share a pass over what they read: 8000000 of 16000000, 4"]);
});

test("what needs all rows before its first one has a pass for itself", () => {
  const text = `
for i = 0 .. 1000
  for j = 0 .. 1000
    t[j] += M[i, j] * x[i]
for i = 0 .. 1000
  for j = 0 .. 1000
    y[i] += M[i, j] * t[j]`;
  expect(sharing(text)).toEqual([]);
});

test("passes over different matrices, and over what a cache holds, stay as they are", () => {
  const text = (second: string) => `
for i = 0 .. 100
  for j = 0 .. 100
    a[i] += M[i, j] * x[j]
for i = 0 .. 100
  for j = 0 .. 100
    b[i] += ${second}[i, j] * x[j]`;
  expect(sharing(text("N"))).toEqual([]);
  expect(sharing(text("M"), 100)).toEqual([]);
});

/** Caches of which a matrix of a few thousand numbers holds many. */
const tiny: CpuDescription = { ...cpuNamed("avx2")!, name: "tiny", caches: { l1: 768, l2: 3072, l3: 4096 } };

describe("kernels whose passes are shared, of several blocks and parts of blocks", () => {
  test.each([
    ["mvt", { N: 150 }],
    ["bicg", { M: 131, N: 150 }],
    ["gemver", { N: 133 }],
    ["atax", { M: 131, N: 150 }],
    ["gesummv", { N: 131 }],
  ])("%s gives the same numbers", async (name, sizes) => {
    const kernel = await bufferized(name, sizes);
    const before = runLoops(kernel).map((bytes) => new Float64Array(bytes.slice().buffer));
    optimiseLoops(tiny).run(kernel.module, kernel.context);
    expect(verify(kernel.module, kernel.context)).toEqual([]);
    const after = runLoops(kernel).map((bytes) => new Float64Array(bytes.slice().buffer));
    after.forEach((array, k) => {
      const worst = array.reduce((most, x, i) => {
        const wanted = before[k]![i]!;
        return Math.max(most, Math.abs(x - wanted) / Math.max(1, Math.abs(wanted)));
      }, 0);
      expect(worst).toBeLessThan(1e-11);
    });
  });
});
