/** @file Linear algebra; the numbers expected are what PyTorch 2.13 gives. */

import { describe, expect, it } from "vitest";

import { apply, f32 } from "./support.js";

function close(actual: readonly (readonly number[])[], expected: readonly (readonly number[])[]): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((list, k) => {
    expect(actual[k]?.length).toBe(list.length);
    list.forEach((x, i) => void expect(actual[k]?.[i]).toBeCloseTo(x, 4));
  });
}

const a = f32([2, 2], 1, 2, 3, 5);
const matrix = { sizes: [2, 2] };

describe("linear algebra", () => {
  it("exchanges rows for the largest pivots", async () => {
    const metas = [matrix, { sizes: [2], dtype: 4 }];
    close(await apply("aten.linalg_lu_factor.default", { A: a }, metas), [
      [3, 5, 1 / 3, 1 / 3],
      [2, 2],
    ]);
    close(await apply("aten.linalg_det.default", { A: a }, [{ sizes: [] }]), [[-1]]);
  });

  it("solves systems from the left and from the right", async () => {
    const right = { A: a, B: f32([2, 1], 5, 13) };
    close(await apply("aten.linalg_solve.default", right, [{ sizes: [2, 1] }]), [[1, 2]]);
    const left = { A: a, B: f32([1, 2], 7, 12) };
    close(await apply("aten.linalg_solve.default", left, [{ sizes: [1, 2] }], { left: false }), [[1, 2]]);
    close(await apply("aten.linalg_inv.default", { A: a }, [matrix]), [[-5, 2, 3, -1]]);
  });

  it("stops at singular matrices", async () => {
    const singular = apply("aten.linalg_inv.default", { A: f32([2, 2], 1, 2, 2, 4) }, [matrix]);
    await expect(singular).rejects.toThrow(/singular/);
    const indefinite = apply("aten.linalg_cholesky.default", { self: f32([2, 2], 1, 2, 2, 1) }, [matrix]);
    await expect(indefinite).rejects.toThrow(/positive definite/);
  });

  it("reflects columns onto the axes", async () => {
    const tall = f32([3, 2], 3, 1, 0, 2, 4, 3);
    const [q, r] = await apply("aten.linalg_qr.default", { A: tall }, [{ sizes: [3, 2] }, matrix]);
    close([r!], [[-5, -3, 0, r![3]!]]);
    expect(Math.abs(r![3]!)).toBeCloseTo(Math.sqrt(5), 4);
    const product = [0, 1, 2].flatMap((i) => [0, 1].map((j) => q![2 * i]! * r![j]! + q![2 * i + 1]! * r![2 + j]!));
    close([product], [[3, 1, 0, 2, 4, 3]]);
  });
});
