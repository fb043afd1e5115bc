/** @file Elements chosen by index tensors and masks, and put in place. */

import type { Dim } from "../../../ir/dim.js";
import { elementFacts } from "../../../ir/element.js";
import { nonZero } from "../../../ir/forms/non-zero.js";
import type { Value } from "../../../ir/graph.js";
import type { Joining } from "../../../ir/index-builder.js";
import { numericsOf } from "../../../ir/scalar.js";
import { identityOf, type TensorBuilder } from "../../../ir/tensor-builder.js";
import type { Call, Row, Rows } from "../call.js";
import { floorDivide } from "./arithmetic.js";
import { cast } from "./conversion.js";

/** Index tensors as PyTorch's advanced indexing has them: which axes they are for, all of one shape, counted from the beginning. */
interface Indices {
  readonly axes: readonly number[];
  readonly values: readonly Value[];
  /** The shape that they have together. */
  readonly shape: readonly Dim[];
  /** Where their axes stand in the result. */
  readonly at: number;
}

/** Masks become the places where they hold: as many index tensors as they have axes. */
function openMasks(n: Call, listed: readonly (Value | undefined)[]): readonly (Value | undefined)[] {
  const { t } = n;
  return listed.flatMap((index): readonly (Value | undefined)[] => {
    if (index === undefined) return [undefined];
    if (t.element(index) !== "i1" && t.element(index) !== "ui8") return [index];
    const places = nonZero(t, t.element(index) === "i1" ? index : t.ne(index, 0));
    return t.shape(index).map((_, axis) => t.at(places, 0, axis));
  });
}

/** With `fromEnd`, negative ones count from the end of their axis. */
function indicesOf(n: Call, x: Value, fromEnd = true): Indices {
  const { t } = n;
  const open = openMasks(n, n.optionals("indices"));
  const axes = open.flatMap((index, axis) => (index === undefined ? [] : [axis]));
  const shape = t.shape(x);
  const wide = axes.map((axis) => {
    const index = t.convert(open[axis]!, "i64");
    return fromEnd ? t.fromStart(index, shape[axis]!) : index;
  });
  const values = t.broadcastTogether(...wide);
  const isTogether = axes.every((axis, k) => k === 0 || axis === axes[k - 1]! + 1);
  const [first] = values;
  return { axes, values, shape: first ? t.shape(first) : [], at: isTogether ? (axes[0] ?? 0) : 0 };
}

/** Index vectors in a new last axis. */
function vectors(t: TensorBuilder, values: readonly Value[]): Value {
  const rank = t.rank(values[0]!);
  return t.concat(
    values.map((x) => t.unsqueeze(x, [rank])),
    rank,
  );
}

/** `x[i, :, j]`: the axes of the index tensors stand in the place of the first, or in front where they are apart. */
function index(n: Call): Value {
  const x = n.tensor("self");
  return chosen(n, x, indicesOf(n, x));
}

function chosen(n: Call, x: Value, { axes, values, shape, at }: Indices): Value {
  const { t } = n;
  if (axes.length === 0) return x;
  const sizes = t.shape(x);
  const offsets = sizes.length - axes.length;
  const numbers = {
    offsetDims: Array.from({ length: offsets }, (_, k) => (k < at ? k : k + shape.length)),
    collapsedSliceDims: axes,
    operandBatchingDims: [],
    startIndicesBatchingDims: [],
    startIndexMap: axes,
    indexVectorDim: shape.length,
  };
  return t.gather(
    x,
    vectors(t, values),
    numbers,
    sizes.map((d, axis) => (axes.includes(axis) ? 1 : d)),
  );
}

/** `x[indices] = values`, or `+=` with `accumulate`. */
function indexPut(n: Call): Value {
  const x = n.tensor("self");
  return replaced(n, x, indicesOf(n, x), cast(n.t, n.tensor("values"), n.t.element(x)), n.bool("accumulate"));
}

