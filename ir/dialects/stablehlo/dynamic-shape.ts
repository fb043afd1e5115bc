/**
 * @file Data movement to shapes that the program computes: StableHLO's `dynamic_*` forms with shape operands.
 * Result sizes come from whoever builds the operation (expressions over symbols) or become fresh symbols.
 * The interpreter follows the operands; the types are then checked against what came out.
 */

import type { Context } from "../../context.js";
import { defineOp, type Inference } from "../../define.js";
import { i64, i64Array, optionalAttr } from "../../kinds.js";
import { fromScalars, type NdArray } from "../../ndarray.js";
import { broadcast, reshape, slice } from "../../ndarray-layout.js";
import { printType, type TensorType } from "../../types.js";
import { dimensionTensor, hloTensor, scalarIntTensor, scalarTensor } from "./constraints.js";
import { padArray } from "./pad.js";
import { checkBroadcast } from "./shape.js";
import { givenTensor } from "./shapes.js";

/** The sizes or offsets that an operand holds. */
export function sizesIn(array: NdArray): number[] {
  return Array.from(array.data, Number);
}

/** The result type: as given, else of unknown sizes, as many as the shape operand holds. */
function resultOfSizes(inference: Inference, element: TensorType["element"], sizes: TensorType): TensorType | string {
  const rank = sizes.shape[0] as number;
  const given = givenTensor(inference);
  if (given && given.shape.length !== rank) return `${printType(sizes)} does not give the sizes of ${printType(given)}`;
  if (given && given.element !== element) return `the elements are ${element}, the result is ${printType(given)}`;
  return given ?? unknownOfRank(inference.context, rank, element);
}

function unknownOfRank(context: Context, rank: number, element: TensorType["element"]): TensorType {
  return context.types.tensor(new Array(rank).fill(context.unknownDim), element);
}

export const dynamicReshape = defineOp("stablehlo.dynamic_reshape", {
  summary: "Like reshape, to sizes computed by the program.",
  operands: { operand: hloTensor, output_shape: dimensionTensor },
  attrs: {},
  results: { result: hloTensor },
  traits: ["pure"],
  format: "$operand `,` $output_shape attr-dict `:` functional-type(operands, results)",
  infer({ operand, output_shape: sizes }, _, inference) {
    const result = resultOfSizes(inference, operand.element, sizes);
    return typeof result === "string" ? result : { result };
  },
  evaluate: ({ operand, output_shape: sizes }) => ({ result: reshape(operand, sizesIn(sizes)) }),
});

export const dynamicBroadcastInDim = defineOp("stablehlo.dynamic_broadcast_in_dim", {
  summary: "Like broadcast_in_dim, to sizes computed by the program.",
  operands: { operand: hloTensor, output_dimensions: dimensionTensor },
  attrs: {
    broadcast_dimensions: i64Array,
    known_expanding_dimensions: optionalAttr(i64Array),
    known_nonexpanding_dimensions: optionalAttr(i64Array),
  },
  results: { result: hloTensor },
  traits: ["pure"],
  format:
    "$operand `,` $output_dimensions `,` `dims` `=` $broadcast_dimensions attr-dict `:` functional-type(operands, results)",
  infer({ operand, output_dimensions: sizes }, { broadcast_dimensions: axes }, inference) {
    const result = resultOfSizes(inference, operand.element, sizes);
    if (typeof result === "string") return result;
    const { context } = inference;
    // A size that is not known to be 1 may be, and is then repeated.
    const open = context.withShape(
      operand,
      operand.shape.map((d) => (typeof d === "number" ? d : context.unknownDim)),
    );
    return checkBroadcast(context, open, result, axes) ?? { result };
  },
  evaluate({ operand, output_dimensions: sizes }, { broadcast_dimensions: axes }) {
    const shape = sizesIn(sizes);
    const bad = axes.find((axis, i) => operand.shape[i] !== 1 && operand.shape[i] !== shape[axis]);
    if (bad !== undefined)
      throw new Error(`[${operand.shape.join(", ")}] cannot be repeated to fill [${shape.join(", ")}]`);
    return { result: broadcast(operand, shape, axes) };
  },
});

