/**
 * @file Builds elementwise StableHLO with NumPy's broadcasting: operands of any shapes that fit together, and plain
 * numbers, which take the element of the tensor beside them.
 */

import type { AnyOpDef } from "./define.js";
import * as chlo from "./dialects/chlo/elementwise.js";
import type { ComparisonDirection, ComparisonType } from "./dialects/stablehlo/attributes.js";
import { clamp, compare, select } from "./dialects/stablehlo/choose.js";
import * as parts from "./dialects/stablehlo/convert.js";
import * as hlo from "./dialects/stablehlo/elementwise.js";
import type { Dim } from "./dim.js";
import { type ElementType, elementFacts } from "./element.js";
import type { Value } from "./graph.js";
import { isNumbers, MovementBuilder } from "./movement-builder.js";
import { numericsOf, type Scalar } from "./scalar.js";

/** A tensor, or a number of the element of the tensor beside it. */
export type Operand = Value | number;

export class MathBuilder extends MovementBuilder {
  /** `x` everywhere. */
  fill(x: Scalar, dims: readonly Dim[], element: ElementType): Value {
    const resolved = dims.map((d) => this.facts.resolve(d));
    if (isNumbers(resolved)) return this.splat(x, resolved, element);
    return this.broadcast(this.splat(x, [], element), resolved, []);
  }

  /** The number `x` in every place of a tensor like `like`. */
  fillLike(x: number, like: Value, element: ElementType = this.element(like)): Value {
    return this.fill(numericsOf(element).fromNumber(x), this.shape(like), element);
  }

  convert(x: Value, element: ElementType): Value {
    const type = this.type(x);
    if (type.element === element) return x;
    return this.emit(parts.convert, { operand: x }, {}, { results: [this.tensorType(type.shape, element)] });
  }

  /** Computes in f32 where the element is a narrower float, and rounds the result once. */
  widened(x: Value, compute: (wide: Value) => Value): Value {
    const element = this.element(x);
    const { kind, bits } = elementFacts[element];
    if (kind !== "float" || bits >= 32) return compute(x);
    return this.convert(compute(this.convert(x, "f32")), element);
  }

  /** The operands as tensors of one shape. */
  together(...operands: readonly Operand[]): Value[] {
    const tensors = operands.filter((x) => typeof x !== "number");
    const [first] = tensors;
    if (first === undefined) throw new Error("an elementwise operation needs a tensor");
    const shape = this.broadcastShapes(...tensors.map((x) => this.shape(x)));
    const n = numericsOf(this.element(first));
    return operands.map((x) =>
      typeof x === "number" ? this.fill(n.fromNumber(x), shape, n.element) : this.broadcast(x, shape),
    );
  }

  /** An elementwise operation of operands `lhs` and `rhs`. */
  binary(def: AnyOpDef, a: Operand, b: Operand): Value {
    return this.note(this.builder.create(def, this.together(a, b), {}).result);
  }

  /** An elementwise operation of one operand. */
  unary(def: AnyOpDef, x: Value): Value {
    return this.note(this.builder.create(def, [x], {}).result);
  }

  add = (a: Operand, b: Operand): Value => this.binary(hlo.add, a, b);
  sub = (a: Operand, b: Operand): Value => this.binary(hlo.subtract, a, b);
  mul = (a: Operand, b: Operand): Value => this.binary(hlo.multiply, a, b);
  /** Integers truncate. */
  div = (a: Operand, b: Operand): Value => this.binary(hlo.divide, a, b);
  /** With the sign of `a`. */
  rem = (a: Operand, b: Operand): Value => this.binary(hlo.remainder, a, b);
  pow = (a: Operand, b: Operand): Value => this.binary(hlo.power, a, b);
  max = (a: Operand, b: Operand): Value => this.binary(hlo.maximum, a, b);
  min = (a: Operand, b: Operand): Value => this.binary(hlo.minimum, a, b);
  atan2 = (a: Operand, b: Operand): Value => this.binary(hlo.atan2, a, b);
  and = (a: Operand, b: Operand): Value => this.binary(hlo.and, a, b);
  or = (a: Operand, b: Operand): Value => this.binary(hlo.or, a, b);
  xor = (a: Operand, b: Operand): Value => this.binary(hlo.xor, a, b);
  shiftLeft = (a: Operand, b: Operand): Value => this.binary(hlo.shiftLeft, a, b);
  shiftRightLogical = (a: Operand, b: Operand): Value => this.binary(hlo.shiftRightLogical, a, b);

