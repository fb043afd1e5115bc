/** @file Det: determinants of batches of square matrices. */

import type { Dim } from "../../../ir/dim.js";
import type { Value } from "../../../ir/graph.js";
import { buildLoop } from "../../../ir/loop-builder.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { ImportNode, OpRow } from "../context.js";
import { checkFloats } from "./checks.js";

function determinant(n: ImportNode): Value {
  const { t } = n;
  const { dims } = t.context;
  checkFloats(n, 0);
  const shape = n.shape(0);
  const [rows, columns] = shape.slice(-2);
  if (rows === undefined || columns === undefined) return n.invalid("its input is no matrix");
  const size = t.unify(rows, columns);
  const outer = shape.slice(0, -2);
  return t.reshape(
    t.widened(t.reshape(n.value(0), [dims.product(outer), size, size]), (x) =>
      typeof size === "number" && size <= 2 ? smallDeterminant(t, x, size) : byElimination(t, x, size),
    ),
    outer,
  );
}

function smallDeterminant(t: TensorBuilder, x: Value, size: number): Value {
  const at = (i: number, j: number): Value => t.at(t.at(x, 1, i), 1, j);
  if (size === 0) return t.fill(1, [t.shape(x)[0]!], t.element(x));
  if (size === 1) return at(0, 0);
  return t.sub(t.mul(at(0, 0), at(1, 1)), t.mul(at(0, 1), at(1, 0)));
}

/** The product of the pivots: in each column the largest element on or below the diagonal, its row moved up. */
function byElimination(t: TensorBuilder, matrices: Value, size: Dim): Value {
  const [batch] = t.shape(matrices);
  const { state } = buildLoop(t, {
    init: [matrices, t.fill(1, [batch!], t.element(matrices))],
    trips: size,
    body: (b, k, [x, product]) => {
      const row = b.iota([batch!, size], 1, "i64");
      const isOpen = b.ge(row, k);
      const column = b.take(x!, k, 2);
      const place = b.argReduce(b.select(isOpen, b.abs(column), -1), 1, "max");
      const isPlace = b.eq(row, b.unsqueeze(place, [1]));
      const isOwn = b.eq(row, k);
      const own = b.take(x!, k, 1);
      const found = b.sum(b.select(b.unsqueeze(isPlace, [2]), x!, 0), [1]);
      const pivot = b.take(found, k, 1);
      // Row k is not needed again; what it held goes where the pivot's row was.
      const swapped = b.select(b.unsqueeze(isPlace, [2]), b.unsqueeze(own, [1]), x!);
      const left = b.select(isPlace, b.unsqueeze(b.take(own, k, 1), [1]), column);
      const isBelow = b.and(isOpen, b.not(isOwn));
      const divisor = b.select(b.eq(pivot, 0), 1, pivot);
      const factors = b.select(isBelow, b.div(left, b.unsqueeze(divisor, [1])), 0);
      const next = b.sub(swapped, b.mul(b.unsqueeze(factors, [2]), b.unsqueeze(found, [1])));
      const sign = b.select(b.eq(place, k), b.fillLike(1, product!), b.fillLike(-1, product!));
      return { state: [next, b.mul(product!, b.mul(pivot, sign))], stacked: [] };
    },
  });
  return state[1]!;
}

export const linearAlgebra: readonly OpRow[] = [{ name: "Det", since: 11, build: determinant }];
