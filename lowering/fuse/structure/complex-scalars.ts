/**
 * @file StableHLO's elementwise operations on complex numbers: taken apart, computed in reals, put together again.
 * Meanings, branch cuts and special values are those of the reference interpreter.
 */

import type { Builder } from "../../../ir/builder.js";
import type { FloatPredicate } from "../../../ir/dialects/arith/attributes.js";
import { constantOf, select } from "../../../ir/dialects/arith/constant.js";
import * as f from "../../../ir/dialects/arith/float.js";
import * as i from "../../../ir/dialects/arith/integer.js";
import * as complex from "../../../ir/dialects/complex/complex.js";
import * as math from "../../../ir/dialects/math/functions.js";
import { complexOf, partOf } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import type { ScalarType } from "../../../ir/types.js";
import {
  complexArithmetic,
  complexBinary,
  complexToReal,
  complexUnary,
  type Parts,
} from "../../legalize/complex-values.js";
import * as z from "../../legalize/math/complex.js";
import type { ScalarRow } from "./scalars.js";

export function partsOf(b: Builder, value: Value): Parts {
  const type = b.context.types.scalar(partOf((value.type as ScalarType).element));
  const take = (part: typeof complex.re): Value => b.value(part, { complex: value }, {}, { results: [type] });
  return { re: take(complex.re), im: take(complex.im) };
}

function join(b: Builder, { re, im }: Parts): Value {
  const type = b.context.types.scalar(complexOf((re.type as ScalarType).element)!);
  return b.value(complex.create, { real: re, imaginary: im }, {}, { results: [type] });
}

const unary =
  (apply: z.ComplexUnary): ScalarRow =>
  ({ b }, a) =>
    join(b, complexUnary(b, apply, partsOf(b, a!)));

const binary =
  (apply: z.ComplexBinary): ScalarRow =>
  ({ b }, x, y) =>
    join(b, complexBinary(b, apply, partsOf(b, x!), partsOf(b, y!)));

const arithmetic =
  (apply: <V>(x: z.Complex<V>, y: z.Complex<V>) => z.Complex<V>): ScalarRow =>
  ({ b }, x, y) =>
    join(
      b,
      complexArithmetic(b, (p, q) => apply(p!, q!), partsOf(b, x!), partsOf(b, y!)),
    );

/** Both parts compared, and the answers combined. */
const compareParts =
  (predicate: FloatPredicate, combine: typeof i.andi): ScalarRow =>
  ({ b }, x, y) => {
    const [p, q] = [partsOf(b, x!), partsOf(b, y!)];
    const same = (lhs: Value, rhs: Value): Value => b.value(f.cmpf, { lhs, rhs }, { predicate });
    return b.value(combine, { lhs: same(p.re, q.re), rhs: same(p.im, q.im) }, {});
  };

/** The left operand where its real part, or of equal ones its imaginary part, comes first; else the right one. */
const ordered =
  (before: FloatPredicate, notAfter: FloatPredicate): ScalarRow =>
  ({ b }, x, y) => {
    const [p, q] = [partsOf(b, x!), partsOf(b, y!)];
    const test = (predicate: FloatPredicate, lhs: Value, rhs: Value): Value =>
      b.value(f.cmpf, { lhs, rhs }, { predicate });
    const tied = b.value(i.andi, { lhs: test("oeq", p.re, q.re), rhs: test(notAfter, p.im, q.im) }, {});
    const isFirst = b.value(i.ori, { lhs: test(before, p.re, q.re), rhs: tied }, {});
    return b.value(select, { condition: isFirst, true_value: x!, false_value: y! }, {});
  };

const finite: ScalarRow = ({ b }, a) => {
  const { re, im } = partsOf(b, a!);
  const infinity = constantOf(b, Number.POSITIVE_INFINITY, re.type as ScalarType);
  const test = (x: Value): Value =>
    b.value(f.cmpf, { lhs: b.value(math.absf, { operand: x }, {}), rhs: infinity }, { predicate: "olt" });
  return b.value(i.andi, { lhs: test(re), rhs: test(im) }, {});
};

export const complexRows: Readonly<Record<string, ScalarRow>> = {
  abs: ({ b }, a) => complexToReal(b, z.abs, partsOf(b, a!)),
  add: arithmetic(z.add),
  atan2: binary(z.atan2),
  cbrt: unary(z.cbrt),
  compare_EQ: compareParts("oeq", i.andi),
  compare_NE: compareParts("une", i.ori),
  cosine: unary(z.cos),
  divide: binary((_, x, y) => z.div(x, y)),
  exponential: unary(z.exp),
  exponential_minus_one: unary(z.expm1),
  is_finite: finite,
  log: unary(z.log),
  log_plus_one: unary(z.log1p),
  logistic: unary(z.logistic),
  maximum: ordered("ogt", "oge"),
  minimum: ordered("olt", "ole"),
  multiply: arithmetic(z.mul),
  negate: ({ b }, a) =>
    join(
      b,
      complexArithmetic(b, (p) => z.neg(p!), partsOf(b, a!)),
    ),
  power: binary(z.pow),
  rsqrt: unary(z.rsqrt),
  sign: unary(z.sign),
  sine: unary(z.sin),
  sqrt: unary(z.sqrt),
  subtract: arithmetic(z.sub),
  tan: unary(z.tan),
  tanh: unary(z.tanh),
};
