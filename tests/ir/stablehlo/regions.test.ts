/** @file Regions that are not plain arithmetic, calls, faults at run time: what random programs do not reach. */

import { describe, expect, it } from "vitest";
import { interpret } from "../../../ir/interpret.js";
import { fromScalars, type NdArray } from "../../../ir/ndarray.js";
import { bytesResource } from "../../../ir/resource.js";
import { parseModule } from "../../../ir/text/module.js";
import { graphContext } from "../../support/draft-program.js";

const f32 = (...values: number[]): NdArray => fromScalars("f32", [values.length], values);
const scalar = (element: "f32" | "i32" | "i64" | "i1", value: number): NdArray =>
  fromScalars(element, [], [element === "i64" ? BigInt(value) : value]);
const numbers = (a: NdArray | undefined): number[] => Array.from((a as NdArray).data as Float32Array, Number);

function run(text: string, ...inputs: readonly NdArray[]): readonly NdArray[] {
  const context = graphContext();
  context.resources.add(bytesResource("w", "f32", [2], new Uint8Array(Float32Array.of(3, -4).buffer)));
  return interpret(parseModule(text, "test.mlir", context), "main", inputs, context) as readonly NdArray[];
}

describe("bodies of reductions", () => {
  it("may call functions", () => {
    const text = `module {
      func.func @main(%x: tensor<4xf32>, %i: tensor<f32>) -> tensor<f32> {
        %0 = stablehlo.reduce(%x init: %i) across dimensions = [0] : (tensor<4xf32>, tensor<f32>) -> tensor<f32>
         reducer(%a: tensor<f32>, %b: tensor<f32>) {
          %1 = func.call @step(%a, %b) : (tensor<f32>, tensor<f32>) -> tensor<f32>
          stablehlo.return %1 : tensor<f32>
        }
        return %0 : tensor<f32>
      }
      func.func private @step(%a: tensor<f32>, %b: tensor<f32>) -> tensor<f32> {
        %0 = stablehlo.multiply %a, %a : tensor<f32>
        %1 = stablehlo.add %0, %b : tensor<f32>
        return %1 : tensor<f32>
      }
    }`;
    expect(numbers(run(text, f32(1, 2, 3, 0), scalar("f32", 1))[0])).toEqual([(((1 + 1) ** 2 + 2) ** 2 + 3) ** 2]);
  });

  it("may read values from outside", () => {
    const text = `func.func @main(%x: tensor<3xf32>, %i: tensor<f32>, %k: tensor<f32>) -> tensor<f32> {
      %0 = stablehlo.reduce(%x init: %i) across dimensions = [0] : (tensor<3xf32>, tensor<f32>) -> tensor<f32>
       reducer(%a: tensor<f32>, %b: tensor<f32>) {
        %1 = stablehlo.multiply %b, %k : tensor<f32>
        %2 = stablehlo.add %a, %1 : tensor<f32>
        stablehlo.return %2 : tensor<f32>
      }
      return %0 : tensor<f32>
    }`;
    expect(numbers(run(text, f32(1, 2, 3), scalar("f32", 1), scalar("f32", 10))[0])).toEqual([61]);
  });

  it("may work in a wider element", () => {
    const text = `func.func @main(%x: tensor<3xf32>, %i: tensor<f32>) -> tensor<f64> {
      %0 = "stablehlo.reduce"(%x, %i) ({
      ^bb0(%a: tensor<f64>, %b: tensor<f64>):
        %1 = stablehlo.add %a, %b : tensor<f64>
        stablehlo.return %1 : tensor<f64>
      }) {dimensions = array<i64: 0>} : (tensor<3xf32>, tensor<f32>) -> tensor<f64>
      return %0 : tensor<f64>
    }`;
    const [result] = run(text, f32(16777216, 1, 1), scalar("f32", 0));
    expect(result).toMatchObject({ element: "f64" });
    expect(numbers(result)).toEqual([16777218]);
  });
});

