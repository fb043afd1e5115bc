/** @file Losses that ask for margins: between the labels of a sample and the rest, and between angles. */

import type { Value } from "../../../ir/graph.js";
import type { Call, Rows } from "../call.js";
import { lastNorm } from "./distance.js";
import { reduced } from "./losses.js";
import { wideOf } from "./operands.js";

/** Classes before the first -1 of each row are its labels; what others come nearer than 1 to them, in the mean. */
function multiLabelMargin(n: Call): readonly Value[] {
  const { t } = n;
  const self = n.operand("self", wideOf(n.out));
  const isSingle = t.rank(self) < 2;
  // PyTorch 2.13 exports a size that it does not give itself.
  if (isSingle && n.declared().shape.length !== 0) n.unsupported("one sample whose loss is declared to be a vector");
  const [x, target] = [self, t.convert(n.tensor("target"), "i64")].map((y) =>
    isSingle ? t.reshape(y, [1, t.context.dims.product(t.shape(y))]) : y,
  ) as [Value, Value];
  const shape = t.shape(x);
  const places = t.iota(shape, 1, "i64");
  const first = t.reduce(t.select(t.lt(target, 0), places, Number.MAX_SAFE_INTEGER), [1], "min", true);
  const isLabel = t.lt(places, first);
  const safe = t.select(isLabel, target, 0);
  // [rows, labels, classes]
  const hits = t.and(t.eq(t.unsqueeze(safe, [2]), t.unsqueeze(places, [1])), t.unsqueeze(isLabel, [2]));
  const isTarget = t.any(hits, [1]);
  const own = t.unsqueeze(t.takeAlong(x, safe, 1), [2]);
  const gap = t.max(t.add(t.sub(t.unsqueeze(x, [1]), own), 1), 0);
  const counts = t.and(t.unsqueeze(isLabel, [2]), t.unsqueeze(t.not(isTarget), [1]));
  const total = t.sum(t.select(counts, gap, 0), [1, 2]);
  const rows = t.div(total, t.countAlong(x, [1], t.element(x)));
  const marks = t.reshape(t.convert(isTarget, t.element(self)), t.shape(self));
  return [reduced(n, isSingle ? t.reshape(rows, []) : rows), t.convert(marks, n.out)];
}

/** 1 - cosine for pairs that belong together (target 1), what the cosine has above the margin for others (-1). */
function cosineEmbedding(n: Call): Value {
  const { t } = n;
  const wide = wideOf(n.out);
  const target = n.operand("target", wide);
  const axes = [t.rank(target)];
  const [a, b] = [n.operand("input1", wide), n.operand("input2", wide)];
  const products = (x: Value, y: Value): Value => t.sum(t.mul(x, y), axes);
  const squares = (x: Value): Value => t.add(products(x, x), 1e-12);
  const cosine = t.div(products(a, b), t.sqrt(t.mul(squares(a), squares(b))));
  const [yes, no] = [t.sub(1, cosine), t.max(t.sub(cosine, n.float("margin")), 0)];
  return reduced(n, t.add(t.select(t.eq(target, 1), yes, 0), t.select(t.eq(target, -1), no, 0)));
}

/** How much nearer than the margin the negative is than the positive; with `swap`, to either of the pair. */
function tripletMargin(n: Call): Value {
  const { t } = n;
  const wide = wideOf(n.out);
  const [anchor, positive, negative] = ["anchor", "positive", "negative"].map((name) => n.operand(name, wide)) as [
    Value,
    Value,
    Value,
  ];
  const far = (a: Value, b: Value): Value => lastNorm(t, t.add(t.sub(a, b), n.float("eps")), n.float("p"));
  const plain = far(anchor, negative);
  const nearest = n.bool("swap") ? t.min(plain, far(positive, negative)) : plain;
  return reduced(n, t.max(t.add(t.sub(far(anchor, positive), nearest), n.float("margin")), 0));
}

export const margins: Rows = {
  "aten.triplet_margin_loss": tripletMargin,
  "aten.multilabel_margin_loss": (n) => multiLabelMargin(n)[0]!,
  "aten.multilabel_margin_loss_forward": multiLabelMargin,
  "aten.cosine_embedding_loss": cosineEmbedding,
};
