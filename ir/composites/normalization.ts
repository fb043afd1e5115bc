/**
 * @file Normalizations as composites. Operands: what is normalized, a scale and a shift (`psm.layer_norm` may go without
 * the shift, `psm.rms_norm` has none). Scales broadcast to the operand in layer and RMS norms; in group and instance norms
 * there is one for each channel (axis 1) or group. Statistics are computed in f32 at least unless `precision` says otherwise.
 */

import { type AttrDict, stringAttr } from "../attrs.js";
import { type ElementType, elementFacts } from "../element.js";
import type { Value } from "../graph.js";
import type { TensorBuilder } from "../tensor-builder.js";
import { count, float, given, integers, unit } from "./attributes.js";

/** The element of the statistics, if nothing is said: f32, or that of a wider operand. */
export function usualPrecision(element: ElementType): ElementType {
  return elementFacts[element].bits > 32 ? element : "f32";
}

function precisionAttr(t: TensorBuilder, x: Value, precision: ElementType): AttrDict {
  return precision === usualPrecision(t.element(x)) ? {} : { precision: stringAttr(precision) };
}

/** (x - mean) / sqrt(variance + epsilon), with the mean and the reciprocal root. */
function standardized(
  t: TensorBuilder,
  x: Value,
  axes: readonly number[],
  epsilon: number,
): readonly [Value, Value, Value] {
  const mean = t.mean(x, axes, true);
  const centered = t.sub(x, mean);
  const variance = t.mean(t.mul(centered, centered), axes, true);
  const inverse = t.rsqrt(t.add(variance, epsilon));
  return [t.mul(centered, inverse), mean, inverse];
}

export interface NormForm {
  /** The first of the axes that are normalized together, up to the last. */
  readonly axis: number;
  readonly epsilon: number;
  /** What statistics are computed in. */
  readonly precision: ElementType;
}

/** Gives the mean and the reciprocal of the deviation too where those are asked for. */
export function layerNorm(
  t: TensorBuilder,
  operands: readonly [x: Value, scale: Value] | readonly [x: Value, scale: Value, bias: Value],
  { axis, epsilon, precision }: NormForm,
  statistics = false,
): readonly Value[] {
  const axes = count(t.rank(operands[0])).slice(axis);
  const attributes = {
    ...integers(t, { axis }),
    epsilon: float(t, epsilon, t.element(operands[0])),
    ...precisionAttr(t, operands[0], precision),
    ...given({ statistics: statistics ? unit : undefined }),
  };
  return t.composite("psm.layer_norm", operands, attributes, (b, [x, scale, bias]) => {
    const [normal, mean, inverse] = standardized(b, b.convert(x!, precision), axes, epsilon);
    const scaled = b.mul(b.convert(normal, b.element(x!)), scale!);
    const y = bias ? b.add(scaled, bias) : scaled;
    return statistics ? [y, mean, inverse] : [y];
  });
}

/** x / sqrt(mean(x^2) + epsilon) * scale */
export function rmsNorm(t: TensorBuilder, x: Value, scale: Value, { axis, epsilon, precision }: NormForm): Value {
  const axes = count(t.rank(x)).slice(axis);
  const attributes = {
    ...integers(t, { axis }),
    epsilon: float(t, epsilon, t.element(x)),
    ...precisionAttr(t, x, precision),
  };
  const [result] = t.composite("psm.rms_norm", [x, scale], attributes, (b, [y, factor]) => {
    const wide = b.convert(y!, precision);
    const inverse = b.rsqrt(b.add(b.mean(b.mul(wide, wide), axes, true), epsilon));
    return [b.mul(b.convert(b.mul(wide, inverse), b.element(y!)), factor!)];
  });
  return result!;
}

/** Scale and shift of channels (axis 1) as tensors that broadcast against the input. */
function perChannel(t: TensorBuilder, x: Value, like: Value): Value {
  return t.reshape(x, [...t.shape(x), ...new Array<number>(t.rank(like) - 2).fill(1)]);
}

/** Every channel of every sample normalized on its own. */
export function instanceNorm(
  t: TensorBuilder,
  operands: readonly [x: Value, scale: Value, bias: Value],
  epsilon: number,
): Value {
  const axes = count(t.rank(operands[0])).slice(2);
  const attributes = { epsilon: float(t, epsilon, t.element(operands[0])) };
  const [result] = t.composite("psm.instance_norm", operands, attributes, (b, [x, scale, bias]) => {
    const normal = b.widened(x!, (wide) => standardized(b, wide, axes, epsilon)[0]);
    return [b.add(b.mul(normal, perChannel(b, scale!, x!)), perChannel(b, bias!, x!))];
  });
  return result!;
}

export interface GroupForm {
  readonly groups: number;
  readonly epsilon: number;
  readonly precision: ElementType;
  /** Whether scale and shift are per group, not per channel. */
  readonly perGroup: boolean;
}

/** Channels in groups, each normalized together. */
export function groupNorm(
  t: TensorBuilder,
  operands: readonly [x: Value, scale: Value, bias: Value],
  { groups, epsilon, precision, perGroup }: GroupForm,
): Value {
  const attributes = {
    ...integers(t, { num_groups: groups }),
    epsilon: float(t, epsilon, t.element(operands[0])),
    ...precisionAttr(t, operands[0], precision),
    ...given({ per_group: perGroup ? unit : undefined }),
  };
  const [result] = t.composite("psm.group_norm", operands, attributes, (b, [x, scale, bias]) => {
    const { dims } = b.context;
    const [batch, channels, ...rest] = b.shape(x!);
    const apart = b.reshape(x!, [batch!, groups, dims.floorDiv(channels!, groups), ...rest]);
    const [normal] = standardized(b, b.convert(apart, precision), count(rest.length + 3).slice(2), epsilon);
    const back = b.convert(normal, b.element(x!));
    const place = (y: Value): Value => perChannel(b, y, perGroup ? back : x!);
    const joined = perGroup ? back : b.reshape(back, b.shape(x!));
    return [b.reshape(b.add(b.mul(joined, place(scale!)), place(bias!)), b.shape(x!))];
  });
  return result!;
}
