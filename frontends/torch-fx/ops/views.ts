/**
 * @file Operators whose results show the memory of their argument: other sizes, other order, a part. Each is a pair: how the
 * view is read from what it shows, and what becomes of that when the view is written.
 */

import type { Dim } from "../../../ir/dim.js";
import { elementFacts } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { Call, Row, Rows, ViewRows } from "../call.js";
import type { View } from "../tensors.js";
import { conjugated } from "./complex.js";
import { same } from "./conversion.js";

/** The same elements in the same order under other sizes. */
export const reshaped = (dims: readonly Dim[]): View => ({
  read: (t, base) => t.reshape(base, dims),
  write: (t, base, update) => t.reshape(update, t.shape(base)),
});

/** Axis `i` of the view is axis `permutation[i]`. */
const permuted = (permutation: readonly number[]): View => ({
  read: (t, base) => t.transpose(base, permutation),
  write: (t, _, update) =>
    t.transpose(
      update,
      permutation.map((_, axis) => permutation.indexOf(axis)),
    ),
});

/** Every `step`-th entry of `axis` from `start` to before `end`. */
export const sliced = (axis: number, start: Dim, end: Dim, step = 1): View => ({
  read: (t, base) => t.sliceAxis(base, axis, start, end, step),
  write: (t, base, update) => replaceSlice(t, base, update, axis, start, step),
});

function replaceSlice(t: TensorBuilder, base: Value, update: Value, axis: number, start: Dim, step: number): Value {
  if (step === 1) {
    const zero = t.number(0, "i64");
    const starts = t.shape(base).map((_, k) => (k === axis ? t.scalar(start) : zero));
    return t.replaceBlock(base, update, starts);
  }
  const places = t.iota([t.shape(update)[axis]!], 0, "i64");
  const indices = t.add(t.mul(places, step), t.broadcast(t.scalar(start), t.shape(places), []));
  const front = t.moveAxis(base, axis, 0);
  const set = t.scatter(front, t.unsqueeze(indices, [1]), t.moveAxis(update, axis, 0), "set", {
    window: t
      .shape(front)
      .map((_, k) => k)
      .slice(1),
    inserted: [0],
    to: [0],
    vector: 1,
  });
  return t.moveAxis(set, 0, axis);
}

/** A view of a view. */
export const chained = (first: View, second: View): View => ({
  read: (t, base) => second.read(t, first.read(t, base)),
  write: (t, base, update) => first.write(t, base, second.write(t, first.read(t, base), update)),
});

/** Repeated elements: a place of the view is many places. */
const repeated = (n: Call, dims: readonly Dim[]): View => ({
  read: (t, base) => t.broadcast(base, dims),
  write: () => n.unsupported("it is written in place, and its elements share memory", "write to a clone()"),
});

/** Sizes that an argument lists, the one of -1 being what is left. */
export function inferred(n: Call, listed: readonly Dim[], whole: readonly Dim[]): readonly Dim[] {
  const { dims } = n.t.context;
  const open = listed.indexOf(-1);
  if (open < 0) return listed;
  const rest = dims.product(listed.toSpliced(open, 1));
  const all = dims.product(whole);
  if (rest === 0) return listed.with(open, declaredSize(n, open) ?? 0);
  return listed.with(open, dims.floorDiv(all, rest));
}

function declaredSize(n: Call, axis: number): Dim | undefined {
  return n.declared().shape[axis];
}

/** `size` with -1 keeping the operand's own. */
function expandedSizes(n: Call, listed: readonly Dim[], shape: readonly Dim[]): readonly Dim[] {
  const lead = listed.length - shape.length;
  return listed.map((d, k) => (d === -1 ? (shape[k - lead] ?? n.invalid("a new dimension has no size")) : d));
}

/** An index along an axis of `size` entries: negative ones count from the end, and all are brought into the axis. */
export function placeIn(t: TensorBuilder, index: Dim | undefined, size: Dim, fallback: Dim): Dim {
  if (index === undefined) return fallback;
  const { dims } = t.context;
  if (index === Number.MAX_SAFE_INTEGER) return size;
  const isNegative = typeof index === "number" ? index < 0 : dims.bounds(index).max < 0;
  const counted = isNegative ? dims.add(size, index) : index;
  return dims.max(0, dims.min(counted, size));
}

function slice(n: Call): View {
  const { t } = n;
  const shape = n.shape("self");
  const axis = n.axis("dim", shape.length);
  const size = shape[axis]!;
  const start = placeIn(t, n.optionalDim("start"), size, 0);
  const end = placeIn(t, n.optionalDim("end"), size, size);
  return sliced(axis, start, t.context.dims.max(start, end), n.int("step"));
}

