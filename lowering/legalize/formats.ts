/** @file The two float formats that expansions compute in, and what is known of their bits. */

import { floatFormats } from "../../ir/float-format.js";

export type FloatName = "f32" | "f64";

export interface Format {
  readonly name: FloatName;
  /** Width of the float, and of the integers beside it. */
  readonly bits: 32 | 64;
  /** Stored bits of the significand. */
  readonly mantissaBits: number;
  readonly bias: number;
  readonly minNormal: number;
  readonly signBit: bigint;
  readonly infinityBits: bigint;
  /** 1.5 times the number whose last bit is worth 1: added to a smaller number it rounds that to an integer, to nearest even. */
  readonly anchor: number;
  readonly anchorBits: bigint;
}

function format(name: FloatName): Format {
  const { bits, mantissaBits, bias, exponentBits } = floatFormats[name];
  const one = BigInt(bias) << BigInt(mantissaBits);
  return {
    name,
    bits: bits as 32 | 64,
    mantissaBits,
    bias,
    minNormal: 2 ** (1 - bias),
    signBit: 1n << BigInt(bits - 1),
    infinityBits: (2n ** BigInt(exponentBits) - 1n) << BigInt(mantissaBits),
    anchor: 1.5 * 2 ** mantissaBits,
    anchorBits: one + (BigInt(mantissaBits) << BigInt(mantissaBits)) + (1n << BigInt(mantissaBits - 1)),
  };
}

export const formats: Readonly<Record<FloatName, Format>> = { f32: format("f32"), f64: format("f64") };
