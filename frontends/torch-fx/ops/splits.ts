/** @file Tensors cut into parts along an axis; the parts show the memory of the whole. */

import type { Dim } from "../../../ir/dim.js";
import type { Call, Row, Rows, ViewRows } from "../call.js";
import type { View } from "../tensors.js";
import { chained, placeIn, reshaped, sliced } from "./views.js";

/** Parts of these sizes, one after the other. */
function parts(n: Call, axis: number, sizes: readonly Dim[]): readonly View[] {
  const { dims } = n.t.context;
  let start: Dim = 0;
  return sizes.map((size) => {
    const from = start;
    start = dims.add(start, size);
    return sliced(axis, from, start);
  });
}

/** Parts of `size` each, the last of what is left: as many as the graph names. */
function split(n: Call, axis: number, size: Dim): readonly View[] {
  const { dims } = n.t.context;
  const whole = n.shape("self")[axis]!;
  const { count } = n;
  const before = dims.mul(size, count - 1);
  return parts(n, axis, [...new Array<Dim>(count - 1).fill(size), dims.sub(whole, before)]);
}

function chunk(n: Call): readonly View[] {
  const shape = n.shape("self");
  const axis = n.axis("dim", shape.length);
  return split(n, axis, n.t.context.dims.ceilDiv(shape[axis]!, n.int("chunks")));
}

function unbind(n: Call): readonly View[] {
  const shape = n.shape("self");
  const axis = n.axis("dim", shape.length);
  const rest = reshaped(shape.toSpliced(axis, 1));
  return Array.from({ length: n.count }, (_, k) => chained(sliced(axis, k, k + 1), rest));
}

/** Sizes of so many parts that differ by one at most, the longer ones first. */
function sections(n: Call, axis: number, count: number): readonly View[] {
  const { dims } = n.t.context;
  const whole = n.shape("self")[axis]!;
  if (typeof whole !== "number") return split(n, axis, dims.floorDiv(whole, count));
  const [size, longer] = [Math.floor(whole / count), whole % count];
  return parts(
    n,
    axis,
    Array.from({ length: count }, (_, k) => (k < longer ? size + 1 : size)),
  );
}

/** Parts that end at these places, and what is behind. */
function cutAt(n: Call, axis: number, places: readonly Dim[]): readonly View[] {
  const { t } = n;
  const whole = n.shape("self")[axis]!;
  const ends = [...places.map((place) => placeIn(t, place, whole, whole)), whole];
  return ends.map((end, k) => {
    const start = k === 0 ? 0 : ends[k - 1]!;
    return sliced(axis, start, t.context.dims.max(start, end));
  });
}

/** Rows of `hsplit` and its like: into `sections` parts, or at `indices`. */
const splitAlong =
  (axisOf: (rank: number) => number): ((n: Call) => readonly View[]) =>
  (n) => {
    const axis = axisOf(n.rank("self"));
    return n.takes("sections") ? sections(n, axis, n.int("sections")) : cutAt(n, axis, n.dims("indices"));
  };

const ownAxis = (n: Call): number => n.axis("dim", n.rank("self"));

/** What views show, in memory of its own. */
const copies =
  (views: (n: Call) => readonly View[]): Row =>
  (n) =>
    views(n).map((shown) => shown.read(n.t, n.tensor("self")));

export const splitViews: ViewRows = {
  "aten.split.Tensor": (n) => split(n, n.axis("dim", n.rank("self")), n.dim("split_size")),
  "aten.split.sizes": (n) => parts(n, n.axis("dim", n.rank("self")), n.dims("split_size")),
  "aten.split_with_sizes.default": (n) => parts(n, n.axis("dim", n.rank("self")), n.dims("split_sizes")),
  "aten.chunk": chunk,
  "aten.unbind": unbind,
  "aten.hsplit": splitAlong((rank) => (rank === 1 ? 0 : 1)),
  "aten.vsplit": splitAlong(() => 0),
  "aten.dsplit": splitAlong(() => 2),
  "aten.tensor_split.sections": (n) => sections(n, ownAxis(n), n.int("sections")),
  "aten.tensor_split.indices": (n) => cutAt(n, ownAxis(n), n.dims("indices")),
};

/** Parts in memory of their own. */
export const splitCopies: Rows = {
  "aten.unsafe_chunk": copies(chunk),
  "aten.unsafe_split.Tensor": copies((n) => split(n, ownAxis(n), n.dim("split_size"))),
  "aten.unsafe_split_with_sizes": copies((n) => parts(n, ownAxis(n), n.dims("split_sizes"))),
};
