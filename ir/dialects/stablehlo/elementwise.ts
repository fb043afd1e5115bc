/**
 * @file StableHLO's elementwise operations as tables: each row gives a name, its meaning on one element, and
 * the element types it takes. Everything else (shapes, text, verifier, interpreter, docs) follows from the row.
 * Source: StableHLO specification, section "Ops".
 */

import { defineOp, type Trait } from "../../define.js";
import { partOf } from "../../element.js";
import { defaultAttr, floatOrComplexTensor, floatTensor, intTensor } from "../../kinds.js";
import { mapElements } from "../../ndarray.js";
import { type Numerics, numericsOf, type Scalar } from "../../scalar.js";
import type { TypeConstraint } from "../../slots.js";
import { elementOf, printType, type TensorType } from "../../types.js";
import { defaultAccuracy, resultAccuracy } from "./attributes.js";
import { bitsTensor, hloTensor, numberTensor, realTensor, signedTensor } from "./constraints.js";
import { joinTensors } from "./shapes.js";

type Unary = (n: Numerics) => (x: Scalar) => Scalar;
type Binary = (n: Numerics) => (x: Scalar, y: Scalar) => Scalar;
type Tensors = TypeConstraint<TensorType>;

function unary(name: string, summary: string, of: Tensors, f: Unary) {
  return defineOp(`stablehlo.${name}`, {
    summary,
    operands: { operand: of },
    attrs: {},
    results: { result: of },
    traits: ["pure", "elementwise"],
    format: "$operand attr-dict `:` same-type",
    infer: ({ operand }) => ({ result: operand }),
    entry: (op) => f(numericsOf(elementOf(op.operand(0).type))),
    evaluate: ({ operand }) => ({
      result: mapElements(operand.element, operand.shape, [operand], f(numericsOf(operand.element))),
    }),
  });
}

/** A function whose accuracy the program may ask for. */
function transcendental(name: string, summary: string, f: Unary) {
  return defineOp(`stablehlo.${name}`, {
    summary,
    operands: { operand: floatOrComplexTensor },
    attrs: { result_accuracy: defaultAttr(resultAccuracy, defaultAccuracy) },
    results: { result: floatOrComplexTensor },
    traits: ["pure", "elementwise"],
    format: "$operand attr-dict `:` same-type",
    infer: ({ operand }) => ({ result: operand }),
    entry: (op) => f(numericsOf(elementOf(op.operand(0).type))),
    evaluate: ({ operand }) => ({
      result: mapElements(operand.element, operand.shape, [operand], f(numericsOf(operand.element))),
    }),
  });
}

function binary(name: string, summary: string, of: Tensors, f: Binary, algebra: readonly Trait[] = []) {
  return defineOp(`stablehlo.${name}`, {
    summary,
    operands: { lhs: of, rhs: of },
    attrs: {},
    results: { result: of },
    traits: ["pure", "elementwise", ...algebra],
    format: "$lhs `,` $rhs attr-dict `:` same-type",
    infer({ lhs, rhs }, _, { context }) {
      const joined = joinTensors(context, lhs, rhs);
      return joined ? { result: joined } : `${printType(lhs)} and ${printType(rhs)} differ`;
    },
    entry: (op) => f(numericsOf(elementOf(op.operand(0).type))),
    evaluate: ({ lhs, rhs }) => ({
      result: mapElements(lhs.element, lhs.shape, [lhs, rhs], f(numericsOf(lhs.element))),
    }),
  });
}

export const ceil = unary("ceil", "Nearest integer above.", floatTensor, (n) => n.ceil);
export const countLeadingZeros = unary(
  "count_leading_zeros",
  "Zero bits above the highest one.",
  intTensor,
  (n) => n.clz,
);
export const floor = unary("floor", "Nearest integer below.", floatTensor, (n) => n.floor);
export const negate = unary("negate", "Negation; integers wrap.", numberTensor, (n) => n.neg);
export const not = unary("not", "Every bit inverted.", bitsTensor, (n) => n.not);
export const popcnt = unary("popcnt", "Number of one bits.", intTensor, (n) => n.popcount);
export const roundNearestAfz = unary(
  "round_nearest_afz",
  "Nearest integer, ties away from zero.",
  floatTensor,
  (n) => n.roundNearestAfz,
);
export const roundNearestEven = unary(
  "round_nearest_even",
  "Nearest integer, ties to even.",
  floatTensor,
  (n) => n.roundNearestEven,
);
export const sign = unary("sign", "-1, 0 or 1; of a complex number z / |z|.", signedTensor, (n) => n.sign);

