/** @file Loops in Python that threads share compute the same numbers, whichever chunk comes first. */

import { describe, expect, test } from "vitest";
import { Builder } from "../../../ir/builder.js";
import { constantIndex } from "../../../ir/dialects/arith/constant.js";
import { subi } from "../../../ir/dialects/arith/integer.js";
import { functionsOf, lookupFunction } from "../../../ir/dialects/func.js";
import { parallel } from "../../../ir/dialects/scf/parallel.js";
import type { Operation } from "../../../ir/graph.js";
import { CHUNKS } from "../../../ir/names.js";
import { verify } from "../../../ir/verify.js";
import { lowerAffine } from "../../../lowering/loops/lower-affine.js";
import { optimiseLoops } from "../../../lowering/loops/optimise-loops.js";
import { outlineChunks } from "../../../lowering/loops/outline-chunks.js";
import { splitIntoChunks } from "../../../lowering/loops/split-into-chunks.js";
import { type CpuDescription, cpuNamed } from "../../../machine/cpu.js";
import { bufferized, type Kernel, polybench, runLoops } from "./polyhedral/polybench-kernels.js";
import { bufferizedKernels } from "./polyhedral/random-kernels.js";

const tiny: CpuDescription = { ...cpuNamed("avx2")!, name: "tiny", caches: { l1: 768, l2: 3072, l3: 4096 } };

/** The entry's results before and after, as far as any number is apart. */
function entryResults(kernel: Kernel): readonly Float64Array[] {
  const entry = lookupFunction(kernel.module, "main")!;
  return runLoops(kernel, entry).map((data) => new Float64Array(data.slice().buffer));
}

function distance(a: readonly Float64Array[], b: readonly Float64Array[]): number {
  const apart = a.map((x, k) => Math.max(0, ...x.map((v, i) => Math.abs(v - b[k]![i]!) / Math.max(1, Math.abs(v)))));
  return Math.max(...apart);
}

function parallelLoopsOf(module: Operation): Operation[] {
  return [...functionsOf(module)].flatMap((f) =>
    [...f.region(0).blocks[0]!.ops()].filter((op) => parallel.matches(op)),
  );
}

/** The last trip first. */
function turnAround(loop: Operation, kernel: Kernel): void {
  const block = loop.region(0).blocks[0]!;
  const [trip] = block.args;
  const b = Builder.before(kernel.context, block.first!);
  const bound = parallel.operandsOf(loop).upperBound[0]!;
  const last = b.value(subi, { lhs: bound, rhs: constantIndex(b, 1) }, {});
  const turned = b.op(subi, { lhs: last, rhs: trip! }, {});
  trip!.replaceAllUsesWith(turned.result);
  turned.setOperands([last, trip!]);
}

async function shared(name: string, sizes: Readonly<Record<string, number>>): Promise<Kernel> {
  const kernel = await bufferized(name, sizes);
  optimiseLoops(tiny, { leastPoints: 1 }).run(kernel.module, kernel.context);
  outlineChunks.run(kernel.module, kernel.context);
  return kernel;
}

describe("chunks for threads", () => {
  test.each(polybench)("of %s compute its numbers in any order", { timeout: 120_000 }, async (name, given) => {
    const sizes = name === "gramschmidt" ? { M: 30, N: 20 } : given;
    const before = entryResults(await bufferized(name, sizes));
    const kernel = await shared(name, sizes);
    expect(verify(kernel.module, kernel.context)).toEqual([]);
    expect(distance(before, entryResults(kernel))).toBeLessThan(1e-11);
    for (const loop of parallelLoopsOf(kernel.module)) turnAround(loop, kernel);
    expect(verify(kernel.module, kernel.context)).toEqual([]);
    expect(distance(before, entryResults(kernel))).toBeLessThan(1e-11);
  });

  const sizesOf = new Map(polybench);

  test.each(["2mm", "gemm", "syrk", "syr2k", "covariance", "trmm"])("are found in %s", async (name) => {
    expect(parallelLoopsOf((await shared(name, sizesOf.get(name)!)).module)).not.toEqual([]);
  });

  test.each(["seidel_2d", "floyd_warshall", "durbin", "trisolv"])("are not found in %s", async (name) => {
    expect(parallelLoopsOf((await shared(name, sizesOf.get(name)!)).module)).toEqual([]);
  });

  test("become launches of kernels of one loop each", async () => {
    const kernel = await bufferized("2mm", { NI: 160, NJ: 180, NK: 200, NL: 220 });
    for (const pass of [optimiseLoops(cpuNamed("avx512")!), outlineChunks, lowerAffine, splitIntoChunks])
      pass.run(kernel.module, kernel.context);
    expect(verify(kernel.module, kernel.context)).toEqual([]);
    const chunked = [...functionsOf(kernel.module)].filter((f) => f.extra[CHUNKS]);
    expect(chunked.length).toBeGreaterThanOrEqual(2);
  });

  test("may run as often as a number says that only the call tells", async () => {
    const source = `import persimmons
from persimmons import f64, i64
@persimmons.loops
def f(n: i64, A: f64[38, 38]):
    A[0, 0] = 1.0
    for i in range(n):
        for j in range(38):
            A[i, j] = 0.5 * A[i, j]
`;
    const { module, context } = await bufferizedKernels(source);
    optimiseLoops(tiny, { leastPoints: 1 }).run(module, context);
    outlineChunks.run(module, context);
    expect(parallelLoopsOf(module)).not.toEqual([]);
    expect(verify(module, context)).toEqual([]);
  });
});
