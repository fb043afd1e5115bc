/** @file Sorts and matrix solvers in structured form. */

import { describe, it } from "vitest";
import type { ElementType } from "../../../ir/element.js";
import { emptyArray, fromScalars, type NdArray, setScalar, sizeOf } from "../../../ir/ndarray.js";
import { Random } from "../../support/random.js";
import { expectSame, main } from "./structured.js";

describe("sort", () => {
  const sorted = (shape: string, e: string, dimension: number, direction = "LT", kind = "FLOAT"): string =>
    main(
      [`tensor<${shape}x${e}>`],
      [`tensor<${shape}x${e}>`],
      `%r0 = "stablehlo.sort"(%arg0) <{dimension = ${dimension} : i64, is_stable = true}> ({
         ^bb0(%a: tensor<${e}>, %b: tensor<${e}>):
           %p = stablehlo.compare ${direction}, %a, %b, ${kind} : (tensor<${e}>, tensor<${e}>) -> tensor<i1>
           stablehlo.return %p : tensor<i1>
       }) : (tensor<${shape}x${e}>) -> tensor<${shape}x${e}>`,
    );

  it.each([1, 2, 3, 4, 5, 7, 8, 9, 16, 31])("of %i elements", (n) => {
    for (const seed of [1, 2]) expectSame(sorted(String(n), "i32", 0, "LT", "SIGNED"), { seed });
  });

  it.each([0, 1, 2, -1])("along axis %i", (axis) => {
    expectSame(sorted("3x5x4", "f32", axis, "GT"), { entries: { special: false } });
  });

  it("in total order, NaN last", () => {
    expectSame(sorted("40", "f32", 0, "LT", "TOTALORDER"), { entries: { special: true, whole: true } });
  });

  it("of symbolic sizes", () => {
    for (const sizes of [
      [3, 7],
      [2, 1],
      [2, 0],
    ])
      expectSame(sorted("?x?", "f32", 1), { sizes });
  });

  it("keeps the order of equals, and carries other tensors along", () => {
    const text = main(
      ["tensor<3x9xi8>"],
      ["tensor<3x9xi8>", "tensor<3x9xi64>"],
      `%i = stablehlo.iota dim = 1 : tensor<3x9xi64>
       %r0, %r1 = "stablehlo.sort"(%arg0, %i) <{dimension = 1 : i64, is_stable = true}> ({
         ^bb0(%a: tensor<i8>, %b: tensor<i8>, %c: tensor<i64>, %d: tensor<i64>):
           %p = stablehlo.compare GT, %a, %b : (tensor<i8>, tensor<i8>) -> tensor<i1>
           stablehlo.return %p : tensor<i1>
       }) : (tensor<3x9xi8>, tensor<3x9xi64>) -> (tensor<3x9xi8>, tensor<3x9xi64>)`,
    );
    for (const seed of [1, 2, 3]) expectSame(text, { seed, entries: { low: -2, high: 2 } });
  });
});

/** Matrices A A^H + n I. */
function positiveDefinite(element: ElementType, batch: number, n: number): NdArray {
  const a = new Random(n).array(element, [batch, n, n], { low: -1, high: 1 });
  const at = (b: number, i: number, j: number): readonly [number, number] => {
    const k = (b * n + i) * n + j;
    return a.element.startsWith("complex")
      ? [Number(a.data[2 * k]), Number(a.data[2 * k + 1])]
      : [Number(a.data[k]), 0];
  };
  const out = emptyArray(element, [batch, n, n]);
  for (let k = 0; k < sizeOf(out.shape); k++) {
    const [b, i, j] = [Math.floor(k / (n * n)), Math.floor(k / n) % n, k % n];
    let [re, im] = [i === j ? n : 0, 0];
    for (let m = 0; m < n; m++) {
      const [x, y] = [at(b, i, m), at(b, j, m)];
      re += x[0] * y[0] + x[1] * y[1];
      im += x[1] * y[0] - x[0] * y[1];
    }
    setScalar(out, k, element.startsWith("complex") ? { re: Math.fround(re), im: Math.fround(im) } : Math.fround(re));
  }
  return out;
}

describe("cholesky", () => {
  const program = (shape: string, lower: boolean): string =>
    main(
      [`tensor<${shape}>`],
      [`tensor<${shape}>`],
      `%r0 = stablehlo.cholesky %arg0, lower = ${lower} : tensor<${shape}>`,
    );
  it.each([true, false])("lower = %s", (lower) => {
    for (const n of [1, 2, 5])
      expectSame(program(`2x${n}x${n}xf32`, lower), { inputs: [positiveDefinite("f32", 2, n)], tolerance: 1e-6 });
    expectSame(program("1x4x4xf64", lower), { inputs: [positiveDefinite("f64", 1, 4)], tolerance: 1e-14 });
  });

  it("of a matrix that has no factor is NaN", () => {
    const inputs = [fromScalars("f32", [3, 3], [1, 0, 0, 2, 1, 0, 0, 0, 1])];
    for (const lower of [true, false]) expectSame(program("3x3xf32", lower), { inputs });
  });
});

describe("triangular_solve", () => {
  const flags = [true, false];
  const forms = flags.flatMap((left) =>
    flags.flatMap((lower) =>
      flags.flatMap((unit) =>
        ["NO_TRANSPOSE", "TRANSPOSE", "ADJOINT"].map((form) => ({ left, lower, unit, form }) as const),
      ),
    ),
  );
  it.each(forms)("left: $left, lower: $lower, unit diagonal: $unit, $form", ({ left, lower, unit, form }) => {
    const b = left ? "2x4x3" : "2x3x4";
    const text = main(
      ["tensor<2x4x4xf32>", `tensor<${b}xf32>`],
      [`tensor<${b}xf32>`],
      `%r0 = "stablehlo.triangular_solve"(%arg0, %arg1) <{left_side = ${left}, lower = ${lower}, unit_diagonal = ${unit}, transpose_a = #stablehlo<transpose ${form}>}> : (tensor<2x4x4xf32>, tensor<${b}xf32>) -> tensor<${b}xf32>`,
    );
    const inputs = [positiveDefinite("f32", 2, 4), new Random(5).array("f32", b.split("x").map(Number))];
    expectSame(text, { inputs, tolerance: 2e-5 });
  });
});
