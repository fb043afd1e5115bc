/** @file Tensors put together and repeated, padded, turned over, and cut by their diagonals. */

import type { Dim } from "../../../ir/dim.js";
import { scan } from "../../../ir/forms/scan.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { Call, Row, Rows } from "../call.js";
import { cast } from "./conversion.js";

/** One after the other along `dim`; PyTorch passes over empty vectors among tensors of higher rank. */
function cat(n: Call): Value {
  const { t } = n;
  const all = n.tensors("tensors").map((x) => cast(t, x, n.out));
  const isEmptyVector = (x: Value): boolean => t.rank(x) === 1 && t.shape(x)[0] === 0;
  const kept = all.filter((x) => !isEmptyVector(x));
  const parts = kept.length > 0 ? kept : all.slice(0, 1);
  const [first] = parts;
  if (first === undefined) return n.invalid("there is nothing to join");
  const axis = n.axis("dim", t.rank(first));
  const shape = t.shape(first);
  for (const other of parts.slice(1)) t.shape(other).forEach((d, k) => k !== axis && t.unify(shape[k]!, d));
  return t.concat(parts, axis);
}

/** Along a new axis. */
function stack(n: Call): Value {
  const { t } = n;
  const parts = n.tensors("tensors").map((x) => cast(t, x, n.out));
  const axis = n.axis("dim", t.rank(parts[0] ?? n.invalid("there is nothing to stack")) + 1);
  return t.concat(
    parts.map((x) => t.unsqueeze(x, [axis])),
    axis,
  );
}

/** With `rank` dimensions at least, then joined along `axis`; vectors are treated as `prepare` says. */
const stacked =
  (prepare: (t: TensorBuilder, x: Value) => Value, axis: (rank: number) => number): Row =>
  (n) => {
    const { t } = n;
    const parts = n.tensors("tensors").map((x) => prepare(t, cast(t, x, n.out)));
    return t.concat(parts, axis(t.rank(parts[0] ?? n.invalid("there is nothing to stack"))));
  };

/** New axes of size 1 in front until there are `rank`. */
function atLeast(t: TensorBuilder, x: Value, rank: number): Value {
  const missing = Math.max(0, rank - t.rank(x));
  return t.unsqueeze(
    x,
    Array.from({ length: missing }, (_, k) => k),
  );
}

/** PyTorch's `atleast_3d`: a vector is a row, a matrix gets its new axis behind. */
function atLeast3(t: TensorBuilder, x: Value): Value {
  const rank = t.rank(x);
  if (rank === 0) return t.reshape(x, [1, 1, 1]);
  if (rank === 1) return t.unsqueeze(x, [0, 2]);
  return rank === 2 ? t.unsqueeze(x, [2]) : x;
}

/** The whole repeated so many times along each axis. */
function tiled(n: Call, counts: readonly Dim[]): Value {
  const { t } = n;
  const { dims } = t.context;
  const x = atLeast(t, n.tensor("self"), counts.length);
  const shape = t.shape(x);
  const all = [...new Array<Dim>(shape.length - counts.length).fill(1), ...counts];
  // Each axis becomes a pair: how often, and the axis itself.
  const pairs = shape.flatMap((d, k) => [all[k]!, d]);
  const spread = t.broadcast(
    x,
    pairs,
    shape.map((_, k) => 2 * k + 1),
  );
  return t.reshape(
    spread,
    shape.map((d, k) => dims.mul(d, all[k]!)),
  );
}

/** Every element so many times in a row along `dim`; without one, of the flattened tensor. */
function repeatInterleave(n: Call): Value {
  const { t } = n;
  const x = n.has("dim") ? n.tensor("self") : t.flatten(n.tensor("self"));
  const shape = t.shape(x);
  const axis = n.has("dim") ? n.axis("dim", shape.length) : 0;
  const times = n.dim("repeats");
  const spread = t.broadcast(
    x,
    shape.toSpliced(axis + 1, 0, times),
    shape.map((_, k) => (k > axis ? k + 1 : k)),
  );
  return t.reshape(spread, shape.with(axis, t.context.dims.mul(shape[axis]!, times)));
}

const t64 = (n: Call, name: string): Value => n.t.convert(n.t.flatten(n.tensor(name)), "i64");

