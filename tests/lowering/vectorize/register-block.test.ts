/** @file Sums over windows as blocks of positions in registers, against what they were. */

import { describe, expect, test } from "vitest";
import { maxRelativeError } from "../../../ir/ndarray-compare.js";
import { parseModule } from "../../../ir/text/module.js";
import { verify } from "../../../ir/verify.js";
import { newContext } from "../../../lowering/dialects.js";
import { vectorizeGenerics } from "../../../lowering/vectorize/vectorize-generics.js";
import { cpuNamed } from "../../../machine/cpu.js";
import { runKernels } from "../../support/kernels.js";

interface Windows {
  readonly channels: number;
  readonly width: number;
  readonly stride: number;
  readonly window: number;
}

const iterators = (parallel: number, summed: number): string =>
  [...Array(parallel).fill('"parallel"'), ...Array(summed).fill('"reduction"')].join(", ");
const over = "affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>";

/** A depthwise convolution over channels that lie last, begun with a constant and followed by bias, residual and clamp. */
function depthwise({ channels, width, stride, window }: Windows, hasEpilogue: boolean): string {
  const [reach, result] = [(width - 1) * stride + window, `memref<2x3x${width}x${channels}xf32>`];
  const image = `memref<2x${2 * stride + window}x${reach}x${channels}xf32>`;
  const weights = `memref<1x${window}x${window}x${channels}xf32>`;
  const sums = hasEpilogue ? "%sums" : "%out";
  const after = `linalg.generic {indexing_maps = [${over}, affine_map<(d0, d1, d2, d3) -> (d3)>, ${over}, ${over}], iterator_types = [${iterators(4, 0)}]} ins(%sums, %bias, %old : ${result}, memref<${channels}xf32>, ${result}) outs(%out : ${result}) {
  ^bb0(%a: f32, %b: f32, %c: f32, %o: f32):
    %s = arith.addf %a, %b : f32
    %r = arith.addf %s, %c : f32
    %m = arith.maximumf %r, %zero : f32
    linalg.yield %m : f32
  }`;
  return `func.func private @f(%x: ${image}, %w: ${weights}, %bias: memref<${channels}xf32>, %old: ${result}, %out: ${result}) {
  %zero = arith.constant 0.0 : f32
  %start = arith.constant 0.5 : f32
  ${hasEpilogue ? `%sums = memref.alloc() : ${result}` : ""}
  linalg.generic {indexing_maps = [${over}], iterator_types = [${iterators(4, 0)}]} outs(${sums} : ${result}) {
  ^bb0(%o: f32):
    linalg.yield %start : f32
  }
  linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 * ${stride} + d4, d2 * ${stride} + d5, d3)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (0, d4, d5, d3)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3)>], iterator_types = [${iterators(4, 2)}]} ins(%x, %w : ${image}, ${weights}) outs(${sums} : ${result}) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  }
  ${hasEpilogue ? after : ""}
  return
}`;
}

/** A maximum over windows, whose sizes a tensor that nothing reads gives. */
const pooling = (
  width: number,
): string => `func.func private @f(%x: memref<1x5x${2 * width + 1}x21xf32>, %out: memref<1x2x${width}x21xf32>) {
  %shape = memref.alloc() : memref<3x3xi1>
  linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 * 2 + d4, d2 * 2 + d5, d3)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d4, d5)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3)>], iterator_types = [${iterators(4, 2)}]} ins(%x, %shape : memref<1x5x${2 * width + 1}x21xf32>, memref<3x3xi1>) outs(%out : memref<1x2x${width}x21xf32>) {
  ^bb0(%a: f32, %b: i1, %o: f32):
    %m = arith.maximumf %o, %a : f32
    linalg.yield %m : f32
  }
  return
}`;

