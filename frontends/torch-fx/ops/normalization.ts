/**
 * @file Normalizations, kept whole as composites. Narrow floats are computed with in f32 and rounded once, as eager mode
 * does on CPUs; statistics have the element that the graph declares.
 */

import { type BatchNormOperands, batchNorm, batchNormalized } from "../../../ir/composites/batch-norm.js";
import { groupNorm, layerNorm, rmsNorm } from "../../../ir/composites/normalization.js";
import { reduceWindow } from "../../../ir/dialects/stablehlo/reduce-window.js";
import type { Dim } from "../../../ir/dim.js";
import type { ElementType } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import type { Call, Row, Rows } from "../call.js";
import { isTensor } from "../items.js";
import { wideOf } from "./widths.js";

const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** An argument that stands for a number everywhere where it is not given. */
function orFilled(n: Call, name: string, x: number, sizes: readonly Dim[], element: ElementType): Value {
  const given = n.optional(name);
  return given ? n.t.convert(given, element) : n.t.broadcast(n.t.number(x, element), sizes, []);
}

/** The result, the mean and the reciprocal of the deviation. */
function layerNormParts(n: Call, statistics: boolean): readonly Value[] {
  const { t } = n;
  const x = n.tensor("input");
  const element = t.element(x);
  const wide = wideOf(element);
  const axis = t.rank(x) - n.dims("normalized_shape").length;
  const scale = orFilled(n, "weight", 1, t.shape(x).slice(axis), wide);
  const shift = n.optional("bias");
  const own = t.convert(x, wide);
  const operands = shift ? ([own, scale, t.convert(shift, wide)] as const) : ([own, scale] as const);
  const form = { axis, epsilon: n.float("eps"), precision: wide };
  const [y, ...more] = layerNorm(t, operands, form, statistics);
  return [t.convert(y!, element), ...more.map((z, i) => t.convert(z, n.declared(i + 1).element))];
}

/** 2^-23 and 2^-52: what is added where nothing is said. */
const ulp = (element: ElementType): number => (element === "f64" ? 2 ** -52 : 2 ** -23);

function rmsNormalization(n: Call): Value {
  const { t } = n;
  const x = n.tensor("input");
  const element = t.element(x);
  const wide = wideOf(element);
  const axis = t.rank(x) - n.dims("normalized_shape").length;
  const scale = orFilled(n, "weight", 1, t.shape(x).slice(axis), wide);
  const epsilon = n.optionalFloat("eps") ?? ulp(wide);
  return t.convert(rmsNorm(t, t.convert(x, wide), scale, { axis, epsilon, precision: wide }), n.out);
}

/** `groups` is the number of groups. */
function groupNormOf(n: Call, groups: number): Value {
  const { t } = n;
  const x = n.tensor("input");
  const wide = wideOf(t.element(x));
  const channels = [t.shape(x)[1]!];
  const operands = [
    t.convert(x, wide),
    orFilled(n, "weight", 1, channels, wide),
    orFilled(n, "bias", 0, channels, wide),
  ] as const;
  const y = groupNorm(t, operands, { groups, epsilon: n.float("eps"), precision: wide, perGroup: false });
  return t.convert(y, n.out);
}

/** The result, and the mean and reciprocal deviation [batch, groups]. */
function nativeGroupNorm(n: Call): readonly Value[] {
  const { t } = n;
  const { dims } = t.context;
  const groups = n.int("group");
  const x = n.tensor("input");
  const wide = t.convert(x, wideOf(t.element(x)));
  const [batch, ...rest] = t.shape(x);
  const apart = t.reshape(wide, [batch!, groups, dims.floorDiv(dims.product(rest), groups)]);
  const mean = t.mean(apart, [2], true);
  const centered = t.sub(apart, mean);
  const variance = t.mean(t.mul(centered, centered), [2]);
  const inverse = t.rsqrt(t.add(variance, n.float("eps")));
  const statistics = [t.squeeze(mean, [2]), inverse];
  return [groupNormOf(n, groups), ...statistics.map((z, i) => t.convert(z, n.declared(i + 1).element))];
}