/** Which entry each place comes from where entry i is there `counts[i]` times. */
function originOf(n: Call, counts: Value): Value {
  const { t } = n;
  const ends = scan(t, counts, 0, { join: t.add, none: t.number(0, "i64"), reduce: (y, axis) => t.sum(y, [axis]) });
  const total = n.has("output_size") ? n.dim("output_size") : t.symbolOf(t.sum(counts, [0]), { min: 0, max: Infinity });
  const places = t.iota([total], 0, "i64");
  const isBehind = t.le(t.unsqueeze(ends, [0]), t.unsqueeze(places, [1]));
  return t.convert(t.sum(t.convert(isBehind, "i64"), [1]), n.takes("self") ? "i64" : n.out);
}

/** Every entry along `dim` as often as its own number says. */
function repeatEach(n: Call): Value {
  const { t } = n;
  const x = n.has("dim") ? n.tensor("self") : t.flatten(n.tensor("self"));
  const axis = n.has("dim") ? n.axis("dim", t.rank(x)) : 0;
  const size = t.shape(x)[axis]!;
  return t.take(x, originOf(n, t.broadcast(t64(n, "repeats"), [size])), axis);
}

/** Turned round along one axis. */
function rolled(t: TensorBuilder, x: Value, axis: number, shift: Dim): Value {
  const { dims } = t.context;
  const size = t.shape(x)[axis]!;
  if (size === 0) return x;
  const start = dims.mod(dims.sub(0, shift), size);
  if (start === 0) return x;
  return t.concat([t.sliceAxis(x, axis, start, size), t.sliceAxis(x, axis, 0, start)], axis);
}

/** Turned round by `shifts` along `dims`; without these, as one long axis. */
function roll(n: Call): Value {
  const { t } = n;
  const shifts = n.dims("shifts");
  const axes = n.ints("dims");
  const x = n.tensor("self");
  if (axes.length === 0) return t.reshape(rolled(t, t.flatten(x), 0, shifts[0] ?? 0), t.shape(x));
  return axes.reduce((y, axis, k) => rolled(t, y, n.normalAxis(axis, t.rank(x)), shifts[k]!), x);
}

/** The first half of each axis behind the second; the inverse where an odd one has its middle in the other half. */
const halvesSwapped =
  (isInverse: boolean): Row =>
  (n) => {
    const { t } = n;
    const { dims } = t.context;
    const x = n.tensor("self");
    const by = (size: Dim): Dim => dims.floorDiv(isInverse ? dims.add(size, 1) : size, 2);
    return n.axes("dim", t.rank(x), false).reduce((y, axis) => rolled(t, y, axis, by(t.shape(x)[axis]!)), x);
  };

/** A quarter turn from the first of `dims` to the second, `k` times. */
function rot90(n: Call): Value {
  const { t } = n;
  const x = n.tensor("self");
  const [a = 0, b = 1] = n.ints("dims").map((axis) => n.normalAxis(axis, t.rank(x)));
  const turns = ((n.int("k") % 4) + 4) % 4;
  const order = t.shape(x).map((_, k) => (k === a ? b : k === b ? a : k));
  if (turns === 1) return t.reverse(t.transpose(x, order), [a]);
  if (turns === 2) return t.reverse(x, [a, b]);
  return turns === 3 ? t.transpose(t.reverse(x, [a]), order) : x;
}

/** Entries on one side of a diagonal, zeros on the other. */
const triangle =
  (isLower: boolean): Row =>
  (n) => {
    const { t } = n;
    const x = n.tensor("self");
    const rank = t.rank(x);
    const shape = t.shape(x).slice(-2);
    const rows = t.add(t.iota(shape, 0, "i64"), t.broadcast(t.scalar(n.dim("diagonal")), shape, []));
    const columns = t.iota(shape, 1, "i64");
    const kept = isLower ? t.le(columns, rows) : t.ge(columns, rows);
    return t.select(t.broadcast(kept, t.shape(x), [rank - 2, rank - 1]), x, t.fillLike(0, x));
  };

/** Margins as PyTorch lists them, the last axis first, by axis: low and high. */
function margins(n: Call, rank: number): readonly (readonly [Dim, Dim])[] {
  const listed = n.takes("pad") ? n.dims("pad") : n.dims("padding");
  return Array.from({ length: rank }, (_, axis) => {
    const at = 2 * (rank - 1 - axis);
    return [listed[at] ?? 0, listed[at + 1] ?? 0] as const;
  });
}

/** A number all around; negative margins cut off. */
function padConstant(n: Call): Value {
  const { t } = n;
  const x = n.tensor("self");
  const amounts = margins(n, t.rank(x));
  const value = n.has("value") ? t.reshape(n.operand("value", t.element(x)), []) : t.number(0, t.element(x));
  return t.pad(
    x,
    value,
    amounts.map(([low]) => low),
    amounts.map(([, high]) => high),
  );
}

