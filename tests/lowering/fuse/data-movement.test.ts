/** @file Data movement in structured form keeps every bit. */

import { describe, it } from "vitest";
import { expectSame, main } from "./structured.js";

/** A program of one operation on one tensor. */
const one = (from: string, to: string, text: string): string =>
  main([`tensor<${from}>`], [`tensor<${to}>`], `%r0 = stablehlo.${text} : (tensor<${from}>) -> tensor<${to}>`);

const special = { special: true };

describe("fixed sizes", () => {
  it.each([
    ["transpose", one("2x3x4xf32", "4x2x3xf32", "transpose %arg0, dims = [2, 0, 1]")],
    [
      "reverse",
      main(
        ["tensor<2x3x4xi8>"],
        ["tensor<2x3x4xi8>"],
        "%r0 = stablehlo.reverse %arg0, dims = [0, 2] : tensor<2x3x4xi8>",
      ),
    ],
    ["broadcast_in_dim", one("1x3xf32", "2x3x4xf32", "broadcast_in_dim %arg0, dims = [0, 1]")],
    ["broadcast_in_dim of a number", one("ui16", "2x3xui16", "broadcast_in_dim %arg0, dims = []")],
    ["broadcast_in_dim that transposes", one("3x2xf32", "2x3xf32", "broadcast_in_dim %arg0, dims = [1, 0]")],
    ["broadcast", one("3xf32", "2x4x3xf32", "broadcast %arg0, sizes = [2, 4]")],
    ["slice", one("7x9xf64", "3x2xf64", "slice %arg0 [1:6:2, 2:8:3]")],
    ["slice of a beginning", one("7x9xf64", "3x2xf64", "slice %arg0 [0:3, 2:8:3]")],
    ["slice of all", one("7x9xf64", "7x9xf64", "slice %arg0 [0:7, 0:9]")],
    ["reshape", one("2x6xf32", "3x2x2xf32", "reshape %arg0")],
    ["reshape to a number", one("1x1xi1", "i1", "reshape %arg0")],
    ["reshape of nothing", one("0x4xf32", "2x0xf32", "reshape %arg0")],
    ["transpose of complex numbers", one("2x3xcomplex<f32>", "3x2xcomplex<f32>", "transpose %arg0, dims = [1, 0]")],
  ])("%s", (_, text) => {
    expectSame(text, { entries: special });
  });

  it("concatenate", () => {
    const types = ["tensor<2x3xui8>", "tensor<2x0xui8>", "tensor<2x4xui8>"];
    const text = `%r0 = stablehlo.concatenate %arg0, %arg1, %arg2, dim = 1 : (${types.join(", ")}) -> tensor<2x7xui8>`;
    expectSame(main(types, ["tensor<2x7xui8>"], text));
  });

  const pad = (from: string, to: string, low: number[], high: number[], interior: number[]): string => {
    const lists = `low = [${low}], high = [${high}], interior = [${interior}]`;
    const types = [`tensor<${from}xf32>`, "tensor<f32>"];
    const text = `%r0 = stablehlo.pad %arg0, %arg1, ${lists} : (${types.join(", ")}) -> tensor<${to}xf32>`;
    return main(types, [`tensor<${to}xf32>`], text);
  };
  it.each([
    ["at the edges", pad("3x4", "6x5", [1, 0], [2, 1], [0, 0])],
    ["between elements", pad("3x4", "5x10", [0, 0], [0, 0], [1, 2])],
    ["with cuts", pad("5x4", "3x4", [-1, 2], [-1, -2], [0, 0])],
    ["with cuts of dilated elements", pad("4x4", "7x7", [-1, -2], [1, -1], [1, 2])],
    ["that cuts everything off", pad("2x3", "4x3", [-3, 0], [5, 0], [0, 0])],
    ["of nothing", pad("0x3", "2x5", [1, 1], [1, 1], [0, 0])],
    ["that changes nothing", pad("2x3", "2x3", [0, 0], [0, 0], [0, 0])],
    ["of one dilated element", pad("1x3", "1x3", [0, 0], [0, 0], [3, 0])],
  ])("pad %s", (_, text) => {
    expectSame(text, { entries: special });
  });

  it("iota, constants and sizes", () => {
    for (const e of ["f32", "i8", "ui8", "i64", "bf16", "complex<f32>"]) {
      const t = `tensor<3x4x${e}>`;
      expectSame(main([], [t], `%r0 = stablehlo.iota dim = 1 : ${t}`));
    }
    expectSame(
      main(
        ["tensor<3x4xf32>"],
        ["tensor<i32>", "tensor<2x2xui8>", "tensor<3xi64>", "tensor<2xi1>", "tensor<2xcomplex<f32>>"],
        `%r0 = stablehlo.get_dimension_size %arg0, dim = 1 : (tensor<3x4xf32>) -> tensor<i32>
         %r1 = stablehlo.constant dense<[[1, 200], [255, 0]]> : tensor<2x2xui8>
         %r2 = stablehlo.constant dense<7> : tensor<3xi64>
         %r3 = stablehlo.constant dense<[true, false]> : tensor<2xi1>
         %r4 = stablehlo.constant dense<(1.0, 2.5)> : tensor<2xcomplex<f32>>`,
      ),
    );
  });
});

