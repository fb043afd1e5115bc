/**
 * @file Cross entropy behind a linear layer as one operator, with the gradients that it computes ahead. PyTorch goes over
 * parts of the batch to save memory; which parts makes no difference to the result.
 */

import { logSoftmax } from "../../../ir/composites/softmax.js";
import type { Value } from "../../../ir/graph.js";
import type { Call, Rows } from "../call.js";
import { wideOf } from "./widths.js";

/** What the losses of the rows are computed from, and they. */
interface RowLosses {
  readonly x: Value;
  readonly layer: Value;
  /** log(softmax(x * layer^T + bias)), [rows, classes]. */
  readonly logs: Value;
  /** i1 [rows, classes]: the class of each row. */
  readonly isTarget: Value;
  /** The weight of each row, 0 for ignored ones. */
  readonly weights: Value;
  readonly losses: Value;
}

function rowLosses(n: Call): RowLosses {
  const { t } = n;
  const wide = wideOf(n.out);
  const [x, layer] = [t.convert(n.tensor("input"), wide), t.convert(n.tensor("linear_weight"), wide)];
  const target = n.tensor("target");
  if (t.rank(x) !== 2 || t.rank(layer) !== 2 || t.rank(target) !== 1)
    return n.unsupported("operands that are no matrices and a vector of targets");
  const products = t.dot(x, layer, { contract: [[1], [1]] });
  const bias = n.optional("linear_bias");
  const logs = logSoftmax(t, bias ? t.add(products, t.convert(bias, wide)) : products, 1);
  const isCounted = t.ne(target, n.int("ignore_index"));
  const safe = t.select(isCounted, target, t.fillLike(0, target));
  const picked = t.squeeze(t.takeAlong(logs, t.unsqueeze(safe, [1]), 1), [1]);
  const weight = n.optional("weight");
  const own = weight ? t.take(t.convert(weight, wide), safe, 0) : t.fillLike(1, picked);
  const weights = t.select(isCounted, own, t.fillLike(0, own));
  const losses = t.select(isCounted, t.neg(t.mul(picked, weights)), t.fillLike(0, picked));
  const isTarget = t.eq(t.iota(t.shape(logs), 1, t.element(safe)), t.unsqueeze(safe, [1]));
  return { x, layer, logs, isTarget, weights, losses };
}

/** The loss, and the gradients of operand, layer and bias where they are asked for; else empty tensors. */
function reducedLoss(n: Call): readonly Value[] {
  const { t } = n;
  if (n.float("label_smoothing") !== 0) return n.unsupported("smoothed labels");
  const reduction = n.string("reduction");
  if (reduction !== "mean" && reduction !== "sum") return n.unsupported(`reduction '${reduction}'`);
  const { x, layer, logs, isTarget, weights, losses } = rowLosses(n);
  const sum = t.sum(losses, [0]);
  const total = t.sum(weights, [0]);
  const isMean = reduction === "mean";
  const shares = isMean ? t.div(weights, total) : weights;
  const slopes = t.mul(t.sub(t.exp(logs), t.convert(isTarget, t.element(logs))), t.unsqueeze(shares, [1]));
  const gradients = [
    n.bool("compute_input_grad") ? t.dot(slopes, layer, { contract: [[1], [0]] }) : undefined,
    n.bool("compute_linear_weight_grad") ? t.dot(slopes, x, { contract: [[0], [0]] }) : undefined,
    n.bool("compute_linear_bias_grad") ? t.sum(slopes, [0]) : undefined,
  ];
  const none = [[0, 0], [0, 0], [0]];
  return [
    t.convert(isMean ? t.div(sum, total) : sum, n.out),
    ...gradients.map((g, i) => (g ? t.convert(g, n.out) : t.splat(0, none[i]!, n.out))),
  ];
}

export const linearCrossEntropies: Rows = {
  "torch_nn._linear_cross_entropy_batch_chunked": reducedLoss,
  "torch_nn._linear_cross_entropy_batch_chunked_no_reduction": (n) => n.t.convert(rowLosses(n).losses, n.out),
};
