/** @file Images read at the points of a grid: coordinates in [-1, 1], what is beyond the image, and the filters. */

import type { Dim } from "../dim.js";
import { elementFacts, isFloat } from "../element.js";
import type { Value } from "../graph.js";
import type { TensorBuilder } from "../tensor-builder.js";
import { cubicTaps, linearTaps, nearestTap, type PointTaps, sample, sizeLike } from "./sampling.js";

/** The coefficient of the cubic filter. */
const CUBIC_A = -0.75;

export interface GridForm {
  readonly mode: "nearest" | "linear" | "cubic";
  readonly padding: "zeros" | "border" | "reflection";
  readonly alignCorners: boolean;
}

/** `x` [batch, channels, spatial...] at the points of `grid` [batch, outer..., axes]: [batch, channels, outer...]. */
export function gridSample(t: TensorBuilder, x: Value, grid: Value, form: GridForm): Value {
  const { dims } = t.context;
  const [batch, channels, ...sizes] = t.shape(x);
  const outer = t.shape(grid).slice(1, -1);
  const rank = sizes.length;
  t.unify(t.shape(grid).at(-1)!, rank);
  t.unify(batch!, t.shape(grid)[0]!);
  const element = t.element(x);
  const wide = elementFacts[element].bits > 32 && isFloat(element) ? "f64" : "f32";
  const points = t.reshape(t.convert(grid, wide), [batch!, dims.product(outer), rank]);
  // A point names its innermost axis first.
  const axes = sizes.map((size, i) => axisTaps(t, t.at(points, 2, rank - 1 - i), size, form));
  const values = t.convert(sample(t, t.convert(x, wide), axes), element);
  return t.reshape(values, [batch!, channels!, ...outer]);
}

/** What counts along one axis for coordinates in [-1, 1]. */
function axisTaps(t: TensorBuilder, normal: Value, size: Dim, form: GridForm): PointTaps {
  const length = sizeLike(t, size, normal);
  const at = form.alignCorners
    ? t.mul(t.mul(t.add(normal, 1), 0.5), t.sub(length, 1))
    : t.mul(t.sub(t.mul(t.add(normal, 1), length), 1), 0.5);
  const move = (x: Value): Value => moved(t, x, length, form);
  if (form.mode === "nearest") return { places: move(nearestTap(t, move(at)).places) };
  if (form.mode === "linear") {
    const taps = linearTaps(t, move(at));
    return form.padding === "zeros" ? taps : { ...taps, places: move(taps.places) };
  }
  const taps = cubicTaps(t, at, CUBIC_A);
  return { ...taps, places: move(taps.places) };
}

/** Coordinates brought into the axis, as the padding mode has it. */
function moved(t: TensorBuilder, x: Value, length: Value, { padding, alignCorners }: GridForm): Value {
  if (padding === "zeros") return x;
  const zero = t.number(0, t.element(x));
  const inside = (y: Value): Value => t.clamp(zero, y, t.sub(length, 1));
  if (padding === "border") return inside(x);
  // There and back between the first and the last element, or their outer edges.
  const first = alignCorners ? 0 : -0.5;
  const span = t.max(alignCorners ? t.sub(length, 1) : length, 1);
  const distance = t.abs(t.sub(x, first));
  const turns = t.floor(t.div(distance, span));
  const rest = t.sub(distance, t.mul(turns, span));
  const isBack = t.ne(t.rem(turns, 2), 0);
  return inside(t.add(t.select(isBack, t.sub(span, rest), rest), first));
}
