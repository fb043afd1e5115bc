/** @file Products with weights: packed where they are constants at every call, and only there. */

import { describe, expect, test } from "vitest";
import type { Context } from "../../../ir/context.js";
import { global } from "../../../ir/dialects/memref/global.js";
import type { Operation } from "../../../ir/graph.js";
import { fromScalars, type NdArray } from "../../../ir/ndarray.js";
import { maxRelativeError } from "../../../ir/ndarray-compare.js";
import { bytesResource } from "../../../ir/resource.js";
import { parseModule } from "../../../ir/text/module.js";
import { verify } from "../../../ir/verify.js";
import { newContext } from "../../../lowering/dialects.js";
import { tileContractions } from "../../../lowering/loops/tile-contractions.js";
import { cpuNamed } from "../../../machine/cpu.js";
import { runMemrefs } from "../bufferize/run.js";

const [M, K, N] = [6, 40, 70];
const [rows, weights, result] = [`memref<${M}x${K}xf32>`, `memref<${K}x${N}xf32>`, `memref<${M}x${N}xf32>`];

/** The same product of one row, by another kernel, into the first row of what `@kernel` has made. */
function oneRow(type: string, byColumns: boolean): string {
  const map = byColumns ? "(j, k)" : "(k, j)";
  const [x, y] = [`memref<${K}xf32, strided<[1]>>`, `memref<${N}xf32, strided<[1]>>`];
  return `func.func private @one_row(%rows: ${rows}, %w: ${type}, %all: ${result}) {
      %x = memref.subview %rows[0, 0] [1, ${K}] [1, 1] : ${rows} to ${x}
      %y = memref.subview %all[0, 0] [1, ${N}] [1, 1] : ${result} to ${y}
      linalg.generic {indexing_maps = [affine_map<(j, k) -> (k)>, affine_map<(j, k) -> ${map}>, affine_map<(j, k) -> (j)>], iterator_types = ["parallel", "reduction"]} ins(%x, %w : ${x}, ${type}) outs(%y : ${y}) {
      ^bb0(%a: f32, %b: f32, %o: f32):
        %p = arith.mulf %a, %b : f32
        %s = arith.addf %o, %p : f32
        linalg.yield %s : f32
      }
      return
    }`;
}

/** A product as a kernel, and `calls` in a function that has an input, a constant `@w`, and a result. */
function program(calls: string, byColumns = false): string {
  const type = byColumns ? `memref<${N}x${K}xf32>` : weights;
  const map = byColumns ? "(j, k)" : "(k, j)";
  return `module {
    memref.global "private" constant @w : ${type} = dense_resource<w>
    func.func private @kernel(%x: ${rows}, %w: ${type}, %y: ${result}) {
      linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> ${map}>, affine_map<(i, j, k) -> (i, j)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : ${rows}, ${type}) outs(%y : ${result}) {
      ^bb0(%a: f32, %b: f32, %o: f32):
        %p = arith.mulf %a, %b : f32
        %s = arith.addf %o, %p : f32
        linalg.yield %s : f32
      }
      return
    }
    ${oneRow(type, byColumns)}
    func.func @main(%x: ${rows}, %other: ${type}, %y: ${result} {psm.result = 0 : i64}) {
      %w = memref.get_global @w : ${type}
      ${calls}
      return
    }
  }`.replaceAll("$TYPE", type);
}

const call = (w: string, kernel = "kernel"): string =>
  `func.call @${kernel}(%x, ${w}, %y) : (${rows}, $TYPE, ${result}) -> ()`;

function numbers(shape: readonly number[], seed: number): NdArray {
  const count = shape.reduce((n, d) => n * d, 1);
  return fromScalars(
    "f32",
    shape,
    Array.from({ length: count }, (_, k) => ((k * seed) % 17) - 8),
  );
}

function read(text: string, byColumns: boolean): { module: Operation; context: Context } {
  const context = newContext();
  const shape = byColumns ? [N, K] : [K, N];
  const bytes = new Uint8Array(numbers(shape, 7).data.buffer as ArrayBuffer);
  context.resources.add(bytesResource("w", "f32", shape, bytes));
  return { module: parseModule(text, "kernels.mlir", context), context };
}

/** Globals after tiling, when the program still computes what it did. */
function globalsAfter(text: string, byColumns = false): readonly string[] {
  const inputs = [numbers([M, K], 5), numbers(byColumns ? [N, K] : [K, N], 3)];
  const run = (tile: boolean) => {
    const { module, context } = read(text, byColumns);
    if (tile) tileContractions(cpuNamed("x86-64-v4")!).run(module, context);
    expect(verify(module, context)).toEqual([]);
    const wanted = [numbers([M, N], 1)];
    const { results } = runMemrefs(module, { inputs, states: [false, false], wanted }, context);
    return { result: results[0]!, module };
  };
  const [plain, tiled] = [run(false), run(true)];
  expect(maxRelativeError(tiled.result, plain.result)).toBeLessThan(1e-6);
  return [...tiled.module.walk()].filter((op) => global.matches(op)).map((op) => global.attrsOf(op).sym_name);
}

describe("a weight", () => {
  test("that every call reads is stored packed, and no longer as it was", () => {
    expect(globalsAfter(program(`${call("%w")}\n${call("%w")}`))).toEqual([`w.packed32_${N}.1_${K}.${N}`]);
  });

  test("stored by columns is packed too", () => {
    expect(globalsAfter(program(call("%w"), true), true)).toEqual([`w.packed32_${N}.${K}_${K}.1`]);
  });

  test("that something else reads too stays as it is, or the bundle would hold it twice", () => {
    const other = `memref.copy %w, %other : ${weights} to ${weights}`;
    expect(globalsAfter(program(`${call("%w")}\n${other}`))).toEqual(["w"]);
  });

  test.each([false, true])("of a product of one row is packed too, by columns: %s", (byColumns) => {
    expect(globalsAfter(program(call("%w", "one_row"), byColumns), byColumns)).toHaveLength(1);
    expect(globalsAfter(program(call("%w", "one_row"), byColumns), byColumns)).not.toContain("w");
  });

  test("of products of many rows and of one is stored once, packed", () => {
    const both = program(`${call("%w")}\n${call("%w", "one_row")}`);
    expect(globalsAfter(both)).toEqual([`w.packed32_${N}.1_${K}.${N}`]);
  });

  test("stays as it is in both kernels where one of them reads an input in its place elsewhere", () => {
    const calls = [call("%w"), call("%w", "one_row"), call("%other", "one_row")];
    expect(globalsAfter(program(calls.join("\n")))).toEqual(["w"]);
  });

  test("beside an input as weight stays as it is", () => {
    expect(globalsAfter(program(`${call("%w")}\n${call("%other")}`))).toEqual(["w"]);
  });
});
