/**
 * @file `psm.batch_norm`: x [batch, channels, ...], then scale, shift, mean and variance, one of each for every channel, or
 * with `per_element` of sizes that broadcast against x. Narrow floats are computed with in f32 and rounded once.
 */

import type { AttrDict } from "../attrs.js";
import { elementFacts } from "../element.js";
import { perFeature } from "../forms/convolution.js";
import type { Value } from "../graph.js";
import type { TensorBuilder } from "../tensor-builder.js";
import { float, given, unit } from "./attributes.js";

export type BatchNormOperands = readonly [x: Value, scale: Value, shift: Value, mean: Value, variance: Value];

/** f32 at least: narrower elements are rounded once, at the end. */
export function widest(t: TensorBuilder, operands: readonly Value[]): "f32" | "f64" {
  return operands.some((x) => elementFacts[t.element(x)].bits > 32) ? "f64" : "f32";
}

/** x * s + (shift - mean * s) with s = scale / sqrt(variance + epsilon), which is constant where its operands are. */
export function batchNormalized(
  t: TensorBuilder,
  operands: BatchNormOperands,
  epsilon: number,
  isPerFeature: boolean,
): Value {
  const element = widest(t, operands);
  const [x, scale, shift, mean, variance] = operands.map((y) => t.convert(y, element)) as [
    Value,
    Value,
    Value,
    Value,
    Value,
  ];
  const factor = t.mul(scale, t.rsqrt(t.add(variance, epsilon)));
  const moved = t.sub(shift, t.mul(mean, factor));
  const place = (y: Value): Value => (isPerFeature ? perFeature(t, y, t.rank(x)) : y);
  return t.convert(t.add(t.mul(x, place(factor)), place(moved)), t.element(operands[0]));
}

/** Normalized by statistics that are handed in. */
export function batchNorm(
  t: TensorBuilder,
  operands: BatchNormOperands,
  epsilon: number,
  isPerFeature: boolean,
): Value {
  const attributes: AttrDict = {
    epsilon: float(t, epsilon, t.element(operands[0])),
    ...given({ per_element: isPerFeature ? undefined : unit }),
  };
  const [y] = t.composite("psm.batch_norm", operands, attributes, (b, inside) => [
    batchNormalized(b, inside as readonly Value[] as BatchNormOperands, epsilon, isPerFeature),
  ]);
  return y!;
}
