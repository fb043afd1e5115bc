/**
 * @file Factors of matrices, [batch, rows, columns]: L and U with the rows exchanged for the largest pivots, and Q and R by
 * reflections. Each is a loop over columns that works on the whole batch at once.
 */

import { imag, real } from "../dialects/stablehlo/convert.js";
import { triangularSolve } from "../dialects/stablehlo/linear-algebra.js";
import type { Dim } from "../dim.js";
import { elementFacts } from "../element.js";
import type { Value } from "../graph.js";
import { buildLoop } from "../loop-builder.js";
import type { TensorBuilder } from "../tensor-builder.js";

export interface LuFactors {
  /** U on and above the diagonal, L below it, whose diagonal is 1: [batch, rows, columns]. */
  readonly lu: Value;
  /** The row that each one was exchanged with, in order: i64 [batch, min(rows, columns)]. */
  readonly exchanged: Value;
  /** The row of the operand that became each row: i64 [batch, rows]. */
  readonly order: Value;
}

/** What a pivot is chosen by. */
function sizeOf(t: TensorBuilder, x: Value): Value {
  if (elementFacts[t.element(x)].kind !== "complex") return t.abs(x);
  return t.add(t.abs(t.emit(real, { operand: x }, {})), t.abs(t.emit(imag, { operand: x }, {})));
}

/** Factors P A = L U. Columns of zeros leave zeros on U's diagonal. */
export function luFactors(t: TensorBuilder, matrices: Value): LuFactors {
  const [batch, rows, columns] = t.shape(matrices) as readonly [Dim, Dim, Dim];
  const size = t.context.dims.min(rows, columns);
  if ([batch, size].includes(0)) {
    const exchanged = t.broadcast(t.number(0, "i64"), [batch, size], []);
    return { lu: matrices, exchanged, order: t.iota([batch, rows], 1, "i64") };
  }
  const { state, stacked } = buildLoop(t, {
    init: [matrices, t.iota([batch, rows], 1, "i64")],
    trips: size,
    body: (b, k, [x, order]) => {
      const row = b.iota([batch, rows], 1, "i64");
      const column = b.take(x!, k, 2);
      const place = b.argReduce(b.select(b.ge(row, k), sizeOf(b, column), -1), 1, "max");
      const [isPlace, isOwn] = [b.eq(row, b.unsqueeze(place, [1])), b.eq(row, k)];
      const own = b.take(x!, k, 1);
      const found = b.sum(b.select(b.unsqueeze(isPlace, [2]), x!, 0), [1]);
      const moved = b.select(b.unsqueeze(isPlace, [2]), b.unsqueeze(own, [1]), x!);
      const swapped = b.select(b.unsqueeze(isOwn, [2]), b.unsqueeze(found, [1]), moved);
      const pivot = b.unsqueeze(b.take(found, k, 1), [1]);
      const divisor = b.select(b.eq(pivot, 0), 1, pivot);
      const isBelow = b.gt(row, k);
      const factors = b.select(isBelow, b.div(b.take(swapped, k, 2), divisor), 0);
      const across = b.iota([batch, columns], 1, "i64");
      const rest = b.select(b.gt(across, k), found, 0);
      const reduced = b.sub(swapped, b.mul(b.unsqueeze(factors, [2]), b.unsqueeze(rest, [1])));
      const isFactor = b.and(b.unsqueeze(isBelow, [2]), b.unsqueeze(b.eq(across, k), [1]));
      const next = b.select(isFactor, b.unsqueeze(factors, [2]), reduced);
      return { state: [next, exchange(b, order!, k, place)], stacked: [place] };
    },
  });
  return { lu: state[0]!, order: state[1]!, exchanged: t.transpose(stacked[0]!, [1, 0]) };
}

/** Entries `k` and `place` of each row of `order` [batch, size] change places. */
function exchange(t: TensorBuilder, order: Value, k: Value, place: Value): Value {
  const at = t.iota(t.shape(order), 1, "i64");
  const [own, other] = [t.eq(at, k), t.eq(at, t.unsqueeze(place, [1]))];
  const found = t.sum(t.select(other, order, 0), [1]);
  const moved = t.select(other, t.unsqueeze(t.take(order, k, 1), [1]), order);
  return t.select(own, t.unsqueeze(found, [1]), moved);
}

/** The order of rows that exchanges give, of which there are at most `rows`. */
export function orderOf(t: TensorBuilder, exchanged: Value, rows: Dim): Value {
  const [batch, trips] = t.shape(exchanged) as readonly [Dim, Dim];
  if ([batch, trips].includes(0)) return t.iota([batch, rows], 1, "i64");
  const { state } = buildLoop(t, {
    init: [t.iota([batch, rows], 1, "i64"), exchanged],
    trips,
    body: (b, k, [order, places]) => ({
      state: [exchange(b, order!, k, b.take(places!, k, 1)), places!],
      stacked: [],
    }),
  });
  return state[0]!;
}

/** 1 for an even number of exchanges, -1 for an odd one, [batch] of i64. */
export function signOf(t: TensorBuilder, exchanged: Value): Value {
  const own = t.iota(t.shape(exchanged), 1, "i64");
  const odd = t.rem(t.sum(t.convert(t.ne(exchanged, own), "i64"), [1]), 2);
  return t.sub(1, t.mul(odd, 2));
}

