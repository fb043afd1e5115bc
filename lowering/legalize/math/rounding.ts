/** @file Rounding to integers where there is no instruction for it. */

import type { Float } from "../emit.js";

/** The nearest integer, ties away from zero: truncated after adding what is just below one half. */
export function round<V>(x: Float<V>): Float<V> {
  const belowHalf = 0.5 - 2 ** -(x.format.mantissaBits + 2);
  return x.add(x.of(belowHalf).copysign(x)).trunc();
}
