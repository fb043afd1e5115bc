/**
 * @file Tensors with more elements behind their last ones: made of what has fewer, cut again, and with a number put in the place of
 * what lies behind. Constants are made larger here, weights when the bundle is written.
 */

import { identityMap } from "../../../ir/affine.js";
import type { Builder } from "../../../ir/builder.js";
import type { Context } from "../../../ir/context.js";
import { constant, constantIndex, constantOf, select } from "../../../ir/dialects/arith/constant.js";
import { cmpi } from "../../../ir/dialects/arith/integer.js";
import { generic, index as indexOp, yieldOp } from "../../../ir/dialects/linalg/structured.js";
import { empty } from "../../../ir/dialects/tensor/access.js";
import { extractSlice, insertSlice } from "../../../ir/dialects/tensor/slice.js";
import type { Dim } from "../../../ir/dim.js";
import type { Value } from "../../../ir/graph.js";
import { getScalar, stridesOf, tabulate } from "../../../ir/ndarray.js";
import { paddedResource } from "../../../ir/padded-resource.js";
import { DYNAMIC } from "../../../ir/text/mixed-indices.js";
import { hasStaticShape, type TensorType } from "../../../ir/types.js";
import { axisSize } from "../../shape-values.js";
import { shapeOf } from "../../structured/access.js";
import type { Lane } from "./lanes.js";

/** `type` with other sizes. */
export function resized({ types }: Context, type: TensorType, shape: readonly Dim[]): TensorType {
  return types.tensor(shape, type.element, type.encoding);
}

/** A tensor of a shape whose open sizes are those of `like`. */
export function emptyOf(b: Builder, type: TensorType, like: Value): Value {
  const dynamic_sizes = type.shape.flatMap((d, axis) => (typeof d === "number" ? [] : [axisSize(b, like, axis)]));
  return b.value(empty, { dynamic_sizes }, {}, { results: [type] });
}

/** `x` and behind it `fill`; where that is undefined, nothing is written there. */
export function paddedTo(b: Builder, x: Value, shape: readonly Dim[], fill: Lane): Value {
  const type = resized(b.context, x.type as TensorType, shape);
  const written = paddedConstant(b, x, type, fill ?? 0);
  if (written) return written;
  const start = emptyOf(b, type, x);
  const dest = fill === undefined ? start : filled(b, start, fill);
  return b.value(insertSlice, { source: x, dest, offsets: [], strides: [], ...sizesOf(b, x) }, sliceOf(shapeOf(x)));
}

/** The part of `x` that has the sizes of `type`. */
export function cutTo(b: Builder, x: Value, type: TensorType): Value {
  const sizes = type.shape.flatMap((d, axis) => (typeof d === "number" ? [] : [axisSize(b, x, axis)]));
  const operands = { source: x, offsets: [], sizes, strides: [] };
  return b.value(extractSlice, operands, sliceOf(type.shape), { results: [type] });
}

function sizesOf(b: Builder, x: Value): { readonly sizes: readonly Value[] } {
  return { sizes: shapeOf(x).flatMap((d, axis) => (typeof d === "number" ? [] : [axisSize(b, x, axis)])) };
}

function sliceOf(shape: readonly Dim[]) {
  return {
    static_offsets: shape.map(() => 0),
    static_sizes: shape.map((d) => (typeof d === "number" ? d : DYNAMIC)),
    static_strides: shape.map(() => 1),
  };
}

function filled(b: Builder, start: Value, fill: number): Value {
  const scalar = b.context.types.scalar((start.type as TensorType).element);
  const value = constantOf(b, fill, scalar);
  return everywhere(b, [], start, () => value);
}

/** A parallel operation whose operands are all at the same place. */
function everywhere(
  b: Builder,
  inputs: readonly Value[],
  output: Value,
  build: (b: Builder, args: readonly Value[]) => Value,
): Value {
  const rank = shapeOf(output).length;
  const scalars = [...inputs, output].map((x) => b.context.types.scalar((x.type as TensorType).element));
  const body = b.region(scalars, (inner, args) => {
    inner.op(yieldOp, { values: [build(inner, args)] }, {});
  });
  const indexing_maps = scalars.map(() => identityMap(rank));
  const iterator_types = Array.from({ length: rank }, () => "parallel" as const);
  const made = b.op(
    generic,
    { inputs, outputs: [output] },
    { indexing_maps, iterator_types },
    { results: [output.type], regions: [body] },
  );
  return made.results[0]!;
}

/** `x` with `fill` wherever one of `axes` is at or behind its limit. */
export function masked(
  b: Builder,
  x: Value,
  limits: readonly (readonly [axis: number, limit: number])[],
  fill: number,
): Value {
  return everywhere(b, [x], emptyOf(b, x.type as TensorType, x), (inner, [entry]) =>
    limits.reduce((value, [axis, limit]) => insideOf(inner, axis, limit, value, fill), entry!),
  );
}

/** Inside a structured operation: `value` where dimension `dim` is below `limit`, else `fill`. */
export function insideOf(b: Builder, dim: number, limit: number, value: Value, fill: number): Value {
  const place = b.value(indexOp, {}, { dim });
  const condition = b.value(cmpi, { lhs: place, rhs: constantIndex(b, limit) }, { predicate: "ult" });
  const other = constantOf(b, fill, value.type as Parameters<typeof constantOf>[2]);
  return b.value(select, { condition, true_value: value, false_value: other }, {});
}

/** A constant of known sizes, made larger as it is written down. */
function paddedConstant(b: Builder, x: Value, type: TensorType, fill: number): Value | undefined {
  const op = x.definingOp;
  if (!op || !constant.matches(op) || !hasStaticShape(type)) return undefined;
  const { value } = constant.attrsOf(op);
  if (value.kind === "resource") {
    const { resources } = b.context;
    const source = resources.get(value.name);
    if (!source || source.element === "i1") return undefined;
    const made = paddedResource(source, type.shape, fill);
    if (!resources.get(made.name)) resources.add(made);
    return b.value(constant, {}, { value: { kind: "resource", name: made.name, type } });
  }
  if (value.kind !== "dense") return undefined;
  const from = shapeOf(x) as readonly number[];
  const strides = value.splat ? from.map(() => 0) : stridesOf(from);
  const data = tabulate(type.element, type.shape, (at) =>
    at.some((p, axis) => p >= from[axis]!)
      ? fill
      : getScalar(
          value.data,
          at.reduce((flat, p, axis) => flat + p * strides[axis]!, 0),
        ),
  );
  return b.value(constant, {}, { value: { kind: "dense", splat: false, type, data } });
}
