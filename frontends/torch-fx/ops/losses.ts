/** @file Loss functions: a number for every element or row, then their mean or sum as `reduction` says. */

import { logSoftmax } from "../../../ir/composites/softmax.js";
import { elementFacts } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { Call, Row, Rows } from "../call.js";
import { wideOf } from "./operands.js";

/** `reduction` of PyTorch: none, mean, sum. */
const [NONE, MEAN] = [0, 1];

export function reduced(n: Call, losses: Value): Value {
  const { t } = n;
  const how = n.int("reduction");
  const axes = t.shape(losses).map((_, k) => k);
  if (how === NONE) return t.convert(losses, n.out);
  if (how === MEAN) return t.convert(axes.length === 0 ? losses : t.mean(losses, axes), n.out);
  return t.convert(t.sum(losses, axes), n.out);
}

export type Loss = (t: TensorBuilder, x: Value, y: Value, n: Call) => Value;

/** A loss of two tensors, element by element, in f32 where the element is narrower. */
const pairwise =
  (f: Loss, a = "self", b = "target"): Row =>
  (n) => {
    const promoted = n.promoted(a, b);
    const wide = wideOf(elementFacts[promoted].kind === "complex" ? promoted : n.out);
    return reduced(n, f(n.t, n.operand(a, wide), n.operand(b, wide), n));
  };

/** `losses` times the weights, where there are any. */
const weighed = (n: Call, losses: Value, name = "weight"): Value =>
  n.has(name) ? n.t.mul(losses, n.operand(name, n.t.element(losses))) : losses;

const distance = (t: TensorBuilder, x: Value, y: Value): Value => t.abs(t.sub(x, y));

const smooth: Loss = (t, x, y, n) => {
  const beta = n.float("beta");
  const far = distance(t, x, y);
  if (beta === 0) return far;
  return t.select(t.lt(far, beta), t.div(t.mul(t.mul(far, far), 0.5), beta), t.sub(far, 0.5 * beta));
};

const huber: Loss = (t, x, y, n) => {
  const delta = n.float("delta");
  const far = distance(t, x, y);
  return t.select(t.le(far, delta), t.mul(t.mul(far, far), 0.5), t.mul(t.sub(far, 0.5 * delta), delta));
};

/** Logarithms are -100 at least, as PyTorch has it. */
const crossEntropyOfShares: Loss = (t, x, y, n) => {
  const [yes, no] = [t.max(t.log(x), -100), t.max(t.log1p(t.neg(x)), -100)];
  return weighed(n, t.sub(t.mul(t.sub(y, 1), no), t.mul(y, yes)));
};

/** log(1 + e^-|x|) + max(-x, 0), which is -log(sigmoid(x)). */
const minusLogSigmoid = (t: TensorBuilder, x: Value): Value =>
  t.add(t.log1p(t.exp(t.neg(t.abs(x)))), t.max(t.neg(x), 0));

const crossEntropyOfLogits: Loss = (t, x, y, n) => {
  const log = minusLogSigmoid(t, x);
  const positive = n.has("pos_weight") ? n.operand("pos_weight", t.element(x)) : undefined;
  const factor = positive === undefined ? log : t.mul(log, t.add(t.mul(t.sub(positive, 1), y), 1));
  return weighed(n, t.add(t.mul(t.sub(1, y), x), factor));
};

const divergence: Loss = (t, x, y, n) => {
  if (n.bool("log_target")) return t.mul(t.exp(y), t.sub(y, x));
  const self = t.select(t.eq(y, 0), t.fillLike(0, y), t.mul(y, t.log(y)));
  return t.sub(self, t.mul(y, x));
};

