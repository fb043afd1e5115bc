/**
 * @file `llvm`: arithmetic, comparisons, casts and vectors. Meanings are those of `arith` under LLVM's names;
 * text is upstream's. Source: LLVM language reference, MLIR's LLVM dialect.
 */

import { type Datum, defineOp } from "../../define.js";
import { type ElementType, elementFacts } from "../../element.js";
import { defaultAttr, i32Array, scalarLike } from "../../kinds.js";
import { emptyArray, fromScalars, getScalar, mapElements, type NdArray, setScalar } from "../../ndarray.js";
import { convertScalar, numericsOf, type Scalar } from "../../scalar.js";
import type { AttrKind, TypeConstraint } from "../../slots.js";
import {
  type DialectType,
  elementOf,
  isShaped,
  type ScalarType,
  type TensorType,
  type Type,
  type VectorType,
} from "../../types.js";
import { uninitialised } from "../../uninitialised.js";
import type { IntegerPredicate } from "../arith/attributes.js";
import { floatComparisons } from "../arith/float.js";
import { isArray, type Lifted, liftOne, liftTwo, operandElement, resultElement } from "../arith/lift.js";
import { type SignlessOp, signlessOf } from "../arith/signless.js";
import { bitcastArray } from "../vector/shape.js";
import { fastmathFlags, floatPredicate, integerPredicate, overflowFlags } from "./attributes.js";
import { type Pointer, samePointer } from "./pointer.js";

export const integers = scalarLike("an integer or a vector of integers", "int", "bool");
export const floats = scalarLike("a float or a vector of floats", "float");

function integerOp(name: string, like: SignlessOp, summary: string) {
  return defineOp(`llvm.${name}`, {
    summary,
    operands: { lhs: integers, rhs: integers },
    attrs: {},
    results: { res: integers },
    traits: ["pure"],
    format: "$lhs `,` $rhs attr-dict `:` type($res)",
    infer: ({ lhs, rhs }) => (lhs === rhs ? { res: lhs } : "the operands have different types"),
    evaluate({ lhs, rhs }, _, evaluation) {
      const element = operandElement(evaluation);
      return { res: liftTwo(element, lhs, rhs, signlessOf(element).operations[like]) };
    },
  });
}

/** With the flags that promise no wrapping. */
function wrappingOp(name: string, like: SignlessOp, summary: string) {
  return defineOp(`llvm.${name}`, {
    summary,
    operands: { lhs: integers, rhs: integers },
    attrs: { overflowFlags: defaultAttr(overflowFlags, []) },
    results: { res: integers },
    traits: ["pure"],
    format: "$lhs `,` $rhs ($overflowFlags^)? attr-dict `:` type($res)",
    infer: ({ lhs, rhs }) => (lhs === rhs ? { res: lhs } : "the operands have different types"),
    evaluate({ lhs, rhs }, _, evaluation) {
      const element = operandElement(evaluation);
      return { res: liftTwo(element, lhs, rhs, signlessOf(element).operations[like]) };
    },
  });
}

export const add = wrappingOp("add", "addi", "Sum.");
export const sub = wrappingOp("sub", "subi", "Difference.");
export const mul = wrappingOp("mul", "muli", "Product.");
export const sdiv = integerOp("sdiv", "divsi", "Signed quotient.");
export const udiv = integerOp("udiv", "divui", "Unsigned quotient.");
export const srem = integerOp("srem", "remsi", "Signed remainder.");
export const urem = integerOp("urem", "remui", "Unsigned remainder.");
export const and = integerOp("and", "andi", "Bitwise and.");
export const or = integerOp("or", "ori", "Bitwise or.");
export const xor = integerOp("xor", "xori", "Bitwise exclusive or.");
export const shl = wrappingOp("shl", "shli", "Shift left.");
export const lshr = integerOp("lshr", "shrui", "Shift right, zeros in.");
export const ashr = integerOp("ashr", "shrsi", "Shift right, sign in.");

type FloatOp = "add" | "sub" | "mul" | "div" | "rem";

function floatOp(name: string, like: FloatOp, summary: string) {
  return defineOp(`llvm.${name}`, {
    summary,
    operands: { lhs: floats, rhs: floats },
    attrs: { fastmathFlags: defaultAttr(fastmathFlags, []) },
    results: { res: floats },
    traits: ["pure"],
    format: "$lhs `,` $rhs attr-dict `:` type($res)",
    infer: ({ lhs, rhs }) => (lhs === rhs ? { res: lhs } : "the operands have different types"),
    evaluate({ lhs, rhs }, _, evaluation) {
      const element = operandElement(evaluation);
      return { res: liftTwo(element, lhs, rhs, numericsOf(element)[like]) };
    },
  });
}

