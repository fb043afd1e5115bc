/** @file Products of rows with the matrices of their groups, as mixtures of experts have them. */

import type { Value } from "../../../ir/graph.js";
import type { Call, Rows } from "../call.js";
import { wideOf } from "./widths.js";

/** Rows of the first, each times the matrix of its group; the third says where groups end. Rows behind the last are 0. */
function grouped(n: Call): Value {
  const { t } = n;
  const argument = (i: number, name: string): Value => n.tensor(n.takes(name) ? name : String(i));
  const [rows, weights] = [argument(0, "input"), argument(1, "weight")];
  if (t.rank(rows) !== 2 || t.rank(weights) !== 3) return n.unsupported("groups that are no rows of one matrix");
  const ends = t.convert(argument(2, "offs"), "i64");
  const [groups] = t.shape(ends);
  const before = t.sliceAxis(ends, 0, 0, t.context.dims.sub(groups!, 1));
  const starts = t.pad(before, t.number(0, "i64"), [1], [0]);
  const place = t.unsqueeze(t.iota([t.shape(rows)[0]!], 0, "i64"), [1]);
  const isIn = t.and(t.ge(place, t.unsqueeze(starts, [0])), t.lt(place, t.unsqueeze(ends, [0])));
  // [rows, groups, columns]
  const products = t.dot(rows, weights, { contract: [[1], [1]] }, wideOf(t.element(rows)));
  return t.convert(t.sum(t.select(t.unsqueeze(isIn, [2]), products, 0), [1]), n.out);
}

export const groupedProducts: Rows = {
  "transformers.grouped_mm_fallback": grouped,
};
