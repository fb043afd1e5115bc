/** @file Functions that kernels may call, by their full names: what `math`, NumPy and Python itself have. */

import type { AnyOpDef } from "../../ir/define.js";
import * as f from "../../ir/dialects/arith/float.js";
import * as i from "../../ir/dialects/arith/integer.js";
import * as math from "../../ir/dialects/math/functions.js";
import { absi } from "../../ir/dialects/math/integer.js";
import { isFloatType, joinTypes, type Num, type Numbers, type NumberType } from "./numbers.js";

/** Gives the result for numbers, or why there is none. */
type Function = (n: Numbers, args: readonly Num[]) => Num | string;

const real = (n: Numbers, x: Num): Num => (isFloatType(x.type) ? x : { ...n.convert(x, "f64"), weak: x.weak });

const unary =
  (def: unknown): Function =>
  (n, args) => {
    const [x] = args;
    if (!x || args.length !== 1) return `it takes one number, not ${args.length}`;
    const operand = real(n, x);
    return { ...operand, value: n.b.create(def as AnyOpDef, [operand.value], {}).result };
  };

const binary =
  (float: unknown, integer?: unknown): Function =>
  (n, args) => {
    const [x, y] = args;
    if (!x || !y || args.length !== 2) return `it takes two numbers, not ${args.length}`;
    const joined = joinTypes(x, y);
    const type = isFloatType(joined.type) || integer ? joined.type : "f64";
    const def = (isFloatType(type) ? float : integer) as AnyOpDef;
    const values = [n.convert(x, type).value, n.convert(y, type).value];
    return { value: n.b.create(def, values, {}).result, type, weak: joined.weak };
  };

const absolute: Function = (n, args) => {
  const [x] = args;
  if (!x || args.length !== 1) return `it takes one number, not ${args.length}`;
  const def = (isFloatType(x.type) ? math.absf : absi) as unknown as AnyOpDef;
  return x.type === "i1" ? x : { ...x, value: n.b.create(def, [x.value], {}).result };
};

const extreme =
  (op: "Gt" | "Lt"): Function =>
  (n, args) => {
    const [first, ...rest] = args;
    if (!first || rest.length === 0) return "it takes two numbers or more";
    return rest.reduce((a, b) => n.extreme(op, a, b), first);
  };

const converted =
  (type: NumberType, weak = false): Function =>
  (n, args) => {
    const [x] = args;
    return x && args.length === 1 ? { ...n.convert(x, type), weak } : `it takes one number, not ${args.length}`;
  };

const logarithm: Function = (n, args) => {
  const [x, base] = args.map((a) => real(n, a));
  if (!x || args.length > 2) return `it takes one number or two, not ${args.length}`;
  if (!base) return unary(math.log)(n, args);
  const [a, b] = [unary(math.log)(n, [x]), unary(math.log)(n, [base])];
  return typeof a === "string" || typeof b === "string" ? "it takes numbers" : n.binary("Div", a, b);
};

const whole =
  (def: unknown): Function =>
  (n, args) => {
    const rounded = unary(def)(n, args);
    return typeof rounded === "string" ? rounded : { ...n.convert(rounded, "i64"), weak: true };
  };

const alike = ["exp", "expm1", "log2", "log10", "log1p", "sqrt", "cbrt", "exp2", "sin", "cos", "tan", "sinh", "cosh"];
const simple: Readonly<Record<string, unknown>> = math as unknown as Readonly<Record<string, unknown>>;
const inverse: Readonly<Record<string, unknown>> = {
  sin: math.asin,
  cos: math.acos,
  tan: math.atan,
  sinh: math.asinh,
  cosh: math.acosh,
  tanh: math.atanh,
};

export const functions: ReadonlyMap<string, Function> = new Map<string, Function>([
  ...[...alike, "tanh"].flatMap((name): [string, Function][] => [
    [`math.${name}`, unary(simple[name])],
    [`numpy.${name}`, unary(simple[name])],
  ]),
  ...Object.entries(inverse).flatMap(([name, def]): [string, Function][] => [
    [`math.a${name}`, unary(def)],
    [`numpy.arc${name}`, unary(def)],
  ]),
  ["math.log", logarithm],
  ["numpy.log", unary(math.log)],
  ["math.erf", unary(math.erfOp)],
  ["math.erfc", unary(math.erfcOp)],
  ["math.fabs", unary(math.absf)],
  ["numpy.fabs", unary(math.absf)],
  ["math.floor", whole(math.floor)],
  ["math.ceil", whole(math.ceil)],
  ["math.trunc", whole(math.trunc)],
  ["numpy.floor", unary(math.floor)],
  ["numpy.ceil", unary(math.ceil)],
  ["numpy.trunc", unary(math.trunc)],
  ["numpy.rint", unary(math.roundeven)],
  ["math.pow", binary(math.powf)],
  ["numpy.power", binary(math.powf)],
  ["math.atan2", binary(math.atan2)],
  ["numpy.arctan2", binary(math.atan2)],
  ["math.fmod", binary(f.remf)],
  ["numpy.fmod", binary(f.remf, i.remsi)],
  ["math.copysign", binary(math.copysign)],
  ["numpy.copysign", binary(math.copysign)],
  ["numpy.maximum", binary(f.maximumf, i.maxsi)],
  ["numpy.minimum", binary(f.minimumf, i.minsi)],
  ["abs", absolute],
  ["numpy.abs", absolute],
  ["numpy.absolute", absolute],
  ["max", extreme("Gt")],
  ["min", extreme("Lt")],
  ["float", converted("f64", true)],
  ["int", converted("i64", true)],
  ["bool", (n, [x]) => (x ? n.bool(n.truth(x)) : "it takes one number")],
  ...(["f64", "f32", "i64", "i32"] as const).map((t): [string, Function] => [`persimmons.${t}`, converted(t)]),
  ["numpy.float64", converted("f64")],
  ["numpy.float32", converted("f32")],
  ["numpy.int64", converted("i64")],
  ["numpy.int32", converted("i32")],
]);
