/**
 * @file StableHLO's elementwise operations on single numbers, as tables by kind of element: what the body of a
 * structured operation computes. Types are signless here; whether integers have a sign is known from the
 * StableHLO element, which picks the row. Semantics are StableHLO's (and XLA's where the specification leaves
 * room): integer division by zero gives -1, remainder by zero the dividend, shifts beyond the width 0 or the sign.
 */

import type { Builder } from "../../../ir/builder.js";
import type { AnyOpDef } from "../../../ir/define.js";
import type { FloatPredicate, IntegerPredicate } from "../../../ir/dialects/arith/attributes.js";
import * as cast from "../../../ir/dialects/arith/cast.js";
import * as arithConstant from "../../../ir/dialects/arith/constant.js";
import * as f from "../../../ir/dialects/arith/float.js";
import * as i from "../../../ir/dialects/arith/integer.js";
import * as math from "../../../ir/dialects/math/functions.js";
import * as mathInteger from "../../../ir/dialects/math/integer.js";
import { type ElementKind, type ElementType, elementFacts, isFloat } from "../../../ir/element.js";
import { floatFormats } from "../../../ir/float-format.js";
import type { Value } from "../../../ir/graph.js";
import type { ScalarType } from "../../../ir/types.js";
import { complexRows } from "./complex-scalars.js";
import { unsignedPower } from "./integer-power.js";

/** What a row may use: the builder and the StableHLO element of its operands. */
export interface ScalarContext {
  readonly b: Builder;
  readonly element: ElementType;
}

export type ScalarRow = (c: ScalarContext, ...args: readonly Value[]) => Value;

/** Rows by kind of the operands' element; a kind without a row does not occur in valid StableHLO. */
export type ScalarRows = Readonly<Partial<Record<ElementKind, ScalarRow>>>;

/** Any operation of one or two scalars whose result has their type. */
type ArithmeticOp = { readonly name: string };

const binary =
  (def: ArithmeticOp): ScalarRow =>
  ({ b }, lhs, rhs) =>
    b.create(def as AnyOpDef, [lhs!, rhs!], {}).result;

const unary =
  (def: ArithmeticOp): ScalarRow =>
  ({ b }, operand) =>
    b.create(def as AnyOpDef, [operand!], {}).result;

export function select(b: Builder, condition: Value, yes: Value, no: Value): Value {
  return b.value(arithConstant.select, { condition, true_value: yes, false_value: no }, {});
}

/** A constant of the type of `like`. */
export function constantLike(b: Builder, value: number | bigint, like: Value): Value {
  return arithConstant.constantOf(b, value, like.type as ScalarType);
}

export function compareInts(b: Builder, predicate: IntegerPredicate, lhs: Value, rhs: Value): Value {
  return b.value(i.cmpi, { lhs, rhs }, { predicate });
}

export function compareFloats(b: Builder, predicate: FloatPredicate, lhs: Value, rhs: Value): Value {
  return b.value(f.cmpf, { lhs, rhs }, { predicate });
}

const ints = (signed: ArithmeticOp, unsigned: ArithmeticOp = signed): Pick<ScalarRows, "int" | "uint"> => ({
  int: binary(signed),
  uint: binary(unsigned),
});

const bits = (def: ArithmeticOp): ScalarRows => ({ ...ints(def), bool: binary(def) });

/** -1 where the divisor is 0; the dividend where the quotient would overflow, since 0 - x is then x. */
const signedQuotient: ScalarRow = ({ b }, lhs, rhs) => {
  const { safe, isZero, isMinusOne } = safeDivisor(b, rhs!);
  const quotient = b.value(i.divsi, { lhs: lhs!, rhs: safe }, {});
  const negated = b.value(i.subi, { lhs: constantLike(b, 0, lhs!), rhs: lhs! }, {});
  return select(b, isZero, constantLike(b, -1, lhs!), select(b, isMinusOne, negated, quotient));
};

const signedRemainder: ScalarRow = ({ b }, lhs, rhs) => {
  const { safe, isZero, isMinusOne } = safeDivisor(b, rhs!);
  const remainder = b.value(i.remsi, { lhs: lhs!, rhs: safe }, {});
  return select(b, isZero, lhs!, select(b, isMinusOne, constantLike(b, 0, lhs!), remainder));
};