const poisson: Loss = (t, x, y, n) => {
  const loss = n.bool("log_input") ? t.sub(t.exp(x), t.mul(y, x)) : t.sub(x, t.mul(y, t.log(t.add(x, n.float("eps")))));
  if (!n.bool("full")) return loss;
  // Stirling's approximation of log(y!).
  const stirling = t.add(t.sub(t.mul(y, t.log(y)), y), t.mul(t.log(t.mul(y, 2 * Math.PI)), 0.5));
  return t.add(loss, t.select(t.gt(y, 1), stirling, t.fillLike(0, y)));
};

const hinge: Loss = (t, x, y, n) => {
  const margin = t.select(t.eq(y, 1), t.fillLike(0, x), t.max(t.sub(n.float("margin"), x), 0));
  return t.add(margin, t.select(t.eq(y, -1), t.fillLike(0, x), x));
};

function marginRanking(n: Call): Value {
  const { t } = n;
  const wide = wideOf(n.out);
  const way = t.sub(n.operand("input1", wide), n.operand("input2", wide));
  return reduced(n, t.max(t.add(t.neg(t.mul(n.operand("target", wide), way)), n.float("margin")), 0));
}

/** Rows of `[batch, classes, ...]`, or of one sample `[classes]`: its entry at the class of the target. */
interface RowLosses {
  /** The loss of each target, 0 for ignored ones. */
  readonly losses: Value;
  /** The weight of each. */
  readonly weights: Value;
}

/** -x[target] times the weight of the target's class. */
function rowLosses(n: Call, x: Value, target: Value): RowLosses {
  const { t } = n;
  const axis = t.rank(x) === 1 ? 0 : 1;
  const isCounted = t.ne(target, n.int("ignore_index"));
  const safe = t.select(isCounted, target, t.fillLike(0, target));
  const picked = t.reshape(t.takeAlong(x, t.unsqueeze(safe, [axis]), axis), t.shape(target));
  const plain = n.has("weight")
    ? t.reshape(t.take(n.operand("weight", t.element(x)), t.flatten(safe), 0), t.shape(target))
    : t.fillLike(1, picked);
  const weights = t.select(isCounted, plain, t.fillLike(0, plain));
  const losses = t.select(isCounted, t.neg(t.mul(picked, weights)), t.fillLike(0, picked));
  return { losses, weights };
}

/** Losses of rows and the weight they have in all. */
function ofRows(n: Call, { losses, weights }: RowLosses): readonly [loss: Value, total: Value] {
  const { t } = n;
  const axes = t.shape(losses).map((_, k) => k);
  const total = t.sum(weights, axes);
  const how = n.int("reduction");
  if (how === NONE) return [losses, t.fillLike(0, total)];
  const sum = t.sum(losses, axes);
  return [how === MEAN ? t.div(sum, total) : sum, total];
}

function logLikelihood(n: Call): readonly Value[] {
  const x = n.operand("self", wideOf(n.out));
  return ofRows(n, rowLosses(n, x, n.tensor("target"))).map((y) => n.t.convert(y, n.out));
}

const likelihoodOnly: Row = (n) => logLikelihood(n)[0]!;

/** The losses against shares of every class, weighed by class. */
function shareLosses(n: Call, logs: Value, shares: Value, axis: number): Value {
  const { t } = n;
  const weight = n.has("weight") ? n.operand("weight", t.element(logs)) : undefined;
  const spread =
    weight &&
    t.reshape(
      weight,
      t.shape(logs).map((d, k) => (k === axis ? d : 1)),
    );
  const product = t.mul(logs, shares);
  return t.neg(t.sum(spread ? t.mul(product, spread) : product, [axis]));
}

