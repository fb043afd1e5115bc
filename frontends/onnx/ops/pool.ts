/** @file Pooling: what is under a sliding window, or in all of space, joined to one element. */

import { reduceWindow } from "../../../ir/dialects/stablehlo/reduce-window.js";
import type { Dim } from "../../../ir/dim.js";
import { isFloat } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import { fromScalars } from "../../../ir/ndarray.js";
import { numericsOf } from "../../../ir/scalar.js";
import { identityOf, type TensorBuilder } from "../../../ir/tensor-builder.js";
import type { ImportNode, OpRow } from "../context.js";
import { checkFloats, checkLeastRank } from "./checks.js";
import { kernelOf, type SlidingWindow, slidingWindows, withMargins } from "./window.js";

const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** The windows of a pooling node over the axes behind batch and channels. */
function poolWindows(n: ImportNode): readonly SlidingWindow[] {
  checkLeastRank(n, 0, 3);
  return slidingWindows(n, kernelOf(n), n.shape(0).slice(2));
}

/** The attributes of a window over [batch, channels, ...]. */
function windowAttributes(windows: readonly SlidingWindow[], pads: readonly (readonly [number, number])[]) {
  const all = (list: readonly number[]): readonly number[] => [1, 1, ...list];
  const none: readonly [number, number] = [0, 0];
  return {
    window_dimensions: all(windows.map((w) => w.size)),
    window_strides: all(windows.map((w) => w.stride)),
    window_dilations: all(windows.map((w) => w.dilation)),
    padding: [none, none, ...pads],
  };
}

/** The elements under each window joined; margins change nothing. */
function pool(n: ImportNode, x: Value, windows: readonly SlidingWindow[], how: "max" | "add"): Value {
  const { t } = n;
  const element = t.element(x);
  const init = t.splat(identityOf(how, element), [], element);
  const { value, pads } = withMargins(n, x, windows, init);
  const regions = [t.joiningRegion(how, element)];
  const operands = { inputs: [t.settle(value)], init_values: [init] };
  return t.emit(reduceWindow, operands, windowAttributes(windows, pads), { regions });
}

function maxPool(n: ImportNode): Value | readonly Value[] {
  const windows = poolWindows(n);
  return n.wants(1) ? maxPoolPlaces(n, windows) : pool(n, n.value(0), windows, "max");
}

/** The largest elements and where they are, the first of equals. */
function maxPoolPlaces(n: ImportNode, windows: readonly SlidingWindow[]): readonly Value[] {
  const { t } = n;
  const element = n.element(0);
  const least = t.splat(identityOf("max", element), [], element);
  const beyond = t.splat(identityOf("min", "i64"), [], "i64");
  const x = withMargins(n, n.value(0), windows, least);
  const places = withMargins(n, flatPlaces(n), windows, beyond);
  const [value, place] = [t.tensorType([], element), t.tensorType([], "i64")];
  const body = t.region([value, place, value, place], (b, [old, at, next, to]) => {
    const isLarger = b.gt(next!, old!);
    const isEarlier = b.and(b.eq(next!, old!), b.lt(to!, at!));
    // A NaN is larger than anything.
    const isNan = isFloat(element) ? b.and(b.ne(next!, next!), b.eq(old!, old!)) : undefined;
    const wins = isNan ? b.or(b.or(isLarger, isEarlier), isNan) : b.or(isLarger, isEarlier);
    return [b.select(wins, next!, old!), b.select(wins, to!, at!)];
  });
  const operands = { inputs: [t.settle(x.value), t.settle(places.value)], init_values: [least, beyond] };
  return t.emitOp(reduceWindow, operands, windowAttributes(windows, x.pads), { regions: [body] }).results;
}

/** The place of each element in the flat tensor; `storage_order` 1 numbers the spatial axes from the first one. */
function flatPlaces(n: ImportNode): Value {
  const { t } = n;
  const { dims } = t.context;
  const shape = n.shape(0);
  const spatial = shape.slice(2);
  const isColumns = n.flag("storage_order");
  const strides = shape.map((_, axis): Dim => {
    if (!isColumns || axis < 2) return dims.product(shape.slice(axis + 1));
    return dims.product(spatial.slice(0, axis - 2));
  });
  return shape
    .map((_, axis) => t.mul(t.iota(shape, axis, "i64"), t.scalar(strides[axis]!)))
    .reduce((a, b) => t.add(a, b));
}

