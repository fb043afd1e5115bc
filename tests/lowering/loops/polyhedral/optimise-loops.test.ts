/** @file The thirty kernels of PolyBench compute the same numbers after the loop optimiser, on several machines. */

import { describe, expect, test } from "vitest";
import type { Attr } from "../../../../ir/attrs.js";
import { REMARKS } from "../../../../ir/names.js";
import { verify } from "../../../../ir/verify.js";
import { optimiseLoops } from "../../../../lowering/loops/optimise-loops.js";
import { type CpuDescription, cpuNamed } from "../../../../machine/cpu.js";
import { bufferized, polybench, runLoops } from "./polybench-kernels.js";
import { bufferizedKernels, kernelFile } from "./random-kernels.js";

/** The largest difference, of numbers of at least 1 relative to them. */
function distance(a: Uint8Array, b: Uint8Array): number {
  const [x, y] = [a, b].map((data) => new Float64Array(data.slice().buffer)) as [Float64Array, Float64Array];
  return Math.max(0, ...x.map((value, i) => Math.abs(value - y[i]!) / Math.max(1, Math.abs(value))));
}

/** Tiles of a few points, so that small kernels have many of them. */
const tiny: CpuDescription = { ...cpuNamed("avx2")!, name: "tiny", caches: { l1: 768, l2: 3072, l3: 4096 } };

describe.each([cpuNamed("avx512")!, cpuNamed("wasm32")!, tiny])("a kernel optimised for $name", (cpu) => {
  test.each(polybench)("%s gives the same numbers", { timeout: 120_000 }, async (name, sizes) => {
    // With more columns than rows, the last ones are rounding noise in any order.
    const kernel = await bufferized(name, name === "gramschmidt" ? { M: 30, N: 20 } : sizes);
    const before = runLoops(kernel);
    optimiseLoops(cpu).run(kernel.module, kernel.context);
    expect(verify(kernel.module, kernel.context)).toEqual([]);
    const after = runLoops(kernel);
    expect(Math.max(...after.map((x, i) => distance(x, before[i]!)))).toBeLessThan(1e-11);
  });
});

/**
 * Turn 3 reads an element for every j and k that turns from 4 on write, turn 2 one that those from 5 on do: a border of tiles
 * of two turns lies in between, and none of longer tiles.
 */
const FAR = `@persimmons.loops
def far(A: f64[60, 60], B: f64[60]):
    for i in range(9):
        for j in range(9 - i, 52):
            for k in range(j + 1, 60):
                A[j + 2, k] += 0.125 * B[k] * A[4 + i, 10 - i]`;

test.each([cpuNamed("avx512")!, tiny])("tiles keep the order at their own length ($name)", async (cpu) => {
  const { module, context, functions } = await bufferizedKernels(kernelFile([FAR]));
  const kernel = { module, context, func: functions[0]! };
  const before = runLoops(kernel);
  optimiseLoops(cpu).run(module, context);
  const after = runLoops(kernel);
  expect(Math.max(...after.map((x, i) => distance(x, before[i]!)))).toBeLessThan(1e-11);
});

/** Lanes that run towards the front of an array, read and written, and vectors that overlap in one and two dimensions. */
const LANES: readonly (readonly [string, string])[] = [
  [
    "reversed reads",
    `def k(A: f64[61], B: f64[61]):
    for i in range(1, 61):
        B[i] = A[60 - i] + 0.5 * A[i]`,
  ],
  [
    "reversed writes",
    `def k(A: f64[61], B: f64[61]):
    for t in range(3, 9):
        for i in range(t, 61):
            B[63 - i] = A[i] * 2.0`,
  ],
  [
    "reversed rows that end in front of the array",
    `def k(A: f64[61], B: f64[61]):
    for t in range(1, 60):
        for i in range(t):
            B[i] += A[t - i - 1]`,
  ],
  [
    "overlapping reads",
    `def k(A: f64[99], B: f64[99]):
    for i in range(2, 94):
        B[i] = A[i - 2] - 2.0 * A[i + 5] + A[i] * A[i + 1]`,
  ],
  [
    "overlapping reads, all lanes of a vector apart",
    `def k(A: f64[99], B: f64[99]):
    for i in range(2, 90):
        B[i] = A[i] - 2.0 * A[i + 8] + A[i + 4]`,
  ],
  [
    "overlapping reads of rows that share reads",
    `def k(A: f64[25, 47], B: f64[25, 47]):
    for i in range(1, 24):
        for j in range(1, 46):
            B[i, j] = A[i, j - 1] + A[i, j] * A[i, j + 1] - A[i - 1, j] + A[i + 1, j]`,
  ],
  [
    "overlapping reads of what is written in turn",
    `def k(A: f64[75], B: f64[75]):
    for t in range(5):
        for i in range(1, 74):
            B[i] = A[i - 1] + A[i] + A[i + 1]
        for i in range(1, 74):
            A[i] = 0.25 * B[i - 1] - B[i] * B[i + 1]`,
  ],
];

test.each(LANES)("%s give the same numbers as vectors", async (_, text) => {
  const { module, context, functions } = await bufferizedKernels(kernelFile([`@persimmons.loops\n${text}`]));
  const kernel = { module, context, func: functions[0]! };
  const before = runLoops(kernel);
  optimiseLoops(cpuNamed("avx512")!).run(module, context);
  expect(verify(module, context)).toEqual([]);
  const loads = [...kernel.func.walk()].filter(({ name }) => name.startsWith("vector.") && name.endsWith("load"));
  expect(loads.length).toBeGreaterThan(0);
  expect([...kernel.func.walk()].some(({ name }) => name === "vector.shuffle")).toBe(true);
  const after = runLoops(kernel);
  expect(Math.max(...after.map((x, i) => distance(x, before[i]!)))).toBeLessThan(1e-12);
});

