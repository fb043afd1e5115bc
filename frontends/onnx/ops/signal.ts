/** @file Signals: DFT, STFT, window functions, MelWeightMatrix. */

import type { Dim } from "../../../ir/dim.js";
import type { ElementType } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { ImportNode, OpRow } from "../context.js";
import { checkFloats, checkLeastRank, checkRank } from "./checks.js";
import { type DftForm, dftAlong, dftShape } from "./fourier.js";
import { folded } from "./resample.js";

const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** A size in input `i` that the declared size of axis `axis` of the output says, checked; or what the program computes. */
function sizeIn(n: ImportNode, i: number, what: string, axis: number): Dim {
  const [size] = n.dims(i, what);
  if (size === undefined) return n.invalid(`its ${what} is empty`);
  const declared = n.declaredSizes(0)?.[axis];
  return declared === undefined ? size : n.t.unify(size, declared);
}

function dft(n: ImportNode): Value {
  checkLeastRank(n, 0, 2);
  checkFloats(n, 0);
  const rank = n.rank(0);
  const length = n.has(1) ? n.dims(1, "length")[0] : undefined;
  const form: DftForm = { inverse: n.flag("inverse"), onesided: n.flag("onesided"), length };
  return n.t.widened(n.value(0), (x) => {
    if (n.opset < 20) return dftAlong(n.t, x, n.axis(1, rank), form);
    const known = n.has(2) ? n.knownNumbers(2)?.[0] : -2;
    return known === undefined ? dftAtRun(n, x, form) : dftAlong(n.t, x, n.normalAxis(known, rank), form);
  });
}

/** The axis is an input: the program chooses among those that lead to the declared sizes. */
function dftAtRun(n: ImportNode, x: Value, form: DftForm): Value {
  const { t } = n;
  const rank = n.rank(0);
  const declared = n.declaredSizes(0);
  const fits = (axis: number): boolean => {
    if (declared === undefined) return true;
    const shape = dftShape(t, t.shape(x), axis, form);
    return declared.every((d, i) => !t.facts.isDifferent(d, shape[i]!));
  };
  const axes = count(rank - 1).filter(fits);
  if (axes.length === 0) return n.invalid("no axis leads to the declared sizes");
  const axis = t.fromStart(t.reshape(t.convert(n.value(2), "i64"), []), rank);
  const isAxis = axes.map((a) => t.eq(axis, a));
  const message = `the axis of ${n.node.label} does not lead to the sizes that the model declares`;
  t.assert(
    isAxis.reduce((a, b) => t.or(a, b)),
    message,
  );
  const from = (k: number, b: TensorBuilder): Value => {
    if (k === axes.length - 1) return dftAlong(b, x, axes[k]!, form);
    const [result] = b.if(
      isAxis[k]!,
      (inner) => [dftAlong(inner, x, axes[k]!, form)],
      (inner) => [from(k + 1, inner)],
    );
    return result!;
  };
  return from(0, t);
}

/** Transforms of windows that move over the signal: [batch, frames, bins, 2]. */
function shortTime(n: ImportNode): Value {
  const { t } = n;
  const { dims } = t.context;
  checkRank(n, 0, 3);
  checkRank(n, 2, 1);
  checkFloats(n, 0, 2);
  const [batch, length, parts] = n.shape(0);
  const [step] = n.dims(1, "frame step");
  const window = n.optional(2);
  const windowSize = window && t.shape(window)[0]!;
  const [given] = n.has(3) ? n.dims(3, "frame length") : [undefined];
  const size = given !== undefined && windowSize !== undefined ? t.unify(given, windowSize) : (given ?? windowSize);
  const frame = size ?? length!;
  const amount = dims.add(dims.floorDiv(dims.sub(length!, frame), step!), 1);
  const declared = n.declaredSizes(0)?.[1];
  const frames = declared === undefined ? amount : t.unify(amount, declared);
  const starts = t.mul(t.iota([frames, 1], 0, "i64"), t.scalar(step!));
  const places = t.add(starts, t.iota([1, frame], 1, "i64"));
  const isComplex = parts !== 1;
  return t.widened(n.value(0), (x) => {
    const read = t.take(x, places, 1);
    const factor = window && t.convert(t.reshape(window, [frame, 1]), t.element(x));
    const shaped = factor === undefined ? read : t.mul(read, factor);
    const onesided = n.flag("onesided", true) && !isComplex;
    const y = dftAlong(t, shaped, 2, { inverse: false, onesided, length: undefined });
    const bins = n.declaredSizes(0)?.[2];
    return bins === undefined ? y : t.refine(y, [batch!, frames, bins, 2]);
  });
}

