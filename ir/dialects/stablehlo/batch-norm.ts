/** @file Batch normalisation over one feature axis, computed in doubles and rounded once. Source: StableHLO specification. */

import { defineOp, type Inference } from "../../define.js";
import { roundingOf } from "../../float-format.js";
import { f32Number, floatTensor, i64 } from "../../kinds.js";
import { emptyArray, type NdArray, sizeOf, stridesOf } from "../../ndarray.js";
import { printType, type TensorType } from "../../types.js";
import { mayEqual } from "./shapes.js";

const attrs = { epsilon: f32Number, feature_index: i64 } as const;

function checkFeatures(
  { context }: Inference,
  operand: TensorType,
  axis: number,
  features: readonly TensorType[],
): string | undefined {
  if (!(axis >= 0 && axis < operand.shape.length)) return `${printType(operand)} has no axis ${axis}`;
  const odd = features.find(
    (t) =>
      t.element !== operand.element || t.shape.length !== 1 || !mayEqual(context, t.shape[0]!, operand.shape[axis]!),
  );
  return odd && `${printType(odd)} does not hold one value per feature of ${printType(operand)}`;
}

/** Entries of each feature. */
interface Features {
  readonly count: number;
  readonly size: number;
  /** The feature of the entry at a flat position. */
  of(position: number): number;
}

function featuresOf(operand: NdArray, axis: number): Features {
  const stride = stridesOf(operand.shape)[axis]!;
  const count = operand.shape[axis]!;
  return {
    count,
    size: count === 0 ? 0 : sizeOf(operand.shape) / count,
    of: (position) => Math.floor(position / stride) % count,
  };
}

/** Per feature, the sum over its entries. */
function sums(features: Features, entries: number, entry: (position: number, feature: number) => number): Float64Array {
  const total = new Float64Array(features.count);
  for (let i = 0; i < entries; i++) {
    const feature = features.of(i);
    total[feature]! += entry(i, feature);
  }
  return total;
}

/** An array whose entries are rounded values of `f`. */
function filledBy(like: NdArray, f: (i: number) => number): NdArray {
  const out = emptyArray(like.element, like.shape);
  const round = roundingOf(like.element as Parameters<typeof roundingOf>[0]);
  for (let i = 0; i < out.data.length; i++) out.data[i] = round(f(i));
  return out;
}

const entries = (a: NdArray): Float64Array => a.data as Float64Array;

export const batchNormInference = defineOp("stablehlo.batch_norm_inference", {
  summary: "(operand - mean) / sqrt(variance + epsilon) * scale + offset, per feature.",
  operands: { operand: floatTensor, scale: floatTensor, offset: floatTensor, mean: floatTensor, variance: floatTensor },
  attrs,
  results: { result: floatTensor },
  traits: ["pure"],
  infer: ({ operand, scale, offset, mean, variance }, { feature_index: axis }, inference) =>
    checkFeatures(inference, operand, axis, [scale, offset, mean, variance]) ?? { result: operand },
  evaluate({ operand, scale, offset, mean, variance }, { epsilon, feature_index: axis }) {
    const features = featuresOf(operand, axis);
    const [x, s, o, m, v] = [operand, scale, offset, mean, variance].map(entries) as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const result = filledBy(operand, (i) => {
      const f = features.of(i);
      return ((x[i]! - m[f]!) / Math.sqrt(v[f]! + Math.fround(epsilon))) * s[f]! + o[f]!;
    });
    return { result };
  },
});

export const batchNormTraining = defineOp("stablehlo.batch_norm_training", {
  summary: "Normalisation with the mean and variance of the batch, which are results too.",
  operands: { operand: floatTensor, scale: floatTensor, offset: floatTensor },
  attrs,
  results: { output: floatTensor, batch_mean: floatTensor, batch_var: floatTensor },
  traits: ["pure"],
  infer({ operand, scale, offset }, { feature_index: axis }, inference) {
    const problem = checkFeatures(inference, operand, axis, [scale, offset]);
    return problem ?? { output: operand, batch_mean: scale, batch_var: scale };
  },
  evaluate({ operand, scale, offset }, { epsilon, feature_index: axis }) {
    const features = featuresOf(operand, axis);
    const [x, s, o] = [operand, scale, offset].map(entries) as [Float64Array, Float64Array, Float64Array];
    const mean = sums(features, x.length, (i) => x[i]!).map((t) => t / features.size);
    const variance = sums(features, x.length, (i, f) => (x[i]! - mean[f]!) ** 2).map((t) => t / features.size);
    const output = filledBy(operand, (i) => {
      const f = features.of(i);
      return ((x[i]! - mean[f]!) / Math.sqrt(variance[f]! + Math.fround(epsilon))) * s[f]! + o[f]!;
    });
    return { output, batch_mean: filledBy(scale, (f) => mean[f]!), batch_var: filledBy(scale, (f) => variance[f]!) };
  },
});

export const batchNormGrad = defineOp("stablehlo.batch_norm_grad", {
  summary: "The gradients of batch normalisation with respect to its operand, scale and offset.",
  operands: {
    operand: floatTensor,
    scale: floatTensor,
    mean: floatTensor,
    variance: floatTensor,
    grad_output: floatTensor,
  },
  attrs,
  results: { grad_operand: floatTensor, grad_scale: floatTensor, grad_offset: floatTensor },
  traits: ["pure"],
  infer({ operand, scale, mean, variance, grad_output: grad }, { feature_index: axis }, inference) {
    const problem = checkFeatures(inference, operand, axis, [scale, mean, variance]);
    if (problem !== undefined) return problem;
    const same = inference.context.mergeTypes(operand, grad) !== undefined;
    return same
      ? { grad_operand: operand, grad_scale: scale, grad_offset: scale }
      : `${printType(grad)} is no gradient of ${printType(operand)}`;
  },
  evaluate({ operand, scale, mean, variance, grad_output: grad }, { epsilon, feature_index: axis }) {
    const features = featuresOf(operand, axis);
    const [x, s, m, v, g] = [operand, scale, mean, variance, grad].map(entries) as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const inverse = Float64Array.from(v, (t) => 1 / Math.sqrt(t + Math.fround(epsilon)));
    const normal = (i: number, f: number) => (x[i]! - m[f]!) * inverse[f]!;
    const offsets = sums(features, x.length, (i) => g[i]!);
    const scales = sums(features, x.length, (i, f) => g[i]! * normal(i, f));
    const gradient = filledBy(operand, (i) => {
      const f = features.of(i);
      return s[f]! * inverse[f]! * (g[i]! - (offsets[f]! + normal(i, f) * scales[f]!) / features.size);
    });
    return {
      grad_operand: gradient,
      grad_scale: filledBy(scale, (f) => scales[f]!),
      grad_offset: filledBy(scale, (f) => offsets[f]!),
    };
  },
});
