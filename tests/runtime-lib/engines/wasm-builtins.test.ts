/** @file The arithmetic that wasm32 calls functions for: bit for bit what the native engine computes. */

import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LoadedModel, TensorData } from "../../../runtime-lib/engines/engine.js";
import { nativeEngine } from "../../../runtime-lib/engines/native/engine.js";
import { wasmEngine } from "../../../runtime-lib/engines/wasm/engine.js";
import { makeFixture, makeRoot, sharedCache } from "./fixtures.js";

const { root, remove } = makeRoot();
let native: LoadedModel;
let wasm: LoadedModel;

beforeAll(async () => {
  const fixture = makeFixture(root, "arithmetic");
  native = await nativeEngine(sharedCache).load(fixture.variant("native"), { threads: 1 });
  wasm = await wasmEngine(sharedCache).load(fixture.variant("wasm"));
}, 120_000);

afterAll(() => {
  native?.close();
  wasm?.close();
  remove();
});

type Bits = Uint16Array | Uint32Array | BigUint64Array;

/** Compares the engines' bits, all NaNs being one. */
function same(entry: string, dtypes: readonly [from: string, to: string], inputs: readonly Bits[]): void {
  const tensors: TensorData[] = inputs.map((bits) => {
    const bytes = new Uint8Array(bits.buffer, bits.byteOffset, bits.byteLength);
    return { dtype: dtypes[0], shape: [bits.length], bytes };
  });
  const [a] = native.run(entry, tensors);
  const [b] = wasm.run(entry, tensors);
  expect(canonical(b!)).toEqual(canonical(a!));
}

function canonical(t: TensorData): readonly string[] {
  const copy = t.bytes.slice().buffer;
  if (t.dtype === "f16") return [...new Uint16Array(copy)].map((b) => ((b & 0x7fff) > 0x7c00 ? "nan" : b.toString(16)));
  if (t.dtype === "f32") return [...new Float32Array(copy)].map((x) => (Object.is(x, -0) ? "-0" : String(x)));
  if (t.dtype === "f64") return [...new Float64Array(copy)].map((x) => (Object.is(x, -0) ? "-0" : String(x)));
  return [...new BigInt64Array(copy)].map(String);
}

const anyBits32 = fc.uint32Array({ minLength: 256, maxLength: 256 });
const anyBits64 = fc.bigUint64Array({ minLength: 256, maxLength: 256 });

test("every half widens to the same float", () => {
  same("widen", ["f16", "f32"], [Uint16Array.from({ length: 65536 }, (_, k) => k)]);
});

test("floats and doubles narrow to the nearest half: around every half and every tie", () => {
  const halves = Uint16Array.from({ length: 65536 }, (_, k) => k);
  const bytes = new Uint8Array(halves.buffer);
  const wide = native.run("widen", [{ dtype: "f16", shape: [halves.length], bytes }])[0]!;
  const exact = new Float32Array(wide.bytes.slice().buffer);
  const near: number[] = [];
  exact.forEach((x, k) => {
    const tie = (x + exact[k + 1]!) / 2;
    for (const v of [x, tie])
      near.push(v, v * (1 + 2 ** -23), v * (1 - 2 ** -23), v * (1 + 2 ** -52), v * (1 - 2 ** -53));
  });
  same("narrow", ["f32", "f16"], [new Uint32Array(Float32Array.from(near).buffer)]);
  same("narrow64", ["f64", "f16"], [new BigUint64Array(Float64Array.from(near).buffer)]);
  fc.assert(fc.property(anyBits32, (x) => same("narrow", ["f32", "f16"], [x])));
  fc.assert(fc.property(anyBits64, (x) => same("narrow64", ["f64", "f16"], [x])));
});

test("remainders are exact over all exponents, signs and subnormals", () => {
  fc.assert(fc.property(anyBits64, anyBits64, (x, y) => same("remainder", ["f64", "f64"], [x, y])));
  fc.assert(fc.property(anyBits32, anyBits32, (x, y) => same("remainder32", ["f32", "f32"], [x, y])));
  const small = new BigUint64Array(Float64Array.from([1e308, -5e-324, 1.5, 7, 1e-310, 0, 3, -4]).buffer);
  const by = new BigUint64Array(Float64Array.from([5e-324, 1e-310, 0.1, -7, 3e-323, 2, 0, 1.25]).buffer);
  same("remainder", ["f64", "f64"], [small, by]);
});

test("the fused multiply-add rounds once", () => {
  fc.assert(fc.property(anyBits32, anyBits32, anyBits32, (x, y, w) => same("fused", ["f32", "f32"], [x, y, w])));
  // Sums that nearly cancel, and halfway cases of the product.
  const float = fc.float({ noNaN: true, min: -4, max: 4 });
  const lists = fc.array(fc.tuple(float, float), { minLength: 64, maxLength: 64 });
  fc.assert(
    fc.property(lists, (pairs) => {
      const x = Float32Array.from(pairs, (p) => p[0]);
      const y = Float32Array.from(pairs, (p) => p[1]);
      const w = Float32Array.from(pairs, (p) => -Math.fround(p[0] * p[1]));
      const bits = [x, y, w].map((a) => new Uint32Array(a.buffer));
      same("fused", ["f32", "f32"], bits);
    }),
  );
});

test("rounding goes away from zero, minimum ignores NaN", () => {
  fc.assert(fc.property(anyBits64, (x) => same("round", ["f64", "f64"], [x])));
  const x = new BigUint64Array(Float64Array.from([0.5, -0.5, 2.5, 0.49999999999999994, -0, 4503599627370495.5]).buffer);
  same("round", ["f64", "f64"], [x]);
  fc.assert(fc.property(anyBits32, anyBits32, (a, b) => same("least", ["f32", "f32"], [a, b])));
});

test("64-bit products overflow where they must", () => {
  const edge = fc.constantFrom(
    0n,
    1n,
    -1n,
    2n ** 31n,
    -(2n ** 31n),
    2n ** 32n,
    2n ** 63n - 1n,
    -(2n ** 63n),
    3037000500n,
  );
  const either = fc.oneof(edge, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }));
  fc.assert(
    fc.property(fc.array(fc.tuple(either, either), { minLength: 1, maxLength: 128 }), (pairs) => {
      const columns = [0, 1].map((k) => BigUint64Array.from(pairs, (p) => BigInt.asUintN(64, p[k as 0 | 1])));
      same("overflow", ["i64", "i64"], columns);
      const [z] = wasm.run(
        "overflow",
        columns.map((c) => ({ dtype: "i64", shape: [c.length], bytes: new Uint8Array(c.buffer) })),
      );
      const limit = 2n ** 63n;
      const wanted = pairs.map(([a, b]) => (a * b >= limit || a * b < -limit ? "1" : "0"));
      expect(canonical(z!)).toEqual(wanted);
    }),
  );
});
