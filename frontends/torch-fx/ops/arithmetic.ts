/** @file Arithmetic of two and three operands, element by element, and what chooses between operands. */

import { nextAfter } from "../../../ir/dialects/chlo/elementwise.js";
import { bitcastConvert } from "../../../ir/dialects/stablehlo/convert.js";
import { type ElementType, elementFacts } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { Call, Row, Rows } from "../call.js";
import { toFloating } from "../promotion.js";
import {
  type Binary,
  binary,
  compute,
  isComplexValue,
  isNaNValue,
  isOne,
  isReal,
  realBinary,
  unary,
  wideOf,
} from "./operands.js";

/** `self + alpha * other`, or what `f` makes of the two. */
const scaled =
  (f: Binary, a = "self", b = "other"): Row =>
  (n) => {
    const element = n.promoted(a, b);
    return compute(n, element, [a, b], (x, y) =>
      f(n.t, x!, isOne(n, "alpha") ? y! : n.t.mul(y!, n.operand("alpha", wideOf(element)))),
    );
  };

const isIntegerValue = (t: TensorBuilder, x: Value): boolean =>
  ["int", "uint"].includes(elementFacts[t.element(x)].kind);

export function truncated(t: TensorBuilder, x: Value): Value {
  return copySign(t, t.floor(t.abs(x)), x);
}

/** True where the sign bit is set, that of zeros and NaN counted. */
export function signBit(t: TensorBuilder, x: Value): Value {
  const { kind, bits } = elementFacts[t.element(x)];
  if (kind === "uint" || kind === "bool") return t.fillLike(0, x, "i1");
  if (kind !== "float") return t.lt(x, 0);
  const integer = `i${bits}` as ElementType;
  const raw = t.emit(bitcastConvert, { operand: x }, {}, { results: [t.tensorType(t.shape(x), integer)] });
  return t.lt(raw, 0);
}

/** The magnitude of `x` with the sign of `sign`. */
export function copySign(t: TensorBuilder, x: Value, sign: Value): Value {
  const size = t.abs(x);
  return t.select(signBit(t, sign), t.neg(size), size);
}

/** True where `a` and `b` have different signs and something is left of the division. */
function isOff(t: TensorBuilder, rest: Value, b: Value): Value {
  return t.and(t.ne(rest, 0), t.ne(t.lt(rest, 0), t.lt(b, 0)));
}

/** What floored division leaves: it has the sign of the divisor. */
export function remainder(t: TensorBuilder, a: Value, b: Value): Value {
  const rest = t.rem(a, b);
  if (elementFacts[t.element(a)].kind === "uint") return rest;
  return t.select(isOff(t, rest, b), t.add(rest, b), rest);
}

/** Rounded down; of floats so that it goes with `remainder`, as Python has it. */
export function floorDivide(t: TensorBuilder, a: Value, b: Value): Value {
  const { kind } = elementFacts[t.element(a)];
  if (kind === "uint") return t.div(a, b);
  const rest = t.rem(a, b);
  const off = isOff(t, rest, b);
  if (kind === "int") return t.sub(t.div(a, b), t.convert(off, t.element(a)));
  const plain = t.div(a, b);
  const quotient = t.div(t.sub(a, rest), b);
  const exact = t.select(off, t.sub(quotient, 1), quotient);
  const floor = t.floor(exact);
  const up = t.select(t.gt(t.sub(exact, floor), 0.5), t.add(floor, 1), floor);
  const nonZero = t.select(t.ne(exact, 0), up, copySign(t, t.fillLike(0, plain), plain));
  return t.select(t.eq(b, 0), plain, nonZero);
}

function divided(n: Call, mode: string | undefined): Value {
  const promoted = n.promoted("self", "other");
  const element = mode === undefined ? toFloating(promoted) : promoted;
  return compute(n, element, ["self", "other"], (a, b) => {
    const { t } = n;
    if (mode === "floor") return floorDivide(t, a!, b!);
    if (mode === "trunc") return isIntegerValue(t, a!) ? t.div(a!, b!) : truncated(t, t.div(a!, b!));
    return mode === undefined ? t.div(a!, b!) : n.invalid(`rounding_mode '${mode}'`);
  });
}

const divide: Row = (n) => divided(n, n.takes("rounding_mode") ? n.optionalString("rounding_mode") : undefined);

/** The other operand where one is NaN. */
const ignoringNaN =
  (f: Binary): Binary =>
  (t, a, b) => {
    if (!isReal(t, a)) return f(t, a, b);
    return t.select(isNaNValue(t, a), b, t.select(isNaNValue(t, b), a, f(t, a, b)));
  };

