/** @file CHLO's elementwise functions on single numbers, as tables by kind of element. */

import type { Builder } from "../../../ir/builder.js";
import * as cast from "../../../ir/dialects/arith/cast.js";
import { constantOf } from "../../../ir/dialects/arith/constant.js";
import * as f from "../../../ir/dialects/arith/float.js";
import * as i from "../../../ir/dialects/arith/integer.js";
import * as complex from "../../../ir/dialects/complex/complex.js";
import * as math from "../../../ir/dialects/math/functions.js";
import { type ElementType, elementFacts, type FloatElement, isFloat } from "../../../ir/element.js";
import { floatFormats } from "../../../ir/float-format.js";
import type { Value } from "../../../ir/graph.js";
import type { ScalarType } from "../../../ir/types.js";
import { complexArithmetic, complexUnary, type Parts } from "../../legalize/complex-values.js";
import { Int } from "../../legalize/emit.js";
import { IrPrimitives } from "../../legalize/emit-ir.js";
import * as z from "../../legalize/math/complex.js";
import { reinterpret } from "./bits.js";
import * as inverses from "./complex-inverses.js";
import { partsOf } from "./complex-scalars.js";
import {
  compareFloats,
  compareInts,
  constantLike,
  type ScalarContext,
  type ScalarRow,
  type ScalarRows,
  select,
} from "./scalars.js";
import { besselI1e, digamma, erfInverse, lgamma, polygamma, type Real, RealMath, zeta } from "./special-functions.js";

const own =
  (def: typeof math.exp): ScalarRow =>
  ({ b }, x) =>
    b.value(def, { operand: x! }, {});

/** A function of f64 on numbers of any float element. */
const wide =
  (apply: (m: RealMath, ...args: readonly Real[]) => Real): ScalarRow =>
  ({ b, element }, ...args) => {
    const m = new RealMath(b);
    const result = apply(m, ...args.map((x) => m.real(widened(b, x)))).value;
    const type = b.context.types.scalar(element);
    return element === "f64" ? result : b.value(cast.truncf, { in: result }, {}, { results: [type] });
  };

function widened(b: Builder, x: Value): Value {
  const type = b.context.types.scalar("f64");
  return x.type === type ? x : b.value(cast.extf, { in: x }, {}, { results: [type] });
}

const one = (apply: (m: RealMath, x: Real) => Real): ScalarRow => wide((m, x) => apply(m, x!));
const two = (apply: (m: RealMath, x: Real, y: Real) => Real): ScalarRow => wide((m, x, y) => apply(m, x!, y!));

function joined(b: Builder, element: ElementType, { re, im }: Parts): Value {
  return b.value(complex.create, { real: re, imaginary: im }, {}, { results: [b.context.types.scalar(element)] });
}

const onParts =
  (apply: z.ComplexUnary): ScalarRow =>
  ({ b, element }, x) =>
    joined(b, element, complexUnary(b, apply, partsOf(b, x!)));

const square: ScalarRows = {
  float: ({ b }, x) => b.value(f.mulf, { lhs: x!, rhs: x! }, {}),
  complex: ({ b, element }, x) =>
    joined(
      b,
      element,
      complexArithmetic(b, (a) => z.mul(a!, a!), partsOf(b, x!)),
    ),
};

const conjugate: ScalarRows = {
  float: (_, x) => x!,
  complex: ({ b, element }, x) => {
    const { re, im } = partsOf(b, x!);
    return joined(b, element, { re, im: b.value(f.negf, { operand: im }, {}) });
  },
};

const isInfinite =
  (which: "either" | number): ScalarRow =>
  ({ b, element }, x) => {
    // Other formats overflow to NaN or to their largest number.
    if (floatFormats[element as FloatElement].flavour !== "ieee") return constantOf(b, 0, b.context.types.scalar("i1"));
    const compared = which === "either" ? b.value(math.absf, { operand: x! }, {}) : x!;
    const infinity = which === "either" ? Number.POSITIVE_INFINITY : which;
    return compareFloats(b, "oeq", compared, constantLike(b, infinity, x!));
  };

