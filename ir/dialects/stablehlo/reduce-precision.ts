/** @file Rounding to a float format of arbitrary width, as XLA's `reduce-precision` does it. */

import { type ElementType, isFloat } from "../../element.js";
import { floatFormats } from "../../float-format.js";

const bits = new DataView(new ArrayBuffer(8));

/** floor(log2 |x|) of a finite number other than zero. */
function exponentOf(x: number): number {
  bits.setFloat64(0, x);
  const field = (bits.getUint16(0) >> 4) & 0x7ff;
  return field === 0 ? exponentOf(x * 2 ** 64) - 64 : field - 1023;
}

/**
 * Rounds to `mantissaBits` (ties to even); then what the exponent cannot hold becomes infinite, and what would be
 * subnormal becomes zero, both with the sign kept. NaN stays, except that a format without mantissa has none: infinity.
 */
export function reducePrecisionOf(
  element: ElementType,
  exponentBits: number,
  mantissaBits: number,
): (x: number) => number {
  if (!isFloat(element)) throw new Error(`${element} is no float`);
  const own = floatFormats[element];
  const bias = 2 ** (exponentBits - 1) - 1;
  const narrower = exponentBits < own.exponentBits;
  return (x) => {
    if (Number.isNaN(x)) return mantissaBits > 0 ? x : Number.POSITIVE_INFINITY;
    if (x === 0 || !Number.isFinite(x)) return x;
    const exponent = Math.max(exponentOf(x), own.minExponent);
    const quantum = 2 ** (exponent - mantissaBits);
    const rounded = mantissaBits >= own.mantissaBits ? x : roundEven(x / quantum) * quantum;
    if (!narrower || rounded === 0) return rounded === 0 && x < 0 ? -0 : rounded;
    const reached = exponentOf(rounded);
    if (reached > bias) return x < 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    if (reached < 1 - bias) return x < 0 ? -0 : 0;
    return rounded;
  };
}

function roundEven(x: number): number {
  const low = Math.floor(x);
  const fraction = x - low;
  return fraction > 0.5 || (fraction === 0.5 && low % 2 !== 0) ? low + 1 : low;
}
