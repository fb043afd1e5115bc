/** @file Convolutions of one kernel with the whole operand: Conv, ConvInteger, ConvTranspose, CausalConvWithState. */

import type { Dim } from "../../../ir/dim.js";
import { addBias, emitConvolution, groupedKernel } from "../../../ir/forms/convolution.js";
import { extentOf, withMargins } from "../../../ir/forms/windows.js";
import type { Value } from "../../../ir/graph.js";
import { isNumbers } from "../../../ir/movement-builder.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { ImportNode, OpRow } from "../context.js";
import { kernelOf, padsOf, perAxis, slidingWindows } from "./window.js";

const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** The convolution that a node's attributes ask for; `kernel` is [features out, features in of a group, ...]. */
export function convolve(n: ImportNode, x: Value, kernel: Value): Value {
  const { t } = n;
  const [shape, weights] = [t.shape(x), t.shape(kernel)];
  if (shape.length < 3 || weights.length !== shape.length)
    return n.invalid(`an operand of rank ${shape.length} and weights of rank ${weights.length}`);
  const size = kernelOf(n, weights.slice(2));
  const windows = slidingWindows(n, size, shape.slice(2));
  const groups = n.int("group", 1);
  t.unify(shape[1]!, t.context.dims.mul(weights[1]!, groups));
  const { value, pads } = withMargins(t, x, windows, t.number(0, t.element(x)));
  return emitConvolution(t, value, t.refine(kernel, [...weights.slice(0, 2), ...size]), {
    strides: windows.map((w) => w.stride),
    pads,
    spread: windows.map(() => 1),
    dilations: windows.map((w) => w.dilation),
    groups,
    isTransposed: false,
  });
}

function conv(n: ImportNode): Value {
  return addBias(n.t, convolve(n, n.value(0), n.value(1)), n.optional(2));
}

/** Integers less their zero point, in i32. */
export function centered(t: TensorBuilder, x: Value, zero: Value | undefined): Value {
  const wide = t.convert(x, "i32");
  return zero === undefined ? wide : t.sub(wide, t.convert(zero, "i32"));
}

/** Zero points of kernels: one, or one for each output feature, which is the first axis. */
export function perKernel(t: TensorBuilder, zero: Value | undefined, rank: number): Value | undefined {
  if (zero === undefined || t.rank(zero) === 0) return zero;
  return t.reshape(zero, [...t.shape(zero), ...new Array<number>(rank - 1).fill(1)]);
}

function convInteger(n: ImportNode): Value {
  const { t } = n;
  const x = centered(t, n.value(0), n.optional(2));
  return convolve(n, x, centered(t, n.value(1), perKernel(t, n.optional(3), n.rank(1))));
}

/** What a transposed convolution cuts off (or adds, where negative) at either end of a spatial axis. */
interface Cut {
  readonly low: Dim;
  readonly high: Dim;
}

function transposedCuts(n: ImportNode, sizes: readonly Dim[], kernel: readonly number[]): readonly Cut[] {
  const { dims } = n.t.context;
  const rank = sizes.length;
  const [strides, dilations] = [perAxis(n, "strides", rank, 1), perAxis(n, "dilations", rank, 1)];
  const more = perAxis(n, "output_padding", rank, 0);
  const auto = n.word("auto_pad", ["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"]);
  const asked = n.ints("output_shape")?.slice(-rank);
  const isSame = auto === "SAME_UPPER" || auto === "SAME_LOWER";
  return sizes.map((size, i) => {
    if (asked === undefined && !isSame) {
      const [low, high] = auto === "VALID" ? [0, 0] : padsOf(n, rank)[i]!;
      return { low, high: high - more[i]! };
    }
    const whole = dims.add(
      dims.mul(dims.sub(size, 1), strides[i]!),
      more[i]! + extentOf({ size: kernel[i]!, dilation: dilations[i]! }),
    );
    const total = dims.sub(whole, asked?.[i] ?? dims.mul(size, strides[i]!));
    const half = dims.floorDiv(total, 2);
    const rest = dims.sub(total, half);
    const [low, high] = auto === "SAME_UPPER" ? [half, rest] : [rest, half];
    return { low, high: dims.sub(high, more[i]!) };
  });
}

/** The gradient of a convolution: zeros between the operand's elements, margins as wide as the kernel. */
function convTranspose(n: ImportNode): Value {
  const { t } = n;
  const [x, kernel] = [n.value(0), n.value(1)];
  const sizes = n.shape(0).slice(2);
  const rank = sizes.length;
  if (rank < 1 || n.rank(1) !== rank + 2)
    return n.invalid(`an operand of rank ${rank + 2} and weights of rank ${n.rank(1)}`);
  const window = kernelOf(n, n.shape(1).slice(2));
  const sized = t.refine(kernel, [...n.shape(1).slice(0, 2), ...window]);
  const [strides, dilations] = [perAxis(n, "strides", rank, 1), perAxis(n, "dilations", rank, 1)];
  const groups = n.int("group", 1);
  const cuts = transposedCuts(n, sizes, window);
  const [lows, highs] = [cuts.map((c) => c.low), cuts.map((c) => c.high)];
  const isKnown = isNumbers(lows) && isNumbers(highs);
  const margins = count(rank).map((i) => extentOf({ size: window[i]!, dilation: dilations[i]! }) - 1);
  t.unify(n.shape(0)[1]!, n.shape(1)[0]!);
  const whole = emitConvolution(t, x, groupedKernel(t, sized, groups), {
    strides: count(rank).map(() => 1),
    pads: margins.map((m, i) => (isKnown ? [m - lows[i]!, m - highs[i]!] : [m, m])),
    spread: strides,
    dilations,
    groups,
    isTransposed: true,
  });
  const minus = (d: Dim): Dim => t.context.dims.mul(d, -1);
  const zero = t.number(0, t.element(x));
  const y = isKnown ? whole : t.pad(whole, zero, [0, 0, ...lows.map(minus)], [0, 0, ...highs.map(minus)]);
  return addBias(t, y, n.optional(2));
}

/** Each channel convolved by itself with what came before: the state that is carried along, or zeros. */
function causalConvolution(n: ImportNode): readonly Value[] {
  const { t } = n;
  const { dims } = t.context;
  const [x, kernel] = [n.value(0), t.settle(n.value(1))];
  const [batch, all, length] = n.shape(0);
  const [kernels, , size] = t.shape(kernel);
  const channels = t.unify(all!, kernels!);
  if (typeof channels !== "number" || typeof size !== "number")
    return n.unsupported("channels or a kernel whose sizes are not known before the model runs");
  const kept = size - 1;
  const state = n.optional(3) ?? t.convert(t.fill(0, [batch!, channels, kept], "i1"), t.element(x));
  const joined = t.concat([t.convert(state, t.element(x)), x], 2);
  const y = emitConvolution(t, joined, kernel, {
    strides: [1],
    pads: [[0, 0]],
    spread: [1],
    dilations: [1],
    groups: channels,
    isTransposed: false,
  });
  const biased = addBias(t, t.refine(y, [batch!, channels, length!]), n.optional(2));
  const isPlain = n.word("activation", ["none", "silu", "swish"]) === "none";
  const active = isPlain ? biased : t.mul(biased, t.sigmoid(biased));
  return [active, t.sliceAxis(joined, 2, length!, dims.add(length!, kept))];
}

export const convolutions: readonly OpRow[] = [
  { name: "Conv", since: 1, build: conv },
  { name: "ConvInteger", since: 10, build: convInteger },
  { name: "ConvTranspose", since: 1, build: convTranspose },
  { name: "CausalConvWithState", since: 27, build: causalConvolution },
];
