/** @file DeformConv: a convolution whose windows read at places that are moved by computed offsets. */

import { addBias } from "../../../ir/forms/convolution.js";
import { linearTaps, sample } from "../../../ir/forms/sampling.js";
import type { SlidingWindow } from "../../../ir/forms/windows.js";
import type { Value } from "../../../ir/graph.js";
import type { ImportNode, OpRow } from "../context.js";
import { checkFloats, checkLeastRank, checkRank } from "./checks.js";
import { kernelOf, slidingWindows } from "./window.js";

const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Operands: x, weights, offsets, bias?, mask?. */
function deformConv(n: ImportNode): Value {
  const { t } = n;
  const { dims } = t.context;
  checkLeastRank(n, 0, 3);
  for (const i of [1, 2, 4]) checkRank(n, i, n.rank(0));
  checkFloats(n, 0, 1, 2, 3, 4);
  const [batch, channels, ...sizes] = n.shape(0);
  const windows = slidingWindows(n, kernelOf(n, n.shape(1).slice(2)), sizes);
  const outer = windows.map((w) => w.count);
  const taps = windows.reduce((product, w) => product * w.size, 1);
  const offsetGroups = n.int("offset_group", 1);
  const entries = dims.mul(batch!, offsetGroups);
  const perGroup = dims.floorDiv(channels!, offsetGroups);
  const points = dims.mul(dims.product(outer), taps);
  const image = t.reshape(n.value(0), [entries, perGroup, ...sizes]);
  const columns = t.widened(image, (x) => {
    const offsets = t.convert(n.value(2), t.element(x));
    const moves = t.reshape(offsets, [entries, taps, sizes.length, ...outer]);
    const axes = windows.map((_, i) => {
      const at = t.add(t.at(moves, 2, i), t.convert(regularPlaces(n, windows, i), t.element(x)));
      return linearTaps(t, t.reshape(at, [entries, points]));
    });
    const found = sample(t, x, axes);
    const mask = n.optional(4);
    return mask === undefined ? found : t.mul(found, t.convert(t.reshape(mask, [entries, 1, points]), t.element(x)));
  });
  const read = t.reshape(columns, [batch!, channels!, taps, ...outer]);
  return addBias(t, product(n, read, taps), n.optional(3));
}

/** Where the windows would read along spatial axis `i` if nothing were moved: `[1, taps, ...positions]`. */
function regularPlaces(n: ImportNode, windows: readonly SlidingWindow[], i: number): Value {
  const { t } = n;
  const { stride, dilation, low, size } = windows[i]!;
  const behind = windows.slice(i + 1).reduce((product, w) => product * w.size, 1);
  const rank = windows.length;
  const taps = windows.reduce((product, w) => product * w.size, 1);
  const tap = t.rem(t.div(t.iota([1, taps, ...count(rank).map(() => 1)], 1, "i64"), behind), size);
  const shape = [1, 1, ...windows.map((w, k) => (k === i ? w.count : 1))];
  const window = t.mul(t.iota(shape, i + 2, "i64"), stride);
  return t.sub(t.add(window, t.mul(tap, dilation)), t.scalar(low));
}

/** The kernel's products with what was read, [batch, channels, taps, ...positions], group by group. */
function product(n: ImportNode, columns: Value, taps: number): Value {
  const { t } = n;
  const { dims } = t.context;
  const groups = n.int("group", 1);
  const [features, inputs] = n.shape(1);
  const [batch, , , ...outer] = t.shape(columns);
  const length = dims.mul(inputs!, taps);
  const kernel = t.reshape(n.value(1), [groups, dims.floorDiv(features!, groups), length]);
  const parts = t.reshape(columns, [batch!, groups, length, dims.product(outer)]);
  const products = t.dot(kernel, parts, { batch: [[0], [1]], contract: [[2], [2]] });
  return t.reshape(t.transpose(products, [2, 0, 1, 3]), [batch!, features!, ...outer]);
}

export const deformConvs: readonly OpRow[] = [{ name: "DeformConv", since: 19, build: deformConv }];