export const fadd = floatOp("fadd", "add", "Sum.");
export const fsub = floatOp("fsub", "sub", "Difference.");
export const fmul = floatOp("fmul", "mul", "Product.");
export const fdiv = floatOp("fdiv", "div", "Quotient.");
export const frem = floatOp("frem", "rem", "Remainder.");

export const fneg = defineOp("llvm.fneg", {
  summary: "The operand with its sign inverted.",
  operands: { operand: floats },
  attrs: { fastmathFlags: defaultAttr(fastmathFlags, []) },
  results: { res: floats },
  traits: ["pure"],
  format: "$operand attr-dict `:` type($res)",
  infer: ({ operand }) => ({ res: operand }),
  evaluate({ operand }, _, evaluation) {
    const element = operandElement(evaluation);
    return { res: liftOne(element, operand, numericsOf(element).neg) };
  },
});

const booleans = scalarLike("i1 or a vector of i1", "bool");

/** The same shape over i1. */
function booleanLike(
  type: ScalarType | VectorType | TensorType,
  context: { types: { withElement<T extends ScalarType | VectorType | TensorType>(t: T, e: ElementType): T } },
) {
  return context.types.withElement(type, "i1");
}

function compared(lhs: Lifted, rhs: Lifted, holds: (a: Scalar, b: Scalar) => boolean): Lifted {
  if (!isArray(lhs)) return holds(lhs, rhs as Scalar) ? 1 : 0;
  return mapElements("i1", lhs.shape, [lhs, rhs as NdArray], (a, b) => (holds(a, b) ? 1 : 0));
}

const comparable: TypeConstraint<ScalarType | VectorType | TensorType | DialectType> = {
  describe: "an integer, a pointer or a vector of integers",
  accepts: (t): t is ScalarType | VectorType | TensorType | DialectType =>
    integers.accepts(t) || (t.kind === "dialect" && t.name === "llvm.ptr"),
};

function isPointer(x: Datum): x is Pointer {
  return typeof x === "object" && "kind" in x && x.kind === "pointer";
}

/** Pointers into one allocation have an order; others are only equal or not. */
function comparePointers(a: Pointer, b: Pointer, predicate: IntegerPredicate): boolean {
  if (predicate === "eq" || predicate === "ne") return samePointer(a, b) === (predicate === "eq");
  if (a.memory !== b.memory) throw new Error("pointers into different allocations are compared");
  return signlessOf("i64").compare[predicate](BigInt(a.offset), BigInt(b.offset));
}

export const icmp = defineOp("llvm.icmp", {
  summary: "Compares integers.",
  operands: { lhs: comparable, rhs: comparable },
  attrs: { predicate: integerPredicate },
  results: { res: booleans },
  traits: ["pure"],
  format: "$predicate $lhs `,` $rhs attr-dict `:` type($lhs)",
  infer({ lhs, rhs }, _, { context }) {
    if (lhs !== rhs) return "the operands have different types";
    return { res: lhs.kind === "dialect" ? context.types.scalar("i1") : booleanLike(lhs, context) };
  },
  evaluate({ lhs, rhs }, { predicate }, evaluation) {
    if (isPointer(lhs)) return { res: comparePointers(lhs, rhs as Pointer, predicate) ? 1 : 0 };
    const { compare } = signlessOf(operandElement(evaluation));
    return { res: compared(lhs as Lifted, rhs as Lifted, compare[predicate]) };
  },
});

export const fcmp = defineOp("llvm.fcmp", {
  summary: "Compares floats.",
  operands: { lhs: floats, rhs: floats },
  attrs: { predicate: floatPredicate, fastmathFlags: defaultAttr(fastmathFlags, []) },
  results: { res: booleans },
  traits: ["pure"],
  format: "$predicate $lhs `,` $rhs attr-dict `:` type($lhs)",
  infer: ({ lhs, rhs }, _, { context }) =>
    lhs === rhs ? { res: booleanLike(lhs, context) } : "the operands have different types",
  evaluate({ lhs, rhs }, { predicate }) {
    const holds = floatComparisons[predicate];
    return { res: compared(lhs, rhs, (a, b) => holds(a as number, b as number)) };
  },
});

