/**
 * @file Linear quantization: QuantizeLinear, DequantizeLinear, DynamicQuantizeLinear and the operators on quantized tensors.
 * Scales belong to whole tensors, to the entries of an axis, or to blocks along one. Sums of products are exact in i32.
 */

import { type AttrDict, intAttr } from "../../../ir/attrs.js";
import { type ElementType, elementFacts, isFloat } from "../../../ir/element.js";
import { perFeature } from "../../../ir/forms/convolution.js";
import type { Value } from "../../../ir/graph.js";
import { numericsOf } from "../../../ir/scalar.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { ImportNode, OpRow } from "../context.js";
import { castTo } from "./cast.js";
import { checkFloats, checkRank } from "./checks.js";
import { centered, convolve, perKernel } from "./conv.js";

/** Which elements share a scale. */
interface Granularity {
  readonly kind: "tensor" | "axis" | "block";
  readonly axis: number;
  readonly block: number;
}

function granularityOf(n: ImportNode): Granularity {
  checkFloats(n, 1);
  const rank = n.rank(0);
  const [size, ...more] = n.shape(1);
  if (size === undefined || (more.length === 0 && size === 1)) {
    checkRank(n, 2, 0, 1);
    return { kind: "tensor", axis: 0, block: 0 };
  }
  checkRank(n, 2, n.rank(1));
  const axis = rank === 1 ? 0 : n.axis(1, rank);
  const block = n.int("block_size", 0);
  if (block > 0) {
    if (n.rank(1) !== rank) return n.invalid(`blocks of ${block} need a scale of rank ${rank}, not ${n.rank(1)}`);
    return { kind: "block", axis, block };
  }
  if (more.length > 0) return n.invalid(`a scale of rank ${more.length + 1} needs attribute 'block_size'`);
  return { kind: "axis", axis, block: 0 };
}

/** A scale or zero point as a tensor that broadcasts against `x`. */
function placed(t: TensorBuilder, scale: Value, x: Value, { kind, axis, block }: Granularity): Value {
  const rank = t.rank(x);
  const size = t.shape(x)[axis];
  if (kind === "tensor") return t.reshape(scale, []);
  if (kind === "axis") {
    t.unify(t.shape(scale)[0]!, size!);
    return t.reshape(scale, [size!, ...new Array<number>(rank - axis - 1).fill(1)]);
  }
  const { dims } = t.context;
  const shape = t.shape(scale);
  t.unify(shape[axis]!, dims.ceilDiv(size!, block));
  const repeated = t.broadcast(t.unsqueeze(scale, [axis + 1]), shape.toSpliced(axis + 1, 0, block));
  const long = t.reshape(repeated, shape.with(axis, dims.mul(shape[axis]!, block)));
  return t.sliceAxis(long, axis, 0, size!);
}

function attributesOf(t: TensorBuilder, { kind, axis, block }: Granularity): AttrDict {
  const i64 = t.context.types.scalar("i64");
  if (kind === "tensor") return {};
  const own = { axis: intAttr(axis, i64) };
  return kind === "block" ? { ...own, block_size: intAttr(block, i64) } : own;
}

const element = (name: ElementType): AttrDict[string] => ({ kind: "string", value: name });

/** The operands that are given, and which they are. */
function operandsOf(n: ImportNode): readonly Value[] {
  const zero = n.optional(2);
  return [n.value(0), n.value(1), ...(zero === undefined ? [] : [zero])];
}

function quantizeLinear(n: ImportNode): Value {
  const { t } = n;
  const form = granularityOf(n);
  const target = n.has(2) ? n.element(2) : (n.dtype("output_dtype") ?? "ui8");
  const scale = n.element(1);
  const precision = n.dtype("precision") ?? (isFloat(scale) ? scale : "f32");
  const saturates = n.flag("saturate", true);
  const attributes = { ...attributesOf(t, form), element: element(target), precision: element(precision) };
  const more: AttrDict = saturates ? {} : { wraps: { kind: "unit" } };
  return t.composite("psm.quantize", operandsOf(n), { ...attributes, ...more }, (b, [x, s, zero]) => {
    const quotient = b.div(b.convert(x!, precision), b.convert(placed(b, s!, x!, form), precision));
    const point = zero && placed(b, zero, x!, form);
    return [toQuantized(b, quotient, point, target, saturates)];
  })[0]!;
}

/** x + zero point as `target`: rounded to even where that is an integer, with what is beyond it on its ends. */
function toQuantized(
  t: TensorBuilder,
  x: Value,
  zero: Value | undefined,
  target: ElementType,
  saturates: boolean,
): Value {
  const wide = t.element(x) === "f64" ? "f64" : "f32";
  const rounded = isFloat(target) ? t.convert(x, wide) : t.convert(t.round(x), wide);
  const moved = zero === undefined ? rounded : t.add(rounded, t.convert(zero, wide));
  if (isFloat(target)) return castTo(t, moved, target, { saturate: saturates, round: "up" });
  const limits = numericsOf(target);
  const [least, most] = [limits.toNumber(limits.minValue), limits.toNumber(limits.maxValue)];
  return t.convert(t.clamp(least, moved, most), target);
}

