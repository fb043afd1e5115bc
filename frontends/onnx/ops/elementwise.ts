/** @file Arithmetic, comparison and logic, element by element with NumPy's broadcasting. */

import * as hlo from "../../../ir/dialects/stablehlo/elementwise.js";
import { elementFacts, isFloat, isSigned } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { ImportNode, OpRow } from "../context.js";
import { operandPair } from "./broadcast.js";

type Unary = (t: TensorBuilder, x: Value) => Value;
type Binary = (t: TensorBuilder, a: Value, b: Value, n: ImportNode) => Value;

const unary = (name: string, since: number, f: Unary): OpRow => ({ name, since, build: (n) => f(n.t, n.value(0)) });

const binary = (name: string, since: number, f: Binary): OpRow => ({
  name,
  since,
  build: (n) => f(n.t, ...operandPair(n), n),
});

/** Any number of operands, joined from left to right. */
const variadic = (name: string, f: (t: TensorBuilder, a: Value, b: Value) => Value): OpRow => ({
  name,
  since: 1,
  build(n) {
    const [first, ...rest] = n.values();
    if (first === undefined) return n.invalid("it has no inputs");
    return rest.reduce((a, b) => f(n.t, a, b), first);
  },
});

/** The base's element; an integer base with a float exponent is computed in floats. */
function power(t: TensorBuilder, a: Value, b: Value): Value {
  const [base, exponent] = [t.element(a), t.element(b)];
  if (!isFloat(base) && isFloat(exponent)) {
    const wide = elementFacts[base].bits > 32 || exponent === "f64" ? "f64" : "f32";
    return t.convert(t.pow(t.convert(a, wide), t.convert(b, wide)), base);
  }
  return t.pow(a, t.convert(b, base));
}

/** The remainder with the sign of the divisor (Python's `%`), or with `fmod` that of the dividend (C's). */
function modulo(t: TensorBuilder, a: Value, b: Value, n: ImportNode): Value {
  const rest = t.rem(a, b);
  const isUnsigned = elementFacts[t.element(a)].kind === "uint";
  if (n.flag("fmod") || isUnsigned) return rest;
  const differs = t.xor(t.lt(rest, 0), t.lt(b, 0));
  return t.select(t.and(t.ne(rest, 0), differs), t.add(rest, b), rest);
}

function shift(t: TensorBuilder, a: Value, b: Value, n: ImportNode): Value {
  const direction = n.string("direction") ?? n.invalid("attribute 'direction' is missing");
  if (direction === "LEFT") return t.shiftLeft(a, b);
  if (direction !== "RIGHT") return n.invalid(`attribute 'direction' is '${direction}'`);
  return isSigned(t.element(a)) ? t.binary(hlo.shiftRightArithmetic, a, b) : t.shiftRightLogical(a, b);
}

/** `min(max(x, low), high)`; bounds are attributes before opset 11, then optional inputs. */
function clip(n: ImportNode): Value {
  const { t } = n;
  const x = n.value(0);
  if (n.opset < 11) {
    const [low, high] = [n.float("min"), n.float("max")];
    const raised = low === undefined ? x : t.max(x, low);
    return high === undefined ? raised : t.min(raised, high);
  }
  const [low, high] = [n.optional(1), n.optional(2)];
  if (low && high) return t.clamp(t.reshape(low, []), x, t.reshape(high, []));
  if (low) return t.max(x, t.reshape(low, []));
  return high ? t.min(x, t.reshape(high, [])) : x;
}

function isInfinite(n: ImportNode): Value {
  const { t } = n;
  const x = n.value(0);
  const [negative, positive] = [n.flag("detect_negative", true), n.flag("detect_positive", true)];
  const infinity = (sign: number): Value => t.eq(x, t.fillLike(sign * Number.POSITIVE_INFINITY, x));
  if (negative && positive) return t.or(infinity(1), infinity(-1));
  if (positive) return infinity(1);
  return negative ? infinity(-1) : t.fill(0, t.shape(x), "i1");
}

