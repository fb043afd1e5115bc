/** @file Structured operations as vector loops, against what they were. */

import { describe, expect, test } from "vitest";
import { maxRelativeError } from "../../../ir/ndarray-compare.js";
import { parseModule } from "../../../ir/text/module.js";
import { verify } from "../../../ir/verify.js";
import { newContext } from "../../../lowering/dialects.js";
import { linalgToLoops } from "../../../lowering/loops/linalg-to-loops.js";
import { vectorizeGenerics } from "../../../lowering/vectorize/vectorize-generics.js";
import { cpuNamed } from "../../../machine/cpu.js";
import { genericKernel, runKernels } from "../../support/kernels.js";

/** Vectorises, then lowers the rest to plain loops; gives how many operations the vectoriser left. */
function lowered(text: string): number {
  const context = newContext();
  const module = parseModule(`module {\n${text}\n}`, "kernels.mlir", context);
  const before = runKernels(module, context);
  const check = (): void => {
    expect(verify(module, context)).toEqual([]);
    for (const [name, array] of runKernels(module, context))
      expect(maxRelativeError(array, before.get(name)!), name).toBeLessThan(1e-5);
  };
  vectorizeGenerics(cpuNamed("x86-64-v4")!).run(module, context);
  check();
  const left = [...module.walk()].filter((op) => op.name === "linalg.generic").length;
  linalgToLoops.run(module, context);
  check();
  expect([...module.walk()].some((op) => op.name === "linalg.generic")).toBe(false);
  return left;
}

const elementwise = (rows: number, columns: number) =>
  genericKernel("f", {
    inputs: [
      { shape: [rows, columns], map: "d0, d1" },
      { shape: [columns], map: "d1" },
    ],
    output: { shape: [rows, columns], map: "d0, d1" },
    dims: 2,
    kinds: ["parallel", "parallel"],
    body: "%s = arith.addf %a, %b : f32\n %m = arith.mulf %s, %a : f32\n linalg.yield %m : f32",
  });

describe("vectors run", () => {
  test("along the contiguous axis, with a masked tail", () => {
    expect(lowered(elementwise(5, 37))).toBe(0);
  });

  test("over all axes at once where every operand walks them alike", () => {
    const text = genericKernel("f", {
      inputs: [{ shape: [5, 7, 3], map: "d0, d1, d2" }],
      output: { shape: [5, 7, 3], map: "d0, d1, d2" },
      dims: 3,
      kinds: ["parallel", "parallel", "parallel"],
      body: "%m = arith.mulf %a, %a : f32\n linalg.yield %m : f32",
    });
    expect(lowered(text)).toBe(0);
  });

  test.each(["f16", "bf16"])("over %s, of as many lanes as f32, in which it is computed", (element) => {
    const body = `%n = arith.truncf %a : f32 to ${element}\n %s = arith.mulf %n, %n : ${element}\n %w = arith.extf %s : ${element} to f32\n linalg.yield %w : f32`;
    const text = genericKernel("f", {
      inputs: [{ shape: [5, 37], map: "d0, d1" }],
      output: { shape: [5, 37], map: "d0, d1" },
      dims: 2,
      kinds: ["parallel", "parallel"],
      body,
    });
    expect(lowered(text)).toBe(0);
  });

  test("along a sum, whose lanes are folded at the end", () => {
    const text = genericKernel("f", {
      inputs: [{ shape: [5, 37], map: "d0, d1" }],
      output: { shape: [5], map: "d0" },
      dims: 2,
      kinds: ["parallel", "reduction"],
      body: "%s = arith.addf %out, %a : f32\n linalg.yield %s : f32",
    });
    expect(lowered(text)).toBe(0);
  });

  test("along a sum of products with a vector that has axes of one element behind", () => {
    const text = genericKernel("f", {
      inputs: [
        { shape: [1, 37, 1, 1], map: "d0, d2, 0, 0" },
        { shape: [5, 37], map: "d1, d2" },
      ],
      output: { shape: [1, 5], map: "d0, d1" },
      dims: 3,
      kinds: ["parallel", "parallel", "reduction"],
      body: "%p = arith.mulf %a, %b : f32\n %s = arith.addf %out, %p : f32\n linalg.yield %s : f32",
    });
    expect(lowered(text)).toBe(0);
  });

  test("beside a maximum over the outer axis", () => {
    const text = genericKernel("f", {
      inputs: [{ shape: [9, 40], map: "d1, d0" }],
      output: { shape: [40], map: "d0" },
      dims: 2,
      kinds: ["parallel", "reduction"],
      body: "%s = arith.maximumf %out, %a : f32\n linalg.yield %s : f32",
    });
    expect(lowered(text)).toBe(0);
  });

  test.each([
    [1, 21, 150],
    [1, 8, 900],
    [1, 3, 801],
  ])("along rows of a matrix that a vector weighs (%d x %d x %d)", (m, k, n) => {
    const text = genericKernel("f", {
      inputs: [
        { shape: [m, k], map: "d0, d2" },
        { shape: [k, n], map: "d2, d1" },
      ],
      output: { shape: [m, n], map: "d0, d1" },
      dims: 3,
      kinds: ["parallel", "parallel", "reduction"],
      body: "%p = arith.mulf %a, %b : f32\n %s = arith.addf %out, %p : f32\n linalg.yield %s : f32",
    });
    expect(lowered(text)).toBe(0);
  });

  test("along rows of several axes", () => {
    const text = genericKernel("f", {
      inputs: [{ shape: [3, 11, 140], map: "d1, d2, d0" }],
      output: { shape: [140], map: "d0" },
      dims: 3,
      kinds: ["parallel", "reduction", "reduction"],
      body: "%s = arith.addf %out, %a : f32\n linalg.yield %s : f32",
    });
    expect(lowered(text)).toBe(0);
  });

  test("with positions as data", () => {
    const text = genericKernel("f", {
      inputs: [{ shape: [3, 40], map: "d0, d1" }],
      output: { shape: [3, 40], map: "d0, d1" },
      dims: 2,
      kinds: ["parallel", "parallel"],
      body: "%i = linalg.index 1 : index\n %n = arith.index_cast %i : index to i32\n %x = arith.sitofp %n : i32 to f32\n %s = arith.addf %a, %x : f32\n linalg.yield %s : f32",
    });
    expect(lowered(text)).toBe(0);
  });
});

describe("plain loops take", () => {
  test("axes too short for vectors", () => {
    expect(lowered(elementwise(5, 3))).toBe(1);
  });

  test("transposes", () => {
    const text = genericKernel("f", {
      inputs: [{ shape: [20, 30], map: "d1, d0" }],
      output: { shape: [30, 20], map: "d0, d1" },
      dims: 2,
      kinds: ["parallel", "parallel"],
      body: "linalg.yield %a : f32",
    });
    expect(lowered(text)).toBe(1);
  });
});
