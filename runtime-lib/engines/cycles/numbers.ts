/** @file bf16 as bits: rounding to nearest even, NaN canonical, subnormals kept. */

const scratch = new DataView(new ArrayBuffer(4));

/** The number that 16 bits stand for. */
export function readBf16(bits: number): number {
  scratch.setUint32(0, bits * 65536);
  return scratch.getFloat32(0);
}

/** The bf16 nearest to an f32 number. */
export function bf16Bits(value: number): number {
  if (Number.isNaN(value)) return 0x7fc0;
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}
