/**
 * @file Windows that slide over tensors: the arithmetic that convolutions, pooling and scatter-to-selected share.
 * Per axis: the operand is dilated (gaps between neighbours), padded at either edge (negative amounts cut), and a
 * window, itself dilated, moves over it in strides.
 */

import type { Context } from "../../context.js";
import type { Dim } from "../../dim.js";

export type Pair = readonly [low: number, high: number];

export interface WindowAxis {
  readonly size: number;
  readonly stride: number;
  readonly padding: Pair;
  readonly baseDilation: number;
  readonly windowDilation: number;
}

/** The attributes as written; what is left out is 1, or no padding. */
export interface WindowAttributes {
  readonly sizes: readonly number[];
  readonly strides?: readonly number[] | undefined;
  readonly padding?: readonly Pair[] | undefined;
  readonly baseDilations?: readonly number[] | undefined;
  readonly windowDilations?: readonly number[] | undefined;
}

/** One record per axis, or what is wrong with the attributes. */
export function windowAxes({
  sizes,
  strides,
  padding,
  baseDilations,
  windowDilations,
}: WindowAttributes): readonly WindowAxis[] | string {
  const rank = sizes.length;
  const lists = { strides, baseDilations, windowDilations };
  for (const [name, list] of Object.entries(lists)) {
    if (list && (list.length !== rank || list.some((n) => n < 1)))
      return `${name} [${list.join(", ")}] must be ${rank} positive numbers`;
  }
  if (padding && padding.length !== rank) return `padding has ${padding.length} pairs for ${rank} axes`;
  if (sizes.some((n) => n < 1)) return `the window [${sizes.join(", ")}] must be positive`;
  return sizes.map((size, i) => ({
    size,
    stride: strides?.[i] ?? 1,
    padding: padding?.[i] ?? [0, 0],
    baseDilation: baseDilations?.[i] ?? 1,
    windowDilation: windowDilations?.[i] ?? 1,
  }));
}

/** How many positions the window has along an axis of this size: 0 where it does not fit. */
export function windowCount({ dims }: Context, size: Dim, { padding, stride, ...axis }: WindowAxis): Dim {
  const dilated =
    axis.baseDilation === 1 ? size : dims.max(dims.add(dims.mul(dims.sub(size, 1), axis.baseDilation), 1), 0);
  const reach = (axis.size - 1) * axis.windowDilation + 1;
  const room = dims.sub(dims.add(dilated, padding[0] + padding[1]), reach);
  const count = dims.add(dims.floorDiv(room, stride), 1);
  return typeof count === "number" ? Math.max(count, 0) : dims.max(count, 0);
}

/** The entry of the operand that a window's element falls on; `undefined` in padding and gaps. */
export function windowEntry(axis: WindowAxis, position: number, offset: number, size: number): number | undefined {
  const at = position * axis.stride + offset * axis.windowDilation - axis.padding[0];
  const entry = at / axis.baseDilation;
  return at >= 0 && Number.isInteger(entry) && entry < size ? entry : undefined;
}

/** The entries of one axis under a window: evenly spaced. */
export interface WindowRun {
  readonly first: number;
  readonly count: number;
  readonly step: number;
}

/** Per axis, the entries under the window at each of its positions. */
export function windowRuns(
  shape: readonly number[],
  axes: readonly WindowAxis[],
  counts: readonly number[],
): readonly (readonly WindowRun[])[] {
  return axes.map((axis, a) => Array.from({ length: counts[a]! }, (_, position) => runAt(axis, position, shape[a]!)));
}

function runAt(axis: WindowAxis, position: number, size: number): WindowRun {
  const entries: number[] = [];
  for (let offset = 0; offset < axis.size; offset++) {
    const entry = windowEntry(axis, position, offset, size);
    if (entry !== undefined) entries.push(entry);
  }
  const [first = 0, second = first + 1] = entries;
  return { first, count: entries.length, step: second - first };
}

/**
 * Calls `visit` with each row of entries along the last axis under the window at `position`, in row-major order: where
 * it starts, how many they are, and how far apart.
 */
export function eachWindowRow(
  strides: readonly number[],
  runs: readonly (readonly WindowRun[])[],
  position: readonly number[],
  visit: (start: number, count: number, step: number) => void,
): void {
  const last = runs.length - 1;
  const walk = (axis: number, at: number): void => {
    const run = runs[axis]![position[axis]!]!;
    const stride = strides[axis]!;
    if (axis === last) visit(at + run.first * stride, run.count, run.step * stride);
    else for (let i = 0; i < run.count; i++) walk(axis + 1, at + (run.first + i * run.step) * stride);
  };
  if (last < 0) visit(0, 1, 1);
  else walk(0, 0);
}
