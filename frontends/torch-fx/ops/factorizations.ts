/** @file Factors of matrices: L and U with pivots, Cholesky factors, Q and R. */

import { cholesky } from "../../../ir/dialects/stablehlo/linear-algebra.js";
import type { Dim } from "../../../ir/dim.js";
import { elementFacts } from "../../../ir/element.js";
import { luFactors, orderOf, qrFactors } from "../../../ir/forms/linear-algebra.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { Call, Row, Rows } from "../call.js";
import { imaginary, realPart } from "./complex.js";
import { batched, check, diagonal, exchangesOf, identity, infoOf, matrixOf, parts, spread } from "./matrix-parts.js";
import { isComplexValue } from "./operands.js";

/** L and U with the exchanges of rows, and what went wrong where the operator tells. */
const luFactor =
  (checks: boolean): Row =>
  (n) => {
    const { t } = n;
    if (!n.bool("pivot")) return n.unsupported("factors without pivots", "leave pivot=True");
    const { x, outer } = matrixOf(n, n.takes("A") ? "A" : "self");
    const [lu, pivots] = parts(n, luFactors(t, batched(t, x)), outer);
    const info = infoOf(t, lu);
    if (!checks) return [lu, pivots, info];
    return [lu, pivots];
  };

/** The parts of [..., rows, columns] below and on or above the diagonal. */
function triangles(t: TensorBuilder, lu: Value): readonly [lower: Value, upper: Value] {
  const shape = t.shape(lu);
  const rank = shape.length;
  const { dims } = t.context;
  const size = dims.min(shape[rank - 2]!, shape[rank - 1]!);
  const zeros = shape.map(() => 0);
  const [left, top] = [
    t.slice(lu, zeros, [...shape.slice(0, -1), size]),
    t.slice(lu, zeros, [...shape.slice(0, -2), size, shape[rank - 1]!]),
  ];
  const gap = (x: Value): readonly [Value, Value] => [
    t.iota(t.shape(x), rank - 2, "i64"),
    t.iota(t.shape(x), rank - 1, "i64"),
  ];
  const [r, c] = gap(left);
  const lower = t.select(t.gt(r, c), left, identity(t, left));
  return [lower, t.select(t.le(...gap(top)), top, 0)];
}

/** P of A = P L U. */
function permutation(t: TensorBuilder, order: Value, like: Value): Value {
  const [batch, rows] = t.shape(order) as readonly [Dim, Dim];
  const isOne = t.eq(t.iota([batch, rows, rows], 1, "i64"), t.unsqueeze(order, [1]));
  return t.convert(isOne, t.element(like));
}

function lu(n: Call): readonly Value[] {
  const { t } = n;
  if (!n.bool("pivot")) return n.unsupported("factors without pivots", "leave pivot=True");
  const { x, outer } = matrixOf(n, "A");
  const factors = luFactors(t, batched(t, x));
  return [permutation(t, factors.order, x), ...triangles(t, factors.lu)].map((y) => spread(t, y, outer));
}

function luUnpack(n: Call): readonly Value[] {
  const { t } = n;
  const { x, outer } = matrixOf(n, "LU_data");
  const none = t.splat(elementFacts[t.element(x)].kind === "complex" ? { re: 0, im: 0 } : 0, [0], t.element(x));
  const order = (): Value => orderOf(t, exchangesOf(n, "LU_pivots"), t.shape(x).at(-2)!);
  const p = n.bool("unpack_pivots") ? spread(t, permutation(t, order(), x), outer) : none;
  return [p, ...(n.bool("unpack_data") ? triangles(t, x) : [none, none])];
}

/** The triangular factor; NaN where a matrix is not positive definite. */
function choleskyFactor(t: TensorBuilder, x: Value, isUpper: boolean): Value {
  const factor = t.emit(cholesky, { a: t.settle(x) }, { lower: !isUpper });
  const rank = t.rank(factor);
  const [rows, columns] = [t.iota(t.shape(factor), rank - 2, "i64"), t.iota(t.shape(factor), rank - 1, "i64")];
  return t.select(isUpper ? t.le(rows, columns) : t.ge(rows, columns), factor, 0);
}

const choleskyRow =
  (checks: boolean): Row =>
  (n) => {
    const { t } = n;
    const { x } = matrixOf(n, "self");
    const factor = choleskyFactor(t, x, n.bool("upper"));
    const entries = diagonal(t, factor);
    const axis = t.rank(entries) - 1;
    const parts = isComplexValue(t, entries) ? [realPart(t, entries), imaginary(t, entries)] : [entries];
    const isLost = parts.map((y) => t.any(t.ne(y, y), [axis])).reduce((a, b) => t.or(a, b));
    const info = t.convert(isLost, "i32");
    if (!checks) return [factor, info];
    check(t, info, "a matrix is not positive definite");
    return factor;
  };

/** Q and R; `reduced` cuts both to the smaller of rows and columns, `r` leaves Q out. */
function qr(n: Call, name: string, mode: string): readonly Value[] {
  const { t } = n;
  const { x, outer } = matrixOf(n, name);
  if (isComplexValue(t, x)) return n.unsupported("reflections of complex matrices");
  const { q, r } = qrFactors(t, batched(t, x));
  const [batch, rows, columns] = t.shape(r) as readonly [Dim, Dim, Dim];
  const size = mode === "complete" ? rows : t.context.dims.min(rows, columns);
  const cut = t.slice(r, [0, 0, 0], [batch, size, columns]);
  const upper = t.select(t.le(t.iota(t.shape(cut), 1, "i64"), t.iota(t.shape(cut), 2, "i64")), cut, 0);
  if (mode === "r") return [t.splat(0, [0], t.element(x)), spread(t, upper, outer)];
  return [spread(t, t.slice(q, [0, 0, 0], [batch, rows, size]), outer), spread(t, upper, outer)];
}

export const factorizations: Rows = {
  "aten.linalg_lu_factor": luFactor(true),
  "aten.linalg_lu_factor_ex": luFactor(false),
  "aten._lu_with_info": luFactor(false),
  "aten.linalg_lu": lu,
  "aten.lu_unpack": luUnpack,
  "aten.cholesky": choleskyRow(true),
  "aten.linalg_cholesky": choleskyRow(true),
  "aten.linalg_cholesky_ex": choleskyRow(false),
  "aten.linalg_qr": (n) => qr(n, "A", n.string("mode")),
  "aten.qr": (n) => qr(n, "self", n.bool("some") ? "reduced" : "complete"),
};