/** Between the bounds that are there, the upper one winning. */
function clamp(n: Call, min: string | undefined, max: string | undefined): Value {
  const names = [min, max].filter((name) => name !== undefined && n.has(name)) as string[];
  const element = n.promoted("self", ...names);
  const { t } = n;
  let x = n.operand("self", element);
  if (names.includes(min!)) x = t.max(x, n.operand(min!, element));
  if (names.includes(max!)) x = t.min(x, n.operand(max!, element));
  return x;
}

const clampRow: Row = (n) => clamp(n, "min", "max");

/** From `self` to `end`, begun at the nearer of the two. */
function lerp(n: Call): Value {
  return compute(n, n.promoted("self", "end"), ["self", "end", "weight"], (a, b, w) => {
    const { t } = n;
    const way = t.sub(b!, a!);
    const size = t.abs(w!);
    return t.select(t.lt(size, 0.5), t.add(a!, t.mul(w!, way)), t.sub(b!, t.mul(way, t.sub(1, w!))));
  });
}

const withProduct =
  (join: Binary): Row =>
  (n) => {
    const element = n.promoted("self", "tensor1", "tensor2");
    return compute(n, element, ["self", "tensor1", "tensor2"], (x, a, b) => {
      const first = isOne(n, "value") ? a! : n.t.mul(n.operand("value", wideOf(element)), a!);
      return n.t.add(x!, join(n.t, first, b!));
    });
  };

/** sqrt(a^2 + b^2), the larger one taken out so that nothing overflows. */
function hypot(t: TensorBuilder, a: Value, b: Value): Value {
  const [x, y] = [t.abs(a), t.abs(b)];
  const [large, small] = [t.max(x, y), t.min(x, y)];
  const ratio = t.div(small, large);
  const length = t.mul(large, t.sqrt(t.add(t.mul(ratio, ratio), 1)));
  const isPlain = t.or(t.eq(small, 0), t.eq(large, Infinity));
  return t.select(isPlain, large, length);
}

/** Euclid's algorithm on all places at once. */
function gcd(t: TensorBuilder, a: Value, b: Value): Value {
  const [x, y] = t.together(t.abs(a), t.abs(b)) as [Value, Value];
  const axes = t.shape(x).map((_, k) => k);
  const [result] = t.while(
    [x, y],
    (u, [, rest]) => u.any(u.ne(rest!, 0), axes),
    (u, [p, q]) => {
      const isOn = u.ne(q!, 0);
      const next = u.rem(p!, u.select(isOn, q!, u.fillLike(1, q!)));
      return [u.select(isOn, q!, p!), u.select(isOn, next, u.fillLike(0, q!))];
    },
  );
  return result!;
}

function lcm(t: TensorBuilder, a: Value, b: Value): Value {
  const divisor = gcd(t, a, b);
  const isZero = t.eq(divisor, 0);
  const safe = t.select(isZero, t.fillLike(1, divisor), divisor);
  return t.select(isZero, t.fillLike(0, divisor), t.abs(t.mul(t.div(a, safe), b)));
}

/** Integers to the power of integers; below zero only 1 and -1 are whole. */
export function power(t: TensorBuilder, a: Value, b: Value): Value {
  return t.pow(a, b);
}

/** Powers that PyTorch computes otherwise than by `pow`. */
const plainPowers: ReadonlyMap<number, (t: TensorBuilder, x: Value) => Value> = new Map([
  [1, (_, x) => x],
  [2, (t, x) => t.mul(x, x)],
  [3, (t, x) => t.mul(t.mul(x, x), x)],
  [0.5, (t, x) => t.sqrt(x)],
  [-0.5, (t, x) => t.rsqrt(x)],
  [-1, (t, x) => t.reciprocal(x)],
  [-2, (t, x) => t.reciprocal(t.mul(x, x))],
]);

function powNumber(n: Call): Value {
  const element = n.promoted("self", "exponent");
  const { kind } = n.argument("exponent");
  const plain = kind === "int" || kind === "float" ? plainPowers.get(n.float("exponent")) : undefined;
  const isWhole = !["float", "complex"].includes(elementFacts[element].kind);
  if (plain && !(isWhole && n.float("exponent") < 0)) return compute(n, element, ["self"], (x) => plain(n.t, x!));
  return compute(n, element, ["self", "exponent"], (x, y) => power(n.t, x!, y!));
}

function floatPower(n: Call): Value {
  const isComplex = elementFacts[n.out].kind === "complex";
  const element = isComplex ? "complex<f64>" : "f64";
  return power(n.t, n.operand("self", element), n.operand("exponent", element));
}

/** `self * 2^other` */
function ldexp(n: Call): Value {
  const { t } = n;
  const element = n.out;
  const factor = t.pow(t.number(2, wideOf(element)), n.operand("other", wideOf(element)));
  return t.convert(t.mul(n.operand("self", wideOf(element)), factor), element);
}

