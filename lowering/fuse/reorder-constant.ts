/**
 * @file Constant tensors with their axes in another order, the last of them moved: what is small is permuted here, weights
 * when the bundle is written.
 */

import type { Attr } from "../../ir/attrs.js";
import type { Context } from "../../ir/context.js";
import { type ConstantAttr, constant } from "../../ir/dialects/arith/constant.js";
import type { Value } from "../../ir/graph.js";
import { getScalar, stridesOf, tabulate } from "../../ir/ndarray.js";
import { type PackedLayout, packedResource } from "../../ir/packed-resource.js";
import type { Resource } from "../../ir/resource.js";
import { hasStaticShape, type TensorType } from "../../ir/types.js";

/** Whether `x` is a constant of which an axis can be made the last. */
export function canPutLast(x: Value, axis: number, context: Context): boolean {
  const op = x.definingOp;
  if (!op || !constant.matches(op) || x.type.kind !== "tensor") return false;
  const { value } = constant.attrsOf(op);
  if (value.kind === "dense") return true;
  if (value.kind !== "resource") return false;
  const source = context.resources.get(value.name);
  return source !== undefined && reordered(source, axis) !== undefined;
}

/** The constant with axis k of it being axis `order[k]` of what it was. */
export function inOrder(value: ConstantAttr, order: readonly number[], context: Context): Attr {
  if (value.kind !== "dense" && value.kind !== "resource") throw new Error("a number has no axes");
  const { type } = value;
  if (type.kind !== "tensor" || !hasStaticShape(type)) throw new Error("a constant is a tensor of known sizes");
  const shape = order.map((axis) => type.shape[axis]!);
  const to = context.types.tensor(shape, type.element, type.encoding);
  if (value.kind === "resource") return resourceInOrder(value.name, to, order.at(-1)!, context);
  if (value.splat) return { ...value, type: to };
  const strides = stridesOf(type.shape);
  const data = tabulate(type.element, shape, (index) =>
    getScalar(
      value.data,
      index.reduce((at, position, k) => at + position * strides[order[k]!]!, 0),
    ),
  );
  return { ...value, type: to, data };
}

function resourceInOrder(name: string, type: TensorType, last: number, context: Context): Attr {
  const made = reordered(context.resources.get(name)!, last)!;
  if (!context.resources.get(made.name)) context.resources.add({ ...made, shape: type.shape as readonly number[] });
  return { kind: "resource", name: made.name, type };
}

/** `source` with `last` as its last axis; one block of that many columns holds all in order. */
function reordered(source: Resource, last: number): Resource | undefined {
  const strides = stridesOf(source.shape);
  const axis = (k: number) => ({ size: source.shape[k]!, stride: strides[k]! });
  const rows = source.shape.map((_, k) => k).filter((k) => k !== last && source.shape[k] !== 1);
  const layout: PackedLayout = { rows: rows.map(axis), columns: axis(last), block: source.shape[last]! };
  return packedResource(source, layout);
}
