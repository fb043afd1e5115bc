/** @file Quantiles along an axis or of all elements, NaN counted or passed over. */

import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { Call, Row, Rows } from "../call.js";
import { isNaNValue } from "./operands.js";
import { sorted } from "./sorting.js";

/** `a` to `b` by the share `w`, begun at the nearer of the two. */
function between(t: TensorBuilder, a: Value, b: Value, w: Value): Value {
  const way = t.sub(b, a);
  return t.select(t.lt(w, 0.5), t.add(a, t.mul(w, way)), t.sub(b, t.mul(way, t.sub(1, w))));
}

/** The entries of `ordered` [..., size] around `ranks` [..., quantiles]. */
function atRanks(n: Call, ordered: Value, ranks: Value): Value {
  const { t } = n;
  const last = t.rank(ordered) - 1;
  const entry = (places: Value): Value => t.takeAlong(ordered, t.convert(places, "i64"), last);
  const how = n.string("interpolation");
  const [low, high] = [t.floor(ranks), t.ceil(ranks)];
  switch (how) {
    case "lower":
      return entry(low);
    case "higher":
      return entry(high);
    case "nearest":
      return entry(t.round(ranks));
    case "linear":
      return between(t, entry(low), entry(high), t.sub(ranks, low));
    case "midpoint":
      return between(t, entry(low), entry(high), t.fillLike(0.5, ranks));
    default:
      return n.invalid(`interpolation '${how}'`);
  }
}

const quantile =
  (ignoresNaN: boolean): Row =>
  (n) => {
    const { t } = n;
    const self = n.tensor("self");
    const isWhole = !n.has("dim");
    const x = isWhole || t.rank(self) === 0 ? t.flatten(self) : self;
    const axis = isWhole ? 0 : n.axis("dim", t.rank(self));
    const last = t.rank(x) - 1;
    const rows = t.moveAxis(x, axis, last);
    const element = t.element(x);
    const q = n.operand("q", element);
    const shares = t.flatten(q);
    const missing = isNaNValue(t, rows);
    const entries = t.countAlong(rows, [last], "i64");
    const present = t.sum(t.convert(t.not(missing), "i64"), [last], true);
    // The NaN are last: a row that has one gives its last entry, unless they are passed over.
    const top = t.convert(t.max(t.sub(ignoresNaN ? present : entries, 1), 0), element);
    const plain = t.mul(shares, top);
    const isLost = t.any(missing, [last], true);
    const ranks = ignoresNaN ? plain : t.select(isLost, top, plain);
    const lead = t.shape(rows).slice(0, -1);
    const wanted = [...lead, t.shape(shares)[0]!];
    const found = atRanks(n, sorted(t, rows, last, false).values, t.broadcast(ranks, wanted));
    const front = t.moveAxis(found, last, 0);
    const outer = t.rank(q) === 0 ? [] : t.shape(q);
    const shape = t.shape(self);
    const kept = isWhole ? shape.map(() => 1) : shape.map((d, k) => (k === axis ? 1 : d));
    return t.reshape(front, [...outer, ...(n.bool("keepdim") ? kept : lead)]);
  };

export const quantiles: Rows = {
  "aten.quantile": quantile(false),
  "aten.nanquantile": quantile(true),
};
