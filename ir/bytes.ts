/**
 * @file Scalars as bytes in memory, little-endian, as compiled code lays them out: floats by their bit pattern, `i1` and
 * sub-byte integers one to a byte, `index` as eight bytes.
 */

import { type ElementType, elementFacts, partOf } from "./element.js";
import { decodeFloat, encodeFloat } from "./float-format.js";
import { indexNumerics } from "./numerics/integer.js";
import { numericsOf, type Scalar } from "./scalar.js";

/** Reads and writes one element at a byte offset; the view throws where that is outside. */
export interface Cell {
  readonly bytes: number;
  read(view: DataView, offset: number): Scalar;
  write(view: DataView, offset: number, value: Scalar): void;
}

const number = (
  bytes: number,
  read: (v: DataView, at: number) => number,
  write: (v: DataView, at: number, x: number) => void,
): Cell => ({
  bytes,
  read,
  write: (view, offset, value) => write(view, offset, value as number),
});

const simple: { readonly [E in ElementType]?: Cell } = {
  f64: number(
    8,
    (v, at) => v.getFloat64(at, true),
    (v, at, x) => v.setFloat64(at, x, true),
  ),
  f32: number(
    4,
    (v, at) => v.getFloat32(at, true),
    (v, at, x) => v.setFloat32(at, x, true),
  ),
  i8: number(
    1,
    (v, at) => v.getInt8(at),
    (v, at, x) => v.setInt8(at, x),
  ),
  i16: number(
    2,
    (v, at) => v.getInt16(at, true),
    (v, at, x) => v.setInt16(at, x, true),
  ),
  i32: number(
    4,
    (v, at) => v.getInt32(at, true),
    (v, at, x) => v.setInt32(at, x, true),
  ),
  i1: number(
    1,
    (v, at) => v.getUint8(at) & 1,
    (v, at, x) => v.setUint8(at, x),
  ),
  i64: {
    bytes: 8,
    read: (view, offset) => view.getBigInt64(offset, true),
    write: (view, offset, value) => view.setBigInt64(offset, value as bigint, true),
  },
  index: {
    bytes: 8,
    read: (view, offset) => indexNumerics.fromBits(view.getBigInt64(offset, true)),
    write: (view, offset, value) => view.setBigInt64(offset, BigInt(value as number), true),
  },
};

function makeCell(element: ElementType): Cell {
  const { kind, storageBytes: bytes } = elementFacts[element];
  if (kind === "complex") return complexCell(element);
  const { fromBits, toBits } = numericsOf(element);
  if (kind === "float") {
    const name = element as Parameters<typeof encodeFloat>[0];
    return bytes === 2
      ? number(
          2,
          (v, at) => decodeFloat(name, v.getUint16(at, true)),
          (v, at, x) => v.setUint16(at, encodeFloat(name, x), true),
        )
      : number(
          1,
          (v, at) => decodeFloat(name, v.getUint8(at)),
          (v, at, x) => v.setUint8(at, encodeFloat(name, x)),
        );
  }
  return {
    bytes,
    read: (view, offset) => fromBits(readBits(view, offset, bytes)),
    write: (view, offset, value) => writeBits(view, offset, bytes, toBits(value)),
  };
}

function complexCell(element: ElementType): Cell {
  const part = cellOf(partOf(element));
  return {
    bytes: 2 * part.bytes,
    read: (view, offset) => ({
      re: part.read(view, offset) as number,
      im: part.read(view, offset + part.bytes) as number,
    }),
    write(view, offset, value) {
      const { re, im } = value as { re: number; im: number };
      part.write(view, offset, re);
      part.write(view, offset + part.bytes, im);
    },
  };
}

/** `bytes` bytes as an unsigned number. */
export function readBits(view: DataView, offset: number, bytes: number): bigint {
  let bits = 0n;
  for (let i = bytes - 1; i >= 0; i--) bits = (bits << 8n) | BigInt(view.getUint8(offset + i));
  return bits;
}

export function writeBits(view: DataView, offset: number, bytes: number, bits: bigint): void {
  for (let i = 0; i < bytes; i++) view.setUint8(offset + i, Number((bits >> BigInt(8 * i)) & 0xffn));
}

const cells = new Map<ElementType, Cell>();

/** How an element lies in memory. */
export function cellOf(element: ElementType): Cell {
  let cell = cells.get(element);
  if (!cell) {
    cell = simple[element] ?? makeCell(element);
    cells.set(element, cell);
  }
  return cell;
}