/** log_softmax and the losses behind it, part of which goes to all classes alike. */
function crossEntropy(n: Call): Value {
  const { t } = n;
  const x = n.operand("self", wideOf(n.out));
  const axis = t.rank(x) === 1 ? 0 : 1;
  const logs = logSoftmax(t, x, axis);
  const smoothing = n.float("label_smoothing");
  const target = n.tensor("target");
  const classes = t.countAlong(x, [axis], t.element(x));
  if (elementFacts[t.element(target)].kind === "float") {
    const plain = n.operand("target", t.element(x));
    const even = t.div(t.fillLike(smoothing, classes), classes);
    const shares = smoothing === 0 ? plain : t.add(t.mul(plain, 1 - smoothing), even);
    const losses = shareLosses(n, logs, shares, axis);
    const axes = t.shape(losses).map((_, k) => k);
    if (n.int("reduction") === NONE) return t.convert(losses, n.out);
    const sum = t.sum(losses, axes);
    const count = axis === 0 ? t.fillLike(1, sum) : t.countAlong(losses, axes, t.element(x));
    return t.convert(n.int("reduction") === MEAN ? t.div(sum, count) : sum, n.out);
  }
  const rows = rowLosses(n, logs, target);
  const [loss, total] = ofRows(n, rows);
  if (smoothing === 0) return t.convert(loss, n.out);
  const all = shareLosses(n, logs, t.fillLike(1, logs), axis);
  const spread = t.select(t.ne(target, n.int("ignore_index")), all, t.fillLike(0, all));
  const axes = t.shape(spread).map((_, k) => k);
  const joined = n.int("reduction") === NONE ? spread : t.sum(spread, axes);
  const smoothed = n.int("reduction") === MEAN ? t.div(joined, total) : joined;
  const even = t.div(t.mul(smoothed, smoothing), classes);
  return t.convert(t.add(t.mul(loss, 1 - smoothing), even), n.out);
}

/** How far entries of other classes come nearer than `margin` to that of the target, to the power `p`. */
function multiMargin(n: Call): Value {
  const { t } = n;
  const self = n.operand("self", wideOf(n.out));
  const x = t.rank(self) < 2 ? t.reshape(self, [1, t.context.dims.product(t.shape(self))]) : self;
  const target = t.flatten(n.tensor("target"));
  const places = t.unsqueeze(target, [1]);
  const gap = t.max(t.add(t.sub(x, t.takeAlong(x, places, 1)), n.float("margin")), 0);
  const powers = n.int("p") === 1 ? gap : t.mul(gap, gap);
  const weighted = n.has("weight")
    ? t.mul(powers, t.unsqueeze(t.take(n.operand("weight", t.element(x)), target, 0), [1]))
    : powers;
  const isOther = t.ne(t.iota(t.shape(x), 1, t.element(places)), places);
  const others = t.select(isOther, weighted, t.fillLike(0, weighted));
  const rows = t.div(t.sum(others, [1]), t.countAlong(x, [1], t.element(x)));
  return reduced(n, n.rank("self") < 2 ? t.reshape(rows, []) : rows);
}

export const losses: Rows = {
  "aten.mse_loss": pairwise((t, x, y) => t.mul(t.sub(x, y), t.sub(x, y))),
  "aten.l1_loss": pairwise(distance),
  "aten.smooth_l1_loss": pairwise(smooth),
  "aten.huber_loss": pairwise(huber),
  "aten.binary_cross_entropy": pairwise(crossEntropyOfShares),
  "aten.binary_cross_entropy_with_logits": pairwise(crossEntropyOfLogits),
  "aten.kl_div": pairwise(divergence),
  "aten.soft_margin_loss": pairwise((t, x, y) => minusLogSigmoid(t, t.mul(x, y))),
  "aten.poisson_nll_loss": pairwise(poisson, "input"),
  "aten.hinge_embedding_loss": pairwise(hinge),
  "aten.margin_ranking_loss": marginRanking,
  "aten.multi_margin_loss": multiMargin,
  "aten.nll_loss": likelihoodOnly,
  "aten.nll_loss_nd": likelihoodOnly,
  "aten.nll_loss2d": likelihoodOnly,
  "aten.nll_loss_forward": logLikelihood,
  "aten.nll_loss2d_forward": logLikelihood,
  "aten.cross_entropy_loss": crossEntropy,
};