/** What a batch normalization gives. */
interface Normalized {
  readonly y: Value;
  /** Mean and reciprocal deviation of this batch. */
  readonly saved: readonly [Value, Value] | undefined;
  /** The statistics that were handed in, moved towards those of this batch. */
  readonly moved: readonly [Value, Value] | undefined;
}

function batchNormParts(n: Call, isTraining: boolean): Normalized {
  const { t } = n;
  const x = n.tensor("input");
  if (t.rank(x) < 2) return n.unsupported("a tensor without channels");
  const wide = wideOf(t.element(x));
  const channels = [t.shape(x)[1]!];
  const epsilon = n.float("eps");
  const [scale, shift] = [orFilled(n, "weight", 1, channels, wide), orFilled(n, "bias", 0, channels, wide)];
  const running = n.takes("running_mean") && n.has("running_mean");
  const [oldMean, oldVariance] = running ? [n.tensor("running_mean"), n.tensor("running_var")] : [];
  if (!isTraining && oldMean !== undefined && oldVariance !== undefined) {
    const operands: BatchNormOperands = [x, scale, shift, oldMean, oldVariance];
    return { y: batchNorm(t, operands, epsilon, true), saved: undefined, moved: undefined };
  }
  const own = t.convert(x, wide);
  const axes = count(t.rank(x)).filter((axis) => axis !== 1);
  const kept = t.mean(own, axes, true);
  const centered = t.sub(own, kept);
  const variance = t.mean(t.mul(centered, centered), axes);
  const mean = t.reshape(kept, t.shape(variance));
  const y = t.convert(batchNormalized(t, [own, scale, shift, mean, variance], epsilon, true), t.element(x));
  const saved = [mean, t.rsqrt(t.add(variance, epsilon))] as const;
  if (oldMean === undefined || oldVariance === undefined) return { y, saved, moved: undefined };
  // The variance that is kept is that of a sample: of one element less.
  const size = t.countAlong(own, axes, wide);
  const unbiased = t.mul(variance, t.div(size, t.sub(size, 1)));
  const momentum = n.float("momentum");
  const towards = (old: Value, now: Value): Value => {
    const before = t.mul(t.convert(old, wide), 1 - momentum);
    return t.convert(t.add(before, t.mul(now, momentum)), t.element(old));
  };
  return { y, saved, moved: [towards(oldMean, mean), towards(oldVariance, unbiased)] };
}

/** Writes the moved statistics where they came from. */
function update(n: Call, moved: Normalized["moved"]): void {
  ["running_mean", "running_var"].forEach((name, i) => {
    const target = moved && n.item(name);
    if (moved && target && isTensor(target)) target.write(n.t, moved[i]!);
  });
}

/** The result alone. */
function plainBatchNorm(n: Call): Value {
  const { y, moved } = batchNormParts(n, n.bool("training"));
  update(n, moved);
  return y;
}

/** The result, and the mean and reciprocal deviation of the batch, which have no elements outside training. */
const nativeBatchNorm =
  (isTraining: (n: Call) => boolean, writes: boolean): Row =>
  (n) => {
    const { t } = n;
    const { y, saved, moved } = batchNormParts(n, isTraining(n));
    if (writes) update(n, moved);
    const statistics = [0, 1].map((i) => {
      const { element } = n.declared(i + 1);
      return saved ? t.convert(saved[i]!, element) : t.splat(0, [0], element);
    });
    if (!n.node.target.includes("functional")) return [y, ...statistics];
    return [y, ...statistics, ...(moved ?? [n.tensor("running_mean"), n.tensor("running_var")])];
  };

/** As `nativeBatchNorm`, with memory of the engine behind, of which this one needs none. */
const withReserve =
  (isTraining: boolean, writes: boolean): Row =>
  (n) => {
    const inner = nativeBatchNorm(() => isTraining, writes)(n) as readonly Value[];
    return [...inner.slice(0, 3), n.t.splat(0, [0], n.declared(3).element)];
  };

