/** @file Gradients of loss functions. Narrow floats are computed with in f32 and rounded once. */

import type { Value } from "../../../ir/graph.js";
import type { Call, Row, Rows } from "../call.js";
import type { Loss } from "./losses.js";
import { wideOf } from "./operands.js";

const MEAN = 1;

/** The derivative of a loss of two tensors; the mean gives each element its share of it. */
const backward =
  (f: Loss): Row =>
  (n) => {
    const { t } = n;
    const wide = wideOf(n.out);
    const [x, y] = t.together(n.operand("self", wide), n.operand("target", wide)) as [Value, Value];
    const slope = t.mul(f(t, x, y, n), n.operand("grad_output", wide));
    if (n.int("reduction") !== MEAN) return t.convert(slope, n.out);
    const axes = t.shape(slope).map((_, k) => k);
    return t.convert(t.div(slope, t.countAlong(slope, axes, wide)), n.out);
  };

/** -1, in between, or 1: what the distance becomes beyond `limit` on either side. */
const bounded =
  (limit: string, far: (limit: number) => number, near: (limit: number) => number): Loss =>
  (t, x, y, n) => {
    const edge = n.float(limit);
    const gap = t.sub(x, y);
    const middle = near(edge) === 1 ? gap : t.mul(gap, near(edge));
    const upper = t.select(t.ge(gap, edge), t.fillLike(far(edge), gap), middle);
    return t.select(t.le(gap, -edge), t.fillLike(-far(edge), gap), upper);
  };

const shares: Loss = (t, x, y, n) => {
  const slope = t.div(t.sub(x, y), t.max(t.mul(t.sub(1, x), x), 1e-12));
  return n.has("weight") ? t.mul(slope, n.operand("weight", t.element(x))) : slope;
};

/** Minus the weight of the class at the place of the target, [batch, classes, ...] or [classes]. */
function likelihood(n: Call): Value {
  const { t } = n;
  const wide = wideOf(n.out);
  const x = n.tensor("self");
  const rank = t.rank(x);
  const axis = rank === 1 ? 0 : 1;
  const target = t.reshape(n.tensor("target"), rank === 1 ? [] : t.shape(x).flatMap((d, k) => (k === axis ? [] : [d])));
  const isCounted = t.ne(target, n.int("ignore_index"));
  const spread = (y: Value): Value => (t.rank(y) === 0 ? y : t.unsqueeze(y, [axis]));
  const classes = t.iota(t.shape(x), axis, t.element(target));
  const isTarget = t.and(t.eq(classes, spread(target)), spread(isCounted));
  const gradient = n.operand("grad_output", wide);
  const own = n.int("reduction") === MEAN ? t.div(gradient, n.operand("total_weight", wide)) : gradient;
  const weight = n.optional("weight");
  const sizes = t.shape(x).map((d, k) => (k === axis ? d : 1));
  const slope = weight ? t.mul(t.reshape(t.convert(weight, wide), sizes), spread(own)) : spread(own);
  return t.convert(t.select(isTarget, t.neg(slope), 0), n.out);
}

export const lossGradients: Rows = {
  "aten.mse_loss_backward": backward((t, x, y) => t.mul(t.sub(x, y), 2)),
  "aten.smooth_l1_loss_backward": backward(
    bounded(
      "beta",
      () => 1,
      (beta) => 1 / beta,
    ),
  ),
  "aten.huber_loss_backward": backward(
    bounded(
      "delta",
      (delta) => delta,
      () => 1,
    ),
  ),
  "aten.binary_cross_entropy_backward": backward(shares),
  "aten.soft_margin_loss_backward": backward((t, x, y) => t.neg(t.mul(y, t.sigmoid(t.neg(t.mul(x, y)))))),
  "aten.nll_loss_backward": likelihood,
  "aten.nll_loss2d_backward": likelihood,
};
