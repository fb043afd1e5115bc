/**
 * @file Programs that a transformation nearly fits: they compute what they did, and touch nothing else, as the interpreter
 * refuses an index outside of an array.
 */

import { describe, expect, test } from "vitest";
import { allocate, fromArray, toArray } from "../../../../ir/buffer.js";
import { functionBody, functionName } from "../../../../ir/dialects/func.js";
import { interpret } from "../../../../ir/interpret.js";
import { fromScalars, sizeOf, toBytes } from "../../../../ir/ndarray.js";
import { elementOf, type MemRefType, staticShape } from "../../../../ir/types.js";
import { verify } from "../../../../ir/verify.js";
import { optimiseLoops } from "../../../../lowering/loops/optimise-loops.js";
import { type CpuDescription, cpuNamed } from "../../../../machine/cpu.js";
import { bufferizedKernels, type Kernels } from "./random-kernels.js";

/** Tiles of four positions. */
const tiny: CpuDescription = { ...cpuNamed("avx2")!, name: "tiny", caches: { l1: 768, l2: 3072, l3: 4096 } };

const kernel = (parameters: string, ...body: readonly string[]): string => `
import persimmons
from persimmons import f64, i32, i64


@persimmons.loops
def kernel(${parameters}):
${body.map((line) => `    ${line}`).join("\n")}
`;

/** What the kernel leaves in its arrays of made-up numbers; whole numbers among its parameters are `n`. */
function run({ module, functions, context }: Kernels, n: number): readonly number[] {
  const views = functionBody(functions[0]!).args.map((arg, seed) => {
    const [element, shape] = [elementOf(arg.type), staticShape(arg.type as MemRefType)];
    const view = allocate(element, shape);
    const numbers = Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i * 0.73 + seed) * 0.5);
    fromArray(view, fromScalars(element, shape, element === "i64" ? [BigInt(n)] : numbers));
    return view;
  });
  interpret(module, functionName(functions[0]!), views, context);
  return views.flatMap((view) => {
    const array = toArray(view);
    return array.element === "f64" ? [...new Float64Array(toBytes(array).slice().buffer)] : [];
  });
}

const cases: readonly (readonly [string, number, string])[] = [
  [
    "skewed tiles, which hold more positions of a dim than of a member",
    0,
    kernel(
      "X: f64[32, 32], W: f64[32, 32], Z: f64[32, 32]",
      "for t in range(20):",
      "    for i in range(1, 24):",
      "        for j in range(20):",
      "            W[t, j] += X[i, t] * Z[i, j]",
      "            if j < 8:",
      "                Z[i, j] = Z[i - 1, j] * 0.3 + Z[i + 1, j] * 0.3 + W[t, j] * 0.01",
    ),
  ],
  [
    "a recurrence in pieces, the later one of which is told first",
    7,
    kernel(
      "n: i64, X: f64[64], Y: f64[64]",
      "for j in range(1, 60):",
      "    if j >= 45 or n <= 20:",
      "        X[j] = 0.5 * X[j - 1] + Y[j]",
    ),
  ],
  [
    "a condition on a number alone",
    3,
    kernel(
      "n: i64, A: f64[16, 16], B: f64[16, 16]",
      "for i in range(16):",
      "    for j in range(16):",
      "        if n > 5:",
      "            A[i, j] = B[i, j] * 2.0",
    ),
  ],
  [
    "sums over a triangle of an array that ends where the triangle does",
    0,
    kernel(
      "C: f64[40, 40], A: f64[40, 40], B: f64[40]",
      "for i in range(40):",
      "    for j in range(40):",
      "        for k in range(40 - j):",
      "            C[i, j] += A[i, k] * B[j + k]",
    ),
  ],
  [
    "sums over a triangle of an array that begins where the triangle does",
    0,
    kernel(
      "C: f64[40, 40], A: f64[40, 40], B: f64[40, 40]",
      "for i in range(40):",
      "    for j in range(40):",
      "        for k in range(j, 40):",
      "            C[i, j] += A[i, k] * B[k, k - j]",
    ),
  ],
];

test.each(cases)("%s", async (_, n, text) => {
  const kernels = await bufferizedKernels(text);
  const before = run(kernels, n);
  optimiseLoops(tiny).run(kernels.module, kernels.context);
  expect(verify(kernels.module, kernels.context)).toEqual([]);
  const after = run(kernels, n);
  const apart = after.map((x, i) => Math.abs(x - before[i]!));
  expect(Math.max(...apart)).toBeLessThan(1e-12);
});

describe("whole numbers in lanes, some of which are no points", () => {
  const divided = (by: string): string =>
    kernel(
      "n: i64, A: i32[16, 16], B: i32[16, 16], C: i32[16, 16]",
      "for i in range(16):",
      "    for j in range(i, n):",
      `        A[i, j] = B[i, j] // ${by}`,
    );
  const divisions = async (by: string): Promise<readonly string[]> => {
    const { module, functions, context } = await bufferizedKernels(divided(by));
    optimiseLoops(tiny).run(module, context);
    const found = [...functions[0]!.walk()].filter(({ name }) => name === "arith.floordivsi");
    return found.map(({ result }) => result.type.kind);
  };

  test("are divided by a number that is the same for all", async () => {
    expect(await divisions("3")).toContain("vector");
  });

  test("are not divided by elements, which may be 0 where there is no point", async () => {
    const found = await divisions("C[i, j]");
    expect(found.length).toBeGreaterThan(0);
    expect(found).not.toContain("vector");
  });
});