describe("sizes that the inputs have", () => {
  it("transposes, reverses, concatenates and slices", () => {
    const text = main(
      ["tensor<?x3xf32>", "tensor<?x3xf32>"],
      ["tensor<3x?xf32>"],
      `%a = stablehlo.concatenate %arg0, %arg1, dim = 0 : (tensor<?x3xf32>, tensor<?x3xf32>) -> tensor<?x3xf32>
       %b = stablehlo.reverse %a, dims = [0, 1] : tensor<?x3xf32>
       %r0 = stablehlo.transpose %b, dims = [1, 0] : (tensor<?x3xf32>) -> tensor<3x?xf32>`,
    );
    for (const sizes of [
      [2, 5],
      [1, 1],
      [0, 3],
    ])
      expectSame(text, { sizes });
  });

  it("pads", () => {
    const text = main(
      ["tensor<?x?xf32>", "tensor<f32>"],
      ["tensor<?x?xf32>"],
      "%r0 = stablehlo.pad %arg0, %arg1, low = [1, -1], high = [2, 3], interior = [0, 2] : (tensor<?x?xf32>, tensor<f32>) -> tensor<?x?xf32>",
    );
    for (const sizes of [
      [2, 5],
      [1, 1],
      [0, 3],
    ])
      expectSame(text, { sizes });
  });

  it("broadcasts along a size that may be 1", () => {
    const text = main(
      ["tensor<?xf32>", "tensor<?x3xf32>"],
      ["tensor<?x3xf32>"],
      `%n = stablehlo.get_dimension_size %arg1, dim = 0 : (tensor<?x3xf32>) -> tensor<i32>
       %v = stablehlo.reshape %n : (tensor<i32>) -> tensor<1xi32>
       %c = stablehlo.constant dense<3> : tensor<1xi32>
       %s = stablehlo.concatenate %v, %c, dim = 0 : (tensor<1xi32>, tensor<1xi32>) -> tensor<2xi32>
       %r0 = stablehlo.dynamic_broadcast_in_dim %arg0, %s, dims = [0] : (tensor<?xf32>, tensor<2xi32>) -> tensor<?x3xf32>`,
    );
    expectSame(text, { sizes: [4, 4] });
    expectSame(text, { sizes: [1, 4] });
  });
});

describe("sizes that data decides", () => {
  const shaped = (text: string, more: readonly string[] = []): string =>
    main(["tensor<4x3xf32>", ...more], ["tensor<?x?xf32>"], text);

  it("dynamic_reshape", () => {
    const text = shaped(
      `%s = stablehlo.constant dense<[2, 6]> : tensor<2xi64>
       %r0 = stablehlo.dynamic_reshape %arg0, %s : (tensor<4x3xf32>, tensor<2xi64>) -> tensor<?x?xf32>`,
    );
    expectSame(text);
  });

  it("dynamic_iota", () => {
    const text = main(
      [],
      ["tensor<?x?xi32>"],
      `%s = stablehlo.constant dense<[2, 6]> : tensor<2xi32>
       %r0 = stablehlo.dynamic_iota %s, dim = 1 : (tensor<2xi32>) -> tensor<?x?xi32>`,
    );
    expectSame(text);
  });

  it("dynamic_pad", () => {
    const text = shaped(
      `%l = stablehlo.constant dense<[1, -1]> : tensor<2xi32>
       %h = stablehlo.constant dense<[0, 3]> : tensor<2xi32>
       %i = stablehlo.constant dense<[2, 0]> : tensor<2xi32>
       %r0 = stablehlo.dynamic_pad %arg0, %arg1, %l, %h, %i : (tensor<4x3xf32>, tensor<f32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>) -> tensor<?x?xf32>`,
      ["tensor<f32>"],
    );
    expectSame(text);
  });

  it("real_dynamic_slice", () => {
    const text = shaped(
      `%b = stablehlo.constant dense<[1, 0]> : tensor<2xi64>
       %e = stablehlo.constant dense<[4, 3]> : tensor<2xi64>
       %s = stablehlo.constant dense<[2, 1]> : tensor<2xi64>
       %r0 = stablehlo.real_dynamic_slice %arg0, %b, %e, %s : (tensor<4x3xf32>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64>) -> tensor<?x?xf32>`,
    );
    expectSame(text);
  });
});
