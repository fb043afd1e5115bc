/**
 * @file The spatial attributes that convolutions and pooling share: kernels, strides, dilations and margins, for axes
 * whose sizes may be symbolic. `auto_pad` is resolved here, as is the rounding of `ceil_mode`.
 */

import type { Dim } from "../../../ir/dim.js";
import { extentOf, type SlidingAxis, type SlidingWindow, slidingWindow } from "../../../ir/forms/windows.js";
import { isNumbers } from "../../../ir/movement-builder.js";
import type { ImportNode } from "../context.js";

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

function placed(n: ImportNode, axis: SlidingAxis, [low, high]: readonly [number, number]): SlidingWindow {
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
  const pads: readonly [number, number] = auto === "VALID" ? [0, 0] : [low, high];
  return slidingWindow(n.t.context, axis, pads, auto !== "VALID" && n.flag("ceil_mode"));
}