function replaced(n: Call, x: Value, indices: Indices, update: Value, accumulates: boolean): Value {
  const { t } = n;
  const { axes, values, shape, at } = indices;
  const rest = t.shape(x).filter((_, axis) => !axes.includes(axis));
  const whole = [...rest.slice(0, at), ...shape, ...rest.slice(at)];
  const spread = t.broadcast(update, whole);
  if (axes.length === 0) return accumulates ? t.add(x, spread) : spread;
  const window = whole.map((_, k) => k).filter((k) => k < at || k >= at + shape.length);
  return t.scatter(x, vectors(t, values), spread, accumulates ? joined(t, x) : "set", {
    window,
    inserted: axes,
    to: axes,
    vector: shape.length,
  });
}

/** Indices brought into their axes. */
function clampedIndices(n: Call, x: Value, fromEnd: boolean): Indices {
  const { t } = n;
  const indices = indicesOf(n, x, fromEnd);
  const shape = t.shape(x);
  const values = indices.values.map((value, k) => {
    const last = t.sub(t.scalar(shape[indices.axes[k]!]!), 1);
    return t.max(t.min(value, last), 0);
  });
  return { ...indices, values };
}

/** `x[indices]` where the mask holds, else `fill`. */
function maskedIndex(n: Call): Value {
  const { t } = n;
  const x = n.tensor("self");
  const fill = t.reshape(n.operand("fill", t.element(x)), []);
  if (t.shape(x).includes(0)) {
    const shape = n.declared().shape.map((d) => d ?? n.unsupported("an empty tensor of sizes that only the run knows"));
    return t.broadcast(fill, shape, []);
  }
  const found = chosen(n, x, clampedIndices(n, x, false));
  return t.select(n.tensor("mask"), found, t.broadcast(fill, t.shape(found), []));
}

/** `x[indices] += values` where the mask holds. */
function maskedIndexPut(n: Call): Value {
  const { t } = n;
  const x = n.tensor("self");
  if (t.shape(x).includes(0)) return x;
  const values = cast(t, n.tensor("values"), t.element(x));
  return replaced(n, x, clampedIndices(n, x, true), t.select(n.tensor("mask"), values, t.fillLike(0, values)), true);
}

/** Truth values are joined by "or". */
const joined = (t: TensorBuilder, x: Value): Joining => (t.element(x) === "i1" ? "or" : "add");

/** Entries of `dim` by a vector of places. */
function indexSelect(n: Call): Value {
  const { t } = n;
  const x = n.tensor("self");
  const places = n.tensor("index");
  if (t.rank(x) === 0) return t.reshape(x, []);
  const vector = t.reshape(places, [t.context.dims.product(t.shape(places))]);
  const axis = n.axis("dim", t.rank(x));
  return t.take(x, t.fromStart(vector, t.shape(x)[axis]!), axis);
}

/** `source` joined into the entries of `dim` that `index` names. */
const indexJoin =
  (how: (n: Call, x: Value) => Joining | "set", source: string): Row =>
  (n) => {
    const { t } = n;
    const x = n.tensor("self");
    const isScalar = t.rank(x) === 0;
    const operand = isScalar ? t.reshape(x, [1]) : x;
    const axis = n.axis("dim", t.rank(operand));
    const index = t.fromStart(t.flatten(n.tensor("index")), t.shape(operand)[axis]!);
    const shape = t.shape(operand).with(axis, t.shape(index)[0]!);
    let given = n.operand(source, t.element(x));
    if (n.takes("alpha") && !isOne(n)) given = t.mul(given, n.operand("alpha", t.element(x)));
    const updates = t.rank(given) === 0 ? t.broadcast(given, shape, []) : t.reshape(given, shape);
    const window = shape.map((_, k) => k).filter((k) => k !== axis);
    const result = t.scatter(operand, t.unsqueeze(index, [1]), updates, how(n, x), {
      window,
      inserted: [axis],
      to: [axis],
      vector: 1,
    });
    return isScalar ? t.reshape(result, []) : result;
  };

const isOne = (n: Call): boolean => {
  const alpha = n.argument("alpha");
  return alpha.kind === "int" && alpha.value === 1n;
};

