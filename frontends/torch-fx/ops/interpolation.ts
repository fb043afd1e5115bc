/**
 * @file Images made larger or smaller, axis by axis, and their elements moved between space and channels. Coordinates are
 * computed in f32, or in f64 for images of that; what does not depend on the run is computed here and now.
 */

import type { Dim } from "../../../ir/dim.js";
import { type ElementType, isFloat } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import type { Call, Row, Rows } from "../call.js";
import { wideOf } from "./widths.js";

/** How an axis changes its size. */
export interface AxisResize {
  readonly axis: number;
  readonly input: Dim;
  readonly output: Dim;
  /** Elements of the result for one of the image, where the node names that. */
  readonly scale: number | undefined;
}

const image = (n: Call): Value => n.tensor(n.takes("input") ? "input" : "self");

const scaleNames = (spatial: number): readonly string[] =>
  spatial === 1 ? ["scales"] : ["scales_d", "scales_h", "scales_w"].slice(-spatial);

/** The overload `vec` lists sizes or scales; the others have sizes always, and scales by names of their own. */
export function resizesOf(n: Call, spatial: number): readonly AxisResize[] {
  const { t } = n;
  const shape = t.shape(image(n));
  const listed = n.takes("scale_factors") && n.has("scale_factors") ? floats(n, spatial) : undefined;
  const sizes = n.has("output_size") ? n.dims("output_size", spatial) : undefined;
  return scaleNames(spatial).map((name, i) => {
    const axis = shape.length - spatial + i;
    const scale = listed ? listed[i] : n.takes(name) ? n.optionalFloat(name) : undefined;
    const output = sizes?.[i] ?? n.declared().shape[axis];
    if (output === undefined) return n.unsupported("a size that only the run decides", "give the size");
    return { axis, input: shape[axis]!, output, scale };
  });
}

function floats(n: Call, spatial: number): readonly number[] {
  const list = n.argument("scale_factors");
  if (list.kind !== "list") return n.invalid("its scale_factors are no list");
  const numbers = list.items.map((x) =>
    x.kind === "float" ? x.value : x.kind === "int" ? Number(x.value) : Number.NaN,
  );
  if (numbers.length !== spatial || numbers.some(Number.isNaN)) return n.unsupported("scales that are computed");
  return numbers;
}

const unchanged = (n: Call, a: AxisResize): boolean => n.t.facts.isEqual(a.input, a.output);

/** The constant that `x` is in every run, or `x`. */
function folded(n: Call, x: Value): Value {
  const known = n.constant(x);
  return known === undefined ? x : n.t.constant(known);
}

function size(n: Call, d: Dim, element: ElementType): Value {
  return typeof d === "number" ? n.t.number(d, element) : n.t.convert(n.t.scalar(d), element);
}

/** Elements of the image for one of the result. */
function stepOf(n: Call, a: AxisResize, element: ElementType, alignCorners: boolean): Value {
  const { t } = n;
  const [input, output] = [size(n, a.input, element), size(n, a.output, element)];
  if (alignCorners) {
    const steps = t.sub(output, 1);
    return t.select(t.gt(steps, 0), t.div(t.sub(input, 1), t.max(steps, 1)), 0);
  }
  return a.scale !== undefined && a.scale > 0 ? t.number(1 / a.scale, element) : t.div(input, output);
}

/** Where each element of the result lies in the image. */
function coordinates(n: Call, a: AxisResize, element: ElementType, alignCorners: boolean): Value {
  const { t } = n;
  const places = t.iota([a.output], 0, element);
  const step = stepOf(n, a, element, alignCorners);
  return alignCorners ? t.mul(places, step) : t.sub(t.mul(t.add(places, 0.5), step), 0.5);
}

/** An index brought into the axis. */
function inside(n: Call, places: Value, input: Dim): Value {
  const { t } = n;
  return t.min(t.max(places, 0), t.scalar(n.t.context.dims.sub(input, 1)));
}

/** The elements of the image that those of the result are taken from. */
function nearestPlaces(n: Call, a: AxisResize, exact: boolean): Value {
  const { t } = n;
  const places = t.iota([a.output], 0, "f32");
  const at = t.mul(exact ? t.add(places, 0.5) : places, stepOf(n, a, "f32", false));
  return folded(n, inside(n, t.convert(t.floor(at), "i64"), a.input));
}

/** `exact` takes the element under the middle of the new one, else the one under its beginning. */
const nearest =
  (spatial: number, exact: boolean): Row =>
  (n) => {
    const { t } = n;
    const compute = (x: Value, a: AxisResize): Value => t.take(x, nearestPlaces(n, a, exact), a.axis);
    return resizesOf(n, spatial).reduce((x, a) => (unchanged(n, a) && !a.scale ? x : compute(x, a)), image(n));
  };

