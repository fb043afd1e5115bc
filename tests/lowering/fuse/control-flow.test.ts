/** @file Branches, loops, calls and what one device makes of the others, in structured form. */

import { describe, expect, it } from "vitest";
import { CompileError } from "../../../ir/diagnostic.js";
import { interpret } from "../../../ir/interpret.js";
import { fromScalars } from "../../../ir/ndarray.js";
import { stablehloToLinalg } from "../../../lowering/fuse/stablehlo-to-linalg.js";
import { expectSame, loweringContext, main, parseText } from "./structured.js";

describe("branches", () => {
  const text = main(
    ["tensor<i1>", "tensor<3xf32>"],
    ["tensor<3xf32>", "tensor<i32>"],
    `%one = stablehlo.constant dense<1> : tensor<i32>
     %r0, %r1 = "stablehlo.if"(%arg0) ({
       %x = stablehlo.negate %arg1 : tensor<3xf32>
       stablehlo.return %x, %one : tensor<3xf32>, tensor<i32>
     }, {
       %two = stablehlo.constant dense<2> : tensor<i32>
       stablehlo.return %arg1, %two : tensor<3xf32>, tensor<i32>
     }) : (tensor<i1>) -> (tensor<3xf32>, tensor<i32>)`,
  );

  it("if", () => {
    for (let seed = 0; seed < 5; seed++) expectSame(text, { seed });
  });

  it("case, the last branch for any other index", () => {
    const program = main(
      ["tensor<i32>", "tensor<2xi8>"],
      ["tensor<2xi8>"],
      `%r0 = "stablehlo.case"(%arg0) ({
         %x = stablehlo.negate %arg1 : tensor<2xi8>
         stablehlo.return %x : tensor<2xi8>
       }, {
         %x = stablehlo.add %arg1, %arg1 : tensor<2xi8>
         stablehlo.return %x : tensor<2xi8>
       }, {
         stablehlo.return %arg1 : tensor<2xi8>
       }) : (tensor<i32>) -> tensor<2xi8>`,
    );
    for (const index of [-1, 0, 1, 2, 3])
      expectSame(program, { inputs: [fromScalars("i32", [], [index]), fromScalars("i8", [2], [5, -7])] });
  });

  it("that give tensors of different sizes", () => {
    const program = main(
      ["tensor<i1>", "tensor<?xf32>", "tensor<?xf32>"],
      ["tensor<?xf32>"],
      `%x = "stablehlo.if"(%arg0) ({
         stablehlo.return %arg1 : tensor<?xf32>
       }, {
         stablehlo.return %arg2 : tensor<?xf32>
       }) : (tensor<i1>) -> tensor<?xf32>
       %r0 = stablehlo.concatenate %x, %x, dim = 0 : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>`,
    );
    for (let seed = 0; seed < 5; seed++) expectSame(program, { seed, sizes: [2, 5] });
  });
});

describe("while", () => {
  it("carries numbers and tensors", () => {
    const text = main(
      ["tensor<i32>", "tensor<3xf32>"],
      ["tensor<i32>", "tensor<3xf32>"],
      `%zero = stablehlo.constant dense<0> : tensor<i32>
       %r0, %r1 = stablehlo.while(%i = %zero, %x = %arg1) : tensor<i32>, tensor<3xf32>
       cond {
         %c = stablehlo.compare LT, %i, %arg0 : (tensor<i32>, tensor<i32>) -> tensor<i1>
         stablehlo.return %c : tensor<i1>
       } do {
         %one = stablehlo.constant dense<1> : tensor<i32>
         %j = stablehlo.add %i, %one : tensor<i32>
         %y = stablehlo.add %x, %arg1 : tensor<3xf32>
         stablehlo.return %j, %y : tensor<i32>, tensor<3xf32>
       }`,
    );
    for (const n of [0, 1, 5])
      expectSame(text, { inputs: [fromScalars("i32", [], [n]), fromScalars("f32", [3], [1, 2, 3])] });
  });

  it("carries tensors that grow", () => {
    const text = main(
      ["tensor<?xf32>"],
      ["tensor<?xf32>"],
      `%r0 = stablehlo.while(%x = %arg0) : tensor<?xf32>
       cond {
         %n = stablehlo.get_dimension_size %x, dim = 0 : (tensor<?xf32>) -> tensor<i32>
         %most = stablehlo.constant dense<10> : tensor<i32>
         %c = stablehlo.compare LT, %n, %most : (tensor<i32>, tensor<i32>) -> tensor<i1>
         stablehlo.return %c : tensor<i1>
       } do {
         %y = stablehlo.concatenate %x, %x, dim = 0 : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
         stablehlo.return %y : tensor<?xf32>
       }`,
    );
    expectSame(text, { sizes: [3] });
  });
});

