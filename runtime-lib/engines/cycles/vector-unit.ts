/**
 * @file What the vector unit computes, lane by lane, on registers as bits: sums, differences and products rounded to f32,
 * NaN canonical, subnormals kept.
 */

import { bf16Bits, readBf16 } from "./numbers.js";

const canonicalNan = 0x7fc00000;

/** A view of a register's lanes as bits and as numbers. */
export interface Lanes {
  readonly bits: Uint32Array;
  readonly numbers: Float32Array;
}

type Binary = (a: number, b: number) => number;

/** JavaScript's doubles hold the exact sum, difference or product closely enough that rounding twice is rounding once. */
const binary: Readonly<Record<string, Binary>> = {
  "v.add": (a, b) => a + b,
  "v.sub": (a, b) => a - b,
  "v.mul": (a, b) => a * b,
  "v.max": Math.max,
  "v.min": Math.min,
};

export function isBinary(name: string): boolean {
  return name in binary;
}

export function runBinary(name: string, result: Lanes, a: Lanes, b: Lanes): void {
  const compute = binary[name]!;
  for (let i = 0; i < result.bits.length; i++) {
    const value = compute(a.numbers[i]!, b.numbers[i]!);
    if (Number.isNaN(value)) result.bits[i] = canonicalNan;
    else result.numbers[i] = value;
  }
}

/** bf16 numbers packed in the lower half, one per lane as f32. */
export function widen(result: Lanes, a: Lanes): void {
  for (let i = 0; i < result.bits.length; i++) {
    const half = (a.bits[i >> 1]! >>> ((i & 1) * 16)) & 0xffff;
    const value = readBf16(half);
    if (Number.isNaN(value)) result.bits[i] = canonicalNan;
    else result.numbers[i] = value;
  }
}

/** f32 lanes packed as bf16 into the lower half; zeros above. */
export function narrow(result: Lanes, a: Lanes): void {
  const half = result.bits.length / 2;
  for (let i = 0; i < half; i++) {
    result.bits[i] = bf16Bits(a.numbers[2 * i]!) + bf16Bits(a.numbers[2 * i + 1]!) * 65536;
    result.bits[half + i] = 0;
  }
}
