/** @file The pass on programs: complex storage, values carried by control flow, functions; nothing complex is left. */

import { describe, expect, it } from "vitest";
import { fromScalars, type NdArray } from "../../../ir/ndarray.js";
import type { Complex } from "../../../ir/scalar.js";
import { expandComplex } from "../../../lowering/legalize/expand-complex.js";
import { expandMath } from "../../../lowering/legalize/expand-math.js";
import { Random } from "../../support/random.js";
import { type Outcome, transformed } from "./memory.js";

const passes = [expandComplex, expandMath];

function numbers(element: "complex<f32>" | "complex<f64>", shape: readonly number[], seed = 1): NdArray {
  const random = new Random(seed);
  const count = shape.reduce((a, b) => a * b, 1);
  return fromScalars(
    element,
    shape,
    Array.from({ length: count }, (): Complex => ({ re: random.unit() * 4 - 2, im: random.unit() * 4 - 2 })),
  );
}

function expectClose({ before, after, text }: Outcome, tolerance: number): void {
  expect(text).not.toMatch(/complex/);
  before.forEach((want, k) => {
    const got = after[k]!;
    const size = Math.max(...Array.from(want.data as ArrayLike<number>, Math.abs));
    for (let i = 0; i < want.data.length; i++) {
      const error = Math.abs(Number(got.data[i]) - Number(want.data[i]));
      expect(error, `result ${k}, part ${i}: ${got.data[i]}, not ${want.data[i]}`).toBeLessThanOrEqual(
        tolerance * size,
      );
    }
  });
}

const f32 = 2 ** -23;

describe("storage", () => {
  it("interleaves the parts through views, copies and allocations", () => {
    const c = "complex<f32>";
    const text = `func.func @main(%a: memref<4x6x${c}>, %out: memref<6x4x${c}>) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      %c3 = arith.constant 3 : index
      %c4 = arith.constant 4 : index
      %c6 = arith.constant 6 : index
      %tmp = memref.alloc() {alignment = 64 : i64} : memref<4x6x${c}>
      memref.copy %a, %tmp : memref<4x6x${c}> to memref<4x6x${c}>
      %flat = memref.collapse_shape %tmp [[0, 1]] : memref<4x6x${c}> into memref<24x${c}>
      %split = memref.expand_shape %flat [[0, 1]] output_shape [2, 12] : memref<24x${c}> into memref<2x12x${c}>
      %row = memref.subview %tmp[1, %c2] [2, 3] [1, 1] : memref<4x6x${c}> to memref<2x3x${c}, strided<[6, 1], offset: ?>>
      %turned = memref.transpose %row (d0, d1) -> (d1, d0) : memref<2x3x${c}, strided<[6, 1], offset: ?>> to memref<3x2x${c}, strided<[1, 6], offset: ?>>
      %odd = memref.reinterpret_cast %tmp to offset: [%c1], sizes: [3], strides: [%c2] : memref<4x6x${c}> to memref<3x${c}, strided<[?], offset: ?>>
      %n = memref.dim %tmp, %c1 : memref<4x6x${c}>
      scf.for %i = %c0 to %n step %c1 {
        scf.for %j = %c0 to %c4 step %c1 {
          %x = memref.load %tmp[%j, %i] : memref<4x6x${c}>
          memref.store %x, %out[%i, %j] : memref<6x4x${c}>
        }
      }
      %0 = memref.load %split[%c1, %c4] : memref<2x12x${c}>
      %1 = memref.load %turned[%c2, %c1] : memref<3x2x${c}, strided<[1, 6], offset: ?>>
      %2 = memref.load %odd[%c2] : memref<3x${c}, strided<[?], offset: ?>>
      %3 = complex.add %0, %1 : ${c}
      %4 = complex.sub %3, %2 : ${c}
      memref.store %4, %out[%c3, %c2] : memref<6x4x${c}>
      memref.dealloc %tmp : memref<4x6x${c}>
      return
    }`;
    expectClose(transformed(text, passes, [numbers("complex<f32>", [4, 6]), numbers("complex<f32>", [6, 4], 2)]), f32);
  });

  it("keeps symbolic sizes and affine accesses", () => {
    const c = "complex<f64>";
    const text = `func.func @main(%a: memref<?x${c}>, %out: memref<?x${c}>) {
      %c0 = arith.constant 0 : index
      %n = memref.dim %a, %c0 : memref<?x${c}>
      affine.for %i = 0 to %n {
        %x = affine.load %a[%i] : memref<?x${c}>
        %y = complex.neg %x : ${c}
        affine.store %y, %out[%i] : memref<?x${c}>
      }
      return
    }`;
    expectClose(transformed(text, passes, [numbers(c, [5]), numbers(c, [5], 2)]), 0);
  });
});