function select(n: Call): View {
  const { t } = n;
  const shape = n.shape("self");
  const axis = n.axis("dim", shape.length);
  const index = n.dim("index");
  const { dims } = t.context;
  const isNegative = typeof index === "number" ? index < 0 : dims.bounds(index).max < 0;
  const place = isNegative ? dims.add(shape[axis]!, index) : index;
  return chained(sliced(axis, place, dims.add(place, 1)), reshaped(shape.toSpliced(axis, 1)));
}

function transposed(n: Call, a: number, b: number): View {
  const rank = n.rank("self");
  const axes = Array.from({ length: rank }, (_, k) => k);
  if (rank === 0) return same;
  return permuted(axes.with(a, b).with(b, a));
}

/** The last two axes changed about, complex numbers conjugated. */
function adjoint(n: Call): View {
  const rank = n.rank("self");
  const plain = transposed(n, rank - 2, rank - 1);
  return elementFacts[n.element("self")].kind === "complex" ? chained(plain, conjugated) : plain;
}

/** Axes at `source` go to `destination`, the others keep their order. */
function moved(n: Call, source: readonly number[], destination: readonly number[]): View {
  const rank = n.rank("self");
  const order = new Array<number>(rank).fill(-1);
  source.forEach((axis, k) => {
    order[n.normalAxis(destination[k]!, rank)] = n.normalAxis(axis, rank);
  });
  const rest = Array.from({ length: rank }, (_, k) => k).filter((k) => !order.includes(k));
  return permuted(order.map((axis) => (axis < 0 ? rest.shift()! : axis)));
}

function squeeze(n: Call, axes: readonly number[]): View {
  const shape = n.shape("self");
  const gone = axes.filter((axis) => shape[axis] === 1);
  return reshaped(shape.filter((_, axis) => !gone.includes(axis)));
}

/** The sizes of a tensor of rank 1 at least. */
const lifted = (n: Call): readonly Dim[] => (n.rank("self") === 0 ? [1] : n.shape("self"));

function flatten(n: Call): View {
  const shape = n.shape("self");
  const [from, to] = [n.axis("start_dim", shape.length), n.axis("end_dim", shape.length)];
  if (shape.length === 0) return reshaped([1]);
  const { dims } = n.t.context;
  return reshaped([...shape.slice(0, from), dims.product(shape.slice(from, to + 1)), ...shape.slice(to + 1)]);
}

function diagonal(n: Call): View {
  const shape = n.takes("A") ? n.shape("A") : n.shape("self");
  const rank = shape.length;
  return diagonalOf(n, shape, n.axis("dim1", rank), n.axis("dim2", rank), n.int("offset"));
}

/** The diagonal of axes `a` and `b`, `offset` places above the main one, as a new last axis. */
export function diagonalOf(n: Call, shape: readonly Dim[], a: number, b: number, offset: number): View {
  const rank = shape.length;
  const [rows, columns] = [shape[a]!, shape[b]!];
  if (typeof rows !== "number" || typeof columns !== "number")
    return n.unsupported("a diagonal of sizes that only the run knows", "export the model with those sizes fixed");
  const [down, right] = [Math.max(0, -offset), Math.max(0, offset)];
  const count = Math.max(0, Math.min(rows - down, columns - right));
  const rest = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => axis !== a && axis !== b);
  // The two axes in front, each pair of places an index vector.
  const toFront = permuted([a, b, ...rest]);
  if (count === 0) {
    const sizes = [...rest.map((axis) => shape[axis]!), 0];
    return { read: (t, base) => t.broadcast(t.number(0, t.element(base)), sizes, []), write: (_, base) => base };
  }
  const places = (t: TensorBuilder): Value => {
    const along = t.iota([count], 0, "i64");
    return t.concat(
      [t.add(along, down), t.add(along, right)].map((x) => t.unsqueeze(x, [1])),
      1,
    );
  };
  const window = rest.map((_, k) => k + 1);
  const numbers = {
    offsetDims: window,
    collapsedSliceDims: [0, 1],
    operandBatchingDims: [],
    startIndicesBatchingDims: [],
    startIndexMap: [0, 1],
    indexVectorDim: 1,
  };
  const picked: View = {
    read: (t, base) => t.gather(base, places(t), numbers, [1, 1, ...t.shape(base).slice(2)]),
    write: (t, base, update) =>
      t.scatter(base, places(t), update, "set", { window, inserted: [0, 1], to: [0, 1], vector: 1 }),
  };
  return chained(chained(toFront, picked), permuted([...window, 0]));
}

