/** @file Reads and writes at computed positions, in structured form. */

import { describe, expect, it } from "vitest";
import { fromScalars } from "../../../ir/ndarray.js";
import { Random } from "../../support/random.js";
import { type Comparison, expectSame, main } from "./structured.js";

const types = (list: readonly string[]): string => list.map((t) => `tensor<${t}>`).join(", ");

interface Gather {
  readonly operand: string;
  readonly indices: string;
  readonly result: string;
  readonly numbers: string;
  readonly sizes: readonly number[];
}

function gather({ operand, indices, result, numbers, sizes }: Gather): string {
  const text = `%r0 = "stablehlo.gather"(%arg0, %arg1) <{dimension_numbers = #stablehlo.gather<${numbers}>, slice_sizes = array<i64: ${sizes}>}> : (${types([operand, indices])}) -> tensor<${result}>`;
  return main([`tensor<${operand}>`, `tensor<${indices}>`], [`tensor<${result}>`], text);
}

const rows: Gather = {
  operand: "9x6xf32",
  indices: "2x5xi64",
  result: "2x5x6xf32",
  numbers: "offset_dims = [2], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 2",
  sizes: [1, 6],
};

/** Indices inside, before the beginning and beyond the end. */
const wide: Comparison = { entries: { low: -4, high: 14 } };

describe("gather", () => {
  it("of rows, with indices moved inside", () => {
    for (const e of ["i8", "ui8", "i32", "i64", "ui64"])
      expectSame(gather({ ...rows, indices: `2x5x${e}` }), { entries: { ...wide.entries, special: true } });
  });

  it.each([
    [
      "of blocks",
      {
        operand: "5x7x3xi32",
        indices: "4x2xi32",
        result: "4x2x3x3xi32",
        numbers: "offset_dims = [1, 2, 3], start_index_map = [1, 0], index_vector_dim = 1",
        sizes: [2, 3, 3],
      },
    ],
    [
      "with offset axes in front",
      {
        operand: "5x7xi32",
        indices: "4xi32",
        result: "5x4xi32",
        numbers: "offset_dims = [0], collapsed_slice_dims = [1], start_index_map = [1], index_vector_dim = 1",
        sizes: [5, 1],
      },
    ],
    [
      "with index vectors along the first axis",
      {
        operand: "5x7xi32",
        indices: "2x4xi32",
        result: "4x2xi32",
        numbers: "offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0, 1], index_vector_dim = 0",
        sizes: [1, 2],
      },
    ],
    [
      "with batches",
      {
        operand: "3x5x2xi32",
        indices: "4x3x1xi32",
        result: "4x3x2xi32",
        numbers:
          "offset_dims = [2], collapsed_slice_dims = [1], operand_batching_dims = [0], start_indices_batching_dims = [1], start_index_map = [1], index_vector_dim = 2",
        sizes: [1, 1, 2],
      },
    ],
  ] as const)("%s", (_, form) => {
    for (const seed of [1, 2]) expectSame(gather(form), { ...wide, seed });
  });

  it("of symbolic sizes", () => {
    expectSame(gather({ ...rows, operand: "?x6xf32", indices: "?x5xi64", result: "?x5x6xf32" }), {
      ...wide,
      sizes: [9, 3],
    });
  });

  it("with slice sizes that the program computes", () => {
    const text = main(
      ["tensor<?x?xf32>", "tensor<?xi64>"],
      ["tensor<?x?xf32>"],
      `%one = stablehlo.constant dense<1> : tensor<1xi32>
       %n = stablehlo.get_dimension_size %arg0, dim = 1 : (tensor<?x?xf32>) -> tensor<i32>
       %v = stablehlo.reshape %n : (tensor<i32>) -> tensor<1xi32>
       %s = stablehlo.concatenate %one, %v, dim = 0 : (tensor<1xi32>, tensor<1xi32>) -> tensor<2xi32>
       %r0 = "stablehlo.dynamic_gather"(%arg0, %arg1, %s) <{dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>}> : (tensor<?x?xf32>, tensor<?xi64>, tensor<2xi32>) -> tensor<?x?xf32>`,
    );
    expectSame(text, { ...wide, sizes: [5, 3, 4] });
  });

  it("of rows computes positions from the outer dimensions only", () => {
    expect(expectSame(gather(rows), wide)).toMatchInlineSnapshot(`
      "module {
        func.func @main(%arg0: tensor<9x6xf32>, %arg1: tensor<2x5xi64>) -> tensor<2x5x6xf32> {
          %0 = tensor.empty() : tensor<2x5x6xf32>
          %1 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg1 : tensor<2x5xi64>) outs(%0 : tensor<2x5x6xf32>) {
          ^bb0(%arg2: i64, %arg3: f32):
            %2 = arith.constant 8 : i64
            %3 = arith.minsi %arg2, %2 : i64
            %4 = arith.constant 0 : i64
            %5 = arith.maxsi %3, %4 : i64
            %6 = arith.index_cast %5 : i64 to index
            %7 = linalg.index 2 : index
            %8 = tensor.extract %arg0[%6, %7] : tensor<9x6xf32>
            linalg.yield %8 : f32
          } -> tensor<2x5x6xf32>
          func.return %1 : tensor<2x5x6xf32>
        }
      }
      "
    `);
  });
});

