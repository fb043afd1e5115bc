/** @file Elements chosen by masks, put where these hold, and the places where something is not zero. */

import { nonZero } from "../../../ir/forms/non-zero.js";
import { scan } from "../../../ir/forms/scan.js";
import type { Value } from "../../../ir/graph.js";
import type { Call, Rows } from "../call.js";

/** A number, or a tensor of rank 0, where the mask holds. */
function maskedFill(n: Call): Value {
  const { t } = n;
  const x = n.tensor("self");
  const value = t.reshape(n.operand("value", t.element(x)), []);
  return t.select(n.tensor("mask"), t.broadcast(value, t.broadcastShapes(t.shape(x), n.shape("mask")), []), x);
}

/** The elements where the mask holds, in order. */
function maskedSelect(n: Call): Value {
  const { t } = n;
  const [x, mask] = t.broadcastTogether(n.tensor("self"), n.tensor("mask")) as [Value, Value];
  const places = nonZero(t, t.flatten(mask));
  return t.take(t.flatten(x), t.at(places, 0, 0), 0);
}

/** Elements of `source` in order, put where the mask holds. */
function maskedScatter(n: Call): Value {
  const { t } = n;
  const [x, mask] = t.broadcastTogether(n.tensor("self"), n.tensor("mask")) as [Value, Value];
  const flat = t.flatten(mask);
  const source = t.flatten(n.tensor("source"));
  if (t.shape(source)[0] === 0) return x;
  const sums = scan(t, t.convert(flat, "i64"), 0, {
    join: (a, b) => t.add(a, b),
    none: t.number(0, "i64"),
    reduce: (y, axis) => t.sum(y, [axis]),
  });
  const order = t.sub(sums, 1);
  const chosen = t.take(source, t.max(order, 0), 0);
  return t.select(mask, t.reshape(chosen, t.shape(x)), x);
}

/** Places of elements that are not zero, one row each. */
function nonzeroRows(n: Call): Value {
  const { t } = n;
  const x = n.tensor("self");
  const places = nonZero(t, t.element(x) === "i1" ? x : t.ne(x, t.fillLike(0, x)));
  return t.transpose(places, [1, 0]);
}

export const masks: Rows = {
  "aten.masked_fill": maskedFill,
  "aten.masked_select": maskedSelect,
  "aten.masked_scatter": maskedScatter,
  "aten.nonzero": nonzeroRows,
  "aten.argwhere": nonzeroRows,
  "aten.nonzero_numpy": (n) => {
    const rows = nonzeroRows(n);
    return n.t.shape(n.tensor("self")).map((_, axis) => n.t.at(rows, 1, axis));
  },
};
