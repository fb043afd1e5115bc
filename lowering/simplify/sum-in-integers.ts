/**
 * @file Pass `sum-in-integers`: products of dequantized tensors and dequantized weights are summed as the integers that both are
 * stored as, and scaled once behind the sum: sum((x - z) * s * w * t) = (sum(x * w) - z * sum(w)) * s * t. What a zero point
 * adds is known when the model is exported. Sums fit 32 bits, which is checked from their length; where they might not, or
 * scales do not belong to columns, nothing is changed. Biases, which are dequantized constants, become plain ones.
 */

import type { Context } from "../../ir/context.js";
import { Decompositions } from "../../ir/decompositions.js";
import { functionsOf } from "../../ir/dialects/func.js";
import { composite } from "../../ir/dialects/stablehlo/calls.js";
import { constant } from "../../ir/dialects/stablehlo/constants.js";
import { convolution } from "../../ir/dialects/stablehlo/convolution.js";
import { dotGeneral } from "../../ir/dialects/stablehlo/dot.js";
import { elementFacts, isFloat } from "../../ir/element.js";
import type { Operation, Value } from "../../ir/graph.js";
import type { Pass } from "../../ir/pass.js";
import type { TensorBuilder } from "../../ir/tensor-builder.js";
import { elementOf, hasStaticShape, type TensorType } from "../../ir/types.js";
import { arrayOf, constantAttr } from "./quantized/constants.js";
import { type Dequantized, dequantizedOf, magnitudeOf, sumsAlong } from "./quantized/read.js";
import { Raiser } from "./raise/raiser.js";

export const sumInIntegers: Pass = {
  name: "sum-in-integers",
  summary: "Sums products of quantized tensors and weights as integers, and scales the sums.",
  run(module, context) {
    const raiser = new Raiser(context, new Decompositions(module, context));
    for (const func of [...functionsOf(module)])
      for (const op of [...func.walk()]) {
        if (!op.block) continue;
        const x = dequantizedConstant(op, context);
        if (x) raiser.replaceOnly(op, op.result, (t) => t.emit(constant, {}, { value: x }));
        else sum(op, raiser, context);
      }
  },
};

/** Elements beyond which a dequantized constant stays as it is: of integers as wide as floats, and of narrower ones. */
const MAX_ELEMENTS = { wide: 1 << 16, narrow: 1 << 12 };

/** A constant of one axis in full, as biases are: it is read often and takes little room. */
function dequantizedConstant(op: Operation, context: Context) {
  if (op.results.length !== 1 || !composite.matches(op)) return undefined;
  const from = dequantizedOf(op.result, context);
  const levels = from && arrayOf(from.levels, context);
  if (!levels || levels.shape.length > 1 || elementFacts[levels.element].bits > 32) return undefined;
  const most = elementFacts[levels.element].bits === 32 ? MAX_ELEMENTS.wide : MAX_ELEMENTS.narrow;
  if (levels.data.length > most || isFloat(levels.element)) return undefined;
  const { scale, zero } = from;
  const data = Float32Array.from(
    levels.data as Int32Array,
    (x, k) => Math.fround(x - zero) * scale[scale.length === 1 ? 0 : k]!,
  );
  return constantAttr({ element: "f32", shape: levels.shape, data }, "dequantized", context);
}

/** A product whose left side is a tensor, its right side weights. */
interface Sum {
  /** The axis of the weights that columns are, and that of the result. */
  readonly axis: number;
  readonly outputAxis: number;
  /** The same product of integers that became 32 bits wide, the left ones padded with `zero`. */
  readonly build: (t: TensorBuilder, x: Value, weights: Value, zero: number) => Value;
}

