/** @file `math`'s operations that take integers. */

import { defineOp } from "../../define.js";
import { defaultAttr, scalarLike } from "../../kinds.js";
import { mapElements, type NdArray } from "../../ndarray.js";
import { power } from "../../numerics/real-functions.js";
import { numericsOf, type Scalar } from "../../scalar.js";
import { elementOf, printType } from "../../types.js";
import { fastMath } from "../arith/attributes.js";
import { floatLike } from "../arith/float.js";
import { integerLike } from "../arith/integer.js";
import { isArray, joinTypes, liftOne, liftTwo, operandElement } from "../arith/lift.js";
import { type Signless, signlessOf } from "../arith/signless.js";

function unary(name: string, summary: string, f: (record: Signless) => (x: Scalar) => Scalar) {
  return defineOp(`math.${name}`, {
    summary,
    operands: { operand: integerLike },
    attrs: {},
    results: { result: integerLike },
    traits: ["pure", "elementwise"],
    format: "$operand attr-dict `:` type($result)",
    infer: ({ operand }) => ({ result: operand }),
    evaluate({ operand }, _, evaluation) {
      const element = operandElement(evaluation);
      return { result: liftOne(element, operand, f(signlessOf(element))) };
    },
  });
}

/** Of the bits of the pattern, the most significant first. */
const ofBits = (f: (bits: string) => number) => (record: Signless) => (x: Scalar) =>
  record.fromBits(BigInt(f(record.toBits(x).toString(2).padStart(record.bits, "0"))));

export const absi = unary("absi", "Magnitude of a signed integer; the lowest is its own.", (record) => (x) => {
  const { subi } = record.operations;
  return Number(record.signed(x)) < 0 ? subi(record.fromBits(0n), x) : x;
});
export const ctlz = unary(
  "ctlz",
  "Zeros above the highest one.",
  ofBits((bits) => (bits.includes("1") ? bits.indexOf("1") : bits.length)),
);
export const cttz = unary(
  "cttz",
  "Zeros below the lowest one.",
  ofBits((bits) => (bits.includes("1") ? bits.length - 1 - bits.lastIndexOf("1") : bits.length)),
);
export const ctpop = unary(
  "ctpop",
  "Number of ones.",
  ofBits((bits) => bits.replaceAll("0", "").length),
);

export const ipowi = defineOp("math.ipowi", {
  summary: "An integer to an integer power; a negative power leaves the integer part of the reciprocal.",
  operands: { lhs: integerLike, rhs: integerLike },
  attrs: {},
  results: { result: integerLike },
  traits: ["pure", "elementwise"],
  format: "$lhs `,` $rhs attr-dict `:` type($result)",
  infer({ lhs, rhs }, _, inference) {
    const joined = joinTypes([lhs, rhs], inference);
    return typeof joined === "string" ? joined : { result: joined };
  },
  evaluate({ lhs, rhs }, _, evaluation) {
    const element = operandElement(evaluation);
    return { result: liftTwo(element, lhs, rhs, numericsOf(element).pow) };
  },
});

const exponentLike = scalarLike("a signless integer, or a vector or tensor of one", "int");

export const fpowi = defineOp("math.fpowi", {
  summary: "A float to a signed integer power.",
  operands: { lhs: floatLike, rhs: exponentLike },
  attrs: { fastmath: defaultAttr(fastMath, []) },
  results: { result: floatLike },
  traits: ["pure", "elementwise"],
  format: "$lhs `,` $rhs ($fastmath^)? attr-dict `:` type($lhs) `,` type($rhs)",
  infer({ lhs, rhs }, _, { context }) {
    if (lhs.kind !== rhs.kind) return `${printType(lhs)} to the power of ${printType(rhs)}`;
    const joined = context.mergeTypes(lhs, context.types.withElement(rhs, lhs.element));
    return joined ? { result: lhs } : `${printType(lhs)} and ${printType(rhs)} have different shapes`;
  },
  evaluate({ lhs, rhs }, _, { op }) {
    const element = elementOf(op.operand(0).type);
    const { fromNumber } = numericsOf(element);
    const raise = (x: Scalar, n: Scalar): Scalar => fromNumber(power(x as number, Number(n)));
    if (!isArray(lhs)) return { result: raise(lhs, rhs as Scalar) };
    return { result: mapElements(element, lhs.shape, [lhs, rhs as NdArray], (x, n) => raise(x!, n!)) };
  },
});