/** Neighbours are one apart as integers; from zero the smallest number of the sign asked for. */
const nextAfter: ScalarRow = ({ b, element }, x, y) => {
  const integer = `i${elementFacts[element].bits}` as ElementType;
  const bits = reinterpret(b, x!, integer);
  const zero = constantLike(b, 0, x!);
  const one = constantLike(b, 1, bits);
  const isPositive = compareFloats(b, "ogt", x!, zero);
  const isOutward = b.value(
    cast.extui,
    { in: b.value(i.xori, { lhs: isPositive, rhs: compareFloats(b, "ole", y!, x!) }, {}) },
    {},
    { results: [bits.type] },
  );
  // 2 * isOutward - 1
  const step = b.value(i.subi, { lhs: b.value(i.addi, { lhs: isOutward, rhs: isOutward }, {}), rhs: one }, {});
  const neighbour = reinterpret(b, b.value(i.addi, { lhs: bits, rhs: step }, {}), element);
  const smallest = b.value(math.copysign, { lhs: reinterpret(b, one, element), rhs: y! }, {});
  const moved = select(b, compareFloats(b, "oeq", x!, zero), smallest, neighbour);
  const isSame = compareFloats(b, "oeq", x!, y!);
  const isNan = compareFloats(b, "uno", x!, y!);
  return select(b, isNan, constantLike(b, Number.NaN, x!), select(b, isSame, y!, moved));
};

/** The upper half of a product: of one twice as wide, or of 64-bit halves. */
const highHalf =
  (isSigned: boolean): ScalarRow =>
  (c, x, y) =>
    elementFacts[c.element].bits < 64 ? shortProduct(c, isSigned, x!, y!) : longProduct(c, isSigned, x!, y!);

function shortProduct({ b, element }: ScalarContext, isSigned: boolean, x: Value, y: Value): Value {
  const results = [b.context.types.scalar("i64")];
  const [lhs, rhs] = [x, y].map((v) => b.value(isSigned ? cast.extsi : cast.extui, { in: v }, {}, { results }));
  const product = b.value(i.muli, { lhs: lhs!, rhs: rhs! }, {});
  const upper = b.value(i.shrui, { lhs: product, rhs: constantLike(b, elementFacts[element].bits, product) }, {});
  return b.value(cast.trunci, { in: upper }, {}, { results: [x.type] });
}

/** Read as signed, each negative factor takes the other one off the upper half. */
function longProduct({ b }: ScalarContext, isSigned: boolean, x: Value, y: Value): Value {
  const on = new IrPrimitives(b, x.type as ScalarType);
  const upper = new Int(on, x).mulHigh(new Int(on, y)).value;
  if (!isSigned) return upper;
  const zero = constantLike(b, 0, x);
  const taken = (sign: Value, other: Value): Value => select(b, compareInts(b, "slt", sign, zero), other, zero);
  const rhs = b.value(i.addi, { lhs: taken(x, y), rhs: taken(y, x) }, {});
  return b.value(i.subi, { lhs: upper, rhs }, {});
}

const rows: Readonly<Record<string, ScalarRows>> = {
  acos: { float: own(math.acos), complex: onParts(inverses.acos) },
  acosh: { float: own(math.acosh), complex: onParts(inverses.acosh) },
  asin: { float: own(math.asin), complex: onParts(inverses.asin) },
  asinh: { float: own(math.asinh), complex: onParts(inverses.asinh) },
  atan: { float: own(math.atan), complex: onParts(inverses.atan) },
  atanh: { float: own(math.atanh), complex: onParts(inverses.atanh) },
  bessel_i1e: { float: one(besselI1e) },
  conj: conjugate,
  cosh: { float: own(math.cosh), complex: onParts(z.cosh) },
  digamma: { float: one(digamma) },
  erf: { float: own(math.erfOp) },
  erf_inv: { float: one(erfInverse) },
  erfc: { float: own(math.erfcOp) },
  is_inf: { float: isInfinite("either") },
  is_neg_inf: { float: isInfinite(Number.NEGATIVE_INFINITY) },
  is_pos_inf: { float: isInfinite(Number.POSITIVE_INFINITY) },
  lgamma: { float: one(lgamma) },
  mulhi: { int: highHalf(true), uint: highHalf(false) },
  next_after: { float: nextAfter },
  polygamma: { float: two(polygamma) },
  sinh: { float: own(math.sinh), complex: onParts(z.sinh) },
  square,
  tan: { float: own(math.tan), complex: onParts(z.tan) },
  zeta: { float: two(zeta) },
};

/** Neighbours of numbers without a sign, or whose bits are those of no integer, are not known. */
function hasNeighbours(element: ElementType): boolean {
  return isFloat(element) && element !== "f8E8M0FNU" && elementFacts[element].bits !== 6;
}

/** CHLO names with a scalar form. */
export const chloNames: readonly string[] = Object.keys(rows).map((name) => `chlo.${name}`);

/** The row of a CHLO operation for operands of `element`. */
export function chloRow(name: string, element: ElementType): ScalarRow | undefined {
  if (name === "chlo.next_after" && !hasNeighbours(element)) return undefined;
  return rows[name.replace(/^chlo\./, "")]?.[elementFacts[element].kind];
}
