/**
 * @file `math`'s functions of floats, as tables. Each is computed in double precision and rounded once, which is within
 * one unit in the last place of every narrower format.
 */

import { defineOp } from "../../define.js";
import type { FloatElement } from "../../element.js";
import { defaultAttr, scalarLike } from "../../kinds.js";
import { mapElements } from "../../ndarray.js";
import { fusedMultiplyAdd } from "../../numerics/fused.js";
import { erf, erfc, power, roundAway, roundEven } from "../../numerics/real-functions.js";
import { numericsOf, type Scalar } from "../../scalar.js";
import { fastMath } from "../arith/attributes.js";
import { floatLike } from "../arith/float.js";
import {
  isArray,
  joinTypes,
  type Lifted,
  liftOne,
  liftThree,
  liftTwo,
  operandElement,
  withElement,
} from "../arith/lift.js";

function rounded(element: FloatElement | string, f: (x: number) => number): (x: Scalar) => Scalar {
  const { fromNumber } = numericsOf(element as FloatElement);
  return (x) => fromNumber(f(x as number));
}

function unary(name: string, summary: string, f: (x: number) => number) {
  return defineOp(`math.${name}`, {
    summary,
    operands: { operand: floatLike },
    attrs: { fastmath: defaultAttr(fastMath, []) },
    results: { result: floatLike },
    traits: ["pure", "elementwise"],
    format: "$operand ($fastmath^)? attr-dict `:` type($result)",
    infer: ({ operand }) => ({ result: operand }),
    evaluate({ operand }, _, evaluation) {
      const element = operandElement(evaluation);
      return { result: liftOne(element, operand, rounded(element, f)) };
    },
  });
}

function binary(name: string, summary: string, f: (x: number, y: number) => number) {
  return defineOp(`math.${name}`, {
    summary,
    operands: { lhs: floatLike, rhs: floatLike },
    attrs: { fastmath: defaultAttr(fastMath, []) },
    results: { result: floatLike },
    traits: ["pure", "elementwise"],
    format: "$lhs `,` $rhs ($fastmath^)? attr-dict `:` type($result)",
    infer({ lhs, rhs }, _, inference) {
      const joined = joinTypes([lhs, rhs], inference);
      return typeof joined === "string" ? joined : { result: joined };
    },
    evaluate({ lhs, rhs }, _, evaluation) {
      const element = operandElement(evaluation);
      const { fromNumber } = numericsOf(element);
      return { result: liftTwo(element, lhs, rhs, (x, y) => fromNumber(f(x as number, y as number))) };
    },
  });
}

function predicate(name: string, summary: string, f: (x: number, element: string) => boolean) {
  return defineOp(`math.${name}`, {
    summary,
    operands: { operand: floatLike },
    attrs: { fastmath: defaultAttr(fastMath, []) },
    results: { result: scalarLike("i1, or a vector or tensor of it", "bool") },
    traits: ["pure", "elementwise"],
    format: "$operand ($fastmath^)? attr-dict `:` type($operand)",
    infer: ({ operand }, _, inference) => ({ result: withElement(operand, "i1", inference) }),
    evaluate({ operand }, _, evaluation) {
      const element = operandElement(evaluation);
      const test = (x: Scalar): Scalar => (f(x as number, element) ? 1 : 0);
      return { result: isArray(operand) ? mapElements("i1", operand.shape, [operand], test) : test(operand) };
    },
  });
}

