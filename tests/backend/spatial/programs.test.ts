/** @file Graphs on the accelerator, from text to values: bit for bit what the order of additions gives. */

import { rmSync } from "node:fs";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { importMlir } from "../../../frontends/mlir/import.js";
import { CompileError } from "../../../ir/diagnostic.js";
import { interpret } from "../../../ir/interpret.js";
import { wrapData } from "../../../ir/ndarray.js";
import { newContext } from "../../../lowering/dialects.js";
import { runStages } from "../../../lowering/driver.js";
import { stagesFor } from "../../../lowering/pipeline.js";
import { pythonWith, runPython } from "../../support/python.js";
import * as p from "./programs.js";

afterAll(() => rmSync(p.folder, { recursive: true, force: true }));

function linear(m: number, k: number, n: number, element = "f32"): string {
  return `func.func public @main(%x: tensor<${m}x${k}x${element}>, %w: tensor<${k}x${n}x${element}>, %b: tensor<${n}xf32>) -> tensor<${m}x${n}xf32> {
  %0 = stablehlo.dot_general %x, %w, contracting_dims = [1] x [0] : (tensor<${m}x${k}x${element}>, tensor<${k}x${n}x${element}>) -> tensor<${m}x${n}xf32>
  %1 = stablehlo.broadcast_in_dim %b, dims = [1] : (tensor<${n}xf32>) -> tensor<${m}x${n}xf32>
  %2 = stablehlo.add %0, %1 : tensor<${m}x${n}xf32>
  return %2 : tensor<${m}x${n}xf32>
}`;
}

function withBias(c: Float32Array, bias: Float32Array): Float32Array {
  return c.map((x, i) => Math.fround(x + bias[i % bias.length]!));
}

describe("a product with a bias", () => {
  // Tails in every dimension, whole blocks, one element, several steps, more than one block of rows and columns.
  it.each([
    [5, 7, 9],
    [64, 64, 64],
    [1, 1, 1],
    [3, 100, 33],
    [130, 33, 65],
    [300, 40, 70],
  ])("of %ix%i f32 by %i columns adds in the order of k", async (m, k, n) => {
    const [x, w, b] = [p.roughNumbers(m * k, 1), p.roughNumbers(k * n, 2), p.roughNumbers(n, 3)];
    const ran = await p.runText(linear(m, k, n), [p.f32(x, m, k), p.f32(w, k, n), p.f32(b, n)]);
    expect(ran.engine).toBe("cycles");
    expect(p.numbersOf(ran.outputs[0]!)).toEqual(withBias(p.naiveProduct(x, w, m, k, n), b));
    expect(ran.counters.reduce((sum, c) => sum + (c.work?.["macs"] ?? 0), 0)).toBe(m * k * n);
  });

  it.each([
    [5, 7, 9],
    [33, 65, 40],
  ])("of %ix%i bf16 by %i columns does too", async (m, k, n) => {
    const [x, w] = [p.toBf16(p.roughNumbers(m * k, 4)), p.toBf16(p.roughNumbers(k * n, 5))];
    const b = p.roughNumbers(n, 6);
    const ran = await p.runText(linear(m, k, n, "bf16"), [p.bf16(x, m, k), p.bf16(w, k, n), p.f32(b, n)]);
    const want = withBias(p.naiveProduct(p.fromBf16(x), p.fromBf16(w), m, k, n), b);
    expect(p.numbersOf(ran.outputs[0]!)).toEqual(want);
  });

  it("has another sum where another order would round otherwise: the test can fail", () => {
    const [x, w] = [p.roughNumbers(64, 1), p.roughNumbers(64, 2)];
    const forwards = p.naiveProduct(x, w, 1, 64, 1);
    const backwards = p.naiveProduct(x.slice().reverse(), w.slice().reverse(), 1, 64, 1);
    expect(forwards).not.toEqual(backwards);
  });

  it("of any size does", { timeout: 120_000 }, async () => {
    const size = fc.integer({ min: 1, max: 70 });
    await fc.assert(
      fc.asyncProperty(size, size, size, fc.nat(1000), async (m, k, n, seed) => {
        const [x, w, b] = [p.roughNumbers(m * k, seed), p.roughNumbers(k * n, seed + 1), p.roughNumbers(n, seed + 2)];
        const ran = await p.runText(linear(m, k, n), [p.f32(x, m, k), p.f32(w, k, n), p.f32(b, n)]);
        expect(p.numbersOf(ran.outputs[0]!)).toEqual(withBias(p.naiveProduct(x, w, m, k, n), b));
      }),
      { numRuns: 12 },
    );
  });
});

