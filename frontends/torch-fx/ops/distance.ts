/** @file Distances between vectors: of all pairs of two sets, of neighbours in a batch, and angles. */

import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { Call, Rows } from "../call.js";
import { wideOf } from "./widths.js";

/** (sum of |x|^p)^(1/p) along the last axis: how many are not 0 for p = 0, the largest for infinity. */
export function lastNorm(t: TensorBuilder, x: Value, p: number): Value {
  const axis = t.rank(x) - 1;
  const size = t.abs(x);
  if (p === 0) return t.sum(t.convert(t.ne(x, 0), t.element(x)), [axis]);
  if (p === Number.POSITIVE_INFINITY) return t.max(t.reduce(size, [axis], "max"), 0);
  if (p === 1) return t.sum(size, [axis]);
  if (p === 2) return t.sqrt(t.sum(t.mul(x, x), [axis]));
  return t.pow(t.sum(t.pow(size, p), [axis]), 1 / p);
}

/** Of every row of one with every row of the other. */
function allPairs(n: Call): Value {
  const { t } = n;
  const wide = wideOf(n.out);
  const [a, b] = [t.convert(n.tensor("x1"), wide), t.convert(n.tensor("x2"), wide)];
  const gaps = t.sub(t.unsqueeze(a, [t.rank(a) - 1]), t.unsqueeze(b, [t.rank(b) - 2]));
  return t.convert(lastNorm(t, gaps, n.float("p")), n.out);
}

/** The distance of what is left of `x1 - x2 + eps`. */
function pairwise(n: Call): Value {
  const { t } = n;
  const wide = wideOf(n.out);
  const gaps = t.add(t.sub(t.convert(n.tensor("x1"), wide), t.convert(n.tensor("x2"), wide)), n.float("eps"));
  const distance = t.convert(lastNorm(t, gaps, n.float("p")), n.out);
  return n.bool("keepdim") ? t.unsqueeze(distance, [t.rank(distance)]) : distance;
}

/** The cosine of the angle between vectors along `dim`; lengths below `eps` count as that. */
function cosine(n: Call): Value {
  const { t } = n;
  const wide = wideOf(n.out);
  const [a, b] = t.broadcastTogether(t.convert(n.tensor("x1"), wide), t.convert(n.tensor("x2"), wide)) as [
    Value,
    Value,
  ];
  if (t.rank(a) === 0) return n.unsupported("the angle between numbers");
  const axes = [n.axis("dim", t.rank(a))];
  const unit = (x: Value): Value => t.div(x, t.max(t.sqrt(t.sum(t.mul(x, x), axes, true)), n.float("eps")));
  return t.convert(t.sum(t.mul(unit(a), unit(b)), axes), n.out);
}

/** Of all pairs of rows, each once. */
function pairsOnce(n: Call): Value {
  const { t } = n;
  const x = t.convert(n.tensor("self"), wideOf(n.out));
  const [rows] = t.shape(x);
  if (typeof rows !== "number") return n.unsupported("pairs of rows whose number only the run knows");
  const pairs = Array.from({ length: rows }, (_, i) => i).flatMap((i) =>
    Array.from({ length: rows - i - 1 }, (_, k): readonly [number, number] => [i, i + k + 1]),
  );
  const [a, b] = [0, 1].map((side) => {
    const places = BigInt64Array.from(pairs.map((pair) => BigInt(pair[side]!)));
    return t.take(x, t.constant({ element: "i64", shape: [pairs.length], data: places }), 0);
  });
  return t.convert(lastNorm(t, t.sub(a!, b!), n.float("p")), n.out);
}

export const distances: Rows = {
  "aten.pdist": pairsOnce,
  "aten._pdist_forward": pairsOnce,
  "aten.cdist": allPairs,
  "aten._cdist_forward": allPairs,
  "aten._euclidean_dist": (n) => {
    const { t } = n;
    const [a, b] = [n.tensor("x1"), n.tensor("x2")];
    return lastNorm(t, t.sub(t.unsqueeze(a, [t.rank(a) - 1]), t.unsqueeze(b, [t.rank(b) - 2])), 2);
  },
  "aten.pairwise_distance": pairwise,
  "aten.cosine_similarity": cosine,
};
