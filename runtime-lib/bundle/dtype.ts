/**
 * @file The element types of the runtime: their names in manifests, their sizes in memory, and what safetensors calls them.
 * In memory every element takes whole bytes (types narrower than a byte one each); a type that safetensors has no name
 * for is stored as plain bytes there, under a note in the file's metadata.
 */

export interface Dtype {
  /** Name as in MLIR: "f32", "ui8", "complex<f32>". */
  readonly name: string;
  /** Bits of the number itself. */
  readonly bits: number;
  /** Bytes of an element in memory and in weights. */
  readonly bytes: number;
  /** Safetensors' name of the same elements in the same bytes. */
  readonly safetensors?: string;
}

const rows: readonly (readonly [name: string, bits: number, safetensors?: string])[] = [
  ["f64", 64, "F64"],
  ["f32", 32, "F32"],
  ["f16", 16, "F16"],
  ["bf16", 16, "BF16"],
  ["f8E4M3FN", 8, "F8_E4M3"],
  ["f8E5M2", 8, "F8_E5M2"],
  ["f8E8M0FNU", 8, "F8_E8M0"],
  ["f8E4M3FNUZ", 8],
  ["f8E5M2FNUZ", 8],
  ["f8E4M3B11FNUZ", 8],
  ["f8E4M3", 8],
  ["f8E3M4", 8],
  ["f6E2M3FN", 6],
  ["f6E3M2FN", 6],
  ["f4E2M1FN", 4],
  ["i1", 1, "BOOL"],
  ["i2", 2],
  ["i4", 4],
  ["i8", 8, "I8"],
  ["i16", 16, "I16"],
  ["i32", 32, "I32"],
  ["i64", 64, "I64"],
  ["ui2", 2],
  ["ui4", 4],
  ["ui8", 8, "U8"],
  ["ui16", 16, "U16"],
  ["ui32", 32, "U32"],
  ["ui64", 64, "U64"],
  ["complex<f32>", 64, "C64"],
  ["complex<f64>", 128],
];

const dtypes: ReadonlyMap<string, Dtype> = new Map(
  rows.map(([name, bits, safetensors]) => {
    const bytes = Math.ceil(bits / 8);
    return [name, safetensors === undefined ? { name, bits, bytes } : { name, bits, bytes, safetensors }];
  }),
);

/** Every dtype name, in the order of the table. */
export const dtypeNames: readonly string[] = [...dtypes.keys()];

export function findDtype(name: string): Dtype | undefined {
  return dtypes.get(name);
}

/** The product of `sizes`, or undefined where it leaves 53 bits or a size is no size. */
export function checkedProduct(sizes: readonly number[]): number | undefined {
  let product = 1;
  for (const size of sizes) {
    if (!Number.isSafeInteger(size) || size < 0) return undefined;
    product *= size;
    if (!Number.isSafeInteger(product)) return undefined;
  }
  return product;
}
