/**
 * @file Attributes of composites. Every composite `psm.…` is built in this folder and nowhere else, by front ends and by
 * the pass that recognises written-out forms alike, so that one name has one list of operands, attributes and one meaning.
 * Invariant: what changes the decomposition is among the attributes, for they and the types are what calls share it by.
 */

import { type Attr, type AttrDict, intAttr } from "../attrs.js";
import type { ElementType } from "../element.js";
import type { TensorBuilder } from "../tensor-builder.js";

export const unit: Attr = { kind: "unit" };

/** Integer attributes, of i64. */
export function integers(t: TensorBuilder, values: Readonly<Record<string, number>>): AttrDict {
  const i64 = t.context.types.scalar("i64");
  return Object.fromEntries(Object.entries(values).map(([name, x]) => [name, intAttr(x, i64)]));
}

/** A number as f32, as ONNX has them, or as f64 where it is for tensors of that. */
export function float(t: TensorBuilder, value: number, element: ElementType = "f32"): Attr {
  return { kind: "float", value, type: t.context.types.scalar(element === "f64" ? "f64" : "f32") };
}

/** The attributes that are there. */
export function given(attributes: Readonly<Record<string, Attr | undefined>>): AttrDict {
  return Object.fromEntries(Object.entries(attributes).filter(([, a]) => a !== undefined)) as AttrDict;
}

/** 0, 1, …, n - 1 */
export const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
