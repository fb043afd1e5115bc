/** @file Structured forms of StableHLO's elementwise operations: one `linalg.generic` around a scalar row. */

import { identityMap } from "../../../ir/affine.js";
import type { FloatPredicate, IntegerPredicate } from "../../../ir/dialects/arith/attributes.js";
import * as cast from "../../../ir/dialects/arith/cast.js";
import * as f from "../../../ir/dialects/arith/float.js";
import * as i from "../../../ir/dialects/arith/integer.js";
import * as complex from "../../../ir/dialects/complex/complex.js";
import type { ComparisonDirection } from "../../../ir/dialects/stablehlo/attributes.js";
import { clamp, compare } from "../../../ir/dialects/stablehlo/choose.js";
import { type ElementType, elementFacts, type FloatElement } from "../../../ir/element.js";
import { floatFormats } from "../../../ir/float-format.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { numericsOf } from "../../../ir/scalar.js";
import { elementOf, type TensorType } from "../../../ir/types.js";
import { numberOf } from "../../simplify/raise/numbers.js";
import { bitcastBetweenWidths, bitcastBody, keepsWidth, reducePrecisionBody } from "./bits.js";
import { chloNames, chloRow } from "./chlo-scalars.js";
import { complexRows } from "./complex-scalars.js";
import { convertElement } from "./convert-element.js";
import type { Structure } from "./converter.js";
import { constantAccess, parallel } from "./generic.js";
import { constantLike, type ScalarContext, scalarRow, scalarRows, select } from "./scalars.js";

/** One number of each operand to one number of the result. */
export type ScalarBody = (c: ScalarContext, ...args: readonly Value[]) => Value;

/** The scalar computation of an elementwise operation, if it is one; reduction bodies use it too. */
export function scalarBody(op: Operation): ScalarBody | undefined {
  const special = specialBodies[op.name];
  if (special) return special(op);
  // The predicate of select and the bounds of clamp aside, operands have one element; the last one shows it.
  const operand = op.operands.at(-1);
  if (!operand) return undefined;
  const element = elementOf(operand.type);
  return op.def.dialect === "chlo" ? chloRow(op.name, element) : scalarRow(op.name, element);
}

const specialBodies: Readonly<Record<string, (op: Operation) => ScalarBody | undefined>> = {
  "stablehlo.compare": compareBody,
  "stablehlo.convert": (op) => {
    const [from, to] = [elementOf(op.operand(0).type), elementOf(op.result.type)];
    const isWithin = isClampedTo(op.operand(0), to);
    return ({ b }, x) => convertElement(b, x!, from, to, isWithin);
  },
  "stablehlo.complex":
    (op) =>
    ({ b }, real, imaginary) =>
      b.value(
        complex.create,
        { real: real!, imaginary: imaginary! },
        {},
        { results: [b.context.types.scalar(elementOf(op.result.type))] },
      ),
  "stablehlo.bitcast_convert": bitcastBody,
  "stablehlo.reduce_precision": reducePrecisionBody,
  "stablehlo.real": partBody("re"),
  "stablehlo.imag": partBody("im"),
};

/** Clamped to numbers that an integer element holds, so that converting it need only look for NaN. */
function isClampedTo(x: Value, element: ElementType): boolean {
  const op = x.definingOp;
  if (!op || !clamp.matches(op) || elementFacts[element].bits > 16 || !isInteger(element)) return false;
  const [low, high] = [numberOf(op.operand(0)), numberOf(op.operand(2))];
  const { minValue, maxValue } = numericsOf(element);
  return low !== undefined && high !== undefined && low >= Number(minValue) && high <= Number(maxValue);
}

const isInteger = (element: ElementType): boolean => ["int", "uint"].includes(elementFacts[element].kind);

function partBody(part: "re" | "im"): (op: Operation) => ScalarBody {
  return (op) => {
    const element = elementOf(op.operand(0).type);
    const to = elementOf(op.result.type);
    const isReal = elementFacts[element].kind !== "complex";
    return ({ b }, x) => {
      if (isReal) return part === "re" ? x! : constantLike(b, 0, x!);
      return b.value(complex[part], { complex: x! }, {}, { results: [b.context.types.scalar(to)] });
    };
  };
}