it("calls and tokens", () => {
  const text = `func.func @main(%arg0: tensor<3xui8>) -> (tensor<3xui8>, tensor<ui32>) {
    %t = stablehlo.create_token : !stablehlo.token
    %u = stablehlo.after_all %t, %t : !stablehlo.token
    %b, %v = stablehlo.optimization_barrier %arg0, %u : tensor<3xui8>, !stablehlo.token
    %r0 = func.call @twice(%b) : (tensor<3xui8>) -> tensor<3xui8>
    %r1 = stablehlo.replica_id : tensor<ui32>
    return %r0, %r1 : tensor<3xui8>, tensor<ui32>
  }
  func.func private @twice(%arg0: tensor<3xui8>) -> tensor<3xui8> {
    %r0 = stablehlo.add %arg0, %arg0 : tensor<3xui8>
    return %r0 : tensor<3xui8>
  }`;
  expectSame(text, { entries: { low: 0, high: 255 } });
});

describe("on one device", () => {
  const groups = "replica_groups = dense<0> : tensor<1x1xi64>";
  const t = "tensor<4x2xf32>";
  const reducer = `({
    ^bb0(%a: tensor<f32>, %b: tensor<f32>):
      %s = stablehlo.add %a, %b : tensor<f32>
      stablehlo.return %s : tensor<f32>
  })`;
  it.each([
    ["all_reduce", `"stablehlo.all_reduce"(%arg0) <{${groups}}> ${reducer} : (${t}) -> ${t}`],
    ["all_gather", `"stablehlo.all_gather"(%arg0) <{all_gather_dim = 0 : i64, ${groups}}> : (${t}) -> ${t}`],
    [
      "reduce_scatter",
      `"stablehlo.reduce_scatter"(%arg0) <{scatter_dimension = 0 : i64, ${groups}}> ${reducer} : (${t}) -> ${t}`,
    ],
    [
      "all_to_all",
      `"stablehlo.all_to_all"(%arg0) <{split_dimension = 0 : i64, concat_dimension = 1 : i64, split_count = 1 : i64, ${groups}}> : (${t}) -> ${t}`,
    ],
    ["collective_broadcast", `"stablehlo.collective_broadcast"(%arg0) <{${groups}}> : (${t}) -> ${t}`],
    [
      "collective_permute",
      `"stablehlo.collective_permute"(%arg0) <{source_target_pairs = dense<[[0, 1]]> : tensor<1x2xi64>}> : (${t}) -> ${t}`,
    ],
    ["Sharding", `stablehlo.custom_call @Sharding(%arg0) : (${t}) -> ${t}`],
  ])("%s moves nothing", (_, text) => {
    expectSame(main([t], [t], `%r0 = ${text}`));
  });
});

describe("assertions on sizes", () => {
  const text = main(
    ["tensor<i1>", "tensor<2xf32>"],
    ["tensor<2xf32>"],
    `stablehlo.custom_call @shape_assertion(%arg0) {has_side_effect = true, error_message = "sizes must be equal, but are {0} and {1}"} : (tensor<i1>) -> ()
     %r0 = stablehlo.negate %arg1 : tensor<2xf32>`,
  );
  const inputs = (holds: number) => [fromScalars("i1", [], [holds]), fromScalars("f32", [2], [1, 2])];

  it("hold", () => {
    expectSame(text, { inputs: inputs(1) });
  });

  it("end the program where they do not hold", () => {
    const context = loweringContext();
    const module = parseText(text, context);
    stablehloToLinalg.run(module, context);
    expect(() => interpret(module, "main", inputs(0), context)).toThrow("sizes must be equal");
  });
});

it("refuses what it cannot compile, every operation by name and place", () => {
  const context = loweringContext();
  const t = "tensor<2xf32>";
  const module = parseText(
    main(
      [t],
      [t],
      `%k = stablehlo.create_token : !stablehlo.token
       %s = "stablehlo.send"(%arg0, %k) <{channel_handle = #stablehlo.channel_handle<handle = 1, type = 2>}> : (${t}, !stablehlo.token) -> !stablehlo.token
       %x = stablehlo.composite "a.b" %arg0 {decomposition = @twice} : (${t}) -> ${t}
       %r0 = "stablehlo.all_reduce"(%x) <{replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> ({
         ^bb0(%a: tensor<f32>, %b: tensor<f32>):
           %s2 = stablehlo.add %a, %b : tensor<f32>
           stablehlo.return %s2 : tensor<f32>
       }) : (${t}) -> ${t}`,
    ).replace(/$/, `\nfunc.func private @twice(%arg0: ${t}) -> ${t} {\nreturn %arg0 : ${t}\n}`),
    context,
  );
  try {
    stablehloToLinalg.run(module, context);
    expect.fail("it was compiled");
  } catch (e) {
    if (!(e instanceof CompileError)) throw e;
    expect(e.diagnostics.map((d) => `${d.code} ${d.message}`)).toEqual([
      "PS3001 stablehlo.send cannot be compiled: it exchanges data with a host or another process while the program runs",
      "PS3001 stablehlo.composite cannot be compiled: pass 'inline-composites' should have replaced it",
      "PS3001 stablehlo.all_reduce cannot be compiled: it spans several devices, and this is a program for one",
    ]);
    expect(e.diagnostics.every((d) => d.at.kind !== "unknown")).toBe(true);
  }
});
