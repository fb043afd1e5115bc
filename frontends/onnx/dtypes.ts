/**
 * @file ONNX's element types: their names in this project, their sizes, and the typed field that may hold their values.
 * Source: `TensorProto.DataType` and the comments on `float_data` to `uint64_data` in onnx-ml.proto (ONNX 1.23).
 */

import { dataTypeNames } from "./generated/onnx.js";

/** The typed lists of a `TensorProto`. */
export type DataField = "float" | "double" | "int32" | "int64" | "uint64";

export interface ElementType {
  /** Bits of one element; complex numbers count both parts. 0 for strings. */
  readonly bits: number;
  /** Elements of fewer than 8 bits that are signed integers. */
  readonly signed?: boolean;
  /** Where values are when they are not in `raw_data`. */
  readonly field: DataField | "string";
}

/** By the names every part of the project uses: MLIR's, with `ui` for unsigned integers and `string`. */
const table = {
  f32: { onnx: 1, bits: 32, field: "float" },
  ui8: { onnx: 2, bits: 8, field: "int32" },
  i8: { onnx: 3, bits: 8, field: "int32" },
  ui16: { onnx: 4, bits: 16, field: "int32" },
  i16: { onnx: 5, bits: 16, field: "int32" },
  i32: { onnx: 6, bits: 32, field: "int32" },
  i64: { onnx: 7, bits: 64, field: "int64" },
  string: { onnx: 8, bits: 0, field: "string" },
  i1: { onnx: 9, bits: 8, field: "int32" },
  f16: { onnx: 10, bits: 16, field: "int32" },
  f64: { onnx: 11, bits: 64, field: "double" },
  ui32: { onnx: 12, bits: 32, field: "uint64" },
  ui64: { onnx: 13, bits: 64, field: "uint64" },
  "complex<f32>": { onnx: 14, bits: 64, field: "float" },
  "complex<f64>": { onnx: 15, bits: 128, field: "double" },
  bf16: { onnx: 16, bits: 16, field: "int32" },
  f8E4M3FN: { onnx: 17, bits: 8, field: "int32" },
  f8E4M3FNUZ: { onnx: 18, bits: 8, field: "int32" },
  f8E5M2: { onnx: 19, bits: 8, field: "int32" },
  f8E5M2FNUZ: { onnx: 20, bits: 8, field: "int32" },
  ui4: { onnx: 21, bits: 4, field: "int32" },
  i4: { onnx: 22, bits: 4, signed: true, field: "int32" },
  f4E2M1FN: { onnx: 23, bits: 4, field: "int32" },
  f8E8M0FNU: { onnx: 24, bits: 8, field: "int32" },
  ui2: { onnx: 25, bits: 2, field: "int32" },
  i2: { onnx: 26, bits: 2, signed: true, field: "int32" },
  f6E2M3FN: { onnx: 27, bits: 6, field: "int32" },
  f6E3M2FN: { onnx: 28, bits: 6, field: "int32" },
} as const satisfies Record<string, ElementType & { readonly onnx: number }>;

/** An element type by its name; `i1` is ONNX's BOOL. */
export type OnnxDtype = keyof typeof table;

const byNumber: ReadonlyMap<number, OnnxDtype> = new Map(
  Object.entries(table).map(([name, row]) => [row.onnx, name as OnnxDtype]),
);

export function elementType(dtype: OnnxDtype): ElementType {
  return table[dtype];
}

/** The element type with that `TensorProto.DataType` number; `undefined` for 0 and for numbers ONNX 1.23 does not know. */
export function dtypeOf(onnx: number): OnnxDtype | undefined {
  return byNumber.get(onnx);
}

/** The `TensorProto.DataType` number, as the attributes `to` and `dtype` of nodes hold it. */
export function onnxDataType(dtype: OnnxDtype): number {
  return table[dtype].onnx;
}

/** A `TensorProto.DataType` number for messages: `FLOAT`, `99 (unknown)`. */
export function describeDataType(onnx: number): string {
  return dataTypeNames.get(onnx) ?? `${onnx} (unknown)`;
}

/** Bytes of `elements` values where they are dense in a file: types of fewer than 8 bits are packed. */
export function packedBytes(dtype: OnnxDtype, elements: number): number {
  const { bits } = table[dtype];
  if (bits >= 8) return elements * (bits / 8);
  // Exact also where elements * bits is beyond 2^53.
  const perGroup = bits === 6 ? 4 : 8 / bits;
  const groupBytes = bits === 6 ? 3 : 1;
  const rest = elements % perGroup;
  return Math.floor(elements / perGroup) * groupBytes + Math.ceil((rest * bits) / 8);
}

/** Bytes of `elements` values as programs hold them: types of fewer than 8 bits take a byte each. */
export function denseBytes(dtype: OnnxDtype, elements: number): number {
  return elements * Math.max(1, table[dtype].bits / 8);
}
