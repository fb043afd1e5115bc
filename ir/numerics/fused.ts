/**
 * @file The fused multiply-add: a * b + c rounded once.
 * For formats of at most 24 bits the product is exact in a double and the sum is rounded to odd, from which rounding
 * again gives the right result (Boldo and Melquiond 2008); doubles go through exact integers.
 */

import type { FloatElement } from "../element.js";
import { roundTo } from "../float-format.js";

export function fusedMultiplyAdd(element: FloatElement, a: number, b: number, c: number): number {
  const product = a * b;
  if (!Number.isFinite(product) && !(Number.isFinite(a) && Number.isFinite(b))) return product + c;
  if (!Number.isFinite(c)) return Number.isNaN(product) ? product : c;
  if (a === 0 || b === 0) return roundTo(element, product + c);
  return element === "f64" ? fusedDouble(a, b, c) : roundTo(element, addToOdd(product, c));
}

const words = new DataView(new ArrayBuffer(8));

/** x + y; where that is not exact, whichever double next to it has an odd last bit. */
function addToOdd(x: number, y: number): number {
  const sum = x + y;
  const shadow = sum - x;
  const error = x - (sum - shadow) + (y - shadow);
  if (error === 0 || !Number.isFinite(error)) return sum;
  words.setFloat64(0, sum);
  const bits = words.getBigUint64(0);
  if ((bits & 1n) === 1n) return sum;
  const away = error > 0 === sum > 0;
  words.setBigUint64(0, away ? bits + 1n : bits - 1n);
  return words.getFloat64(0);
}

/** A finite double as mantissa * 2^exponent. */
function parts(x: number): readonly [mantissa: bigint, exponent: number] {
  words.setFloat64(0, x);
  const bits = words.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xf_ffff_ffff_ffffn;
  const magnitude = biased === 0 ? fraction : fraction | (1n << 52n);
  return [x < 0 ? -magnitude : magnitude, Math.max(biased, 1) - 1075];
}

function fusedDouble(a: number, b: number, c: number): number {
  const [ma, ea] = parts(a);
  const [mb, eb] = parts(b);
  const [mc, ec] = parts(c);
  const exponent = Math.min(ea + eb, ec);
  const sum = ((ma * mb) << BigInt(ea + eb - exponent)) + (mc << BigInt(ec - exponent));
  // An exact zero here comes from cancellation, which gives +0 when rounding to nearest.
  return sum === 0n ? 0 : roundToDouble(sum, exponent);
}

/** The double nearest to mantissa * 2^exponent, ties to even. */
function roundToDouble(mantissa: bigint, exponent: number): number {
  const magnitude = mantissa < 0n ? -mantissa : mantissa;
  const length = magnitude.toString(2).length;
  const unit = Math.max(exponent + length - 53, -1074);
  const drop = BigInt(unit - exponent);
  let kept = magnitude;
  if (drop > 0n) {
    kept = magnitude >> drop;
    const rest = magnitude - (kept << drop);
    const half = 1n << (drop - 1n);
    if (rest > half || (rest === half && (kept & 1n) === 1n)) kept++;
  }
  const value = Number(kept) * 2 ** (drop > 0n ? unit : exponent);
  return mantissa < 0n ? -value : value;
}
