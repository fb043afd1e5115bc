/** @file The thirty kernels of PolyBench as the benchmark has them compute what NumPy computes, in Python and in C. */

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { pythonWith } from "../support/python.js";

/** A line of `bench/polybench/check.py`: a kernel's largest errors beside NumPy's results. */
interface Checked {
  readonly kernel: string;
  readonly python: number;
  readonly c: number;
}

const folder = fileURLToPath(new URL("../../bench/polybench/", import.meta.url));
const clang = process.env["PERSIMMONS_BENCH_CLANG"] ?? "clang-22";
const python = spawnSync(clang, ["--version"]).status === 0 ? pythonWith("numpy") : undefined;

describe.skipIf(python === undefined)("PolyBench's kernels, in Python and in C, at MINI size", () => {
  test("all thirty give NumPy's results to 1e-10", { timeout: 300_000 }, () => {
    const options = { encoding: "utf8", env: { ...process.env, PERSIMMONS_BENCH_CLANG: clang } } as const;
    const lines = execFileSync(python!, [`${folder}check.py`, "MINI"], options)
      .trim()
      .split("\n");
    const rows = lines.map((line) => JSON.parse(line) as Checked);
    expect(rows).toHaveLength(30);
    for (const { kernel, ...errors } of rows) {
      expect(errors.python, `${kernel} in Python`).toBeLessThanOrEqual(1e-10);
      expect(errors.c, `${kernel} in C`).toBeLessThanOrEqual(1e-10);
    }
  });

  test("a kernel that does not compile is a row with the reason, beside the times in C", () => {
    const home = mkdtempSync(join(tmpdir(), "persimmons-bench-"));
    try {
      const env = {
        ...process.env,
        PERSIMMONS_BENCH_CLANG: clang,
        PERSIMMONS_CLI: "sh -c 'echo error: no loops >&2; exit 3'",
      };
      const out = join(home, "results.json");
      execFileSync(python!, [`${folder}run.py`, "--size", "MINI", "--turns", "1", "--out", out, "atax"], { env });
      const { kernels } = JSON.parse(readFileSync(out, "utf8")) as { kernels: unknown };
      const times = { best: expect.any(Number), median: expect.any(Number) };
      const seconds = { c: times, "c-native": times, polly: times, "polly-native": times };
      expect(kernels).toEqual([expect.objectContaining({ kernel: "atax", reason: "error: no loops", seconds })]);
    } finally {
      rmSync(home, { recursive: true });
    }
  });

  test("a wrong value, or one that is not a number, in a result counts", () => {
    const script = [
      `import sys; sys.path.insert(0, ${JSON.stringify(folder)})`,
      "import numpy as np; from suite import difference",
      "right = {'A': np.full((3, 3), 2.0)}; near = {'A': right['A'].copy()}; near['A'][1, 2] += 1e-6",
      "print(difference(near, right), difference({'A': right['A'] * np.nan}, right))",
    ].join("\n");
    const [wrong, missing] = execFileSync(python!, ["-c", script], { encoding: "utf8" }).trim().split(" ");
    expect(Number(wrong)).toBeCloseTo(5e-7, 12);
    expect(missing).toBe("inf");
  });
});
