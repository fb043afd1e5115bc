/** @file Reading and writing at computed indices: the Gather and Scatter families, and parts chosen by conditions. */

import { isNeverNegative } from "../../../ir/analysis/sign.js";
import type { Dim } from "../../../ir/dim.js";
import { nonZero, placesOfTrue } from "../../../ir/forms/non-zero.js";
import type { Value } from "../../../ir/graph.js";
import type { Joining } from "../../../ir/index-builder.js";
import type { ImportNode, OpRow } from "../context.js";

const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

function gather(n: ImportNode): Value {
  const { t } = n;
  const x = n.value(0);
  const axis = n.axis(0, n.rank(0));
  const size = n.shape(0)[axis]!;
  const [only, ...more] = n.rank(1) === 0 ? (n.contents(1) ?? []) : [];
  // One entry, known before the model runs: a slice.
  if (typeof only === "number" && more.length === 0) {
    return t.at(x, axis, only < 0 ? t.context.dims.add(size, only) : only);
  }
  return t.take(x, fromStart(n, 1, size), axis);
}

/** Input `i` as indices from the beginning; nothing to do where none can be negative. */
function fromStart(n: ImportNode, i: number, size: Dim): Value {
  return isNeverNegative(n.value(i), n.t.context) ? n.value(i) : n.t.fromStart(n.value(i), size);
}

function gatherElements(n: ImportNode): Value {
  const axis = n.axis(0, n.rank(0));
  return n.t.takeAlong(n.value(0), fromStart(n, 1, n.shape(0)[axis]!), axis);
}

/** Index vectors in the last axis as vectors from the beginning of axes `first` on. */
function vectorsFromStart(n: ImportNode, i: number, sizes: readonly Dim[]): Value {
  const { t } = n;
  if (isNeverNegative(n.value(i), t.context)) return n.value(i);
  const indices = t.convert(n.value(i), "i64");
  return t.select(t.lt(indices, 0), t.add(indices, t.vector(sizes)), indices);
}

function gatherNd(n: ImportNode): Value {
  const { t } = n;
  const shape = n.shape(0);
  const batch = n.int("batch_dims", 0);
  const rank = n.rank(1);
  const length = n.shape(1)[rank - 1];
  if (typeof length !== "number")
    return n.unsupported("the length of its index vectors is not known before the model runs");
  const indexed = count(length).map((i) => i + batch);
  const rest = shape.length - batch - length;
  const numbers = {
    offsetDims: count(rest).map((i) => i + rank - 1),
    collapsedSliceDims: indexed,
    operandBatchingDims: count(batch),
    startIndicesBatchingDims: count(batch),
    startIndexMap: indexed,
    indexVectorDim: rank - 1,
  };
  const indices = vectorsFromStart(
    n,
    1,
    indexed.map((axis) => shape[axis]!),
  );
  return t.gather(
    n.value(0),
    indices,
    numbers,
    shape.map((d, i) => (i < batch + length ? 1 : d)),
  );
}

function joining(n: ImportNode): Joining | "set" {
  const how = n.word("reduction", ["none", "add", "mul", "max", "min"]);
  return how === "none" ? "set" : how;
}

function scatterElements(n: ImportNode): Value {
  const { t } = n;
  const axis = n.axis(0, n.rank(0));
  const indices = fromStart(n, 1, n.shape(0)[axis]!);
  return t.scatterPlaces(n.value(0), t.placesAlong(indices, axis), n.value(2), joining(n));
}

function scatterNd(n: ImportNode): Value {
  const { t } = n;
  const shape = n.shape(0);
  const rank = n.rank(1);
  const length = n.shape(1)[rank - 1];
  if (typeof length !== "number")
    return n.unsupported("the length of its index vectors is not known before the model runs");
  const indexed = count(length);
  const indices = vectorsFromStart(
    n,
    1,
    indexed.map((axis) => shape[axis]!),
  );
  const window = count(shape.length - length).map((i) => i + rank - 1);
  return t.scatter(n.value(0), indices, n.value(2), joining(n), {
    window,
    inserted: indexed,
    to: indexed,
    vector: rank - 1,
  });
}

/** Entries of a cache replaced from a place on that each batch entry has; `circular` goes round at the end. */
function tensorScatter(n: ImportNode): Value {
  const { t } = n;
  const shape = n.shape(0);
  const axis = n.axis(-2, shape.length);
  const [batch, length] = [n.shape(1)[0]!, n.shape(1)[axis]!];
  const steps = t.iota([batch, length], 1, "i64");
  const first = n.optional(2);
  const places = first ? t.add(steps, t.unsqueeze(t.convert(first, "i64"), [1])) : steps;
  const inside = n.word("mode", ["linear", "circular"]) === "circular" ? t.rem(places, t.scalar(shape[axis]!)) : places;
  // Updates as [batch, steps, others], which is how their indices lie.
  const updates = t.moveAxis(n.value(1), axis, 1);
  return t.scatter(n.value(0), inside, updates, "set", {
    window: count(shape.length - 2).map((i) => i + 2),
    inserted: [axis],
    to: [axis],
    vector: 2,
    batch: [[0], [0]],
  });
}

function compress(n: ImportNode): Value {
  const { t } = n;
  const { dims } = t.context;
  const isFlat = !n.hasAttribute("axis");
  const x = isFlat ? t.flatten(n.value(0)) : n.value(0);
  const axis = isFlat ? 0 : n.axis(0, n.rank(0));
  const size = t.shape(x)[axis]!;
  const wanted = n.value(1);
  const length = n.shape(1)[0]!;
  // What the condition does not reach is left out.
  const reached = dims.provablyGreater(length, size) ? t.sliceAxis(wanted, 0, 0, size) : wanted;
  return t.take(x, placesOfTrue(t, reached), axis);
}

export const indexing: readonly OpRow[] = [
  { name: "Gather", since: 1, build: gather },
  { name: "GatherElements", since: 11, build: gatherElements },
  { name: "GatherND", since: 11, build: gatherNd },
  { name: "Scatter", since: 9, until: 10, build: scatterElements },
  { name: "ScatterElements", since: 11, build: scatterElements },
  { name: "ScatterND", since: 11, build: scatterNd },
  { name: "TensorScatter", since: 24, build: tensorScatter },
  { name: "Compress", since: 9, build: compress },
  { name: "NonZero", since: 9, build: (n) => nonZero(n.t, n.value(0)) },
];
