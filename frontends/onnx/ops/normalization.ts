/** @file Softmax and the normalizations, most of them kept whole as composites. */

import { type AttrDict, intAttr } from "../../../ir/attrs.js";
import { type ElementType, elementFacts, isFloat } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { ImportNode, OpRow } from "../context.js";
import { flattenAt } from "./movement.js";

const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Integer attributes of a composite. */
function integers(t: TensorBuilder, values: Readonly<Record<string, number>>): AttrDict {
  const i64 = t.context.types.scalar("i64");
  return Object.fromEntries(Object.entries(values).map(([name, x]) => [name, intAttr(x, i64)]));
}

function float(t: TensorBuilder, value: number): AttrDict[string] {
  return { kind: "float", value, type: t.context.types.scalar("f32") };
}

/** e^x / sum(e^x) along an axis, with the largest element taken out. */
export function softmax(t: TensorBuilder, x: Value, axis: number): Value {
  const [result] = t.composite("psm.softmax", [x], integers(t, { axis }), (b, [y]) => {
    const powers = b.exp(b.sub(y!, b.reduce(y!, [axis], "max", true)));
    return [b.div(powers, b.sum(powers, [axis], true))];
  });
  return result!;
}

function logSoftmax(t: TensorBuilder, x: Value, axis: number): Value {
  const [result] = t.composite("psm.log_softmax", [x], integers(t, { axis }), (b, [y]) => {
    const shifted = b.sub(y!, b.reduce(y!, [axis], "max", true));
    return [b.sub(shifted, b.log(b.sum(b.exp(shifted), [axis], true)))];
  });
  return result!;
}

/** 1 at the first largest element, 0 elsewhere. */
function hardmax(t: TensorBuilder, x: Value, axis: number): Value {
  const best = t.unsqueeze(t.argReduce(x, axis, "max"), [axis]);
  return t.convert(t.eq(t.iota(t.shape(x), axis, "i64"), best), t.element(x));
}

/** Before opset 13 the input is a matrix: the axes before `axis`, and the others, which are normalized together. */
const alongAxis = (name: string, f: (t: TensorBuilder, x: Value, axis: number) => Value): OpRow => ({
  name,
  since: 1,
  build(n) {
    const { t } = n;
    const x = n.value(0);
    if (n.opset >= 13) return f(t, x, n.axis(-1, n.rank(0)));
    const axis = n.axis(1, Math.max(n.rank(0), 2));
    if (axis === n.rank(0) - 1) return f(t, x, axis);
    return t.reshape(f(t, flattenAt(n, x, axis), 1), t.shape(x));
  },
});