describe("a product", () => {
  it("takes operands stored the other way round", async () => {
    const [m, k, n] = [37, 50, 41];
    const text = `func.func public @main(%x: tensor<${k}x${m}xf32>, %w: tensor<${n}x${k}xf32>) -> tensor<${m}x${n}xf32> {
  %0 = stablehlo.dot_general %x, %w, contracting_dims = [0] x [1] : (tensor<${k}x${m}xf32>, tensor<${n}x${k}xf32>) -> tensor<${m}x${n}xf32>
  return %0 : tensor<${m}x${n}xf32>
}`;
    const [x, w] = [p.roughNumbers(m * k, 1), p.roughNumbers(k * n, 2)];
    const ran = await p.runText(text, [p.f32(x, k, m), p.f32(w, n, k)]);
    const transposed = (a: Float32Array, rows: number, columns: number): Float32Array =>
      Float32Array.from(a, (_, i) => a[(i % rows) * columns + Math.floor(i / rows)]!);
    const want = p.naiveProduct(transposed(x, k, m), transposed(w, n, k), m, k, n);
    expect(p.numbersOf(ran.outputs[0]!)).toEqual(want);
  });

  it("with a vector is spread over all tiles", async () => {
    const text = `func.func public @main(%x: tensor<100xf32>, %w: tensor<100x90xf32>) -> tensor<90xf32> {
  %0 = stablehlo.dot_general %x, %w, contracting_dims = [0] x [0] : (tensor<100xf32>, tensor<100x90xf32>) -> tensor<90xf32>
  return %0 : tensor<90xf32>
}`;
    const [x, w] = [p.roughNumbers(100, 1), p.roughNumbers(9000, 2)];
    const ran = await p.runText(text, [p.f32(x, 100), p.f32(w, 100, 90)]);
    expect(p.numbersOf(ran.outputs[0]!)).toEqual(p.naiveProduct(x, w, 1, 100, 90));
  });

  it("of no rows is nothing, and over no k is zero", async () => {
    const none = await p.runText(linear(0, 7, 9), [
      p.f32(new Float32Array(), 0, 7),
      p.f32(p.roughNumbers(63, 1), 7, 9),
      p.f32(p.roughNumbers(9, 2), 9),
    ]);
    expect(none.outputs[0]!.bytes.length).toBe(0);
    const bias = p.roughNumbers(9, 2);
    const zero = await p.runText(linear(5, 0, 9), [
      p.f32(new Float32Array(), 5, 0),
      p.f32(new Float32Array(), 0, 9),
      p.f32(bias, 9),
    ]);
    expect(p.numbersOf(zero.outputs[0]!)).toEqual(withBias(new Float32Array(45), bias));
  });

  it("with infinities and NaN beyond its tails stays clean of them", async () => {
    // Rows of SRAM still hold the operands of earlier steps where a tail has fewer.
    const [m, k, n] = [3, 33, 5];
    const x = p.roughNumbers(m * k, 1).map((v, i) => (i % k === 0 ? Number.POSITIVE_INFINITY : v));
    const w = p.roughNumbers(k * n, 2);
    const b = p.roughNumbers(n, 3);
    const ran = await p.runText(linear(m, k, n), [p.f32(x, m, k), p.f32(w, k, n), p.f32(b, n)]);
    expect(p.numbersOf(ran.outputs[0]!)).toEqual(withBias(p.naiveProduct(x, w, m, k, n), b));
  });

  it("in batches is refused by name", async () => {
    const text = `func.func public @main(%x: tensor<2x3x4xf32>, %w: tensor<2x4x5xf32>) -> tensor<2x3x5xf32> {
  %0 = stablehlo.dot_general %x, %w, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> tensor<2x3x5xf32>
  return %0 : tensor<2x3x5xf32>
}`;
    await expect(p.exportText(text)).rejects.toThrow("is none of rows, columns and sum (a batch");
  });
});

