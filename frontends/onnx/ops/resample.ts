/**
 * @file Resampling along one axis: where each element of the result lies in the operand, which elements around that place
 * count, and how much. Coordinates are computed in f32. What does not depend on the run is computed here and now.
 */

import { constantOf } from "../../../ir/analysis/contents.js";
import type { Dim } from "../../../ir/dim.js";
import { cubic } from "../../../ir/forms/sampling.js";
import type { Value } from "../../../ir/graph.js";
import { getScalar, type NdArray } from "../../../ir/ndarray.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { ImportNode } from "../context.js";

/** How an axis changes its size. */
export interface AxisResize {
  readonly axis: number;
  readonly input: Dim;
  readonly output: Dim;
  /** Elements of the result for one of the operand: f32, rank 0. */
  readonly scale: Value;
  /** The size of the result before it was rounded: f32, rank 0. */
  readonly width: Value;
  /** The scale, where it is an integer. */
  readonly factor: number | undefined;
  /** A lower bound of the scale, if known: it decides how many elements count. */
  readonly leastScale: number | undefined;
  /** The part of the operand that is shown, in [0, 1]: f32, rank 0. */
  readonly region: { readonly start: Value; readonly end: Value } | undefined;
}

export type CoordinateMode =
  | "half_pixel"
  | "half_pixel_symmetric"
  | "pytorch_half_pixel"
  | "align_corners"
  | "asymmetric"
  | "tf_crop_and_resize"
  | "tf_half_pixel_for_nn";

export type NearestMode = "round_prefer_floor" | "round_prefer_ceil" | "floor" | "ceil" | "ceil_down_floor_up";

export interface Interpolation {
  readonly kind: "linear" | "cubic";
  /** The coefficient of the cubic filter. */
  readonly cubicA: number;
  readonly antialias: boolean;
  readonly excludeOutside: boolean;
}

/** The constant that `x` is in every run, or `x`. */
export function folded(n: ImportNode, x: Value): Value {
  const known = constantOf(x, n.t.context, n.services.memo);
  return known === undefined ? x : n.t.constant(known);
}

/** A size as f32 of rank 0. */
export const floatSize = (t: TensorBuilder, d: Dim): Value =>
  typeof d === "number" ? t.number(d, "f32") : t.convert(t.scalar(d), "f32");

/** The place of each element of the result in the operand, f32 `[output]`. */
export function coordinates(t: TensorBuilder, a: AxisResize, mode: CoordinateMode): Value {
  const places = t.iota([a.output], 0, "f32");
  const input = floatSize(t, a.input);
  const centers = (): Value => t.sub(t.div(t.add(places, 0.5), a.scale), 0.5);
  switch (mode) {
    case "asymmetric":
      return t.div(places, a.scale);
    case "half_pixel":
      return centers();
    case "tf_half_pixel_for_nn":
      return t.div(t.add(places, 0.5), a.scale);
    case "pytorch_half_pixel":
      return t.select(t.gt(floatSize(t, a.output), 1), centers(), t.fillLike(0, places));
    case "half_pixel_symmetric": {
      const adjustment = t.div(floatSize(t, a.output), a.width);
      const offset = t.mul(t.mul(input, 0.5), t.sub(1, adjustment));
      return t.add(offset, centers());
    }
    case "align_corners":
      return spread(t, a, places, t.number(0, "f32"), t.number(1, "f32"), input);
    case "tf_crop_and_resize": {
      const { start, end } = a.region ?? { start: t.number(0, "f32"), end: t.number(1, "f32") };
      const middle = t.mul(t.mul(t.add(start, end), 0.5), t.sub(input, 1));
      const whole = spread(t, a, places, start, end, input);
      return t.select(t.gt(floatSize(t, a.output), 1), whole, middle);
    }
  }
}

/** First and last element on the ends of the region; a result of one element on its start. */
function spread(t: TensorBuilder, a: AxisResize, places: Value, start: Value, end: Value, input: Value): Value {
  const last = t.sub(input, 1);
  const steps = t.sub(a.width, 1);
  const step = t.div(t.mul(t.sub(end, start), last), t.select(t.eq(steps, 0), 1, steps));
  const shown = t.select(t.gt(floatSize(t, a.output), 1), t.mul(places, step), t.fillLike(0, places));
  return t.add(t.mul(start, last), shown);
}

/** The nearest element of each coordinate, i64, inside the axis. */
function nearestPlaces(t: TensorBuilder, x: Value, a: AxisResize, mode: NearestMode): Value {
  const rounded = {
    floor: () => t.floor(x),
    ceil: () => t.ceil(x),
    round_prefer_floor: () => t.ceil(t.sub(x, 0.5)),
    round_prefer_ceil: () => t.floor(t.add(x, 0.5)),
    ceil_down_floor_up: () => t.select(t.lt(a.scale, 1), t.ceil(x), t.floor(x)),
  }[mode]();
  return clampPlaces(t, t.convert(rounded, "i64"), a.input);
}

function clampPlaces(t: TensorBuilder, places: Value, size: Dim): Value {
  const last = t.scalar(t.context.dims.sub(size, 1));
  return t.clamp(t.number(0, "i64"), places, last);
}

