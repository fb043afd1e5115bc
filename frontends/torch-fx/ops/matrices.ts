/** @file Matrices out of their parts and parts of matrices: diagonals, blocks, cross products. */

import type { Dim } from "../../../ir/dim.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { Call, Rows } from "../call.js";
import { cast } from "./conversion.js";
import { onDiagonal } from "./joining.js";
import { wideOf } from "./operands.js";
import { diagonalOf } from "./views.js";

/** A vector becomes a matrix with it on the diagonal; of a matrix, the diagonal. */
function diag(n: Call): Value {
  const { t } = n;
  const x = n.tensor("self");
  const offset = n.int("diagonal");
  if (t.rank(x) === 1) return onDiagonal(t, x, offset, 0, 1);
  return diagonalOf(n, t.shape(x), 0, 1, offset).read(t, x);
}

function trace(n: Call): Value {
  const { t } = n;
  const x = n.tensor("self");
  const entries = cast(t, diagonalOf(n, t.shape(x), 0, 1, 0).read(t, x), wideOf(n.out));
  return t.convert(t.sum(entries, [0]), n.out);
}

/** Numbers and vectors are matrices of one row here. */
function asMatrix(t: TensorBuilder, x: Value): Value {
  const rank = t.rank(x);
  return rank === 2 ? x : rank === 1 ? t.unsqueeze(x, [0]) : t.reshape(x, [1, 1]);
}

/** Matrices one after the other along the diagonal, zeros around them. */
function blockDiagonal(n: Call): Value {
  const { t } = n;
  const { dims } = t.context;
  const blocks = n.tensors("tensors").map((x) => asMatrix(t, cast(t, x, n.out)));
  const sum = (list: readonly Dim[]): Dim => list.reduce((a, b) => dims.add(a, b), 0);
  const widths = blocks.map((x) => t.shape(x)[1]!);
  const rows = blocks.map((x, k) =>
    t.pad(x, t.number(0, n.out), [0, sum(widths.slice(0, k))], [0, sum(widths.slice(k + 1))]),
  );
  return t.concat(rows, 0);
}

/** The product of vectors of three along `axis` that stands upright on both. */
function cross(n: Call, axis: number, a: Value, b: Value): Value {
  const { t } = n;
  const [x, y] = t.broadcastTogether(a, b) as [Value, Value];
  if (t.shape(x)[axis] !== 3) return n.invalid("vectors that have no three entries");
  const entry = (v: Value, k: number): Value => t.sliceAxis(v, axis, k % 3, (k % 3) + 1);
  const parts = [0, 1, 2].map((k) =>
    t.sub(t.mul(entry(x, k + 1), entry(y, k + 2)), t.mul(entry(x, k + 2), entry(y, k + 1))),
  );
  return t.concat(parts, axis);
}

function crossOfArguments(n: Call): Value {
  const { t } = n;
  const wide = wideOf(n.out);
  const [a, b] = [n.operand("self", wide), n.operand("other", wide)];
  const shape = t.broadcastShapes(t.shape(a), t.shape(b));
  // Without a dimension it is the first that has three entries.
  const axis = n.has("dim") ? n.axis("dim", shape.length) : shape.indexOf(3);
  return t.convert(cross(n, axis, a, b), n.out);
}

/** Axes summed up until the tensor has the sizes asked for. */
function sumToSize(n: Call): Value {
  const { t } = n;
  const x = n.tensor("self");
  const sizes = n.dims("size");
  const lead = t.rank(x) - sizes.length;
  const axes = t.shape(x).flatMap((d, axis) => (axis < lead || (sizes[axis - lead] === 1 && d !== 1) ? [axis] : []));
  const total = t.sum(cast(t, x, wideOf(n.out)), axes);
  return t.convert(t.reshape(total, sizes), n.out);
}

/** Each tensor cut into `num_chunks` rows, the last filled with zeros; the rows side by side. */
function chunkCat(n: Call): Value {
  const { t } = n;
  const { dims } = t.context;
  const [dim, chunks] = [n.int("dim"), n.int("num_chunks")];
  const parts = n.tensors("tensors").map((x) => {
    const axis = n.normalAxis(dim, t.rank(x));
    const shape = t.shape(x);
    const size = dims.mul(dims.ceilDiv(shape[axis]!, chunks), chunks);
    const zeros = shape.map((): Dim => 0);
    const filled = t.pad(x, t.number(0, t.element(x)), zeros, zeros.with(axis, dims.sub(size, shape[axis]!)));
    const row = dims.product([dims.floorDiv(size, chunks), ...shape.slice(axis + 1)]);
    return cast(t, t.reshape(filled, [...shape.slice(0, axis), chunks, row]), n.out);
  });
  return t.concat(parts, t.rank(parts[0] ?? n.invalid("there is nothing to join")) - 1);
}

export const matrices: Rows = {
  "aten.diag": diag,
  "aten.diagflat": (n) => onDiagonal(n.t, n.t.flatten(n.tensor("self")), n.int("offset"), 0, 1),
  "aten.trace": trace,
  "aten.block_diag": blockDiagonal,
  "aten.cross": crossOfArguments,
  "aten.linalg_cross": crossOfArguments,
  "aten.sum_to_size": sumToSize,
  "aten._chunk_cat": chunkCat,
};