type DictAttr = Extract<Attr, { kind: "dict" }>;
type StringAttr = Extract<Attr, { kind: "string" }>;

/** What was said of a kernel's statements at its real sizes. */
async function decisions(name: string, sizes: Readonly<Record<string, number>>): Promise<readonly string[]> {
  const kernel = await bufferized(name, sizes);
  optimiseLoops(cpuNamed("avx512")!).run(kernel.module, kernel.context);
  const remarks = kernel.func.extra[REMARKS];
  if (remarks?.kind !== "array") throw new Error("nothing was said");
  return remarks.items.map((item) => {
    const { what, numbers } = (item as DictAttr).entries as { what: StringAttr; numbers?: DictAttr };
    const said = Object.entries(numbers?.entries ?? {}).map(([key, value]) => `${key} ${(value as StringAttr).value}`);
    return [what.value, ...said].join("; ");
  });
}

describe("what the optimiser decides", () => {
  test("a product has its loops for itself, rows and sums in registers, one operand in a panel", async () => {
    const said = await decisions("gemm", { NI: 1000, NJ: 1100, NK: 1200 });
    expect(said.find((line) => line.startsWith("S1"))).toMatch(
      /runs along i2 in lanes; rows \d+ of i0; .*sums i1; .*copies 1/,
    );
  });

  test("a triangular product and factorisations have tiles without obstacles", async () => {
    expect(await decisions("trmm", { M: 1000, N: 1200 })).toContainEqual(
      expect.stringMatching(/^S0 runs as register tiles in the tiles that it has for itself/),
    );
    const lu = await decisions("lu", { N: 2000 });
    for (const name of ["S0", "S2"])
      expect(lu).toContainEqual(expect.stringMatching(new RegExp(`^${name} runs as register tiles in the tiles`)));
  });

  test("a scalar that holds a product back is expanded", async () => {
    const said = await decisions("symm", { M: 1000, N: 1200 });
    const tiles = said.filter((line) => /rows \d+ of i\d/.test(line) && /sums i\d/.test(line));
    expect(tiles.map((line) => line.slice(0, 2)).sort()).toEqual(["S1", "S2"]);
  });

  test("what reads one large matrix, by rows and by columns, shares a pass over it in blocks", async () => {
    const mvt = await decisions("mvt", { N: 2000 });
    expect(mvt).toContainEqual(
      expect.stringMatching(/^S0 and S1 share a pass .*; bytes 32000000; otherwise 64000000; .*block 4 x 512$/),
    );
    expect(mvt.find((line) => line.startsWith("S1 runs"))).toMatch(/runs along i0 in lanes; .*vectors 4; sums i1/);
    expect(await decisions("bicg", { M: 1900, N: 2100 })).toContainEqual(
      expect.stringMatching(/^S2 and S3 share a pass/),
    );
  });

  test("what needs a whole matrix first does not share its pass", async () => {
    const said = await decisions("gemver", { N: 2000 });
    expect(said.filter((line) => line.includes("share a pass"))).toEqual([
      expect.stringMatching(/^S0 and S1 share a pass .*; bytes 96000000; otherwise 128000000/),
    ]);
  });

  test("sums over different matrices run apart, each in lanes", async () => {
    const said = await decisions("gesummv", { N: 1300 });
    for (const name of ["S2", "S3"])
      expect(said.find((line) => line.startsWith(`${name} runs`))).toMatch(
        /along i1 in lanes; rows 1 of none; vectors 4/,
      );
  });

  test("small matrices stay in a cache and share nothing", async () => {
    const said = await decisions("mvt", { N: 100 });
    expect(said.filter((line) => line.includes("share a pass"))).toEqual([]);
  });

  test("rows of products that share one temporary row become one product of many rows", async () => {
    const said = await decisions("doitgen", { NQ: 140, NR: 150, NP: 160 });
    expect(said).toContainEqual(expect.stringMatching(/^an array of 160 has copies .*; copies 140; bytes 179200$/));
    expect(said.find((line) => line.startsWith("S1"))).toMatch(/rows \d+ of i1; .*sums i3; .*copies 1/);
  });

  test("recurrences run as lanes of the loops around them, with a copy of their scalars for each lane", async () => {
    const adi = (await decisions("adi", { TSTEPS: 500, N: 1000 })).filter((line) => /run as lanes/.test(line));
    expect(adi.map((line) => line.split(";")[0])).toEqual([
      "S0, S1, S2, S3, S4, S5, S6 run as lanes of a loop around them",
      "S7, S8, S9, S10, S11, S12, S13 run as lanes of a loop around them",
    ]);
    const deriche = await decisions("deriche", { W: 4096, H: 2160 });
    expect(deriche.filter((line) => /run as lanes/.test(line))).toHaveLength(4);
  });

  test("of two loops that could be lanes, the one along which elements are neighbours is taken", async () => {
    const said = await decisions("correlation", { M: 1200, N: 1400 });
    expect(said).toContainEqual(expect.stringMatching(/^S8, S9 run as lanes/));
    for (const name of ["S8", "S9"])
      expect(said).toContainEqual(expect.stringMatching(new RegExp(`^${name} runs along i1`)));
  });

  test("a table filled from its diagonal runs in lanes along its rows", async () => {
    const said = await decisions("nussinov", { N: 2500 });
    expect(said).toContainEqual(expect.stringMatching(/^S4 has its own loop interchanged/));
    expect(said).toContainEqual(expect.stringMatching(/^S4 runs along i1 in lanes/));
  });
});
