/** @file Softmax and the normalizations, most of them kept whole as composites. */

import { groupNorm, instanceNorm, layerNorm, type NormForm, rmsNorm } from "../../../ir/composites/normalization.js";
import { logSoftmax, softmax } from "../../../ir/composites/softmax.js";
import { type ElementType, elementFacts, isFloat } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { ImportNode, OpRow } from "../context.js";
import { flattenAt } from "./movement.js";

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

/** What layer and RMS norms have in common. */
function normForm(n: ImportNode): NormForm {
  return { axis: n.axis(-1, n.rank(0)), epsilon: n.float("epsilon", 1e-5), precision: stashElement(n) };
}

function layerNormalization(n: ImportNode): readonly (Value | undefined)[] {
  const [x, scale] = [n.value(0), n.value(1)];
  const operands = n.has(2) ? ([x, scale, n.value(2)] as const) : ([x, scale] as const);
  return layerNorm(n.t, operands, normForm(n), n.wants(1) || n.wants(2));
}

const rmsNormalization = (n: ImportNode): Value => rmsNorm(n.t, n.value(0), n.value(1), normForm(n));

function instanceNormalization(n: ImportNode): Value {
  return instanceNorm(n.t, [n.value(0), n.value(1), n.value(2)], n.float("epsilon", 1e-5));
}

/** Channels in groups; scale and shift are per group in opset 18, per channel since 21. */
function groupNormalization(n: ImportNode): Value {
  const groups = n.int("num_groups") ?? n.invalid("attribute 'num_groups' is missing");
  const form = { groups, epsilon: n.float("epsilon", 1e-5), precision: stashElement(n), perGroup: n.opset < 21 };
  return groupNorm(n.t, [n.value(0), n.value(1), n.value(2)], form);
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
