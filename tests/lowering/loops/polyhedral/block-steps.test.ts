/**
 * @file Steps that update a matrix from its own rows and columns compute the same numbers in blocks, also where rows and
 * columns change in their own step, and on boxes that begin and end anywhere.
 */

import { describe, expect, test } from "vitest";
import { allocate, fromArray, toArray } from "../../../../ir/buffer.js";
import { functionBody, functionName } from "../../../../ir/dialects/func.js";
import { interpret } from "../../../../ir/interpret.js";
import { fromScalars, toBytes } from "../../../../ir/ndarray.js";
import { type MemRefType, staticShape } from "../../../../ir/types.js";
import { verify } from "../../../../ir/verify.js";
import { optimiseLoops } from "../../../../lowering/loops/optimise-loops.js";
import { dependencesOf } from "../../../../lowering/loops/polyhedral/dependences.js";
import { readScop } from "../../../../lowering/loops/polyhedral/read-scop.js";
import { stepsOf } from "../../../../lowering/loops/polyhedral/step-panels.js";
import { type CpuDescription, cpuNamed } from "../../../../machine/cpu.js";
import { bufferizedKernels } from "./random-kernels.js";

/** Blocks of four steps. */
const tiny: CpuDescription = { ...cpuNamed("avx2")!, name: "tiny", caches: { l1: 768, l2: 3072, l3: 4096 } };

const kernel = (update: string, [k, i, j]: readonly string[] = ["N", "N", "N"], rows = 21, columns = 21): string => `
import persimmons
from persimmons import f64


@persimmons.loops
def steps(A: f64[${rows}, ${columns}]):
    for k in range(${k!.replace("N", "21")}):
        for i in range(${i!.replace("N", "21")}):
            for j in range(${j!.replace("N", "21")}):
                A[i, j] = ${update}
`;

type Kernels = Awaited<ReturnType<typeof bufferizedKernels>>;

/** What the kernel leaves in its matrix of made-up numbers of both signs. */
function run({ module, functions, context }: Kernels): Float64Array {
  const func = functions[0]!;
  const shape = staticShape(functionBody(func).args[0]!.type as MemRefType);
  const view = allocate("f64", shape);
  const numbers = Array.from({ length: shape[0]! * shape[1]! }, (_, n) => Math.sin(n * 0.73) * 1.5);
  fromArray(view, fromScalars("f64", shape, numbers));
  interpret(module, functionName(func), [view], context);
  return new Float64Array(toBytes(toArray(view)).slice().buffer);
}

const least = "min(A[i, j], A[i, k] + A[k, j])";
const texts: readonly (readonly [string, string])[] = [
  ["paths with negative loops, where rows and columns change in their own step", kernel(least)],
  ["products added to the matrix", kernel("A[i, j] + 0.01 * A[i, k] * A[k, j]")],
  ["products taken away", kernel("A[i, j] - 0.01 * A[k, j] * A[i, k]")],
  ["steps over a part of the rows", kernel(least, ["3, 20", "2, 21", "1, 20"])],
  ["steps in front of most rows", kernel(least, ["16", "4, 21", "2, 21"])],
  ["a wide matrix", kernel(least, ["18", "18", "0, 30"], 18, 30)],
];

describe.each(texts)("%s", (_, text) => {
  test("give the same numbers in blocks", async () => {
    const kernels = await bufferizedKernels(text);
    const before = run(kernels);
    optimiseLoops(tiny).run(kernels.module, kernels.context);
    expect(verify(kernels.module, kernels.context)).toEqual([]);
    expect(JSON.stringify(kernels.functions[0]!.extra)).toMatch(/S0 runs in blocks of steps/);
    const after = run(kernels);
    expect(after.every(Number.isFinite)).toBe(true);
    const apart = after.map((x, n) => Math.abs(x - before[n]!) / Math.max(1, Math.abs(x)));
    expect(Math.max(...apart)).toBeLessThan(1e-12);
  });
});

describe("what is not such steps", () => {
  const others: readonly (readonly [string, string])[] = [
    ["reads of the diagonal", kernel("min(A[i, j], A[i, k] + A[k, j] + A[k, k])")],
    ["reads of another row", kernel("min(A[i, j], A[i, k] + A[j, k])")],
    ["rows that depend on the step", kernel(least, ["N", "k, 21", "N"])],
  ];
  test.each(others)("%s", async (_, text) => {
    const { functions } = await bufferizedKernels(text);
    const scop = readScop(functions[0]!);
    if ("reason" in scop) throw new Error(scop.reason);
    expect(dependencesOf(scop).length).toBeGreaterThan(0);
    expect(stepsOf(scop)).toBeUndefined();
  });
});