const floatPredicates: Readonly<Record<ComparisonDirection, FloatPredicate>> = {
  EQ: "oeq",
  NE: "une",
  LT: "olt",
  LE: "ole",
  GT: "ogt",
  GE: "oge",
};
const signedPredicates: Readonly<Record<ComparisonDirection, IntegerPredicate>> = {
  EQ: "eq",
  NE: "ne",
  LT: "slt",
  LE: "sle",
  GT: "sgt",
  GE: "sge",
};
const unsignedPredicates: Readonly<Record<ComparisonDirection, IntegerPredicate>> = {
  EQ: "eq",
  NE: "ne",
  LT: "ult",
  LE: "ule",
  GT: "ugt",
  GE: "uge",
};

function compareBody(op: Operation): ScalarBody {
  const { comparison_direction: direction, compare_type: type } = compare.attrsOf(op);
  const element = elementOf(op.operand(0).type);
  const { kind } = elementFacts[element];
  if (kind === "complex") return complexRows[`compare_${direction}`]!;
  if (kind === "float" && type === "TOTALORDER")
    return ({ b }, x, y) =>
      b.value(
        i.cmpi,
        { lhs: orderedBits(b, x!, element), rhs: orderedBits(b, y!, element) },
        { predicate: signedPredicates[direction] },
      );
  if (kind === "float")
    return ({ b }, x, y) => b.value(f.cmpf, { lhs: x!, rhs: y! }, { predicate: floatPredicates[direction] });
  const predicate = kind === "int" ? signedPredicates[direction] : unsignedPredicates[direction];
  return ({ b }, x, y) => b.value(i.cmpi, { lhs: x!, rhs: y! }, { predicate });
}

/** An integer that orders as IEEE's total order does: the bits, with the magnitude of negative numbers inverted. */
function orderedBits(b: ScalarContext["b"], x: Value, element: ElementType): Value {
  const { flavour, bits: width } = floatFormats[element as FloatElement];
  if (flavour === "fnuz" || flavour === "exponent" || width === 6) {
    // NaN with a sign bit, no sign at all, or of the width of no integer: f32 has the same numbers in order, NaN last.
    const wide = b.value(cast.extf, { in: x }, {}, { results: [b.context.types.scalar("f32")] });
    const isNan = b.value(f.cmpf, { lhs: wide, rhs: wide }, { predicate: "uno" });
    return orderedBits(b, select(b, isNan, constantLike(b, Number.NaN, wide), wide), "f32");
  }
  const integer = `i${elementFacts[element].bits}` as ElementType;
  const bits = b.value(cast.bitcast, { in: x }, {}, { results: [b.context.types.scalar(integer)] });
  const isNegative = b.value(i.cmpi, { lhs: bits, rhs: constantLike(b, 0, bits) }, { predicate: "slt" });
  const most = (1n << BigInt(elementFacts[element].bits - 1)) - 1n;
  const flipped = b.value(
    i.xori,
    { lhs: bits, rhs: constantLike(b, elementFacts[element].bits > 32 ? most : Number(most), bits) },
    {},
  );
  return select(b, isNegative, flipped, bits);
}

/** An operand of rank 0 is the same for every element. */
export const elementwise: Structure = (op, to) => {
  const body = scalarBody(op);
  if (!body) throw to.unsupported(op, `it has no form for elements ${elementOf(op.operands.at(-1)!.type)}`);
  const type = to.resultType(op);
  const rank = type.shape.length;
  const element = elementOf(op.operands.at(-1)!.type);
  const inputs = to.operands(op).map((value) => ({
    value,
    map: (value.type as TensorType).shape.length === 0 ? constantAccess(rank) : identityMap(rank),
  }));
  return [parallel(to, type, inputs, ({ b }, args) => body({ b, element }, ...args))];
};

/** Between widths an axis appears or disappears, so the shapes differ. */
const bitcastConvert: Structure = (op, to) => (keepsWidth(op) ? elementwise : bitcastBetweenWidths)(op, to);

export const elementwiseOperations: Readonly<Record<string, Structure>> = {
  ...Object.fromEntries(Object.keys(scalarRows).map((name) => [`stablehlo.${name}`, elementwise])),
  ...Object.fromEntries(chloNames.map((name) => [name, elementwise])),
  ...Object.fromEntries(Object.keys(specialBodies).map((name) => [name, elementwise])),
  "stablehlo.bitcast_convert": bitcastConvert,
};