/** Tensors of rank 0 are vectors of one element here. */
function gather(n: Call): Value {
  const { t } = n;
  const [x, index] = [n.tensor("self"), n.tensor("index")];
  const shape = t.shape(index);
  if (shape.includes(0)) return t.fill(numericsOf(t.element(x)).zero, shape, t.element(x));
  const wide = t.rank(x) === 0 ? t.reshape(x, [1]) : x;
  const places = t.rank(index) === 0 ? t.reshape(index, [1]) : index;
  const axis = n.axis("dim", t.rank(wide));
  return t.reshape(t.takeAlong(wide, t.fromStart(places, t.shape(wide)[axis]!), axis), shape);
}

/** Values put, or joined in, at places along `dim`. */
const scattered =
  (how: (n: Call, x: Value) => Joining | "set"): Row =>
  (n) => {
    const { t } = n;
    const x = n.tensor("self");
    const element = t.element(x);
    const source = n.takes("src") ? "src" : "value";
    const [wide, index] = [x, n.tensor("index")].map((y) => (t.rank(y) === 0 ? t.reshape(y, [1]) : y)) as [
      Value,
      Value,
    ];
    const axis = n.axis("dim", t.rank(wide));
    const shape = t.shape(index);
    if (shape.includes(0)) return x;
    const given = n.operand(source, element);
    const updates = t.rank(given) === 0 ? t.broadcast(given, shape, []) : cut(t, given, shape);
    const places = t.placesAlong(t.fromStart(t.convert(index, "i64"), t.shape(wide)[axis]!), axis);
    return t.reshape(t.scatterPlaces(wide, places, updates, how(n, x)), t.shape(x));
  };

/** The corner of these sizes. */
function cut(t: TensorBuilder, x: Value, shape: readonly Dim[]): Value {
  return t.slice(
    x,
    shape.map(() => 0),
    shape,
  );
}

const reductions: Readonly<Record<string, Joining>> = {
  add: "add",
  sum: "add",
  multiply: "mul",
  prod: "mul",
  amax: "max",
  amin: "min",
};

/** The joining that `reduce` names. */
function reduction(n: Call): Joining | "set" {
  if (!n.has("reduce")) return "set";
  const name = n.string("reduce");
  return (
    reductions[name] ?? n.unsupported(`its reduction '${name}'`, `use one of ${Object.keys(reductions).join(", ")}`)
  );
}

/** `scatter_reduce`: values joined at places along `dim`, what was there before among them or not. */
function scatterReduce(n: Call): Value {
  const { t } = n;
  const x = n.tensor("self");
  const element = t.element(x);
  const [wide, index, source] = ["self", "index", "src"].map((name) => {
    const y = n.tensor(name);
    return t.rank(y) === 0 ? t.reshape(y, [1]) : y;
  }) as [Value, Value, Value];
  const name = n.string("reduce");
  const how = name === "mean" ? "add" : reductions[name];
  if (how === undefined) return n.unsupported(`its reduction '${name}'`, "use one of sum, prod, mean, amax, amin");
  const shape = t.shape(index);
  if (shape.includes(0)) return x;
  const axis = n.axis("dim", t.rank(wide));
  const places = t.placesAlong(t.fromStart(t.convert(index, "i64"), t.shape(wide)[axis]!), axis);
  const updates = cut(t, source, shape);
  const ones = t.fill(1n, shape, "i64");
  const hits = t.scatterPlaces(t.fill(0n, t.shape(wide), "i64"), places, ones, "add");
  const includesSelf = n.bool("include_self");
  const neutral = t.fill(identityOf(how, element), t.shape(wide), element);
  const start = includesSelf ? wide : t.select(t.gt(hits, 0), neutral, wide);
  const joined = t.scatterPlaces(start, places, updates, how);
  if (name !== "mean") return t.reshape(joined, t.shape(x));
  const count = t.max(includesSelf ? t.add(hits, 1) : hits, 1);
  const isFloat = elementFacts[element].kind === "float";
  const quotient = isFloat
    ? t.div(joined, t.convert(count, element))
    : floorDivide(t, joined, t.convert(count, element));
  return t.reshape(quotient, t.shape(x));
}

