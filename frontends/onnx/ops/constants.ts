/** @file Operators that make tensors out of nothing or out of sizes. */

import type { Dim } from "../../../ir/dim.js";
import { isFloat } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import { fromScalars, getScalar } from "../../../ir/ndarray.js";
import type { ImportNode, OpRow, RowResult } from "../context.js";
import { emitSparse, emitTensor, tensorArray } from "../weights.js";

function constant(n: ImportNode): RowResult {
  const { t } = n;
  const attribute = [...n.attributes.values()].find((a) => a.name.startsWith("value") || a.name === "sparse_value");
  switch (attribute?.kind) {
    case "tensor": {
      const { payload, dims } = attribute.value;
      if (payload.kind === "strings") return { kind: "strings", shape: dims, values: payload.values };
      return emitTensor(t, attribute.value, n.node.outputs[0] ?? "");
    }
    case "sparse-tensor":
      return emitSparse(t, attribute.value);
    case "float":
      return t.constant(fromScalars("f32", [], [Math.fround(attribute.value)]));
    case "floats":
      return t.constant(fromScalars("f32", [attribute.value.length], attribute.value.map(Math.fround)));
    case "int":
      return t.constant(fromScalars("i64", [], [attribute.value]));
    case "ints":
      return t.constant(fromScalars("i64", [attribute.value.length], attribute.value));
    case "string":
      return { kind: "strings", shape: [], values: [attribute.value] };
    case "strings":
      return { kind: "strings", shape: [attribute.value.length], values: attribute.value };
    default:
      return n.invalid("it has no value");
  }
}

function constantOfShape(n: ImportNode): Value {
  const dims = n.dims(0, "sizes");
  const value = n.tensor("value");
  if (value === undefined) return n.t.fill(0, dims, "f32");
  if (value.elements !== 1) return n.invalid(`attribute 'value' has ${value.elements} elements`);
  const array = tensorArray(value);
  return n.t.fill(getScalar(array, 0), dims, array.element);
}

/** `start + i * delta` for every i below ceil((limit - start) / delta). */
function range(n: ImportNode): Value {
  const { t } = n;
  const [start, limit, delta] = [n.value(0), n.value(1), n.value(2)].map((x) => t.reshape(x, []));
  const element = t.element(start!);
  const count = rangeLength(n) ?? runtimeLength(n, [start!, limit!, delta!]);
  // From 27 on narrow floats are stepped through in f32, unless the node says otherwise.
  const wide =
    isFloat(element) && element !== "f64" ? (n.opset >= 27 ? (n.dtype("stash_type") ?? "f32") : "f32") : element;
  const steps = t.iota([count], 0, wide);
  const [isFromZero, isByOne] = [n.contents(0)?.[0] === 0, n.contents(2)?.[0] === 1];
  const scaled = isByOne ? steps : t.mul(steps, t.convert(delta!, wide));
  return t.convert(isFromZero ? scaled : t.add(scaled, t.convert(start!, wide)), element);
}

/** The number of elements, where the bounds are known. */
function rangeLength(n: ImportNode): Dim | undefined {
  const { dims } = n.t.context;
  const [start, limit, delta] = [0, 1, 2].map((i) => n.contents(i)?.[0]);
  if (start !== undefined && limit !== undefined && typeof delta === "number" && delta !== 0) {
    return dims.max(dims.ceilDiv(dims.sub(limit, start), delta), 0);
  }
  const floats = [0, 1, 2].map((i) => n.constant(i)).map((a) => a && Number(a.data[0]));
  const [from, to, by] = floats;
  if (from === undefined || to === undefined || by === undefined) return undefined;
  return Math.max(0, Math.ceil((to - from) / by));
}

function runtimeLength(n: ImportNode, [start, limit, delta]: readonly Value[]): Dim {
  const { t } = n;
  const wide = isFloat(t.element(start!)) ? "f64" : "i64";
  const [from, to, by] = [start!, limit!, delta!].map((x) => t.convert(x, wide)) as [Value, Value, Value];
  const span = t.sub(to, from);
  const steps = wide === "f64" ? t.ceil(t.div(span, by)) : ceilDivide(n, span, by);
  return t.symbolOf(t.max(t.convert(steps, "i64"), 0), { min: 0, max: Number.POSITIVE_INFINITY });
}

/** ceil(a / b) of integers of either sign: the truncated quotient, one more where a rest goes the same way. */
function ceilDivide({ t }: ImportNode, a: Value, b: Value): Value {
  const quotient = t.div(a, b);
  const rest = t.sub(a, t.mul(quotient, b));
  const rises = t.and(t.ne(rest, 0), t.eq(t.lt(rest, 0), t.lt(b, 0)));
  return t.add(quotient, t.convert(rises, "i64"));
}

function eyeLike(n: ImportNode): Value {
  const { t } = n;
  const element = n.dtype("dtype") ?? n.element(0);
  const shape = n.shape(0);
  if (shape.length !== 2) return n.invalid(`its input has rank ${shape.length} instead of 2`);
  const [row, column] = [t.iota(shape, 0, "i64"), t.iota(shape, 1, "i64")];
  return t.convert(t.eq(column, t.add(row, n.int("k", 0))), element);
}

/** Sizes `start` to before `end` of the shape; both clamped to the rank. */
function shapeOf(n: ImportNode): Value {
  const shape = n.shape(0);
  const clamp = (i: number): number => Math.min(Math.max(i < 0 ? i + shape.length : i, 0), shape.length);
  const [start, end] = [clamp(n.int("start", 0)), clamp(n.int("end", shape.length))];
  return n.t.vector(shape.slice(start, Math.max(start, end)));
}

function oneHot(n: ImportNode): Value {
  const { t } = n;
  const indices = n.value(0);
  const values = n.value(2);
  const [depth] = n.dims(1, "depth");
  if (depth === undefined) return n.invalid("its depth is empty");
  const shape = n.shape(0);
  const axis = n.axis(-1, shape.length + 1);
  const whole = t.convert(indices, "i64");
  const place = t.iota(shape.toSpliced(axis, 0, depth), axis, "i64");
  const wanted = t.unsqueeze(whole, [axis]);
  // An index from the end means the same place as that from the beginning; others mean none.
  const hit = t.or(t.eq(place, wanted), t.eq(t.sub(place, t.scalar(depth)), wanted));
  return t.select(hit, t.item(values, 1), t.item(values, 0));
}

export const constants: readonly OpRow[] = [
  { name: "Constant", since: 1, build: constant },
  { name: "ConstantOfShape", since: 9, build: constantOfShape },
  { name: "Range", since: 11, build: range },
  { name: "EyeLike", since: 9, build: eyeLike },
  { name: "Shape", since: 1, build: shapeOf },
  {
    name: "Size",
    since: 1,
    build: (n) => n.t.scalar(n.t.context.dims.product(n.shape(0))),
  },
  { name: "OneHot", since: 9, build: oneHot },
  { name: "Identity", since: 1, build: (n) => n.imported(0) },
];
