/** @file Orders: sort, top-k, k-th values and medians, places in a sorted sequence. */

import type { Dim } from "../../../ir/dim.js";
import { elementFacts } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { Call, Row, Rows } from "../call.js";

interface Sorted {
  readonly values: Value;
  /** i64 */
  readonly places: Value;
}

/** Whether `a` comes before `b`; a NaN is larger than every number. */
function comesBefore(t: TensorBuilder, a: Value, b: Value, isDescending: boolean): Value {
  const [low, high] = isDescending ? [b, a] : [a, b];
  const less = t.lt(low, high);
  if (elementFacts[t.element(a)].kind !== "float") return less;
  // The high one alone is none.
  return t.or(less, t.and(t.eq(low, low), t.ne(high, high)));
}

/** Along `axis`, equal elements in the order they had; of rank 0 the one element. */
export function sorted(t: TensorBuilder, x: Value, axis: number, isDescending: boolean): Sorted {
  if (t.rank(x) === 0) return { values: x, places: t.number(0, "i64") };
  // Truth values have an order as numbers.
  const element = t.element(x);
  const keys = element === "i1" ? t.convert(x, "ui8") : x;
  const places = t.iota(t.shape(x), axis, "i64");
  const [values, order] = t.sort([keys, places], axis, (b, [p, q]) => comesBefore(b, p!, q!, isDescending));
  return { values: t.convert(values!, element), places: order! };
}

const sort: Row = (n) => {
  const { values, places } = sorted(n.t, n.tensor("self"), n.axis("dim", n.rank("self")), n.bool("descending"));
  return [values, places];
};

const argsort: Row = (n) => sorted(n.t, n.tensor("self"), n.axis("dim", n.rank("self")), n.bool("descending")).places;

/** The first `k` entries along an axis. */
function first(t: TensorBuilder, x: Value, axis: number, k: Dim): Value {
  return t.rank(x) === 0 ? x : t.sliceAxis(x, axis, 0, k);
}

function topK(n: Call): readonly Value[] {
  const { t } = n;
  const x = n.tensor("self");
  const axis = n.axis("dim", t.rank(x));
  const { values, places } = sorted(t, x, axis, n.bool("largest"));
  const k = n.dim("k");
  return [first(t, values, axis, k), first(t, places, axis, k)];
}

/** Entry `k` along `axis` of both, with `keepdim` an axis of size 1. */
function entry(n: Call, { values, places }: Sorted, axis: number, k: Dim): readonly Value[] {
  const { t } = n;
  if (t.rank(values) === 0) return [values, places];
  const { dims } = t.context;
  return [values, places].map((x) => {
    const part = t.sliceAxis(x, axis, k, dims.add(k, 1));
    return n.bool("keepdim") ? part : t.reshape(part, t.shape(part).toSpliced(axis, 1));
  });
}

/** The lower of the middle elements and its place; a NaN wins, or, for the other kind, takes no part. */
const median =
  (ignoresNaN: boolean): Row =>
  (n) => {
    const { t } = n;
    const self = n.tensor("self");
    const hasAxis = n.takes("dim");
    const x = hasAxis && t.rank(self) > 0 ? self : t.flatten(self);
    const axis = hasAxis ? n.axis("dim", t.rank(self)) : 0;
    const { values, places } = sorted(t, x, axis, false);
    const isFloat = elementFacts[t.element(x)].kind === "float";
    const missing = isFloat ? t.ne(x, x) : t.fillLike(0, x, "i1");
    const lost = t.sum(t.convert(missing, "i64"), [axis], true);
    const size = t.countAlong(x, [axis], "i64");
    const middle = (count: Value): Value => t.div(t.max(t.sub(count, 1), 0), 2);
    // NaN are last: the first of them is the one behind all numbers.
    const numbers = t.sub(size, lost);
    const plain = ignoresNaN
      ? middle(numbers)
      : t.select(t.gt(lost, 0), numbers, t.broadcast(middle(size), t.shape(lost), []));
    const shape = t.shape(self);
    const results = [values, places].map((y) => t.takeAlong(y, plain, axis));
    if (!hasAxis) return t.reshape(results[0]!, []);
    return results.map((y) =>
      t.reshape(y, t.rank(self) > 0 && n.bool("keepdim") ? shape.with(axis, 1) : shape.toSpliced(axis, 1)),
    );
  };

function kthValue(n: Call): readonly Value[] {
  const { t } = n;
  const x = n.tensor("self");
  const axis = n.axis("dim", t.rank(x));
  return entry(n, sorted(t, x, axis, false), axis, t.context.dims.sub(n.dim("k"), 1));
}

/** How many elements of the sorted sequences lie before each value: `right` counts equal ones too. */
function places(n: Call, sequence: Value, values: Value, isRight: boolean): Value {
  const { t } = n;
  const rank = t.rank(values);
  // Sequences of one axis serve every value; others go row by row.
  const shape = [...t.shape(values), t.shape(sequence).at(-1)!];
  const own = t.rank(sequence) === 1 ? [rank] : [...Array.from({ length: rank - 1 }, (_, k) => k), rank];
  const wide = t.broadcast(sequence, shape, own);
  const given = t.broadcast(
    values,
    shape,
    Array.from({ length: rank }, (_, k) => k),
  );
  const isBefore = isRight ? t.not(comesBefore(t, given, wide, false)) : comesBefore(t, wide, given, false);
  return t.convert(t.sum(t.convert(isBefore, "i64"), [rank]), n.out);
}

function searchSorted(n: Call): Value {
  if (n.has("sorter")) return n.unsupported("a sorter", "sort the sequence before");
  const isRight = n.bool("right") || (n.has("side") && n.string("side") === "right");
  const [sequence, values] = n.pair("sorted_sequence", "self");
  return places(n, sequence, values, isRight);
}

function bucketize(n: Call): Value {
  const [boundaries, values] = n.pair("boundaries", "self");
  return places(n, boundaries, values, n.bool("right"));
}

export const sortings: Rows = {
  "aten.sort": sort,
  "aten.argsort": argsort,
  "aten.msort": (n) => sorted(n.t, n.tensor("self"), 0, false).values,
  "aten.topk": topK,
  "aten.median": median(false),
  "aten.nanmedian": median(true),
  "aten.kthvalue": kthValue,
  "aten.searchsorted": searchSorted,
  "aten.bucketize": bucketize,
};