/** The element that statistics are computed in: `stash_type`, f32 unless given. */
function stashElement(n: ImportNode): ElementType {
  const element = n.element(0);
  const stash = n.dtype("stash_type") ?? "f32";
  return isFloat(element) && elementFacts[element].bits > elementFacts[stash].bits ? element : stash;
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

function layerNormalization(n: ImportNode): readonly (Value | undefined)[] {
  const { t } = n;
  const rank = n.rank(0);
  const axis = n.axis(-1, rank);
  const epsilon = n.float("epsilon", 1e-5);
  const stash = stashElement(n);
  const axes = count(rank).slice(axis);
  const operands = [n.value(0), n.value(1), ...(n.has(2) ? [n.value(2)] : [])];
  const attributes = { ...integers(t, { axis }), epsilon: float(t, epsilon) };
  const wantsStatistics = n.wants(1) || n.wants(2);
  return t.composite("psm.layer_norm", operands, attributes, (b, [x, scale, bias]) => {
    const [normal, mean, inverse] = standardized(b, b.convert(x!, stash), axes, epsilon);
    const scaled = b.mul(b.convert(normal, b.element(x!)), scale!);
    const y = bias ? b.add(scaled, bias) : scaled;
    return wantsStatistics ? [y, mean, inverse] : [y];
  });
}

function rmsNormalization(n: ImportNode): Value {
  const { t } = n;
  const rank = n.rank(0);
  const axis = n.axis(-1, rank);
  const epsilon = n.float("epsilon", 1e-5);
  const stash = stashElement(n);
  const axes = count(rank).slice(axis);
  const attributes = { ...integers(t, { axis }), epsilon: float(t, epsilon) };
  const [result] = t.composite("psm.rms_norm", [n.value(0), n.value(1)], attributes, (b, [x, scale]) => {
    const wide = b.convert(x!, stash);
    const inverse = b.rsqrt(b.add(b.mean(b.mul(wide, wide), axes, true), epsilon));
    return [b.mul(b.convert(b.mul(wide, inverse), b.element(x!)), scale!)];
  });
  return result!;
}

/** Scale and shift of channels (axis 1) as tensors that broadcast against the input. */
function perChannel(t: TensorBuilder, x: Value, like: Value): Value {
  return t.reshape(x, [...t.shape(x), ...new Array<number>(t.rank(like) - 2).fill(1)]);
}

function instanceNormalization(n: ImportNode): Value {
  const { t } = n;
  const epsilon = n.float("epsilon", 1e-5);
  const axes = count(n.rank(0)).slice(2);
  const operands = [n.value(0), n.value(1), n.value(2)];
  const [result] = t.composite("psm.instance_norm", operands, { epsilon: float(t, epsilon) }, (b, [x, scale, bias]) => {
    const normal = b.widened(x!, (wide) => standardized(b, wide, axes, epsilon)[0]);
    return [b.add(b.mul(normal, perChannel(b, scale!, x!)), perChannel(b, bias!, x!))];
  });
  return result!;
}

/** Channels in groups; scale and shift are per group in opset 18, per channel since 21. */
function groupNormalization(n: ImportNode): Value {
  const { t } = n;
  const groups = n.int("num_groups") ?? n.invalid("attribute 'num_groups' is missing");
  const epsilon = n.float("epsilon", 1e-5);
  const perGroup = n.opset < 21;
  const stash = stashElement(n);
  const operands = [n.value(0), n.value(1), n.value(2)];
  const attributes = { ...integers(t, { num_groups: groups }), epsilon: float(t, epsilon) };
  const [result] = t.composite("psm.group_norm", operands, attributes, (b, [x, scale, bias]) => {
    const { dims } = b.context;
    const [batch, channels, ...rest] = b.shape(x!);
    const apart = b.reshape(x!, [batch!, groups, dims.floorDiv(channels!, groups), ...rest]);
    const [normal] = standardized(b, b.convert(apart, stash), count(rest.length + 3).slice(2), epsilon);
    const back = b.convert(normal, b.element(x!));
    const place = (y: Value): Value => perChannel(b, y, perGroup ? back : x!);
    const joined = perGroup ? back : b.reshape(back, b.shape(x!));
    return [b.reshape(b.add(b.mul(joined, place(scale!)), place(bias!)), b.shape(x!))];
  });
  return result!;
}

/** x / norm along an axis; 0 where the norm is 0. */
function lpNormalization(n: ImportNode): Value {
  const { t } = n;
  const x = n.value(0);
  const axis = n.axis(-1, n.rank(0));
  const p = n.int("p", 2);
  if (p !== 1 && p !== 2) return n.invalid(`attribute 'p' is ${p}`);
  return t.widened(x, (wide) => {
    const norm = p === 1 ? t.sum(t.abs(wide), [axis], true) : t.sqrt(t.sum(t.mul(wide, wide), [axis], true));
    return t.select(t.eq(norm, 0), 0, t.div(wide, norm));
  });
}

/** (x - E[x]) / (sqrt(E[x^2] - E[x]^2) + 1e-9) */
function meanVariance(n: ImportNode): Value {
  const { t } = n;
  const axes = n.normalAxes(n.ints("axes") ?? [0, 2, 3], n.rank(0));
  return t.widened(n.value(0), (x) => {
    const mean = t.mean(x, axes, true);
    const square = t.mean(t.mul(x, x), axes, true);
    return t.div(t.sub(x, mean), t.add(t.sqrt(t.sub(square, t.mul(mean, mean))), 1e-9));
  });
}

export const normalization: readonly OpRow[] = [
  alongAxis("Softmax", softmax),
  alongAxis("LogSoftmax", logSoftmax),
  alongAxis("Hardmax", hardmax),
  { name: "LayerNormalization", since: 17, build: layerNormalization },
  { name: "RMSNormalization", since: 23, build: rmsNormalization },
  { name: "InstanceNormalization", since: 1, build: instanceNormalization },
  { name: "GroupNormalization", since: 18, build: groupNormalization },
  { name: "LpNormalization", since: 1, build: lpNormalization },
  { name: "MeanVarianceNormalization", since: 9, build: meanVariance },
];