describe("calls", () => {
  it("run a composite's decomposition, by name", () => {
    const text = `module {
      func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
        %0 = stablehlo.composite "psm.twice" %x {decomposition = @twice} : (tensor<2xf32>) -> tensor<2xf32>
        return %0 : tensor<2xf32>
      }
      func.func private @twice(%x: tensor<2xf32>) -> tensor<2xf32> {
        %0 = stablehlo.add %x, %x : tensor<2xf32>
        return %0 : tensor<2xf32>
      }
    }`;
    expect(numbers(run(text, f32(1, -3))[0])).toEqual([2, -6]);
  });

  it("to unknown targets are refused by name", () => {
    const text = `func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
      %0 = stablehlo.custom_call @mystery(%x) : (tensor<2xf32>) -> tensor<2xf32>
      return %0 : tensor<2xf32>
    }`;
    expect(() => run(text, f32(1, 2))).toThrow("the call target @mystery is not known to the interpreter");
  });

  it("that assert shapes fail with their message and its values", () => {
    const text = `func.func @main(%ok: tensor<i1>, %n: tensor<i32>) {
      stablehlo.custom_call @shape_assertion(%ok, %n) {error_message = "size {0} is odd", has_side_effect = true} : (tensor<i1>, tensor<i32>) -> ()
      return
    }`;
    expect(() => run(text, scalar("i1", 0), scalar("i32", 7))).toThrow("size 7 is odd");
    expect(run(text, scalar("i1", 1), scalar("i32", 8))).toEqual([]);
  });
});

describe("values and sizes", () => {
  it("of a constant by reference are the bytes of its resource", () => {
    const text = `func.func @main() -> tensor<2xf32> {
      %0 = stablehlo.constant dense_resource<w> : tensor<2xf32>
      return %0 : tensor<2xf32>
    }`;
    expect(numbers(run(text)[0])).toEqual([3, -4]);
  });

  it("may be cut by set_dimension_size, but not grown", () => {
    const text = `func.func @main(%x: tensor<4xf32>, %n: tensor<i32>) -> tensor<?xf32> {
      %0 = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<4xf32>, tensor<i32>) -> tensor<?xf32>
      return %0 : tensor<?xf32>
    }`;
    expect(numbers(run(text, f32(1, 2, 3, 4), scalar("i32", 2))[0])).toEqual([1, 2]);
    expect(() => run(text, f32(1, 2, 3, 4), scalar("i32", 5))).toThrow("size 5 is not within 0 and 4");
  });

  it("of collectives in larger groups are not computed on one device", () => {
    const text = `func.func @main(%x: tensor<2xf32>) -> tensor<4xf32> {
      %0 = "stablehlo.all_gather"(%x) <{all_gather_dim = 0 : i64, replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> : (tensor<2xf32>) -> tensor<4xf32>
      return %0 : tensor<4xf32>
    }`;
    expect(() => run(text, f32(1, 2))).toThrow("groups of more than one process cannot be interpreted on one device");
  });

  it("that nobody sends a collective_permute are zero", () => {
    const text = `func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
      %0 = "stablehlo.collective_permute"(%x) <{source_target_pairs = dense<[[0, 1]]> : tensor<1x2xi64>}> : (tensor<2xf32>) -> tensor<2xf32>
      return %0 : tensor<2xf32>
    }`;
    expect(numbers(run(text, f32(1, 2))[0])).toEqual([0, 0]);
  });

  it("may change size round a loop", () => {
    const text = `func.func @main(%x: tensor<?xf32>, %n: tensor<i32>) -> tensor<?xf32> {
      %0:2 = stablehlo.while(%v = %x, %i = %n) : tensor<?xf32>, tensor<i32>
      cond {
        %z = stablehlo.constant dense<0> : tensor<i32>
        %1 = stablehlo.compare GT, %i, %z : (tensor<i32>, tensor<i32>) -> tensor<i1>
        stablehlo.return %1 : tensor<i1>
      } do {
        %one = stablehlo.constant dense<1> : tensor<i32>
        %1 = stablehlo.subtract %i, %one : tensor<i32>
        %2 = stablehlo.concatenate %v, %v, dim = 0 : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
        stablehlo.return %2, %1 : tensor<?xf32>, tensor<i32>
      }
      return %0#0 : tensor<?xf32>
    }`;
    expect(numbers(run(text, f32(1, 2), scalar("i32", 2))[0])).toEqual([1, 2, 1, 2, 1, 2, 1, 2]);
  });
});
