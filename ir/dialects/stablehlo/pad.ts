/** @file Padding of reference tensors: at the edges (negative amounts cut) and between neighbours. */

import { filled, getScalar, type NdArray, stridesOf } from "../../ndarray.js";
import { copyStrided } from "../../ndarray-layout.js";

/** `value` has rank 0. Entry `k` along an axis goes to `low + k * (interior + 1)`, if that lies inside. */
export function padArray(
  a: NdArray,
  value: NdArray,
  low: readonly number[],
  high: readonly number[],
  interior: readonly number[],
): NdArray {
  const shape = a.shape.map((n, i) => n + Math.max(n - 1, 0) * interior[i]! + low[i]! + high[i]!);
  const negative = shape.findIndex((n) => n < 0);
  if (negative >= 0) throw new Error(`axis ${negative} would get size ${shape[negative]}`);
  const out = filled(a.element, shape, getScalar(value, 0));
  const first = low.map((l, i) => Math.max(0, Math.ceil(-l / (interior[i]! + 1))));
  const last = shape.map((n, i) => Math.min(a.shape[i]! - 1, Math.floor((n - 1 - low[i]!) / (interior[i]! + 1))));
  const block = first.map((f, i) => Math.max(0, last[i]! - f + 1));
  const from = stridesOf(a.shape);
  const to = stridesOf(shape);
  const offset = (strides: readonly number[], at: (i: number) => number) =>
    strides.reduce((sum, s, i) => sum + s * at(i), 0);
  copyStrided(
    block,
    out,
    {
      offset: offset(to, (i) => low[i]! + first[i]! * (interior[i]! + 1)),
      strides: to.map((s, i) => s * (interior[i]! + 1)),
    },
    a,
    { offset: offset(from, (i) => first[i]!), strides: from },
  );
  return out;
}
