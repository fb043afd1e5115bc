/** @file The operand and result types StableHLO names: its tensors (no `index` elements), tokens and tuples. */

import { type ElementType, elementFacts } from "../../element.js";
import { dialectType } from "../../kinds.js";
import type { TypeConstraint } from "../../slots.js";
import type { DialectType, TensorType, TupleType, Type } from "../../types.js";

type Kind = "int" | "uint" | "float" | "complex" | "bool";

function tensorOf(describe: string, ...kinds: readonly Kind[]): TypeConstraint<TensorType> {
  const accepts = (e: ElementType) => (kinds as readonly string[]).includes(elementFacts[e].kind);
  return { describe, accepts: (t): t is TensorType => t.kind === "tensor" && accepts(t.element) };
}

export const hloTensor = tensorOf("a tensor", "int", "uint", "float", "complex", "bool");
export const numberTensor = tensorOf("a tensor of numbers", "int", "uint", "float", "complex");
export const signedTensor = tensorOf(
  "a tensor of signed integers, floats or complex numbers",
  "int",
  "float",
  "complex",
);
export const realTensor = tensorOf("a tensor of integers or floats", "int", "uint", "float");
export const integerTensor = tensorOf("a tensor of integers", "int", "uint");
export const bitsTensor = tensorOf("a tensor of integers or i1", "int", "uint", "bool");

/** A tensor of one element: `tensor<f32>`. */
export const scalarTensor: TypeConstraint<TensorType> = {
  describe: "a tensor of rank 0",
  accepts: (t): t is TensorType => hloTensor.accepts(t) && t.shape.length === 0,
};

export const scalarIntTensor: TypeConstraint<TensorType> = {
  describe: "an integer tensor of rank 0",
  accepts: (t): t is TensorType => scalarTensor.accepts(t) && isIntegral(t.element),
};

/** Sizes, offsets and the like: one axis, whose own size is known. */
export const dimensionTensor: TypeConstraint<TensorType> = {
  describe: "a tensor of integers or index with one axis of known size",
  accepts: (t): t is TensorType =>
    t.kind === "tensor" &&
    t.shape.length === 1 &&
    typeof t.shape[0] === "number" &&
    (isIntegral(t.element) || t.element === "index"),
};

/** The part of a complex: f32 or f64. */
export const partTensor: TypeConstraint<TensorType> = {
  describe: "a tensor of f32 or f64",
  accepts: (t): t is TensorType => t.kind === "tensor" && (t.element === "f32" || t.element === "f64"),
};

export const token: TypeConstraint<DialectType> = dialectType("stablehlo.token");

export const tuple: TypeConstraint<TupleType> = {
  describe: "a tuple",
  accepts: (t): t is TupleType => t.kind === "tuple",
};

/** What control flow passes on. */
export const tensorOrToken: TypeConstraint<TensorType | DialectType> = {
  describe: "a tensor or a token",
  accepts: (t): t is TensorType | DialectType => hloTensor.accepts(t) || token.accepts(t),
};

/** What tuples, composites and custom calls hold. */
export const anyValue: TypeConstraint = {
  describe: "a tensor, a token or a tuple",
  accepts: (t): t is Type => t.kind === "tensor" || token.accepts(t) || t.kind === "tuple",
};

function isIntegral(e: ElementType): boolean {
  const { kind } = elementFacts[e];
  return kind === "int" || kind === "uint";
}
