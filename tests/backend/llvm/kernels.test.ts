/**
 * @file Kernels lowered to the `llvm` dialect: mlir-opt and mlir-translate accept the text, and our interpreter computes
 * the same on bytes behind pointers as on memrefs before lowering.
 */

import { describe, expect, it } from "vitest";
import { lowerKernel } from "../../../backend/llvm/kernel.js";
import { viewOf } from "../../../ir/buffer.js";
import type { Context } from "../../../ir/context.js";
import { newModule } from "../../../ir/dialects/builtin.js";
import { functionsOf } from "../../../ir/dialects/func.js";
import { arrayAt, pointerToArray } from "../../../ir/dialects/llvm/pointer.js";
import type { Operation } from "../../../ir/graph.js";
import { interpret } from "../../../ir/interpret.js";
import { type NdArray, tabulate } from "../../../ir/ndarray.js";
import { numericsOf } from "../../../ir/scalar.js";
import { parseModule, printModule } from "../../../ir/text/module.js";
import { verify } from "../../../ir/verify.js";
import { upstreamContext } from "../../ir/upstream/context.js";
import { mlirOpt, mlirTranslate, runTool } from "../../ir/upstream/referee.js";

interface Kernel {
  readonly text: string;
  /** Shapes of the memrefs, the last of which is written. */
  readonly shapes: readonly (readonly number[])[];
  /** Values of the sizes that are symbols, in order of name. */
  readonly sizes?: readonly bigint[];
}

const kernels: Readonly<Record<string, Kernel>> = {
  "an affine product with a vector accumulator": {
    text: `func.func private @k(%a: memref<?x8xf32>, %b: memref<8x16xf32>, %c: memref<?x16xf32>) {
      %n0 = arith.constant 0 : index
      %n = memref.dim %a, %n0 : memref<?x8xf32>
      affine.for %i = 0 to %n {
        affine.for %k = 0 to 8 {
          %x = affine.load %a[%i, %k] : memref<?x8xf32>
          %v = vector.broadcast %x : f32 to vector<16xf32>
          %w = vector.load %b[%k, %n0] : memref<8x16xf32>, vector<16xf32>
          %s = vector.load %c[%i, %n0] : memref<?x16xf32>, vector<16xf32>
          %r = vector.fma %v, %w, %s : vector<16xf32>
          vector.store %r, %c[%i, %n0] : memref<?x16xf32>, vector<16xf32>
        }
      }
      return
    }`,
    shapes: [
      [3, 8],
      [8, 16],
      [3, 16],
    ],
    sizes: [3n, 3n],
  },
  "a tail under a mask": {
    text: `func.func private @k(%a: memref<21xf32>, %c: memref<21xf32>) {
      %z = arith.constant 0.0 : f32
      %zeros = vector.broadcast %z : f32 to vector<8xf32>
      %n = arith.constant 21 : index
      affine.for %i = 0 to 21 step 8 {
        %rest = arith.subi %n, %i : index
        %mask = vector.create_mask %rest : vector<8xi1>
        %x = vector.maskedload %a[%i], %mask, %zeros : memref<21xf32>, vector<8xi1>, vector<8xf32> into vector<8xf32>
        %y = arith.addf %x, %x : vector<8xf32>
        vector.maskedstore %c[%i], %mask, %y : memref<21xf32>, vector<8xi1>, vector<8xf32>
      }
      return
    }`,
    shapes: [[21], [21]],
  },
  "conditions and carried values": {
    text: `func.func private @k(%a: memref<4x6xf32>, %c: memref<4xf32>) {
      %z = arith.constant 0.0 : f32
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c6 = arith.constant 6 : index
      affine.for %i = 0 to 4 {
        %r = scf.for %j = %c0 to %c6 step %c1 iter_args(%sum = %z) -> (f32) {
          %x = memref.load %a[%i, %j] : memref<4x6xf32>
          %up = arith.cmpf ogt, %x, %z : f32
          %s = scf.if %up -> (f32) {
            %t = arith.addf %sum, %x : f32
            scf.yield %t : f32
          } else {
            scf.yield %sum : f32
          }
          scf.yield %s : f32
        }
        affine.store %r, %c[%i] : memref<4xf32>
      }
      return
    }`,
    shapes: [[4, 6], [4]],
  },
};

function lowered(text: string, context: Context): { readonly before: Operation; readonly after: Operation } {
  const before = parseModule(text, "kernel.mlir", context);
  const after = newModule(context);
  for (const func of functionsOf(before)) lowerKernel(func, after, context);
  expect(verify(after, context).map((d) => d.message)).toEqual([]);
  return { before: parseModule(text, "kernel.mlir", context), after };
}

/** Small numbers of both signs, exact in f32. */
function operand(shape: readonly number[], seed: number): NdArray {
  let state = seed;
  return tabulate("f32", shape, () => {
    state = (state * 69069 + 12345) % 65536;
    return numericsOf("f32").fromNumber((state % 64) / 8 - 4);
  });
}

describe.each(Object.entries(kernels))("%s", (_, { text, shapes, sizes = [] }) => {
  it("computes the same behind pointers", () => {
    const context = upstreamContext();
    const { before, after } = lowered(text, context);
    const arrays = shapes.map((shape, i) => operand(shape, i + 1));
    const pointers = arrays.map((x) => pointerToArray(x));
    interpret(before, "k", arrays.map(viewOf), context);
    interpret(after, "k", [...pointers, ...sizes], context);
    const last = arrays.length - 1;
    expect(arrayAt(pointers[last]!, "f32", shapes[last]!).data).toEqual(arrays[last]!.data);
  });

  it.skipIf(mlirOpt === undefined || mlirTranslate === undefined)("is accepted by mlir-opt and mlir-translate", () => {
    const context = upstreamContext();
    const printed = printModule(lowered(text, context).after, context);
    const checked = runTool(mlirOpt!, ["-"], printed);
    expect(runTool(mlirTranslate!, ["--mlir-to-llvmir", "-"], checked)).toContain("@k(");
  });
});
