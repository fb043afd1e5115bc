/**
 * @file Narrow float formats in integer arithmetic: codes to f32 or f64 and back, and rounding to the format's values.
 * Invariant: bit for bit what ir/float-format.ts says, from overflow to NaN, whichever format the number is held in.
 */

import type { FloatElement } from "../../../ir/element.js";
import { encodeFloat, type FloatFormat, floatFormats } from "../../../ir/float-format.js";
import type { Float, Int, Mask } from "../emit.js";

/** Formats narrower than f32. */
export type NarrowElement = Exclude<FloatElement, "f32" | "f64">;

/** 1.5 times the number whose last bit is worth the spacing of the format's subnormal numbers. */
function anchorOf(x: Float<unknown>, { minExponent, mantissaBits }: FloatFormat): number {
  return 1.5 * 2 ** (minExponent - mantissaBits + x.format.mantissaBits);
}

/** Bits with the significand rounded to nearest even; the dropped bits are still there. The sign does not matter. */
function roundedBits<V>(bits: Int<V>, dropped: number): Int<V> {
  const last = bits.shru(dropped).and(1);
  return bits.add((1n << BigInt(dropped - 1)) - 1n).add(last);
}

/** True where the format's exponents are those of x's own format, so that subnormal numbers are rounded as others are. */
function sharesExponents(x: Float<unknown>, { exponentBits, bias, flavour }: FloatFormat): boolean {
  return flavour === "ieee" && bias === x.format.bias && exponentBits === floatFormats[x.format.name].exponentBits;
}

/** The format's value nearest to x, in x's own format; a NaN becomes the canonical one. */
export function roundTo<V>(x: Float<V>, element: NarrowElement): Float<V> {
  const f = floatFormats[element];
  if (f.flavour === "exponent") return decode(encode(x, element), element);
  const dropped = x.format.mantissaBits - f.mantissaBits;
  const clear = -(1n << BigInt(dropped));
  if (sharesExponents(x, f)) {
    const near = roundedBits(x.bits(), dropped).and(clear).asFloat();
    return x.isNaN().select(Number.NaN, near);
  }
  const magnitude = x.abs();
  const near = roundedBits(magnitude.bits(), dropped).and(clear).asFloat();
  const anchor = anchorOf(x, f);
  const tiny = magnitude.add(anchor).sub(anchor);
  const size = magnitude.lt(2 ** f.minExponent).select(tiny, near);
  const bounded = size.gt(f.largest).select(overflowValue(f), size);
  const signed = bounded.copysign(x);
  const value = f.flavour === "fnuz" ? bounded.eq(0).select(0, signed) : signed;
  return x.isNaN().select(f.flavour === "finite" ? -0 : Number.NaN, value);
}

function overflowValue({ flavour, largest }: FloatFormat): number {
  if (flavour === "ieee") return Number.POSITIVE_INFINITY;
  return flavour === "finite" ? largest : Number.NaN;
}

/** The code of the format's value nearest to x, in the low bits of an integer of x's width. */
export function encode<V>(x: Float<V>, element: NarrowElement): Int<V> {
  const f = floatFormats[element];
  if (f.flavour === "exponent") return encodePower(x, f);
  const magnitude = x.abs();
  const nan = encodeFloat(element, Number.NaN);
  const code = codeOfMagnitude(magnitude, f);
  const largest = encodeFloat(element, f.largest);
  const sign = x
    .bits()
    .shru(x.format.bits - f.bits)
    .and(2 ** (f.bits - 1));
  const beyond = code.gt(largest);
  const bounded = beyond.selectInt(f.flavour === "ieee" ? largest + 1 : largest, code);
  const signed = bounded.or(sign);
  const value = f.flavour === "fnuz" ? bounded.eq(0).selectInt(0, signed) : signed;
  const undefinedAt = f.flavour === "ieee" || f.flavour === "finite" ? x.isNaN() : x.isNaN().or(beyond);
  return undefinedAt.selectInt(nan, value);
}

/** Rounded; beyond the largest code where the format has no such number. */
function codeOfMagnitude<V>(magnitude: Float<V>, f: FloatFormat): Int<V> {
  const { mantissaBits, bias } = magnitude.format;
  const dropped = mantissaBits - f.mantissaBits;
  const offset = BigInt(bias - f.bias) << BigInt(f.mantissaBits);
  const near = roundedBits(magnitude.bits(), dropped).shru(dropped).sub(offset);
  if (sharesExponents(magnitude, f)) return near;
  const anchor = magnitude.of(anchorOf(magnitude, f));
  const tiny = magnitude.add(anchor).bits().sub(anchor.bits());
  return magnitude.lt(2 ** f.minExponent).selectInt(tiny, near);
}

