/**
 * @file Windows that slide over tensors: the arithmetic that convolutions, pooling and scatter-to-selected share.
 * Per axis: the operand is dilated (gaps between neighbours), padded at either edge (negative amounts cut), and a
 * window, itself dilated, moves over it in strides.
 */

import type { Context } from "../../context.js";
import type { Dim } from "../../dim.js";
import { stridesOf } from "../../ndarray.js";

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

/** Calls `visit` with the flat position of every entry under the window at `position`, row-major. */
export function eachInWindow(
  shape: readonly number[],
  axes: readonly WindowAxis[],
  position: readonly number[],
  visit: (at: number) => void,
): void {
  const strides = stridesOf(shape);
  const walk = (axis: number, at: number): void => {
    if (axis === shape.length) {
      visit(at);
      return;
    }
    const window = axes[axis]!;
    for (let offset = 0; offset < window.size; offset++) {
      const entry = windowEntry(window, position[axis]!, offset, shape[axis]!);
      if (entry !== undefined) walk(axis + 1, at + entry * strides[axis]!);
    }
  };
  walk(0, 0);
}
