/** @file Gradients of normalizations: of layers, groups and batches. Narrow floats are computed with in f32 and rounded once. */

import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { Call, Row, Rows } from "../call.js";
import { wideOf } from "./widths.js";

const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Which gradients are asked for. */
export function masked(n: Call, gradients: readonly (() => Value)[]): readonly (Value | undefined)[] {
  const mask = n.argument("output_mask");
  return gradients.map((gradient, i) => {
    const item = mask.kind === "list" ? mask.items[i] : undefined;
    return item?.kind === "bool" && item.value ? n.t.convert(gradient(), n.declared(i).element) : undefined;
  });
}

/** The gradient of (x - mean) / deviation along `axes`, from that of the result and the result itself. */
function standardizedGradient(
  t: TensorBuilder,
  grad: Value,
  normal: Value,
  inverse: Value,
  axes: readonly number[],
): Value {
  const mean = t.mean(grad, axes, true);
  const slope = t.mean(t.mul(grad, normal), axes, true);
  return t.mul(t.sub(t.sub(grad, mean), t.mul(normal, slope)), inverse);
}

function layerNorm(n: Call): readonly (Value | undefined)[] {
  const { t } = n;
  const wide = wideOf(n.element("input"));
  const of = (name: string): Value => t.convert(n.tensor(name), wide);
  const [x, grad] = [of("input"), of("grad_out")];
  const axis = t.rank(x) - n.dims("normalized_shape").length;
  const [outer, inner] = [count(axis), count(t.rank(x)).slice(axis)];
  const statistic = (name: string): Value =>
    t.reshape(
      of(name),
      t.shape(x).map((d, k) => (k < axis ? d : 1)),
    );
  const inverse = statistic("rstd");
  const normal = t.mul(t.sub(x, statistic("mean")), inverse);
  const scaled = n.has("weight") ? t.mul(grad, of("weight")) : grad;
  return masked(n, [
    () => standardizedGradient(t, scaled, normal, inverse, inner),
    () => t.sum(t.mul(grad, normal), outer),
    () => t.sum(grad, outer),
  ]);
}

/** The gradients of `x / sqrt(mean(x^2) + eps) * weight`; `rstd` is the reciprocal root. */
function rmsNorm(n: Call): readonly (Value | undefined)[] {
  const { t } = n;
  const wide = wideOf(n.element("input"));
  const of = (name: string): Value => t.convert(n.tensor(name), wide);
  const [x, grad] = [of("input"), of("grad_out")];
  const axis = t.rank(x) - n.dims("normalized_shape").length;
  const inner = count(t.rank(x)).slice(axis);
  const inverse = t.reshape(
    of("rstd"),
    t.shape(x).map((d, k) => (k < axis ? d : 1)),
  );
  const normal = t.mul(x, inverse);
  const scaled = n.has("weight") ? t.mul(grad, of("weight")) : grad;
  return masked(n, [
    () => t.mul(t.sub(scaled, t.mul(normal, t.mean(t.mul(scaled, normal), inner, true))), inverse),
    () => t.sum(t.mul(grad, normal), count(axis)),
  ]);
}

function groupNorm(n: Call): readonly (Value | undefined)[] {
  const { t } = n;
  const { dims } = t.context;
  const wide = wideOf(n.element("input"));
  const of = (name: string): Value => t.convert(n.tensor(name), wide);
  const groups = n.int("group");
  const [batch, channels, space] = [n.dim("N"), n.dim("C"), n.dim("HxW")];
  const apart = [batch, groups, dims.floorDiv(channels, groups), space];
  const [x, grad] = [t.reshape(of("input"), apart), t.reshape(of("grad_out"), apart)];
  const statistic = (name: string): Value => t.reshape(of(name), [batch, groups, 1, 1]);
  const inverse = statistic("rstd");
  const normal = t.mul(t.sub(x, statistic("mean")), inverse);
  const weight = n.has("weight") ? t.reshape(of("weight"), [1, groups, apart[2]!, 1]) : undefined;
  const scaled = weight ? t.mul(grad, weight) : grad;
  const perChannel = (y: Value): Value => t.reshape(t.sum(y, [0, 3]), [channels]);
  return masked(n, [
    () => t.reshape(standardizedGradient(t, scaled, normal, inverse, [2, 3]), n.shape("input")),
    () => perChannel(t.mul(grad, normal)),
    () => perChannel(grad),
  ]);
}

/** `training` says whether the statistics are those of the batch; `saved` names its reciprocal deviation. */
const batchNorm =
  (training: string, saved: string): Row =>
  (n) => {
    const { t } = n;
    const wide = wideOf(n.element("input"));
    const of = (name: string): Value => t.convert(n.tensor(name), wide);
    const [x, grad] = [of("input"), of("grad_out")];
    const axes = count(t.rank(x)).filter((axis) => axis !== 1);
    const spread = (y: Value): Value => t.reshape(y, [...t.shape(y), ...new Array<number>(t.rank(x) - 2).fill(1)]);
    const isTraining = n.bool(training);
    const inverse = spread(isTraining ? of(saved) : t.rsqrt(t.add(of("running_var"), n.float("eps"))));
    const normal = t.mul(t.sub(x, spread(of(isTraining ? "save_mean" : "running_mean"))), inverse);
    const scaled = n.has("weight") ? t.mul(grad, spread(of("weight"))) : grad;
    return masked(n, [
      () => (isTraining ? standardizedGradient(t, scaled, normal, inverse, axes) : t.mul(scaled, inverse)),
      () => t.sum(t.mul(grad, normal), axes),
      () => t.sum(grad, axes),
    ]);
  };

export const normalizationGradients: Rows = {
  "aten.native_layer_norm_backward": layerNorm,
  "aten._fused_rms_norm_backward": rmsNorm,
  "aten.native_group_norm_backward": groupNorm,
  "aten.native_batch_norm_backward": batchNorm("train", "save_invstd"),
  "aten.batch_norm_backward": batchNorm("update", "save_var"),
};
