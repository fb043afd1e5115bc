/** @file Resize and Upsample: sizes and scales that are known, symbolic, or computed by the model, axis by axis. */

import { ratiosOf } from "../../../ir/analysis/contents.js";
import type { Dim } from "../../../ir/dim.js";
import { isFloat } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import { getScalar } from "../../../ir/ndarray.js";
import type { ImportNode, OpRow } from "../context.js";
import { checkFloats, checkLength } from "./checks.js";
import {
  type AxisResize,
  type CoordinateMode,
  coordinates,
  floatSize,
  folded,
  type NearestMode,
  resampleNearest,
  resampleSmooth,
} from "./resample.js";

const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

interface ResizeForm {
  readonly mode: "nearest" | "linear" | "cubic";
  readonly coordinates: CoordinateMode;
  readonly nearest: NearestMode;
}

/** The axes that sizes and scales are for. */
function axesOf(n: ImportNode): readonly number[] {
  const axes = n.ints("axes");
  return axes === undefined ? count(n.rank(0)) : n.normalAxes(axes, n.rank(0));
}

/** A size that the program computes as f32 of rank 0: what the model declares it to be, if it does. */
function sizeFrom(n: ImportNode, size: Value, axis: number): Dim {
  const { t } = n;
  const whole = t.convert(size, "i64");
  const known = n.known(whole);
  if (typeof known === "number") return known;
  const symbol = t.symbolOf(whole, { min: 0, max: Number.POSITIVE_INFINITY });
  const declared = n.declaredSizes(0)?.[axis];
  return declared === undefined ? symbol : t.unify(symbol, declared);
}

/** The fraction of least denominator that rounds to the f32 `x`: what was meant by 0.7 or 1/3. */
function fractionOf(x: number): readonly [number, number] | undefined {
  for (let q = 1; q <= 4096; q++) {
    const p = Math.round(x * q);
    if (Math.fround(p / q) === x) return [p, q];
  }
  return undefined;
}

/** Item `i` of input `input` as f32 of rank 0. */
function item(n: ImportNode, input: number, i: number): Value {
  return folded(n, n.t.convert(n.t.item(n.value(input), i), "f32"));
}

/** Scales in input `input`, one for each of `axes`. */
function byScales(n: ImportNode, input: number, axes: readonly number[], crops: boolean): readonly AxisResize[] {
  checkLength(n, input, axes.length);
  checkFloats(n, input);
  const known = n.constant(input);
  const ratios = ratiosOf(n.value(input), n.t.context, n.services.memo);
  return axes.map((axis, i) => {
    const number = known && Number(getScalar(known, i));
    const ratio = number === undefined ? ratios?.[i] : undefined;
    return byScale(n, axis, item(n, input, i), {
      number,
      ratio: ratio && [ratio.n, ratio.d],
      region: crops ? regionOf(n, i, axes.length) : undefined,
    });
  });
}

interface KnownScale {
  readonly number?: number | undefined;
  /** The scale as a quotient of sizes. */
  readonly ratio?: readonly [Dim, Dim] | undefined;
  readonly region?: AxisResize["region"];
}

function byScale(n: ImportNode, axis: number, scale: Value, { number, ratio, region }: KnownScale): AxisResize {
  const { t } = n;
  const { dims } = t.context;
  const input = n.shape(0)[axis]!;
  const part = region === undefined ? scale : t.mul(t.sub(region.end, region.start), scale);
  const width = t.mul(floatSize(t, input), part);
  const fraction = number === undefined ? ratio : fractionOf(number);
  const isExact = fraction !== undefined && region === undefined;
  const output = isExact
    ? dims.floorDiv(dims.mul(input, fraction[0]), fraction[1])
    : sizeFrom(n, t.floor(folded(n, width)), axis);
  const factor = fraction?.[1] === 1 && typeof fraction[0] === "number" && isExact ? fraction[0] : undefined;
  return { axis, input, output, scale, width, factor, leastScale: number ?? quotient(output, input), region };
}

