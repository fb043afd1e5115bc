/**
 * @file `llvm.intr.*`: the intrinsics that emitted code uses. Those listed lower to instructions on every target;
 * functions that would become library calls (exp, sin, pow, …) are expanded before and do not occur here.
 */

import { defineOp } from "../../define.js";
import { type ElementType, elementFacts, type FloatElement } from "../../element.js";
import { bool, defaultAttr, i64 } from "../../kinds.js";
import { emptyArray, getScalar, type NdArray, setScalar } from "../../ndarray.js";
import { fusedMultiplyAdd } from "../../numerics/fused.js";
import { numericsOf, type Scalar } from "../../scalar.js";
import type { TypeConstraint } from "../../slots.js";
import type { VectorType } from "../../types.js";
import { fastMathWords, flagsKind } from "../arith/attributes.js";
import { liftOne, liftThree, liftTwo, operandElement } from "../arith/lift.js";
import { signlessOf } from "../arith/signless.js";
import { floats, integers } from "./arithmetic.js";
import { firstClass, pointerType } from "./memory.js";
import * as memory from "./pointer.js";

const fastmathFlags = flagsKind("llvm", "fastmath", fastMathWords, ", ", "fast");

function floatFunction(name: string, summary: string, f: (element: ElementType) => (x: Scalar) => Scalar) {
  return defineOp(`llvm.intr.${name}`, {
    summary,
    operands: { in: floats },
    attrs: { fastmathFlags: defaultAttr(fastmathFlags, []) },
    results: { res: floats },
    traits: ["pure"],
    infer: (types) => ({ res: types.in }),
    evaluate(inputs, _, evaluation) {
      const element = operandElement(evaluation);
      return { res: liftOne(element, inputs.in, f(element)) };
    },
  });
}

export const fabs = floatFunction("fabs", "Magnitude.", (e) => numericsOf(e).abs);
export const sqrt = floatFunction("sqrt", "Square root, correctly rounded.", (e) => numericsOf(e).sqrt);
export const floor = floatFunction("floor", "Integer below.", (e) => numericsOf(e).floor);
export const ceil = floatFunction("ceil", "Integer above.", (e) => numericsOf(e).ceil);
export const trunc = floatFunction("trunc", "Integer toward zero.", () => (x) => Math.trunc(x as number));
export const rint = floatFunction("rint", "Nearest integer, ties to even.", (e) => numericsOf(e).roundNearestEven);

function floatPair(name: string, summary: string, f: (element: ElementType) => (a: Scalar, b: Scalar) => Scalar) {
  return defineOp(`llvm.intr.${name}`, {
    summary,
    operands: { a: floats, b: floats },
    attrs: { fastmathFlags: defaultAttr(fastmathFlags, []) },
    results: { res: floats },
    traits: ["pure"],
    infer: ({ a, b }) => (a === b ? { res: a } : "the operands have different types"),
    evaluate({ a, b }, _, evaluation) {
      const element = operandElement(evaluation);
      return { res: liftTwo(element, a, b, f(element)) };
    },
  });
}

export const copysign = floatPair("copysign", "The magnitude of one, the sign of the other.", () => (a, b) => {
  const magnitude = Math.abs(a as number);
  return (b as number) < 0 || Object.is(b, -0) ? -magnitude : magnitude;
});

function integerPair(name: string, like: "maxsi" | "minsi" | "maxui" | "minui", summary: string) {
  return defineOp(`llvm.intr.${name}`, {
    summary,
    operands: { a: integers, b: integers },
    attrs: {},
    results: { res: integers },
    traits: ["pure"],
    infer: ({ a, b }) => (a === b ? { res: a } : "the operands have different types"),
    evaluate({ a, b }, _, evaluation) {
      const element = operandElement(evaluation);
      return { res: liftTwo(element, a, b, signlessOf(element).operations[like]) };
    },
  });
}

export const smax = integerPair("smax", "maxsi", "The larger signed integer.");
export const smin = integerPair("smin", "minsi", "The smaller signed integer.");
export const umax = integerPair("umax", "maxui", "The larger unsigned integer.");
export const umin = integerPair("umin", "minui", "The smaller unsigned integer.");

export const ctpop = defineOp("llvm.intr.ctpop", {
  summary: "Number of one bits.",
  operands: { in: integers },
  attrs: {},
  results: { res: integers },
  traits: ["pure"],
  infer: (types) => ({ res: types.in }),
  evaluate(inputs, _, evaluation) {
    const element = operandElement(evaluation);
    return { res: liftOne(element, inputs.in, numericsOf(element).popcount) };
  },
});

export const ctlz = defineOp("llvm.intr.ctlz", {
  summary: "Zero bits above the highest one; all of them for 0.",
  operands: { in: integers },
  attrs: { is_zero_poison: defaultAttr(bool, false) },
  results: { res: integers },
  traits: ["pure"],
  infer: (types) => ({ res: types.in }),
  evaluate(inputs, _, evaluation) {
    const element = operandElement(evaluation);
    return { res: liftOne(element, inputs.in, numericsOf(element).clz) };
  },
});