/** The divisor with 0 and -1 replaced by 1, so that the division itself is always defined. */
function safeDivisor(b: Builder, rhs: Value): { safe: Value; isZero: Value; isMinusOne: Value } {
  const one = constantLike(b, 1, rhs);
  const isZero = compareInts(b, "eq", rhs, constantLike(b, 0, rhs));
  const isMinusOne = compareInts(b, "eq", rhs, constantLike(b, -1, rhs));
  return { safe: select(b, isZero, one, select(b, isMinusOne, one, rhs)), isZero, isMinusOne };
}

const unsignedBy =
  (def: typeof i.divui, byZero: (b: Builder, lhs: Value) => Value): ScalarRow =>
  ({ b }, lhs, rhs) => {
    const isZero = compareInts(b, "eq", rhs!, constantLike(b, 0, rhs!));
    const safe = select(b, isZero, constantLike(b, 1, rhs!), rhs!);
    return select(b, isZero, byZero(b, lhs!), b.value(def, { lhs: lhs!, rhs: safe }, {}));
  };

/** Shifts by the width or more are defined in StableHLO, not in `arith`. */
const shift =
  (def: typeof i.shli | typeof i.shrui, beyond: "zero" | "sign"): ScalarRow =>
  ({ b, element }, lhs, rhs) => {
    const width = elementFacts[element].bits;
    const inRange = compareInts(b, "ult", rhs!, constantLike(b, width, rhs!));
    const most = constantLike(b, width - 1, rhs!);
    const amount = select(b, inRange, rhs!, most);
    const shifted = b.create(def as AnyOpDef, [lhs!, amount], {}).result;
    return beyond === "sign" ? shifted : select(b, inRange, shifted, constantLike(b, 0, lhs!));
  };

const shifts = (def: typeof i.shli | typeof i.shrui, beyond: "zero" | "sign"): ScalarRows => ({
  int: shift(def, beyond),
  uint: shift(def, beyond),
});

const floatSign: ScalarRow = ({ b }, x) => {
  const one = constantLike(b, 1, x!);
  const magnitude = b.value(math.copysign, { lhs: one, rhs: x! }, {});
  const isZeroOrNan = b.value(f.cmpf, { lhs: x!, rhs: constantLike(b, 0, x!) }, { predicate: "ueq" });
  return select(b, isZeroOrNan, x!, magnitude);
};

const intSign: ScalarRow = ({ b }, x) => {
  const low = b.value(i.maxsi, { lhs: x!, rhs: constantLike(b, -1, x!) }, {});
  return b.value(i.minsi, { lhs: low, rhs: constantLike(b, 1, x!) }, {});
};

/** A function of several steps: narrow floats take them in f32, so that only the result is rounded to their element. */
const inSteps =
  (row: ScalarRow): ScalarRow =>
  (c, x) => {
    if (elementFacts[c.element].bits >= 32) return row(c, x!);
    const wide = c.b.value(cast.extf, { in: x! }, {}, { results: [c.b.context.types.scalar("f32")] });
    const result = row({ b: c.b, element: "f32" }, wide);
    return c.b.value(cast.truncf, { in: result }, {}, { results: [x!.type as ScalarType] });
  };

/** 1 / (1 + exp(-x)). */
const logistic: ScalarRow = ({ b }, x) => {
  const one = constantLike(b, 1, x!);
  const e = b.value(math.exp, { operand: b.value(f.negf, { operand: x! }, {}) }, {});
  return b.value(f.divf, { lhs: one, rhs: b.value(f.addf, { lhs: one, rhs: e }, {}) }, {});
};

/** Formats without infinities have at most NaN beside finite values. */
const finite: ScalarRow = ({ b, element }, x) => {
  if (!isFloat(element) || floatFormats[element].flavour !== "ieee") return compareFloats(b, "ord", x!, x!);
  const magnitude = b.value(math.absf, { operand: x! }, {});
  return compareFloats(b, "olt", magnitude, constantLike(b, Number.POSITIVE_INFINITY, x!));
};

const clampBy =
  (low: ArithmeticOp, high: ArithmeticOp): ScalarRow =>
  ({ b }, min, x, max) =>
    b.create(high as AnyOpDef, [b.create(low as AnyOpDef, [x!, min!], {}).result, max!], {}).result;

const notRow: ScalarRow = ({ b }, x) => b.value(i.xori, { lhs: x!, rhs: constantLike(b, -1, x!) }, {});

