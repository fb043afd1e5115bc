/** @file Convolutions, transposed ones, and their gradients. Narrow floats are summed up in f32. */

import type { Dim } from "../../../ir/dim.js";
import { addBias, emitConvolution, groupedKernel, kernelGradient } from "../../../ir/forms/convolution.js";
import type { Value } from "../../../ir/graph.js";
import type { Call, Row, Rows } from "../call.js";
import { wideOf } from "./widths.js";

/** What the arguments say for each spatial axis. */
interface Geometry {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly pads: readonly (readonly [number, number])[];
  readonly dilations: readonly number[];
  readonly more: readonly number[];
  readonly groups: number;
}

function geometryOf(n: Call): Geometry {
  const shape = n.shape("weight").slice(2);
  const kernel = shape.map((d) =>
    typeof d === "number" ? d : n.unsupported("the spatial sizes of its weights are not known before the model runs"),
  );
  const rank = kernel.length;
  const [strides, dilations] = [n.ints("stride", rank), n.ints("dilation", rank)];
  const padding = n.argument("padding");
  const pads =
    padding.kind === "string"
      ? kernel.map((size, i) => namedPads(padding.value, dilations[i]! * (size - 1)))
      : n.ints("padding", rank).map((p): readonly [number, number] => [p, p]);
  const more = n.takes("output_padding") ? n.ints("output_padding", rank) : kernel.map(() => 0);
  return { kernel, strides, pads, dilations, more, groups: n.int("groups") };
}

/** `same` keeps the size; what is odd goes behind. */
function namedPads(name: string, total: number): readonly [number, number] {
  const low = name === "same" ? Math.floor(total / 2) : 0;
  return [low, name === "same" ? total - low : 0];
}

const extents = (g: Geometry): readonly number[] => g.kernel.map((size, i) => (size - 1) * g.dilations[i]! + 1);
const ones = (g: Geometry): readonly number[] => g.kernel.map(() => 1);

function forward(n: Call, x: Value, kernel: Value, g: Geometry): Value {
  const { t } = n;
  t.unify(t.shape(x)[1]!, t.context.dims.mul(t.shape(kernel)[1]!, g.groups));
  const { strides, pads, dilations, groups } = g;
  return emitConvolution(t, x, kernel, { strides, pads, dilations, groups, spread: ones(g), isTransposed: false });
}

/** Zeros between the operand's elements, margins as wide as the kernel less those of the arguments; `more` behind. */
function transposed(n: Call, x: Value, kernel: Value, g: Geometry): Value {
  const { t } = n;
  t.unify(t.shape(x)[1]!, t.shape(kernel)[0]!);
  return emitConvolution(t, x, groupedKernel(t, kernel, g.groups), {
    strides: ones(g),
    pads: extents(g).map((extent, i) => [extent - 1 - g.pads[i]![0], extent - 1 - g.pads[i]![1] + g.more[i]!]),
    spread: g.strides,
    dilations: g.dilations,
    groups: g.groups,
    isTransposed: true,
  });
}

const convolved =
  (isTransposed: (n: Call) => boolean): Row =>
  (n) => {
    const { t } = n;
    const g = geometryOf(n);
    const wide = wideOf(n.out);
    const input = n.tensor("input");
    const isSingle = t.rank(input) === g.kernel.length + 1;
    const x = t.convert(isSingle ? t.unsqueeze(input, [0]) : input, wide);
    const kernel = t.convert(n.tensor("weight"), wide);
    const y = isTransposed(n) ? transposed(n, x, kernel, g) : forward(n, x, kernel, g);
    const bias = n.optional("bias");
    const result = t.convert(addBias(t, y, bias && t.convert(bias, wide)), n.out);
    return isSingle ? t.squeeze(result, [0]) : result;
  };

/** The gradients of operand, kernel and bias. */
function backward(n: Call): readonly (Value | undefined)[] {
  const { t } = n;
  const g = geometryOf(n);
  const wide = wideOf(n.element("grad_output"));
  const [grad, x, kernel] = ["grad_output", "input", "weight"].map((name) => t.convert(n.tensor(name), wide)) as [
    Value,
    Value,
    Value,
  ];
  const isTransposed = n.bool("transposed");
  const mask = n.argument("output_mask");
  const wants = (i: number): boolean => {
    const item = mask.kind === "list" ? mask.items[i] : undefined;
    return item?.kind === "bool" && item.value;
  };
  // The operand of the plain convolution between the two, and its result.
  const [large, small] = isTransposed ? [grad, x] : [x, grad];
  const weights = wants(1) ? kernelGradient(t, large, small, gradientForm(n, g, large, small)) : undefined;
  const operand = wants(0) ? operandGradient(n, g, grad, x, kernel, isTransposed) : undefined;
  const axes = t.shape(grad).flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  const bias = wants(2) ? t.sum(grad, axes) : undefined;
  const element = n.element("grad_output");
  return [operand, weights, bias].map((y) => y && t.convert(y, element));
}

function operandGradient(n: Call, g: Geometry, grad: Value, x: Value, kernel: Value, isTransposed: boolean): Value {
  if (isTransposed) {
    // What output_padding added behind the result reaches no element of the operand.
    const whole = forward(n, grad, kernel, g);
    const { t } = n;
    return t.slice(
      whole,
      t.shape(x).map(() => 0),
      t.shape(x),
    );
  }
  const more = extents(g).map((extent, i) => {
    const [size, out] = [known(n, n.t.shape(x)[i + 2]!), known(n, n.t.shape(grad)[i + 2]!)];
    return size + g.pads[i]![0] + g.pads[i]![1] - ((out - 1) * g.strides[i]! + extent);
  });
  return transposed(n, grad, kernel, { ...g, more });
}

/** Margins behind the operand such that the gradient has the kernel's sizes. */
function gradientForm(n: Call, g: Geometry, large: Value, small: Value) {
  const pads = extents(g).map((extent, i): readonly [number, number] => {
    const [size, out] = [known(n, n.t.shape(large)[i + 2]!), known(n, n.t.shape(small)[i + 2]!)];
    const [low] = g.pads[i]!;
    return [low, extent - 1 + (out - 1) * g.strides[i]! + 1 - size - low];
  });
  return { strides: g.strides, dilations: g.dilations, groups: g.groups, pads };
}

function known(n: Call, d: Dim): number {
  return typeof d === "number"
    ? d
    : n.unsupported("the gradient over spatial sizes that are not known before the model runs");
}

const plain = convolved(() => false);
const turned = convolved(() => true);

export const convolutions: Rows = {
  "aten.conv1d": plain,
  "aten.conv2d": plain,
  "aten.conv3d": plain,
  "aten.conv_transpose1d": turned,
  "aten.conv_transpose2d": turned,
  "aten.conv_transpose3d": turned,
  "aten.convolution": convolved((n) => n.bool("transposed")),
  "aten._convolution": convolved((n) => n.bool("transposed")),
  "aten.convolution_backward": backward,
};
