/** @file `arith`'s operations on signless integers and `index`, as tables: name, meaning, algebra. */

import { defineOp, type Trait } from "../../define.js";
import { defaultAttr, scalarLike } from "../../kinds.js";
import { mapElements, type NdArray } from "../../ndarray.js";
import type { Scalar } from "../../scalar.js";
import { isShaped } from "../../types.js";
import { integerPredicate, overflow } from "./attributes.js";
import { isArray, joinTypes, type Lifted, type LiftedType, liftTwo, operandElement, withElement } from "./lift.js";
import { type SignlessOp, signlessOf } from "./signless.js";

export const integerLike = scalarLike(
  "a signless integer or index, or a vector or tensor of one",
  "int",
  "bool",
  "index",
);

function evaluateBinary(
  name: SignlessOp,
  lhs: Lifted,
  rhs: Lifted,
  element: Parameters<typeof signlessOf>[0],
): { result: Lifted } {
  return { result: liftTwo(element, lhs, rhs, signlessOf(element).operations[name]) };
}

function binary(name: SignlessOp, summary: string, algebra: readonly Trait[] = []) {
  return defineOp(`arith.${name}`, {
    summary,
    operands: { lhs: integerLike, rhs: integerLike },
    attrs: {},
    results: { result: integerLike },
    traits: ["pure", "elementwise", ...algebra],
    format: "$lhs `,` $rhs attr-dict `:` type($result)",
    infer({ lhs, rhs }, _, inference) {
      const joined = joinTypes([lhs, rhs], inference);
      return typeof joined === "string" ? joined : { result: joined };
    },
    evaluate: ({ lhs, rhs }, _, evaluation) => evaluateBinary(name, lhs, rhs, operandElement(evaluation)),
  });
}

/** With the flags that promise no wrapping. */
function wrapping(name: SignlessOp, summary: string, algebra: readonly Trait[] = []) {
  return defineOp(`arith.${name}`, {
    summary,
    operands: { lhs: integerLike, rhs: integerLike },
    attrs: { overflowFlags: defaultAttr(overflow, []) },
    results: { result: integerLike },
    traits: ["pure", "elementwise", ...algebra],
    format: "$lhs `,` $rhs ($overflowFlags^)? attr-dict `:` type($result)",
    infer({ lhs, rhs }, _, inference) {
      const joined = joinTypes([lhs, rhs], inference);
      return typeof joined === "string" ? joined : { result: joined };
    },
    evaluate: ({ lhs, rhs }, _, evaluation) => evaluateBinary(name, lhs, rhs, operandElement(evaluation)),
  });
}

export const addi = wrapping("addi", "Sum, wrapping.", ["commutative"]);
export const subi = wrapping("subi", "Difference, wrapping.");
export const muli = wrapping("muli", "Product, wrapping.", ["commutative"]);
export const shli = wrapping("shli", "Shift to the left; by the width or more, undefined.");
export const divsi = binary("divsi", "Signed quotient toward zero; by zero, undefined.");
export const divui = binary("divui", "Unsigned quotient; by zero, undefined.");
export const remsi = binary("remsi", "Signed remainder with the sign of the dividend.");
export const remui = binary("remui", "Unsigned remainder.");
export const floordivsi = binary("floordivsi", "Signed quotient toward minus infinity.");
export const ceildivsi = binary("ceildivsi", "Signed quotient toward plus infinity.");
export const ceildivui = binary("ceildivui", "Unsigned quotient rounded up.");
export const andi = binary("andi", "Bitwise and.", ["commutative"]);
export const ori = binary("ori", "Bitwise or.", ["commutative"]);
export const xori = binary("xori", "Bitwise exclusive or.", ["commutative"]);
export const shrsi = binary("shrsi", "Shift to the right that repeats the sign bit.");
export const shrui = binary("shrui", "Shift to the right that brings in zeros.");
export const maxsi = binary("maxsi", "The larger, as signed numbers.", ["commutative"]);
export const minsi = binary("minsi", "The smaller, as signed numbers.", ["commutative"]);
export const maxui = binary("maxui", "The larger, as unsigned numbers.", ["commutative"]);
export const minui = binary("minui", "The smaller, as unsigned numbers.", ["commutative"]);

