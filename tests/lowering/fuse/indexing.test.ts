/** @file Reads and writes at computed positions, in structured form. */

import { describe, it } from "vitest";
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
});
