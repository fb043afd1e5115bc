/** @file Losses of classifiers: NegativeLogLikelihoodLoss, SoftmaxCrossEntropyLoss. */

import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { ImportNode, OpRow } from "../context.js";
import { checkFloats, checkLeastRank, checkRank } from "./checks.js";

/**
 * -log p[label] * weight[label] of every sample, where `logs` [N, C, ...] are the logarithms: as they are, summed, or
 * divided by the sum of the weights. Samples whose label is `ignore_index` count for nothing.
 */
function negativeLogLikelihood(n: ImportNode, logs: Value): Value {
  const { t } = n;
  checkLeastRank(n, 0, 2);
  checkRank(n, 1, n.rank(0) - 1);
  checkRank(n, 2, 1);
  checkFloats(n, 0, 2);
  const labels = t.convert(n.value(1), "i64");
  const weight = n.optional(2);
  const ignored = n.int("ignore_index");
  const isIgnored = ignored === undefined ? undefined : t.eq(labels, ignored);
  const known = isIgnored === undefined ? labels : t.select(isIgnored, 0, labels);
  const axes = t.shape(labels).map((_, i) => i);
  return t.widened(logs, (wide) => {
    const picked = t.squeeze(t.takeAlong(wide, t.unsqueeze(known, [1]), 1), [1]);
    const own = weight && t.take(t.convert(weight, t.element(wide)), known, 0);
    const one = own ?? t.fillLike(1, picked);
    const weights = isIgnored === undefined ? one : t.select(isIgnored, 0, one);
    const isPlain = own === undefined && isIgnored === undefined;
    const loss = isPlain ? t.neg(picked) : t.select(t.eq(weights, 0), 0, t.neg(t.mul(picked, weights)));
    const reduction = n.word("reduction", ["mean", "none", "sum"]);
    if (reduction === "none") return loss;
    const total = t.sum(loss, axes);
    return reduction === "sum" ? total : t.div(total, t.sum(weights, axes));
  });
}

/** The logarithm of softmax along axis 1. */
function logSoftmax(t: TensorBuilder, scores: Value): Value {
  return t.widened(scores, (x) => {
    const shifted = t.sub(x, t.reduce(x, [1], "max", true));
    return t.sub(shifted, t.log(t.sum(t.exp(shifted), [1], true)));
  });
}

function softmaxCrossEntropy(n: ImportNode): readonly Value[] {
  checkLeastRank(n, 0, 2);
  checkFloats(n, 0);
  const logs = logSoftmax(n.t, n.value(0));
  return [negativeLogLikelihood(n, logs), logs];
}

export const losses: readonly OpRow[] = [
  { name: "NegativeLogLikelihoodLoss", since: 12, build: (n) => negativeLogLikelihood(n, n.value(0)) },
  { name: "SoftmaxCrossEntropyLoss", since: 12, build: softmaxCrossEntropy },
];