it("gives the same bits on a grid of 64 tiles and in the wasm sandbox", { timeout: 120_000 }, async () => {
  const bundle = await p.exportText(linear(37, 50, 41), [p.tiny, p.preset("p1-64"), p.wasm32]);
  const inputs = [
    p.f32(p.roughNumbers(37 * 50, 1), 37, 50),
    p.f32(p.roughNumbers(50 * 41, 2), 50, 41),
    p.f32(p.roughNumbers(41, 3), 41),
  ];
  const [tiny, large, wasm] = [
    await p.runBundle(bundle, inputs, "p1-tiny"),
    await p.runBundle(bundle, inputs, "p1-64"),
    // The emulator is used where it is asked for: among several targets a CPU's comes first.
    await p.runBundle(bundle, inputs),
  ];
  expect([tiny.engine, large.engine, wasm.engine]).toEqual(["cycles", "cycles", "wasm"]);
  expect(large.outputs).toEqual(tiny.outputs);
  expect(wasm.outputs).toEqual(tiny.outputs);
});

describe("axes of one element", () => {
  /** `x` of `left` times `w` of `right` plus `b` of `bias`, batched and contracted as `dims` says. */
  const product = (left: string, right: string, bias: string, out: string, dims: string, along: string): string =>
    `func.func public @main(%x: tensor<${left}xf32>, %w: tensor<${right}xf32>, %b: tensor<${bias}xf32>) -> tensor<${out}xf32> {
  %0 = stablehlo.dot_general %x, %w, ${dims} : (tensor<${left}xf32>, tensor<${right}xf32>) -> tensor<${out}xf32>
  %1 = stablehlo.broadcast_in_dim %b, dims = [${along}] : (tensor<${bias}xf32>) -> tensor<${out}xf32>
  %2 = stablehlo.add %0, %1 : tensor<${out}xf32>
  return %2 : tensor<${out}xf32>
}`;
  const inner = "contracting_dims = [2] x [0]";
  const batched = "batching_dims = [0] x [0], contracting_dims = [2] x [1]";
  it.each([
    ["a leading batch of one on the left", "1x37x50", "50x41", "1x41", "1x37x41", inner, "0, 2"],
    ["a batch of one on both sides", "1x37x50", "1x50x41", "41", "1x37x41", batched, "2"],
    [
      "two batches of one and a bias of one row",
      "1x1x37x50",
      "50x41",
      "1x41",
      "1x1x37x41",
      "contracting_dims = [3] x [0]",
      "1, 3",
    ],
    ["one row in a batch of one", "1x1x50", "50x41", "1x41", "1x1x41", inner, "1, 2"],
    ["a sum of one product", "1x37x1", "1x1x41", "1x41", "1x37x41", batched, "1, 2"],
    [
      "a unit axis between the summed ones",
      "37x10x1x5",
      "10x1x5x41",
      "1x41",
      "37x41",
      "contracting_dims = [1, 2, 3] x [0, 1, 2]",
      "0, 1",
    ],
    ["real batches on one side", "3x7x50", "50x41", "1x41", "3x7x41", inner, "0, 2"],
  ] as const)("%s give the bits of the wasm sandbox", async (_, left, right, bias, out, dims, along) => {
    const bundle = await p.exportText(product(left, right, bias, out, dims, along), [p.tiny, p.wasm32]);
    const inputs = [left, right, bias].map((shape, seed) => {
      const sizes = shape.split("x").map(Number);
      const length = sizes.reduce((a, b) => a * b, 1);
      return p.f32(p.roughNumbers(length, seed + 1), ...sizes);
    });
    const [tiny, wasm] = [await p.runBundle(bundle, inputs, "p1-tiny"), await p.runBundle(bundle, inputs)];
    expect([tiny.engine, wasm.engine]).toEqual(["cycles", "wasm"]);
    expect(tiny.outputs[0]!.bytes.some((byte) => byte !== 0)).toBe(true);
    expect(tiny.outputs).toEqual(wasm.outputs);
  });

  it("of one column are added in the order of k, where a CPU adds in lanes", async () => {
    const bundle = await p.exportText(product("1x37x50", "1x50x1", "1x1", "1x37x1", batched, "0, 2"));
    const [x, w, b] = [p.roughNumbers(37 * 50, 1), p.roughNumbers(50, 2), p.roughNumbers(1, 3)];
    const ran = await p.runBundle(bundle, [p.f32(x, 1, 37, 50), p.f32(w, 1, 50, 1), p.f32(b, 1, 1)]);
    expect(p.numbersOf(ran.outputs[0]!)).toEqual(withBias(p.naiveProduct(x, w, 37, 50, 1), b));
  });

  it("are passed over in elementwise work", async () => {
    const text = `func.func public @main(%a: tensor<1x6x1x33xf32>, %b: tensor<6x1xf32>) -> tensor<6x1x1x33xf32> {
  %t = stablehlo.transpose %a, dims = [1, 0, 2, 3] : (tensor<1x6x1x33xf32>) -> tensor<6x1x1x33xf32>
  %c = stablehlo.broadcast_in_dim %b, dims = [0, 2] : (tensor<6x1xf32>) -> tensor<6x1x1x33xf32>
  %0 = stablehlo.add %t, %c : tensor<6x1x1x33xf32>
  return %0 : tensor<6x1x1x33xf32>
}`;
    const [a, b] = [p.roughNumbers(6 * 33, 1), p.roughNumbers(6, 2)];
    const ran = await p.runText(text, [p.f32(a, 1, 6, 1, 33), p.f32(b, 6, 1)]);
    expect(p.numbersOf(ran.outputs[0]!)).toEqual(a.map((x, i) => Math.fround(x + b[Math.floor(i / 33)]!)));
  });
});