type Convert = (from: ElementType, to: ElementType) => (x: Scalar) => Scalar;
type Numbers = TypeConstraint<ScalarType | VectorType | TensorType>;

function cast(name: string, summary: string, from: Numbers, to: Numbers, convert: Convert) {
  return defineOp(`llvm.${name}`, {
    summary,
    operands: { arg: from },
    attrs: {},
    results: { res: to },
    traits: ["pure"],
    format: "$arg attr-dict `:` type($arg) `to` type($res)",
    evaluate({ arg }, _, evaluation) {
      const [a, b] = [operandElement(evaluation), resultElement(evaluation)];
      return { res: liftOne(b, arg, convert(a, b)) };
    },
  });
}

const extend =
  (signed: boolean): Convert =>
  (from, to) => {
    const [a, b] = [signlessOf(from), signlessOf(to)];
    return (x) => b.fromBits(signed ? BigInt(a.signed(x) as number | bigint) : a.toBits(x));
  };
const round: Convert = (_, to) => (x) => numericsOf(to).fromNumber(x as number);
const toInteger =
  (signed: boolean): Convert =>
  (_, to) => {
    const record = signlessOf(to);
    const [low, high] = signed ? [-(2 ** (record.bits - 1)), 2 ** (record.bits - 1)] : [0, 2 ** record.bits];
    return (x) => {
      const whole = Math.trunc(x as number);
      return whole >= low && whole < high ? record.fromBits(BigInt(whole)) : record.poison;
    };
  };
const toFloat =
  (signed: boolean): Convert =>
  (from, to) => {
    const record = signlessOf(from);
    const read = signed ? record.signed : record.unsigned;
    return (x) => convertScalar(read(x), typeof x === "bigint" ? (signed ? "i64" : "ui64") : "f64", to);
  };

export const trunc = defineOp("llvm.trunc", {
  summary: "To fewer bits.",
  operands: { arg: integers },
  attrs: { overflowFlags: defaultAttr(overflowFlags, []) },
  results: { res: integers },
  traits: ["pure"],
  format: "$arg ($overflowFlags^)? attr-dict `:` type($arg) `to` type($res)",
  evaluate({ arg }, _, evaluation) {
    const [a, b] = [operandElement(evaluation), resultElement(evaluation)];
    return { res: liftOne(b, arg, extend(false)(a, b)) };
  },
});
export const zext = cast("zext", "To more bits, with zeros.", integers, integers, extend(false));
export const sext = cast("sext", "To more bits, repeating the sign.", integers, integers, extend(true));
export const fptrunc = cast("fptrunc", "To a narrower float.", floats, floats, round);
export const fpext = cast("fpext", "To a wider float.", floats, floats, round);
export const fptosi = cast("fptosi", "Toward zero to a signed integer.", floats, integers, toInteger(true));
export const fptoui = cast("fptoui", "Toward zero to an unsigned integer.", floats, integers, toInteger(false));
export const sitofp = cast("sitofp", "A signed integer as a float.", integers, floats, toFloat(true));
export const uitofp = cast("uitofp", "An unsigned integer as a float.", integers, floats, toFloat(false));
const numbers = scalarLike("a number or a vector of numbers", "int", "bool", "float");
export const bitcast = defineOp("llvm.bitcast", {
  summary: "The same bits as another type, perhaps with another number of lanes.",
  operands: { arg: numbers },
  attrs: {},
  results: { res: numbers },
  traits: ["pure"],
  format: "$arg attr-dict `:` type($arg) `to` type($res)",
  verify(op) {
    const bits = (t: Type): number => lanesOf(t) * elementFacts[elementOf(t)].bits;
    return bits(op.operand(0).type) === bits(op.result.type) ? undefined : "the types have different widths";
  },
  evaluate({ arg }, _, evaluation) {
    const { type } = evaluation.op.result;
    const from = isArray(arg) ? arg : fromScalars(operandElement(evaluation), [1], [arg]);
    const out = bitcastArray(from, resultElement(evaluation), isShaped(type) ? (type.shape as readonly number[]) : [1]);
    return { res: isShaped(type) ? out : getScalar(out, 0) };
  },
});

const anyValue: TypeConstraint = {
  describe: "a value",
  accepts: (t): t is Type => t.kind !== "memref" && t.kind !== "tensor",
};