/** sum of a[k] * cos(2 pi k i / N) for i below the size; N is the size, or one less for symmetric windows. */
const window = (name: string, terms: readonly number[]): OpRow => ({
  name,
  since: 17,
  build(n) {
    const { t } = n;
    const size = sizeIn(n, 0, "size", 0);
    const period = n.flag("periodic", true) ? size : t.context.dims.max(t.context.dims.sub(size, 1), 1);
    const turn = t.div(t.iota([size], 0, "f64"), t.convert(t.scalar(period), "f64"));
    const waves = terms.map((a, k) => (k === 0 ? t.fillLike(a, turn) : t.mul(t.cos(t.mul(turn, 2 * Math.PI * k)), a)));
    const sum = waves.reduce((a, b) => t.add(a, b));
    return folded(n, t.convert(sum, n.dtype("output_datatype") ?? "f32"));
  },
});

/** Hz to mel: 2595 * log10(1 + f / 700); and back. */
const toMel = (t: TensorBuilder, f: Value): Value => t.mul(t.log1p(t.div(f, 700)), 2595 / Math.LN10);
const fromMel = (t: TensorBuilder, m: Value): Value => t.mul(t.expm1(t.mul(m, Math.LN10 / 2595)), 700);

/**
 * Triangles of height 1 over the bins of a spectrum, as columns: corners lie evenly on the mel scale and are cut to whole
 * bins. Where two corners meet in a bin, that side of the triangle is the peak alone.
 */
function melWeights(n: ImportNode): Value {
  const { t } = n;
  const { dims } = t.context;
  const mels = sizeIn(n, 0, "number of mel bins", 1);
  const [length] = n.dims(1, "length of the transform");
  const whole = dims.add(dims.floorDiv(length!, 2), 1);
  const declared = n.declaredSizes(0)?.[0];
  const bins = declared === undefined ? whole : t.unify(whole, declared);
  const number = (i: number): Value => t.reshape(t.convert(n.value(i), "f64"), []);
  const [rate, low, high] = [number(2), toMel(t, number(3)), toMel(t, number(4))];
  const corners = dims.add(mels, 2);
  const step = t.div(t.sub(high, low), t.convert(t.scalar(corners), "f64"));
  const places = t.add(t.mul(t.iota([corners], 0, "f64"), step), low);
  const scaled = t.mul(fromMel(t, places), t.convert(t.scalar(dims.add(length!, 1)), "f64"));
  const corner = t.floor(t.div(scaled, rate));
  const [left, peak, right] = count(3).map((k) => t.sliceAxis(corner, 0, k, dims.add(mels, k))) as [
    Value,
    Value,
    Value,
  ];
  const bin = t.iota([bins, 1], 0, "f64");
  const side = (over: Value, width: Value): Value => t.div(over, t.max(width, 1));
  const rising = side(t.sub(bin, left), t.sub(peak, left));
  const falling = side(t.sub(right, bin), t.sub(right, peak));
  const isRising = t.and(t.ge(bin, left), t.lt(bin, peak));
  const isFalling = t.and(t.gt(bin, peak), t.lt(bin, right));
  const weights = t.select(isRising, rising, t.select(isFalling, falling, t.fillLike(0, rising)));
  const element: ElementType = n.dtype("output_datatype") ?? "f32";
  return folded(n, t.convert(t.select(t.eq(bin, peak), 1, weights), element));
}

export const signals: readonly OpRow[] = [
  { name: "DFT", since: 17, build: dft },
  { name: "STFT", since: 17, build: shortTime },
  window("HannWindow", [0.5, -0.5]),
  window("HammingWindow", [25 / 46, -21 / 46]),
  window("BlackmanWindow", [0.42, -0.5, 0.08]),
  { name: "MelWeightMatrix", since: 17, build: melWeights },
];
