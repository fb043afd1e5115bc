/** @file `arith`'s casts, as a table: what they take and give, how the widths compare, what becomes of one element. */

import { defineOp } from "../../define.js";
import { type ElementType, elementFacts } from "../../element.js";
import { defaultAttr, optionalAttr, scalarLike } from "../../kinds.js";
import { convertScalar, numericsOf, type Scalar } from "../../scalar.js";
import type { TypeConstraint } from "../../slots.js";
import { printType } from "../../types.js";
import { fastMath, overflow, roundingMode } from "./attributes.js";
import { floatLike } from "./float.js";
import { castResult, type LiftedType, liftOne, operandElement, resultElement } from "./lift.js";
import { signlessOf } from "./signless.js";

type Width = "wider" | "narrower" | "any" | "same";
type Convert = (from: ElementType, to: ElementType) => (x: Scalar) => Scalar;

const fixedLike = scalarLike("a signless integer, or a vector or tensor of one", "int", "bool");
const indexOrFixed = scalarLike("a signless integer or index, or a vector or tensor of one", "int", "bool", "index");
const numberLike = scalarLike("an integer or float, or a vector or tensor of one", "int", "bool", "float");

function checkWidth(from: LiftedType, to: LiftedType, width: Width): string | undefined {
  const [a, b] = [elementFacts[from.element].bits, elementFacts[to.element].bits];
  const fits = width === "any" || (width === "wider" ? b > a : width === "narrower" ? b < a : a === b);
  return fits
    ? undefined
    : `${printType(to)} must be ${width === "same" ? "as wide as" : `${width} than`} ${printType(from)}`;
}

function inferCast(width: Width) {
  return (
    { in: input }: { readonly in: LiftedType },
    _: unknown,
    inference: Parameters<typeof castResult>[1],
  ): { out: LiftedType } | string => {
    const out = castResult(input, inference);
    return typeof out === "string" ? out : (checkWidth(input, out, width) ?? { out });
  };
}

interface CastRow {
  readonly from: TypeConstraint<LiftedType>;
  readonly to: TypeConstraint<LiftedType>;
  readonly width: Width;
  readonly convert: Convert;
}

function cast(name: string, summary: string, { from, to, width, convert }: CastRow) {
  return defineOp(`arith.${name}`, {
    summary,
    operands: { in: from },
    attrs: {},
    results: { out: to },
    traits: ["pure", "elementwise"],
    format: "$in attr-dict `:` type($in) `to` type($out)",
    infer: inferCast(width),
    evaluate(inputs, _, evaluation) {
      const [a, b] = [operandElement(evaluation), resultElement(evaluation)];
      return { out: liftOne(b, inputs.in, convert(a, b)) };
    },
  });
}

const signExtend: Convert = (from, to) => {
  const [a, b] = [signlessOf(from), signlessOf(to)];
  return (x) => b.fromBits(BigInt(a.signed(x) as number | bigint));
};
const zeroExtend: Convert = (from, to) => {
  const [a, b] = [signlessOf(from), signlessOf(to)];
  return (x) => b.fromBits(a.toBits(x));
};

/** Rounded once; the unsigned reading goes through a bigint, whose conversion rounds to odd first. */
const toFloat =
  (signed: boolean): Convert =>
  (from, to) => {
    const record = signlessOf(from);
    const read = signed ? record.signed : record.unsigned;
    return (x) => convertScalar(read(x), typeof x === "bigint" ? "ui64" : "f64", to);
  };

/** Toward zero; a value out of range gives poison, as hardware differs there. */
const toInteger =
  (signed: boolean): Convert =>
  (_, to) => {
    const record = signlessOf(to);
    const { bits } = record;
    const [low, high] = signed ? [-(2 ** (bits - 1)), 2 ** (bits - 1)] : [0, 2 ** bits];
    return (x) => {
      const whole = Math.trunc(x as number);
      return whole >= low && whole < high ? record.fromBits(BigInt(whole)) : record.poison;
    };
  };

