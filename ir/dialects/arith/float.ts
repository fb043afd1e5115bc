/** @file `arith`'s operations on floats, as tables. Each is rounded once; fast-math flags change no meaning here. */

import { defineOp, type Trait } from "../../define.js";
import { defaultAttr, scalarLike } from "../../kinds.js";
import { mapElements, type NdArray } from "../../ndarray.js";
import { type Numerics, numericsOf, type Scalar } from "../../scalar.js";
import { type FloatPredicate, fastMath, floatPredicate } from "./attributes.js";
import { isArray, joinTypes, liftOne, liftTwo, operandElement, withElement } from "./lift.js";

export const floatLike = scalarLike("a float, or a vector or tensor of one", "float");

function binary(
  name: string,
  summary: string,
  f: (n: Numerics) => (a: Scalar, b: Scalar) => Scalar,
  algebra: readonly Trait[] = [],
) {
  return defineOp(`arith.${name}`, {
    summary,
    operands: { lhs: floatLike, rhs: floatLike },
    attrs: { fastmath: defaultAttr(fastMath, []) },
    results: { result: floatLike },
    traits: ["pure", "elementwise", ...algebra],
    format: "$lhs `,` $rhs ($fastmath^)? attr-dict `:` type($result)",
    infer({ lhs, rhs }, _, inference) {
      const joined = joinTypes([lhs, rhs], inference);
      return typeof joined === "string" ? joined : { result: joined };
    },
    evaluate({ lhs, rhs }, _, evaluation) {
      const element = operandElement(evaluation);
      return { result: liftTwo(element, lhs, rhs, f(numericsOf(element))) };
    },
  });
}

/** The other operand where one is NaN. */
const numberOf = (pick: (a: Scalar, b: Scalar) => Scalar) => (a: Scalar, b: Scalar) => {
  if (Number.isNaN(a)) return b;
  return Number.isNaN(b) ? a : pick(a, b);
};

export const addf = binary("addf", "Sum.", (n) => n.add, ["commutative"]);
export const subf = binary("subf", "Difference.", (n) => n.sub);
export const mulf = binary("mulf", "Product.", (n) => n.mul, ["commutative"]);
export const divf = binary("divf", "Quotient.", (n) => n.div);
export const remf = binary("remf", "C's fmod: the remainder with the sign of the dividend.", (n) => n.rem);
export const minimumf = binary("minimumf", "The smaller; NaN where an operand is; -0 is below 0.", (n) => n.min, [
  "commutative",
]);
export const maximumf = binary("maximumf", "The larger; NaN where an operand is; -0 is below 0.", (n) => n.max, [
  "commutative",
]);
export const minnumf = binary("minnumf", "The smaller; a NaN operand gives the other one.", (n) => numberOf(n.min), [
  "commutative",
]);
export const maxnumf = binary("maxnumf", "The larger; a NaN operand gives the other one.", (n) => numberOf(n.max), [
  "commutative",
]);

export const negf = defineOp("arith.negf", {
  summary: "The operand with its sign bit flipped.",
  operands: { operand: floatLike },
  attrs: { fastmath: defaultAttr(fastMath, []) },
  results: { result: floatLike },
  traits: ["pure", "elementwise"],
  format: "$operand ($fastmath^)? attr-dict `:` type($result)",
  infer: ({ operand }) => ({ result: operand }),
  evaluate({ operand }, _, evaluation) {
    const element = operandElement(evaluation);
    return { result: liftOne(element, operand, numericsOf(element).neg) };
  },
});

type FloatComparison = (a: number, b: number) => boolean;
const unordered: FloatComparison = (a, b) => Number.isNaN(a) || Number.isNaN(b);

/** o…: false where an operand is NaN; u…: true there. */
export const floatComparisons: Readonly<Record<FloatPredicate, FloatComparison>> = {
  false: () => false,
  oeq: (a, b) => a === b,
  ogt: (a, b) => a > b,
  oge: (a, b) => a >= b,
  olt: (a, b) => a < b,
  ole: (a, b) => a <= b,
  one: (a, b) => a < b || a > b,
  ord: (a, b) => !unordered(a, b),
  ueq: (a, b) => !(a < b || a > b),
  ugt: (a, b) => !(a <= b),
  uge: (a, b) => !(a < b),
  ult: (a, b) => !(a >= b),
  ule: (a, b) => !(a > b),
  une: (a, b) => a !== b,
  uno: unordered,
  true: () => true,
};

export const cmpf = defineOp("arith.cmpf", {
  summary: "Compares floats; ordered predicates (o…) are false on NaN, unordered ones (u…) true.",
  operands: { lhs: floatLike, rhs: floatLike },
  attrs: { predicate: floatPredicate, fastmath: defaultAttr(fastMath, []) },
  results: { result: scalarLike("i1, or a vector or tensor of it", "bool") },
  traits: ["pure", "elementwise"],
  format: "$predicate `,` $lhs `,` $rhs ($fastmath^)? attr-dict `:` type($lhs)",
  infer({ lhs, rhs }, _, inference) {
    const joined = joinTypes([lhs, rhs], inference);
    return typeof joined === "string" ? joined : { result: withElement(joined, "i1", inference) };
  },
  evaluate({ lhs, rhs }, { predicate }) {
    const compare = floatComparisons[predicate];
    if (!isArray(lhs)) return { result: compare(lhs as number, rhs as number) ? 1 : 0 };
    return {
      result: mapElements("i1", lhs.shape, [lhs, rhs as NdArray], (a, b) =>
        compare(a as number, b as number) ? 1 : 0,
      ),
    };
  },
});
