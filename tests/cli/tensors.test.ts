/** @file Made-up inputs, inputs from files, and comparing outputs. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { arrayOf, compareTensors } from "../../cli/compare.js";
import { gatherInputs, splitNamed } from "../../cli/inputs.js";
import { writeNpy } from "../../cli/npy.js";
import { randomTensor } from "../../cli/random-inputs.js";
import { summarise } from "../../cli/summarise.js";
import { CompileError } from "../../ir/diagnostic.js";
import { dtypeNames } from "../../runtime-lib/bundle/dtype.js";
import { tensor } from "../../runtime-lib/tensor.js";

const folder = mkdtempSync(join(tmpdir(), "persimmons-inputs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("made-up inputs", () => {
  test.each(dtypeNames)("of type %s hold values of that type, the same for the same seed and name", (dtype) => {
    const a = randomTensor(7, "x", dtype, [40, 5]);
    expect(randomTensor(7, "x", dtype, [40, 5])).toEqual(a);
    expect(randomTensor(8, "x", dtype, [40, 5])).not.toEqual(a);
    expect(randomTensor(7, "y", dtype, [40, 5])).not.toEqual(a);
    const values = new Set(Array.from(arrayOf(a).data as Float64Array, Number));
    expect(values.size).toBeGreaterThan(1);
    expect([...values].every(Number.isFinite)).toBe(true);
  });

  test("are spread as they should be", () => {
    const { data } = arrayOf(randomTensor(1, "x", "f64", [20_000]));
    const values = Array.from(data as Float64Array);
    const mean = values.reduce((a, b) => a + b) / values.length;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(variance - 1)).toBeLessThan(0.05);
    const digits = new Set(Array.from(arrayOf(randomTensor(1, "x", "i32", [1000])).data as Int32Array));
    expect([...digits].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

describe("gathering inputs", () => {
  const value = (name: string, dtype: string, shape: readonly string[]) => ({
    name,
    dtype,
    shape,
    allocatedByRun: false,
  });
  const entry = { inputs: [value("x", "f32", ["N", "4"]), value("mask", "i1", ["N"]), value("a=b", "f32", ["2*N"])] };
  const symbols = [{ name: "N", kind: "input", min: 1, max: 8 } as const];
  const files = { x: join(folder, "x.npy"), long: join(folder, "long.npy") };
  writeNpy(files.x, tensor(new Float32Array(12), [3, 4]));
  writeNpy(files.long, tensor(new Float32Array(6), [6]));

  const problems = (options: Parameters<typeof gatherInputs>[2]): readonly string[] => {
    try {
      gatherInputs(entry, symbols, options);
    } catch (error) {
      if (!(error instanceof CompileError)) throw error;
      expect(error.exitCode).toBe(2);
      return error.diagnostics.map((d) => (d.fix === undefined ? d.message : `${d.message} | ${d.fix}`));
    }
    throw new Error("there were no problems");
  };

  test("takes files by name, in order, and for names with '=' in them", () => {
    expect(splitNamed("a=b=c=d.npy", ["a", "a=b"])).toEqual({ name: "a=b", file: "c=d.npy" });
    expect(splitNamed("x.npy", ["x"])).toEqual({ file: "x.npy" });
    const given = gatherInputs(entry, symbols, { in: [files.x, `a=b=${files.long}`] });
    expect([...given.keys()]).toEqual(["x", "a=b"]);
  });

  test("makes up the rest at the sizes that the files give", () => {
    const given = gatherInputs(entry, symbols, { in: [`x=${files.x}`], seed: 1 });
    expect([...given].map(([name, t]) => [name, t.dtype, t.shape])).toEqual([
      ["x", "f32", [3, 4]],
      ["mask", "i1", [3]],
      ["a=b", "f32", [6]],
    ]);
    const sized = gatherInputs(entry, symbols, { seed: 1, dim: ["N=5"] });
    expect(sized.get("a=b")!.shape).toEqual([10]);
  });

  test("lists everything that is wrong at once", () => {
    expect(problems({ in: ["mas=m.npy", `x=${files.x}`, `x=${files.x}`], dim: ["M=3", "N=9", "N"], seed: 0 })).toEqual([
      "the model has no size 'M' | it has 'N'",
      "N=9 is out of range | N is from 1 to 8",
      "'N' is no size | write --dim NAME=NUMBER",
      "the model has no input 'mas' | did you mean 'mask'?",
      "input 'x' is given twice",
    ]);
    expect(problems({ seed: 0 })).toEqual(["the size N is not known | give --dim N=NUMBER (N is from 1 to 8)"]);
    expect(problems({ in: ["1.npy", "2.npy", "3.npy", "4.npy"] })).toHaveLength(4);
  });
});

describe("comparing", () => {
  const f32 = (...values: number[]) => tensor(Float32Array.from(values));
  test("floats by the largest difference, relative to the largest value", () => {
    expect(compareTensors("y", f32(100, 0.001), f32(100, 0.002), 1e-4)).toMatchObject({ ok: true });
    expect(compareTensors("y", f32(100, 1), f32(100, 2), 1e-4)).toEqual({
      name: "y",
      ok: false,
      error: 0.01,
      problem: "'y': max|a-b| / max|b| is 0.0100, more than 0.0001; 1 at [1] where 2 is expected",
    });
  });

  test("NaNs and infinities by their places", () => {
    const inf = Number.POSITIVE_INFINITY;
    expect(compareTensors("y", f32(Number.NaN, inf, 1), f32(Number.NaN, inf, 1), 0).ok).toBe(true);
    expect(compareTensors("y", f32(1, inf), f32(Number.NaN, inf), 1).problem).toMatch(
      /1 at \[0\] where NaN is expected/,
    );
  });

  test("everything else exactly", () => {
    const i32 = (...values: number[]) => tensor(Int32Array.from(values), [2, 2]);
    expect(compareTensors("y", i32(1, 2, 3, 4), i32(1, 2, 3, 4), 0).ok).toBe(true);
    expect(compareTensors("y", i32(1, 2, 3, 5), i32(1, 2, 3, 4), 1).problem).toBe(
      "'y': 1 of 4 elements differ, first 5 at [1, 1] where 4 is expected",
    );
  });

  test("not at all where types or shapes differ", () => {
    expect(compareTensors("y", f32(1), f32(1, 2), 1).problem).toBe("'y': the shape is [1], expected [2]");
    expect(compareTensors("y", f32(1), tensor(Int32Array.of(1)), 1).problem).toBe(
      "'y': elements are f32, expected i32",
    );
  });
});

test("summaries say what is in a tensor", () => {
  expect(summarise(tensor(Float32Array.of(1, 0.5)))).toBe("[1, 0.5]");
  expect(summarise(tensor(new Float32Array(0)))).toBe("empty");
  expect(summarise(tensor(Float32Array.from({ length: 10 }, (_, k) => (k === 9 ? Number.NaN : k))))).toBe(
    "from 0 to 8, mean 4.000, 1 NaN or infinite",
  );
});
