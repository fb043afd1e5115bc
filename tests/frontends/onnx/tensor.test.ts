/** @file Tensors: their data in one form, and sizes checked before anything is allocated. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readOnnxBytes } from "../../../frontends/onnx/read.js";
import type { OnnxModel, OnnxTensor } from "../../../frontends/onnx/records.js";
import { sparseTensorBytes } from "../../../frontends/onnx/sparse.js";
import { splatElement, tensorBytes, unpackSubByte } from "../../../frontends/onnx/tensor-data.js";
import { CompileError, DiagnosticSink } from "../../../ir/diagnostic.js";
import {
  type Bytes,
  FLOAT,
  float,
  float32s,
  graph,
  INT64,
  initializer,
  input,
  int,
  model,
  packed,
  raw,
  sub,
  tensor,
} from "./encode.js";

function read(...parts: readonly Bytes[]): OnnxModel {
  return readOnnxBytes(model(graph(input("x"), ...parts)), { file: "m.onnx" }, new DiagnosticSink());
}

function one(...args: Parameters<typeof tensor>): OnnxTensor {
  return read(initializer(...args)).graph.initializers.get(args[0])!;
}

function problem(...parts: readonly Bytes[]): string {
  try {
    read(...parts);
  } catch (error) {
    if (error instanceof CompileError) return error.message;
    throw error;
  }
  return "none";
}

const BOOL = 9;
const FLOAT16 = 10;
const INT8 = 3;
const UINT32 = 12;
const COMPLEX64 = 14;
const UINT4 = 21;
const INT4 = 22;
const INT2 = 26;
const FLOAT6 = 27;
const STRING = 8;

describe("the bytes of a tensor", () => {
  test("in a typed list are those it would have in raw_data", () => {
    const le = (...bytes: readonly number[]): Uint8Array => Uint8Array.from(bytes);
    expect(tensorBytes(one("w", FLOAT16, [2], packed(5, [0x3c00, 0xbc00])))).toEqual(le(0, 0x3c, 0, 0xbc));
    expect(tensorBytes(one("w", INT8, [3], packed(5, [-1, 255, 7])))).toEqual(le(255, 255, 7));
    expect(tensorBytes(one("w", UINT32, [1], packed(11, [0xffffffffn])))).toEqual(le(255, 255, 255, 255));
    expect(tensorBytes(one("w", INT64, [2], packed(7, [-2, 1n << 40n])))).toEqual(
      new Uint8Array(BigInt64Array.of(-2n, 1n << 40n).buffer),
    );
    expect(tensorBytes(one("w", COMPLEX64, [1], sub(4, float32s(1, -1))))).toEqual(float32s(1, -1));
    expect(tensorBytes(one("w", BOOL, [3], packed(5, [0, 2, 1])))).toEqual(le(0, 1, 1));
    expect(tensorBytes(one("w", FLOAT6, [2], packed(5, [63, 1])))).toEqual(le(63, 1));
    expect(tensorBytes(one("w", INT4, [3], packed(5, [0x8f, 0x07])))).toEqual(le(0xff, 0xf8, 7));
  });

  test("may be split into runs and single values, in order", () => {
    const list = [float(4, 1), sub(4, float32s(2, 3)), float(4, 4)];
    expect(tensorBytes(one("w", FLOAT, [4], ...list))).toEqual(float32s(1, 2, 3, 4));
  });

  test("keep the bits of signalling NaNs", () => {
    const nan = Uint8Array.of(1, 0, 0xa0, 0x7f);
    expect(tensorBytes(one("w", FLOAT, [1], sub(4, nan)))).toEqual(nan);
  });

  test("of fewer than 8 bits take one byte for each element, signed ones with their sign", () => {
    expect(tensorBytes(one("w", INT4, [3], raw(Uint8Array.of(0x8f, 0x07))))).toEqual(Uint8Array.of(0xff, 0xf8, 7));
    expect(tensorBytes(one("w", UINT4, [3], raw(Uint8Array.of(0x8f, 0x07))))).toEqual(Uint8Array.of(15, 8, 7));
    expect(tensorBytes(one("w", INT2, [4], raw(Uint8Array.of(0b11_10_01_00))))).toEqual(
      Uint8Array.of(0, 1, 0xfe, 0xff),
    );
  });

  test("unpack to what was packed, for every width", () => {
    const cases = [
      ["ui2", 2],
      ["ui4", 4],
      ["f6E2M3FN", 6],
    ] as const;
    for (const [dtype, bits] of cases) {
      fc.assert(
        fc.property(fc.array(fc.nat(2 ** bits - 1), { maxLength: 40 }), (values) => {
          const bytes = new Uint8Array(Math.ceil((values.length * bits) / 8));
          values.forEach((v, i) => {
            for (let b = 0; b < bits; b++) {
              const at = i * bits + b;
              bytes[at >> 3]! |= ((v >> b) & 1) << (at & 7);
            }
          });
          expect([...unpackSubByte(bytes, dtype, values.length)]).toEqual(values);
        }),
      );
    }
  });

  test("of one value are found to be a splat", () => {
    expect(splatElement(one("w", FLOAT, [3], raw(float32s(2, 2, 2))))).toEqual(float32s(2));
    expect(splatElement(one("w", FLOAT, [3], raw(float32s(2, 2, 3))))).toBeUndefined();
    expect(splatElement(one("w", FLOAT, [0]))).toBeUndefined();
    expect(splatElement(one("w", UINT4, [3], raw(Uint8Array.of(0x55, 0x05))))).toEqual(Uint8Array.of(5));
  });

  test("may be none at all", () => {
    expect(tensorBytes(one("w", FLOAT, [2 ** 40, 0]))).toEqual(new Uint8Array(0));
  });

  test("are no bytes for strings", () => {
    expect(one("w", STRING, [2], sub(6, "a"), sub(6, "ä")).payload).toEqual({ kind: "strings", values: ["a", "ä"] });
  });
});

describe("sizes and data that do not fit are refused before anything is allocated", () => {
  const cases: readonly (readonly [string, Bytes, string])[] = [
    [
      "a tebibyte of nothing",
      initializer("w", FLOAT, [2 ** 38]),
      "take 274877906944 values in float_data, but it has 0",
    ],
    ["a product beyond 2^53", initializer("w", FLOAT, [2 ** 30, 2 ** 30]), "are more than 2^53 bytes"],
    ["a size beyond 2^53", initializer("w", FLOAT, [2n ** 62n, 0]), "a size is beyond 2^53"],
    ["a negative size", initializer("w", FLOAT, [-1, 0]), "a size is negative"],
    ["65 dimensions", initializer("w", FLOAT, Array(65).fill(1)), "65 dimensions, at most 64"],
    ["raw data too short", initializer("w", INT64, [2], raw(new Uint8Array(8))), "take 16 bytes, but it has 8"],
    ["packed raw data too long", initializer("w", UINT4, [2], raw(new Uint8Array(2))), "take 1 bytes, but it has 2"],
    ["a list too long", initializer("w", INT8, [2], packed(5, [1, 2, 3])), "take 2 values in int32_data, but it has 3"],
    ["a list of the wrong type", initializer("w", FLOAT, [1], packed(5, [1])), "f32 values in int32_data"],
    ["two lists", initializer("w", FLOAT, [1], float(4, 1), packed(5, [1])), "in float_data and int32_data at once"],
    ["a list cut short", initializer("w", INT8, [1], sub(5, Uint8Array.of(0x80))), "int32_data is cut short"],
    ["floats cut short", initializer("w", FLOAT, [1], sub(4, Uint8Array.of(1, 2))), "float_data is cut short"],
    ["raw strings", initializer("w", STRING, [1], raw(Uint8Array.of(65))), "strings cannot be in raw_data"],
    ["strings that are not UTF-8", initializer("w", STRING, [1], sub(6, Uint8Array.of(0xc0))), "string 0 is not UTF-8"],
    ["no element type", initializer("w", 0, [1]), "element type UNDEFINED"],
    ["segments", initializer("w", FLOAT, [1], sub(3, int(1, 0))), "segments are not supported"],
    ["an unknown place", initializer("w", FLOAT, [1], int(14, 7)), "unknown data_location 7"],
  ];
  test.each(cases)("%s", (_, part, message) => {
    expect(problem(part)).toContain(message);
  });

  test("in a file of 74 bytes as in any other", () => {
    const bytes = Buffer.concat([int(1, 10), sub(8, int(2, 21)), graph(initializer("w", FLOAT, [2 ** 20, 2 ** 18]))]);
    expect(bytes.length).toBeLessThan(74);
    const before = process.memoryUsage().arrayBuffers;
    expect(() => readOnnxBytes(bytes, { file: "m" }, new DiagnosticSink())).toThrow("sizes [1048576, 262144] of f32");
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
  });
});

describe("sparse tensors", () => {
  const sparse = (values: Bytes, indices: Bytes, dims: readonly (number | bigint)[]): Bytes =>
    sub(15, sub(1, values), sub(2, indices), ...dims.map((d) => int(3, d)));
  const values = tensor("s", FLOAT, [2], raw(float32s(5, 6)));
  const linear = (...at: readonly number[]): Bytes => tensor("", INT64, [at.length], packed(7, at));

  test("are made dense by linear indices or by coordinates", () => {
    const a = read(sparse(values, linear(1, 5), [2, 3])).graph.sparseInitializers.get("s")!;
    expect(sparseTensorBytes(a)).toEqual(float32s(0, 5, 0, 0, 0, 6));
    const b = read(sparse(values, tensor("", INT64, [2, 2], packed(7, [0, 1, 1, 2])), [2, 3])).graph.sparseInitializers;
    expect(sparseTensorBytes(b.get("s")!)).toEqual(float32s(0, 5, 0, 0, 0, 6));
  });

  test("that are too large when dense are kept, and refused when asked for", () => {
    const s = read(sparse(values, linear(1, 5), [2 ** 40])).graph.sparseInitializers.get("s")!;
    expect(() => sparseTensorBytes(s)).toThrow("takes 4398046511104 bytes when dense, the limit is 1073741824");
  });

  test("have indices that ascend inside the tensor, one for each value", () => {
    expect(problem(sparse(values, linear(5, 1), [2, 3]))).toContain("index 1 does not come after the one before it");
    expect(problem(sparse(values, linear(1, 6), [2, 3]))).toContain("index 1 is outside sizes [2, 3]");
    expect(problem(sparse(values, linear(-1, 1), [2, 3]))).toContain("index 0 is outside sizes [2, 3]");
    expect(problem(sparse(values, linear(1), [2, 3]))).toContain("indices of sizes [1] for 2 values");
    expect(problem(sparse(values, tensor("", FLOAT, [2], raw(float32s(1, 2))), [2, 3]))).toContain("indices of f32");
    expect(problem(sub(15, int(3, 1)))).toContain("a sparse tensor needs values and indices");
  });
});