const choose: ScalarRow = ({ b }, condition, yes, no) => select(b, condition!, yes!, no!);
const everyKind = (row: ScalarRow): ScalarRows => ({ float: row, int: row, uint: row, bool: row, complex: row });

/** Rows of operations whose result has the element of their operands (for `select`, of the last two). */
export const scalarRows: Readonly<Record<string, ScalarRows>> = {
  abs: { float: unary(math.absf), int: unary(mathInteger.absi) },
  add: { float: binary(f.addf), ...ints(i.addi), bool: binary(i.ori) },
  and: bits(i.andi),
  atan2: { float: binary(math.atan2) },
  cbrt: { float: unary(math.cbrt) },
  ceil: { float: unary(math.ceil) },
  clamp: {
    float: clampBy(f.maximumf, f.minimumf),
    int: clampBy(i.maxsi, i.minsi),
    uint: clampBy(i.maxui, i.minui),
    bool: clampBy(i.ori, i.andi),
  },
  cosine: { float: unary(math.cos) },
  count_leading_zeros: { int: unary(mathInteger.ctlz), uint: unary(mathInteger.ctlz) },
  divide: {
    float: binary(f.divf),
    int: signedQuotient,
    uint: unsignedBy(i.divui, (b, lhs) => constantLike(b, -1, lhs)),
  },
  exponential: { float: unary(math.exp) },
  exponential_minus_one: { float: unary(math.expm1) },
  floor: { float: unary(math.floor) },
  is_finite: { float: finite },
  log: { float: unary(math.log) },
  log_plus_one: { float: unary(math.log1p) },
  logistic: { float: inSteps(logistic) },
  maximum: { float: binary(f.maximumf), ...ints(i.maxsi, i.maxui), bool: binary(i.ori) },
  minimum: { float: binary(f.minimumf), ...ints(i.minsi, i.minui), bool: binary(i.andi) },
  multiply: { float: binary(f.mulf), ...ints(i.muli), bool: binary(i.andi) },
  negate: { float: ({ b }, x) => b.value(f.negf, { operand: x! }, {}), int: negateInt, uint: negateInt },
  not: { int: notRow, uint: notRow, bool: notRow },
  or: bits(i.ori),
  popcnt: { int: unary(mathInteger.ctpop), uint: unary(mathInteger.ctpop) },
  power: { float: binary(math.powf), int: signedPower, uint: ({ b }, x, n) => unsignedPower(b, x!, n!) },
  remainder: { float: binary(f.remf), int: signedRemainder, uint: unsignedBy(i.remui, (_, lhs) => lhs) },
  round_nearest_afz: { float: unary(math.round) },
  round_nearest_even: { float: unary(math.roundeven) },
  rsqrt: { float: unary(math.rsqrt) },
  select: everyKind(choose),
  shift_left: shifts(i.shli, "zero"),
  shift_right_arithmetic: shifts(i.shrsi, "sign"),
  shift_right_logical: shifts(i.shrui, "zero"),
  sign: { float: floatSign, int: intSign },
  sine: { float: unary(math.sin) },
  sqrt: { float: unary(math.sqrt) },
  subtract: { float: binary(f.subf), ...ints(i.subi) },
  tan: { float: unary(math.tan) },
  tanh: { float: unary(math.tanh) },
  xor: bits(i.xori),
};

/** A negative power leaves the integer part of the reciprocal; of 1 and -1 the bits of the exponent give it as well. */
function signedPower({ b }: ScalarContext, x?: Value, n?: Value): Value {
  const power = unsignedPower(b, x!, n!);
  const isNegative = compareInts(b, "slt", n!, constantLike(b, 0, n!));
  const [one, minusOne] = [1, -1].map((unit) => compareInts(b, "eq", x!, constantLike(b, unit, x!)));
  const isUnit = b.value(i.ori, { lhs: one!, rhs: minusOne! }, {});
  return select(b, isNegative, select(b, isUnit, power, constantLike(b, 0, x!)), power);
}

function negateInt({ b }: ScalarContext, x?: Value): Value {
  return b.value(i.subi, { lhs: constantLike(b, 0, x!), rhs: x! }, {});
}

/** The row of a StableHLO operation for operands of `element`. */
export function scalarRow(name: string, element: ElementType): ScalarRow | undefined {
  const { kind } = elementFacts[element];
  const short = name.replace(/^stablehlo\./, "");
  return kind === "complex" ? (complexRows[short] ?? scalarRows[short]?.complex) : scalarRows[short]?.[kind];
}