export const elementwise: readonly OpRow[] = [
  binary("Add", 1, (t, a, b) => t.add(a, b)),
  binary("Sub", 1, (t, a, b) => t.sub(a, b)),
  binary("Mul", 1, (t, a, b) => t.mul(a, b)),
  binary("Div", 1, (t, a, b) => t.div(a, b)),
  binary("Pow", 1, power),
  binary("Mod", 10, modulo),
  binary("And", 1, (t, a, b) => t.and(a, b)),
  binary("Or", 1, (t, a, b) => t.or(a, b)),
  binary("Xor", 1, (t, a, b) => t.xor(a, b)),
  binary("BitwiseAnd", 18, (t, a, b) => t.and(a, b)),
  binary("BitwiseOr", 18, (t, a, b) => t.or(a, b)),
  binary("BitwiseXor", 18, (t, a, b) => t.xor(a, b)),
  binary("BitShift", 11, shift),
  binary("Equal", 1, (t, a, b) => t.eq(a, b)),
  binary("Less", 1, (t, a, b) => t.lt(a, b)),
  binary("Greater", 1, (t, a, b) => t.gt(a, b)),
  binary("LessOrEqual", 12, (t, a, b) => t.le(a, b)),
  binary("GreaterOrEqual", 12, (t, a, b) => t.ge(a, b)),

  variadic("Max", (t, a, b) => t.max(a, b)),
  variadic("Min", (t, a, b) => t.min(a, b)),
  variadic("Sum", (t, a, b) => t.add(a, b)),
  {
    name: "Mean",
    since: 1,
    build(n) {
      const values = n.values();
      const [first, ...rest] = values;
      if (first === undefined) return n.invalid("it has no inputs");
      const total = rest.reduce((a, b) => n.t.add(a, b), first);
      return n.t.div(total, values.length);
    },
  },

  unary("Not", 1, (t, x) => t.not(x)),
  unary("BitwiseNot", 18, (t, x) => t.not(x)),
  unary("Abs", 1, (t, x) => t.abs(x)),
  unary("Neg", 1, (t, x) => t.neg(x)),
  unary("Sign", 9, (t, x) => (elementFacts[t.element(x)].kind === "uint" ? t.min(x, 1) : t.sign(x))),
  unary("Ceil", 1, (t, x) => t.ceil(x)),
  unary("Floor", 1, (t, x) => t.floor(x)),
  unary("Round", 11, (t, x) => t.round(x)),
  unary("Sqrt", 1, (t, x) => t.sqrt(x)),
  unary("Exp", 1, (t, x) => t.exp(x)),
  unary("Log", 1, (t, x) => t.log(x)),
  unary("Reciprocal", 1, (t, x) => t.reciprocal(x)),
  unary("Sin", 7, (t, x) => t.sin(x)),
  unary("Cos", 7, (t, x) => t.cos(x)),
  unary("Tan", 7, (t, x) => t.tan(x)),
  unary("Asin", 7, (t, x) => t.asin(x)),
  unary("Acos", 7, (t, x) => t.acos(x)),
  unary("Atan", 7, (t, x) => t.atan(x)),
  unary("Sinh", 9, (t, x) => t.sinh(x)),
  unary("Cosh", 9, (t, x) => t.cosh(x)),
  unary("Asinh", 9, (t, x) => t.asinh(x)),
  unary("Acosh", 9, (t, x) => t.acosh(x)),
  unary("Atanh", 9, (t, x) => t.atanh(x)),
  unary("Erf", 9, (t, x) => t.erf(x)),
  unary("Tanh", 1, (t, x) => t.tanh(x)),
  unary("Sigmoid", 1, (t, x) => t.sigmoid(x)),
  unary("IsNaN", 9, (t, x) => t.ne(x, x)),
  { name: "IsInf", since: 10, build: isInfinite },
  { name: "Clip", since: 1, build: clip },
  { name: "Where", since: 9, build: (n) => n.t.select(n.value(0), n.value(1), n.value(2)) },
];
