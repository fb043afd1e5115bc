/** @file Functions of one number, element by element: roots, powers, logarithms, angles, rounding, and special functions. */

import { besselI1e, digamma, erfc, erfInv, lgamma, polygamma, zeta } from "../../../ir/dialects/chlo/elementwise.js";
import { type ElementType, elementFacts } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { Call, Row, Rows } from "../call.js";
import { isFloating, toFloating } from "../promotion.js";
import { truncated } from "./arithmetic.js";
import {
  type Binary,
  isComplexValue,
  isNaNValue,
  nanLike,
  real,
  realBinary,
  type Unary,
  unary,
  unlessInteger,
} from "./operands.js";

/** -1, 0 or 1; PyTorch has 0 for NaN. */
function sign(t: TensorBuilder, x: Value): Value {
  const { kind } = elementFacts[t.element(x)];
  if (kind === "bool") return x;
  if (kind === "uint") return t.convert(t.ne(x, 0), t.element(x));
  const plain = t.sign(x);
  return kind === "float" ? t.select(isNaNValue(t, x), 0, plain) : plain;
}

/** Rounded to `decimals` places, ties to even. */
function round(n: Call): Value {
  const { t } = n;
  const x = n.tensor("self");
  const decimals = n.takes("decimals") ? n.int("decimals") : 0;
  if (!isFloating(t.element(x))) return x;
  if (decimals === 0) return t.round(x);
  const power = 10 ** Math.abs(decimals);
  return t.widened(x, (y) =>
    decimals > 0 ? t.div(t.round(t.mul(y, power)), power) : t.mul(t.round(t.div(y, power)), power),
  );
}

const sinc: Unary = (t, x) => {
  const turn = t.mul(x, Math.PI);
  return t.select(t.eq(x, 0), t.fillLike(1, x), t.div(t.sin(turn), turn));
};

/** log(x / (1 - x)), `x` first brought to at least `eps` and at most 1 - eps; every step is rounded to the element. */
function logit(n: Call): Value {
  const { t } = n;
  const eps = n.optionalFloat("eps");
  const x = n.operand("self", toFloating(n.element("self")));
  const y = eps === undefined ? x : t.min(t.max(x, eps), 1 - eps);
  return t.log(t.div(y, t.sub(1, y)));
}

/** a * f(b), 0 where `a` is 0 unless `b` is NaN. */
const timesLog =
  (f: Unary): Binary =>
  (t, a, b) =>
    t.select(isNaNValue(t, b), nanLike(t, b), t.select(t.eq(a, 0), 0, t.mul(a, f(t, b))));

const entropy: Unary = (t, x) => {
  const inside = t.neg(t.mul(x, t.log(x)));
  const below = t.select(t.eq(x, 0), t.fillLike(0, x), t.fillLike(-Infinity, x));
  return t.select(isNaNValue(t, x), x, t.select(t.gt(x, 0), inside, below));
};

/** (1 + erf(x / sqrt(2))) / 2, every step rounded to the element. */
function normalShare(n: Call): Value {
  const { t } = n;
  const x = n.operand("self", toFloating(n.element("self")));
  return t.mul(t.add(t.erf(t.mul(x, Math.SQRT1_2)), 1), 0.5);
}

function nanToNum(n: Call): Value {
  const { t } = n;
  const x = n.tensor("self");
  if (isComplexValue(t, x)) return n.unsupported("complex numbers");
  if (!isFloating(t.element(x))) return x;
  const end = largest(t.element(x));
  const high = t.fillLike(n.optionalFloat("posinf") ?? end, x);
  const low = t.fillLike(n.optionalFloat("neginf") ?? -end, x);
  const ends = t.select(t.gt(x, 0), high, low);
  const nan = t.fillLike(n.optionalFloat("nan") ?? 0, x);
  return t.select(isNaNValue(t, x), nan, t.select(t.isFinite(x), x, ends));
}

/** The largest finite number. */
function largest(element: ElementType): number {
  const ends = { f64: Number.MAX_VALUE, f32: (2 - 2 ** -23) * 2 ** 127, f16: 65504, bf16: (2 - 2 ** -7) * 2 ** 127 };
  if (Object.hasOwn(ends, element)) return ends[element as keyof typeof ends];
  throw new Error(`${element} is no float of PyTorch's arithmetic`);
}

