/** @file Pooling under sliding windows and in windows that share an axis out evenly, and their gradients. */

import type { Dim } from "../../../ir/dim.js";
import {
  averagePool,
  maxPoolPlaces,
  pool,
  powerNorm,
  type SlidingWindow,
  slidingWindow,
} from "../../../ir/forms/windows.js";
import type { Value } from "../../../ir/graph.js";
import { fromScalars } from "../../../ir/ndarray.js";
import { numericsOf } from "../../../ir/scalar.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { Call, Row, Rows } from "../call.js";
import { wideOf } from "./widths.js";

const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** [batch, channels, ...] of any tensor whose last `spatial` axes are space, and the way back. */
export interface Batched {
  readonly x: Value;
  readonly back: (y: Value) => Value;
}

export function batched(t: TensorBuilder, x: Value, spatial: number): Batched {
  if (t.rank(x) !== spatial + 1) return { x, back: (y) => y };
  return { x: t.unsqueeze(x, [0]), back: (y) => t.squeeze(y, [0]) };
}

/** The windows that the arguments ask for; without a stride, windows stand side by side. */
export function windowsOf(n: Call, sizes: readonly Dim[], spatial: number): readonly SlidingWindow[] {
  const kernel = n.ints("kernel_size", spatial);
  const given = n.has("stride") ? n.ints("stride", spatial) : [];
  const strides = given.length === 0 ? kernel : given;
  const pads = n.takes("padding") ? n.ints("padding", spatial) : kernel.map(() => 0);
  const dilations = n.takes("dilation") ? n.ints("dilation", spatial) : kernel.map(() => 1);
  return kernel.map((size, i) => {
    const axis = { size, stride: strides[i]!, dilation: dilations[i]!, input: sizes[i]! };
    return slidingWindow(n.t.context, axis, [pads[i]!, pads[i]!], n.bool("ceil_mode"));
  });
}

/** The place of each element within its channel. */
function placesIn(t: TensorBuilder, shape: readonly Dim[]): Value {
  const { dims } = t.context;
  return shape
    .flatMap((_, axis) => {
      if (axis < 2) return [];
      const stride = dims.product(shape.slice(axis + 1));
      const own = t.iota(shape, axis, "i64");
      return [stride === 1 ? own : t.mul(own, t.scalar(stride))];
    })
    .reduce((a, b) => t.add(a, b));
}

const maxPooling =
  (spatial: number, withPlaces: boolean): Row =>
  (n) => {
    const { t } = n;
    const { x, back } = batched(t, n.tensor("self"), spatial);
    const shape = t.shape(x);
    const windows = windowsOf(n, shape.slice(2), spatial);
    if (!withPlaces) return back(pool(t, x, windows, "max"));
    return maxPoolPlaces(t, x, placesIn(t, shape), windows).map(back);
  };

function averaged(n: Call, x: Value, windows: readonly SlidingWindow[]): Value {
  const divisor = n.takes("divisor_override") ? n.optionalInt("divisor_override") : undefined;
  if (divisor !== undefined) return n.t.div(pool(n.t, x, windows, "add"), divisor);
  return averagePool(n.t, x, windows, n.bool("count_include_pad"));
}

const averagePooling =
  (spatial: number): Row =>
  (n) => {
    const { t } = n;
    const { x, back } = batched(t, n.tensor("self"), spatial);
    const windows = windowsOf(n, t.shape(x).slice(2), spatial);
    const wide = t.convert(x, wideOf(t.element(x)));
    return back(t.convert(averaged(n, wide, windows), n.out));
  };

