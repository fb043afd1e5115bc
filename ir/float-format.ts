/**
 * @file Floating-point formats as data, and the one rounding routine that serves all of them.
 * The interpreter computes in doubles and rounds once, so every narrow type is exactly what hardware of that type gives.
 * Invariant: `roundTo` rounds the double itself, to nearest with ties to even, with no intermediate format;
 * on values that are exact in f32, results and encodings equal those of the `ml_dtypes` package.
 */

import type { FloatElement } from "./element.js";

/**
 * What the encodings with all exponent bits set mean, and how overflow ends.
 * - `ieee`: infinities and NaNs; overflow gives infinity.
 * - `fn`: finite values and one NaN per sign, all bits set; overflow and infinity give NaN.
 * - `fnuz`: no infinity, no negative zero; its code is the NaN; overflow and infinity give NaN.
 * - `finite`: neither; overflow and infinity saturate, NaN becomes -0.
 * - `exponent`: unsigned powers of two, no zero; all bits set is NaN; zero and negative numbers give NaN.
 */
export type FloatFlavour = "ieee" | "fn" | "fnuz" | "finite" | "exponent";

export interface FloatFormat {
  readonly bits: number;
  readonly exponentBits: number;
  /** Stored bits of the significand. */
  readonly mantissaBits: number;
  /** A stored exponent `e > 0` stands for `2^(e - bias)`. */
  readonly bias: number;
  readonly flavour: FloatFlavour;
  /** Exponent of the smallest normal number, and of every subnormal one. */
  readonly minExponent: number;
  /** The largest finite value. */
  readonly largest: number;
}

function format(exponentBits: number, mantissaBits: number, bias: number, flavour: FloatFlavour): FloatFormat {
  const codes = 2 ** exponentBits;
  const signBits = flavour === "exponent" ? 0 : 1;
  // The last stored exponent is lost to infinity and NaN in `ieee` and `exponent`; `fn` loses only its last significand.
  const topExponent = (flavour === "ieee" || flavour === "exponent" ? codes - 2 : codes - 1) - bias;
  const step = 2 ** -mantissaBits;
  return {
    bits: signBits + exponentBits + mantissaBits,
    exponentBits,
    mantissaBits,
    bias,
    flavour,
    minExponent: (flavour === "exponent" ? 0 : 1) - bias,
    largest: (2 - step - (flavour === "fn" ? step : 0)) * 2 ** topExponent,
  };
}

/** IEEE 754-2019; OCP 8-bit Floating Point 1.0 and Microscaling Formats 1.0; arXiv:2206.02915 (fnuz). */
export const floatFormats: Readonly<Record<FloatElement, FloatFormat>> = {
  f64: format(11, 52, 1023, "ieee"),
  f32: format(8, 23, 127, "ieee"),
  f16: format(5, 10, 15, "ieee"),
  bf16: format(8, 7, 127, "ieee"),
  f8E4M3FN: format(4, 3, 7, "fn"),
  f8E5M2: format(5, 2, 15, "ieee"),
  f8E4M3FNUZ: format(4, 3, 8, "fnuz"),
  f8E5M2FNUZ: format(5, 2, 16, "fnuz"),
  f8E4M3B11FNUZ: format(4, 3, 11, "fnuz"),
  f8E4M3: format(4, 3, 7, "ieee"),
  f8E3M4: format(3, 4, 3, "ieee"),
  f8E8M0FNU: format(8, 0, 127, "exponent"),
  f6E2M3FN: format(2, 3, 1, "finite"),
  f6E3M2FN: format(3, 2, 3, "finite"),
  f4E2M1FN: format(2, 1, 1, "finite"),
};

export type Rounding = (x: number) => number;

/** The value of `element` nearest to `x`, ties to even. */
export function roundTo(element: FloatElement, x: number): number {
  return roundings[element](x);
}

/** `roundTo` for one element: fetch it once and call it in loops. */
export function roundingOf(element: FloatElement): Rounding {
  return roundings[element];
}

const doubleView = new Float64Array(1);
const wordView = new Int32Array(doubleView.buffer); // little-endian: [low, high]; every host Node runs on is

/** floor(log2 |x|) of a finite `x`; -1023 for zero and double-precision subnormals. */
function exponentOf(x: number): number {
  doubleView[0] = x;
  return ((wordView[1]! >>> 20) & 0x7ff) - 1023;
}

/** 1.5 * 2^52 quanta of 2^quantum: added to a smaller number it leaves no bit below the quantum, so the sum rounds. */
function anchorOf(quantum: number): number {
  wordView[0] = 0;
  wordView[1] = ((quantum + 52 + 1023) << 20) | 0x80000;
  return doubleView[0]!;
}

function makeRounding(f: FloatFormat): Rounding {
  const { mantissaBits, minExponent, largest, flavour } = f;
  const beyond = overflowOf(f);
  const nan = flavour === "finite" ? -0 : Number.NaN;
  return (x) => {
    if (Number.isNaN(x)) return nan;
    const magnitude = Math.abs(x);
    // Also keeps the anchor finite, whatever the double.
    if (magnitude >= 2 * largest) return beyond(x);
    const anchor = anchorOf(Math.max(exponentOf(x), minExponent) - mantissaBits);
    const rounded = magnitude + anchor - anchor;
    if (rounded > largest) return beyond(x);
    if (rounded === 0 && flavour === "fnuz") return 0;
    return x < 0 || Object.is(x, -0) ? -rounded : rounded;
  };
}