export const cmpi = defineOp("arith.cmpi", {
  summary: "Compares integers, signed (s…) or unsigned (u…).",
  operands: { lhs: integerLike, rhs: integerLike },
  attrs: { predicate: integerPredicate },
  results: { result: scalarLike("i1, or a vector or tensor of it", "bool") },
  traits: ["pure", "elementwise"],
  format: "$predicate `,` $lhs `,` $rhs attr-dict `:` type($lhs)",
  infer({ lhs, rhs }, _, inference) {
    const joined = joinTypes([lhs, rhs], inference);
    return typeof joined === "string" ? joined : { result: withElement(joined, "i1", inference) };
  },
  evaluate({ lhs, rhs }, { predicate }, evaluation) {
    const compare = signlessOf(operandElement(evaluation)).compare[predicate];
    if (!isArray(lhs)) return { result: compare(lhs, rhs as Scalar) ? 1 : 0 };
    return { result: mapElements("i1", lhs.shape, [lhs, rhs as NdArray], (a, b) => (compare(a!, b!) ? 1 : 0)) };
  },
});

/** The double-width product or sum as two words. */
function extended<const O extends string, const P extends string>(
  name: string,
  summary: string,
  [first, second]: readonly [O, P],
  secondElement: (type: LiftedType) => LiftedType["element"],
  split: (a: bigint, b: bigint, bits: number) => readonly [bigint, bigint],
  signed: boolean,
) {
  const anyLike = scalarLike("a signless integer, or a vector or tensor of one", "int", "bool", "index");
  const results = { [first]: anyLike, [second]: anyLike } as { readonly [K in O | P]: typeof anyLike };
  return defineOp(`arith.${name}`, {
    summary,
    operands: { lhs: integerLike, rhs: integerLike },
    attrs: {},
    results,
    traits: ["pure", "elementwise"],
    format: `$lhs \`,\` $rhs attr-dict \`:\` ${name === "addui_extended" ? "type($sum) `,` type($overflow)" : "type($lhs)"}`,
    infer({ lhs, rhs }, _, inference) {
      const joined = joinTypes([lhs, rhs], inference);
      if (typeof joined === "string") return joined;
      return { [first]: joined, [second]: withElement(joined, secondElement(joined), inference) } as never;
    },
    evaluate({ lhs, rhs }, _, evaluation) {
      const element = operandElement(evaluation);
      const record = signlessOf(element);
      const type = evaluation.op.results[1]!.type;
      const other = isShaped(type) || type.kind === "scalar" ? type.element : element;
      const read = (x: Scalar): bigint => (signed ? BigInt.asIntN(record.bits, record.toBits(x)) : record.toBits(x));
      const half = (k: 0 | 1) => (a: Scalar, b: Scalar) =>
        signlessOf(k === 0 ? element : other).fromBits(split(read(a), read(b), record.bits)[k]);
      return { [first]: liftTwo(element, lhs, rhs, half(0)), [second]: liftTwo(other, lhs, rhs, half(1)) } as never;
    },
  });
}

export const mulsiExtended = extended(
  "mulsi_extended",
  "The low and high halves of the signed product.",
  ["low", "high"],
  (t) => t.element,
  (a, b, bits) => [a * b, (a * b) >> BigInt(bits)],
  true,
);
export const muluiExtended = extended(
  "mului_extended",
  "The low and high halves of the unsigned product.",
  ["low", "high"],
  (t) => t.element,
  (a, b, bits) => [a * b, (a * b) >> BigInt(bits)],
  false,
);
export const adduiExtended = extended(
  "addui_extended",
  "The unsigned sum and whether it wrapped.",
  ["sum", "overflow"],
  () => "i1",
  (a, b, bits) => [a + b, (a + b) >> BigInt(bits)],
  false,
);
