/** @file Element types as torch.export numbers them. Source: `ScalarType` in torch/_export/serde/schema.yaml (PyTorch 2.13). */

import type { ElementType } from "../../ir/element.js";

const table: Readonly<Record<number, { readonly name: string; readonly element?: ElementType }>> = {
  0: { name: "unknown" },
  1: { name: "uint8", element: "ui8" },
  2: { name: "int8", element: "i8" },
  3: { name: "int16", element: "i16" },
  4: { name: "int32", element: "i32" },
  5: { name: "int64", element: "i64" },
  6: { name: "float16", element: "f16" },
  7: { name: "float32", element: "f32" },
  8: { name: "float64", element: "f64" },
  9: { name: "complex32" },
  10: { name: "complex64", element: "complex<f32>" },
  11: { name: "complex128", element: "complex<f64>" },
  12: { name: "bool", element: "i1" },
  13: { name: "bfloat16", element: "bf16" },
  28: { name: "uint16", element: "ui16" },
  29: { name: "float8_e4m3fn", element: "f8E4M3FN" },
  30: { name: "float8_e5m2", element: "f8E5M2" },
  31: { name: "float8_e4m3fnuz", element: "f8E4M3FNUZ" },
  32: { name: "float8_e5m2fnuz", element: "f8E5M2FNUZ" },
  33: { name: "float8_e8m0fnu", element: "f8E8M0FNU" },
  34: { name: "uint32", element: "ui32" },
  35: { name: "uint64", element: "ui64" },
};

/** The element type with this number; `undefined` for those that programs cannot have. */
export function elementOfDtype(number: number): ElementType | undefined {
  return table[number]?.element;
}

/** `torch.float32`, or the number where there is none of it. */
export function dtypeName(number: number): string {
  const name = table[number]?.name;
  return name === undefined ? `number ${number}` : `torch.${name}`;
}

/** PyTorch's name for an element type. */
export function torchName(element: ElementType): string {
  const row = Object.values(table).find((r) => r.element === element);
  return row === undefined ? element : `torch.${row.name}`;
}
