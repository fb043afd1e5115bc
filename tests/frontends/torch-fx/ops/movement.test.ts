/** @file Strided views, patches, quantiles, diagonals and samples of images; the numbers expected are what PyTorch 2.13 gives. */

import { describe, expect, it } from "vitest";
import { INT64 } from "../archive.js";
import { apply, f32, i64 } from "./support.js";

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const close = (actual: readonly number[] | undefined, expected: readonly number[]): void => {
  expect(actual?.length).toBe(expected.length);
  expected.forEach((x, i) => void expect(actual?.[i]).toBeCloseTo(x, 5));
};

describe("strided views", () => {
  const self = f32([2, 3], ...upTo(6));
  it("show memory in another order", async () => {
    const others = { size: [2, 2], stride: [1, 2], storage_offset: 1 };
    expect(await apply("aten.as_strided.default", { self }, [{ sizes: [2, 2] }], others)).toEqual([[1, 3, 2, 4]]);
  });

  it("are refused where they reach beyond the tensor", async () => {
    const others = { size: [2, 2], stride: [1, 5], storage_offset: 1 };
    await expect(apply("aten.as_strided.default", { self }, [{ sizes: [2, 2] }], others)).rejects.toThrow(/beyond/);
  });

  it("let a tensor shrink, but not grow", async () => {
    const [shrunk] = await apply("aten.resize_.default", { self }, [{ sizes: [2, 2] }], { size: [2, 2] });
    expect(shrunk).toEqual([0, 1, 2, 3]);
    const grown = apply("aten.resize_.default", { self }, [{ sizes: [7] }], { size: [7] });
    await expect(grown).rejects.toThrow(/grows/);
  });
});

describe("patches", () => {
  const geometry = { kernel_size: [2, 2], dilation: [1, 1], padding: [0, 0], stride: [1, 1] };
  const columns = [
    [0, 1, 3, 4],
    [1, 2, 4, 5],
    [3, 4, 6, 7],
    [4, 5, 7, 8],
  ].flat();
  it("stand side by side, and are summed up again", async () => {
    const image = { self: f32([1, 1, 3, 3], ...upTo(9)) };
    expect(await apply("aten.im2col.default", image, [{ sizes: [1, 4, 4] }], geometry)).toEqual([columns]);
    const stack = { self: f32([1, 4, 4], ...columns) };
    const back = await apply("aten.col2im.default", stack, [{ sizes: [1, 1, 3, 3] }], {
      ...geometry,
      output_size: [3, 3],
    });
    expect(back).toEqual([[0, 2, 2, 6, 16, 10, 6, 14, 8]]);
  });
});

describe("quantiles", () => {
  it("pass over what is no number where they are asked to", async () => {
    const tensors = { self: f32([4], 3, Number.NaN, 1, 2), q: f32([3], 0, 0.5, 0.75) };
    expect(await apply("aten.nanquantile.default", tensors, [{ sizes: [3] }])).toEqual([[1, 2, 2.5]]);
    const [plain] = await apply("aten.quantile.default", tensors, [{ sizes: [3] }]);
    expect(plain).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });
});

describe("numbers in steps", () => {
  it("are powers of a base, cut off where they are whole", async () => {
    const floats = await apply("aten.logspace.default", {}, [{ sizes: [4] }], { start: 0, end: 3, steps: 4 });
    close(floats[0], [1, 10, 100, 1000]);
    const meta = [{ sizes: [4], dtype: INT64 }];
    const whole = await apply("aten.logspace.default", {}, meta, { start: 4.3, end: 1, steps: 4, base: 2 });
    expect(whole).toEqual([[16, 8, 4, 2]]);
  });
});

describe("matrices", () => {
  it("have cross products of their rows", async () => {
    const tensors = { self: f32([3], 1, 2, 3), other: f32([3], 4, 5, 6) };
    expect(await apply("aten.linalg_cross.default", tensors, [{ sizes: [3] }])).toEqual([[-3, 6, -3]]);
  });
});

describe("margins", () => {
  it("count the labels before the first -1", async () => {
    const tensors = { self: f32([1, 4], 0.1, 0.2, 0.4, 0.8), target: i64([1, 4], 3, 0, -1, 1) };
    close((await apply("aten.multilabel_margin_loss.default", tensors, [{ sizes: [] }]))[0], [0.85]);
  });
});

describe("grids", () => {
  it("read images between their elements, zeros around them", async () => {
    const tensors = { input: f32([1, 1, 2, 2], 1, 2, 3, 4), grid: f32([1, 1, 3, 2], -1, -1, 0, 0, 1.5, 0) };
    const others = { interpolation_mode: 0, padding_mode: 0, align_corners: false };
    expect(await apply("aten.grid_sampler_2d.default", tensors, [{ sizes: [1, 1, 1, 3] }], others)).toEqual([
      [0.25, 2.5, 0],
    ]);
  });
});