/** No scale is less than the quotient of the sizes it led to. */
function quotient(output: Dim, input: Dim): number | undefined {
  return typeof output === "number" && typeof input === "number" && input > 0 ? output / input : undefined;
}

/** Start and end of the region of axis number `i` of `length`. */
function regionOf(n: ImportNode, i: number, length: number): AxisResize["region"] {
  if (!n.has(1)) return n.invalid("tf_crop_and_resize needs a region");
  checkLength(n, 1, 2 * length);
  return { start: item(n, 1, i), end: item(n, 1, i + length) };
}

/** Sizes in input 3, one for each of `axes`. */
function bySizes(n: ImportNode, axes: readonly number[], crops: boolean): readonly AxisResize[] {
  const { t } = n;
  checkLength(n, 3, axes.length);
  const policy = n.word("keep_aspect_ratio_policy", ["stretch", "not_larger", "not_smaller"]);
  if (policy !== "stretch") return byAspect(n, axes, policy, crops);
  const declared = n.declaredSizes(0);
  return n.dims(3, "sizes").map((size, i) => {
    const axis = axes[i] ?? n.invalid("it has more sizes than axes");
    const input = n.shape(0)[axis]!;
    const output = declared === undefined ? size : t.unify(size, declared[axis]!);
    const width = floatSize(t, output);
    const scale = folded(n, t.div(width, floatSize(t, input)));
    const ratio = quotient(output, input);
    const factor = ratio !== undefined && Number.isInteger(ratio) ? ratio : undefined;
    const region = crops ? regionOf(n, i, axes.length) : undefined;
    return { axis, input, output, scale, width, factor, leastScale: ratio, region };
  });
}

/** One scale for all axes: the least or greatest that the sizes ask for; sizes are rounded, halves up. */
function byAspect(
  n: ImportNode,
  axes: readonly number[],
  policy: "not_larger" | "not_smaller",
  crops: boolean,
): readonly AxisResize[] {
  const { t } = n;
  const ratios = axes.map((axis, i) => t.div(item(n, 3, i), floatSize(t, n.shape(0)[axis]!)));
  const join = policy === "not_larger" ? t.min : t.max;
  const scale = folded(
    n,
    ratios.reduce((a, b) => join(a, b)),
  );
  return axes.map((axis, i) => {
    const input = n.shape(0)[axis]!;
    const width = folded(n, t.mul(floatSize(t, input), scale));
    const output = sizeFrom(n, t.floor(t.add(width, 0.5)), axis);
    const region = crops ? regionOf(n, i, axes.length) : undefined;
    const least = quotient(output, input);
    return { axis, input, output, scale, width, factor: undefined, leastScale: least && least * 0.5, region };
  });
}

/** Axes that stay as they are. */
function isUnchanged(n: ImportNode, a: AxisResize, mode: CoordinateMode): boolean {
  if (mode === "tf_crop_and_resize") return false;
  const isOne = a.input === 1 && a.output === 1;
  return isOne || (a.factor === 1 && n.t.facts.isEqual(a.input, a.output));
}

function resample(n: ImportNode, changes: readonly AxisResize[], form: ResizeForm): Value {
  const { t } = n;
  const x = n.value(0);
  const wanted = changes.filter((a) => !isUnchanged(n, a, form.coordinates));
  const mask = form.coordinates === "tf_crop_and_resize" ? outsideOf(n, wanted) : undefined;
  const y = form.mode === "nearest" ? nearestAxes(n, x, wanted, form) : smoothAxes(n, x, wanted, form);
  if (mask === undefined) return y;
  return t.select(mask, t.number(n.float("extrapolation_value", 0), t.element(x)), y);
}

function nearestAxes(n: ImportNode, x: Value, changes: readonly AxisResize[], form: ResizeForm): Value {
  return changes.reduce((y, a) => resampleNearest(n, y, a, form.coordinates, form.nearest), x);
}

