/** @file Products of bytes by weights, summed in 32 bits: exact on every CPU, by dot products of bytes where there are such. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { filled, fromScalars, type NdArray } from "../../../ir/ndarray.js";
import { sameBits } from "../../../ir/ndarray-compare.js";
import { bytesResource } from "../../../ir/resource.js";
import { parseModule } from "../../../ir/text/module.js";
import { verify } from "../../../ir/verify.js";
import { newContext } from "../../../lowering/dialects.js";
import { tileContractions } from "../../../lowering/loops/tile-contractions.js";
import { type CpuDescription, cpuNamed, cpus } from "../../../machine/cpu.js";
import { runMemrefs } from "../bufferize/run.js";

interface Product {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly isUnsigned: boolean;
  /** Weights have no sign either, and all bytes are 255. */
  readonly isLargest?: boolean;
  /** Weights are stored by columns. */
  readonly byColumns: boolean;
  /** What stands behind the sums makes bytes of them again. */
  readonly narrows: boolean;
}

function program({ rows, columns, depth, isUnsigned, isLargest, byColumns, narrows }: Product): string {
  const [x, sums] = [`memref<${rows}x${depth}xi8>`, `memref<${rows}x${columns}xi32>`];
  const w = byColumns ? `memref<${columns}x${depth}xi8>` : `memref<${depth}x${columns}xi8>`;
  const y = narrows ? `memref<${rows}x${columns}xi8>` : sums;
  const plain = "affine_map<(i, j) -> (i, j)>";
  const narrowed = `linalg.generic {indexing_maps = [${plain}, ${plain}], iterator_types = ["parallel", "parallel"]} ins(%s : ${sums}) outs(%y : ${y}) {
      ^bb0(%a: i32, %o: i8):
        %c = arith.constant 9 : i32
        %h = arith.shrsi %a, %c : i32
        %n = arith.trunci %h : i32 to i8
        linalg.yield %n : i8
      }`;
  return `module {
    memref.global "private" constant @w : ${w} = dense_resource<w>
    func.func private @kernel(%x: ${x}, %w: ${w}, %y: ${y}) {
      %zero = arith.constant 0 : i32
      ${narrows ? `%s = memref.alloc() : ${sums}` : ""}
      linalg.generic {indexing_maps = [${plain}], iterator_types = ["parallel", "parallel"]} outs(${narrows ? "%s" : "%y"} : ${sums}) {
      ^bb0(%o: i32):
        linalg.yield %zero : i32
      }
      linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> ${byColumns ? "(j, k)" : "(k, j)"}>, affine_map<(i, j, k) -> (i, j)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : ${x}, ${w}) outs(${narrows ? "%s" : "%y"} : ${sums}) {
      ^bb0(%a: i8, %b: i8, %o: i32):
        %c = arith.${isUnsigned ? "extui" : "extsi"} %a : i8 to i32
        %d = arith.${isLargest ? "extui" : "extsi"} %b : i8 to i32
        %p = arith.muli %c, %d : i32
        %s0 = arith.addi %o, %p : i32
        linalg.yield %s0 : i32
      }
      ${narrows ? narrowed : ""}
      return
    }
    func.func @main(%x: ${x}, %y: ${y} {psm.result = 0 : i64}) {
      %w = memref.get_global @w : ${w}
      func.call @kernel(%x, %w, %y) : (${x}, ${w}, ${y}) -> ()
      return
    }
  }`;
}

/** Bytes from end to end, the extremes too. */
function bytes(shape: readonly number[], seed: number): NdArray {
  const count = shape.reduce((n, d) => n * d, 1);
  const values = Array.from({ length: count }, (_, k) =>
    k % 7 === 0 ? -128 : k % 11 === 0 ? 127 : ((k * seed) % 256) - 128,
  );
  return fromScalars("i8", shape, values);
}

/** The result, tiled for a CPU or not, and the names of the operations that are left. */
function run(product: Product, cpu: CpuDescription | undefined) {
  const { rows, columns, depth, byColumns, narrows, isLargest } = product;
  const context = newContext();
  const shape = byColumns ? [columns, depth] : [depth, columns];
  const given = (of: readonly number[], seed: number) => (isLargest ? filled("i8", of, -1) : bytes(of, seed));
  context.resources.add(bytesResource("w", "i8", shape, new Uint8Array(given(shape, 91).data.buffer as ArrayBuffer)));
  const module = parseModule(program(product), "kernels.mlir", context);
  if (cpu) tileContractions(cpu).run(module, context);
  expect(verify(module, context)).toEqual([]);
  const wanted = [filled(narrows ? "i8" : "i32", [rows, columns], 0)];
  const { results } = runMemrefs(module, { inputs: [given([rows, depth], 37)], states: [false], wanted }, context);
  return { result: results[0]!, names: [...module.walk()].map((op) => op.name) };
}

function tiled(product: Product, cpu: CpuDescription): readonly string[] {
  const [plain, made] = [run(product, undefined), run(product, cpu)];
  expect(sameBits(made.result, plain.result), JSON.stringify({ ...product, cpu: cpu.name })).toBe(true);
  return made.names;
}

const base: Product = { rows: 17, columns: 70, depth: 37, isUnsigned: true, byColumns: false, narrows: false };
const vnni = cpuNamed("avx512-vnni")!;
const avx2 = cpuNamed("x86-64-v3")!;

describe("sums of products of bytes", () => {
  test.each([true, false])(
    "take four positions at once where the processor does; without signs on one side: %s",
    (isUnsigned) => {
      const names = tiled({ ...base, isUnsigned }, vnni);
      expect(names).toContain("cpu.dot_bytes");
      expect(names).not.toContain("linalg.generic");
    },
  );

  test("are exact in f32 elsewhere, over panels that it holds", () => {
    const names = tiled({ ...base, depth: 1100, rows: 5, columns: 33 }, avx2);
    expect(names).toContain("vector.fma");
    expect(names).not.toContain("cpu.dot_bytes");
  });

  test("are exact of the largest bytes on both sides", () => {
    for (const cpu of [vnni, avx2]) {
      const names = tiled({ ...base, depth: 1100, rows: 5, columns: 33, isLargest: true }, cpu);
      expect(names).not.toContain("linalg.generic");
    }
  });

  test("become bytes again while a tile is at hand, and are never stored as a whole", () => {
    for (const cpu of [vnni, avx2]) {
      const names = tiled({ ...base, narrows: true }, cpu);
      expect(names.filter((name) => name === "linalg.generic")).toEqual([]);
    }
  });

  test("are exact for any size, on every CPU", () => {
    const size = (max: number) => fc.integer({ min: 1, max });
    fc.assert(
      fc.property(
        fc.record({
          rows: size(20),
          columns: size(70),
          depth: size(60),
          isUnsigned: fc.boolean(),
          byColumns: fc.boolean(),
          narrows: fc.boolean(),
        }),
        fc.constantFrom(...cpus),
        (product, cpu) => {
          tiled(product, cpu);
        },
      ),
      { numRuns: 25 },
    );
  });
});