const python = pythonWith("numpy");

describe.skipIf(python === undefined)("beside NumPy", () => {
  it.each(["f32", "bf16"])(
    "a %s product with tails has the bits of float32 sums in the order of k",
    async (element) => {
      const [m, k, n] = [19, 45, 37];
      const rough = [p.roughNumbers(m * k, 11), p.roughNumbers(k * n, 12), p.roughNumbers(n, 13)] as const;
      const [x, w] = [p.fromBf16(p.toBf16(rough[0])), p.fromBf16(p.toBf16(rough[1]))];
      const script = `
import numpy as np, sys
v = np.frombuffer(sys.stdin.buffer.read(), np.float32)
x, w, b = v[:${m * k}].reshape(${m}, ${k}), v[${m * k}:${m * k + k * n}].reshape(${k}, ${n}), v[${m * k + k * n}:]
c = np.zeros((${m}, ${n}), np.float32)
for i in range(${k}): c = c + x[:, i : i + 1] * w[i : i + 1]
sys.stdout.buffer.write((c + b).tobytes())
`;
      const numpy = runPython(python!, script, Buffer.concat([x, w, rough[2]].map((a) => new Uint8Array(a.buffer))));
      const inputs =
        element === "f32" ? [p.f32(x, m, k), p.f32(w, k, n)] : [p.bf16(p.toBf16(x), m, k), p.bf16(p.toBf16(w), k, n)];
      const ran = await p.runText(linear(m, k, n, element), [...inputs, p.f32(rough[2], n)]);
      expect(Buffer.from(ran.outputs[0]!.bytes)).toEqual(numpy);
    },
  );
});

