/**
 * @file Integer arithmetic of a host function as the manifest's expressions. These have sums, products, `min`, `max` and
 * divisions that round down; what else the host computes is put together from them. Truth values are 0 and 1.
 * Invariant: the text has the value that the operation gives, rounding included; a range holds every value of its text.
 */

import {
  addRanges,
  anyRange,
  type DimRange,
  floorDivideRanges,
  maxRange,
  minRange,
  moduloRanges,
  multiplyRanges,
  negateRange,
  pointRange,
} from "../ir/dim-range.js";
import type { Operation } from "../ir/graph.js";

/** A text and what is known of its value. */
export interface Bounded {
  readonly text: string;
  readonly range: DimRange;
}

type Row = (a: Bounded, b: Bounded, op: Operation, c: Bounded) => Bounded | undefined;

const number = (value: number): Bounded => ({ text: String(value), range: pointRange(value) });
const [zero, one] = [number(0), number(1)];

const infix =
  (sign: string, range: (a: DimRange, b: DimRange) => DimRange) =>
  (a: Bounded, b: Bounded): Bounded => ({ text: `${term(a)} ${sign} ${term(b)}`, range: range(a.range, b.range) });

const call =
  (name: "min" | "max", range: (a: DimRange, b: DimRange) => DimRange) =>
  (a: Bounded, b: Bounded): Bounded => ({ text: `${name}(${a.text}, ${b.text})`, range: range(a.range, b.range) });

const add = infix("+", addRanges);
const subtract = infix("-", (a, b) => addRanges(a, negateRange(b)));
const multiply = infix("*", multiplyRanges);
const floorDivide = infix("floordiv", floorDivideRanges);
const ceilDivide = infix("ceildiv", (a, b) => negateRange(floorDivideRanges(negateRange(a), b)));
const modulo = infix("mod", moduloRanges);
const least = call("min", minRange);
const greatest = call("max", maxRange);

const isNotNegative = ({ range }: Bounded): boolean => range.min >= 0;

/** Division towards zero, or its remainder, from the parts of the dividend on both sides of zero. */
const truncated =
  (part: (a: Bounded, b: Bounded) => Bounded): Row =>
  (a, b) =>
    isNotNegative(a) ? part(a, b) : subtract(part(greatest(a, zero), b), part(greatest(subtract(zero, a), zero), b));

/** 1 where `a` is less than `b`. */
const isLess = (a: Bounded, b: Bounded): Bounded => least(greatest(subtract(b, a), zero), one);
const isDifferent = (a: Bounded, b: Bounded): Bounded => least(greatest(subtract(a, b), subtract(b, a)), one);
const not = (a: Bounded): Bounded => subtract(one, a);

const comparisons: Readonly<Record<string, (a: Bounded, b: Bounded) => Bounded>> = {
  eq: (a, b) => not(isDifferent(a, b)),
  ne: isDifferent,
  slt: isLess,
  sge: (a, b) => not(isLess(a, b)),
  sgt: (a, b) => isLess(b, a),
  sle: (a, b) => not(isLess(b, a)),
};

const compare: Row = (a, b, op) => {
  const predicate = op.attrs["predicate"] as string;
  // Of numbers that are not negative, unsigned and signed comparison are the same.
  const signed = isNotNegative(a) && isNotNegative(b) ? predicate.replace(/^u/, "s") : predicate;
  return comparisons[signed]?.(a, b);
};

const ofTruth = (op: Operation): boolean => {
  const { type } = op.operand(0);
  return type.kind === "scalar" && type.element === "i1";
};

const onTruth =
  (row: (a: Bounded, b: Bounded) => Bounded): Row =>
  (a, b, op) =>
    ofTruth(op) ? row(a, b) : undefined;

/** Integers keep their values between types, which hold them; but the truth is -1 where it is extended by its sign. */
const convert: Row = (a, _, op) => {
  if (op.name === "arith.extsi" && ofTruth(op)) return subtract(zero, a);
  const { type } = op.result;
  const toTruth = type.kind === "scalar" && type.element === "i1";
  return toTruth && (a.range.min < 0 || a.range.max > 1) ? modulo(a, number(2)) : a;
};

/**
 * Operations by name. What is unsigned is computed from sizes, which are not negative: there it rounds as what is signed.
 */
const rows: Readonly<Record<string, Row>> = {
  "arith.addi": add,
  "arith.subi": subtract,
  "arith.muli": multiply,
  "arith.floordivsi": floorDivide,
  "arith.divsi": truncated(floorDivide),
  "arith.divui": floorDivide,
  "arith.ceildivsi": ceilDivide,
  "arith.ceildivui": ceilDivide,
  "arith.remsi": truncated(modulo),
  "arith.remui": modulo,
  "arith.minsi": least,
  "arith.minui": least,
  "arith.maxsi": greatest,
  "arith.maxui": greatest,
  "arith.cmpi": compare,
  "arith.select": (a, b, _, c) => add(c, multiply(a, subtract(b, c))),
  "arith.andi": onTruth(least),
  "arith.ori": onTruth(greatest),
  "arith.xori": onTruth((a, b) => subtract(greatest(a, b), least(a, b))),
  "arith.index_cast": convert,
  "arith.index_castui": convert,
  "arith.extsi": convert,
  "arith.extui": convert,
  "arith.trunci": convert,
};

/** The value of `op`, given those of its operands. */
export function computed(op: Operation, operands: readonly Bounded[]): Bounded | undefined {
  const [a = zero, b = zero, c = zero] = operands;
  return rows[op.name]?.(a, b, op, c);
}

/** What only running the program tells. */
export function unbounded(text: string): Bounded {
  return { text, range: anyRange };
}

/** Only a sum, a product or a negative number needs parentheses. */
function term({ text }: Bounded): string {
  return /^\w+$/.test(text) ? text : `(${text})`;
}