function averagePool(n: ImportNode): Value {
  const { t } = n;
  checkFloats(n, 0);
  const windows = poolWindows(n);
  const withPads = n.flag("count_include_pad");
  return t.widened(n.value(0), (x) => {
    const total = pool(n, x, windows, "add");
    const counts = windows.map((w, i) => elementsUnder(n, w, withPads, x, i + 2));
    const numbers = counts.filter((c) => typeof c === "number");
    const divided =
      numbers.length > 0
        ? t.div(
            total,
            numbers.reduce((a, b) => a * b),
          )
        : total;
    return counts.reduce<Value>((y, c) => (typeof c === "number" ? y : t.div(y, c)), divided);
  });
}

/**
 * How many elements are under the window at each position along `axis`, those of the margins counted or not: a number
 * where it is everywhere the same, else a tensor of the element of `like` that broadcasts against the result.
 */
function elementsUnder(n: ImportNode, w: SlidingWindow, withPads: boolean, like: Value, axis: number): number | Value {
  const { t } = n;
  const { dims } = t.context;
  const reachesOut = w.low !== 0 || !dims.provablyLessOrEqual(w.needed, 0);
  const hangsOver = !dims.provablyLessOrEqual(w.needed, w.high);
  if (withPads ? !hangsOver : !reachesOut) return w.size;
  const [first, end] = withPads ? [dims.mul(w.low, -1), dims.add(w.input, w.high)] : [0, w.input];
  const element = t.element(like);
  const ones = new Array<number>(t.rank(like) - axis - 1).fill(1);
  const { low, input } = w;
  if (typeof w.count === "number" && typeof low === "number" && typeof input === "number") {
    const counts = count(w.count).map((i) => countIn(w, i * w.stride - low, first as number, end as number));
    const make = numericsOf(element).fromNumber;
    return t.constant(fromScalars(element, [w.count, ...ones], counts.map(make)));
  }
  // Entries k of the window with first <= start + k * dilation < end.
  const start = t.sub(t.mul(t.iota([w.count], 0, "i64"), w.stride), t.scalar(low));
  const before = (limit: Dim): Value => {
    const steps = t.add(t.sub(t.scalar(limit), start), w.dilation - 1);
    return t.clamp(0, t.div(t.max(steps, 0), w.dilation), w.size);
  };
  return t.reshape(t.convert(t.sub(before(end), before(first)), element), [w.count, ...ones]);
}

function countIn({ size, dilation }: SlidingWindow, start: number, first: number, end: number): number {
  return count(size).filter((k) => start + k * dilation >= first && start + k * dilation < end).length;
}

/** (sum of |x|^p)^(1/p) of what `total` sums up. */
function norm(t: TensorBuilder, x: Value, p: number, total: (powers: Value) => Value): Value {
  return t.widened(x, (wide) => {
    if (p === 1) return total(t.abs(wide));
    if (p === 2) return t.sqrt(total(t.mul(wide, wide)));
    return t.pow(total(t.pow(t.abs(wide), p)), 1 / p);
  });
}

/** `p` was a float in opset 1. */
const exponentOf = (n: ImportNode): number => (n.opset < 2 ? n.float("p", 2) : n.int("p", 2));

function lpPool(n: ImportNode): Value {
  checkFloats(n, 0);
  const windows = poolWindows(n);
  return norm(n.t, n.value(0), exponentOf(n), (powers) => pool(n, powers, windows, "add"));
}

const spatialAxes = (n: ImportNode): number[] => count(n.rank(0)).slice(2);

const overSpace = (name: string, f: (n: ImportNode, x: Value, axes: readonly number[]) => Value): OpRow => ({
  name,
  since: 1,
  build(n) {
    checkLeastRank(n, 0, 2);
    checkFloats(n, 0);
    return f(n, n.value(0), spatialAxes(n));
  },
});

export const pools: readonly OpRow[] = [
  { name: "MaxPool", since: 1, build: maxPool },
  { name: "AveragePool", since: 1, build: averagePool },
  { name: "LpPool", since: 1, build: lpPool },
  overSpace("GlobalMaxPool", ({ t }, x, axes) => t.reduce(x, axes, "max", true)),
  overSpace("GlobalAveragePool", ({ t }, x, axes) => t.widened(x, (wide) => t.mean(wide, axes, true))),
  overSpace("GlobalLpPool", (n, x, axes) => norm(n.t, x, exponentOf(n), (powers) => n.t.sum(powers, axes, true))),
];
