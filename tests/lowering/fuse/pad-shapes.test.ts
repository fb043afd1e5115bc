/**
 * @file Sizes made multiples: the same results whatever stands in padding that the proof says nobody reads, no cut between operations that
 * follow one another, numbers in the place of what a reduction would take up, and what is left alone.
 */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Datum } from "../../../ir/define.js";
import { extractSlice, insertSlice } from "../../../ir/dialects/tensor/slice.js";
import type { Operation } from "../../../ir/graph.js";
import { interpret } from "../../../ir/interpret.js";
import { fromBytes, fromScalars, type NdArray, toBytes } from "../../../ir/ndarray.js";
import { paddedResource } from "../../../ir/padded-resource.js";
import { bytesResource } from "../../../ir/resource.js";
import { printModule } from "../../../ir/text/module.js";
import { verify } from "../../../ir/verify.js";
import { matrixAsks } from "../../../lowering/fuse/pad/asks.js";
import type { Harmless } from "../../../lowering/fuse/pad/pad-classes.js";
import { padShapes } from "../../../lowering/fuse/pad-shapes.js";
import { stablehloToLinalg } from "../../../lowering/fuse/stablehlo-to-linalg.js";
import { removeDeadCode } from "../../../lowering/simplify/remove-dead-code.js";
import { expectClose, expectReadable, loweringContext, main, parseText, randomInputs } from "./structured.js";

interface Padded {
  readonly module: Operation;
  readonly text: string;
  readonly proof: readonly Harmless[];
}

/** Pads for a unit of so many rows and columns, with NaN wherever nothing is said to be read, and compares results. */
function padded(text: string, rows: number, columns = rows, tolerance = 1e-5): Padded {
  const context = loweringContext();
  const module = parseText(text, context);
  const inputs = randomInputs(module, { seed: 2, entries: { low: -2, high: 2 } });
  stablehloToLinalg.run(module, context);
  const wanted = interpret(module, "main", inputs as Datum[], context) as NdArray[];
  const proof: Harmless[] = [];
  padShapes(matrixAsks({ rows, columns }), { unread: Number.NaN }, (more) => proof.push(...more)).run(module, context);
  expect(verify(module, context).map((d) => d.message)).toEqual([]);
  removeDeadCode.run(module, context);
  const after = printModule(module, context);
  const actual = interpret(module, "main", inputs as Datum[], context) as NdArray[];
  wanted.forEach((w, k) => {
    expectClose(actual[k]!, w, tolerance, after);
  });
  expectReadable(after);
  return { module, text: after, proof };
}

const count = ({ module }: Padded, def: { matches(op: Operation): boolean }): number =>
  [...module.walk()].filter((op) => def.matches(op)).length;
const reasons = ({ proof }: Padded): readonly string[] => [...new Set(proof.map(({ why }) => why))].sort();

const product = (x: string, y: string, [m, k, n]: readonly [number, number, number]): string =>
  `stablehlo.dot_general ${x}, ${y}, contracting_dims = [1] x [0] : (tensor<${m}x${k}xf32>, tensor<${k}x${n}xf32>) -> tensor<${m}x${n}xf32>`;

/** x w1, something done to each element, times w2. */
function chain(m: number, k: number, h: number, n: number, between: string): string {
  const hidden = `tensor<${m}x${h}xf32>`;
  return main(
    [`tensor<${m}x${k}xf32>`, `tensor<${k}x${h}xf32>`, `tensor<${h}x${n}xf32>`, `tensor<${h}xf32>`],
    [`tensor<${m}x${n}xf32>`],
    `%h = ${product("%arg0", "%arg1", [m, k, h])}
     %zero = stablehlo.constant dense<0.0> : ${hidden}
     %one = stablehlo.constant dense<1.0> : ${hidden}
     %b = stablehlo.broadcast_in_dim %arg3, dims = [1] : (tensor<${h}xf32>) -> ${hidden}
     ${between.replaceAll("T", hidden)}
     %r0 = ${product("%y", "%arg2", [m, h, n])}`,
  );
}

const betweens = {
  nothing: "%y = stablehlo.add %h, %zero : T",
  "a bias and what is above 0": "%c = stablehlo.add %h, %b : T\n%y = stablehlo.maximum %c, %zero : T",
  powers: "%y = stablehlo.exponential %h : T",
  "what makes infinities of 0": "%y = stablehlo.divide %one, %h : T",
} as const;

describe("a chain of products with padding between", () => {
  test.each(Object.entries(betweens))("%s", (_, between) => {
    const result = padded(chain(5, 7, 10, 3, between), 8, 4);
    expect(reasons(result)).toContain("parallel");
    // The three operands and the bias, and the result: nothing is cut off and padded again between.
    expect(count(result, extractSlice)).toBe(1);
    expect(count(result, insertSlice)).toBeLessThanOrEqual(4);
  });

  test("of any sizes, for any unit", () => {
    const size = fc.integer({ min: 1, max: 12 });
    const draw = fc.tuple(
      size,
      size,
      size,
      size,
      fc.integer({ min: 2, max: 9 }),
      fc.constantFrom(...Object.values(betweens)),
    );
    fc.assert(
      fc.property(draw, ([m, k, h, n, unit, between]) => {
        padded(chain(m, k, h, n, between), unit, unit + 1);
      }),
      { numRuns: 40 },
    );
  });
});

