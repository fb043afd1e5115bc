/**
 * @file CHLO's elementwise functions as tables: what JAX writes for functions StableHLO does not have.
 * Computed in doubles and rounded once.
 */

import { defineOp } from "../../define.js";
import { type ElementType, isComplex, isFloat, partOf } from "../../element.js";
import { roundingOf } from "../../float-format.js";
import { boolTensor, floatOrComplexTensor, floatTensor, intTensor } from "../../kinds.js";
import { mapElements } from "../../ndarray.js";
import { erf as realErf, erfc as realErfc } from "../../numerics/real-functions.js";
import { type Complex, type Numerics, numericsOf, type Scalar } from "../../scalar.js";
import type { TypeConstraint } from "../../slots.js";
import { printType, type TensorType } from "../../types.js";
import { joinTensors } from "../stablehlo/shapes.js";
import * as inverses from "./complex-inverses.js";
import {
  erfInverse,
  besselI1e as realBesselI1e,
  digamma as realDigamma,
  lgamma as realLgamma,
  polygamma as realPolygamma,
  zeta as realZeta,
} from "./special-functions.js";

type Entry = (x: Scalar) => Scalar;
type EntryOf = (element: ElementType) => Entry;
type Tensors = TypeConstraint<TensorType>;

function unary(name: string, summary: string, of: Tensors, f: EntryOf) {
  return defineOp(`chlo.${name}`, {
    summary,
    operands: { operand: of },
    attrs: {},
    results: { result: of },
    traits: ["pure", "elementwise"],
    format: "$operand attr-dict `:` type($operand) `->` type($result)",
    infer: ({ operand }) => ({ result: operand }),
    evaluate: ({ operand }) => ({ result: mapElements(operand.element, operand.shape, [operand], f(operand.element)) }),
  });
}

/** A function of doubles, rounded to the element. */
function real(f: (x: number) => number): EntryOf {
  return (element) => {
    const round = roundingOf(isFloat(element) ? element : "f64");
    return (x) => round(f(x as number));
  };
}

/** The same for floats; for complex elements the other function. */
function either(f: (x: number) => number, g: (x: Complex) => Complex): EntryOf {
  return (element) => {
    if (!isComplex(element)) return real(f)(element);
    const round = roundingOf(partOf(element) === "f32" ? "f32" : "f64");
    return (x) => {
      const { re, im } = g(x as Complex);
      return { re: round(re), im: round(im) };
    };
  };
}

/** What the element's own arithmetic has. */
const own =
  (pick: (n: Numerics) => Entry): EntryOf =>
  (element) =>
    pick(numericsOf(element));

export const acos = unary("acos", "Inverse cosine.", floatOrComplexTensor, either(Math.acos, inverses.acos));
export const acosh = unary(
  "acosh",
  "Inverse hyperbolic cosine.",
  floatOrComplexTensor,
  either(Math.acosh, inverses.acosh),
);
export const asin = unary("asin", "Inverse sine.", floatOrComplexTensor, either(Math.asin, inverses.asin));
export const asinh = unary(
  "asinh",
  "Inverse hyperbolic sine.",
  floatOrComplexTensor,
  either(Math.asinh, inverses.asinh),
);
export const atan = unary("atan", "Inverse tangent.", floatOrComplexTensor, either(Math.atan, inverses.atan));
export const atanh = unary(
  "atanh",
  "Inverse hyperbolic tangent.",
  floatOrComplexTensor,
  either(Math.atanh, inverses.atanh),
);
export const besselI1e = unary(
  "bessel_i1e",
  "e^-|x| times the modified Bessel function of order 1.",
  floatTensor,
  real(realBesselI1e),
);
export const conj = unary(
  "conj",
  "Complex conjugate.",
  floatOrComplexTensor,
  either(
    (x) => x,
    ({ re, im }) => ({ re, im: -im }),
  ),
);
export const cosh = unary(
  "cosh",
  "Hyperbolic cosine.",
  floatOrComplexTensor,
  own((n) => n.cosh),
);
export const digamma = unary("digamma", "Derivative of lgamma.", floatTensor, real(realDigamma));
export const erf = unary("erf", "Error function.", floatTensor, real(realErf));
export const erfInv = unary("erf_inv", "Inverse of the error function.", floatTensor, real(erfInverse));
export const erfc = unary("erfc", "1 - erf(x), exact for large x.", floatTensor, real(realErfc));
export const lgamma = unary("lgamma", "Logarithm of the modulus of the gamma function.", floatTensor, real(realLgamma));
export const sinh = unary(
  "sinh",
  "Hyperbolic sine.",
  floatOrComplexTensor,
  own((n) => n.sinh),
);
export const square = unary(
  "square",
  "x times x.",
  floatOrComplexTensor,
  own((n) => (x) => n.mul(x, x)),
);
export const tan = unary(
  "tan",
  "Tangent.",
  floatOrComplexTensor,
  own((n) => n.tan),
);