function sum(op: Operation, raiser: Raiser, context: Context): void {
  const form = convolution.matches(op) ? convolutionSum(op) : dotGeneral.matches(op) ? dotSum(op) : undefined;
  if (!form || elementOf(op.result.type) !== "f32") return;
  const [x, weights] = [dequantizedOf(op.operand(0), context), dequantizedOf(op.operand(1), context)];
  if (!x || !weights || x.axis !== undefined || weights.zero !== 0) return;
  if (weights.axis !== undefined && weights.scale.length > 1 && weights.axis !== form.axis) return;
  const levels = arrayOf(weights.levels, context);
  if (levels?.element !== "i8" || !fitsSum(x, levels.data.length / levels.shape[form.axis]!)) return;
  const type = weights.levels.type as TensorType;
  const offsets = sumsAlong(levels.data as Int8Array, type, form.axis).map((n) => -x.zero * n);
  const factors = Float32Array.from(
    offsets,
    (_, k) => x.scale[0]! * weights.scale[weights.scale.length === 1 ? 0 : k]!,
  );
  const perColumn = (t: TensorBuilder, y: Value, column: Value): Value =>
    t.reshape(column, [offsets.length, ...new Array<number>(t.rank(y) - form.outputAxis - 1).fill(1)]);
  const shape = [offsets.length];
  const offset = constantAttr({ element: "i32", shape, data: offsets }, "offsets", context);
  const factor = constantAttr({ element: "f32", shape, data: factors }, "factors", context);
  raiser.replaceOnly(op, op.result, (t) => {
    for (const y of [x.levels, weights.levels]) t.note(y);
    const sums = form.build(t, x.levels, t.convert(weights.levels, "i32"), x.zero);
    const moved = x.zero === 0 ? sums : t.add(sums, perColumn(t, sums, t.emit(constant, {}, { value: offset })));
    return t.mul(t.convert(moved, "f32"), perColumn(t, sums, t.emit(constant, {}, { value: factor })));
  });
  for (const { op: from } of [x, weights]) if (from.block && !from.results.some((r) => r.isUsed)) from.erase();
}

/** `depth` products, and what the zero point adds to them, are less than 2^31. */
function fitsSum({ levels, zero }: Dequantized, depth: number): boolean {
  const most = magnitudeOf(elementOf(levels.type), zero);
  return most !== undefined && 2 * depth * most * 128 < 2 ** 31;
}

/** Convolutions of all channels together; one that spreads its operand puts real zeros between elements. */
function convolutionSum(op: Operation): Sum | undefined {
  const attrs = convolution.attrsOf(op);
  const { dimension_numbers: d, feature_group_count: features, batch_group_count: batches } = attrs;
  if (features * batches > 1 || (attrs.lhs_dilation ?? []).some((n) => n !== 1)) return undefined;
  if (!hasStaticShape(op.operand(1).type as TensorType)) return undefined;
  return {
    axis: d.kernelOutputFeatureDimension,
    outputAxis: d.outputFeatureDimension,
    build(t, x, rhs, zero) {
      const pads = attrs.padding ?? [];
      const amounts = (side: 0 | 1): number[] =>
        t.shape(x).map((_, axis) => pads[d.inputSpatialDimensions.indexOf(axis)]?.[side] ?? 0);
      const padded = t.pad(x, t.number(zero, t.element(x)), amounts(0), amounts(1));
      return t.emit(convolution, { lhs: t.convert(padded, "i32"), rhs }, { ...attrs, padding: undefined });
    },
  };
}

/** A product of any tensor with a matrix. */
function dotSum(op: Operation): Sum | undefined {
  const { dot_dimension_numbers: d } = dotGeneral.attrsOf(op);
  const weights = op.operand(1).type as TensorType;
  if (d.rhsBatchingDimensions.length > 0 || !hasStaticShape(weights) || weights.shape.length !== 2) return undefined;
  const [contracting, ...more] = d.rhsContractingDimensions;
  if (contracting === undefined || more.length > 0) return undefined;
  return {
    axis: 1 - contracting,
    outputAxis: (op.result.type as TensorType).shape.length - 1,
    build: (t, x, rhs) =>
      t.dot(t.convert(x, "i32"), rhs, { contract: [d.lhsContractingDimensions, d.rhsContractingDimensions] }),
  };
}