describe("blocks", () => {
  it("dynamic_slice", () => {
    const list = ["5x7xf32", "i64", "i64"];
    const text = `%r0 = stablehlo.dynamic_slice %arg0, %arg1, %arg2, sizes = [2, 7] : (${types(list)}) -> tensor<2x7xf32>`;
    for (let seed = 0; seed < 8; seed++)
      expectSame(
        main(
          list.map((t) => `tensor<${t}>`),
          ["tensor<2x7xf32>"],
          text,
        ),
        { ...wide, seed },
      );
  });

  it.each(["i32", "ui32", "i64", "ui64"])("dynamic_update_slice at %s", (e) => {
    const list = ["5x7xf32", "2x3xf32", e, e];
    const text = `%r0 = stablehlo.dynamic_update_slice %arg0, %arg1, %arg2, %arg3 : (${types(list)}) -> tensor<5x7xf32>`;
    const program = main(
      list.map((t) => `tensor<${t}>`),
      ["tensor<5x7xf32>"],
      text,
    );
    for (let seed = 0; seed < 6; seed++) expectSame(program, { entries: { ...wide.entries, special: true }, seed });
  });

  it("of symbolic sizes", () => {
    const list = ["?x?xf32", "?x3xf32", "i64", "i64"];
    const text = `%r0 = stablehlo.dynamic_update_slice %arg0, %arg1, %arg2, %arg3 : (${types(list)}) -> tensor<?x?xf32>
      %r1 = stablehlo.dynamic_slice %arg0, %arg2, %arg3, sizes = [2, 3] : (tensor<?x?xf32>, tensor<i64>, tensor<i64>) -> tensor<2x3xf32>`;
    const program = main(
      list.map((t) => `tensor<${t}>`),
      ["tensor<?x?xf32>", "tensor<2x3xf32>"],
      text,
    );
    for (let seed = 0; seed < 6; seed++) expectSame(program, { ...wide, sizes: [5, 7, 2], seed });
  });
});

interface Scatter {
  readonly input: string;
  readonly indices: string;
  readonly updates: string;
  readonly numbers: string;
  readonly body?: string;
  readonly unique?: boolean;
}

function scatter({ input, indices, updates, numbers, body = "stablehlo.add %a, %b", unique = false }: Scatter): string {
  const e = input.split("x").at(-1)!;
  const text = `%r0 = "stablehlo.scatter"(%arg0, %arg1, %arg2) <{scatter_dimension_numbers = #stablehlo.scatter<${numbers}>, unique_indices = ${unique}}> ({
    ^bb0(%a: tensor<${e}>, %b: tensor<${e}>):
      %x = ${body} : tensor<${e}>
      stablehlo.return %x : tensor<${e}>
  }) : (${types([input, indices, updates])}) -> tensor<${input}>`;
  return main(
    [input, indices, updates].map((t) => `tensor<${t}>`),
    [`tensor<${input}>`],
    text,
  );
}

