/** @file Discrete Fourier transforms over axes of known length, one axis after the other. */

import { complex, imag, real } from "../../../ir/dialects/stablehlo/convert.js";
import { fft } from "../../../ir/dialects/stablehlo/fft.js";
import type { Dim } from "../../../ir/dim.js";
import { elementFacts } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { Call, Row, Rows } from "../call.js";

/** What results are multiplied by: 1, 1 / sqrt(length) or 1 / length of all axes together. */
type Scaling = "none" | "root" | "length";

interface Axis {
  readonly axis: number;
  /** The length asked for; the signal's own if not given. */
  readonly length: Dim | undefined;
}

const isComplex = (t: TensorBuilder, x: Value): boolean => elementFacts[t.element(x)].kind === "complex";
const part = (t: TensorBuilder, x: Value, which: "re" | "im"): Value =>
  t.emit(which === "re" ? real : imag, { operand: x }, {});
const joined = (t: TensorBuilder, re: Value, im: Value): Value => t.emit(complex, { lhs: re, rhs: im }, {});
const conjugate = (t: TensorBuilder, x: Value): Value => joined(t, part(t, x, "re"), t.neg(part(t, x, "im")));

/** The argument as complex numbers, or as real ones of f32 or f64. */
function signal(n: Call, asComplex: boolean): Value {
  const { t } = n;
  const x = n.tensor("self");
  if (isComplex(t, x)) return asComplex ? x : n.invalid("a complex signal where a real one is asked for");
  const { kind, bits } = elementFacts[t.element(x)];
  if (kind === "float" && bits < 32)
    return n.unsupported("transforms of narrow floats", "convert the signal to float32");
  const wide = t.convert(x, t.element(x) === "f64" ? "f64" : "f32");
  return asComplex ? joined(t, wide, t.fillLike(0, wide)) : wide;
}

function known(n: Call, d: Dim): number {
  return typeof d === "number" ? d : n.unsupported("a transform whose length is not known before the model runs");
}

/** The first `size` entries of `axis`, zeros behind where there are fewer. */
function resized(n: Call, x: Value, axis: number, length: Dim | undefined): Value {
  const { t } = n;
  const own = known(n, t.shape(x)[axis]!);
  const size = known(n, length ?? own);
  if (size < 1) return n.invalid(`a transform of length ${size}`);
  if (size <= own) return t.sliceAxis(x, axis, 0, size);
  const zeros: Dim[] = t.shape(x).map(() => 0);
  return t.pad(x, t.fill(elementZero(t, x), [], t.element(x)), zeros, zeros.with(axis, size - own));
}

function elementZero(t: TensorBuilder, x: Value) {
  return isComplex(t, x) ? { re: 0, im: 0 } : 0;
}

/** Without any factor, in either direction. */
function along(n: Call, x: Value, axis: number, inverse: boolean): Value {
  const { t } = n;
  const last = t.rank(x) - 1;
  const length = known(n, t.shape(x)[axis]!);
  const moved = t.settle(t.moveAxis(x, axis, last));
  // The inverse of StableHLO divides by the length: the conjugate of the transform of the conjugate does not.
  const operand = inverse ? conjugate(t, moved) : moved;
  const y = t.emit(fft, { operand }, { fft_type: "FFT", fft_length: [length] });
  return t.moveAxis(inverse ? conjugate(t, y) : y, last, axis);
}

function scaledBy(t: TensorBuilder, x: Value, scaling: Scaling, length: number): Value {
  if (scaling === "none") return x;
  const factor = scaling === "root" ? 1 / Math.sqrt(length) : 1 / length;
  if (!isComplex(t, x)) return t.mul(x, factor);
  return joined(t, t.mul(part(t, x, "re"), factor), t.mul(part(t, x, "im"), factor));
}

const lengthOf = (n: Call, x: Value, axes: readonly Axis[]): number =>
  axes.reduce((product, { axis }) => product * known(n, n.t.shape(x)[axis]!), 1);

/** From complex to complex numbers. */
function complexTransform(n: Call, x: Value, axes: readonly Axis[], inverse: boolean, scaling: Scaling): Value {
  const ready = axes.reduce((y, { axis, length }) => resized(n, y, axis, length), x);
  const whole = axes.reduce((y, { axis }) => along(n, y, axis, inverse), ready);
  return scaledBy(n.t, whole, scaling, lengthOf(n, ready, axes));
}

/** Real numbers give the first half of the last axis: the other is its mirror image. */
function realTransform(n: Call, x: Value, axes: readonly Axis[], scaling: Scaling): Value {
  const { t } = n;
  const { axis } = axes.at(-1) ?? n.invalid("there is no axis");
  const whole = complexTransform(n, joined(t, x, t.fillLike(0, x)), axes, false, scaling);
  return t.sliceAxis(whole, axis, 0, Math.floor(known(n, t.shape(whole)[axis]!) / 2) + 1);
}

