/**
 * @file The element types' codes in the C ABI: DLPack's type code times 256 plus the bits (psm_abi.h names them PSM_F32 …).
 * Invariant: one code per name of `bundle/dtype.ts` and back; a test compares the table with psm_abi.h.
 */

import { dtypeNames } from "../bundle/dtype.js";

const codes: Readonly<Record<string, number>> = {
  i2: 0x0002,
  i4: 0x0004,
  i8: 0x0008,
  i16: 0x0010,
  i32: 0x0020,
  i64: 0x0040,
  ui2: 0x0102,
  ui4: 0x0104,
  ui8: 0x0108,
  ui16: 0x0110,
  ui32: 0x0120,
  ui64: 0x0140,
  f16: 0x0210,
  f32: 0x0220,
  f64: 0x0240,
  bf16: 0x0410,
  "complex<f32>": 0x0540,
  "complex<f64>": 0x0580,
  i1: 0x0608,
  f8E3M4: 0x0708,
  f8E4M3: 0x0808,
  f8E4M3B11FNUZ: 0x0908,
  f8E4M3FN: 0x0a08,
  f8E4M3FNUZ: 0x0b08,
  f8E5M2: 0x0c08,
  f8E5M2FNUZ: 0x0d08,
  f8E8M0FNU: 0x0e08,
  f6E2M3FN: 0x0f06,
  f6E3M2FN: 0x1006,
  f4E2M1FN: 0x1104,
};

const names: ReadonlyMap<number, string> = new Map(dtypeNames.map((name) => [dtypeCode(name), name]));

/** The code of a dtype name. Throws an `Error` for a name that `bundle/dtype.ts` does not have. */
export function dtypeCode(name: string): number {
  const code = codes[name];
  if (code === undefined) throw new Error(`no dtype code for '${name}'`);
  return code;
}

export function dtypeOfCode(code: number): string {
  const name = names.get(code);
  if (name === undefined) throw new Error(`no dtype has the code ${code}`);
  return name;
}

/** The name of the code in C: "PSM_COMPLEX_F32". */
export function dtypeConstant(name: string): string {
  const flat = name.replace("<", "_").replace(">", "");
  return `PSM_${flat.toUpperCase()}`;
}
