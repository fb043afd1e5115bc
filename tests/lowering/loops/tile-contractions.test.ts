/** @file Tiled contractions against the structured operations they come from: every tail, tile and packing. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { maxRelativeError } from "../../../ir/ndarray-compare.js";
import { parseModule } from "../../../ir/text/module.js";
import { verify } from "../../../ir/verify.js";
import { newContext } from "../../../lowering/dialects.js";
import { tileContractions } from "../../../lowering/loops/tile-contractions.js";
import { cpuNamed, cpus } from "../../../machine/cpu.js";
import { convolutionKernel, genericKernel, matmulKernel, runKernels } from "../../support/kernels.js";

const avx512 = cpuNamed("x86-64-v4")!;

/** Runs the kernels, tiles them, runs them again; gives how many structured operations are left. */
function tiled(text: string, cpu = avx512): number {
  const context = newContext();
  const module = parseModule(`module {\n${text}\n}`, "kernels.mlir", context);
  const before = runKernels(module, context);
  tileContractions(cpu).run(module, context);
  expect(verify(module, context)).toEqual([]);
  for (const [name, array] of runKernels(module, context)) {
    expect(maxRelativeError(array, before.get(name)!), name).toBeLessThan(1e-5);
  }
  return [...module.walk()].filter((op) => op.name === "linalg.generic").length;
}

describe("a matrix product", () => {
  test("with tails in every dimension", () => {
    expect(tiled(matmulKernel("f", 29, 70, 9))).toBe(0);
  });

  test("whose summed dimension takes several panels, from a transposed matrix", () => {
    expect(tiled(matmulKernel("f", 13, 37, 300, true))).toBe(0);
  });

  test("of any size, for every CPU", () => {
    const size = fc.integer({ min: 4, max: 40 });
    fc.assert(
      fc.property(
        size,
        fc.integer({ min: 16, max: 90 }),
        fc.integer({ min: 1, max: 40 }),
        fc.boolean(),
        fc.constantFrom(...cpus),
        (m, n, k, transposed, cpu) => {
          tiled(matmulKernel("f", m, n, k, transposed), cpu);
        },
      ),
      { numRuns: 12 },
    );
  });

  test("batched, with rows and columns kept apart", () => {
    const text = genericKernel("f", {
      inputs: [
        { shape: [3, 5, 7], map: "d0, d1, d3" },
        { shape: [3, 20, 7], map: "d0, d2, d3" },
      ],
      output: { shape: [3, 5, 20], map: "d0, d1, d2" },
      dims: 4,
      kinds: ["parallel", "parallel", "parallel", "reduction"],
      body: "%p = arith.mulf %a, %b : f32\n %s = arith.addf %out, %p : f32\n linalg.yield %s : f32",
    });
    expect(tiled(text)).toBe(0);
  });
});

/** A product in f32 of numbers that are rounded to `element` and stored so. */
function narrowProduct(element: string, [m, n, k]: readonly [number, number, number], isTransposed: boolean): string {
  const shapes = [`${m}x${k}x`, isTransposed ? `${n}x${k}x` : `${k}x${n}x`] as const;
  const plain = "affine_map<(i, j) -> (i, j)>";
  const rounded = shapes.map(
    (shape, x) => `%r${x} = memref.alloc() : memref<${shape}${element}>
    linalg.generic {indexing_maps = [${plain}, ${plain}], iterator_types = ["parallel", "parallel"]} ins(%x${x} : memref<${shape}f32>) outs(%r${x} : memref<${shape}${element}>) {
    ^bb0(%a: f32, %o: ${element}):
      %t = arith.truncf %a : f32 to ${element}
      linalg.yield %t : ${element}
    }`,
  );
  const sides = shapes.map((shape) => `memref<${shape}${element}>`);
  return `func.func private @f(%x0: memref<${shapes[0]}f32>, %x1: memref<${shapes[1]}f32>, %y: memref<${m}x${n}xf32>) {
    ${rounded.join("\n    ")}
    linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> ${isTransposed ? "(j, k)" : "(k, j)"}>, affine_map<(i, j, k) -> (i, j)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%r0, %r1 : ${sides.join(", ")}) outs(%y : memref<${m}x${n}xf32>) {
    ^bb0(%a: ${element}, %b: ${element}, %o: f32):
      %c = arith.extf %a : ${element} to f32
      %d = arith.extf %b : ${element} to f32
      %p = arith.mulf %c, %d : f32
      %s = arith.addf %o, %p : f32
      linalg.yield %s : f32
    }
    return
  }`;
}

