/**
 * @file Angles brought to the quarter turn they lie in. Moderate ones lose multiples of pi/2 written as a sum of four floats
 * (Cody and Waite 1980); huge ones are multiplied by the digits of 2/pi that matter for them, in integers (Payne and Hanek 1983).
 */

import { type DoubleWord, fastTwoSum, multiply, twoSum, word } from "../double-word.js";
import { Float, Int, polynomial } from "../emit.js";
import type { FloatName } from "../formats.js";
import { constants, cosPolynomial, sinPolynomial, twoOverPiWords } from "../generated/coefficients.js";
import { nearestInteger } from "./parts.js";

/** Up to here the quarter turns are few enough for exact products: 2^12 and 2^20 of them. */
const moderate: Readonly<Record<FloatName, number>> = { f32: 6000, f64: 1.6e6 };

export interface Angle<V> {
  /** Quarter turns; only the last two bits are meant. */
  readonly turns: Int<V>;
  /** What remains, at most pi/4 in magnitude and a little more. */
  readonly rest: DoubleWord<V>;
}

/** x = turns pi/2 + rest, for x >= 0; of infinity and NaN something without meaning. */
export function reduceAngle<V>(x: Float<V>): Angle<V> {
  const { on } = x;
  const usual = reduceModerate(x);
  const huge = x.le(moderate[x.format.name]).not();
  const [turns, hi, lo] = on.where(huge.value, () => {
    const { turns, rest } = reduceHuge(x);
    return [turns.value, rest.hi.value, rest.lo.value];
  }, [usual.turns.value, usual.rest.hi.value, usual.rest.lo.value]);
  return { turns: new Int(on, turns!), rest: { hi: new Float(on, hi!), lo: new Float(on, lo!) } };
}

function reduceModerate<V>(x: Float<V>): Angle<V> {
  const { twoOverPi, halfPi1, halfPi2, halfPi3, halfPi4 } = constants[x.format.name];
  const { float: k, int: turns } = nearestInteger(x.mul(twoOverPi));
  const first = twoSum(x.sub(k.mul(halfPi1)), k.mul(halfPi2).neg());
  const second = twoSum(first.hi, k.mul(halfPi3).neg());
  const low = first.lo.add(second.lo).sub(k.mul(halfPi4));
  return { turns, rest: fastTwoSum(second.hi, low) };
}

/** The words of 2/pi from the given bit on, three of them. */
function digitsFrom<V>(position: Int<V>): readonly Int<V>[] {
  const { bits, name } = position.format;
  const words = twoOverPiWords[name];
  const wordBits = BigInt(Math.log2(bits));
  const index = position.shru(wordBits);
  const shift = position.and(bits - 1);
  let window: readonly Int<V>[] = words.map((w) => position.of(w));
  for (let step = name === "f32" ? 2 : 8; step >= 1; step /= 2) {
    const far = index.and(step).ne(0);
    const kept = 3 + step; // four words, and those that later steps may still skip
    window = Array.from({ length: kept }, (_, i) => far.selectInt(window[i + step]!, window[i]!));
  }
  const aligned = shift.eq(0);
  const back = aligned.selectInt(0, shift.mul(-1).add(bits));
  const joined = (i: number): Int<V> => window[i]!.shl(shift).or(aligned.selectInt(0, window[i + 1]!.shru(back)));
  return [joined(0), joined(1), joined(2)];
}

/** x 2/pi modulo 4 as a fixed-point number of two words, whose first two bits are the quarter turns. */
function productWithDigits<V>(x: Float<V>): readonly [Int<V>, Int<V>] {
  const { mantissaBits, bias, bits } = x.format;
  const pattern = x.bits();
  const mantissa = pattern.and((1n << BigInt(mantissaBits)) - 1n).or(1n << BigInt(mantissaBits));
  const exponent = pattern.shru(mantissaBits).and(2 * bias + 1);
  // x = mantissa 2^(exponent - bias - mantissaBits): the digit of weight 2^-i is worth 2 at i = exponent - bias - mantissaBits - 1,
  // and digits worth more give multiples of four turns. The table has its first digit (i = 1) at bits - 16.
  const position = exponent.sub(bias + mantissaBits).add(bits - 2 - 16);
  const [first, second, third] = digitsFrom(position);
  const middle = mantissa.mul(second!);
  const low = mantissa.mulHigh(third!);
  const sum = middle.add(low);
  const carry = sum.ltUnsigned(low).selectInt(1, 0);
  return [mantissa.mul(first!).add(mantissa.mulHigh(second!)).add(carry), sum];
}

/** For finite x >= 2^12 (f64: 2^20). */
function reduceHuge<V>(x: Float<V>): Angle<V> {
  const { bits, mantissaBits, name } = x.format;
  const [high, low] = productWithDigits(x);
  const fraction = high.shl(2).or(low.shru(bits - 2));
  const turns = high.shru(bits - 2).add(fraction.shru(bits - 1));
  const { halfPi, halfPiTail } = constants[name];
  return { turns, rest: multiply(fromFixed(fraction, low.shl(2), mantissaBits + 1), word(x, halfPi, halfPiTail)) };
}

/** The signed fraction high:low 2^-(2 bits) as two floats: three pieces that convert exactly, added. */
function fromFixed<V>(high: Int<V>, low: Int<V>, precision: number): DoubleWord<V> {
  const { bits } = high.format;
  const spare = bits - precision;
  const fill = precision - spare;
  const first = high
    .and(-(1n << BigInt(spare)))
    .toFloat()
    .mul(2 ** -bits);
  const second = high
    .and((1n << BigInt(spare)) - 1n)
    .shl(fill)
    .or(low.shru(bits - fill))
    .toFloat()
    .mul(2 ** -(bits + fill));
  const third = low
    .and((1n << BigInt(bits - fill)) - 1n)
    .toFloat()
    .mul(2 ** -(2 * bits));
  const sum = fastTwoSum(first, second);
  return fastTwoSum(sum.hi, sum.lo.add(third));
}

/** sin and cos of rest.hi + rest.lo, up to pi/4, each as a leading part and what is to be added to it. */
export function sineAndCosine<V>({ hi: r, lo: tail }: DoubleWord<V>): {
  readonly sin: DoubleWord<V>;
  readonly cos: DoubleWord<V>;
} {
  const { name } = r.format;
  const z = r.mul(r);
  const half = z.mul(0.5);
  const cubic = z.mul(r).mul(polynomial(z, sinPolynomial[name]));
  const near = half.neg().add(1);
  const lost = near.neg().add(1).sub(half);
  const fourth = z.mul(z).mul(polynomial(z, cosPolynomial[name]));
  return {
    sin: { hi: r, lo: cubic.add(tail.sub(half.mul(tail))) },
    cos: { hi: near, lo: lost.add(fourth.sub(r.mul(tail))) },
  };
}
