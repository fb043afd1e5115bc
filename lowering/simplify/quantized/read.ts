/** @file What a dequantized tensor is made of: integers with one zero point, and scales for all or for the entries of an axis. */

import type { Context } from "../../../ir/context.js";
import { composite } from "../../../ir/dialects/stablehlo/calls.js";
import type { ElementType } from "../../../ir/element.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { elementOf, type TensorType } from "../../../ir/types.js";
import { arrayOf } from "./constants.js";

/** `(levels - zero) * scale` as f32. */
export interface Dequantized {
  readonly op: Operation;
  readonly levels: Value;
  /** Constant scales, one or as many as the axis is long. */
  readonly scale: Float32Array;
  /** The constant that is taken away, where it is one for all. */
  readonly zero: number;
  /** The axis that scales belong to; `undefined` where one is for all. */
  readonly axis: number | undefined;
}

/** What `x` is dequantized from, with constant scales and one constant zero point; `undefined` for anything else. */
export function dequantizedOf(x: Value, context: Context): Dequantized | undefined {
  const op = x.definingOp;
  if (!op || !composite.matches(op) || elementOf(x.type) !== "f32") return undefined;
  const { name, composite_attributes: attributes } = composite.attrsOf(op);
  if (name !== "psm.dequantize" || attributes["block_size"]) return undefined;
  const [levels, given, offset] = op.operands as readonly [Value, Value, Value | undefined];
  const scale = elementOf(given.type) === "f32" ? arrayOf(given, context)?.data : undefined;
  const zeros = offset ? arrayOf(offset, context)?.data : [0];
  if (!(scale instanceof Float32Array) || !zeros) return undefined;
  const [zero, ...others] = new Set(Array.from<number | bigint, number>(zeros as ArrayLike<number>, Number));
  if (zero === undefined || others.length > 0) return undefined;
  const axis = attributes["axis"]?.kind === "int" ? Number(attributes["axis"].value) : undefined;
  return { op, levels, scale, zero, axis };
}

/** Elements of 8 bits, and the largest magnitude that one of them has after `zero` is taken away or not. */
export function magnitudeOf(element: ElementType, zero: number): number | undefined {
  if (element === "ui8") return Math.max(255, Math.abs(zero));
  return element === "i8" ? 128 : undefined;
}

/** Sums over all axes but `axis`. */
export function sumsAlong(x: ArrayLike<number>, { shape }: TensorType, axis: number): Int32Array {
  const sizes = shape as readonly number[];
  const inner = sizes.slice(axis + 1).reduce((a, b) => a * b, 1);
  const sums = new Int32Array(sizes[axis]!);
  for (let k = 0; k < x.length; k++) sums[Math.floor(k / inner) % sums.length]! += x[k]!;
  return sums;
}
