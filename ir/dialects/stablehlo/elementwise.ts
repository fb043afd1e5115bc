/**
 * @file StableHLO's elementwise operations as a table: each row gives a name, its meaning on one element, and
 * the element types it takes. Everything else (shapes, text, verifier, interpreter, docs) follows from the row.
 * Source: StableHLO specification, section "Ops".
 */

import { defineOp, type Trait } from "../../define.js";
import { anyTensor } from "../../kinds.js";
import { mapElements } from "../../ndarray.js";
import type { Scalar } from "../../scalar.js";
import { type Numerics, numericsOf } from "../../scalar.js";
import type { TypeConstraint } from "../../slots.js";
import { printType, type TensorType } from "../../types.js";

type Unary = (n: Numerics) => (x: Scalar) => Scalar;
type Binary = (n: Numerics) => (x: Scalar, y: Scalar) => Scalar;

function unary(name: string, summary: string, of: TypeConstraint<TensorType>, f: Unary) {
  return defineOp(`stablehlo.${name}`, {
    summary,
    operands: { operand: of },
    attrs: {},
    results: { result: of },
    traits: ["pure", "elementwise"],
    format: "$operand attr-dict `:` same-type",
    infer: ({ operand }) => ({ result: operand }),
    evaluate: ({ operand }) => ({
      result: mapElements(operand.element, operand.shape, [operand], f(numericsOf(operand.element))),
    }),
  });
}

function binary(
  name: string,
  summary: string,
  of: TypeConstraint<TensorType>,
  f: Binary,
  algebra: readonly Trait[] = [],
) {
  return defineOp(`stablehlo.${name}`, {
    summary,
    operands: { lhs: of, rhs: of },
    attrs: {},
    results: { result: of },
    traits: ["pure", "elementwise", ...algebra],
    format: "$lhs `,` $rhs attr-dict `:` same-type",
    infer({ lhs, rhs }, _, { context }) {
      const joined = context.mergeTypes(lhs, rhs) as TensorType | undefined;
      return joined ? { result: joined } : `${printType(lhs)} and ${printType(rhs)} differ`;
    },
    evaluate: ({ lhs, rhs }) => ({
      result: mapElements(lhs.element, lhs.shape, [lhs, rhs], f(numericsOf(lhs.element))),
    }),
  });
}

export const negate = unary("negate", "Negation.", anyTensor, (n) => n.neg);
export const add = binary("add", "Sum; on i1, or.", anyTensor, (n) => n.add, ["commutative"]);
