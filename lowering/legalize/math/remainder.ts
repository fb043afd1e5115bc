/**
 * @file C's fmod, exactly: long division of the significands in integers, as many bits at a time as fit beside a significand.
 * The quotient digit is guessed in floats, at most one off, and put right.
 */

import { type Float, Int } from "../emit.js";
import { scale } from "./parts.js";

interface Significand<V> {
  readonly digits: Int<V>;
  /** As stored: the number is digits times 2^(exponent - bias - mantissa bits). */
  readonly exponent: Int<V>;
}

/** A positive finite number taken apart; subnormal ones have fewer digits. */
function significand<V>(x: Float<V>): Significand<V> {
  const { mantissaBits } = x.format;
  const bits = x.bits();
  const field = bits.shru(mantissaBits);
  const hidden = field.eq(0).selectInt(0, 1n << BigInt(mantissaBits));
  return {
    digits: bits.and((1n << BigInt(mantissaBits)) - 1n).or(hidden),
    exponent: field.eq(0).selectInt(1, field),
  };
}

/** (rest 2^count) mod divisor, where that product fits the word. */
function step<V>(rest: Int<V>, count: Int<V>, divisor: Int<V>, divisorFloat: Float<V>): Int<V> {
  const shifted = rest.shl(count);
  const guess = shifted.toFloat().div(divisorFloat).toInt();
  const left = shifted.sub(guess.mul(divisor));
  const raised = left.lt(0).selectInt(left.add(divisor), left);
  return raised.lt(divisor).selectInt(raised, raised.sub(divisor));
}

/** x - y trunc(x / y): the sign of x; NaN for infinite x and zero y. */
export function fmod<V>(x: Float<V>, y: Float<V>): Float<V> {
  const { on } = x;
  const { mantissaBits, bits, bias } = x.format;
  const chunk = bits - 1 - (mantissaBits + 1); // bits of the quotient found per step
  const [a, b] = [x.abs(), y.abs()];
  const valid = a.lt(Number.POSITIVE_INFINITY).and(b.gt(0));
  const divides = valid.and(a.ge(b)).and(b.lt(Number.POSITIVE_INFINITY));
  const top = significand(divides.select(a, 1));
  const bottom = significand(divides.select(b, 1));
  const divisorFloat = bottom.digits.toFloat();
  const start = step(top.digits, top.digits.of(0), bottom.digits, divisorFloat);
  const [rest] = on.repeat(
    [start.value, top.exponent.sub(bottom.exponent).value],
    ([, left]) => new Int(on, left!).gt(0).value,
    ([rest, left]) => {
      const remaining = new Int(on, left!);
      const count = remaining.gt(chunk).selectInt(chunk, remaining);
      return [step(new Int(on, rest!), count, bottom.digits, divisorFloat).value, remaining.sub(count).value];
    },
  );
  const result = scale(new Int(on, rest!).toFloat(), bottom.exponent.sub(bias + mantissaBits));
  return valid.select(divides.select(result, a).copysign(x), Number.NaN);
}
