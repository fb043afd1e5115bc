/** @file Structured forms of StableHLO's elementwise operations: one `linalg.generic` around a scalar row. */

import { identityMap } from "../../../ir/affine.js";
import type { FloatPredicate, IntegerPredicate } from "../../../ir/dialects/arith/attributes.js";
import * as cast from "../../../ir/dialects/arith/cast.js";
import * as f from "../../../ir/dialects/arith/float.js";
import * as i from "../../../ir/dialects/arith/integer.js";
import * as complex from "../../../ir/dialects/complex/complex.js";
import type { ComparisonDirection } from "../../../ir/dialects/stablehlo/attributes.js";
import { compare } from "../../../ir/dialects/stablehlo/choose.js";
import { type ElementType, elementFacts } from "../../../ir/element.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { elementOf, type TensorType } from "../../../ir/types.js";
import { complexRows } from "./complex-scalars.js";
import { convertElement } from "./convert-element.js";
import type { Converter, Structure } from "./converter.js";
import { constantAccess, parallel } from "./generic.js";
import { constantLike, type ScalarContext, scalarRow, scalarRows, select } from "./scalars.js";
import { constantScalar } from "./values.js";

/** One number of each operand to one number of the result. */
export type ScalarBody = (c: ScalarContext, ...args: readonly Value[]) => Value;

/** The scalar computation of an elementwise operation, if it is one; reduction bodies use it too. */
export function scalarBody(op: Operation): ScalarBody | undefined {
  const special = specialBodies[op.name];
  if (special) return special(op);
  // The predicate of select and the bounds of clamp aside, operands have one element; the last one shows it.
  const operand = op.operands.at(-1);
  return operand && scalarRow(op.name, elementOf(operand.type));
}

const specialBodies: Readonly<Record<string, (op: Operation) => ScalarBody>> = {
  "stablehlo.compare": compareBody,
  "stablehlo.convert": (op) => {
    const [from, to] = [elementOf(op.operand(0).type), elementOf(op.result.type)];
    return ({ b }, x) => convertElement(b, x!, from, to);
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
  "stablehlo.real": partBody("re"),
  "stablehlo.imag": partBody("im"),
};

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
  if (!body) throw new Error(`${op.name} has no scalar form for ${elementOf(op.operands.at(-1)!.type)}`);
  const type = to.resultType(op);
  const rank = type.shape.length;
  const element = elementOf(op.operands.at(-1)!.type);
  const inputs = to
    .operands(op)
    .map((value) => ({
      value,
      map: (value.type as TensorType).shape.length === 0 ? constantAccess(rank) : identityMap(rank),
    }));
  return [parallel(to, type, inputs, ({ b }, args) => body({ b, element }, ...args))];
};

/** StableHLO names that `elementwise` handles. */
export const elementwiseNames: readonly string[] = [
  ...Object.keys(scalarRows).map((n) => `stablehlo.${n}`),
  ...Object.keys(specialBodies),
];

/**
 * Builds the scalar computation of a region such as a reduction's body: its operations work on tensors of rank 0,
 * which become plain scalars.
 */
export function scalarRegion(
  to: Converter,
  block: { readonly args: readonly Value[]; ops(): Iterable<Operation> },
  args: readonly Value[],
): readonly Value[] {
  const scalars = new Map<Value, Value>(block.args.map((a, k) => [a, args[k]!]));
  for (const op of block.ops()) {
    if (op.def.traits.includes("terminator")) return op.operands.map((x) => scalarOf(to, scalars, x));
    const operands = op.operands.map((x) => scalarOf(to, scalars, x));
    scalars.set(op.results[0]!, scalarOperation(to, op, operands));
  }
  return [];
}

/** Values from outside the region are tensors of rank 0. */
function scalarOf(to: Converter, scalars: ReadonlyMap<Value, Value>, x: Value): Value {
  return scalars.get(x) ?? to.elementOfScalarTensor(x);
}

function scalarOperation(to: Converter, op: Operation, operands: readonly Value[]): Value {
  const b = to.builder;
  if (op.name === "stablehlo.constant") return constantScalar(to, op);
  if (op.name === "stablehlo.reshape" || op.name === "stablehlo.broadcast_in_dim") return operands[0]!;
  const body = scalarBody(op);
  if (!body) throw to.unsupported(op, "it cannot stand in the body of a reduction");
  return body({ b, element: elementOf(op.operands.at(-1)!.type) }, ...operands);
}