/** `index_reduce`: entries of `source` joined into those of `dim` that `index` names, what was there before among them or not. */
function indexReduce(n: Call): Value {
  const { t } = n;
  const self = n.tensor("self");
  const element = t.element(self);
  const x = t.rank(self) === 0 ? t.reshape(self, [1]) : self;
  const axis = n.axis("dim", t.rank(x));
  const name = n.string("reduce");
  const how = name === "mean" ? "add" : reductions[name];
  if (how === undefined) return n.unsupported(`its reduction '${name}'`, "use one of prod, mean, amax, amin");
  const index = t.fromStart(t.flatten(t.convert(n.tensor("index"), "i64")), t.shape(x)[axis]!);
  const shape = t.shape(x).with(axis, t.shape(index)[0]!);
  const window = shape.map((_, k) => k).filter((k) => k !== axis);
  const axes = { window, inserted: [axis], to: [axis], vector: 1 };
  const places = t.unsqueeze(index, [1]);
  const hits = t.scatter(t.fill(0n, t.shape(x), "i64"), places, t.fill(1n, shape, "i64"), "add", axes);
  const includesSelf = n.bool("include_self");
  const neutral = t.fill(identityOf(how, element), t.shape(x), element);
  const start = includesSelf ? x : t.select(t.gt(hits, 0), neutral, x);
  const joined = t.scatter(start, places, t.reshape(n.tensor("source"), shape), how, axes);
  if (name !== "mean") return t.reshape(joined, t.shape(self));
  const count = t.convert(t.max(includesSelf ? t.add(hits, 1) : hits, 1), element);
  const isFloat = elementFacts[element].kind === "float";
  return t.reshape(isFloat ? t.div(joined, count) : floorDivide(t, joined, count), t.shape(self));
}

/** Elements of the flattened tensor. */
function take(n: Call, name = "index"): Value {
  const { t } = n;
  const flat = t.flatten(n.tensor("self"));
  if (t.shape(n.tensor(name)).includes(0)) return t.broadcast(t.number(0, n.out), t.shape(n.tensor(name)), []);
  return t.take(flat, t.fromStart(n.tensor(name), t.shape(flat)[0]!), 0);
}

/** Elements of the flattened tensor replaced, or joined in. */
function put(n: Call): Value {
  const { t } = n;
  const x = n.tensor("self");
  const flat = t.flatten(x);
  const index = t.fromStart(t.flatten(n.tensor("index")), t.shape(flat)[0]!);
  const updates = t.flatten(n.tensor("source"));
  const how = n.bool("accumulate") ? joined(t, x) : "set";
  const places = t.unsqueeze(index, [1]);
  return t.reshape(t.scatterPlaces(flat, places, updates, how), t.shape(x));
}

export const indexings: Rows = {
  "aten.index": index,
  "aten._unsafe_index": index,
  "aten.index_put": indexPut,
  "aten._unsafe_index_put": indexPut,
  "aten._unsafe_masked_index": maskedIndex,
  "aten._unsafe_masked_index_put_accumulate": maskedIndexPut,
  "aten.index_select": indexSelect,
  "aten.index_add": indexJoin((n, x) => joined(n.t, x), "source"),
  "aten.index_copy": indexJoin(() => "set", "source"),
  "aten.index_reduce": indexReduce,
  "aten.index_fill": indexJoin(() => "set", "value"),
  "aten.gather": gather,
  "aten.take_along_dim": (n) => (n.has("dim") ? alongDim(n) : n.t.flatten(take(n, "indices"))),
  "aten.scatter": scattered(reduction),
  "aten.scatter_reduce": scatterReduce,
  "aten.scatter_add": scattered((n, x) => joined(n.t, x)),
  "aten.take": (n) => take(n),
  "aten.put": put,
};

/** `take_along_dim`: sizes off the axis broadcast. */
function alongDim(n: Call): Value {
  const { t } = n;
  const axis = n.axis("dim", n.rank("self"));
  const [x, index] = [n.tensor("self"), n.tensor("indices")];
  const rest = t.broadcastShapes(t.shape(x).with(axis, 1), t.shape(index).with(axis, 1));
  const wide = t.broadcast(x, rest.with(axis, t.shape(x)[axis]!));
  const places = t.broadcast(index, rest.with(axis, t.shape(index)[axis]!));
  return t.takeAlong(wide, t.fromStart(places, t.shape(x)[axis]!), axis);
}