/** How the place of a margin (a tensor of any whole numbers) becomes a place of the axis. */
type Fold = (t: TensorBuilder, places: Value, size: Value) => Value;

const folds: Readonly<Record<string, Fold>> = {
  replicate: (t, places, size) => t.min(t.max(places, 0), t.sub(size, 1)),
  // Mirrored at the edges, which are not repeated.
  reflect: (t, places, size) => {
    const high = t.sub(size, 1);
    return t.sub(high, t.abs(t.sub(high, t.abs(places))));
  },
  circular: (t, places, size) => t.rem(t.add(t.rem(places, size), size), size),
};

function padFolded(n: Call, mode: string): Value {
  const { t } = n;
  const fold = folds[mode];
  if (!fold) return n.unsupported(`padding of mode '${mode}'`, `use one of constant, ${Object.keys(folds).join(", ")}`);
  const x = n.tensor("self");
  return margins(n, t.rank(x)).reduce((y, [low, high], axis) => {
    if (low === 0 && high === 0) return y;
    if (mode !== "replicate" && [low, high].some((d) => typeof d === "number" && d < 0))
      return n.unsupported(`padding of mode '${mode}' by a negative amount`, "slice the tensor before it is padded");
    const size = t.shape(y)[axis]!;
    const { dims } = t.context;
    const whole = dims.add(dims.add(low, size), high);
    const places = t.sub(t.iota([whole], 0, "i64"), t.scalar(low));
    return t.take(y, fold(t, places, t.broadcast(t.scalar(size), [whole], [])), axis);
  }, x);
}

/** A vector on the diagonal of a new matrix. */
function diagEmbed(n: Call): Value {
  const { t } = n;
  const x = n.tensor("self");
  const rank = t.rank(x) + 1;
  const [offset, a, b] = [n.int("offset"), n.normalAxis(n.int("dim1"), rank), n.normalAxis(n.int("dim2"), rank)];
  return onDiagonal(t, x, offset, a, b);
}

/** The last axis of `x` on the diagonal of axes `a` and `b` of the result. */
export function onDiagonal(t: TensorBuilder, x: Value, offset: number, a: number, b: number): Value {
  const shape = t.shape(x);
  const last = shape.length - 1;
  const size = t.context.dims.add(shape[last]!, Math.abs(offset));
  // Element k stands in row k + down and in column k + right.
  const [down, right] = [Math.max(0, -offset), Math.max(0, offset)];
  const rows = t.pad(
    x,
    t.number(0, t.element(x)),
    shape.map((_, k) => (k === last ? down : 0)),
    shape.map((_, k) => (k === last ? right : 0)),
  );
  const square = [...shape.slice(0, last), size, size];
  const spread = t.broadcast(rows, square, [...shape.keys()]);
  const isOn = t.eq(t.add(t.iota([size, size], 0, "i64"), right - down), t.iota([size, size], 1, "i64"));
  const matrix = t.select(t.broadcast(isOn, square, [last, last + 1]), spread, t.fillLike(0, spread));
  const order = shape.map((_, k) => k).slice(0, last);
  const places = Array.from({ length: last + 2 }, (_, k) => (k === a ? last : k === b ? last + 1 : order.shift()!));
  return t.transpose(matrix, places);
}

/** Differences of neighbours along `dim`, `n` times. */
function diff(n: Call): Value {
  const { t } = n;
  const axis = n.axis("dim", n.rank("self"));
  // PyTorch then leaves out what is to be put around it, too.
  if (n.int("n") === 0) return n.tensor("self");
  const parts = [n.optional("prepend"), n.tensor("self"), n.optional("append")].filter((x) => x !== undefined);
  let x = t.concat(parts, axis);
  for (let k = n.int("n"); k > 0; k--) {
    const size = t.shape(x)[axis]!;
    // Of nothing there is nothing to subtract.
    if (size === 0) break;
    const before = t.sliceAxis(x, axis, 0, t.context.dims.sub(size, 1));
    const after = t.sliceAxis(x, axis, 1, size);
    x = t.element(x) === "i1" ? t.xor(after, before) : t.sub(after, before);
  }
  return x;
}

/** Grids of coordinates: one tensor for each vector, its own axis counting. */
function meshgrid(n: Call): readonly Value[] {
  const { t } = n;
  const vectors = n.tensors("tensors").map((x) => t.reshape(x, [t.context.dims.product(t.shape(x))]));
  const isXy = n.takes("indexing") && n.string("indexing") === "xy" && vectors.length >= 2;
  const order = vectors.map((_, k) => (isXy && k < 2 ? 1 - k : k));
  const shape = order.map((k) => t.shape(vectors[k]!)[0]!);
  return vectors.map((x, k) => t.broadcast(x, shape, [order[k]!]));
}

