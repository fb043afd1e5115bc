/** @file Meanings on one element carried to vectors and tensors: a scalar stays a scalar, an array is mapped. */

import type { Evaluation, Inference } from "../../define.js";
import type { ElementType } from "../../element.js";
import { mapElements, type NdArray } from "../../ndarray.js";
import type { Scalar } from "../../scalar.js";
import {
  elementOf,
  isShaped,
  printType,
  type ScalarType,
  type TensorType,
  type Type,
  type VectorType,
} from "../../types.js";

export type Lifted = NdArray | Scalar;
export type LiftedType = ScalarType | VectorType | TensorType;

export function isArray(x: Lifted): x is NdArray {
  return typeof x === "object" && "data" in x;
}

/** `f` of each element; `element` is that of the result. */
export function liftOne(element: ElementType, x: Lifted, f: (x: Scalar) => Scalar): Lifted {
  return isArray(x) ? mapElements(element, x.shape, [x], f) : f(x);
}

export function liftTwo(element: ElementType, x: Lifted, y: Lifted, f: (x: Scalar, y: Scalar) => Scalar): Lifted {
  return isArray(x) ? mapElements(element, x.shape, [x, y as NdArray], f) : f(x, y as Scalar);
}

export function liftThree(
  element: ElementType,
  [x, y, z]: readonly [Lifted, Lifted, Lifted],
  f: (x: Scalar, y: Scalar, z: Scalar) => Scalar,
): Lifted {
  const g = f as (...entries: Scalar[]) => Scalar;
  return isArray(x)
    ? mapElements(element, x.shape, [x, y as NdArray, z as NdArray], g)
    : f(x, y as Scalar, z as Scalar);
}

/** The element type of the first operand of what is being evaluated. */
export function operandElement(evaluation: Evaluation): ElementType {
  return elementOf(evaluation.op.operands[0]!.type);
}

export function resultElement(evaluation: Evaluation): ElementType {
  return elementOf(evaluation.op.results[0]!.type);
}

/** The one type that all operands have, unknown sizes joined; or a message. */
export function joinTypes(types: readonly LiftedType[], { context }: Inference): LiftedType | string {
  let joined: Type = types[0]!;
  for (const type of types.slice(1)) {
    const next = context.mergeTypes(joined, type);
    if (!next) return `${printType(joined)} and ${printType(type)} differ`;
    joined = next;
  }
  return joined as LiftedType;
}

/** A type of the same shape over another element. */
export function withElement(type: LiftedType, element: ElementType, { context }: Inference): LiftedType {
  return context.types.withElement(type, element);
}

/** A cast's result: as given, provided that it has the operand's shape. */
export function castResult(input: LiftedType, inference: Inference): LiftedType | string {
  const given = inference.given?.[0];
  if (!given) return "the type to cast to must be given";
  if (given.kind !== input.kind) return `cannot cast ${printType(input)} to ${printType(given)}`;
  if (!isShaped(given)) return given as LiftedType;
  const shaped = inference.context.mergeTypes(given, withElement(input, given.element, inference));
  return (shaped as LiftedType | undefined) ?? `cannot cast ${printType(input)} to ${printType(given)}`;
}
