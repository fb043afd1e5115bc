/** @file Operators on lists, losses of complex numbers, filters and spectra; the numbers expected are what PyTorch 2.13 gives. */

import { describe, expect, it } from "vitest";
import { apply, f32 } from "./support.js";

describe("operators on lists", () => {
  it("give for every entry what the operator gives", async () => {
    const tensors = { a: f32([2], 1, 2), b: f32([1], 3), c: f32([2], 10, 20), d: f32([1], 30) };
    const lists = { self: [{ tensor: "a" }, { tensor: "b" }], other: [{ tensor: "c" }, { tensor: "d" }] };
    const given = await apply("aten._foreach_add.List", tensors, [{ sizes: [2] }, { sizes: [1] }], {
      ...lists,
      alpha: 2,
    });
    expect(given).toEqual([[21, 42], [63]]);
  });
});

describe("filters", () => {
  it("are as wide as the elements that they join", async () => {
    const tensors = { self: f32([1, 1, 1, 4], 0, 1, 2, 3) };
    const others = { output_size: [1, 2], align_corners: false, scales_h: null, scales_w: null };
    const [y] = await apply("aten._upsample_bilinear2d_aa.default", tensors, [{ sizes: [1, 1, 1, 2] }], others);
    [0.7142857, 2.2857144].forEach((x, i) => void expect(y?.[i]).toBeCloseTo(x, 5));
  });
});

describe("losses of triplets", () => {
  it("ask the negative to be farther by the margin", async () => {
    const tensors = { anchor: f32([1, 2], 0, 0), positive: f32([1, 2], 3, 4), negative: f32([1, 2], 0, 1) };
    const [y] = await apply("aten.triplet_margin_loss.default", tensors, [{ sizes: [] }], { eps: 0 });
    expect(y?.[0]).toBeCloseTo(5, 5);
  });
});

describe("the modified Bessel function", () => {
  it("is exact far out, and infinite beyond its element", async () => {
    const [[one, five, far, beyond] = []] = await apply("aten.i0.default", { self: f32([4], 0, -5, 80, 95) }, [
      { sizes: [4] },
    ]);
    expect(one).toBe(1);
    expect((five ?? 0) / 27.239871823604442).toBeCloseTo(1, 6);
    expect((far ?? 0) / 2.4751784043341698e33).toBeCloseTo(1, 6);
    expect(beyond).toBe(Infinity);
  });
});
