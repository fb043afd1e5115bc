/**
 * @file `llvm.intr.*`: the intrinsics that emitted code uses. Those listed lower to instructions on every target;
 * functions that would become library calls (exp, sin, pow, …) are expanded before and do not occur here.
 */

import { printString } from "../../attrs.js";
import { cellOf } from "../../bytes.js";
import { defineOp } from "../../define.js";
import type { ElementType, FloatElement } from "../../element.js";
import { bool, defaultAttr, i32, i32Array, i64, string, variadic, writtenAttr } from "../../kinds.js";
import { emptyArray, getScalar, type NdArray, setScalar } from "../../ndarray.js";
import { fusedMultiplyAdd } from "../../numerics/fused.js";
import { numericsOf, type Scalar } from "../../scalar.js";
import type { TypeConstraint } from "../../slots.js";
import type { Assembly } from "../../text/assembly.js";
import type { VectorType } from "../../types.js";
import { uninitialised } from "../../uninitialised.js";
import { liftOne, liftThree, liftTwo, operandElement } from "../arith/lift.js";
import { signlessOf } from "../arith/signless.js";
import { storeValue } from "./access.js";
import { floats, integers } from "./arithmetic.js";
import { fastmathFlags } from "./attributes.js";
import { firstClass, pointerType } from "./memory.js";
import * as memory from "./pointer.js";