describe("values", () => {
  it("carried by loops, branches, calls and selections", () => {
    const c = "complex<f32>";
    const text = `
    func.func private @square(%x: ${c}, %n: index) -> (index, ${c}) {
      %0 = complex.mul %x, %x : ${c}
      return %n, %0 : index, ${c}
    }
    func.func @main(%a: memref<8x${c}>, %out: memref<3x${c}>) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      %c8 = arith.constant 8 : index
      %half = arith.constant 5.000000e-01 : f32
      %one = complex.constant [1.000000e+00 : f32, -2.500000e-01 : f32] : ${c}
      %last, %sum = scf.for %i = %c0 to %c8 step %c1 iter_args(%k = %c0, %s = %one) -> (index, ${c}) {
        %x = memref.load %a[%i] : memref<8x${c}>
        %m = complex.abs %x : ${c}
        %big = arith.cmpf ogt, %m, %half : f32
        %y = scf.if %big -> (${c}) {
          %n, %t = func.call @square(%x, %i) : (${c}, index) -> (index, ${c})
          scf.yield %t : ${c}
        } else {
          %t = complex.div %x, %one : ${c}
          scf.yield %t : ${c}
        }
        %z = arith.select %big, %y, %x : ${c}
        %next = complex.add %s, %z : ${c}
        scf.yield %i, %next : index, ${c}
      }
      %end:2 = scf.while (%w = %sum, %k = %c0) : (${c}, index) -> (${c}, index) {
        %go = arith.cmpi ult, %k, %c2 : index
        scf.condition(%go) %w, %k : ${c}, index
      } do {
      ^bb0(%w: ${c}, %k: index):
        %k1 = arith.addi %k, %c1 : index
        %w1 = complex.div %w, %sum : ${c}
        scf.yield %w1, %k1 : ${c}, index
      }
      %c7 = arith.constant 7 : index
      %at = arith.cmpi eq, %last, %c7 : index
      %chosen = arith.select %at, %end#0, %one : ${c}
      memref.store %sum, %out[%c0] : memref<3x${c}>
      memref.store %end#0, %out[%c1] : memref<3x${c}>
      memref.store %chosen, %out[%c2] : memref<3x${c}>
      return
    }`;
    expectClose(transformed(text, passes, [numbers("complex<f32>", [8]), numbers("complex<f32>", [3], 2)]), 8 * f32);
  });

  it("chosen by a switch", () => {
    const c = "complex<f32>";
    const text = `func.func @main(%a: memref<2x${c}>) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %x = memref.load %a[%c0] : memref<2x${c}>
      %y = scf.index_switch %c1 -> ${c}
      case 1 {
        %n = complex.neg %x : ${c}
        scf.yield %n : ${c}
      }
      default {
        scf.yield %x : ${c}
      }
      memref.store %y, %a[%c1] : memref<2x${c}>
      return
    }`;
    expectClose(transformed(text, passes, [numbers(c, [2])], false), 0);
  });

  it.each(["exp", "log", "sqrt", "neg"])("complex.%s", (name) => {
    for (const part of ["f32", "f64"] as const) {
      const c = `complex<${part}>` as const;
      const text = `func.func @main(%a: memref<20x${c}>, %out: memref<20x${c}>) {
        %c0 = arith.constant 0 : index
        %c1 = arith.constant 1 : index
        %n = arith.constant 20 : index
        scf.for %i = %c0 to %n step %c1 {
          %x = memref.load %a[%i] : memref<20x${c}>
          %re = complex.re %x : ${c}
          %im = complex.im %x : ${c}
          %y = complex.create %im, %re : ${c}
          %z = complex.${name} %y : ${c}
          memref.store %z, %out[%i] : memref<20x${c}>
        }
        return
      }`;
      expectClose(
        transformed(text, passes, [numbers(c, [20]), numbers(c, [20], 2)]),
        part === "f32" ? 2 * f32 : 2 ** -50,
      );
    }
  });

  it("leaves real programs alone", () => {
    const text = `func.func @main(%a: memref<4xf32>) {
      %c0 = arith.constant 0 : index
      %0 = memref.load %a[%c0] : memref<4xf32>
      memref.store %0, %a[%c0] : memref<4xf32>
      return
    }`;
    const data = fromScalars("f32", [4], [1, 2, 3, 4]);
    expect(transformed(text, [expandComplex], [data]).text).toBe(transformed(text, [], [data]).text);
  });

  it("stops at an operation it has no row for", () => {
    const text = `func.func @main(%a: memref<4xcomplex<f32>>) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      scf.parallel (%i) = (%c0) to (%c1) step (%c1) {
        %x = memref.load %a[%i] : memref<4xcomplex<f32>>
        scf.reduce
      }
      linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} outs(%a : memref<4xcomplex<f32>>) {
      ^bb0(%x: complex<f32>):
        linalg.yield %x : complex<f32>
      }
      return
    }`;
    expect(() => transformed(text, passes, [numbers("complex<f32>", [4])])).toThrow(
      /expand-complex has no row for linalg.generic at .*test.mlir:8/,
    );
  });
});