export const exp = unary("exp", "e to the power x.", Math.exp);
export const exp2 = unary("exp2", "2 to the power x.", (x) => 2 ** x);
export const expm1 = unary("expm1", "e^x - 1, exact near 0.", Math.expm1);
export const log = unary("log", "Natural logarithm.", Math.log);
export const log2 = unary("log2", "Logarithm to base 2.", Math.log2);
export const log10 = unary("log10", "Logarithm to base 10.", Math.log10);
export const log1p = unary("log1p", "log(1 + x), exact near 0.", Math.log1p);
export const sqrt = unary("sqrt", "Square root.", Math.sqrt);
export const rsqrt = unary("rsqrt", "Reciprocal square root.", (x) => 1 / Math.sqrt(x));
export const cbrt = unary("cbrt", "Cube root.", Math.cbrt);
export const sin = unary("sin", "Sine.", Math.sin);
export const cos = unary("cos", "Cosine.", Math.cos);
export const tan = unary("tan", "Tangent.", Math.tan);
export const asin = unary("asin", "Arc sine.", Math.asin);
export const acos = unary("acos", "Arc cosine.", Math.acos);
export const atan = unary("atan", "Arc tangent.", Math.atan);
export const sinh = unary("sinh", "Hyperbolic sine.", Math.sinh);
export const cosh = unary("cosh", "Hyperbolic cosine.", Math.cosh);
export const tanh = unary("tanh", "Hyperbolic tangent.", Math.tanh);
export const asinh = unary("asinh", "Inverse hyperbolic sine.", Math.asinh);
export const acosh = unary("acosh", "Inverse hyperbolic cosine.", Math.acosh);
export const atanh = unary("atanh", "Inverse hyperbolic tangent.", Math.atanh);
export const erfOp = unary("erf", "Error function.", erf);
export const erfcOp = unary("erfc", "1 - erf(x), exact for large x.", erfc);
export const absf = unary("absf", "Magnitude.", Math.abs);
export const ceil = unary("ceil", "Least integer not below.", Math.ceil);
export const floor = unary("floor", "Greatest integer not above.", Math.floor);
export const round = unary("round", "Nearest integer, ties away from zero.", roundAway);
export const roundeven = unary("roundeven", "Nearest integer, ties to even.", roundEven);
export const trunc = unary("trunc", "Integer part.", Math.trunc);
export const atan2 = binary("atan2", "Angle of the point (rhs, lhs).", Math.atan2);
export const powf = binary("powf", "lhs to the power rhs, as C's pow.", power);
export const copysign = binary("copysign", "The magnitude of lhs with the sign of rhs.", (x, y) =>
  y < 0 || Object.is(y, -0) ? -Math.abs(x) : Math.abs(x),
);
export const isnan = predicate("isnan", "True for NaN.", Number.isNaN);
export const isinf = predicate("isinf", "True for an infinity.", (x) => Math.abs(x) === Number.POSITIVE_INFINITY);
export const isfinite = predicate("isfinite", "True for what is neither infinite nor NaN.", Number.isFinite);

export const fma = defineOp("math.fma", {
  summary: "a * b + c, rounded once.",
  operands: { a: floatLike, b: floatLike, c: floatLike },
  attrs: { fastmath: defaultAttr(fastMath, []) },
  results: { result: floatLike },
  traits: ["pure", "elementwise"],
  format: "$a `,` $b `,` $c ($fastmath^)? attr-dict `:` type($result)",
  infer({ a, b, c }, _, inference) {
    const joined = joinTypes([a, b, c], inference);
    return typeof joined === "string" ? joined : { result: joined };
  },
  evaluate: ({ a, b, c }, _, evaluation) => ({ result: fuse(operandElement(evaluation) as FloatElement, [a, b, c]) }),
});

/** The fused multiply-add of floats or arrays of them. */
export function fuse(element: FloatElement, operands: readonly [Lifted, Lifted, Lifted]): Lifted {
  return liftThree(element, operands, (x, y, z) => fusedMultiplyAdd(element, x as number, y as number, z as number));
}

export const sincos = defineOp("math.sincos", {
  summary: "Sine and cosine together.",
  operands: { operand: floatLike },
  attrs: { fastmath: defaultAttr(fastMath, []) },
  results: { sin: floatLike, cos: floatLike },
  traits: ["pure", "elementwise"],
  format: "$operand ($fastmath^)? attr-dict `:` type($operand)",
  infer: ({ operand }) => ({ sin: operand, cos: operand }),
  evaluate({ operand }, _, evaluation) {
    const element = operandElement(evaluation);
    return {
      sin: liftOne(element, operand, rounded(element, Math.sin)),
      cos: liftOne(element, operand, rounded(element, Math.cos)),
    };
  },
});