/** What `base` becomes when the view is written with argument `src`. */
const scattered =
  (view: (n: Call) => View): Row =>
  (n) => {
    const base = n.operand("self", n.out);
    const shown = view(n);
    const wanted = n.t.shape(shown.read(n.t, base));
    return shown.write(n.t, base, n.t.broadcast(n.operand("src", n.out), wanted));
  };

/** Operators that write a view of a tensor and give the whole */
export const viewWrites: Rows = {
  "aten.slice_scatter": scattered(slice),
  "aten.select_scatter": scattered(select),
  "aten.diagonal_scatter": scattered(diagonal),
};

function unflatten(n: Call): View {
  const shape = n.shape("self");
  const axis = n.axis("dim", shape.length);
  return reshaped(shape.toSpliced(axis, 1, ...inferred(n, n.dims("sizes"), [shape[axis]!])));
}

const view = (n: Call): View => reshaped(inferred(n, n.dims("size"), n.shape("self")));

export const viewRows: ViewRows = {
  "aten.view.default": view,
  "aten._unsafe_view": view,
  "aten._reshape_alias": view,
  "aten.reshape": (n) => reshaped(inferred(n, n.dims("shape"), n.shape("self"))),
  "aten.view_as": (n) => reshaped(n.shape("other")),
  "aten.reshape_as": (n) => reshaped(n.shape("other")),
  "aten.flatten": flatten,
  "aten.unflatten": unflatten,
  "aten.ravel": (n) => reshaped([n.t.context.dims.product(n.shape("self"))]),
  "aten.squeeze.default": (n) =>
    squeeze(
      n,
      n.shape("self").map((_, k) => k),
    ),
  "aten.squeeze.dim": (n) => squeeze(n, [n.axis("dim", n.rank("self"))]),
  "aten.squeeze.dims": (n) => squeeze(n, n.axes("dim", n.rank("self"), false)),
  "aten.unsqueeze": (n) => {
    const shape = n.shape("self");
    return reshaped(shape.toSpliced(n.axis("dim", shape.length + 1), 0, 1));
  },
  "aten.permute": (n) => {
    const rank = n.rank("self");
    return permuted(n.ints("dims").map((axis) => n.normalAxis(axis, rank)));
  },
  "aten.transpose.int": (n) => transposed(n, n.axis("dim0", n.rank("self")), n.axis("dim1", n.rank("self"))),
  "aten.swapaxes": (n) => transposed(n, n.axis("axis0", n.rank("self")), n.axis("axis1", n.rank("self"))),
  "aten.swapdims": (n) => transposed(n, n.axis("dim0", n.rank("self")), n.axis("dim1", n.rank("self"))),
  "aten.t": (n) => (n.rank("self") < 2 ? same : transposed(n, 0, 1)),
  "aten.numpy_T": (n) => {
    const rank = n.rank("self");
    return permuted(Array.from({ length: rank }, (_, k) => rank - 1 - k));
  },
  "aten.mT": (n) => transposed(n, n.rank("self") - 2, n.rank("self") - 1),
  "aten.matrix_H": adjoint,
  "aten.mH": adjoint,
  "aten.adjoint": adjoint,
  "aten.movedim.int": (n) => moved(n, [n.int("source")], [n.int("destination")]),
  "aten.movedim.intlist": (n) => moved(n, n.ints("source"), n.ints("destination")),
  "aten.moveaxis.int": (n) => moved(n, [n.int("source")], [n.int("destination")]),
  "aten.moveaxis.intlist": (n) => moved(n, n.ints("source"), n.ints("destination")),
  "aten.atleast_1d.default": (n) => (n.rank("self") > 0 ? same : reshaped([1])),
  "aten.atleast_2d.default": (n) => reshaped(n.rank("self") > 1 ? n.shape("self") : [1, ...lifted(n)]),
  "aten.atleast_3d.default": (n) =>
    reshaped(
      n.rank("self") > 2 ? n.shape("self") : n.rank("self") === 2 ? [...n.shape("self"), 1] : [1, ...lifted(n), 1],
    ),
  "aten.expand": (n) => repeated(n, expandedSizes(n, n.dims("size"), n.shape("self"))),
  "aten.expand_as": (n) => repeated(n, n.shape("other")),
  "aten.broadcast_to": (n) => repeated(n, expandedSizes(n, n.dims("size"), n.shape("self"))),
  "aten.slice.Tensor": slice,
  "aten.narrow.default": (n) => {
    const shape = n.shape("self");
    const axis = n.axis("dim", shape.length);
    const start = placeIn(n.t, n.dim("start"), shape[axis]!, 0);
    return sliced(axis, start, n.t.context.dims.add(start, n.dim("length")));
  },
  "aten.select.int": select,
  "aten.diagonal.default": diagonal,
  "aten.linalg_diagonal": diagonal,
};