function where(n: Call): Value {
  const element = n.out;
  const [a, b] = [n.operand("self", element), n.operand("other", element)];
  return n.t.select(n.operand("condition", "i1"), a, b);
}

const logAddExp =
  (exp: (t: TensorBuilder, x: Value) => Value, log1pOfExp: (t: TensorBuilder, x: Value) => Value): Binary =>
  (t, a, b) => {
    if (isComplexValue(t, a)) return t.log(t.add(exp(t, a), exp(t, b)));
    const largest = t.max(a, b);
    const difference = t.neg(t.abs(t.sub(a, b)));
    const isSame = t.and(t.eq(a, b), t.eq(t.abs(a), Infinity));
    return t.select(isSame, a, t.add(largest, log1pOfExp(t, difference)));
  };

const heaviside: Binary = (t, x, values) => t.select(t.eq(x, 0), values, t.convert(t.gt(x, 0), t.element(x)));

/** A function of two real numbers that has several values for complex ones. */
const unlessComplex =
  (f: Binary): Row =>
  (n) =>
    elementFacts[n.promoted("self", "other")].kind === "complex"
      ? n.unsupported("logarithms of complex sums")
      : realBinary(f)(n);

export const arithmetic: Rows = {
  "aten.add": scaled((t, a, b) => t.add(a, b)),
  "aten.sub": scaled((t, a, b) => t.sub(a, b)),
  "aten.subtract": scaled((t, a, b) => t.sub(a, b)),
  "aten.rsub": scaled((t, a, b) => t.sub(a, b), "other", "self"),
  "aten.mul": binary((t, a, b) => t.mul(a, b)),
  "aten.multiply": binary((t, a, b) => t.mul(a, b)),
  "aten.div": divide,
  "aten.divide": divide,
  "aten.true_divide": (n) => divided(n, undefined),
  "aten.floor_divide": (n) => divided(n, "floor"),
  "aten.remainder": binary(remainder),
  "aten.fmod": binary((t, a, b) => t.rem(a, b)),
  "aten.neg": unary((t, x) => t.neg(x)),
  "aten.negative": unary((t, x) => t.neg(x)),
  "aten.pow.Tensor_Scalar": powNumber,
  "aten.pow.Tensor_Tensor": binary(power, "self", "exponent"),
  "aten.pow.Scalar": binary(power, "self", "exponent"),
  "aten.float_power": floatPower,
  "aten.maximum": binary((t, a, b) => t.max(a, b)),
  "aten.minimum": binary((t, a, b) => t.min(a, b)),
  "aten.max.other": binary((t, a, b) => t.max(a, b)),
  "aten.min.other": binary((t, a, b) => t.min(a, b)),
  "aten.fmax": binary(ignoringNaN((t, a, b) => t.max(a, b))),
  "aten.fmin": binary(ignoringNaN((t, a, b) => t.min(a, b))),
  "aten.clamp": clampRow,
  "aten.clip": clampRow,
  "aten.clamp_min": (n) => clamp(n, "min", undefined),
  "aten.clamp_max": (n) => clamp(n, undefined, "max"),
  "aten.lerp": lerp,
  "aten.addcmul": withProduct((t, a, b) => t.mul(a, b)),
  "aten.addcdiv": withProduct((t, a, b) => t.div(a, b)),
  "aten.atan2": realBinary((t, a, b) => t.atan2(a, b)),
  "aten.arctan2": realBinary((t, a, b) => t.atan2(a, b)),
  "aten.hypot": binary(hypot),
  "aten.copysign": realBinary(copySign),
  "aten.nextafter": (n) => {
    const [x, y] = n.t.together(...n.pair()) as [Value, Value];
    return n.t.emit(nextAfter, { x, y }, {});
  },
  "aten.heaviside": binary(heaviside, "self", "values"),
  "aten.gcd": binary(gcd),
  "aten.lcm": binary(lcm),
  "aten.ldexp": ldexp,
  "aten.logaddexp": unlessComplex(
    logAddExp(
      (t, x) => t.exp(x),
      (t, x) => t.log1p(t.exp(x)),
    ),
  ),
  "aten.logaddexp2": unlessComplex(
    logAddExp(
      (t, x) => t.exp(t.mul(x, Math.LN2)),
      (t, x) => t.mul(t.log1p(t.exp(t.mul(x, Math.LN2))), Math.LOG2E),
    ),
  ),
  "aten.where.self": where,
  "aten.where.ScalarOther": where,
  "aten.where.ScalarSelf": where,
  "aten.where.Scalar": where,
};
