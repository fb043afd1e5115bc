/** @file Pooling: what is under a sliding window, or in all of space, joined to one element. */

import type { Dim } from "../../../ir/dim.js";
import { averagePool, maxPoolPlaces, pool, powerNorm, type SlidingWindow } from "../../../ir/forms/windows.js";
import type { Value } from "../../../ir/graph.js";
import type { ImportNode, OpRow } from "../context.js";
import { checkFloats, checkLeastRank } from "./checks.js";
import { kernelOf, slidingWindows } from "./window.js";

const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** The windows of a pooling node over the axes behind batch and channels. */
function poolWindows(n: ImportNode): readonly SlidingWindow[] {
  checkLeastRank(n, 0, 3);
  return slidingWindows(n, kernelOf(n), n.shape(0).slice(2));
}

function maxPool(n: ImportNode): Value | readonly Value[] {
  const windows = poolWindows(n);
  return n.wants(1) ? maxPoolPlaces(n.t, n.value(0), flatPlaces(n), windows) : pool(n.t, n.value(0), windows, "max");
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

function averagePooling(n: ImportNode): Value {
  checkFloats(n, 0);
  const windows = poolWindows(n);
  return n.t.widened(n.value(0), (x) => averagePool(n.t, x, windows, n.flag("count_include_pad")));
}

/** `p` was a float in opset 1. */
const exponentOf = (n: ImportNode): number => (n.opset < 2 ? n.float("p", 2) : n.int("p", 2));

function lpPool(n: ImportNode): Value {
  checkFloats(n, 0);
  const windows = poolWindows(n);
  return powerNorm(n.t, n.value(0), exponentOf(n), (powers) => pool(n.t, powers, windows, "add"));
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
  { name: "AveragePool", since: 1, build: averagePooling },
  { name: "LpPool", since: 1, build: lpPool },
  overSpace("GlobalMaxPool", ({ t }, x, axes) => t.reduce(x, axes, "max", true)),
  overSpace("GlobalAveragePool", ({ t }, x, axes) => t.widened(x, (wide) => t.mean(wide, axes, true))),
  overSpace("GlobalLpPool", (n, x, axes) => powerNorm(n.t, x, exponentOf(n), (powers) => n.t.sum(powers, axes, true))),
];