function overflowOf({ flavour, largest }: FloatFormat): Rounding {
  if (flavour === "ieee") return (x) => (x < 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY);
  if (flavour === "finite") return (x) => (x < 0 ? -largest : largest);
  return () => Number.NaN;
}

/**
 * Powers of two: a tie is between 2^k and 2^(k+1), and the even significand is the larger one.
 * All that lies between the two smallest values goes to the larger, as in `ml_dtypes`, PyTorch and ONNX Runtime.
 */
function makeExponentRounding({ minExponent, largest }: FloatFormat): Rounding {
  const smallest = 2 ** minExponent;
  return (x) => {
    if (!(x > 0)) return Number.NaN;
    if (x <= smallest) return smallest;
    const power = 2 ** exponentOf(x);
    const rounded = x >= 1.5 * power || power === smallest ? 2 * power : power;
    return rounded > largest ? Number.NaN : rounded;
  };
}

function roundingFor(element: FloatElement): Rounding {
  if (element === "f64") return (x) => x;
  if (element === "f32") return Math.fround;
  const f = floatFormats[element];
  return f.flavour === "exponent" ? makeExponentRounding(f) : makeRounding(f);
}

const roundings = Object.fromEntries(
  Object.keys(floatFormats).map((name) => [name, roundingFor(name as FloatElement)]),
) as Readonly<Record<FloatElement, Rounding>>;

/**
 * The bit pattern of `roundTo(element, x)`, for formats of at most 32 bits (`f64` throws: its bits are no number).
 * NaN has no sign or payload here: it gets the positive quiet pattern, or the only one there is.
 */
export function encodeFloat(element: FloatElement, x: number): number {
  const f = floatFormats[element];
  if (f.bits > 32) throw new Error(`encodeFloat: ${element} does not fit 32 bits`);
  const value = roundTo(element, x);
  if (Number.isNaN(value)) return nanBits(f);
  const sign = value < 0 || Object.is(value, -0) ? 2 ** (f.bits - 1) : 0;
  const magnitude = Math.abs(value);
  if (magnitude === Number.POSITIVE_INFINITY) return sign + (2 ** f.exponentBits - 1) * 2 ** f.mantissaBits;
  if (f.flavour === "exponent") return Math.log2(magnitude) + f.bias;
  const exponent = Math.max(exponentOf(magnitude), f.minExponent);
  const significand = magnitude / 2 ** (exponent - f.mantissaBits);
  // The implicit bit of a normal number adds one to the exponent field, which is why the field starts at exponent - 1.
  return sign + (exponent - f.minExponent) * 2 ** f.mantissaBits + significand;
}

function nanBits(f: FloatFormat): number {
  switch (f.flavour) {
    case "ieee": // all exponent bits and the quiet bit
      return (2 ** (f.exponentBits + 1) - 1) * 2 ** (f.mantissaBits - 1);
    case "fn":
      return 2 ** (f.bits - 1) - 1;
    case "fnuz":
    case "finite": // where a NaN becomes the negative zero before it gets here
      return 2 ** (f.bits - 1);
    case "exponent":
      return 2 ** f.bits - 1;
  }
}

/** The value of a bit pattern; bits above the format's width are ignored. Formats of at most 32 bits. */
export function decodeFloat(element: FloatElement, bits: number): number {
  const f = floatFormats[element];
  if (f.bits > 32) throw new Error(`decodeFloat: ${element} does not fit 32 bits`);
  const code = bits % 2 ** f.bits;
  const field = Math.floor(code / 2 ** f.mantissaBits) % 2 ** f.exponentBits;
  const fraction = code % 2 ** f.mantissaBits;
  if (f.flavour === "exponent") return field === 2 ** f.exponentBits - 1 ? Number.NaN : 2 ** (field - f.bias);
  const negative = code >= 2 ** (f.bits - 1);
  const special = specialValue(f, negative, field, fraction);
  if (special !== undefined) return special;
  const significand = field === 0 ? fraction : fraction + 2 ** f.mantissaBits;
  const magnitude = significand * 2 ** (Math.max(field, 1) - f.bias - f.mantissaBits);
  return negative ? -magnitude : magnitude;
}

function specialValue(f: FloatFormat, negative: boolean, field: number, fraction: number): number | undefined {
  const top = field === 2 ** f.exponentBits - 1;
  if (f.flavour === "ieee" && top) {
    if (fraction !== 0) return Number.NaN;
    return negative ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  if (f.flavour === "fn" && top && fraction === 2 ** f.mantissaBits - 1) return Number.NaN;
  if (f.flavour === "fnuz" && negative && field === 0 && fraction === 0) return Number.NaN;
  return undefined;
}

const tables = new Map<FloatElement, Float32Array>();

/** Values of all bit patterns of a format of at most 16 bits, indexed by pattern; made once per format. */
export function decodeTable(element: FloatElement): Float32Array {
  const { bits } = floatFormats[element];
  if (bits > 16) throw new Error(`decodeTable: ${element} has too many values`);
  const known = tables.get(element);
  if (known !== undefined) return known;
  const table = new Float32Array(2 ** bits);
  for (let code = 0; code < table.length; code++) table[code] = decodeFloat(element, code);
  tables.set(element, table);
  return table;
}
