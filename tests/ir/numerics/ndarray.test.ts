/** @file Reference tensors: storage, bytes, data movement and comparison. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { elementFacts, elementTypes } from "../../../ir/element.js";
import {
  eachIndex,
  emptyArray,
  filled,
  flatIndex,
  fromBytes,
  fromScalars,
  getScalar,
  mapElements,
  type NdArray,
  setScalar,
  sizeOf,
  stridesOf,
  tabulate,
  toBytes,
  wrapData,
} from "../../../ir/ndarray.js";
import { maxRelativeError, sameBits } from "../../../ir/ndarray-compare.js";
import {
  broadcast,
  concatArrays,
  gatherView,
  insertBlock,
  reshape,
  reverse,
  slice,
  transpose,
} from "../../../ir/ndarray-layout.js";
import { numericsOf } from "../../../ir/scalar.js";

const f32 = (shape: readonly number[], values: readonly number[]): NdArray => fromScalars("f32", shape, values);
const iota = (shape: readonly number[]): NdArray => tabulate("i32", shape, (index) => flatIndex(shape, index));
const list = (a: NdArray): (number | bigint)[] => [...a.data];
const bytesOf = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe("reference tensors", () => {
  it("are row-major", () => {
    expect(stridesOf([2, 3, 4])).toEqual([12, 4, 1]);
    expect(flatIndex([2, 3, 4], [1, 2, 3])).toBe(23);
    expect([...eachIndex([2, 2])].length).toBe(4);
    const seen: string[] = [];
    for (const index of eachIndex([2, 1, 2])) seen.push(index.join());
    expect(seen).toEqual(["0,0,0", "0,0,1", "1,0,0", "1,0,1"]);
  });

  it("have one entry at rank 0 and none where an extent is 0", () => {
    expect(sizeOf([])).toBe(1);
    expect([...eachIndex([])].length).toBe(1);
    expect([...eachIndex([3, 0])].length).toBe(0);
    expect(emptyArray("i8", [3, 0]).data.length).toBe(0);
  });

  it("keep and return every element's scalars", () => {
    for (const element of elementTypes) {
      const { one, zero } = numericsOf(element);
      const a = fromScalars(element, [3], [one, zero, one]);
      expect(
        [0, 1, 2].map((i) => getScalar(a, i)),
        element,
      ).toEqual([one, zero, one]);
      expect(sameBits(filled(element, [2], one), fromScalars(element, [2], [one, one])), element).toBe(true);
    }
  });

  it("refuse the wrong number of entries, bytes or storage", () => {
    expect(() => f32([2], [1])).toThrow("shape [2] has 2 entries, got 1");
    expect(() => fromBytes("f16", [2], new Uint8Array(3))).toThrow("tensor<2xf16> takes 4 bytes, got 3");
    expect(() => wrapData("f32", [2], new Float64Array(2))).toThrow("needs 2 of Float32Array, got 2 of Float64Array");
  });

  it("map over operands of the shape and over scalars", () => {
    const n = numericsOf("f32");
    const a = f32([2, 2], [1, 2, 3, 4]);
    expect(list(mapElements("f32", [2, 2], [a], n.neg))).toEqual([-1, -2, -3, -4]);
    expect(list(mapElements("f32", [2, 2], [a, f32([], [10])], n.add))).toEqual([11, 12, 13, 14]);
    const select = mapElements("f32", [2, 2], [a, a, f32([], [0])], (x, y, z) => n.add(n.mul(x, y), z));
    expect(list(select)).toEqual([1, 4, 9, 16]);
    expect(list(mapElements("i1", [2, 2], [a, f32([], [2])], (x, y) => (n.gt(x, y) ? 1 : 0)))).toEqual([0, 0, 1, 1]);
    expect(() => mapElements("f32", [2, 2], [f32([2], [1, 2])], n.neg)).toThrow("operand of shape [2]");
  });

  it("hold complex numbers as pairs", () => {
    const a = tabulate("complex<f32>", [2], ([i]) => ({ re: i!, im: 0.5 }));
    expect(list(a)).toEqual([0, 0.5, 1, 0.5]);
    const n = numericsOf("complex<f32>");
    expect(list(mapElements("complex<f32>", [2], [a, a], n.mul))).toEqual([-0.25, 0, 0.75, 1]);
  });
});

describe("bytes of tensors", () => {
  it("are little-endian, one byte for sub-byte entries and booleans", () => {
    expect(toBytes(f32([1], [1]))).toEqual(bytesOf(0, 0, 0x80, 0x3f));
    expect(toBytes(fromScalars("bf16", [2], [1, -2]))).toEqual(bytesOf(0x80, 0x3f, 0, 0xc0));
    expect(toBytes(fromScalars("i4", [2], [-1, 7]))).toEqual(bytesOf(0xff, 7));
    expect(list(fromBytes("i4", [3], bytesOf(0x0f, 0xff, 7)))).toEqual([-1, -1, 7]);
    expect(list(fromBytes("ui4", [2], bytesOf(0x0f, 0xff)))).toEqual([15, 15]);
    expect(list(fromBytes("f4E2M1FN", [2], bytesOf(0xff, 0x02)))).toEqual([-6, 1]);
    expect(toBytes(fromScalars("index", [1], [-2]))).toEqual(bytesOf(0xfe, 255, 255, 255, 255, 255, 255, 255));
    expect(list(fromBytes("i1", [2], bytesOf(0, 1)))).toEqual([0, 1]);
  });

  it("come back as they went, for every element", () => {
    for (const element of elementTypes) {
      const { storageBytes, bits } = elementFacts[element];
      const n = numericsOf(element);
      fc.assert(
        fc.property(fc.array(fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }), { maxLength: 6 }), (patterns) => {
          const narrow = element === "index" ? patterns.map((p) => BigInt.asUintN(50, p)) : patterns;
          const a = fromScalars(
            element,
            [patterns.length],
            narrow.map((p) => n.fromBits(BigInt.asUintN(bits, p))),
          );
          const bytes = toBytes(a);
          expect(bytes.length).toBe(patterns.length * storageBytes);
          expect(sameBits(fromBytes(element, a.shape, bytes.slice()), a), element).toBe(true);
          const unaligned = new Uint8Array(bytes.length + 1);
          unaligned.set(bytes, 1);
          expect(sameBits(fromBytes(element, a.shape, unaligned.subarray(1)), a), `${element} unaligned`).toBe(true);
        }),
        { numRuns: 30 },
      );
    }
  });

  it("are shared where layout and alignment allow", () => {
    const bytes = new Uint8Array(16);
    const a = fromBytes("i64", [2], bytes);
    bytes[8] = 5;
    expect(list(a)).toEqual([0n, 5n]);
    expect(toBytes(a).buffer).toBe(bytes.buffer);
  });

  it("keep NaN payloads of wide floats", () => {
    const bytes = bytesOf(1, 2, 0xc3, 0xff);
    expect(toBytes(fromBytes("f32", [1], bytes))).toEqual(bytes);
  });
});

describe("data movement", () => {
  const a = iota([2, 3]);

  it("transposes", () => {
    expect(list(transpose(a, [1, 0]))).toEqual([0, 3, 1, 4, 2, 5]);
    const b = iota([2, 3, 4]);
    const t = transpose(b, [2, 0, 1]);
    expect(t.shape).toEqual([4, 2, 3]);
    for (const [i, j, k] of eachIndex([2, 3, 4])) {
      expect(t.data[flatIndex(t.shape, [k!, i!, j!])]).toBe(b.data[flatIndex(b.shape, [i!, j!, k!])]);
    }
  });

  it("slices with steps", () => {
    expect(list(slice(a, [0, 1], [2, 3]))).toEqual([1, 2, 4, 5]);
    const b = slice(iota([7]), [1], [7], [3]);
    expect([b.shape, list(b)]).toEqual([[2], [1, 4]]);
    expect(slice(a, [1, 2], [1, 3]).shape).toEqual([0, 1]);
  });

  it("broadcasts along named axes and repeats extents of 1", () => {
    expect(list(broadcast(iota([2]), [2, 2], [0]))).toEqual([0, 0, 1, 1]);
    expect(list(broadcast(iota([2]), [2, 2], [1]))).toEqual([0, 1, 0, 1]);
    expect(list(broadcast(iota([1, 2]), [3, 2], [0, 1]))).toEqual([0, 1, 0, 1, 0, 1]);
    expect(list(broadcast(f32([], [7]), [2], []))).toEqual([7, 7]);
  });

  it("reverses, reshapes and gathers through a view", () => {
    expect(list(reverse(a, [1]))).toEqual([2, 1, 0, 5, 4, 3]);
    expect(list(reverse(a, [0, 1]))).toEqual([5, 4, 3, 2, 1, 0]);
    expect(reshape(a, [3, 2]).data).toBe(a.data);
    expect(() => reshape(a, [4])).toThrow("cannot reshape [2, 3] to [4]");
    expect(list(gatherView(a, [2], { offset: 1, strides: [3] }))).toEqual([1, 4]);
  });

  it("concatenates along any axis, empty pieces too", () => {
    expect(list(concatArrays([a, iota([1, 3])], 0))).toEqual([0, 1, 2, 3, 4, 5, 0, 1, 2]);
    expect(list(concatArrays([a, iota([2, 0]), iota([2, 1])], 1))).toEqual([0, 1, 2, 0, 3, 4, 5, 1]);
    expect(() => concatArrays([a, iota([3, 3])], 1)).toThrow("cannot concatenate [3, 3] to [2, 3] along axis 1");
    expect(() => concatArrays([], 0)).toThrow("nothing");
  });

  it("inserts a block into a copy", () => {
    const b = insertBlock(a, fromScalars("i32", [1, 2], [8, 9]), [1, 1]);
    expect([list(b), list(a)]).toEqual([
      [0, 1, 2, 3, 8, 9],
      [0, 1, 2, 3, 4, 5],
    ]);
  });

  it("moves both parts of complex entries", () => {
    const c = tabulate("complex<f64>", [2, 2], ([i, j]) => ({ re: i!, im: j! }));
    expect(list(transpose(c, [1, 0]))).toEqual([0, 0, 1, 0, 0, 1, 1, 1]);
    expect(list(reverse(c, [0]))).toEqual([1, 0, 1, 1, 0, 0, 0, 1]);
  });
});

describe("comparison", () => {
  it("of bits tells the zeros apart and takes all NaNs for one", () => {
    expect(sameBits(f32([1], [0]), f32([1], [-0]))).toBe(false);
    expect(sameBits(f32([1], [Number.NaN]), f32([1], [Number.NaN]))).toBe(true);
    expect(sameBits(f32([1], [1]), fromScalars("f64", [1], [1]))).toBe(false);
    expect(sameBits(f32([1], [1]), f32([1, 1], [1]))).toBe(false);
  });

  it("of values is max |a - b| over max |b|", () => {
    expect(maxRelativeError(f32([2], [1, 4.5]), f32([2], [1.25, 4]))).toBe(0.5 / 4);
    expect(maxRelativeError(f32([2], [0, 0]), f32([2], [0, -0]))).toBe(0);
    expect(maxRelativeError(f32([1], [1]), f32([1], [0]))).toBe(Number.POSITIVE_INFINITY);
    expect(maxRelativeError(fromScalars("i64", [1], [5n]), fromScalars("i64", [1], [4n]))).toBe(0.25);
    expect(maxRelativeError(f32([0], []), f32([0], []))).toBe(0);
  });

  it("of values wants NaNs and infinities in the same places", () => {
    const [nan, inf] = [Number.NaN, Number.POSITIVE_INFINITY];
    expect(maxRelativeError(f32([3], [nan, inf, 1]), f32([3], [nan, inf, 1]))).toBe(0);
    for (const [x, y] of [
      [nan, 1],
      [1, nan],
      [inf, 1],
      [1, inf],
      [inf, -inf],
      [nan, inf],
    ] as const) {
      expect(maxRelativeError(f32([2], [x, 1]), f32([2], [y, 1])), `${x} ${y}`).toBe(inf);
    }
    expect(() => maxRelativeError(f32([1], [1]), f32([2], [1, 1]))).toThrow("cannot be compared");
  });
});

it("setScalar writes in place", () => {
  const a = emptyArray("ui64", [2]);
  setScalar(a, 1, 2n ** 64n - 1n);
  expect(list(a)).toEqual([0n, 2n ** 64n - 1n]);
});
