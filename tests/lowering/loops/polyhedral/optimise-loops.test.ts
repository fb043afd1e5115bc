/** @file The thirty kernels of PolyBench compute the same numbers after the loop optimiser, on several machines. */

import { describe, expect, test } from "vitest";
import { verify } from "../../../../ir/verify.js";
import { optimiseLoops } from "../../../../lowering/loops/optimise-loops.js";
import { type CpuDescription, cpuNamed } from "../../../../machine/cpu.js";
import { bufferized, polybench, runLoops } from "./polybench-kernels.js";

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
