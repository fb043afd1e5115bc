/** @file Sorts and matrix solvers in structured form. */

import { describe, expect, it } from "vitest";
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

  it("reads as merges inside a loop over their length", () => {
    expect(expectSame(sorted("2x9", "f32", 1))).toMatchInlineSnapshot(`
      "module {
        func.func @main(%arg0: tensor<2x9xf32>) -> tensor<2x9xf32> {
          %0 = tensor.empty() : tensor<2x9xf32>
          %1 = arith.constant 0 : index
          %2 = arith.constant 2 : index
          %3 = arith.constant 1 : index
          %4:2 = scf.for %arg1 = %1 to %2 step %3 iter_args(%arg2 = %arg0, %arg3 = %0) -> (tensor<2x9xf32>, tensor<2x9xf32>) {
            %5 = arith.constant 1 : index
            %6:3 = scf.while (%arg4 = %5, %arg5 = %arg2, %arg6 = %arg3) : (index, tensor<2x9xf32>, tensor<2x9xf32>) -> (index, tensor<2x9xf32>, tensor<2x9xf32>) {
              %7 = arith.constant 9 : index
              %8 = arith.cmpi slt, %arg4, %7 : index
              scf.condition(%8) %arg4, %arg5, %arg6 : index, tensor<2x9xf32>, tensor<2x9xf32>
            } do {
            ^bb0(%arg7: index, %arg8: tensor<2x9xf32>, %arg9: tensor<2x9xf32>):
              %9 = arith.constant 2 : index
              %10 = arith.muli %arg7, %9 : index
              %11 = arith.constant 2 : index
              %12 = arith.muli %arg7, %11 : index
              %13 = arith.constant 0 : index
              %14 = arith.constant 9 : index
              %15 = scf.for %arg10 = %13 to %14 step %12 iter_args(%arg11 = %arg9) -> (tensor<2x9xf32>) {
                %16 = arith.addi %arg10, %arg7 : index
                %17 = arith.constant 9 : index
                %18 = arith.minsi %16, %17 : index
                %19 = arith.addi %arg10, %12 : index
                %20 = arith.constant 9 : index
                %21 = arith.minsi %19, %20 : index
                %22 = arith.constant 1 : index
                %23:3 = scf.for %arg12 = %arg10 to %21 step %22 iter_args(%arg13 = %arg10, %arg14 = %18, %arg15 = %arg11) -> (index, index, tensor<2x9xf32>) {
                  %24 = arith.constant 8 : index
                  %25 = arith.minsi %arg13, %24 : index
                  %26 = tensor.extract %arg8[%arg1, %25] : tensor<2x9xf32>
                  %27 = arith.constant 8 : index
                  %28 = arith.minsi %arg14, %27 : index
                  %29 = tensor.extract %arg8[%arg1, %28] : tensor<2x9xf32>
                  %30 = arith.cmpf olt, %29, %26 : f32
                  %31 = arith.cmpi sge, %arg13, %18 : index
                  %32 = arith.ori %30, %31 : i1
                  %33 = arith.cmpi slt, %arg14, %21 : index
                  %34 = arith.andi %33, %32 : i1
                  %35 = arith.constant true
                  %36 = arith.xori %34, %35 : i1
                  %37 = arith.select %34, %29, %26 : f32
                  %38 = tensor.insert %37 into %arg15[%arg1, %arg12] : tensor<2x9xf32>
                  %39 = arith.constant 1 : index
                  %40 = arith.addi %arg13, %39 : index
                  %41 = arith.select %36, %40, %arg13 : index
                  %42 = arith.constant 1 : index
                  %43 = arith.addi %arg14, %42 : index
                  %44 = arith.select %34, %43, %arg14 : index
                  scf.yield %41, %44, %38 : index, index, tensor<2x9xf32>
                }
                scf.yield %23#2 : tensor<2x9xf32>
              }
              %45 = arith.constant 2 : index
              %46 = arith.muli %10, %45 : index
              %47 = arith.constant 0 : index
              %48 = arith.constant 9 : index
              %49 = scf.for %arg16 = %47 to %48 step %46 iter_args(%arg17 = %arg8) -> (tensor<2x9xf32>) {
                %50 = arith.addi %arg16, %10 : index
                %51 = arith.constant 9 : index
                %52 = arith.minsi %50, %51 : index
                %53 = arith.addi %arg16, %46 : index
                %54 = arith.constant 9 : index
                %55 = arith.minsi %53, %54 : index
                %56 = arith.constant 1 : index
                %57:3 = scf.for %arg18 = %arg16 to %55 step %56 iter_args(%arg19 = %arg16, %arg20 = %52, %arg21 = %arg17) -> (index, index, tensor<2x9xf32>) {
                  %58 = arith.constant 8 : index
                  %59 = arith.minsi %arg19, %58 : index
                  %60 = tensor.extract %15[%arg1, %59] : tensor<2x9xf32>
                  %61 = arith.constant 8 : index
                  %62 = arith.minsi %arg20, %61 : index
                  %63 = tensor.extract %15[%arg1, %62] : tensor<2x9xf32>
                  %64 = arith.cmpf olt, %63, %60 : f32
                  %65 = arith.cmpi sge, %arg19, %52 : index
                  %66 = arith.ori %64, %65 : i1
                  %67 = arith.cmpi slt, %arg20, %55 : index
                  %68 = arith.andi %67, %66 : i1
                  %69 = arith.constant true
                  %70 = arith.xori %68, %69 : i1
                  %71 = arith.select %68, %63, %60 : f32
                  %72 = tensor.insert %71 into %arg21[%arg1, %arg18] : tensor<2x9xf32>
                  %73 = arith.constant 1 : index
                  %74 = arith.addi %arg19, %73 : index
                  %75 = arith.select %70, %74, %arg19 : index
                  %76 = arith.constant 1 : index
                  %77 = arith.addi %arg20, %76 : index
                  %78 = arith.select %68, %77, %arg20 : index
                  scf.yield %75, %78, %72 : index, index, tensor<2x9xf32>
                }
                scf.yield %57#2 : tensor<2x9xf32>
              }
              %79 = arith.constant 4 : index
              %80 = arith.muli %arg7, %79 : index
              scf.yield %80, %49, %15 : index, tensor<2x9xf32>, tensor<2x9xf32>
            }
            scf.yield %6#1, %6#2 : tensor<2x9xf32>, tensor<2x9xf32>
          } {psm.nest = "sort", psm.parallel}
          func.return %4#0 : tensor<2x9xf32>
        }
      }
      "
    `);
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
