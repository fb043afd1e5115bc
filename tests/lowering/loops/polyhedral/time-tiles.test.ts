/** @file Several sweeps of a stencil together: the same numbers, legal for isl, and only where it saves traffic. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { REMARKS } from "../../../../ir/names.js";
import { verify } from "../../../../ir/verify.js";
import { optimiseLoops } from "../../../../lowering/loops/optimise-loops.js";
import { dependencesOf } from "../../../../lowering/loops/polyhedral/dependences.js";
import { countLanes } from "../../../../lowering/loops/polyhedral/form-nests.js";
import { isLegal } from "../../../../lowering/loops/polyhedral/legality.js";
import { readScop } from "../../../../lowering/loops/polyhedral/read-scop.js";
import { tileTime } from "../../../../lowering/loops/polyhedral/time-tiles/time-tiles.js";
import { type CpuDescription, cpuNamed } from "../../../../machine/cpu.js";
import { pythonWith, runPython } from "../../../support/python.js";
import { bufferized, runLoops } from "./polybench-kernels.js";
import { textOfDependences, textOfScop, textOfTree } from "./scop-referee.js";

/** Caches of a few rows, so that small kernels do not fit. */
const small = (name: string, l2: number): CpuDescription => {
  const cpu = cpuNamed(name)!;
  return { ...cpu, caches: { l1: l2 / 4, l2, l3: 2 * l2 } };
};

const stencils: readonly (readonly [string, Readonly<Record<string, number>>, number])[] = [
  ["jacobi_2d", { TSTEPS: 11, N: 40 }, 16_000],
  ["fdtd_2d", { TMAX: 11, NX: 37, NY: 30 }, 14_000],
  ["heat_3d", { TSTEPS: 7, N: 22 }, 160_000],
  ["seidel_2d", { TSTEPS: 9, N: 50 }, 14_000],
];

async function tiled(name: string, sizes: Readonly<Record<string, number>>, cpu: CpuDescription) {
  const kernel = await bufferized(name, sizes);
  const scop = readScop(kernel.func);
  if ("reason" in scop) throw new Error(scop.reason);
  const deps = dependencesOf(scop);
  return { scop, deps, ...tileTime(scop, scop.schedule, deps, cpu, countLanes(scop, cpu)) };
}

describe.each(["avx512", "avx2", "wasm32"])("a stencil in tiles of time for %s", (cpu) => {
  test.each(stencils)("%s gives the same numbers", { timeout: 120_000 }, async (name, sizes, l2) => {
    const kernel = await bufferized(name, sizes);
    const before = runLoops(kernel);
    optimiseLoops(small(cpu, l2)).run(kernel.module, kernel.context);
    expect(JSON.stringify(kernel.func.extra[REMARKS])).toContain("run several sweeps together");
    expect(verify(kernel.module, kernel.context)).toEqual([]);
    const numbers = (data: Uint8Array) => [...new Float64Array(data.slice().buffer)];
    runLoops(kernel).forEach((after, i) => {
      const wanted = numbers(before[i]!);
      numbers(after).forEach((x, k) => expect(Math.abs(x - wanted[k]!)).toBeLessThan(1e-11 * Math.max(1, Math.abs(x))));
    });
  });
});

test("only what sweeps over arrays that no cache keeps is tiled in time", async () => {
  const large = cpuNamed("avx512")!;
  expect((await tiled("jacobi_2d", { TSTEPS: 100, N: 1300 }, large)).made).toHaveLength(1);
  expect((await tiled("jacobi_2d", { TSTEPS: 100, N: 100 }, large)).made).toHaveLength(0);
  expect((await tiled("floyd_warshall", { N: 2800 }, large)).made).toHaveLength(0);
  expect((await tiled("gemm", { NI: 1000, NJ: 1100, NK: 1200 }, large)).made).toHaveLength(0);
});

test("what a tile keeps stays in the second cache, and planes of three dims have tiles across", async () => {
  const cpu = cpuNamed("avx512")!;
  const [plane] = (await tiled("heat_3d", { TSTEPS: 500, N: 120 }, cpu)).made;
  expect(plane!.extents.inner).toEqual([expect.any(Number)]);
  const [row] = (await tiled("jacobi_2d", { TSTEPS: 500, N: 1300 }, cpu)).made;
  expect(row!.extents.inner).toEqual([]);
  for (const { extents } of [plane!, row!]) {
    expect(extents.window).toBeLessThan(cpu.caches.l2);
    expect(extents.sweeps).toBeGreaterThan(2);
  }
});

const python = pythonWith("islpy");

test.skipIf(python === undefined)("isl finds the order of the tiles legal", { timeout: 300_000 }, async () => {
  const asked = await Promise.all(
    stencils.map(async ([name, sizes, l2]) => {
      const { scop, deps, root } = await tiled(name, sizes, small("avx512", l2));
      expect(root).not.toBe(scop.schedule);
      const legal = isLegal(scop, deps, root);
      expect(legal).toBe(true);
      return JSON.stringify({
        scop: textOfScop(scop),
        dependences: {},
        kept: textOfDependences(scop, deps),
        trees: [{ name, times: textOfTree(scop, root), reorders: false, legal }],
      });
    }),
  );
  const script = readFileSync(new URL("scop_referee.py", import.meta.url), "utf8");
  const lines = runPython(python!, script, asked.join("\n")).toString().trim().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toEqual(stencils.map(([name]) => [["agreed", name]]));
});