/** A vector along `axis` as a tensor that broadcasts against one of rank `rank`. */
function along(n: Call, x: Value, axis: number, rank: number): Value {
  const { t } = n;
  return t.reshape(x, [...t.shape(x), ...new Array<number>(rank - axis - 1).fill(1)]);
}

/** Elements of the image along an axis that count for each of the result, and how much: a pair of vectors for each. */
type Taps = readonly { readonly places: Value; readonly weight: Value }[];
type TapsOf = (n: Call, a: AxisResize, element: ElementType, alignCorners: boolean) => Taps;

const linearTaps: TapsOf = (n, a, element, alignCorners) => {
  const { t } = n;
  const at = t.max(coordinates(n, a, element, alignCorners), 0);
  const first = t.convert(t.floor(at), "i64");
  const rest = folded(n, t.sub(at, t.convert(first, element)));
  const [low, high] = [first, t.add(first, 1)].map((i) => folded(n, inside(n, i, a.input)));
  return [
    { places: low!, weight: t.sub(1, rest) },
    { places: high!, weight: rest },
  ];
};

/** Keys' cubic convolution with -0.75, as in "Cubic convolution interpolation for digital image processing" (1981). */
const CUBIC_A = -0.75;

const cubicTaps: TapsOf = (n, a, element, alignCorners) => {
  const { t } = n;
  const at = coordinates(n, a, element, alignCorners);
  const floor = t.floor(at);
  const rest = t.sub(at, floor);
  const near = (d: Value): Value => {
    const inner = t.sub(t.mul(d, CUBIC_A + 2), CUBIC_A + 3);
    return t.add(t.mul(t.mul(inner, d), d), 1);
  };
  const far = (d: Value): Value => {
    const first = t.sub(t.mul(d, CUBIC_A), 5 * CUBIC_A);
    return t.sub(t.mul(t.add(t.mul(first, d), 8 * CUBIC_A), d), 4 * CUBIC_A);
  };
  const weights = [far(t.add(rest, 1)), near(rest), near(t.sub(1, rest)), far(t.sub(2, rest))];
  const whole = t.convert(floor, "i64");
  return weights.map((w, k) => ({
    places: folded(n, inside(n, t.add(whole, k - 1), a.input)),
    weight: folded(n, w),
  }));
};

/** The weighted sums along one axis. */
function resampled(n: Call, x: Value, axis: number, taps: Taps): Value {
  const { t } = n;
  return taps
    .map(({ places, weight }) => t.mul(t.take(x, places, axis), along(n, weight, axis, t.rank(x))))
    .reduce((p, q) => t.add(p, q));
}

/** The gradient of `resampled`: every element of the image gets what it counted for. */
function resampledGradient(n: Call, grad: Value, a: AxisResize, taps: Taps): Value {
  const { t } = n;
  const sizes = t.shape(grad).toSpliced(a.axis, 1);
  const zeros = t.broadcast(t.number(0, t.element(grad)), [a.input, ...sizes], []);
  const axes = { window: sizes.map((_, k) => k + 1), inserted: [0], to: [0], vector: 1 };
  const sums = taps.reduce((sum, { places, weight }) => {
    const part = t.moveAxis(t.mul(grad, along(n, weight, a.axis, t.rank(grad))), a.axis, 0);
    return t.scatter(sum, t.unsqueeze(places, [1]), part, "add", axes);
  }, zeros);
  return t.moveAxis(sums, 0, a.axis);
}

/** The gradient of an interpolation whose image had the sizes `input_size`. */
const gradientOf =
  (spatial: number, tapsOf: TapsOf): Row =>
  (n) => {
    const { t } = n;
    const grad = t.convert(n.tensor("grad_output"), wideOf(n.out));
    const alignCorners = n.takes("align_corners") && n.bool("align_corners");
    const images = n.dims("input_size");
    const outputs = n.dims("output_size", spatial);
    const resizes = scaleNames(spatial).map((name, i): AxisResize => {
      const axis = images.length - spatial + i;
      return {
        axis,
        input: images[axis]!,
        output: outputs[i]!,
        scale: n.takes(name) ? n.optionalFloat(name) : undefined,
      };
    });
    const result = resizes.reduce((g, a) => {
      const isSame = unchanged(n, a) && (a.scale === undefined || alignCorners);
      return isSame ? g : resampledGradient(n, g, a, tapsOf(n, a, t.element(g), alignCorners));
    }, grad);
    return t.convert(result, n.out);
  };

/** The one element that the nearest ones are taken from. */
const nearestTaps =
  (exact: boolean): TapsOf =>
  (n, a, element) => {
    const places = nearestPlaces(n, a, exact);
    return [{ places, weight: n.t.fillLike(1, places, element) }];
  };