/** The code of a value of the format, which nothing has to be rounded for. NaN has the canonical code, or its own upper bits. */
export function encodeExact<V>(x: Float<V>, element: NarrowElement): Int<V> {
  const f = floatFormats[element];
  if (f.flavour === "exponent") return encodePower(x, f);
  const { mantissaBits, bits, bias } = x.format;
  if (sharesExponents(x, f)) return x.bits().shru(bits - f.bits);
  const dropped = mantissaBits - f.mantissaBits;
  const magnitude = x.abs();
  const near = magnitude
    .bits()
    .shru(dropped)
    .sub(BigInt(bias - f.bias) << BigInt(f.mantissaBits));
  const anchor = magnitude.of(anchorOf(magnitude, f));
  const tiny = magnitude.add(anchor).bits().sub(anchor.bits());
  const code = magnitude.lt(2 ** f.minExponent).selectInt(tiny, near);
  const infinity = encodeFloat(element, f.largest) + 1;
  const bounded = f.flavour === "ieee" ? code.gt(infinity).selectInt(infinity, code) : code;
  const signed = bounded.or(
    x
      .bits()
      .shru(bits - f.bits)
      .and(2 ** (f.bits - 1)),
  );
  return f.flavour === "finite" ? signed : x.isNaN().selectInt(encodeFloat(element, Number.NaN), signed);
}

/** Powers of two: the exponent alone, a tie going up; NaN for what is not positive. */
function encodePower<V>(x: Float<V>, f: FloatFormat): Int<V> {
  const { mantissaBits, bias } = x.format;
  const nan = 2 ** f.bits - 1;
  const half = 1n << BigInt(mantissaBits - 1);
  const bits = x.bits();
  const code = bits
    .add(half)
    .shru(mantissaBits)
    .sub(bias - f.bias);
  const bounded = code.gt(nan).selectInt(nan, code);
  const smallest = 2 ** f.minExponent;
  const low = x.le(smallest).selectInt(0, x.lt(2 * smallest).selectInt(1, bounded));
  return x.gt(0).selectInt(low, nan);
}

/** The value of a code in the low bits, whose other bits are clear. */
export function decode<V>(code: Int<V>, element: NarrowElement): Float<V> {
  const f = floatFormats[element];
  const { mantissaBits, bias, bits, infinityBits } = code.format;
  if (f.flavour === "exponent") return decodePower(code, f);
  const shift = mantissaBits - f.mantissaBits;
  if (bias === f.bias && bits - mantissaBits === f.bits - f.mantissaBits) return code.shl(shift).asFloat();
  const magnitude = code.and(2 ** (f.bits - 1) - 1);
  const sign = code.and(2 ** (f.bits - 1)).shl(bits - f.bits);
  // The significand in place under a small exponent, subnormal if that is 0: multiplied it is exact in either case.
  const raw = magnitude.shl(shift);
  const scaled = raw.asFloat().mul(2 ** (bias - f.bias));
  const special = specialCode(code, magnitude, f);
  if (!special) return scaled.bits().or(sign).asFloat();
  const extreme =
    f.flavour === "ieee" ? raw.or(infinityBits) : code.of(infinityBits | (1n << BigInt(mantissaBits - 1)));
  return special.selectInt(extreme, scaled.bits()).or(sign).asFloat();
}

/** Where the code is an infinity or NaN. */
function specialCode<V>(code: Int<V>, magnitude: Int<V>, f: FloatFormat): Mask<V> | undefined {
  switch (f.flavour) {
    case "ieee":
      return magnitude.gt(2 ** (f.bits - 1) - 2 ** f.mantissaBits - 1);
    case "fn":
      return magnitude.eq(2 ** (f.bits - 1) - 1);
    case "fnuz":
      return code.eq(2 ** (f.bits - 1));
    default:
      return undefined;
  }
}

function decodePower<V>(code: Int<V>, f: FloatFormat): Float<V> {
  const { mantissaBits, bias } = code.format;
  const field = code.add(bias - f.bias);
  const smallest = code.float(2 ** f.minExponent); // below the normal numbers of f32
  const value = code.eq(0).select(smallest, field.shl(mantissaBits).asFloat());
  return code.eq(2 ** f.bits - 1).select(Number.NaN, value);
}
