/**
 * @file The spatial attributes that convolutions and pooling share: kernels, strides, dilations and margins, for axes
 * whose sizes may be symbolic. `auto_pad` is resolved here, as is the rounding of `ceil_mode`.
 */

import type { Dim } from "../../../ir/dim.js";
import type { Value } from "../../../ir/graph.js";
import { isNumbers } from "../../../ir/movement-builder.js";
import type { ImportNode } from "../context.js";

/** A window that slides along one axis of an operand. */
export interface SlidingWindow {
  /** Elements under the window, `dilation` apart. */
  readonly size: number;
  readonly stride: number;
  readonly dilation: number;
  /** Size of the operand's axis. */
  readonly input: Dim;
  /** Margins as the node asks for them. */
  readonly low: Dim;
  readonly high: Dim;
  /** The margin behind the operand that the last window needs: beyond `high` under `ceil_mode`, less where none reaches it. */
  readonly needed: Dim;
  /** Positions of the window. */
  readonly count: Dim;
}

/** Elements from the first to the last under a window. */
export const extentOf = ({ size, dilation }: { readonly size: number; readonly dilation: number }): number =>
  (size - 1) * dilation + 1;

/** Attribute `name` with one entry for each of `rank` spatial axes. */
export function perAxis(n: ImportNode, name: string, rank: number, fallback: number): readonly number[] {
  const given = n.ints(name) ?? new Array<number>(rank).fill(fallback);
  if (given.length !== rank)
    return n.invalid(`attribute '${name}' has ${given.length} entries for ${rank} spatial axes`);
  return given;
}

/** Attribute `pads`: all margins before the axes, then all behind them. */
export function padsOf(n: ImportNode, rank: number): readonly (readonly [number, number])[] {
  const pads = n.ints("pads") ?? new Array<number>(2 * rank).fill(0);
  if (pads.length !== 2 * rank)
    return n.invalid(`attribute 'pads' has ${pads.length} entries for ${rank} spatial axes`);
  return Array.from({ length: rank }, (_, i) => [pads[i]!, pads[i + rank]!]);
}

/** Attribute `kernel_shape`, which must be what `weights` says where both are given. */
export function kernelOf(n: ImportNode, weights?: readonly Dim[]): readonly number[] {
  const named = n.ints("kernel_shape");
  if (weights === undefined) return named ?? n.invalid("attribute 'kernel_shape' is missing");
  if (!isNumbers(weights)) {
    if (named === undefined)
      return n.unsupported("the spatial sizes of its weights are not known before the model runs");
    return named;
  }
  if (named !== undefined && named.join() !== weights.join())
    return n.invalid(`attribute 'kernel_shape' is [${named.join(", ")}], the weights have [${weights.join(", ")}]`);
  return weights;
}

/** The windows of a node over the spatial axes of sizes `sizes`, with its attributes. */
export function slidingWindows(
  n: ImportNode,
  kernel: readonly number[],
  sizes: readonly Dim[],
): readonly SlidingWindow[] {
  const rank = sizes.length;
  if (kernel.length !== rank) return n.invalid(`its kernel has ${kernel.length} spatial axes, its operand ${rank}`);
  const [strides, dilations] = [perAxis(n, "strides", rank, 1), perAxis(n, "dilations", rank, 1)];
  const pads = padsOf(n, rank);
  return sizes.map((input, i) => {
    const axis = { size: kernel[i]!, stride: strides[i]!, dilation: dilations[i]!, input };
    if (axis.size < 1 || axis.stride < 1 || axis.dilation < 1)
      return n.invalid("kernel sizes, strides and dilations must be positive");
    return placed(n, axis, pads[i]!);
  });
}

type Axis = Pick<SlidingWindow, "size" | "stride" | "dilation" | "input">;

function placed(n: ImportNode, axis: Axis, [low, high]: readonly [number, number]): SlidingWindow {
  const { dims } = n.t.context;
  const extent = extentOf(axis);
  const auto = n.word("auto_pad", ["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"]);
  if (auto === "SAME_UPPER" || auto === "SAME_LOWER") {
    const count = dims.ceilDiv(axis.input, axis.stride);
    const reach = dims.add(dims.mul(dims.sub(count, 1), axis.stride), extent);
    const total = dims.max(dims.sub(reach, axis.input), 0);
    const less = dims.floorDiv(total, 2);
    const more = dims.sub(total, less);
    const [before, behind] = auto === "SAME_UPPER" ? [less, more] : [more, less];
    return { ...axis, low: before, high: behind, needed: behind, count };
  }
  if (auto === "VALID" || !n.flag("ceil_mode")) {
    const [before, behind] = auto === "VALID" ? [0, 0] : [low, high];
    const room = dims.sub(dims.add(axis.input, before + behind), extent);
    const count = dims.max(dims.add(dims.floorDiv(room, axis.stride), 1), 0);
    return { ...axis, low: before, high: behind, needed: behind, count };
  }
  // The last window may hang over the margin, but must not begin in it.
  const room = dims.sub(dims.add(axis.input, low + high), extent);
  const inside = dims.ceilDiv(dims.add(axis.input, low), axis.stride);
  const count = dims.max(dims.min(dims.add(dims.ceilDiv(room, axis.stride), 1), inside), 0);
  const reach = dims.add(dims.mul(dims.sub(count, 1), axis.stride), extent);
  return { ...axis, low, high, needed: dims.sub(reach, dims.add(axis.input, low)), count };
}

/** An operand, and the margins of its spatial axes that an operation still has to add. */
export interface Margined {
  readonly value: Value;
  readonly pads: readonly (readonly [number, number])[];
}

/** Margins that are numbers are left to the operation; others are filled with `filler` here. The first two axes have none. */
export function withMargins(n: ImportNode, x: Value, windows: readonly SlidingWindow[], filler: Value): Margined {
  const lows: readonly Dim[] = windows.map((w) => w.low);
  const highs: readonly Dim[] = windows.map((w) => w.needed);
  if (isNumbers(lows) && isNumbers(highs)) {
    return { value: x, pads: lows.map((low, i): readonly [number, number] => [low, highs[i]!]) };
  }
  const value = n.t.pad(x, filler, [0, 0, ...lows], [0, 0, ...highs]);
  return { value, pads: windows.map(() => [0, 0]) };
}