const smooth =
  (spatial: number, tapsOf: TapsOf): Row =>
  (n) => {
    const { t } = n;
    const x = image(n);
    if (!isFloat(t.element(x))) return n.unsupported("images of integers", "convert the image to a float");
    const alignCorners = n.bool("align_corners");
    const wide = t.convert(x, wideOf(t.element(x)));
    const changes = resizesOf(n, spatial).filter((a) => !unchanged(n, a) || (a.scale !== undefined && !alignCorners));
    return t.convert(
      changes.reduce((y, a) => resampled(n, y, a.axis, tapsOf(n, a, t.element(y), alignCorners)), wide),
      n.out,
    );
  };

/** Channels [c * r * r, h, w] as [c, h * r, w * r]. */
function pixelShuffle(n: Call): Value {
  const { t } = n;
  const { dims } = t.context;
  const x = n.tensor("self");
  const r = n.int("upscale_factor");
  const [channels, height, width] = t.shape(x).slice(-3);
  const lead = t.shape(x).slice(0, -3);
  const k = lead.length;
  const features = dims.floorDiv(channels!, r * r);
  const apart = t.reshape(x, [...lead, features, r, r, height!, width!]);
  const order = [...lead.map((_, i) => i), k, k + 3, k + 1, k + 4, k + 2];
  return t.reshape(t.transpose(apart, order), [...lead, features, dims.mul(height!, r), dims.mul(width!, r)]);
}

/** The inverse of `pixelShuffle`. */
function pixelUnshuffle(n: Call): Value {
  const { t } = n;
  const { dims } = t.context;
  const x = n.tensor("self");
  const r = n.int("downscale_factor");
  const [channels, height, width] = t.shape(x).slice(-3);
  const lead = t.shape(x).slice(0, -3);
  const k = lead.length;
  const [rows, columns] = [dims.floorDiv(height!, r), dims.floorDiv(width!, r)];
  const apart = t.reshape(x, [...lead, channels!, rows, r, columns, r]);
  const order = [...lead.map((_, i) => i), k, k + 2, k + 4, k + 1, k + 3];
  return t.reshape(t.transpose(apart, order), [...lead, dims.mul(channels!, r * r), rows, columns]);
}

/** Channels dealt out to `groups`. */
function channelShuffle(n: Call): Value {
  const { t } = n;
  const x = n.tensor("self");
  const [batch, channels, ...rest] = t.shape(x);
  const groups = n.dim("groups");
  const apart = t.reshape(x, [batch!, groups, t.context.dims.floorDiv(channels!, groups), ...rest]);
  return t.reshape(t.moveAxis(apart, 1, 2), t.shape(x));
}

export const interpolations: Rows = {
  "aten.upsample_nearest1d": nearest(1, false),
  "aten.upsample_nearest2d": nearest(2, false),
  "aten.upsample_nearest3d": nearest(3, false),
  "aten._upsample_nearest_exact1d": nearest(1, true),
  "aten._upsample_nearest_exact2d": nearest(2, true),
  "aten._upsample_nearest_exact3d": nearest(3, true),
  "aten.upsample_linear1d": smooth(1, linearTaps),
  "aten.upsample_bilinear2d": smooth(2, linearTaps),
  "aten.upsample_trilinear3d": smooth(3, linearTaps),
  "aten.upsample_bicubic2d": smooth(2, cubicTaps),
  "aten.upsample_nearest1d_backward.default": gradientOf(1, nearestTaps(false)),
  "aten.upsample_nearest2d_backward.default": gradientOf(2, nearestTaps(false)),
  "aten.upsample_nearest3d_backward.default": gradientOf(3, nearestTaps(false)),
  "aten._upsample_nearest_exact1d_backward.default": gradientOf(1, nearestTaps(true)),
  "aten._upsample_nearest_exact2d_backward.default": gradientOf(2, nearestTaps(true)),
  "aten._upsample_nearest_exact3d_backward.default": gradientOf(3, nearestTaps(true)),
  "aten.upsample_linear1d_backward.default": gradientOf(1, linearTaps),
  "aten.upsample_bilinear2d_backward.default": gradientOf(2, linearTaps),
  "aten.upsample_trilinear3d_backward.default": gradientOf(3, linearTaps),
  "aten.upsample_bicubic2d_backward.default": gradientOf(2, cubicTaps),
  "aten.pixel_shuffle": pixelShuffle,
  "aten.pixel_unshuffle": pixelUnshuffle,
  "aten.channel_shuffle": channelShuffle,
  "aten.native_channel_shuffle": channelShuffle,
};