/** Mantissa of [1/2, 1) and exponent (i32) of floats. */
function frexp(n: Call): readonly Value[] {
  const { t } = n;
  const x = n.tensor("self");
  const wide = t.convert(x, "f64");
  const isPlain = t.and(t.isFinite(wide), t.ne(wide, 0));
  const safe = t.select(isPlain, wide, 1);
  // The logarithm may be off by one near whole numbers; comparing what is left puts that right.
  const guess = t.add(t.floor(t.mul(t.log(t.abs(safe)), Math.LOG2E)), 1);
  const scaled = timesPowerOfTwo(t, safe, t.neg(guess));
  const size = t.abs(scaled);
  const step = t.sub(t.convert(t.ge(size, 1), "f64"), t.convert(t.lt(size, 0.5), "f64"));
  const mantissa = timesPowerOfTwo(t, scaled, t.neg(step));
  return [
    t.convert(t.select(isPlain, mantissa, wide), t.element(x)),
    t.convert(t.select(isPlain, t.add(guess, step), 0), "i32"),
  ];
}

/** `x * 2^by` in two steps, neither of which goes beyond what doubles hold. */
function timesPowerOfTwo(t: TensorBuilder, x: Value, by: Value): Value {
  const first = t.floor(t.mul(by, 0.5));
  const two = t.fillLike(2, by);
  return t.mul(t.mul(x, t.pow(two, first)), t.pow(two, t.sub(by, first)));
}

/** Reflected below zero, where PyTorch rounds 1 - x; at 0 it is infinite, at negative whole numbers NaN. */
const digammaOf: Unary = (t, x) => {
  const isBelow = t.lt(x, 0);
  const mirrored = t.unary(digamma, t.select(isBelow, t.sub(1, x), x));
  const part = t.convert(t.sub(x, truncated(t, x)), "f64");
  const turn = t.div(Math.PI, t.tan(t.mul(part, Math.PI)));
  const reflected = t.sub(mirrored, t.convert(turn, t.element(x)));
  const whole = t.and(isBelow, t.eq(part, 0));
  const value = t.select(isBelow, t.select(whole, nanLike(t, x), reflected), mirrored);
  return t.select(t.eq(x, 0), t.neg(t.div(1, x)), value);
};

/** Reflected below one half, with sines of angles that are rounded to the element. */
const trigamma: Unary = (t, x) => {
  const isBelow = t.lt(x, 0.5);
  const y = t.select(isBelow, t.sub(1, x), x);
  const inner = t.emit(polygamma, { n: t.fillLike(1, y), x: y }, {});
  const sine = t.sin(t.mul(x, Math.PI));
  const whole = t.div(Math.PI ** 2, t.mul(sine, sine));
  return t.select(isBelow, t.sub(whole, inner), inner);
};

function polygammaRow(n: Call): Value {
  const order = n.int("n");
  return n.t.widened(n.operand("self", toFloating(n.element("self"))), (x) => {
    if (order === 0) return digammaOf(n.t, x);
    if (order === 1) return trigamma(n.t, x);
    const inner = n.t.emit(polygamma, { n: n.t.fillLike(order, x), x }, {});
    // Hurwitz' zeta function is infinite at 0, whatever the side.
    return n.t.select(n.t.eq(x, 0), n.t.fillLike(order % 2 === 1 ? Infinity : -Infinity, x), inner);
  });
}

const zetaOf: Binary = (t, a, b) => {
  const [x, q] = t.together(a, b) as [Value, Value];
  return t.emit(zeta, { x, q }, {});
};

/** log(Gamma_p(x)) of the multivariate gamma function. */
function logGammas(n: Call): Value {
  const { t } = n;
  const p = n.int("p");
  return t.widened(n.operand("self", toFloating(n.element("self"))), (x) => {
    const terms = Array.from({ length: p }, (_, j) => t.unary(lgamma, t.sub(x, j / 2)));
    return t.add(terms.reduce(t.add), (p * (p - 1) * Math.log(Math.PI)) / 4);
  });
}