describe("scatter", () => {
  const single: Scatter = {
    input: "7xi32",
    indices: "9x1xi64",
    updates: "9xi32",
    numbers: "inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1",
  };
  const forms: readonly (readonly [string, Scatter])[] = [
    ["single elements", single],
    ["the last of equal indices", { ...single, body: "stablehlo.optimization_barrier %b" }],
    ["with a body of several operations", { ...single, body: "stablehlo.maximum %b, %a" }],
    [
      "rows",
      {
        input: "7x4xi32",
        indices: "5xi32",
        updates: "5x4xi32",
        numbers:
          "update_window_dims = [1], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1",
      },
    ],
    [
      "windows that stick out",
      {
        input: "5x6xi32",
        indices: "4x2xi32",
        updates: "4x3x2xi32",
        numbers: "update_window_dims = [1, 2], scatter_dims_to_operand_dims = [1, 0], index_vector_dim = 1",
      },
    ],
    [
      "windows before the index axes",
      {
        input: "5x6xi64",
        indices: "4xui8",
        updates: "5x4xi64",
        numbers:
          "update_window_dims = [0], inserted_window_dims = [1], scatter_dims_to_operand_dims = [1], index_vector_dim = 1",
      },
    ],
    [
      "with batches",
      {
        input: "3x5x2xi32",
        indices: "4x3x1xi32",
        updates: "4x3x2xi32",
        numbers:
          "update_window_dims = [2], inserted_window_dims = [1], input_batching_dims = [0], scatter_indices_batching_dims = [1], scatter_dims_to_operand_dims = [1], index_vector_dim = 2",
      },
    ],
    [
      "one window at a single index",
      {
        input: "6x6xf32",
        indices: "2xi64",
        updates: "2x3xf32",
        numbers: "update_window_dims = [0, 1], scatter_dims_to_operand_dims = [0, 1], index_vector_dim = 0",
        body: "stablehlo.multiply %a, %b",
        unique: true,
      },
    ],
  ];
  it.each(forms)("%s", (_, form) => {
    for (const seed of [1, 2, 3, 4]) expectSame(scatter(form), { ...wide, seed });
  });

  it("of symbolic sizes", () => {
    const numbers =
      "update_window_dims = [1], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1";
    const form = { input: "?x?xi32", indices: "?xi32", updates: "?x?xi32", numbers };
    expectSame(scatter(form), { ...wide, sizes: [7, 4, 5, 5, 3] });
  });

  it("of several tensors at once", () => {
    const list = ["5xi32", "5xf32", "8x1xi64", "8xi32", "8xf32"];
    const text = `%r0, %r1 = "stablehlo.scatter"(%arg0, %arg1, %arg2, %arg3, %arg4) <{scatter_dimension_numbers = #stablehlo.scatter<inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>}> ({
      ^bb0(%a: tensor<i32>, %c: tensor<f32>, %b: tensor<i32>, %d: tensor<f32>):
        %p = stablehlo.compare GT, %d, %c : (tensor<f32>, tensor<f32>) -> tensor<i1>
        %x = stablehlo.select %p, %b, %a : tensor<i1>, tensor<i32>
        %y = stablehlo.select %p, %d, %c : tensor<i1>, tensor<f32>
        stablehlo.return %x, %y : tensor<i32>, tensor<f32>
    }) : (${types(list)}) -> (tensor<5xi32>, tensor<5xf32>)`;
    const program = main(
      list.map((t) => `tensor<${t}>`),
      ["tensor<5xi32>", "tensor<5xf32>"],
      text,
    );
    expectSame(program, wide);
  });

  it("leaves out indices that are no positions at all", () => {
    const indices = fromScalars("i64", [3, 1], [2n ** 62n, -(2n ** 63n), 3n]);
    const random = new Random(1);
    const program = scatter({ ...single, indices: "3x1xi64", updates: "3xi32" });
    expectSame(program, { inputs: [random.array("i32", [7]), indices, random.array("i32", [3])] });
  });

  it("loops over index vectors, and inside over the part of the window that fits", () => {
    expect(expectSame(scatter(forms[3]![1]), wide)).toMatchInlineSnapshot(`
      "module {
        func.func @main(%arg0: tensor<7x4xi32>, %arg1: tensor<5xi32>, %arg2: tensor<5x4xi32>) -> tensor<7x4xi32> {
          %0 = arith.constant 0 : index
          %1 = arith.constant 5 : index
          %2 = arith.constant 1 : index
          %3 = scf.for %arg3 = %0 to %1 step %2 iter_args(%arg4 = %arg0) -> (tensor<7x4xi32>) {
            %4 = tensor.extract %arg1[%arg3] : tensor<5xi32>
            %5 = arith.index_cast %4 : i32 to index
            %6 = arith.constant 7 : index
            %7 = arith.minsi %5, %6 : index
            %8 = arith.constant -1 : index
            %9 = arith.maxsi %7, %8 : index
            %10 = arith.constant 0 : index
            %11 = arith.cmpi sge, %9, %10 : index
            %12 = arith.constant 7 : index
            %13 = arith.cmpi slt, %9, %12 : index
            %14 = arith.andi %11, %13 : i1
            %15 = scf.if %14 -> (tensor<7x4xi32>) {
              %16 = arith.constant 0 : index
              %17 = arith.constant 4 : index
              %18 = arith.constant 1 : index
              %19 = scf.for %arg5 = %16 to %17 step %18 iter_args(%arg6 = %arg4) -> (tensor<7x4xi32>) {
                %20 = tensor.extract %arg6[%9, %arg5] : tensor<7x4xi32>
                %21 = tensor.extract %arg2[%arg3, %arg5] : tensor<5x4xi32>
                %22 = arith.addi %20, %21 : i32
                %23 = tensor.insert %22 into %arg6[%9, %arg5] : tensor<7x4xi32>
                scf.yield %23 : tensor<7x4xi32>
              } {psm.parallel}
              scf.yield %19 : tensor<7x4xi32>
            } else {
              scf.yield %arg4 : tensor<7x4xi32>
            }
            scf.yield %15 : tensor<7x4xi32>
          } {psm.nest = "scatter"}
          func.return %3 : tensor<7x4xi32>
        }
      }
      "
    `);
  });
});