describe("reductions over what is padded", () => {
  const softmax = (last: string): string =>
    main(
      ["tensor<4x6xf32>", "tensor<6x10xf32>", "tensor<10x5xf32>"],
      ["tensor<4x5xf32>"],
      `%s = ${product("%arg0", "%arg1", [4, 6, 10])}
       %least = stablehlo.constant dense<0xFF800000> : tensor<f32>
       %zero = stablehlo.constant dense<0.0> : tensor<f32>
       %m = stablehlo.reduce(%s init: %least) applies stablehlo.maximum across dimensions = [1] : (tensor<4x10xf32>, tensor<f32>) -> tensor<4xf32>
       %mx = stablehlo.broadcast_in_dim %m, dims = [0] : (tensor<4xf32>) -> tensor<4x10xf32>
       %d = stablehlo.subtract %s, %mx : tensor<4x10xf32>
       %e = stablehlo.exponential %d : tensor<4x10xf32>
       %t = stablehlo.reduce(%e init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<4x10xf32>, tensor<f32>) -> tensor<4xf32>
       %tx = stablehlo.broadcast_in_dim %t, dims = [0] : (tensor<4xf32>) -> tensor<4x10xf32>
       %p = stablehlo.divide %e, %tx : tensor<4x10xf32>
       ${last}`,
    );

  test("a softmax sees none of it, and the product behind it reads 0 there", () => {
    const result = padded(softmax(`%r0 = ${product("%p", "%arg2", [4, 10, 5])}`), 8);
    expect(reasons(result)).toEqual(["masked", "neutral", "parallel"]);
    expect(result.proof.filter(({ why }) => why === "masked")).toHaveLength(2);
  });

  test("the greatest of arguments gets the least number there without a mask", () => {
    const text = main(
      ["tensor<4x10xf32>", "tensor<10x3xf32>"],
      ["tensor<4x3xf32>", "tensor<4xf32>"],
      `%r0 = ${product("%arg0", "%arg1", [4, 10, 3])}
       %least = stablehlo.constant dense<0xFF800000> : tensor<f32>
       %r1 = stablehlo.reduce(%arg0 init: %least) applies stablehlo.maximum across dimensions = [1] : (tensor<4x10xf32>, tensor<f32>) -> tensor<4xf32>`,
    );
    expect(reasons(padded(text, 8))).toEqual(["neutral", "parallel"]);
  });

  test("rows against themselves, which are both dimensions of one tensor", () => {
    const text = main(
      ["tensor<5x5xf32>"],
      ["tensor<5x5xf32>"],
      `%a = ${product("%arg0", "%arg0", [5, 5, 5])}
       %r0 = ${product("%a", "%a", [5, 5, 5])}`,
    );
    expect(reasons(padded(text, 4))).toContain("parallel");
  });
});

describe("weights", () => {
  const weights = (rank: number, at: (i: number) => number): string =>
    `dense<[${Array.from({ length: 6 }, (_, i) => `[${Array.from({ length: rank }, (_, j) => at(i * rank + j).toFixed(3)).join(", ")}]`).join(", ")}]>`;

  test("that are written down get their padding there", () => {
    const text = main(
      ["tensor<4x6xf32>"],
      ["tensor<4x5xf32>"],
      `%w = stablehlo.constant ${weights(5, (i) => Math.sin(i))} : tensor<6x5xf32>
       %r0 = ${product("%arg0", "%w", [4, 6, 5])}`,
    );
    const result = padded(text, 8);
    // What is given is padded when the program runs, the weights are not.
    expect(count(result, insertSlice)).toBe(1);
    expect(result.text).toMatch(/arith.constant dense<.* : tensor<8x8xf32>/);
  });

  test("beside the program are padded as they are read, wherever reading begins", () => {
    const data = fromScalars(
      "f32",
      [2, 3, 5],
      Array.from({ length: 30 }, (_, i) => i + 1),
    );
    const larger = paddedResource(bytesResource("w", "f32", data.shape, toBytes(data)), [2, 4, 8], 7);
    const whole = fromBytes("f32", [2, 4, 8], larger.read(0, larger.byteLength));
    const at = (i: number, j: number, k: number): number => (j < 3 && k < 5 ? i * 15 + j * 5 + k + 1 : 7);
    const wanted = Array.from({ length: 64 }, (_, n) => at(n >> 5, (n >> 3) & 3, n & 7));
    expect(Array.from(whole.data as Float32Array)).toEqual(wanted);
    for (const [offset, length] of [
      [4, 60],
      [100, 8],
      [124, 132],
      [0, 0],
    ] as const)
      expect(Array.from(larger.read(offset, length))).toEqual(
        Array.from(larger.read(0, larger.byteLength).subarray(offset, offset + length)),
      );
  });
});

describe("left as it is", () => {
  test("a size that is a multiple", () => {
    expect(padded(chain(5, 8, 16, 8, betweens.nothing), 8).proof).toEqual([]);
  });

  test("an open size that is not known to be one, beside one that is padded", () => {
    const text = `func.func @main(%x: tensor<?x?xf32>, %w: tensor<?x6xf32>) -> tensor<?x6xf32> attributes {} {
      %r = stablehlo.dot_general %x, %w, contracting_dims = [1] x [0] : (tensor<?x?xf32>, tensor<?x6xf32>) -> tensor<?x6xf32>
      return %r : tensor<?x6xf32>
    }`;
    const context = loweringContext();
    const module = parseText(text, context);
    stablehloToLinalg.run(module, context);
    const proof: Harmless[] = [];
    padShapes(matrixAsks({ rows: 4, columns: 4 }), {}, (more) => proof.push(...more)).run(module, context);
    expect(verify(module, context).map((d) => d.message)).toEqual([]);
    expect(proof.map(({ padding }) => padding.to)).toContain(8);
    expect(JSON.stringify([...module.walk()].map((op) => Object.keys(op.extra)))).toContain("psm.remarks");
    expect(proof.every(({ padding }) => padding.from === 6)).toBe(true);
  });
});