/** Every choice of an entry from each vector, one row each. */
function cartesian(n: Call): Value {
  const { t } = n;
  const vectors = n.tensors("tensors");
  const shape = vectors.map((x) => t.shape(x)[0]!);
  const whole = vectors.map((x, k) => t.flatten(t.broadcast(cast(t, x, n.out), shape, [k])));
  return whole.length === 1
    ? whole[0]!
    : t.concat(
        whole.map((x) => t.unsqueeze(x, [1])),
        1,
      );
}

/** Every choice of `r` entries in their order, one row each. */
function combinations(n: Call): Value {
  const { t } = n;
  const x = n.tensor("self");
  const [size] = t.shape(x);
  if (typeof size !== "number") return n.unsupported("combinations of as many entries as only the run knows");
  const again = n.bool("with_replacement") ? 0 : 1;
  const rows = Array.from({ length: n.int("r") }).reduce<readonly (readonly number[])[]>(
    (all) =>
      all.flatMap((row) => {
        const from = row.length === 0 ? 0 : row.at(-1)! + again;
        return Array.from({ length: Math.max(0, size - from) }, (_, k) => [...row, from + k]);
      }),
    [[]],
  );
  if (n.int("r") === 0) return t.broadcast(t.number(0, n.out), [0], []);
  const places = BigInt64Array.from(rows.flat().map(BigInt));
  const list = t.constant({ element: "i64", shape: [rows.length, n.int("r")], data: places });
  return rows.length === 0 ? t.broadcast(t.number(0, n.out), [0, n.int("r")], []) : t.take(x, list, 0);
}

const columns = (t: TensorBuilder, x: Value): Value =>
  t.rank(x) <= 1 ? t.reshape(x, [t.context.dims.product(t.shape(x)), 1]) : x;

export const joinings: Rows = {
  "aten.cat": cat,
  "aten.concat": cat,
  "aten.concatenate": cat,
  "aten.stack": stack,
  "aten.hstack": stacked(
    (t, x) => atLeast(t, x, 1),
    (rank) => (rank === 1 ? 0 : 1),
  ),
  "aten.vstack": stacked(
    (t, x) => atLeast(t, x, 2),
    () => 0,
  ),
  "aten.row_stack": stacked(
    (t, x) => atLeast(t, x, 2),
    () => 0,
  ),
  "aten.dstack": stacked(atLeast3, () => 2),
  "aten.column_stack": stacked(columns, () => 1),
  "aten.repeat": (n) => tiled(n, n.dims("repeats")),
  "aten.tile": (n) => tiled(n, n.dims("dims")),
  "aten.repeat_interleave.self_int": repeatInterleave,
  "aten.repeat_interleave.Tensor": (n) => originOf(n, t64(n, "repeats")),
  "aten.repeat_interleave.self_Tensor": repeatEach,
  "aten.roll": roll,
  "aten.fft_fftshift": halvesSwapped(false),
  "aten.fft_ifftshift": halvesSwapped(true),
  "aten.flip": (n) => n.t.reverse(n.tensor("self"), n.axes("dims", n.rank("self"), false)),
  "aten.fliplr": (n) => n.t.reverse(n.tensor("self"), [1]),
  "aten.flipud": (n) => n.t.reverse(n.tensor("self"), [0]),
  "aten.rot90": rot90,
  "aten.tril": triangle(true),
  "aten.triu": triangle(false),
  "aten.constant_pad_nd": padConstant,
  "aten.pad": (n) => (n.string("mode") === "constant" ? padConstant(n) : padFolded(n, n.string("mode"))),
  "aten.reflection_pad1d": (n) => padFolded(n, "reflect"),
  "aten.reflection_pad2d": (n) => padFolded(n, "reflect"),
  "aten.reflection_pad3d": (n) => padFolded(n, "reflect"),
  "aten.replication_pad1d": (n) => padFolded(n, "replicate"),
  "aten.replication_pad2d": (n) => padFolded(n, "replicate"),
  "aten.replication_pad3d": (n) => padFolded(n, "replicate"),
  "aten._pad_circular": (n) => padFolded(n, "circular"),
  "aten.diag_embed": diagEmbed,
  "aten.diff": diff,
  "aten.cartesian_prod": cartesian,
  "aten.combinations": combinations,
  "aten.meshgrid": meshgrid,
  "aten.broadcast_tensors": (n) => n.t.broadcastTogether(...n.tensors("tensors")),
};