/** The inverse of `realTransform`, without conjugation unless `inverse`. */
function halfTransform(n: Call, x: Value, axes: readonly Axis[], inverse: boolean, scaling: Scaling): Value {
  const { t } = n;
  const last = axes.at(-1) ?? n.invalid("there is no axis");
  const rest = axes.slice(0, -1);
  const ready = rest.reduce((y, { axis, length }) => resized(n, y, axis, length), x);
  const length = known(n, last.length ?? 2 * (known(n, t.shape(x)[last.axis]!) - 1));
  const half = resized(n, ready, last.axis, Math.floor(length / 2) + 1);
  const turned = rest.reduce((y, { axis }) => along(n, y, axis, inverse), half);
  const kept = Math.floor(length / 2) + 1;
  const back = t.reverse(t.sliceAxis(turned, last.axis, 1, length - kept + 1), [last.axis]);
  const full = length > kept ? t.concat([turned, conjugate(t, back)], last.axis) : turned;
  const y = part(t, along(n, full, last.axis, inverse), "re");
  return scaledBy(t, y, scaling, lengthOf(n, turned, rest) * length);
}

/** What `norm` asks for: nothing said means that only the inverse divides by the length. */
function scalingOf(n: Call, inverse: boolean): Scaling {
  const norm = n.optionalString("norm") ?? "backward";
  if (norm === "ortho") return "root";
  if (norm !== "backward" && norm !== "forward") return n.invalid(`norm '${norm}'`);
  return (norm === "forward") === inverse ? "none" : "length";
}

/** The one axis of an argument `dim`, with its length in `n`. */
const oneAxis = (n: Call): readonly Axis[] => [{ axis: n.axis("dim", n.rank("self")), length: n.optionalDim("n") }];

/** The axes of an argument `dim`, with their lengths in `s`, where -1 stands for the signal's own. */
function manyAxes(n: Call): readonly Axis[] {
  const rank = n.rank("self");
  const sizes = n.has("s") ? n.dims("s") : undefined;
  const all = Array.from({ length: rank }, (_, k) => k);
  const axes = n.has("dim")
    ? n.ints("dim").map((axis) => n.normalAxis(axis, rank))
    : all.slice(-(sizes?.length ?? rank));
  return axes.map((axis, i) => ({ axis, length: sizes?.[i] === -1 ? undefined : sizes?.[i] }));
}

type AxesOf = (n: Call) => readonly Axis[];

const toComplex =
  (axes: AxesOf, inverse: boolean): Row =>
  (n) =>
    complexTransform(n, signal(n, true), axes(n), inverse, scalingOf(n, inverse));

const fromReal =
  (axes: AxesOf): Row =>
  (n) =>
    realTransform(n, signal(n, false), axes(n), scalingOf(n, false));

const toReal =
  (axes: AxesOf, inverse: boolean): Row =>
  (n) =>
    halfTransform(n, signal(n, true), axes(n), inverse, scalingOf(n, inverse));

/** The inverse transform of a real signal: the conjugate of its transform. */
const inverseFromReal =
  (axes: AxesOf): Row =>
  (n) =>
    conjugate(n.t, realTransform(n, signal(n, false), axes(n), scalingOf(n, true)));

const coreScaling = (n: Call): Scaling => (["none", "root", "length"] as const)[n.int("normalization")] ?? "none";
const coreAxes = (n: Call): readonly Axis[] =>
  n.ints("dim").map((axis) => ({ axis: n.normalAxis(axis, n.rank("self")), length: undefined }));

function coreFromReal(n: Call): Value {
  const x = signal(n, false);
  if (n.bool("onesided")) return realTransform(n, x, coreAxes(n), coreScaling(n));
  return complexTransform(n, signal(n, true), coreAxes(n), false, coreScaling(n));
}

function coreToReal(n: Call): Value {
  const axes = coreAxes(n).map((a, i, all) => (i === all.length - 1 ? { ...a, length: n.dim("last_dim_size") } : a));
  return halfTransform(n, signal(n, true), axes, true, coreScaling(n));
}

export const fouriers: Rows = {
  "aten.fft_fft": toComplex(oneAxis, false),
  "aten.fft_ifft": toComplex(oneAxis, true),
  "aten.fft_fft2": toComplex(manyAxes, false),
  "aten.fft_ifft2": toComplex(manyAxes, true),
  "aten.fft_fftn": toComplex(manyAxes, false),
  "aten.fft_ifftn": toComplex(manyAxes, true),
  "aten.fft_rfft": fromReal(oneAxis),
  "aten.fft_rfft2": fromReal(manyAxes),
  "aten.fft_rfftn": fromReal(manyAxes),
  "aten.fft_irfft": toReal(oneAxis, true),
  "aten.fft_irfft2": toReal(manyAxes, true),
  "aten.fft_irfftn": toReal(manyAxes, true),
  "aten.fft_hfft": toReal(oneAxis, false),
  "aten.fft_hfft2": toReal(manyAxes, false),
  "aten.fft_hfftn": toReal(manyAxes, false),
  "aten.fft_ihfft": inverseFromReal(oneAxis),
  "aten.fft_ihfft2": inverseFromReal(manyAxes),
  "aten.fft_ihfftn": inverseFromReal(manyAxes),
  "aten._fft_c2c": (n) => complexTransform(n, signal(n, true), coreAxes(n), !n.bool("forward"), coreScaling(n)),
  "aten._fft_r2c": coreFromReal,
  "aten._fft_c2r": coreToReal,
};
