/**
 * @file Discrete Fourier transforms of tensors whose last axis holds real and imaginary parts. Transforms of known length
 * are `stablehlo.fft`; where only the run knows the length, the transform is a product with the matrix of its roots of unity.
 */

import { complex, imag, real } from "../../../ir/dialects/stablehlo/convert.js";
import { fft } from "../../../ir/dialects/stablehlo/fft.js";
import type { Dim } from "../../../ir/dim.js";
import type { Value } from "../../../ir/graph.js";
import { Refusal } from "../../../ir/refusal.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import { importCode } from "../refusal.js";

/** Complex numbers as two tensors; no imaginary part is 0. */
interface Spectrum {
  readonly re: Value;
  readonly im: Value | undefined;
}

export interface DftForm {
  readonly inverse: boolean;
  /** Half of the spectrum of a real signal: what the transform gives, or what the inverse takes. */
  readonly onesided: boolean;
  /** The length asked for; the signal's own if not given. */
  readonly length: Dim | undefined;
}

/** A tensor whose last axis holds (re) or (re, im). */
function partsOf(t: TensorBuilder, x: Value): Spectrum {
  const axis = t.rank(x) - 1;
  const parts = t.shape(x)[axis];
  if (parts !== 1 && parts !== 2) {
    const message = "numbers of which it is not known before the model runs whether they are real or complex";
    throw new Refusal(importCode.form, message, "declare the last size of the input: 1 or 2");
  }
  return { re: t.at(x, axis, 0), im: parts === 2 ? t.at(x, axis, 1) : undefined };
}

/** (re, im) in a new last axis. */
function paired(t: TensorBuilder, { re, im }: Spectrum): Value {
  const axis = t.rank(re);
  return t.concat([t.unsqueeze(re, [axis]), t.unsqueeze(im ?? t.fillLike(0, re), [axis])], axis);
}

function mapParts({ re, im }: Spectrum, f: (x: Value) => Value): Spectrum {
  return { re: f(re), im: im && f(im) };
}

/** The first `size` entries of `axis`, zeros behind where there are fewer. */
function resized(t: TensorBuilder, x: Value, axis: number, size: Dim): Value {
  const { dims } = t.context;
  const own = t.shape(x)[axis]!;
  if (t.facts.isEqual(own, size)) return x;
  const kept = dims.min(own, size);
  const zeros: Dim[] = t.shape(x).map(() => 0);
  const cut = t.sliceAxis(x, axis, 0, kept);
  return t.pad(cut, t.number(0, t.element(x)), zeros, zeros.with(axis, dims.sub(size, kept)));
}

/** The transform along the last axis, over its whole length. */
function transformed(t: TensorBuilder, x: Spectrum, inverse: boolean): Spectrum {
  const { re } = x;
  const length = t.shape(re).at(-1)!;
  if (typeof length !== "number") return byMatrix(t, x, length, inverse);
  const whole = t.emit(complex, { lhs: t.settle(re), rhs: t.settle(x.im ?? t.fillLike(0, re)) }, {});
  const y = t.emit(fft, { operand: whole }, { fft_type: inverse ? "IFFT" : "FFT", fft_length: [length] });
  return { re: t.emit(real, { operand: y }, {}), im: t.emit(imag, { operand: y }, {}) };
}

/** Sums of products with e^(-2 pi i j k / length); with e^(2 pi i j k / length) / length for the inverse. */
function byMatrix(t: TensorBuilder, { re, im }: Spectrum, length: Dim, inverse: boolean): Spectrum {
  const size = t.scalar(length);
  const wide = t.convert(size, "f64");
  const shape = [length, length];
  // Whole turns are left out, so that the angle is exact for long signals.
  const turns = t.rem(t.mul(t.iota(shape, 0, "i64"), t.iota(shape, 1, "i64")), size);
  const angle = t.mul(t.div(t.convert(turns, "f64"), wide), (inverse ? 2 : -2) * Math.PI);
  const root = (x: Value): Value => t.convert(inverse ? t.div(x, wide) : x, t.element(re));
  const [cos, sin] = [root(t.cos(angle)), root(t.sin(angle))];
  if (im === undefined) return { re: t.matmul(re, cos), im: t.matmul(re, sin) };
  return {
    re: t.sub(t.matmul(re, cos), t.matmul(im, sin)),
    im: t.add(t.matmul(re, sin), t.matmul(im, cos)),
  };
}

/** Half of the spectrum of a real signal made whole: entry k is the conjugate of entry length - k. */
function mirrored(t: TensorBuilder, { re, im }: Spectrum, length: Dim): Spectrum {
  const { dims } = t.context;
  const axis = t.rank(re) - 1;
  const rest = dims.sub(length, t.shape(re)[axis]!);
  const back = (x: Value): Value => t.reverse(t.sliceAxis(x, axis, 1, dims.add(rest, 1)), [axis]);
  return {
    re: t.concat([re, back(re)], axis),
    im: im && t.concat([im, t.neg(back(im))], axis),
  };
}

/** The length of a transform of an axis of size `own`. */
function lengthOf(t: TensorBuilder, own: Dim, { inverse, onesided, length }: DftForm): Dim {
  const { dims } = t.context;
  return length ?? (onesided && inverse ? dims.mul(dims.sub(own, 1), 2) : own);
}

/** The sizes of what `dftAlong` gives for a tensor of sizes `shape`. */
export function dftShape(t: TensorBuilder, shape: readonly Dim[], axis: number, form: DftForm): readonly Dim[] {
  const { dims } = t.context;
  const size = lengthOf(t, shape[axis]!, form);
  const kept = form.onesided && !form.inverse ? dims.add(dims.floorDiv(size, 2), 1) : size;
  return [...shape.slice(0, -1).with(axis, kept), form.onesided && form.inverse ? 1 : 2];
}

/** The transform along `axis` of a float tensor with its parts in the last axis. */
export function dftAlong(t: TensorBuilder, x: Value, axis: number, form: DftForm): Value {
  const { inverse, onesided } = form;
  const { dims } = t.context;
  const last = t.rank(x) - 2;
  const parts = partsOf(t, x);
  const isHalf = onesided && inverse;
  if (onesided && !inverse && parts.im !== undefined)
    throw new Refusal(importCode.node, "a complex signal has no one-sided spectrum");
  const size = lengthOf(t, t.shape(x)[axis]!, form);
  const half = dims.add(dims.floorDiv(size, 2), 1);
  const ready = mapParts(parts, (y) => resized(t, t.moveAxis(y, axis, last), last, isHalf ? half : size));
  const y = transformed(t, isHalf ? mirrored(t, ready, size) : ready, inverse);
  const back = (z: Value): Value => t.moveAxis(z, last, axis);
  if (isHalf) return t.unsqueeze(back(y.re), [last + 1]);
  const kept = onesided ? mapParts(y, (z) => t.sliceAxis(z, last, 0, half)) : y;
  return paired(t, mapParts(kept, back));
}
