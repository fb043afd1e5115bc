/**
 * @file Loops that the optimiser cannot take whole: what is not affine, what costs too much to ask, machines on which nothing
 * fits. The result stays right, and what was given up is said with its line.
 */

import { describe, expect, test } from "vitest";
import { Work } from "../../../ir/analysis/sets/linear.js";
import type { Attr } from "../../../ir/attrs.js";
import type { Operation } from "../../../ir/graph.js";
import { REMARKS, SUMMARY } from "../../../ir/names.js";
import { verify } from "../../../ir/verify.js";
import { optimiseLoops } from "../../../lowering/loops/optimise-loops.js";
import { dependencesOf } from "../../../lowering/loops/polyhedral/dependences.js";
import { scheduleScop } from "../../../lowering/loops/polyhedral/schedule/schedule-scop.js";
import type { Scop } from "../../../lowering/loops/polyhedral/scop.js";
import { type CpuDescription, cpuNamed } from "../../../machine/cpu.js";
import { scopOfText } from "../../support/scops.js";
import { bufferized, runLoops } from "./polyhedral/polybench-kernels.js";
import { bufferizedKernels } from "./polyhedral/random-kernels.js";

const avx512 = cpuNamed("avx512")!;

async function kernel(body: string) {
  const head =
    "import persimmons\nfrom persimmons import f64, i64\nN, M = persimmons.sizes('N M')\n@persimmons.loops\n";
  const { functions, module, context } = await bufferizedKernels(head + body);
  optimiseLoops(avx512).run(module, context);
  expect(verify(module, context)).toEqual([]);
  return functions[0]!;
}

type Entries = Readonly<Record<string, Attr>>;
const text = (attr: Attr | undefined): string => (attr?.kind === "string" ? attr.value : "");

/** What was said, with its reason. */
function remarks(func: Operation): readonly string[] {
  const said = func.extra[REMARKS];
  const items = said?.kind === "array" ? said.items : [];
  return items.map((item) => {
    const { what, why } = (item.kind === "dict" ? item.entries : {}) as Entries;
    return `${text(what)}: ${text(why)}`;
  });
}

describe("loops that are not affine stay as they were written, and the kernel says why and where", () => {
  test.each([
    [
      "bounds",
      "for i in range(N):\n        for j in range(idx[i]):\n            y[j] += 1.0",
      "the bounds of a loop are not affine (random.py:7:9)",
    ],
    [
      "a condition",
      "for i in range(N):\n        if y[i] > 1.0:\n            y[i] = 1.0",
      "a condition is not affine (random.py:7:9)",
    ],
    [
      "an index",
      "for i in range(N):\n        y[idx[i]] = 1.0",
      "an index is computed inside of a loop (random.py:7:9)",
    ],
  ])("by %s", async (_, body, reason) => {
    const func = await kernel(`def f(idx: i64[N], y: f64[M]):\n    ${body}\n`);
    expect(remarks(func)).toEqual([`its loops stay as they were written: ${reason}`]);
    expect(text(func.extra[SUMMARY])).toBe(`loops as written: ${reason}`);
  });

  test("by numbers beyond what is exact", async () => {
    const func = await kernel(
      "def f(A: f64[N]):\n    for i in range(N):\n        for j in range(N):\n            A[i * 9007199254740991 - j * 9007199254740881] += A[9007199254740883 * j + 7]\n",
    );
    expect(remarks(func)[0]).toMatch(/^its loops stay as they were written: .* \(random\.py:5:1\)$/);
  });
});

/** Statements that all depend on each other. */
const dense = (count: number): Scop =>
  scopOfText(
    `for i = 1 .. 99\n  for j = 1 .. 99\n${Array.from({ length: count }, (_, k) => `    A[i, j] = A[j, i - ${k % 3}] * A[i - 1, j + ${k % 2}]`).join("\n")}`,
  );

describe("an analysis that is too large", () => {
  test("means dependent: no budget at all gives every dependence there is, and more", () => {
    const scop = scopOfText("for i = 0 .. 100\n  for j = 0 .. 100\n    A[3 * i + 5 * j] = A[7 * i + 2 * j + 1]");
    const [exact, cautious] = [dependencesOf(scop), dependencesOf(scop, () => new Work(0))];
    expect(cautious.length).toBeGreaterThanOrEqual(exact.length);
    for (const { kind } of exact) expect(cautious.map((d) => d.kind)).toContain(kind);
  });

  test("of independent loops makes them dependent, never the other way around", () => {
    const scop = scopOfText("for i = 0 .. 100\n  A[2 * i] = A[2 * i + 1]");
    expect(dependencesOf(scop)).toEqual([]);
    const cautious = dependencesOf(scop, () => new Work(0));
    expect(cautious.map((d) => d.kind).sort()).toEqual(["anti", "flow", "output"]);
  });

  test("of too many dependences keeps the order, and of too many accesses the loops", () => {
    const scop = dense(24);
    const deps = dependencesOf(scop);
    const { root, why } = scheduleScop(scop, deps);
    expect(root).toBe(scop.schedule);
    expect(why).toEqual([expect.stringMatching(/^the order is kept: \d{4} dependences are too many to schedule$/)]);
    expect(() => dependencesOf(dense(120))).toThrow(/pairs of accesses are too many to compare/);
  });
});

describe("a machine on which no tile fits", () => {
  const machines: readonly CpuDescription[] = [
    { ...avx512, name: "no-cache", caches: { l1: 1, l2: 1, l3: 1 } },
    { ...avx512, name: "upside-down", caches: { l1: 1 << 20, l2: 1 << 10, l3: 64 } },
    { ...avx512, name: "one-register", vectorRegisters: 1, vectorBits: 64 },
    { ...avx512, name: "endless", caches: { l1: 2 ** 45, l2: 2 ** 46, l3: 2 ** 47 }, vectorRegisters: 1 << 12 },
  ];
  test.each(
    machines.flatMap((cpu) =>
      (
        [
          ["gemm", { NI: 20, NJ: 25, NK: 30 }],
          ["lu", { N: 24 }],
          ["jacobi_2d", { TSTEPS: 6, N: 20 }],
          ["trmm", { M: 20, N: 30 }],
        ] as const
      ).map(([name, sizes]) => [cpu.name, name, sizes, cpu] as const),
    ),
  )("%s: %s gives the same numbers", { timeout: 120_000 }, async (_, name, sizes, cpu) => {
    const made = await bufferized(name, sizes);
    const before = runLoops(made);
    optimiseLoops(cpu).run(made.module, made.context);
    expect(verify(made.module, made.context)).toEqual([]);
    const numbers = (bytes: Uint8Array) => new Float64Array(bytes.slice().buffer);
    runLoops(made).forEach((bytes, k) => {
      const want = numbers(before[k]!);
      numbers(bytes).forEach((x, i) => {
        expect(Math.abs(x - want[i]!)).toBeLessThan(1e-11 * Math.max(1, Math.abs(want[i]!)));
      });
    });
  });
});
