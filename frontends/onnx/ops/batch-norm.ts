/** @file Normalizations of channels over the batch and of elements over neighbouring channels: BatchNormalization, LRN. */

import { type BatchNormOperands, batchNorm, batchNormalized, widest } from "../../../ir/composites/batch-norm.js";
import { reduceWindow } from "../../../ir/dialects/stablehlo/reduce-window.js";
import type { Value } from "../../../ir/graph.js";
import type { ImportNode, OpRow } from "../context.js";
import { checkFloats, checkLeastRank } from "./checks.js";

const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Opset 14 has an attribute; in 7 to 13 whoever asks for statistics trains; before, `is_test` says no. */
function isTraining(n: ImportNode): boolean {
  if (n.opset >= 14) return n.flag("training_mode");
  if (n.opset >= 7) return count(4).some((i) => n.wants(i + 1));
  return !n.flag("is_test");
}

function batchNormalization(n: ImportNode): Value | readonly Value[] {
  const { t } = n;
  checkFloats(n, 0, 1, 2, 3, 4);
  const operands: BatchNormOperands = [n.value(0), n.value(1), n.value(2), n.value(3), n.value(4)];
  const epsilon = n.float("epsilon", 1e-5);
  // Before opset 9, elements could have statistics of their own; a tensor of rank 1 is one channel.
  const isPerFeature = n.rank(0) > 1 && (n.opset >= 9 || n.flag("spatial", true));
  if (isTraining(n)) return trained(n, operands, epsilon, isPerFeature);
  return batchNorm(t, operands, epsilon, isPerFeature);
}

/** Normalized by the statistics of this batch; those that were handed in are moved towards them. */
function trained(n: ImportNode, operands: BatchNormOperands, epsilon: number, isPerFeature: boolean): readonly Value[] {
  const { t } = n;
  const [x, scale, bias, oldMean, oldVariance] = operands;
  const axes = count(n.rank(0)).filter((axis) => axis === 0 || (isPerFeature && axis !== 1));
  const wide = t.convert(x, widest(t, operands));
  const mean = t.mean(wide, axes, true);
  const centered = t.sub(wide, mean);
  const flat = (y: Value): Value => t.reshape(y, t.shape(oldMean));
  const variance = flat(t.mean(t.mul(centered, centered), axes, true));
  const current = flat(mean);
  const y = batchNormalized(t, [x, scale, bias, current, variance], epsilon, isPerFeature);
  const momentum = n.float("momentum", 0.9);
  const moved = (old: Value, now: Value): Value => {
    const before = t.convert(old, t.element(now));
    return t.convert(t.add(t.mul(before, momentum), t.mul(now, 1 - momentum)), t.element(old));
  };
  const saved = [current, variance].map((s) => t.convert(s, t.element(oldMean)));
  return [y, moved(oldMean, current), moved(oldVariance, variance), ...saved];
}

/** x / (bias + alpha / size * (sum of squares over `size` channels around it))^beta */
function localResponse(n: ImportNode): Value {
  const { t } = n;
  checkLeastRank(n, 0, 2);
  checkFloats(n, 0);
  const size = n.int("size") ?? n.invalid("attribute 'size' is missing");
  const [alpha, beta, bias] = [n.float("alpha", 1e-4), n.float("beta", 0.75), n.float("bias", 1)];
  const rank = n.rank(0);
  const around: readonly [number, number] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
  return t.widened(n.value(0), (x) => {
    const element = t.element(x);
    const squares = t.settle(t.mul(x, x));
    const attrs = {
      window_dimensions: count(rank).map((axis) => (axis === 1 ? size : 1)),
      padding: count(rank).map((axis): readonly [number, number] => (axis === 1 ? around : [0, 0])),
    };
    const operands = { inputs: [squares], init_values: [t.number(0, element)] };
    const regions = [t.joiningRegion("add", element)];
    const total = t.emit(reduceWindow, operands, attrs, { regions });
    return t.div(x, t.pow(t.add(t.mul(total, alpha / size), bias), beta));
  });
}

export const batchNorms: readonly OpRow[] = [
  { name: "BatchNormalization", since: 1, build: batchNormalization },
  { name: "LRN", since: 1, build: localResponse },
];