export const cbrt = transcendental("cbrt", "Cube root.", (n) => n.cbrt);
export const cosine = transcendental("cosine", "Cosine.", (n) => n.cos);
export const exponential = transcendental("exponential", "e to the power of the operand.", (n) => n.exp);
export const exponentialMinusOne = transcendental(
  "exponential_minus_one",
  "e^x - 1, exact for small x.",
  (n) => n.expm1,
);
export const log = transcendental("log", "Natural logarithm.", (n) => n.log);
export const logPlusOne = transcendental("log_plus_one", "log(1 + x), exact for small x.", (n) => n.log1p);
export const logistic = transcendental("logistic", "1 / (1 + e^-x).", (n) => n.logistic);
export const rsqrt = transcendental("rsqrt", "Reciprocal of the square root.", (n) => n.rsqrt);
export const sine = transcendental("sine", "Sine.", (n) => n.sin);
export const sqrt = transcendental("sqrt", "Square root.", (n) => n.sqrt);
export const tan = transcendental("tan", "Tangent.", (n) => n.tan);
export const tanh = transcendental("tanh", "Hyperbolic tangent.", (n) => n.tanh);

export const add = binary("add", "Sum; on i1, or.", hloTensor, (n) => n.add, ["commutative"]);
export const and = binary("and", "Bitwise and.", bitsTensor, (n) => n.and, ["commutative"]);
export const atan2 = binary("atan2", "Angle of the point (rhs, lhs).", floatOrComplexTensor, (n) => n.atan2);
export const divide = binary("divide", "Quotient; integers truncate.", numberTensor, (n) => n.div);
export const maximum = binary(
  "maximum",
  "The larger; NaN if either is; complex numbers in lexical order.",
  hloTensor,
  larger,
  ["commutative"],
);
export const minimum = binary(
  "minimum",
  "The smaller; NaN if either is; complex numbers in lexical order.",
  hloTensor,
  smaller,
  ["commutative"],
);
export const multiply = binary("multiply", "Product; on i1, and.", hloTensor, (n) => n.mul, ["commutative"]);
export const or = binary("or", "Bitwise or.", bitsTensor, (n) => n.or, ["commutative"]);
export const power = binary("power", "lhs to the power of rhs.", numberTensor, (n) => n.pow);
export const remainder = binary("remainder", "What division leaves, with the sign of lhs.", realTensor, (n) => n.rem);
export const shiftLeft = binary("shift_left", "Bits moved up; 0 beyond the width.", intTensor, (n) => n.shiftLeft);
export const shiftRightArithmetic = binary(
  "shift_right_arithmetic",
  "Bits moved down, copies of the sign moved in.",
  intTensor,
  (n) => n.shiftRightArithmetic,
);
export const shiftRightLogical = binary(
  "shift_right_logical",
  "Bits moved down, zeros moved in.",
  intTensor,
  (n) => n.shiftRightLogical,
);
export const subtract = binary("subtract", "Difference.", numberTensor, (n) => n.sub);
export const xor = binary("xor", "Bitwise exclusive or.", bitsTensor, (n) => n.xor, ["commutative"]);

export const abs = defineOp("stablehlo.abs", {
  summary: "Absolute value; of a complex number its modulus.",
  operands: { operand: signedTensor },
  attrs: {},
  results: { result: signedTensor },
  traits: ["pure", "elementwise"],
  format: "$operand attr-dict `:` same-type",
  infer: ({ operand }, _, { context }) => ({ result: context.types.withElement(operand, partOf(operand.element)) }),
  entry: (op) => numericsOf(elementOf(op.operand(0).type)).abs,
  evaluate: ({ operand }) => ({
    result: mapElements(partOf(operand.element), operand.shape, [operand], numericsOf(operand.element).abs),
  }),
});

function larger(n: Numerics): (x: Scalar, y: Scalar) => Scalar {
  return typeof n.zero === "object" ? (x, y) => (lexicalOrder(x, y) >= 0 ? x : y) : n.max;
}

function smaller(n: Numerics): (x: Scalar, y: Scalar) => Scalar {
  return typeof n.zero === "object" ? (x, y) => (lexicalOrder(x, y) <= 0 ? x : y) : n.min;
}

/** Real parts first, then imaginary ones. */
function lexicalOrder(x: Scalar, y: Scalar): number {
  const [a, b] = [x as { re: number; im: number }, y as { re: number; im: number }];
  return a.re === b.re ? a.im - b.im : a.re - b.re;
}
