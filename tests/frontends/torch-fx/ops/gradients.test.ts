/** @file Operators of backward graphs; the numbers expected are what PyTorch 2.13 gives. */

import { describe, expect, it } from "vitest";
import { INT64 } from "../archive.js";
import { apply, f32, i64 } from "./support.js";

function close(actual: readonly (readonly number[])[], expected: readonly (readonly number[])[]): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((list, k) => {
    expect(actual[k]?.length).toBe(list.length);
    list.forEach((x, i) => void expect(actual[k]?.[i]).toBeCloseTo(x, 3));
  });
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe("gradients", () => {
  it("of layer norms are those of operand, scale and shift", async () => {
    const tensors = {
      grad_out: f32([2, 3], 1, 0, -1, 2, 1, 0),
      input: f32([2, 3], 1, 2, 4, 0, 1, -1),
      mean: f32([2, 1], 2.33333, 0),
      rstd: f32([2, 1], 0.80178, 1.22474),
      weight: f32([3], 1, 2, 3),
      bias: f32([3], 1, 2, 3),
    };
    const others = { normalized_shape: [3], output_mask: [true, true, true] };
    const metas = [{ sizes: [2, 3] }, { sizes: [3] }, { sizes: [3] }];
    close(await apply("aten.native_layer_norm_backward.default", tensors, metas, others), [
      [-0.11453, 0.17181, -0.05728, 0.81649, -0.40823, -0.40826],
      [-1.06904, 1.22474, -1.3363],
      [3, 1, -1],
    ]);
  });

  it("of means under windows leave the window that hangs over its own count", async () => {
    const tensors = { grad_output: f32([1, 1, 2, 2], 1, 2, 3, 4), self: f32([1, 1, 3, 3], ...upTo(9)) };
    const others = {
      kernel_size: [2, 2],
      stride: [2, 2],
      padding: [0, 0],
      ceil_mode: true,
      count_include_pad: false,
      divisor_override: null,
    };
    close(await apply("aten.avg_pool2d_backward.default", tensors, [{ sizes: [1, 1, 3, 3] }], others), [
      [0.25, 0.25, 1, 0.25, 0.25, 1, 1.5, 1.5, 4],
    ]);
  });

  it("of likelihoods pass over ignored targets", async () => {
    const tensors = {
      grad_output: f32([], 1),
      self: f32([2, 3], 1, 2, 4, 0, 1, -1),
      target: i64([2], 2, -100),
      total_weight: f32([], 1),
    };
    const others = { weight: null, reduction: 1, ignore_index: -100 };
    close(await apply("aten.nll_loss_backward.default", tensors, [{ sizes: [2, 3] }], others), [[0, 0, -1, 0, 0, 0]]);
  });

  it("of interpolations sum up what every element counted for", async () => {
    const tensors = { grad_output: f32([1, 1, 4], 1, 2, 3, 4) };
    const others = { output_size: [4], input_size: [1, 1, 2], align_corners: false };
    close(await apply("aten.upsample_linear1d_backward.default", tensors, [{ sizes: [1, 1, 2] }], others), [
      [3.25, 6.75],
    ]);
  });

  it("of attention come from the logarithms that it gives", async () => {
    const own = f32([1, 1, 2, 2], 1, 0, 0, 2);
    const metas = [{ sizes: [1, 1, 2, 2] }, { sizes: [1, 1, 2] }];
    const flash = "aten._scaled_dot_product_flash_attention_for_cpu";
    const forward = { query: own, key: own, value: own };
    const [out, logs] = await apply(`${flash}.default`, forward, metas, { is_causal: true });
    close(
      [out!, logs!],
      [
        [1, 0, 0.05581, 1.88839],
        [Math.SQRT1_2, 2.88585],
      ],
    );
    const tensors = {
      grad_out: f32([1, 1, 2, 2], 1, 2, 3, 4),
      ...forward,
      out: f32([1, 1, 2, 2], ...out!),
      logsumexp: f32([1, 1, 2], ...logs!),
    };
    const same = [metas[0]!, metas[0]!, metas[0]!];
    close(await apply(`${flash}_backward.default`, tensors, same, { dropout_p: 0, is_causal: true }), [
      [0, 0, -0.1863, 0.37259],
      [0, -0.37259, 0, 0.37259],
      [1.16742, 2.22323, 2.83258, 3.77677],
    ]);
  });

  it("of gates are those of both halves", async () => {
    const tensors = { grad_output: f32([2], 1, 2), self: f32([4], 1, 2, 0, -1) };
    close(await apply("aten.glu_backward.default", tensors, [{ sizes: [4] }], { dim: 0 }), [
      [0.5, 0.53788, 0.25, 0.78645],
    ]);
  });
});

describe("medians", () => {
  it("are the first number that is none, or pass over these", async () => {
    const self = f32([4], 3, 1, Number.NaN, 2);
    const metas = [{ sizes: [] }, { sizes: [], dtype: INT64 }];
    expect(await apply("aten.median.dim", { self }, metas, { dim: 0 })).toEqual([[Number.NaN], [2]]);
    expect(await apply("aten.nanmedian.dim", { self }, metas, { dim: 0 })).toEqual([[2], [3]]);
  });
});