export const select = defineOp("llvm.select", {
  summary: "One of two values.",
  operands: { condition: booleans, trueValue: anyValue, falseValue: anyValue },
  attrs: {},
  results: { res: anyValue },
  traits: ["pure"],
  format: "$condition `,` $trueValue `,` $falseValue attr-dict `:` type($condition) `,` type($res)",
  infer: ({ trueValue: a, falseValue: b }) => (a === b ? { res: a } : "the values have different types"),
  evaluate({ condition, trueValue: a, falseValue: b }) {
    if (!isArray(condition)) return { res: condition ? a : b };
    const x = a as NdArray;
    return { res: mapElements(x.element, x.shape, [condition, x, b as NdArray], (c, p, q) => (c ? p : q)) };
  },
});

const vectors: TypeConstraint<VectorType> = {
  describe: "a vector",
  accepts: (t): t is VectorType => t.kind === "vector",
};
const scalars: TypeConstraint<ScalarType> = {
  describe: "a scalar",
  accepts: (t): t is ScalarType => t.kind === "scalar",
};

function checkLane(vector: NdArray, lane: number): void {
  if (!(lane >= 0 && lane < vector.shape[0]!)) throw new Error(`lane ${lane} of a vector of ${vector.shape[0]}`);
}

export const extractelement = defineOp("llvm.extractelement", {
  summary: "One lane.",
  operands: { vector: vectors, position: integers },
  attrs: {},
  results: { res: scalars },
  traits: ["pure"],
  format: "$vector `[` $position `:` type($position) `]` attr-dict `:` type($vector)",
  infer: ({ vector }, _, { context }) => ({ res: context.types.scalar(vector.element) }),
  evaluate({ vector, position }) {
    checkLane(vector, Number(position));
    return { res: getScalar(vector, Number(position)) };
  },
});

export const insertelement = defineOp("llvm.insertelement", {
  summary: "A vector with one lane replaced.",
  operands: { vector: vectors, value: scalars, position: integers },
  attrs: {},
  results: { res: vectors },
  traits: ["pure"],
  format: "$value `,` $vector `[` $position `:` type($position) `]` attr-dict `:` type($vector)",
  infer: ({ vector }) => ({ res: vector }),
  evaluate({ vector, value, position }) {
    checkLane(vector, Number(position));
    const copy = mapElements(vector.element, vector.shape, [vector], (x) => x);
    setScalar(copy, Number(position), value);
    return { res: copy };
  },
});

/** `[0, 1]` in the pretty form. */
const laneNumbers: AttrKind<readonly number[]> = {
  ...i32Array,
  pretty: {
    print: (lanes) => `[${lanes.join(", ")}]`,
    parse: (parser) => ({
      kind: "denseArray",
      element: "i32",
      values: parser.list("[", "]", () => Number(parser.integer())),
    }),
  },
};

export const shufflevector = defineOp("llvm.shufflevector", {
  summary: "Lanes of two vectors, chosen by number; -1 leaves a lane open.",
  operands: { v1: vectors, v2: vectors },
  attrs: { mask: laneNumbers },
  results: { res: vectors },
  traits: ["pure"],
  format: "$v1 `,` $v2 $mask attr-dict `:` type($v1)",
  infer: ({ v1 }, { mask }, { context }) => ({ res: context.types.vector([mask.length], v1.element) }),
  evaluate({ v1, v2 }, { mask }) {
    const lanes = v1.shape[0]!;
    const out = emptyArray(v1.element, [mask.length]);
    mask.forEach((m, i) => {
      const open = m < 0 ? uninitialised(v1.element) : undefined;
      setScalar(out, i, open ?? (m < lanes ? getScalar(v1, m) : getScalar(v2, m - lanes)));
    });
    return { res: out };
  },
});

export const freeze = defineOp("llvm.freeze", {
  summary: "The operand, or some fixed value where it is poison.",
  operands: { val: anyValue },
  attrs: {},
  results: { res: anyValue },
  traits: ["pure"],
  format: "$val attr-dict `:` type($val)",
  infer: ({ val }) => ({ res: val }),
  evaluate: ({ val }) => ({ res: val }),
});

/** The lanes of a vector type; 1 for a scalar. */
export function lanesOf(type: Type): number {
  return isShaped(type) ? (type.shape[0] as number) : 1;
}
