/**
 * @file Rows of operators that work element by element: how their operands are promoted, and that narrow floats are computed
 * with in f32 and rounded once, as PyTorch's kernels do. Numbers are not rounded to the narrow element before.
 */

import { type ElementType, elementFacts } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { Call, Row } from "../call.js";
import { toFloating } from "../promotion.js";

export type Unary = (t: TensorBuilder, x: Value) => Value;
export type Binary = (t: TensorBuilder, a: Value, b: Value) => Value;

/** The element that numbers of `element` are computed in. */
export function wideOf(element: ElementType): ElementType {
  const { kind, bits } = elementFacts[element];
  return kind === "float" && bits < 32 ? "f32" : element;
}

/** True for floats, complex numbers not counted. */
export const isReal = (t: TensorBuilder, x: Value): boolean => elementFacts[t.element(x)].kind === "float";
export const isComplexValue = (t: TensorBuilder, x: Value): boolean => elementFacts[t.element(x)].kind === "complex";

/** Of the operand's own element. */
export const unary =
  (f: Unary): Row =>
  (n) =>
    f(n.t, n.tensor("self"));

/** A function of real numbers: integers are computed with as f32. */
export const real =
  (f: Unary, name = "self"): Row =>
  (n) =>
    n.t.widened(n.operand(name, toFloating(n.promoted(name))), (x) => f(n.t, x));

/** Integers stay what they are. */
export const unlessInteger =
  (f: Unary): Row =>
  (n) => {
    const x = n.tensor("self");
    return toFloating(n.t.element(x)) === n.t.element(x) ? n.t.widened(x, (y) => f(n.t, y)) : x;
  };

/** `f` of the operands in `element`, or f32 where that is narrower. */
export function compute(
  n: Call,
  element: ElementType,
  names: readonly string[],
  f: (...operands: readonly Value[]) => Value,
): Value {
  return n.t.convert(f(...names.map((name) => n.operand(name, wideOf(element)))), element);
}

/** Of the element that both promote to. */
export const binary =
  (f: Binary, a = "self", b = "other"): Row =>
  (n) =>
    compute(n, n.promoted(a, b), [a, b], (x, y) => f(n.t, x!, y!));

/** A function of two real numbers. */
export const realBinary =
  (f: Binary, a = "self", b = "other"): Row =>
  (n) =>
    compute(n, toFloating(n.promoted(a, b)), [a, b], (x, y) => f(n.t, x!, y!));

/** A comparison of the operands in the element that both promote to. */
export const comparison =
  (f: Binary): Row =>
  (n) =>
    f(n.t, ...n.pair());

/** A number argument that is plainly 1 or absent. */
export function isOne(n: Call, name: string): boolean {
  const argument = n.argument(name);
  return (argument.kind === "int" && argument.value === 1n) || (argument.kind === "float" && argument.value === 1);
}

export const isNaNValue = (t: TensorBuilder, x: Value): Value => t.ne(x, x);

/** `f` of a tensor of rank 0 with NaN where `x` is NaN. */
export const nanLike = (t: TensorBuilder, x: Value): Value => t.fillLike(Number.NaN, x);