/** Sums or maxima over windows of an image with a border of constants around it. */
function bordered({ channels, width, stride, window }: Windows, low: number, constant: string): string {
  const isSum = constant === "0.0";
  const reach = (width - 1) * stride + window;
  const [rows, columns] = [2 * stride + window, reach].map((n) => n - low - 1);
  const [image, wide] = [
    `memref<1x${rows}x${columns}x${channels}xf32>`,
    `memref<1x${2 * stride + window}x${reach}x${channels}xf32>`,
  ];
  const part = `strided<[${(2 * stride + window) * reach * channels}, ${reach * channels}, ${channels}, 1], offset: ${(low * reach + low) * channels}>`;
  const inner = `memref<1x${rows}x${columns}x${channels}xf32, ${part}>`;
  const [weights, result] = [`memref<1x${window}x${window}x${channels}xf32>`, `memref<1x3x${width}x${channels}xf32>`];
  return `func.func private @f(%x: ${image}, %w: ${weights}, %out: ${result}) {
  %c = arith.constant ${constant} : f32
  %wide = memref.alloc() : ${wide}
  linalg.generic {indexing_maps = [${over}], iterator_types = [${iterators(4, 0)}]} outs(%wide : ${wide}) {
  ^bb0(%o: f32):
    linalg.yield %c : f32
  }
  %part = memref.subview %wide[0, ${low}, ${low}, 0] [1, ${rows}, ${columns}, ${channels}] [1, 1, 1, 1] : ${wide} to ${inner}
  linalg.generic {indexing_maps = [${over}, ${over}], iterator_types = [${iterators(4, 0)}]} ins(%x : ${image}) outs(%part : ${inner}) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  }
  linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 * ${stride} + d4, d2 * ${stride} + d5, d3)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (0, d4, d5, d3)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3)>], iterator_types = [${iterators(4, 2)}]} ins(%wide, %w : ${wide}, ${weights}) outs(%out : ${result}) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    ${isSum ? "%p = arith.mulf %a, %b : f32\n    %s = arith.addf %o, %p : f32" : "%s = arith.maximumf %o, %a : f32"}
    linalg.yield %s : f32
  }
  return
}`;
}

/** Vectorises; gives the names of the operations that are left. */
function lowered(text: string): readonly string[] {
  const context = newContext();
  const module = parseModule(`module {\n${text}\n}`, "windows.mlir", context);
  const before = runKernels(module, context);
  vectorizeGenerics(cpuNamed("x86-64-v3")!).run(module, context);
  expect(verify(module, context)).toEqual([]);
  for (const [name, array] of runKernels(module, context))
    expect(maxRelativeError(array, before.get(name)!), name).toBeLessThan(1e-5);
  return [...module.walk()].map((op) => op.name);
}

describe("sums over windows", () => {
  test.each([
    { channels: 16, width: 14, stride: 1, window: 3 },
    { channels: 21, width: 7, stride: 1, window: 3 },
    { channels: 8, width: 9, stride: 2, window: 3 },
    { channels: 8, width: 1, stride: 1, window: 2 },
    { channels: 11, width: 17, stride: 1, window: 7 },
    { channels: 8, width: 3, stride: 1, window: 18 },
  ])("begin with the constant that filled their output: %o", (windows) => {
    const names = lowered(depthwise(windows, false));
    expect(names).not.toContain("linalg.generic");
    expect(names.filter((name) => name === "scf.parallel")).toHaveLength(1);
  });

  test.each([
    { channels: 16, width: 14, stride: 1, window: 3 },
    { channels: 13, width: 10, stride: 2, window: 5 },
  ])("are finished before they are stored, and need no storage of their own: %o", (windows) => {
    const names = lowered(depthwise(windows, true));
    expect(names).not.toContain("memref.alloc");
    expect(names.filter((name) => name === "scf.parallel")).toHaveLength(1);
  });

  test.each([1, 5, 13])("may be maxima; what only gives the window its size is not read (%d wide)", (width) => {
    expect(lowered(pooling(width))).not.toContain("linalg.generic");
  });

  test("share what they read: weights are loaded once for several positions", () => {
    const names = lowered(depthwise({ channels: 8, width: 8, stride: 1, window: 3 }, false));
    expect(names.filter((name) => name === "vector.fma").length).toBeGreaterThanOrEqual(24);
  });

  test.each([
    [{ channels: 8, width: 14, stride: 1, window: 3 }, 1],
    [{ channels: 11, width: 23, stride: 1, window: 3 }, 1],
    [{ channels: 8, width: 19, stride: 2, window: 3 }, 0],
    [{ channels: 8, width: 3, stride: 1, window: 7 }, 3],
    [{ channels: 9, width: 25, stride: 1, window: 7 }, 3],
  ])("cut their windows at a border of zeros, which is not made: %o, %d before", (windows, low) => {
    const names = lowered(bordered(windows, low, "0.0"));
    expect(names).not.toContain("memref.alloc");
    expect(names.filter((name) => name === "scf.parallel")).toHaveLength(1);
  });

  test("cut the windows of maxima at a border of the least number", () => {
    const names = lowered(bordered({ channels: 8, width: 12, stride: 2, window: 3 }, 1, "0xFF800000"));
    expect(names).not.toContain("memref.alloc");
  });

  test.each(["0x7F800000", "0.5"])("read a border of %s, which counts among maxima", (constant) => {
    expect(lowered(bordered({ channels: 8, width: 12, stride: 2, window: 3 }, 1, constant))).toContain("memref.alloc");
  });
});