describe("elementwise work", () => {
  it.each([
    ["add", (a: number, b: number) => a + b],
    ["subtract", (a: number, b: number) => a - b],
    ["multiply", (a: number, b: number) => a * b],
    ["maximum", Math.max],
    ["minimum", Math.min],
  ])("%s rounds once, keeps signs of zero, and has one NaN", async (name, compute) => {
    const special = [
      0,
      -0,
      1e-45,
      -1e-45,
      3.4e38,
      -3.4e38,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.NaN,
      1,
    ];
    const pairs = special.flatMap((a) => special.map((b) => [a, b] as const));
    const [a, b] = [Float32Array.from(pairs, (x) => x[0]), Float32Array.from(pairs, (x) => x[1])];
    const text = `func.func public @main(%a: tensor<100xf32>, %b: tensor<100xf32>) -> tensor<100xf32> {
  %0 = stablehlo.${name} %a, %b : tensor<100xf32>
  return %0 : tensor<100xf32>
}`;
    const ran = await p.runText(text, [p.f32(a, 100), p.f32(b, 100)]);
    const want = a.map((x, i) => compute(x, b[i]!));
    const got = p.numbersOf(ran.outputs[0]!);
    expect(got).toEqual(want);
    const bits = new Uint32Array(got.buffer);
    got.forEach((x, i) => {
      if (Number.isNaN(x)) expect(bits[i]).toBe(0x7fc00000);
    });
  });

  it("transposes and broadcasts by the strides of its transfers", async () => {
    const text = `func.func public @main(%a: tensor<37x70xf32>, %b: tensor<70xf32>, %s: tensor<f32>) -> tensor<70x37xf32> {
  %t = stablehlo.transpose %a, dims = [1, 0] : (tensor<37x70xf32>) -> tensor<70x37xf32>
  %c = stablehlo.broadcast_in_dim %b, dims = [0] : (tensor<70xf32>) -> tensor<70x37xf32>
  %d = stablehlo.broadcast_in_dim %s, dims = [] : (tensor<f32>) -> tensor<70x37xf32>
  %0 = stablehlo.add %t, %c : tensor<70x37xf32>
  %1 = stablehlo.multiply %0, %d : tensor<70x37xf32>
  return %1 : tensor<70x37xf32>
}`;
    const [a, b, s] = [p.roughNumbers(37 * 70, 1), p.roughNumbers(70, 2), p.roughNumbers(1, 3)];
    const ran = await p.runText(text, [p.f32(a, 37, 70), p.f32(b, 70), p.f32(s)]);
    const want = new Float32Array(70 * 37);
    for (let i = 0; i < 70; i++)
      for (let j = 0; j < 37; j++) want[i * 37 + j] = Math.fround(Math.fround(a[j * 70 + i]! + b[i]!) * s[0]!);
    expect(p.numbersOf(ran.outputs[0]!)).toEqual(want);
  });

  it("keeps constants in registers while its loops run", async () => {
    const text = `func.func public @main(%a: tensor<40x100xf32>) -> tensor<40x100xf32> {
  %z = stablehlo.constant dense<0.0> : tensor<40x100xf32>
  %h = stablehlo.constant dense<-1.5> : tensor<40x100xf32>
  %0 = stablehlo.add %a, %h : tensor<40x100xf32>
  %1 = stablehlo.maximum %0, %z : tensor<40x100xf32>
  return %1 : tensor<40x100xf32>
}`;
    const a = p.roughNumbers(4000, 1);
    const ran = await p.runText(text, [p.f32(a, 40, 100)]);
    expect(p.numbersOf(ran.outputs[0]!)).toEqual(a.map((x) => Math.max(Math.fround(x - 1.5), 0)));
    const [{ work }] = ran.counters as readonly [(typeof ran.counters)[number]];
    // An addition and a maximum for each register that is loaded, and two constants for each of four tiles.
    expect(work!["instructions.v"]).toBe(2 * work!["instructions.l"]! + 2 * 4);
  });

  it("adds bf16 numbers to nearest even", async () => {
    const text = `func.func public @main(%a: tensor<3x50xbf16>, %b: tensor<3x50xbf16>) -> tensor<3x50xbf16> {
  %0 = stablehlo.add %a, %b : tensor<3x50xbf16>
  return %0 : tensor<3x50xbf16>
}`;
    const [a, b] = [p.toBf16(p.roughNumbers(150, 1)), p.toBf16(p.roughNumbers(150, 2))];
    const ran = await p.runText(text, [p.bf16(a, 3, 50), p.bf16(b, 3, 50)]);
    const sums = p.fromBf16(a).map((x, i) => x + p.fromBf16(b)[i]!);
    const want = Uint16Array.from(new Uint32Array(sums.buffer), (bits) => (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
    expect(new Uint16Array(ran.outputs[0]!.bytes.slice().buffer)).toEqual(want);
  });

  it("computes what the interpreter computes", async () => {
    const weights = Array.from(
      { length: 33 },
      (_, i) => `[${[0, 1, 2, 3, 4, 5].map((j) => `${i - 7 * j}.3`).join(", ")}]`,
    );
    const text = `func.func public @main(%a: tensor<6x33xf32>) -> (tensor<6x33xf32>, tensor<6x6xf32>) {
  %w = stablehlo.constant dense<[${weights.join(", ")}]> : tensor<33x6xf32>
  %0 = stablehlo.multiply %a, %a : tensor<6x33xf32>
  %1 = stablehlo.dot_general %0, %w, contracting_dims = [1] x [0] : (tensor<6x33xf32>, tensor<33x6xf32>) -> tensor<6x6xf32>
  return %0, %1 : tensor<6x33xf32>, tensor<6x6xf32>
}`;
    const a = p.roughNumbers(6 * 33, 9);
    const bundle = await p.exportText(text);
    const ran = await p.runBundle(bundle, [p.f32(a, 6, 33)]);
    const context = newContext();
    const module = importMlir(bundle.replace(/\.psm$/, ""), context);
    // At graph level the interpreter sums products in doubles; as structured operations it rounds as the graph says.
    runStages(stagesFor(p.tiny), module, context, { until: "fuse" });
    const want = interpret(module, "main", [wrapData("f32", [6, 33], a)], context);
    ran.outputs.forEach((output, k) => {
      expect(want[k]).toEqual(wrapData("f32", output.shape, p.numbersOf(output)));
    });
  });
});

describe("what the accelerator cannot run", () => {
  it("is refused at once, every kernel by name, with exit 4", async () => {
    const text = `func.func public @main(%a: tensor<4x8xf32>, %i: tensor<4x8xi32>) -> (tensor<4x8xf32>, tensor<4x8xi32>, tensor<4xf32>) {
  %z = stablehlo.constant dense<0.0> : tensor<f32>
  %0 = stablehlo.exponential %a : tensor<4x8xf32>
  %1 = stablehlo.add %i, %i : tensor<4x8xi32>
  %2 = stablehlo.reduce(%a init: %z) applies stablehlo.add across dimensions = [1] : (tensor<4x8xf32>, tensor<f32>) -> tensor<4xf32>
  return %0, %1, %2 : tensor<4x8xf32>, tensor<4x8xi32>, tensor<4xf32>
}`;
    const error = await p.exportText(text).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(CompileError);
    const { diagnostics, exitCode } = error as CompileError;
    expect(exitCode).toBe(4);
    expect(diagnostics.map((d) => d.code)).toEqual(["PS4301", "PS4301", "PS4301"]);
    const all = diagnostics.map((d) => d.message).join("\n");
    expect(all).toContain("the vector unit has no math.exp");
    expect(all).toContain("it works on i32; the vector unit has f32 and bf16");
    expect(all).toContain("it reduces");
    expect(diagnostics.every((d) => d.at.kind !== "unknown")).toBe(true);
  });

  it("has sizes that only the input decides", async () => {
    const text = `func.func public @main(%a: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %0 = stablehlo.add %a, %a : tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}`;
    await expect(p.exportText(text)).rejects.toThrow("is not known before the model runs");
  });

  it("needs more SRAM than a tile has", async () => {
    const small = { ...p.tiny, name: "small", sram: { ...p.tiny.sram, bytes: 4096 } };
    const error = await p.exportText(linear(256, 32, 32), [small]).catch((e: unknown) => e);
    expect((error as CompileError).exitCode).toBe(4);
    expect((error as CompileError).diagnostics[0]).toMatchObject({ code: "PS4302" });
    expect((error as Error).message).toMatch(/needs \d+ bytes of tile SRAM; a tile of small has 4096/);
  });

  it("needs more registers, or more instruction memory, than a tile has", async () => {
    const registers = { ...p.tiny, name: "few", registers: { ...p.tiny.registers, scalar: 8 } };
    await expect(p.exportText(linear(40, 70, 40), [registers])).rejects.toThrow(/PS4304.*registers of the file s/);
    const memory = { ...p.tiny, name: "short", instructions: { ...p.tiny.instructions, bundles: 64 } };
    await expect(p.exportText(linear(40, 70, 40), [memory])).rejects.toThrow(/PS4305.*a tile of short holds 64/);
  });
});