const reinterpret: Convert = (from, to) => {
  const [a, b] = [from, to].map((e) => (elementFacts[e].kind === "float" ? numericsOf(e) : signlessOf(e)));
  return (x) => b!.fromBits(a!.toBits(x));
};

export const extsi = cast("extsi", "To more bits, repeating the sign.", {
  from: fixedLike,
  to: fixedLike,
  width: "wider",
  convert: signExtend,
});
export const extui = cast("extui", "To more bits, with zeros.", {
  from: fixedLike,
  to: fixedLike,
  width: "wider",
  convert: zeroExtend,
});
export const sitofp = cast("sitofp", "Signed integer to float, to nearest even.", {
  from: fixedLike,
  to: floatLike,
  width: "any",
  convert: toFloat(true),
});
export const uitofp = cast("uitofp", "Unsigned integer to float, to nearest even.", {
  from: fixedLike,
  to: floatLike,
  width: "any",
  convert: toFloat(false),
});
export const fptosi = cast("fptosi", "Float to signed integer toward zero; undefined out of range.", {
  from: floatLike,
  to: fixedLike,
  width: "any",
  convert: toInteger(true),
});
export const fptoui = cast("fptoui", "Float to unsigned integer toward zero; undefined out of range.", {
  from: floatLike,
  to: fixedLike,
  width: "any",
  convert: toInteger(false),
});
export const indexCast = cast("index_cast", "Between index and an integer: the sign is repeated or bits are cut.", {
  from: indexOrFixed,
  to: indexOrFixed,
  width: "any",
  convert: signExtend,
});
export const indexCastui = cast("index_castui", "Between index and an integer: zeros are added or bits are cut.", {
  from: indexOrFixed,
  to: indexOrFixed,
  width: "any",
  convert: zeroExtend,
});
export const bitcast = cast("bitcast", "The same bits as another type of the same width.", {
  from: numberLike,
  to: numberLike,
  width: "same",
  convert: reinterpret,
});

export const trunci = defineOp("arith.trunci", {
  summary: "To fewer bits: the low ones.",
  operands: { in: fixedLike },
  attrs: { overflowFlags: defaultAttr(overflow, []) },
  results: { out: fixedLike },
  traits: ["pure", "elementwise"],
  format: "$in ($overflowFlags^)? attr-dict `:` type($in) `to` type($out)",
  infer: inferCast("narrower"),
  evaluate(inputs, _, evaluation) {
    const [a, b] = [operandElement(evaluation), resultElement(evaluation)];
    return { out: liftOne(b, inputs.in, zeroExtend(a, b)) };
  },
});

export const extf = defineOp("arith.extf", {
  summary: "To a wider float, exactly.",
  operands: { in: floatLike },
  attrs: { fastmath: defaultAttr(fastMath, []) },
  results: { out: floatLike },
  traits: ["pure", "elementwise"],
  format: "$in ($fastmath^)? attr-dict `:` type($in) `to` type($out)",
  infer: inferCast("wider"),
  evaluate: (inputs, _, evaluation) => ({ out: liftOne(resultElement(evaluation), inputs.in, (x) => x) }),
});

export const truncf = defineOp("arith.truncf", {
  summary: "To a narrower float, rounded once, to nearest even.",
  operands: { in: floatLike },
  attrs: { roundingmode: optionalAttr(roundingMode), fastmath: defaultAttr(fastMath, []) },
  results: { out: floatLike },
  traits: ["pure", "elementwise"],
  format: "$in ($roundingmode^)? ($fastmath^)? attr-dict `:` type($in) `to` type($out)",
  infer: inferCast("narrower"),
  evaluate(inputs, { roundingmode }, evaluation) {
    if (roundingmode !== undefined && roundingmode !== "to_nearest_even")
      throw new Error(`rounding ${roundingmode} cannot be interpreted`);
    const { fromNumber } = numericsOf(resultElement(evaluation));
    return { out: liftOne(resultElement(evaluation), inputs.in, (x) => fromNumber(x as number)) };
  },
});
