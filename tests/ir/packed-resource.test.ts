/** @file Packed weights, element by element, whatever part of them is read. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { type PackedLayout, packedResource } from "../../ir/packed-resource.js";
import { bytesResource, type Resource } from "../../ir/resource.js";

function counted(shape: readonly number[], element: "f32" | "f64" = "f32"): Resource {
  const count = shape.reduce((n, d) => n * d, 1);
  const numbers = Array.from({ length: count }, (_, k) => k + 1);
  const array = element === "f32" ? Float32Array.from(numbers) : Float64Array.from(numbers);
  return bytesResource("w", element, shape, new Uint8Array(array.buffer));
}

/** What the layout says lies where, from its definition. */
function expected(source: Float32Array | Float64Array, { rows, columns, block }: PackedLayout): number[] {
  const offsets = rows.reduce<number[]>(
    (all, { size, stride }) => all.flatMap((at) => Array.from({ length: size }, (_, k) => at + k * stride)),
    [0],
  );
  const out: number[] = [];
  for (let first = 0; first < columns.size; first += block)
    for (const offset of offsets)
      for (let c = first; c < first + block; c++) out.push(c < columns.size ? source[offset + c * columns.stride]! : 0);
  return out;
}

const layoutOf = (k: number, n: number, block: number, isTransposed: boolean): PackedLayout =>
  isTransposed
    ? { rows: [{ size: k, stride: 1 }], columns: { size: n, stride: k }, block }
    : { rows: [{ size: k, stride: n }], columns: { size: n, stride: 1 }, block };

test("a matrix, also a transposed one, read in parts", () => {
  const size = fc.integer({ min: 1, max: 20 });
  fc.assert(
    fc.property(
      size,
      size,
      fc.constantFrom(1, 3, 4, 8),
      fc.boolean(),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (k, n, block, isTransposed, from, part) => {
        const source = counted([k, n]);
        const layout = layoutOf(k, n, block, isTransposed);
        const packed = packedResource(source, layout)!;
        const all = new Float32Array(packed.read(0, packed.byteLength).slice().buffer);
        expect([...all]).toEqual(expected(new Float32Array(source.read(0, source.byteLength).slice().buffer), layout));
        const offset = Math.floor(from * (packed.byteLength - 1));
        const length = Math.ceil(part * (packed.byteLength - offset));
        const whole = packed.read(0, packed.byteLength).slice(offset, offset + length);
        expect(packed.read(offset, length).slice()).toEqual(whole);
      },
    ),
  );
});

test("the filters of a convolution, of 8 bytes each element", () => {
  const source = counted([5, 2, 3, 3], "f64");
  const rows = [
    { size: 3, stride: 3 },
    { size: 3, stride: 1 },
    { size: 2, stride: 9 },
  ];
  const layout = { rows, columns: { size: 5, stride: 18 }, block: 4 };
  const packed = packedResource(source, layout)!;
  const all = new Float64Array(packed.read(0, packed.byteLength).slice().buffer);
  expect([...all]).toEqual(expected(new Float64Array(source.read(0, source.byteLength).slice().buffer), layout));
  expect(packed.shape).toEqual([2, 18, 4]);
});

test("columns that are neither side by side nor outermost are not packed", () => {
  const rows = [
    { size: 2, stride: 12 },
    { size: 3, stride: 1 },
  ];
  expect(packedResource(counted([2, 4, 3]), { rows, columns: { size: 4, stride: 3 }, block: 2 })).toBeUndefined();
});

test("a source whose bytes begin between words", () => {
  const bytes = new Uint8Array(4 * 4 + 1);
  bytes.set(new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer), 1);
  const source = bytesResource("w", "f32", [2, 2], bytes.subarray(1));
  const packed = packedResource(source, layoutOf(2, 2, 2, true))!;
  expect([...new Float32Array(packed.read(0, 16).slice().buffer)]).toEqual([1, 3, 2, 4]);
});

test("a matrix of 16-bit numbers", () => {
  const numbers = Uint16Array.from({ length: 5 * 7 }, (_, k) => k + 1);
  const source = bytesResource("w", "bf16", [5, 7], new Uint8Array(numbers.buffer));
  for (const layout of [layoutOf(5, 7, 4, false), layoutOf(7, 5, 4, true)]) {
    const packed = packedResource(source, layout)!;
    const all = new Uint16Array(packed.read(0, packed.byteLength).slice().buffer);
    expect([...all]).toEqual(expected(Float32Array.from(numbers), layout));
  }
});