function predicate(name: string, summary: string, holds: (x: number) => boolean) {
  return defineOp(`chlo.${name}`, {
    summary,
    operands: { operand: floatTensor },
    attrs: {},
    results: { result: boolTensor },
    traits: ["pure", "elementwise"],
    format: "$operand attr-dict `:` type($operand) `->` type($result)",
    infer: ({ operand }, _, { context }) => ({ result: context.types.withElement(operand, "i1") }),
    evaluate: ({ operand }) => ({
      result: mapElements("i1", operand.shape, [operand], (x) => Number(holds(x as number))),
    }),
  });
}

export const isInf = predicate(
  "is_inf",
  "Whether the element is infinite.",
  (x) => Math.abs(x) === Number.POSITIVE_INFINITY,
);
export const isNegInf = predicate(
  "is_neg_inf",
  "Whether the element is -infinity.",
  (x) => x === Number.NEGATIVE_INFINITY,
);
export const isPosInf = predicate(
  "is_pos_inf",
  "Whether the element is +infinity.",
  (x) => x === Number.POSITIVE_INFINITY,
);

type PairOf = (element: ElementType) => (x: Scalar, y: Scalar) => Scalar;

/** `names` are those of the operands, as CHLO has them. */
function binary<const A extends string, const B extends string>(
  name: string,
  summary: string,
  [first, second]: readonly [A, B],
  of: Tensors,
  f: PairOf,
) {
  return defineOp(`chlo.${name}`, {
    summary,
    operands: { [first]: of, [second]: of } as Record<A | B, Tensors>,
    attrs: {},
    results: { result: of },
    traits: ["pure", "elementwise"],
    format: `$${first} \`,\` $${second} attr-dict \`:\` type($${first}) \`,\` type($${second}) \`->\` type($result)`,
    infer(types, _, { context }) {
      const [x, y] = [(types as Record<string, TensorType>)[first]!, (types as Record<string, TensorType>)[second]!];
      const joined = joinTensors(context, x, y);
      return joined ? { result: joined } : `${printType(x)} and ${printType(y)} differ`;
    },
    evaluate(inputs) {
      const data = inputs as unknown as Record<string, Parameters<typeof mapElements>[2][number]>;
      const [x, y] = [data[first]!, data[second]!];
      return { result: mapElements(x.element, x.shape, [x, y], f(x.element)) };
    },
  });
}

/** A function of two doubles, rounded to the element. */
function realPair(f: (x: number, y: number) => number): PairOf {
  return (element) => {
    const round = roundingOf(isFloat(element) ? element : "f64");
    return (x, y) => round(f(x as number, y as number));
  };
}

/** The neighbour of x on the side of y: floats count their bit patterns. */
export function nextAfterOf(element: ElementType): (x: Scalar, y: Scalar) => Scalar {
  const n = numericsOf(element);
  return (x, y) => {
    const [a, b] = [x as number, y as number];
    if (Number.isNaN(a) || Number.isNaN(b)) return Number.NaN;
    if (a === b) return b;
    const smallest = n.fromBits(1n) as number;
    if (a === 0) return b > 0 ? smallest : -smallest;
    const isOutward = a > 0 === b > a;
    return n.fromBits(n.toBits(a) + (isOutward ? 1n : -1n));
  };
}

/** The upper half of a product twice as wide. */
const highHalf: PairOf = (element) => {
  const n = numericsOf(element);
  const width = BigInt(n.toBits(n.not(n.zero)).toString(2).length);
  return (x, y) => n.fromBits((BigInt(x as number) * BigInt(y as number)) >> width);
};

export const nextAfter = binary(
  "next_after",
  "The neighbour of x in the direction of y.",
  ["x", "y"],
  floatTensor,
  nextAfterOf,
);
export const polygamma = binary(
  "polygamma",
  "The n-th derivative of digamma.",
  ["n", "x"],
  floatTensor,
  realPair(realPolygamma),
);
export const zeta = binary("zeta", "Hurwitz' zeta function.", ["x", "q"], floatTensor, realPair(realZeta));
export const mulhi = binary("mulhi", "The upper half of the product.", ["lhs", "rhs"], intTensor, highHalf);
