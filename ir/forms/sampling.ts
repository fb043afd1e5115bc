/**
 * @file Reading images at places that are computed: weighted sums of the elements around points, one axis after the other.
 * An image is [batch, channels, spatial...]; each batch entry has points of its own.
 */

import type { Dim } from "../dim.js";
import type { Value } from "../graph.js";
import type { TensorBuilder } from "../tensor-builder.js";

const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** The elements along one axis that count for each point, and how much: `[batch, points, taps]`. */
export interface PointTaps {
  /** Floats that are whole numbers; they may lie outside the axis. */
  readonly places: Value;
  /** Left out where there is one tap that counts in full. */
  readonly weights?: Value;
}

export function sizeLike(t: TensorBuilder, size: Dim, like: Value): Value {
  return t.convert(t.scalar(size), t.element(like));
}

/** The element nearest to coordinates `[batch, points]`, halves to even. */
export function nearestTap(t: TensorBuilder, at: Value): PointTaps {
  return { places: t.unsqueeze(t.round(at), [2]) };
}

/** The two elements around each coordinate. */
export function linearTaps(t: TensorBuilder, at: Value): PointTaps {
  const base = t.floor(at);
  const part = t.sub(at, base);
  const pair = (a: Value, b: Value): Value => t.concat([t.unsqueeze(a, [2]), t.unsqueeze(b, [2])], 2);
  return { places: pair(base, t.add(base, 1)), weights: pair(t.sub(1, part), part) };
}

/** Keys' cubic convolution at distances from 0 to 2; 0 beyond. */
export function cubic(t: TensorBuilder, d: Value, a: number): Value {
  const near = t.add(t.mul(t.mul(t.sub(t.mul(d, a + 2), a + 3), d), d), 1);
  const far = t.mul(t.sub(t.mul(t.add(t.mul(t.sub(d, 5), d), 8), d), 4), a);
  return t.select(t.le(d, 1), near, t.select(t.lt(d, 2), far, 0));
}

/** The four elements around each coordinate. */
export function cubicTaps(t: TensorBuilder, at: Value, a: number): PointTaps {
  const base = t.floor(at);
  const steps = t.sub(t.iota([1, 1, 4], 2, t.element(at)), 1);
  const distance = t.abs(t.sub(steps, t.unsqueeze(t.sub(at, base), [2])));
  return { places: t.add(t.unsqueeze(base, [2]), steps), weights: cubic(t, distance, a) };
}

/**
 * The elements of `x` [batch, channels, spatial...] around points, [batch, channels, points, taps of axis 0, taps of axis
 * 1, ...], and their weights without the channels. Elements outside the image count as 0.
 */
export function readTaps(
  t: TensorBuilder,
  x: Value,
  axes: readonly PointTaps[],
): { read: Value; weights: Value | undefined } {
  const { dims } = t.context;
  const [batch, channels, ...sizes] = t.shape(x);
  const flat = t.reshape(x, [batch!, channels!, dims.product(sizes)]);
  let places: Value | undefined;
  let inside: Value | undefined;
  let weights: Value | undefined;
  axes.forEach((taps, i) => {
    // [batch, points, 1..., taps, ...1]
    const spread = (y: Value): Value => {
      const [entries, points, amount] = t.shape(y);
      return t.reshape(y, [entries!, points!, ...count(axes.length).map((k) => (k === i ? amount! : 1))]);
    };
    const last = t.sub(sizeLike(t, sizes[i]!, taps.places), 1);
    const clamped = t.clamp(t.number(0, t.element(taps.places)), taps.places, last);
    const stride = t.scalar(dims.product(sizes.slice(i + 1)));
    const own = spread(t.mul(t.convert(clamped, "i64"), stride));
    const isIn = spread(t.eq(clamped, taps.places));
    places = places === undefined ? own : t.add(places, own);
    inside = inside === undefined ? isIn : t.and(inside, isIn);
    const factor = taps.weights && spread(taps.weights);
    weights = weights && factor ? t.mul(weights, factor) : (factor ?? weights);
  });
  if (places === undefined || inside === undefined) throw new Error("an image has spatial axes");
  const numbers = {
    offsetDims: [1],
    collapsedSliceDims: [2],
    operandBatchingDims: [0],
    startIndicesBatchingDims: [0],
    startIndexMap: [2],
    indexVectorDim: t.rank(places),
  };
  const found = t.gather(flat, places, numbers, [1, channels!, 1]);
  return { read: t.select(t.unsqueeze(inside, [1]), found, 0), weights };
}

/** The weighted sums around points: [batch, channels, points]. */
export function sample(t: TensorBuilder, x: Value, axes: readonly PointTaps[]): Value {
  const { read, weights } = readTaps(t, x, axes);
  const weighted = weights === undefined ? read : t.mul(read, t.unsqueeze(weights, [1]));
  return t.sum(
    weighted,
    axes.map((_, i) => i + 3),
  );
}