/** Every channel of every sample on its own; or by the statistics that are handed in. */
function instanceNormalization(n: Call): Value {
  const { t } = n;
  if (!n.bool("use_input_stats")) return batchNormParts(n, false).y;
  const channels = t.shape(n.tensor("input"))[1]!;
  if (n.has("running_mean")) update(n, movedByInstances(n));
  if (typeof channels !== "number") return n.unsupported("channels whose number is not known before the model runs");
  return groupNormOf(n, channels);
}

/** Statistics that were handed in, moved towards the means of those of all samples. */
function movedByInstances(n: Call): readonly [Value, Value] {
  const { t } = n;
  const wide = wideOf(n.element("input"));
  const x = t.convert(n.tensor("input"), wide);
  const axes = count(t.rank(x)).slice(2);
  const mean = t.mean(x, axes, true);
  const centered = t.sub(x, mean);
  const size = t.countAlong(x, axes, wide);
  const variance = t.div(t.sum(t.mul(centered, centered), axes), t.sub(size, 1));
  const momentum = n.float("momentum");
  const towards = (name: string, now: Value): Value => {
    const before = t.mul(t.convert(n.tensor(name), wide), 1 - momentum);
    return t.convert(t.add(before, t.mul(t.mean(now, [0]), momentum)), n.element(name));
  };
  return [towards("running_mean", t.squeeze(mean, axes)), towards("running_var", variance)];
}

/** The sums of squares over `size` channels around each, as a mean that counts margins. */
function localResponse(n: Call): Value {
  const { t } = n;
  const size = n.int("size");
  const rank = n.rank("input");
  const around: readonly [number, number] = [Math.floor(size / 2), Math.floor((size - 1) / 2)];
  return t.widened(n.tensor("input"), (x) => {
    const element = t.element(x);
    const attrs = {
      window_dimensions: count(rank).map((axis) => (axis === 1 ? size : 1)),
      padding: count(rank).map((axis): readonly [number, number] => (axis === 1 ? around : [0, 0])),
    };
    const operands = { inputs: [t.settle(t.mul(x, x))], init_values: [t.number(0, element)] };
    const total = t.emit(reduceWindow, operands, attrs, { regions: [t.joiningRegion("add", element)] });
    const weighed = t.add(t.mul(total, n.float("alpha") / size), n.float("k"));
    return t.div(x, t.pow(weighed, n.float("beta")));
  });
}

const training = (n: Call): boolean => n.bool("training");

export const normalizations: Rows = {
  "aten.layer_norm": (n) => layerNormParts(n, false)[0]!,
  "aten.native_layer_norm": (n) => layerNormParts(n, true),
  "aten.rms_norm": rmsNormalization,
  "aten.group_norm": (n) => groupNormOf(n, n.int("num_groups")),
  "aten.native_group_norm": nativeGroupNorm,
  "aten.instance_norm": instanceNormalization,
  "aten.batch_norm": plainBatchNorm,
  "aten.native_batch_norm": nativeBatchNorm(training, true),
  "aten._native_batch_norm_legit.default": nativeBatchNorm(training, true),
  "aten._native_batch_norm_legit.no_stats": nativeBatchNorm(training, false),
  "aten._native_batch_norm_legit_functional": nativeBatchNorm(training, false),
  "aten._native_batch_norm_legit_no_training": nativeBatchNorm(() => false, false),
  "aten._batch_norm_no_update": withReserve(false, false),
  "aten._batch_norm_with_update": withReserve(true, true),
  "aten._batch_norm_with_update_functional": (n) => {
    const { t } = n;
    const { y, saved, moved } = batchNormParts(n, true);
    const statistics = saved!.map((x, i) => t.convert(x, n.declared(i + 1).element));
    return [y, ...statistics, t.splat(0, [0], n.declared(3).element), ...(moved ?? [])];
  },
  "aten.local_response_norm": localResponse,
};