/** Entry i of the result has the elements from floor(i * input / output) to before ceil((i + 1) * input / output). */
export interface Share {
  readonly axis: number;
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/** How each axis is shared out; `undefined` for one whose size is not known and that is not reduced to one element. */
export function sharesOf(sizes: readonly Dim[], shape: readonly Dim[], spatial: number): readonly Share[] | undefined {
  const shares = sizes.map((output, i) => {
    const axis = shape.length - spatial + i;
    const input = shape[axis]!;
    if (typeof input !== "number" || typeof output !== "number") return undefined;
    return {
      axis,
      starts: count(output).map((k) => Math.floor((k * input) / output)),
      ends: count(output).map((k) => Math.ceil(((k + 1) * input) / output)),
    };
  });
  return shares.every((share) => share !== undefined) ? shares : undefined;
}

/** Windows of one size side by side, where the shares are that. */
function evenWindows(shares: readonly Share[], shape: readonly Dim[]): readonly SlidingWindow[] | undefined {
  const even = shares.every(({ axis, starts }) => starts.length > 0 && (shape[axis] as number) % starts.length === 0);
  if (!even) return undefined;
  return shares.map(({ axis, starts }) => {
    const input = shape[axis] as number;
    const size = input / starts.length;
    return { size, stride: size, dilation: 1, input, low: 0, high: 0, needed: 0, count: starts.length };
  });
}

/** Sums over the shares of one axis, as products with their means. */
function averageShares(t: TensorBuilder, x: Value, share: Share): Value {
  const { axis, starts, ends } = share;
  const element = t.element(x);
  const input = t.shape(x)[axis] as number;
  const make = numericsOf(element).fromNumber;
  const rows = starts.map((start, k) => t.mean(t.sliceAxis(x, axis, start, ends[k]!), [axis], true));
  if (rows.length <= 8) return t.concat(rows, axis);
  const weights = starts.flatMap((start, k) =>
    count(input).map((i) => make(i >= start && i < ends[k]! ? 1 / (ends[k]! - start) : 0)),
  );
  const matrix = t.constant(fromScalars(element, [starts.length, input], weights));
  return t.moveAxis(t.dot(x, matrix, { contract: [[axis], [1]] }), t.rank(x) - 1, axis);
}

const adaptiveAverage =
  (spatial: number): Row =>
  (n) => {
    const { t } = n;
    const x = n.tensor("self");
    const shape = t.shape(x);
    const axes = count(spatial).map((i) => shape.length - spatial + i);
    const wide = t.convert(x, wideOf(t.element(x)));
    if (n.dims("output_size", spatial).every((d) => d === 1)) return t.convert(t.mean(wide, axes, true), n.out);
    const shares = sharesOf(n.dims("output_size", spatial), shape, spatial);
    if (shares === undefined) return n.unsupported("sizes that are not known before the model runs", "make them fixed");
    const even = evenWindows(shares, shape);
    if (even === undefined)
      return t.convert(
        shares.reduce((y, share) => averageShares(t, y, share), wide),
        n.out,
      );
    const single = batched(t, wide, spatial);
    return t.convert(single.back(averagePool(t, single.x, even, true)), n.out);
  };

/** The largest of each share and its place within the channel, the first of equals. */
const adaptiveMax =
  (spatial: number): Row =>
  (n) => {
    const { t } = n;
    const { x, back } = batched(t, n.tensor("self"), spatial);
    const shape = t.shape(x);
    const shares = sharesOf(n.dims("output_size", spatial), shape, spatial);
    if (shares === undefined) return n.unsupported("sizes that are not known before the model runs", "make them fixed");
    const even = evenWindows(shares, shape);
    const places = placesIn(t, shape);
    if (even !== undefined) return maxPoolPlaces(t, x, places, even).map(back);
    const cells = cellsOf(shares);
    const results = cells.map((cell) => {
      const cut = (y: Value): Value =>
        t.slice(y, [0, 0, ...cell.map((c) => c.start)], [...shape.slice(0, 2), ...cell.map((c) => c.end)]);
      const whole = cell.map((c) => {
        const size = c.end - c.start;
        return { size, stride: size, dilation: 1, input: size, low: 0, high: 0, needed: 0, count: 1 };
      });
      return maxPoolPlaces(t, cut(x), cut(places), whole);
    });
    const sizes = [...shape.slice(0, 2), ...shares.map((s) => s.starts.length)];
    return [0, 1].map((i) => {
      const flat = results.map((r) => t.reshape(r[i]!, [...shape.slice(0, 2), 1]));
      return back(t.reshape(t.concat(flat, 2), sizes));
    });
  };

type Cell = readonly { readonly start: number; readonly end: number }[];

/** Every combination of shares of all axes, the last axis first. */
function cellsOf(shares: readonly Share[]): readonly Cell[] {
  return shares.reduce<readonly Cell[]>(
    (cells, { starts, ends }) => cells.flatMap((cell) => starts.map((start, k) => [...cell, { start, end: ends[k]! }])),
    [[]],
  );
}

/** (sum of |x|^p)^(1/p) under each window. */
const lpPooling =
  (spatial: number): Row =>
  (n) => {
    const { t } = n;
    const { x, back } = batched(t, n.tensor("self"), spatial);
    const windows = windowsOf(n, t.shape(x).slice(2), spatial);
    return back(powerNorm(t, x, n.float("norm_type"), (powers) => pool(t, powers, windows, "add")));
  };

/** Elements put at places within their channel, one after the other where several meet. */
function spreadOut(t: TensorBuilder, x: Value, places: Value, sizes: readonly Dim[], how: "add" | "set"): Value {
  const { dims } = t.context;
  const spatial = sizes.length - 2;
  const shape = t.shape(x);
  const lead = dims.product(shape.slice(0, -spatial));
  const flat = (y: Value): Value => t.reshape(y, [lead, dims.product(shape.slice(-spatial))]);
  const zeros = t.broadcast(t.number(0, t.element(x)), [lead, dims.product(sizes.slice(2))], []);
  const spread = t.scatterPlaces(zeros, t.placesAlong(flat(places), 1), flat(x), how);
  return t.reshape(spread, [...shape.slice(0, -spatial), ...sizes.slice(2)]);
}

const maxGradient =
  (spatial: number): Row =>
  (n) => {
    const { t } = n;
    const shape = n.shape("self");
    const grad = t.convert(n.tensor("grad_output"), wideOf(n.out));
    const sizes = [1, 1, ...shape.slice(-spatial)];
    return t.convert(spreadOut(t, grad, n.tensor("indices"), sizes, "add"), n.out);
  };

const unpooling =
  (spatial: number): Row =>
  (n) =>
    spreadOut(n.t, n.tensor("self"), n.tensor("indices"), [1, 1, ...n.dims("output_size", spatial)], "set");

export const poolings: Rows = {
  "aten.max_pool1d": maxPooling(1, false),
  "aten.max_pool2d": maxPooling(2, false),
  "aten.max_pool3d": maxPooling(3, false),
  "aten.max_pool1d_with_indices": maxPooling(1, true),
  "aten.max_pool2d_with_indices.default": maxPooling(2, true),
  "aten.max_pool3d_with_indices.default": maxPooling(3, true),
  "aten.max_pool2d_with_indices_backward.default": maxGradient(2),
  "aten.max_pool3d_with_indices_backward.default": maxGradient(3),
  "aten.fractional_max_pool2d_backward.default": maxGradient(2),
  "aten.fractional_max_pool3d_backward.default": maxGradient(3),
  "aten.adaptive_max_pool2d_backward.default": maxGradient(2),
  "aten.adaptive_max_pool3d_backward.default": maxGradient(3),
  "aten.avg_pool1d": averagePooling(1),
  "aten.avg_pool2d": averagePooling(2),
  "aten.avg_pool3d": averagePooling(3),
  "aten.adaptive_avg_pool1d": adaptiveAverage(1),
  "aten.adaptive_avg_pool2d": adaptiveAverage(2),
  "aten.adaptive_avg_pool3d.default": adaptiveAverage(3),
  "aten._adaptive_avg_pool2d": adaptiveAverage(2),
  "aten._adaptive_avg_pool3d": adaptiveAverage(3),
  "aten.adaptive_max_pool1d": adaptiveMax(1),
  "aten.adaptive_max_pool2d.default": adaptiveMax(2),
  "aten.adaptive_max_pool3d.default": adaptiveMax(3),
  "aten.lp_pool1d": lpPooling(1),
  "aten.lp_pool2d": lpPooling(2),
  "aten.lp_pool3d": lpPooling(3),
  "aten.max_unpool2d": unpooling(2),
  "aten.max_unpool3d": unpooling(3),
};