function floatFunction(name: string, summary: string, f: (element: ElementType) => (x: Scalar) => Scalar) {
  return defineOp(`llvm.intr.${name}`, {
    summary,
    operands: { in: floats },
    attrs: { fastmathFlags: defaultAttr(fastmathFlags, []) },
    results: { res: floats },
    traits: ["pure"],
    format: "`(` $in `)` attr-dict `:` functional-type(operands, results)",
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
export const nearbyint = floatFunction(
  "nearbyint",
  "Nearest integer, ties to even.",
  (e) => numericsOf(e).roundNearestEven,
);
export const roundeven = floatFunction(
  "roundeven",
  "Nearest integer, ties to even.",
  (e) => numericsOf(e).roundNearestEven,
);
export const round = floatFunction(
  "round",
  "Nearest integer, ties away from zero.",
  (e) => numericsOf(e).roundNearestAfz,
);

function floatPair(name: string, summary: string, f: (element: ElementType) => (a: Scalar, b: Scalar) => Scalar) {
  return defineOp(`llvm.intr.${name}`, {
    summary,
    operands: { a: floats, b: floats },
    attrs: { fastmathFlags: defaultAttr(fastmathFlags, []) },
    results: { res: floats },
    traits: ["pure"],
    format: "`(` $a `,` $b `)` attr-dict `:` functional-type(operands, results)",
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

const skipNaN =
  (f: (a: Scalar, b: Scalar) => Scalar) =>
  (a: Scalar, b: Scalar): Scalar =>
    Number.isNaN(a) ? b : Number.isNaN(b) ? a : f(a, b);

export const minimum = floatPair("minimum", "The smaller; NaN where one is; -0 is below 0.", (e) => numericsOf(e).min);
export const maximum = floatPair("maximum", "The larger; NaN where one is; -0 is below 0.", (e) => numericsOf(e).max);
export const minnum = floatPair("minnum", "The smaller; a NaN gives the other.", (e) => skipNaN(numericsOf(e).min));
export const maxnum = floatPair("maxnum", "The larger; a NaN gives the other.", (e) => skipNaN(numericsOf(e).max));

function integerPair(name: string, like: "maxsi" | "minsi" | "maxui" | "minui", summary: string) {
  return defineOp(`llvm.intr.${name}`, {
    summary,
    operands: { a: integers, b: integers },
    attrs: {},
    results: { res: integers },
    traits: ["pure"],
    format: "`(` $a `,` $b `)` attr-dict `:` functional-type(operands, results)",
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
  format: "`(` $in `)` attr-dict `:` functional-type(operands, results)",
  infer: (types) => ({ res: types.in }),
  evaluate(inputs, _, evaluation) {
    const element = operandElement(evaluation);
    return { res: liftOne(element, inputs.in, numericsOf(element).popcount) };
  },
});

export const ctlz = defineOp("llvm.intr.ctlz", {
  summary: "Zero bits above the highest one; all of them for 0.",
  operands: { in: integers },
  attrs: { is_zero_poison: writtenAttr(bool, false) },
  results: { res: integers },
  traits: ["pure"],
  infer: (types) => ({ res: types.in }),
  evaluate(inputs, _, evaluation) {
    const element = operandElement(evaluation);
    return { res: liftOne(element, inputs.in, numericsOf(element).clz) };
  },
});

function fused(name: string, summary: string) {
  return defineOp(`llvm.intr.${name}`, {
    summary,
    operands: { a: floats, b: floats, c: floats },
    attrs: { fastmathFlags: defaultAttr(fastmathFlags, []) },
    results: { res: floats },
    traits: ["pure"],
    format: "`(` $a `,` $b `,` $c `)` attr-dict `:` functional-type(operands, results)",
    infer: ({ a, b, c }) => (a === b && a === c ? { res: a } : "the operands have different types"),
    evaluate({ a, b, c }, _, evaluation) {
      const element = operandElement(evaluation);
      const { add, mul } = numericsOf(element);
      const f = (x: Scalar, y: Scalar, z: Scalar): Scalar =>
        name === "fma"
          ? fusedMultiplyAdd(element as FloatElement, x as number, y as number, z as number)
          : add(mul(x, y), z);
      return { res: liftThree(element, [a, b, c], f) };
    },
  });
}

export const fma = fused("fma", "a * b + c, rounded once.");
export const fmuladd = fused("fmuladd", "a * b + c, rounded once or twice as is cheaper; twice here.");

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
  operands: { data: pointerType, mask: masks, pass_thru: variadic(vectors) },
  attrs: { alignment: i32 },
  results: { res: vectors },
  traits: ["reads"],
  format: "$data `,` $mask (`,` $pass_thru^)? attr-dict `:` functional-type(operands, results)",
  infer: ({ pass_thru: [other] }, _, { given }) => ({ res: other ?? (given![0] as VectorType) }),
  evaluate({ data, mask, pass_thru: [other] }, { alignment }, { op }) {
    const type = op.result.type as VectorType;
    const cell = cellOf(type.element);
    const out = emptyArray(type.element, type.shape);
    for (let i = 0; i < mask.shape[0]!; i++) {
      const at = memory.advance(data as memory.Pointer, i * cell.bytes);
      const open = other ? getScalar(other, i) : uninitialised(type.element);
      setScalar(
        out,
        i,
        mask.data[i]
          ? cell.read(memory.accessed(at, cell.bytes, laneAlignment(alignment, cell.bytes)).view, at.offset)
          : open,
      );
    }
    return { res: out };
  },
});

/** What the alignment of a vector promises of every lane. */
function laneAlignment(alignment: number, bytes: number): number {
  return Math.min(alignment, bytes);
}

export const maskedStore = defineOp("llvm.intr.masked.store", {
  summary: "Writes the lanes that the mask names.",
  operands: { value: vectors, data: pointerType, mask: masks },
  attrs: { alignment: i32 },
  results: {},
  traits: ["writes"],
  format: "$value `,` $data `,` $mask attr-dict `:` type($value) `,` type($mask) `into` type($data)",
  evaluate({ value, data, mask }, { alignment }) {
    const { bytes } = cellOf(value.element);
    const type = { kind: "scalar", element: value.element } as const;
    for (let i = 0; i < value.shape[0]!; i++) {
      const at = memory.advance(data as memory.Pointer, i * bytes);
      if (mask.data[i]) storeValue(at, type, getScalar(value, i), laneAlignment(alignment, bytes));
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

function orderedReduction(name: string, summary: string, f: Fold) {
  return defineOp(`llvm.intr.vector.reduce.${name}`, {
    summary,
    operands: { in: vectors },
    attrs: { fastmathFlags: defaultAttr(fastmathFlags, []) },
    results: { res: firstClass },
    traits: ["pure"],
    format: "`(` $in `)` attr-dict `:` functional-type(operands, results)",
    infer: (types, _, { context }) => ({ res: context.types.scalar(types.in.element) }),
    evaluate: (inputs) => ({ res: foldLanes(inputs.in, f(inputs.in.element)) }),
  });
}

export const reduceFmax = orderedReduction("fmax", "Largest lane; NaN lanes are passed over.", (e) =>
  skipNaN(numericsOf(e).max),
);
export const reduceFmin = orderedReduction("fmin", "Smallest lane; NaN lanes are passed over.", (e) =>
  skipNaN(numericsOf(e).min),
);
export const reduceFmaximum = orderedReduction("fmaximum", "Largest lane; NaN where one is.", (e) => numericsOf(e).max);
export const reduceFminimum = orderedReduction(
  "fminimum",
  "Smallest lane; NaN where one is.",
  (e) => numericsOf(e).min,
);

export const vectorInsert = defineOp("llvm.intr.vector.insert", {
  summary: "A vector with a shorter one written into it at a fixed position.",
  operands: { dstvec: vectors, srcvec: vectors },
  attrs: { pos: i64 },
  results: { res: vectors },
  traits: ["pure"],
  format: "$srcvec `,` $dstvec `[` $pos `]` attr-dict `:` type($srcvec) `into` type($res)",
  infer: ({ dstvec, srcvec }, { pos }) =>
    dstvec.element === srcvec.element && pos % srcvec.shape[0]! === 0 && pos + srcvec.shape[0]! <= dstvec.shape[0]!
      ? { res: dstvec }
      : "the vector does not fit there",
  evaluate({ dstvec, srcvec }, { pos }) {
    const out: NdArray = { ...dstvec, data: dstvec.data.slice() };
    for (let i = 0; i < srcvec.shape[0]!; i++) setScalar(out, pos + i, getScalar(srcvec, i));
    return { res: out };
  },
});

export const vectorExtract = defineOp("llvm.intr.vector.extract", {
  summary: "A part of a vector from a fixed position on.",
  operands: { srcvec: vectors },
  attrs: { pos: i64 },
  results: { res: vectors },
  traits: ["pure"],
  format: "$srcvec `[` $pos `]` attr-dict `:` type($res) `from` type($srcvec)",
  verify(op, { pos }) {
    const [from, to] = [op.operand(0).type as VectorType, op.result.type as VectorType];
    return from.element === to.element && pos + to.shape[0]! <= from.shape[0]!
      ? undefined
      : "the part leaves the vector";
  },
  evaluate({ srcvec }, { pos }, { op }) {
    const { element, shape } = op.result.type as VectorType;
    return { res: { element, shape, data: srcvec.data.slice(pos, pos + shape[0]!) } };
  },
});

export const abs = defineOp("llvm.intr.abs", {
  summary: "Magnitude of a signed integer; the lowest is its own, or poison.",
  operands: { in: integers },
  attrs: { is_int_min_poison: writtenAttr(bool, false) },
  results: { res: integers },
  traits: ["pure"],
  infer: (types) => ({ res: types.in }),
  evaluate(inputs, _, evaluation) {
    const element = operandElement(evaluation);
    return { res: liftOne(element, inputs.in, numericsOf(element).abs) };
  },
});

export const expect = defineOp("llvm.intr.expect", {
  summary: "The first operand, which is likely to be the second.",
  operands: { val: integers, expected: integers },
  attrs: {},
  results: { res: integers },
  traits: ["pure"],
  format: "$val `,` $expected attr-dict `:` type($val)",
  infer: ({ val, expected }) => (val === expected ? { res: val } : "the operands have different types"),
  evaluate: ({ val }) => ({ res: val }),
});

export const prefetch = defineOp("llvm.intr.prefetch", {
  summary: "A hint that memory will be used soon.",
  operands: { addr: pointerType },
  attrs: { rw: i32, hint: i32, cache: i32 },
  results: {},
  traits: ["reads"],
  evaluate: () => ({}),
});

/** Bytes of a lane, signed or not. */
const byteOf = (lane: number, k: number, isSigned: boolean): number => {
  const byte = (lane >> (8 * k)) & 0xff;
  return isSigned ? (byte << 24) >> 24 : byte;
};

/** Intrinsics of processors: what each computes of its operands. */
const ofProcessors: Readonly<Record<string, (operands: readonly NdArray[]) => NdArray>> = {
  "llvm.x86.avx512.vpdpbusd.512": ([acc, left, right]) => {
    const sums = Int32Array.from(acc!.data as Int32Array, (sum, lane) => {
      const [x, y] = [Number(left!.data[lane]), Number(right!.data[lane])];
      return [0, 1, 2, 3].reduce((total, k) => total + byteOf(x, k, false) * byteOf(y, k, true), sum);
    });
    return { ...acc!, data: sums };
  },
};

const callIntrinsicAssembly: Assembly = {
  print(op, printer) {
    printer.text(` ${printString(callIntrinsic.attrsOf(op).intrin)}(`);
    printer.values(op.operands);
    printer.text(")");
    printer.attrDict(op, ["intrin", "op_bundle_sizes"]);
    printer.text(" : ");
    printer.functionType(
      op.operands.map((x) => x.type),
      op.results.map((r) => r.type),
    );
  },
  parse(parser, def) {
    const intrin = parser.string();
    const operands = parser.list("(", ")", () => parser.operand());
    const dict = parser.attrDict();
    parser.punct(":");
    const { inputs, results } = parser.functionType();
    parser.expectTypes(operands, inputs);
    return { operands, segments: [operands.length, 0], results, ...parser.splitAttrs(def, dict, { intrin }) };
  },
};

/** Without operand bundles. */
export const callIntrinsic = defineOp("llvm.call_intrinsic", {
  summary: "Calls an intrinsic that only some processors have.",
  operands: { args: variadic(vectors), op_bundle_operands: variadic(vectors) },
  attrs: {
    intrin: string,
    fastmathFlags: defaultAttr(fastmathFlags, []),
    op_bundle_sizes: writtenAttr(i32Array, []),
  },
  results: { results: vectors },
  traits: ["pure"],
  format: callIntrinsicAssembly,
  evaluate({ args }, { intrin }) {
    const compute = ofProcessors[intrin];
    if (!compute) throw new Error(`nothing is known of ${intrin}`);
    return { results: compute(args) };
  },
});