/** Integers are computed in f32 and cut off. */
function smoothAxes(n: ImportNode, x: Value, changes: readonly AxisResize[], form: ResizeForm): Value {
  const { t } = n;
  const how = {
    kind: form.mode === "cubic" ? ("cubic" as const) : ("linear" as const),
    cubicA: n.float("cubic_coeff_a", -0.75),
    antialias: n.flag("antialias"),
    excludeOutside: n.flag("exclude_outside"),
  };
  const compute = (wide: Value): Value =>
    changes.reduce((y, a) => resampleSmooth(n, y, a, coordinates(t, a, form.coordinates), how), wide);
  const element = t.element(x);
  return isFloat(element) ? t.widened(x, compute) : t.convert(compute(t.convert(x, "f32")), element);
}

/** Where a coordinate lies outside the operand, in the shape of the result. */
function outsideOf(n: ImportNode, changes: readonly AxisResize[]): Value | undefined {
  const { t } = n;
  const rank = n.rank(0);
  return changes
    .map((a) => {
      const at = coordinates(t, a, "tf_crop_and_resize");
      const isOut = t.or(t.lt(at, 0), t.gt(at, t.sub(floatSize(t, a.input), 1)));
      return t.reshape(
        folded(n, isOut),
        count(rank).map((axis) => (axis === a.axis ? a.output : 1)),
      );
    })
    .reduce<Value | undefined>((a, b) => (a === undefined ? b : t.or(a, b)), undefined);
}

function resize(n: ImportNode): Value {
  const mode = n.word("mode", ["nearest", "linear", "cubic"]);
  if (n.opset < 11) return resample(n, byScales(n, 1, axesOf(n), false), oldForm(mode));
  const transform = n.word("coordinate_transformation_mode", [
    "half_pixel",
    "half_pixel_symmetric",
    "pytorch_half_pixel",
    "align_corners",
    "asymmetric",
    "tf_crop_and_resize",
    "tf_half_pixel_for_nn",
  ]);
  const nearest = n.word("nearest_mode", ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]);
  const form: ResizeForm = { mode, coordinates: transform, nearest };
  const crops = transform === "tf_crop_and_resize";
  const axes = axesOf(n);
  // Before opset 13, an empty tensor stood for an input left out.
  const isGiven = (i: number): boolean => n.has(i) && n.shape(i)[0] !== 0;
  if (isGiven(3)) return resample(n, bySizes(n, axes, crops), form);
  if (isGiven(2)) return resample(n, byScales(n, 2, axes, crops), form);
  return n.invalid("it has neither scales nor sizes");
}

/** Coordinates of the first versions start at the corner; the nearest element is the one before, or behind for shrinking. */
function oldForm(mode: ResizeForm["mode"]): ResizeForm {
  return { mode, coordinates: "asymmetric", nearest: "ceil_down_floor_up" };
}

function upsample(n: ImportNode): Value {
  const { t } = n;
  const form = oldForm(n.word("mode", ["nearest", "linear", "bilinear"]) === "nearest" ? "nearest" : "linear");
  if (n.opset >= 9) return resample(n, byScales(n, 1, axesOf(n), false), form);
  const scales =
    n.opset >= 7
      ? (n.floats("scales") ?? n.invalid("attribute 'scales' is missing"))
      : [1, 1, n.float("height_scale", 1), n.float("width_scale", 1)];
  if (scales.length !== n.rank(0)) return n.invalid(`${scales.length} scales for rank ${n.rank(0)}`);
  const changes = scales.map((number, axis) => byScale(n, axis, t.number(number, "f32"), { number }));
  return resample(n, changes, form);
}

export const resizes: readonly OpRow[] = [
  { name: "Resize", since: 10, build: resize },
  { name: "Upsample", since: 1, build: upsample },
];