function dequantizeLinear(n: ImportNode): Value {
  const { t } = n;
  const form = granularityOf(n);
  const target = n.dtype("output_dtype") ?? n.element(1);
  const attributes = { ...attributesOf(t, form), element: element(target) };
  return t.composite("psm.dequantize", operandsOf(n), attributes, (b, [x, s, zero]) => {
    const wide = target === "f64" ? "f64" : "f32";
    const less = fromZero(b, x!, zero && placed(b, zero, x!, form), wide);
    return [b.convert(b.mul(less, b.convert(placed(b, s!, x!, form), wide)), target)];
  })[0]!;
}

/** x - zero point, exact for integers. */
function fromZero(t: TensorBuilder, x: Value, zero: Value | undefined, wide: ElementType): Value {
  if (zero === undefined) return t.convert(x, wide);
  if (isFloat(t.element(x))) return t.sub(t.convert(x, wide), t.convert(zero, wide));
  const integer = elementFacts[t.element(x)].bits > 16 ? "i64" : "i32";
  return t.convert(t.sub(t.convert(x, integer), t.convert(zero, integer)), wide);
}

/** To ui8, with the scale that fits the smallest and largest element and 0. */
function dynamicQuantize(n: ImportNode): readonly Value[] {
  const { t } = n;
  const x = n.value(0);
  const axes = n.shape(0).map((_, i) => i);
  const most = t.max(t.reduce(x, axes, "max"), 0);
  const least = t.min(t.reduce(x, axes, "min"), 0);
  const scale = t.div(t.sub(most, least), 255);
  // A tensor of zeros has scale 0 and becomes zeros.
  const divisor = t.select(t.eq(scale, 0), 1, scale);
  const zero = t.convert(t.round(t.clamp(0, t.div(t.neg(least), divisor), 255)), "ui8");
  return [toQuantized(t, t.div(x, divisor), zero, "ui8", true), scale, zero];
}

/** A zero point or scale of rows: one for each, as a column; `[1]` is for all of them. */
function perRow(t: TensorBuilder, x: Value, rank: number): Value {
  const [size, ...more] = t.shape(x);
  if (size === undefined || more.length > 0) return x;
  return size === 1 || rank < 2 ? t.reshape(x, []) : t.unsqueeze(x, [1]);
}

/** Of columns: one for each. */
function perColumn(t: TensorBuilder, x: Value): Value {
  return t.rank(x) === 1 && t.shape(x)[0] === 1 ? t.reshape(x, []) : x;
}

function matMulInteger(n: ImportNode): Value {
  const { t } = n;
  const [left, right] = [n.optional(2), n.optional(3)];
  const a = centered(t, n.value(0), left && perRow(t, left, n.rank(0)));
  return t.matmul(a, centered(t, n.value(1), right && perColumn(t, right)));
}

/** i32 sums as elements of `zero`: scaled in f32, rounded, moved, and kept inside. */
function requantized(t: TensorBuilder, sums: Value, scale: Value, zero: Value): Value {
  const scaled = t.mul(t.convert(sums, "f32"), scale);
  return toQuantized(t, scaled, t.rank(zero) === 0 ? zero : perColumn(t, zero), t.element(zero), true);
}

/** Operands: a, its scale, its zero point, the same of b, scale and zero point of the result. */
function qLinearMatMul(n: ImportNode): Value {
  const { t } = n;
  const rank = n.rank(0);
  const scale = (i: number): Value => t.convert(n.value(i), "f32");
  const a = centered(t, n.value(0), perRow(t, n.value(2), rank));
  const b = centered(t, n.value(3), perColumn(t, n.value(5)));
  const factor = t.mul(perRow(t, scale(1), rank), perColumn(t, scale(4)));
  return requantized(t, t.matmul(a, b), t.div(factor, perColumn(t, scale(6))), n.value(7));
}

/** Operands: x, its scale, its zero point, the same of the kernel, scale and zero point of the result, bias?. */
function qLinearConv(n: ImportNode): Value {
  const { t } = n;
  const rank = n.rank(0);
  const one = (i: number): Value => t.reshape(n.value(i), []);
  const zero = n.value(5);
  const isOne = t.rank(zero) === 0 || t.shape(zero)[0] === 1;
  const kernel = centered(t, n.value(3), isOne ? one(5) : perKernel(t, zero, n.rank(3)));
  const sums = convolve(n, centered(t, n.value(0), one(2)), kernel);
  const bias = n.optional(8);
  const biased = bias === undefined ? sums : t.add(sums, perFeature(t, bias, rank));
  const weights = n.value(4);
  const perKernelScale = t.rank(weights) === 0 || t.shape(weights)[0] === 1 ? one(4) : perFeature(t, weights, rank);
  const factor = t.div(t.mul(one(1), perKernelScale), one(6));
  return requantized(t, biased, factor, one(7));
}

export const quantization: readonly OpRow[] = [
  { name: "QuantizeLinear", since: 10, build: quantizeLinear },
  { name: "DequantizeLinear", since: 10, build: dequantizeLinear },
  { name: "DynamicQuantizeLinear", since: 11, build: dynamicQuantize },
  { name: "MatMulInteger", since: 10, build: matMulInteger },
  { name: "QLinearMatMul", since: 10, build: qLinearMatMul },
  { name: "QLinearConv", since: 10, build: qLinearConv },
];
