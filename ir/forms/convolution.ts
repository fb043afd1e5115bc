/**
 * @file Convolutions as front ends build them: batch and features first, [output features, input features of a group, ...]
 * kernels, or [input features, output features of a group, ...] for transposed ones, which are turned around.
 */

import { convolution } from "../dialects/stablehlo/convolution.js";
import type { ConvDimensionNumbers } from "../dialects/stablehlo/convolution-numbers.js";
import type { Value } from "../graph.js";
import type { TensorBuilder } from "../tensor-builder.js";

const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

export interface ConvolutionForm {
  readonly strides: readonly number[];
  readonly pads: readonly (readonly [number, number])[];
  /** Distance of neighbours of the operand after zeros are put between them. */
  readonly spread: readonly number[];
  readonly dilations: readonly number[];
  readonly groups: number;
  /** Kernels are [input features, output features, ...] and turned around. */
  readonly isTransposed: boolean;
}

/** Batch and features first; kernels are [output features, input features, ...] unless the form says otherwise. */
function numbersOf(spatial: number, isTransposed: boolean): ConvDimensionNumbers {
  const axes = count(spatial).map((i) => i + 2);
  return {
    inputBatchDimension: 0,
    inputFeatureDimension: 1,
    inputSpatialDimensions: axes,
    kernelInputFeatureDimension: isTransposed ? 0 : 1,
    kernelOutputFeatureDimension: isTransposed ? 1 : 0,
    kernelSpatialDimensions: axes,
    outputBatchDimension: 0,
    outputFeatureDimension: 1,
    outputSpatialDimensions: axes,
  };
}

const unlessOnes = (list: readonly number[]): readonly number[] | undefined =>
  list.every((x) => x === 1) ? undefined : list;

export function emitConvolution(t: TensorBuilder, x: Value, kernel: Value, form: ConvolutionForm): Value {
  const rank = form.strides.length;
  const attrs = {
    window_strides: unlessOnes(form.strides),
    padding: form.pads,
    lhs_dilation: unlessOnes(form.spread),
    rhs_dilation: unlessOnes(form.dilations),
    window_reversal: form.isTransposed ? count(rank).map(() => true) : undefined,
    dimension_numbers: numbersOf(rank, form.isTransposed),
    feature_group_count: form.groups,
    batch_group_count: 1,
  };
  return t.emit(convolution, { lhs: t.settle(x), rhs: t.settle(kernel) }, attrs);
}

/**
 * The gradient of a convolution's kernel: `x` [batch, inputs, ...] and `grad` [batch, outputs, ...] give
 * [outputs, inputs of a group, ...]. `pads` and `strides` are those of the convolution from `x` to `grad`, `pads[i][1]` such
 * that the result has the kernel's sizes.
 */
export function kernelGradient(
  t: TensorBuilder,
  x: Value,
  grad: Value,
  form: Pick<ConvolutionForm, "strides" | "pads" | "dilations" | "groups">,
): Value {
  const axes = count(form.strides.length).map((i) => i + 2);
  const numbers: ConvDimensionNumbers = {
    inputBatchDimension: 1,
    inputFeatureDimension: 0,
    inputSpatialDimensions: axes,
    kernelInputFeatureDimension: 0,
    kernelOutputFeatureDimension: 1,
    kernelSpatialDimensions: axes,
    outputBatchDimension: 1,
    outputFeatureDimension: 0,
    outputSpatialDimensions: axes,
  };
  const attrs = {
    window_strides: unlessOnes(form.dilations),
    padding: form.pads,
    lhs_dilation: undefined,
    rhs_dilation: unlessOnes(form.strides),
    window_reversal: undefined,
    dimension_numbers: numbers,
    feature_group_count: 1,
    batch_group_count: form.groups,
  };
  return t.emit(convolution, { lhs: t.settle(x), rhs: t.settle(grad) }, attrs);
}

/** Kernels of a grouped transposed convolution as [features in of a group, features out, ...]. */
export function groupedKernel(t: TensorBuilder, kernel: Value, groups: number): Value {
  if (groups === 1) return kernel;
  const { dims } = t.context;
  const [inputs, outputs, ...spatial] = t.shape(kernel);
  const apart = t.reshape(kernel, [groups, dims.floorDiv(inputs!, groups), outputs!, ...spatial]);
  return t.reshape(t.moveAxis(apart, 0, 1), [dims.floorDiv(inputs!, groups), dims.mul(outputs!, groups), ...spatial]);
}

/** A vector over features as a tensor that broadcasts against [batch, features, ...] of rank `rank`. */
export function perFeature(t: TensorBuilder, x: Value, rank: number): Value {
  return t.reshape(x, [...t.shape(x), ...new Array<number>(rank - 2).fill(1)]);
}

/** `bias`, one for each feature, added to [batch, features, ...]. */
export function addBias(t: TensorBuilder, y: Value, bias: Value | undefined): Value {
  return bias === undefined ? y : t.add(y, perFeature(t, bias, t.rank(y)));
}
