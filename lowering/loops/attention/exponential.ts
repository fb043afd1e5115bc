/**
 * @file e^x of a vector of f32 where x is not above 0, as behind a softmax's maximum. Less is needed than of `math.exp`:
 * nothing overflows, and what would be below the least normal number is 0, so 2^n is one normal number.
 * x = n ln 2 + r with |r| <= ln 2 / 2; e^r = 1 + r + r^2 p(r). Of NaN it is NaN.
 */

import type { Builder } from "../../../ir/builder.js";
import { bitcast } from "../../../ir/dialects/arith/cast.js";
import { constantOf, select } from "../../../ir/dialects/arith/constant.js";
import * as f from "../../../ir/dialects/arith/float.js";
import * as i from "../../../ir/dialects/arith/integer.js";
import { fma } from "../../../ir/dialects/vector/arithmetic.js";
import type { Value } from "../../../ir/graph.js";
import type { VectorType } from "../../../ir/types.js";
import { constants, expPolynomial } from "../../legalize/generated/coefficients.js";

/** Added and subtracted, it leaves the nearest integer; the lowest bits of the sum are that and the bias of an exponent. */
const MAGIC = 1.5 * 2 ** 23 + 127;
/** Below, e^x is taken as 0; above, it is normal, 2^n included. */
const LEAST = -87;

export function negativeExponential(b: Builder, x: Value, isFused: boolean): Value {
  const type = x.type as VectorType;
  const integers = b.context.types.withElement(type, "i32");
  const number = (value: number): Value => constantOf(b, value, type);
  const multiplyAdd = (lhs: Value, rhs: Value, acc: Value): Value =>
    isFused
      ? b.value(fma, { lhs, rhs, acc }, {})
      : b.value(f.addf, { lhs: acc, rhs: b.value(f.mulf, { lhs, rhs }, {}) }, {});
  const { log2E, ln2Hi, ln2Lo } = constants.f32;
  const shifted = multiplyAdd(x, number(log2E), number(MAGIC));
  const n = b.value(f.subf, { lhs: shifted, rhs: number(MAGIC) }, {});
  const r = multiplyAdd(n, number(-ln2Lo), multiplyAdd(n, number(-ln2Hi), x));
  const terms = [1, 1, ...expPolynomial.f32];
  const power = terms.slice(0, -1).reduceRight((sum, c) => multiplyAdd(sum, r, number(c)), number(terms.at(-1)!));
  const bits = (v: Value, to: VectorType): Value => b.value(bitcast, { in: v }, {}, { results: [to] });
  const scale = b.value(i.shli, { lhs: bits(shifted, integers), rhs: constantOf(b, 23, integers) }, {});
  const scaled = b.value(f.mulf, { lhs: power, rhs: bits(scale, type) }, {});
  const isNothing = b.value(f.cmpf, { lhs: x, rhs: number(LEAST) }, { predicate: "olt" });
  return b.value(select, { condition: isNothing, true_value: number(0), false_value: scaled }, {});
}