export const dynamicPad = defineOp("stablehlo.dynamic_pad", {
  summary: "Like pad, by amounts computed by the program.",
  operands: {
    operand: hloTensor,
    padding_value: scalarTensor,
    edge_padding_low: dimensionTensor,
    edge_padding_high: dimensionTensor,
    interior_padding: dimensionTensor,
  },
  attrs: {},
  results: { result: hloTensor },
  traits: ["pure"],
  format:
    "$operand `,` $padding_value `,` $edge_padding_low `,` $edge_padding_high `,` $interior_padding attr-dict `:` functional-type(operands, results)",
  infer(
    { operand, padding_value: value, edge_padding_low: low, edge_padding_high: high, interior_padding: interior },
    _,
    inference,
  ) {
    const rank = operand.shape.length;
    if (value.element !== operand.element) return `${printType(value)} cannot pad ${printType(operand)}`;
    if ([low, high, interior].some((t) => t.shape[0] !== rank))
      return `needs ${rank} amounts at either edge and between`;
    const given = givenTensor(inference);
    if (given && (given.shape.length !== rank || given.element !== operand.element))
      return `the result cannot be ${printType(given)}`;
    return { result: given ?? unknownOfRank(inference.context, rank, operand.element) };
  },
  evaluate: ({
    operand,
    padding_value: value,
    edge_padding_low: low,
    edge_padding_high: high,
    interior_padding: interior,
  }) => ({
    result: padArray(operand, value, sizesIn(low), sizesIn(high), sizesIn(interior)),
  }),
});

export const realDynamicSlice = defineOp("stablehlo.real_dynamic_slice", {
  summary: "Like slice, with starts, limits and strides computed by the program.",
  operands: {
    operand: hloTensor,
    start_indices: dimensionTensor,
    limit_indices: dimensionTensor,
    strides: dimensionTensor,
  },
  attrs: {},
  results: { result: hloTensor },
  traits: ["pure"],
  format:
    "$operand `,` $start_indices `,` $limit_indices `,` $strides attr-dict `:` functional-type(operands, results)",
  infer({ operand, start_indices: starts, limit_indices: limits, strides }, _, inference) {
    const rank = operand.shape.length;
    if ([starts, limits, strides].some((t) => t.shape[0] !== rank)) return `needs ${rank} starts, limits and strides`;
    const given = givenTensor(inference);
    if (given && (given.shape.length !== rank || given.element !== operand.element))
      return `the result cannot be ${printType(given)}`;
    return { result: given ?? unknownOfRank(inference.context, rank, operand.element) };
  },
  evaluate({ operand, start_indices, limit_indices, strides }) {
    const [starts, limits, steps] = [sizesIn(start_indices), sizesIn(limit_indices), sizesIn(strides)];
    const bad = starts.findIndex(
      (s, i) => !(0 <= s && s <= limits[i]! && limits[i]! <= operand.shape[i]! && steps[i]! >= 1),
    );
    if (bad >= 0)
      throw new Error(
        `the range ${starts[bad]}:${limits[bad]}:${steps[bad]} does not lie in axis ${bad} of size ${operand.shape[bad]}`,
      );
    return { result: slice(operand, starts, limits, steps) };
  },
});

export const getDimensionSize = defineOp("stablehlo.get_dimension_size", {
  summary: "The size of one axis.",
  operands: { operand: hloTensor },
  attrs: { dimension: i64 },
  results: { result: hloTensor },
  traits: ["pure"],
  format: "$operand `,` `dim` `=` $dimension attr-dict `:` functional-type(operands, results)",
  infer({ operand }, { dimension: axis }, { context }) {
    if (!(axis >= 0 && axis < operand.shape.length)) return `${printType(operand)} has no axis ${axis}`;
    return { result: context.types.tensor([], "i32") };
  },
  evaluate: ({ operand }, { dimension: axis }) => ({ result: fromScalars("i32", [], [operand.shape[axis]!]) }),
});

export const setDimensionSize = defineOp("stablehlo.set_dimension_size", {
  summary: "The operand cut to a size, computed by the program, along one axis.",
  operands: { operand: hloTensor, size: scalarIntTensor },
  attrs: { dimension: i64 },
  results: { result: hloTensor },
  traits: ["pure"],
  format: "$operand `,` $size `,` `dim` `=` $dimension attr-dict `:` functional-type(operands, results)",
  infer({ operand, size }, { dimension: axis }, inference) {
    const { context } = inference;
    if (!(axis >= 0 && axis < operand.shape.length)) return `${printType(operand)} has no axis ${axis}`;
    if (size.element !== "i32") return `the size must be tensor<i32>, not ${printType(size)}`;
    const shape = operand.shape.with(axis, context.unknownDim);
    return { result: context.types.tensor(shape, operand.element, givenTensor(inference)?.encoding) };
  },
  evaluate({ operand, size }, { dimension: axis }) {
    const limits = operand.shape.with(axis, Number(size.data[0]));
    if (!(limits[axis]! >= 0 && limits[axis]! <= operand.shape[axis]!)) {
      throw new Error(`size ${limits[axis]} is not within 0 and ${operand.shape[axis]}`);
    }
    return {
      result: slice(
        operand,
        operand.shape.map(() => 0),
        limits,
      ),
    };
  },
});
