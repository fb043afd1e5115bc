/** @file An integer to an integer power by repeated squaring, wrapping; a negative power leaves the integer part of the reciprocal. */

import { Int } from "../emit.js";

export function integerPower<V>(base: Int<V>, exponent: Int<V>): Int<V> {
  const { on } = base;
  const isNegative = exponent.lt(0);
  const count = isNegative.selectInt(0, exponent);
  const [power] = on.repeat(
    [base.of(1).value, base.value, count.value],
    ([, , rest]) => new Int(on, rest!).ne(0).value,
    ([power, square, rest]) => {
      const [p, s, n] = [power, square, rest].map((x) => new Int(on, x!)) as [Int<V>, Int<V>, Int<V>];
      return [n.and(1).ne(0).selectInt(p.mul(s), p).value, s.mul(s).value, n.shru(1).value];
    },
  );
  const isOdd = exponent.and(1).ne(0);
  const reciprocal = base.eq(1).selectInt(1, base.eq(-1).selectInt(isOdd.selectInt(-1, 1), 0));
  return isNegative.selectInt(reciprocal, new Int(on, power!));
}
