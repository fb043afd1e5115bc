/**
 * @file Random affine programs through the whole compiler, on this machine and as for one with tiny caches: native code
 * gives the numbers that the interpreter gives of the loops as they were written. Many kernels are one bundle, so that
 * Clang is started once for all. `PERSIMMONS_TEST_PROGRAMS` and `PERSIMMONS_TEST_SEED` as in referee.test.ts.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compileGraph } from "../../../../cli/compile.js";
import { hostFeatures } from "../../../../cli/targets.js";
import { importPythonText } from "../../../../frontends/python-kernels/import.js";
import { allocate, fromArray, toArray } from "../../../../ir/buffer.js";
import { functionName } from "../../../../ir/dialects/func.js";
import { interpret } from "../../../../ir/interpret.js";
import { fromScalars, type NdArray, sizeOf, toBytes } from "../../../../ir/ndarray.js";
import { newContext } from "../../../../lowering/dialects.js";
import { bestCpu, type CpuDescription } from "../../../../machine/cpu.js";
import { writeBundle } from "../../../../runtime-lib/bundle/write-bundle.js";
import { findNativeToolchain } from "../../../../runtime-lib/engines/toolchain.js";
import { loadModel, type RunnableModel } from "../../../../runtime-lib/load-model.js";
import { drawFrom } from "../../../ir/sets/random-sets.js";
import { AXIS, bufferizedKernels, type Kernels, kernelFile, PARAMETERS, randomKernel } from "./random-kernels.js";

/** Compiling costs more than a referee: an eighth of the programs. */
const PROGRAMS = Math.ceil(Number(process.env["PERSIMMONS_TEST_PROGRAMS"] ?? 160) / 8);
const SEED = Number(process.env["PERSIMMONS_TEST_SEED"] ?? 1);
const TOGETHER = 25;
const sizes = [1, 6, 11];

const host = bestCpu(hostFeatures());
const hasNative = await findNativeToolchain().then(
  () => host !== undefined,
  () => false,
);

/** Positive, and nowhere the same. */
function madeUp(shape: readonly number[], seed: number): NdArray {
  const values = Array.from({ length: sizeOf(shape) }, (_, i) => 0.75 + 0.5 * Math.abs(Math.sin(i * 0.7 + seed)));
  return fromScalars("f64", shape, values);
}

const inputsFor = (n: number): readonly NdArray[] => [
  fromScalars("i64", [], [BigInt(n)]),
  madeUp([AXIS, AXIS], n),
  madeUp([AXIS], n + 1),
  madeUp([AXIS, AXIS], n + 2),
];

/** What every kernel leaves in its parameters, by the interpreter. */
function expectedOf({ module, context, functions }: Kernels, index: number, n: number): readonly NdArray[] {
  const views = inputsFor(n).map((input) => {
    const view = allocate(input.element, input.shape);
    fromArray(view, input);
    return view;
  });
  interpret(module, functionName(functions[index]!), views, context);
  return views.map((view) => toArray(view));
}

async function compiled(text: string, cpu: CpuDescription, folder: string): Promise<RunnableModel> {
  const make = async () => {
    const context = newContext();
    return { module: await importPythonText(text, "random.py", context), context };
  };
  const source = { stem: "random", kind: "py", sha256: "0".repeat(64) };
  const { compose } = await compileGraph({ source, make }, { targets: [cpu] });
  const { path } = await writeBundle(join(folder, "random.psm"), compose);
  const env = { ...process.env, PERSIMMONS_CACHE: join(folder, "cache") };
  return loadModel(path, { engine: "native", trust: true, threads: 2 }, env);
}

const numbers = (bytes: Uint8Array): Float64Array => new Float64Array(bytes.slice().buffer);

/** The largest relative difference; numbers beyond all bounds are equal. */
function distance(a: Float64Array, b: Float64Array): number {
  const apart = (x: number, y: number): number =>
    x === y || (x > 1e300 && y > 1e300) ? 0 : Math.abs(x - y) / Math.max(Math.abs(x), Math.abs(y), 1e-290);
  return a.reduce((most, x, i) => Math.max(most, apart(x, b[i]!)), 0);
}

/** Kernels whose results differ. */
function wrongKernels({ model, bundle }: RunnableModel, kernels: Kernels, sources: readonly string[]): string[] {
  return sources.flatMap((source, index) => {
    const entry = bundle.manifest.entries.find(({ name }) => source.includes(`def ${name}(`))!;
    return sizes.flatMap((n) => {
      const expected = expectedOf(kernels, index, n);
      const given = inputsFor(n).map((x) => ({ dtype: x.element, shape: x.shape, bytes: toBytes(x) }));
      const results = model.run(entry.name, given);
      return entry.outputs.flatMap(({ name }, k) => {
        const want = expected[PARAMETERS.indexOf(name as (typeof PARAMETERS)[number])]!;
        const far = distance(numbers(results[k]!.bytes), numbers(toBytes(want)));
        return far < 1e-9 ? [] : [`${name} is off by ${far} where n = ${n}:\n${source}`];
      });
    });
  });
}

describe.skipIf(!hasNative)("native code of random affine programs", () => {
  const tiny = { ...host!, caches: { l1: 768, l2: 3072, l3: 4096 } };
  test.each([
    ["this machine", host!],
    ["tiny caches", tiny],
  ])("computes for %s what the loops say", { timeout: 3_600_000 }, async (_, cpu) => {
    const draw = drawFrom(SEED * 104_729);
    const wrong: string[] = [];
    for (let first = 0; first < PROGRAMS; first += TOGETHER) {
      const count = Math.min(TOGETHER, PROGRAMS - first);
      const sources = Array.from({ length: count }, (_, i) => randomKernel(`k${first + i}`, draw));
      const folder = mkdtempSync(join(tmpdir(), "persimmons-random-"));
      try {
        const runnable = await compiled(kernelFile(sources), cpu, folder);
        try {
          wrong.push(...wrongKernels(runnable, await bufferizedKernels(kernelFile(sources)), sources));
        } finally {
          runnable.model.close();
        }
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
    expect(wrong).toEqual([]);
  });
});