  neg = (x: Value): Value => this.unary(hlo.negate, x);
  /** Unsigned numbers are their own. */
  abs = (x: Value): Value => (elementFacts[this.element(x)].kind === "uint" ? x : this.unary(hlo.abs, x));
  sign = (x: Value): Value => this.unary(hlo.sign, x);
  not = (x: Value): Value => this.unary(hlo.not, x);
  ceil = (x: Value): Value => this.unary(hlo.ceil, x);
  floor = (x: Value): Value => this.unary(hlo.floor, x);
  /** Ties to even. */
  round = (x: Value): Value => this.unary(hlo.roundNearestEven, x);
  roundAwayFromZero = (x: Value): Value => this.unary(hlo.roundNearestAfz, x);
  sqrt = (x: Value): Value => this.unary(hlo.sqrt, x);
  rsqrt = (x: Value): Value => this.unary(hlo.rsqrt, x);
  exp = (x: Value): Value => this.unary(hlo.exponential, x);
  expm1 = (x: Value): Value => this.unary(hlo.exponentialMinusOne, x);
  log = (x: Value): Value => this.unary(hlo.log, x);
  log1p = (x: Value): Value => this.unary(hlo.logPlusOne, x);
  sin = (x: Value): Value => this.unary(hlo.sine, x);
  cos = (x: Value): Value => this.unary(hlo.cosine, x);
  tan = (x: Value): Value => this.unary(hlo.tan, x);
  tanh = (x: Value): Value => this.unary(hlo.tanh, x);
  /** 1 / (1 + e^-x) */
  sigmoid = (x: Value): Value => this.unary(hlo.logistic, x);
  erf = (x: Value): Value => this.unary(chlo.erf, x);
  acos = (x: Value): Value => this.unary(chlo.acos, x);
  asin = (x: Value): Value => this.unary(chlo.asin, x);
  atan = (x: Value): Value => this.unary(chlo.atan, x);
  cosh = (x: Value): Value => this.unary(chlo.cosh, x);
  sinh = (x: Value): Value => this.unary(chlo.sinh, x);
  acosh = (x: Value): Value => this.unary(chlo.acosh, x);
  asinh = (x: Value): Value => this.unary(chlo.asinh, x);
  atanh = (x: Value): Value => this.unary(chlo.atanh, x);
  isFinite = (x: Value): Value => this.unary(parts.isFiniteOp, x);
  reciprocal = (x: Value): Value => this.div(1, x);

  compare(direction: ComparisonDirection, a: Operand, b: Operand, type?: ComparisonType): Value {
    const [lhs, rhs] = this.together(a, b) as [Value, Value];
    return this.emit(compare, { lhs, rhs }, { comparison_direction: direction, compare_type: type });
  }

  eq = (a: Operand, b: Operand): Value => this.compare("EQ", a, b);
  ne = (a: Operand, b: Operand): Value => this.compare("NE", a, b);
  lt = (a: Operand, b: Operand): Value => this.compare("LT", a, b);
  le = (a: Operand, b: Operand): Value => this.compare("LE", a, b);
  gt = (a: Operand, b: Operand): Value => this.compare("GT", a, b);
  ge = (a: Operand, b: Operand): Value => this.compare("GE", a, b);

  /** `a` where `pred` holds, else `b`; all three broadcast. */
  select(pred: Value, a: Operand, b: Operand): Value {
    const tensor = typeof a !== "number" ? a : b;
    if (typeof tensor === "number") throw new Error("one of the values chosen from must be a tensor");
    const values = [a, b].map((x) => (typeof x === "number" ? this.number(x, this.element(tensor)) : x));
    const [p, x, y] = this.together(pred, ...values) as [Value, Value, Value];
    return this.emit(select, { pred: p, on_true: x, on_false: y }, {});
  }

  /** min(max(x, low), high) */
  clamp(low: number | Value, x: Value, high: number | Value): Value {
    const [min, max] = [low, high].map((v) => (typeof v === "number" ? this.number(v, this.element(x)) : v));
    return this.emit(clamp, { min: min!, operand: x, max: max! }, {});
  }
}