export interface TriangularForm {
  readonly left: boolean;
  readonly lower: boolean;
  readonly unit: boolean;
  readonly adjoint?: boolean;
}

/** The solution of op(a) x = b, or x op(a) = b, a triangular [batch, n, n]; what is on a's other side is not read. */
export function solveTriangular(t: TensorBuilder, a: Value, b: Value, form: TriangularForm): Value {
  if (t.shape(b).includes(0)) return b;
  const attrs = {
    left_side: form.left,
    lower: form.lower,
    unit_diagonal: form.unit,
    transpose_a: form.adjoint ? ("ADJOINT" as const) : ("NO_TRANSPOSE" as const),
  };
  return t.emit(triangularSolve, { a: t.settle(a), b: t.settle(b) }, attrs);
}

/** The rows of `x` [batch, rows, columns] in the order [batch, rows]. */
export function rowsInOrder(t: TensorBuilder, x: Value, order: Value): Value {
  return t.shape(x).includes(0) ? x : t.takeAlong(x, t.broadcast(order, t.shape(x), [0, 1]), 1);
}

/** The inverse of an order of rows. */
export function inverseOrder(t: TensorBuilder, order: Value): Value {
  const [batch, size] = t.shape(order) as readonly [Dim, Dim];
  const isThere = t.eq(t.unsqueeze(order, [1]), t.iota([batch, size, size], 1, "i64"));
  return t.sum(t.select(isThere, t.iota([batch, size, size], 2, "i64"), 0), [2]);
}

/** x of A x = b, or of A^H x = b, for the factors of A. */
export function luSolve(t: TensorBuilder, lu: Value, order: Value, b: Value, adjoint = false): Value {
  const upper = { left: true, lower: false, unit: false, adjoint };
  const lower = { left: true, lower: true, unit: true, adjoint };
  if (!adjoint) return solveTriangular(t, lu, solveTriangular(t, lu, rowsInOrder(t, b, order), lower), upper);
  const inner = solveTriangular(t, lu, solveTriangular(t, lu, b, upper), lower);
  return rowsInOrder(t, inner, inverseOrder(t, order));
}

export interface QrFactors {
  /** [batch, rows, rows] */
  readonly q: Value;
  /** [batch, rows, columns], zeros below the diagonal. */
  readonly r: Value;
}

/** Reflections that clear the columns of real matrices below the diagonal, one after the other. */
export function qrFactors(t: TensorBuilder, matrices: Value): QrFactors {
  const [batch, rows, columns] = t.shape(matrices) as readonly [Dim, Dim, Dim];
  const element = t.element(matrices);
  const square = [batch, rows, rows];
  const unit = t.convert(t.eq(t.iota(square, 1, "i64"), t.iota(square, 2, "i64")), element);
  const size = t.context.dims.min(rows, columns);
  if ([batch, size].includes(0)) return { q: unit, r: matrices };
  const { state } = buildLoop(t, {
    init: [matrices, unit],
    trips: size,
    body: (b, k, [x, q]) => {
      const row = b.iota([batch, rows], 1, "i64");
      const column = b.take(x!, k, 2);
      const head = b.unsqueeze(b.take(column, k, 1), [1]);
      const below = b.select(b.gt(row, k), column, 0);
      const { norm, isClear } = lengthOf(b, head, below);
      const target = b.select(b.lt(head, 0), norm, b.neg(norm));
      // The vector of the reflection is 1 at the diagonal; where nothing is to be cleared there is none.
      const scale = b.select(isClear, 1, b.sub(head, target));
      const vector = b.select(b.eq(row, k), 1, b.div(below, scale));
      const tau = b.select(isClear, 0, b.div(b.sub(target, head), b.select(isClear, 1, target)));
      const onRows = b.sum(b.mul(x!, b.unsqueeze(vector, [2])), [1]);
      const reflected = b.sub(x!, b.mul(b.unsqueeze(b.mul(vector, tau), [2]), b.unsqueeze(onRows, [1])));
      const isCleared = b.and(
        b.unsqueeze(b.gt(row, k), [2]),
        b.unsqueeze(b.eq(b.iota([batch, columns], 1, "i64"), k), [1]),
      );
      const onColumns = b.sum(b.mul(q!, b.unsqueeze(vector, [1])), [2]);
      const turned = b.sub(q!, b.mul(b.unsqueeze(onColumns, [2]), b.unsqueeze(b.mul(vector, tau), [1])));
      return { state: [b.select(isCleared, 0, reflected), turned], stacked: [] };
    },
  });
  return { r: state[0]!, q: state[1]! };
}

/** The length of `head` [batch, 1] and `below` [batch, rows] together, and whether there is nothing below. */
function lengthOf(t: TensorBuilder, head: Value, below: Value): { readonly norm: Value; readonly isClear: Value } {
  const largest = t.max(t.reduce(t.abs(below), [1], "max", true), t.abs(head));
  const isClear = t.not(t.any(t.ne(below, 0), [1], true));
  const by = t.select(t.eq(largest, 0), 1, largest);
  const square = (x: Value): Value => t.mul(t.div(x, by), t.div(x, by));
  return { norm: t.mul(by, t.sqrt(t.add(t.sum(square(below), [1], true), square(head)))), isClear };
}