/** `x` with the nearest elements along an axis. */
export function resampleNearest(
  n: ImportNode,
  x: Value,
  a: AxisResize,
  mode: CoordinateMode,
  near: NearestMode,
): Value {
  const { t } = n;
  const isRepeated = a.factor !== undefined && repeats(mode, near);
  if (isRepeated && t.facts.isEqual(a.output, t.context.dims.mul(a.input, a.factor!))) {
    return repeated(t, x, a.axis, a.factor!);
  }
  const places = folded(n, nearestPlaces(t, coordinates(t, a, mode), a, near));
  const known = constantOf(places, t.context, n.services.memo);
  return (known && inStrides(t, x, a, known)) ?? t.take(x, places, a.axis);
}

/** Whether integer scales repeat each element. */
function repeats(mode: CoordinateMode, near: NearestMode): boolean {
  if (mode === "asymmetric") return near === "floor" || near === "ceil_down_floor_up";
  return mode.endsWith("half_pixel") || mode === "half_pixel_symmetric" ? near.startsWith("round") : false;
}

/** Each element along `axis` `times` times in a row. */
function repeated(t: TensorBuilder, x: Value, axis: number, times: number): Value {
  if (times === 1) return x;
  const shape = t.shape(x);
  const apart = t.unsqueeze(x, [axis + 1]);
  const wide = t.broadcast(apart, shape.toSpliced(axis + 1, 0, times));
  return t.reshape(wide, shape.with(axis, t.context.dims.mul(shape[axis]!, times)));
}

/** The elements at `places` without reading them one by one: repeated, or a slice. */
function inStrides(t: TensorBuilder, x: Value, a: AxisResize, places: NdArray): Value | undefined {
  const at = Array.from({ length: places.shape[0]! }, (_, i) => Number(getScalar(places, i)));
  const { input } = a;
  const [first] = at;
  if (typeof input !== "number" || first === undefined) return undefined;
  const times = at.length / input;
  if (Number.isInteger(times) && at.every((p, i) => p === Math.floor(i / times))) {
    return repeated(t, x, a.axis, times);
  }
  const step = (at[1] ?? first + 1) - first;
  if (step < 1 || at.some((p, i) => p !== first + i * step)) return undefined;
  return t.sliceAxis(x, a.axis, first, at.at(-1)! + 1, step);
}

/** Elements of the operand that count for each element of the result, and how much. */
interface Taps {
  /** i64 `[output, taps]` */
  readonly places: Value;
  /** f32 `[output, taps]` */
  readonly weights: Value;
  readonly count: Dim;
}

/** Reads of more elements than these go together into one gather. */
const MAX_APART = 4;

/** `x`, a float, with a weighted sum of the elements around each coordinate. */
export function resampleSmooth(n: ImportNode, x: Value, a: AxisResize, at: Value, how: Interpolation): Value {
  const { t } = n;
  const { places, weights, count } = taps(n, a, at, how);
  const behind = new Array<number>(t.rank(x) - a.axis - 1).fill(1);
  const factors = t.convert(weights, t.element(x));
  if (typeof count !== "number" || count > MAX_APART) {
    const read = t.take(x, places, a.axis);
    return t.sum(t.mul(read, t.reshape(factors, [a.output, count, ...behind])), [a.axis + 1]);
  }
  const parts = Array.from({ length: count }, (_, k) => {
    const [place, factor] = [folded(n, t.at(places, 1, k)), folded(n, t.at(factors, 1, k))];
    return t.mul(t.take(x, place, a.axis), t.reshape(factor, [a.output, ...behind]));
  });
  return parts.reduce((sum, part) => t.add(sum, part));
}

function taps(n: ImportNode, a: AxisResize, at: Value, how: Interpolation): Taps {
  const { t } = n;
  const radius = how.kind === "linear" ? 1 : 2;
  const reach = how.antialias ? stretched(t, a, radius) : radius;
  const { dims } = t.context;
  const count = dims.mul(reach, 2);
  const base = t.floor(at);
  const steps = t.add(t.iota([1, count], 1, "f32"), floatSize(t, dims.sub(1, reach)));
  const shrink = how.antialias ? t.min(a.scale, 1) : undefined;
  const distance = t.abs(t.sub(steps, t.unsqueeze(t.sub(at, base), [1])));
  const scaled = shrink === undefined ? distance : t.mul(distance, shrink);
  const plain = how.kind === "linear" ? t.max(t.sub(1, scaled), 0) : cubic(t, scaled, how.cubicA);
  const places = t.convert(t.add(t.unsqueeze(base, [1]), steps), "i64");
  const inside = clampPlaces(t, places, a.input);
  const kept = how.excludeOutside ? t.select(t.eq(inside, places), plain, 0) : plain;
  const isRelative = how.antialias || how.excludeOutside;
  const weights = isRelative ? t.div(kept, t.sum(kept, [1], true)) : kept;
  return { places: folded(n, inside), weights: folded(n, weights), count };
}

/** The radius of a filter that is widened for shrinking, in whole elements. */
function stretched(t: TensorBuilder, a: AxisResize, radius: number): Dim {
  if (a.leastScale !== undefined) {
    const reach = radius / Math.min(a.leastScale, 1);
    // An element on the very edge of the filter has no weight.
    return Math.max(radius, Math.ceil(reach * (1 - 1e-6)));
  }
  const reach = t.ceil(t.div(t.number(radius, "f32"), t.min(a.scale, 1)));
  return t.symbolOf(t.convert(reach, "i64"), { min: radius, max: Number.POSITIVE_INFINITY });
}