test.each([
  ["f16", false],
  ["f16", true],
  ["bf16", false],
  ["bf16", true],
])("a product of %s matrices is summed in f32; the second one transposed: %s", (element, isTransposed) => {
  expect(tiled(narrowProduct(element, [13, 37, 50], isTransposed))).toBe(2); // which round
});

describe("a convolution", () => {
  const base = { batch: 1, channels: 5, filters: 7, height: 5, width: 18, window: 3, stride: 1 };

  test("whose lines are longer than a vector", () => {
    expect(tiled(convolutionKernel("f", base))).toBe(0);
  });

  test("with a stride, and several images", () => {
    expect(tiled(convolutionKernel("f", { ...base, batch: 2, stride: 2 }))).toBe(0);
  });

  test("of one point, which is a matrix product", () => {
    expect(tiled(convolutionKernel("f", { ...base, window: 1 }))).toBe(0);
  });

  test("wider than a block", () => {
    expect(tiled(convolutionKernel("f", { ...base, height: 2, width: 70 }))).toBe(0);
  });
});

test("a product of few rows is left alone: packing would not pay", () => {
  expect(tiled(matmulKernel("f", 2, 64, 64))).toBe(1);
});

test("a sum that is no sum of products is left alone", () => {
  const text = genericKernel("f", {
    inputs: [
      { shape: [8, 4], map: "d0, d2" },
      { shape: [4, 32], map: "d2, d1" },
    ],
    output: { shape: [8, 32], map: "d0, d1" },
    dims: 3,
    kinds: ["parallel", "parallel", "reduction"],
    body: "%p = arith.addf %a, %b : f32\n %s = arith.maximumf %out, %p : f32\n linalg.yield %s : f32",
  });
  expect(tiled(text)).toBe(1);
});

/** A product of filled zeros, then `max(product + bias + other, 0)`; `bias` and `other` by the given maps. */
function productWithEpilogue(
  m: number,
  n: number,
  k: number,
  bias: string,
  isLeftOver: boolean,
  other = "i, j",
): string {
  const [rows, columns] = [`memref<${m}x${k}xf32>`, `memref<${k}x${n}xf32>`];
  const result = `memref<${m}x${n}xf32>`;
  const length = bias === "i" ? m : n;
  const others = other === "j, i" ? `memref<${n}x${m}xf32>` : result;
  const more = isLeftOver ? `, %sums: ${result}` : "";
  return `func.func private @f(%x: ${rows}, %w: ${columns}, %bias: memref<${length}xf32>, %other: ${others}, %y: ${result}${more}) {
    %zero = arith.constant 0.0 : f32
    ${isLeftOver ? "" : `%sums = memref.alloc() : ${result}`}
    linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} outs(%sums : ${result}) {
    ^bb0(%o: f32):
      linalg.yield %zero : f32
    }
    linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : ${rows}, ${columns}) outs(%sums : ${result}) {
    ^bb0(%a: f32, %b: f32, %o: f32):
      %p = arith.mulf %a, %b : f32
      %s = arith.addf %o, %p : f32
      linalg.yield %s : f32
    }
    linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (${bias})>, affine_map<(i, j) -> (${other})>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%sums, %bias, %other : ${result}, memref<${length}xf32>, ${others}) outs(%y : ${result}) {
    ^bb0(%a: f32, %b: f32, %c: f32, %o: f32):
      %s = arith.addf %a, %b : f32
      %t = arith.addf %s, %c : f32
      %r = arith.maximumf %t, %zero : f32
      linalg.yield %r : f32
    }
    return
  }`;
}

describe("what comes behind a product", () => {
  test.each([
    ["in one panel", 30, 70, 20, "j"],
    ["after several panels", 29, 40, 600, "j"],
    ["with a number per row", 17, 100, 300, "i"],
  ])("is done with its tiles, %s", (_, m, n, k, bias) => {
    expect(tiled(productWithEpilogue(m, n, k, bias, false))).toBe(0);
  });

  test("on every CPU, with the sums of any size", () => {
    const size = fc.integer({ min: 4, max: 40 });
    const arbitraries = [size, fc.integer({ min: 16, max: 90 }), fc.integer({ min: 1, max: 40 })] as const;
    fc.assert(
      fc.property(...arbitraries, fc.constantFrom("i", "j"), fc.constantFrom(...cpus), (m, n, k, bias, cpu) => {
        tiled(productWithEpilogue(m, n, k, bias, false), cpu);
      }),
      { numRuns: 12 },
    );
  });

  test("is left to itself where it reads something whose columns are apart", () => {
    expect(tiled(productWithEpilogue(30, 70, 20, "j", false, "j, i"))).toBe(1);
  });

  test("is left to itself where the caller gets the sums as well", () => {
    expect(tiled(productWithEpilogue(30, 70, 20, "j", true))).toBe(1);
  });
});
