/**
 * @file Arithmetic on shapes that the op families share: sizes are numbers or expressions over symbols.
 * Invariant: two sizes are refused only when they differ whatever the symbols are.
 */

import type { Context } from "../../context.js";
import type { Inference } from "../../define.js";
import type { Dim } from "../../dim.js";
import type { ElementType } from "../../element.js";
import type { TensorType, Type } from "../../types.js";

/** The size that both are: a number wins over an expression. `undefined` where they cannot be equal. */
export function joinDims(context: Context, a: Dim, b: Dim): Dim | undefined {
  if (a === b || a === context.unknownDim || b === context.unknownDim) return context.mergeDims(a, b);
  if (context.dims.provablyDifferent(a, b)) return undefined;
  return typeof b === "number" ? b : a;
}

/** `joinDims` axis by axis; `undefined` where ranks or sizes cannot agree. */
export function joinShapes(context: Context, ...shapes: readonly (readonly Dim[])[]): readonly Dim[] | undefined {
  const [first, ...rest] = shapes;
  if (first === undefined) return undefined;
  let joined: readonly Dim[] = first;
  for (const shape of rest) {
    if (shape.length !== joined.length) return undefined;
    const next = joined.map((d, i) => joinDims(context, d, shape[i]!));
    if (next.includes(undefined)) return undefined;
    joined = next as readonly Dim[];
  }
  return joined;
}

/** Like `joinShapes`, and the elements must be the same. */
export function joinTensors(context: Context, ...types: readonly TensorType[]): TensorType | undefined {
  const [first] = types;
  if (first === undefined || types.some((t) => t.element !== first.element)) return undefined;
  const shape = joinShapes(context, ...types.map((t) => t.shape));
  return shape && context.types.tensor(shape, first.element, first.encoding);
}

/** Whether the two could be the same size. */
export function mayEqual(context: Context, a: Dim, b: Dim): boolean {
  return joinDims(context, a, b) !== undefined;
}

/** `[2, s0 + 1]`, for messages. */
export function printSizes(context: Context, shape: readonly Dim[]): string {
  return `[${shape.map((d) => context.dims.print(d)).join(", ")}]`;
}

/** The result type that the text or the builder asks for. */
export function givenTensor({ given }: Inference, index = 0): TensorType | undefined {
  const type = given?.[index];
  return type?.kind === "tensor" ? type : undefined;
}

/** A result of the shape that the operands give, over the element asked for, else over `element`. */
export function shapedAs(inference: Inference, shape: readonly Dim[], element: ElementType): TensorType {
  return inference.context.types.tensor(shape, givenTensor(inference)?.element ?? element);
}

/** What is wrong with a list of axes of a tensor of this rank: out of range, or one given twice. */
export function checkAxes(what: string, axes: readonly number[], rank: number): string | undefined {
  const bad = axes.find((axis) => !(axis >= 0 && axis < rank));
  if (bad !== undefined) return `${what} names axis ${bad} of a tensor of rank ${rank}`;
  if (new Set(axes).size !== axes.length) return `${what} [${axes.join(", ")}] names an axis twice`;
  return undefined;
}

/** The first message, if there is any. */
export function firstProblem(...messages: readonly (string | false | undefined)[]): string | undefined {
  return messages.find((m): m is string => typeof m === "string");
}

/** Numbers `0 … n-1`. */
export function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}

/** The axes of `rank` that `axes` leaves out. */
export function otherAxes(rank: number, axes: readonly number[]): number[] {
  return range(rank).filter((axis) => !axes.includes(axis));
}

export function isTensor(type: Type): type is TensorType {
  return type.kind === "tensor";
}
