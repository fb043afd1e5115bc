/** @file Descriptions of CPUs: what figures must agree with each other, and how names and machines find theirs. */

import { describe, expect, it, test } from "vitest";
import { bestCpu, type CpuDescription, cpuNamed, cpus } from "../../machine/cpu.js";
import { presetNames } from "../../machine/presets.js";

const named = (name: string): CpuDescription => cpuNamed(name)!;

describe.each(cpus.map((cpu) => [cpu.name, cpu] as const))("%s", (_, cpu) => {
  it("has caches of whole sets, each larger than the one before", () => {
    const { caches, cacheWays, cacheLineBytes } = cpu;
    for (const level of ["l1", "l2", "l3"] as const)
      expect((caches[level] / (cacheWays[level] * cacheLineBytes)) % 1, level).toBe(0);
    expect(caches.l1).toBeLessThan(caches.l2);
  });

  it("keeps enough loads in flight for its multiply-adds: one of two operands is repeated in registers", () => {
    expect(cpu.loadsPerCycle).toBeGreaterThanOrEqual(cpu.fmaPorts);
    expect(cpu.storesPerCycle).toBeLessThanOrEqual(cpu.loadsPerCycle);
  });

  it("hides the latency of its multiply-adds with less than all of its registers", () => {
    expect(Math.max(cpu.fmaPorts, 1) * cpu.fmaLatency).toBeLessThan(cpu.vectorRegisters);
  });
});

test("no two share a name", () => {
  const all = [...cpus.flatMap(({ name, aliases }) => [name, ...aliases]), ...presetNames(), "host"];
  expect(new Set(all).size).toBe(all.length);
});

test("sets of instructions go by the names that people know", () => {
  const found = ["avx2", "avx512", "avx512-vnni", "avx512-bf16", "neon", "wasm32", "wasm", "zen4"].map(
    (name) => named(name).name,
  );
  expect(found).toEqual(["x86-64-v3", "x86-64-v4", "avx512-vnni", "avx512-bf16", "neon", "wasm32", "wasm32", "znver4"]);
  expect(cpuNamed("avx1024")).toBeUndefined();
});

test("a machine gets the most capable description it fulfils", () => {
  const best = (arch: "x86_64" | "aarch64", flags: readonly string[]): string | undefined =>
    bestCpu({ arch, flags: new Set(flags) })?.name;
  for (const cpu of cpus.filter((c) => c.kind === "native" && c.name !== "neon"))
    expect(best(cpu.arch as "x86_64" | "aarch64", cpu.requires)).toBe(cpu.name);
  expect(best("x86_64", ["sse2"])).toBeUndefined();
  expect(best("x86_64", [...named("avx512").requires, "avx512_bf16"])).toBe("x86-64-v4");
});

test("a description that another refines asks for less than that", () => {
  for (const [base, refined] of [
    ["avx2", "avx512"],
    ["avx512", "avx512-vnni"],
    ["avx512-vnni", "avx512-bf16"],
    ["avx512-bf16", "znver4"],
    ["avx512-vnni", "icelake-server"],
  ] as const)
    expect(named(refined).requires).toEqual(expect.arrayContaining([...named(base).requires]));
});