export const fma = defineOp("llvm.intr.fma", {
  summary: "a * b + c, rounded once.",
  operands: { a: floats, b: floats, c: floats },
  attrs: { fastmathFlags: defaultAttr(fastmathFlags, []) },
  results: { res: floats },
  traits: ["pure"],
  infer: ({ a }) => ({ res: a }),
  evaluate({ a, b, c }, _, evaluation) {
    const element = operandElement(evaluation);
    const f = (x: Scalar, y: Scalar, z: Scalar): Scalar =>
      fusedMultiplyAdd(element as FloatElement, x as number, y as number, z as number);
    return { res: liftThree(element, [a, b, c], f) };
  },
});

const masks: TypeConstraint<VectorType> = {
  describe: "a vector of i1",
  accepts: (t): t is VectorType => t.kind === "vector" && t.element === "i1",
};
const vectors: TypeConstraint<VectorType> = {
  describe: "a vector",
  accepts: (t): t is VectorType => t.kind === "vector",
};

export const maskedLoad = defineOp("llvm.intr.masked.load", {
  summary: "Reads the lanes that the mask names; the others come from a vector.",
  operands: { data: pointerType, mask: masks, pass_thru: vectors },
  attrs: { alignment: i64 },
  results: { res: vectors },
  traits: ["reads"],
  infer: (types) => ({ res: types.pass_thru }),
  evaluate({ data, mask, pass_thru: other }) {
    const out = emptyArray(other.element, other.shape);
    const bytes = elementFacts[other.element].storageBytes;
    for (let i = 0; i < other.shape[0]!; i++) {
      const lane = getScalar(mask, i)
        ? memory.loadScalar(memory.advance(data as memory.Pointer, i * bytes), other.element)
        : getScalar(other, i);
      setScalar(out, i, lane);
    }
    return { res: out };
  },
});

export const maskedStore = defineOp("llvm.intr.masked.store", {
  summary: "Writes the lanes that the mask names.",
  operands: { value: vectors, data: pointerType, mask: masks },
  attrs: { alignment: i64 },
  results: {},
  traits: ["writes"],
  evaluate({ value, data, mask }) {
    const bytes = elementFacts[value.element].storageBytes;
    for (let i = 0; i < value.shape[0]!; i++) {
      if (getScalar(mask, i))
        memory.storeScalar(memory.advance(data as memory.Pointer, i * bytes), value.element, getScalar(value, i));
    }
    return {};
  },
});

type Fold = (element: ElementType) => (a: Scalar, b: Scalar) => Scalar;

function reduction(name: string, summary: string, f: Fold) {
  return defineOp(`llvm.intr.vector.reduce.${name}`, {
    summary,
    operands: { in: vectors },
    attrs: {},
    results: { res: firstClass },
    traits: ["pure"],
    infer: (types, _, { context }) => ({ res: context.types.scalar(types.in.element) }),
    evaluate: (inputs) => ({ res: foldLanes(inputs.in, f(inputs.in.element)) }),
  });
}

function foldLanes(x: NdArray, f: (a: Scalar, b: Scalar) => Scalar): Scalar {
  let sum = getScalar(x, 0);
  for (let i = 1; i < x.shape[0]!; i++) sum = f(sum, getScalar(x, i));
  return sum;
}

const signlessFold =
  (like: "addi" | "muli" | "andi" | "ori" | "xori" | "maxsi" | "minsi" | "maxui" | "minui"): Fold =>
  (e) =>
    signlessOf(e).operations[like];

export const reduceAdd = reduction("add", "Sum of the lanes.", signlessFold("addi"));
export const reduceMul = reduction("mul", "Product of the lanes.", signlessFold("muli"));
export const reduceAnd = reduction("and", "And of the lanes.", signlessFold("andi"));
export const reduceOr = reduction("or", "Or of the lanes.", signlessFold("ori"));
export const reduceXor = reduction("xor", "Exclusive or of the lanes.", signlessFold("xori"));
export const reduceSmax = reduction("smax", "Largest signed lane.", signlessFold("maxsi"));
export const reduceSmin = reduction("smin", "Smallest signed lane.", signlessFold("minsi"));
export const reduceUmax = reduction("umax", "Largest unsigned lane.", signlessFold("maxui"));
export const reduceUmin = reduction("umin", "Smallest unsigned lane.", signlessFold("minui"));

function floatReduction(name: string, summary: string, f: Fold) {
  return defineOp(`llvm.intr.vector.reduce.${name}`, {
    summary,
    operands: { start_value: floats, input: vectors },
    attrs: { fastmathFlags: defaultAttr(fastmathFlags, []) },
    results: { res: floats },
    traits: ["pure"],
    infer: ({ start_value: start }) => ({ res: start }),
    evaluate({ start_value: start, input }) {
      const fold = f(input.element);
      return { res: fold(start as Scalar, foldLanes(input, fold)) };
    },
  });
}

/** The order of the sum is open only with the `reassoc` flag. */
export const reduceFadd = floatReduction("fadd", "Sum of the lanes, added to a start.", (e) => numericsOf(e).add);
export const reduceFmul = floatReduction("fmul", "Product of the lanes, times a start.", (e) => numericsOf(e).mul);