const i1e: Unary = (t, x) => t.unary(besselI1e, x);

/** Functions of real numbers by the names that PyTorch has for them. */
const realFunctions: readonly (readonly [names: string, f: Unary])[] = [
  ["sqrt", (t, x) => t.sqrt(x)],
  ["rsqrt", (t, x) => t.rsqrt(x)],
  ["reciprocal", (t, x) => t.reciprocal(x)],
  ["exp", (t, x) => t.exp(x)],
  ["exp2 special_exp2", (t, x) => t.pow(t.fillLike(2, x), x)],
  ["expm1 special_expm1", (t, x) => t.expm1(x)],
  ["log", (t, x) => t.log(x)],
  ["log2", (t, x) => t.div(t.log(x), Math.LN2)],
  ["log10", (t, x) => t.div(t.log(x), Math.LN10)],
  ["log1p special_log1p", (t, x) => t.log1p(x)],
  ["sin", (t, x) => t.sin(x)],
  ["cos", (t, x) => t.cos(x)],
  ["tan", (t, x) => t.tan(x)],
  ["asin arcsin", (t, x) => t.asin(x)],
  ["acos arccos", (t, x) => t.acos(x)],
  ["atan arctan", (t, x) => t.atan(x)],
  ["sinh", (t, x) => t.sinh(x)],
  ["cosh", (t, x) => t.cosh(x)],
  ["tanh", (t, x) => t.tanh(x)],
  ["asinh arcsinh", (t, x) => t.asinh(x)],
  ["acosh arccosh", (t, x) => t.acosh(x)],
  ["atanh arctanh", (t, x) => t.atanh(x)],
  ["sigmoid special_expit", (t, x) => t.sigmoid(x)],
  ["erf special_erf", (t, x) => t.erf(x)],
  ["erfc special_erfc", (t, x) => t.unary(erfc, x)],
  ["erfinv special_erfinv", (t, x) => t.unary(erfInv, x)],
  ["lgamma special_gammaln", (t, x) => t.unary(lgamma, x)],
  ["digamma special_digamma special_psi", digammaOf],
  ["sinc special_sinc", sinc],
  ["special_entr", entropy],
  ["special_i1e", i1e],
  ["special_i1", (t, x) => t.mul(i1e(t, x), t.exp(t.abs(x)))],
  ["deg2rad", (t, x) => t.mul(x, Math.PI / 180)],
  ["rad2deg", (t, x) => t.mul(x, 180 / Math.PI)],
];

const named: Rows = Object.fromEntries(
  realFunctions.flatMap(([names, f]) => names.split(" ").map((name): [string, Row] => [`aten.${name}`, real(f)])),
);

const abs: Row = (n) => {
  const x = n.tensor("self");
  return n.t.element(x) === "i1" ? x : n.t.abs(x);
};

export const functions: Rows = {
  ...named,
  "aten.abs": abs,
  "aten.absolute": abs,
  "aten.sign": unary(sign),
  "aten.sgn": unary(sign),
  "aten.square": unary((t, x) => t.mul(x, x)),
  "aten.positive": unary((_, x) => x),
  "aten.ceil": unlessInteger((t, x) => t.ceil(x)),
  "aten.floor": unlessInteger((t, x) => t.floor(x)),
  "aten.trunc": unlessInteger(truncated),
  "aten.fix": unlessInteger(truncated),
  "aten.frac": unlessInteger((t, x) => t.sub(x, truncated(t, x))),
  "aten.round": round,
  "aten.special_round": round,
  "aten.logit": logit,
  "aten.special_logit": logit,
  "aten.special_ndtr": normalShare,
  "aten.nan_to_num": nanToNum,
  "aten.frexp": frexp,
  "aten.polygamma": polygammaRow,
  "aten.special_polygamma": polygammaRow,
  "aten.mvlgamma": logGammas,
  "aten.special_multigammaln": logGammas,
  "aten.special_zeta": realBinary(zetaOf),
  "aten.xlogy": realBinary(timesLog((t, x) => t.log(x))),
  "aten.special_xlogy": realBinary(timesLog((t, x) => t.log(x))),
  "aten.special_xlog1py": realBinary(timesLog((t, x) => t.log1p(x))),
};
