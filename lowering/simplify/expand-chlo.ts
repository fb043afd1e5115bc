/**
 * @file Pass `expand-chlo`: CHLO's broadcasting forms as broadcasts and StableHLO's own operations, its constants as
 * StableHLO's, the largest elements by a stable sort. Its elementwise functions stay: they have structured forms.
 */

import type { Attr } from "../../ir/attrs.js";
import type { AnyOpDef } from "../../ir/define.js";
import * as forms from "../../ir/dialects/chlo/broadcast.js";
import * as functions from "../../ir/dialects/chlo/elementwise.js";
import { constant as chloConstant, constantLike, topK } from "../../ir/dialects/chlo/tensors.js";
import { compare, select } from "../../ir/dialects/stablehlo/choose.js";
import { constant } from "../../ir/dialects/stablehlo/constants.js";
import { complex } from "../../ir/dialects/stablehlo/convert.js";
import { dynamicBroadcastInDim } from "../../ir/dialects/stablehlo/dynamic-shape.js";
import * as hlo from "../../ir/dialects/stablehlo/elementwise.js";
import { returnOp } from "../../ir/dialects/stablehlo/return.js";
import { range } from "../../ir/dialects/stablehlo/shapes.js";
import { sort } from "../../ir/dialects/stablehlo/sort.js";
import { isFloat } from "../../ir/element.js";
import type { Operation, Value } from "../../ir/graph.js";
import { isNumbers } from "../../ir/movement-builder.js";
import { convertScalar, numericsOf, type Scalar } from "../../ir/scalar.js";
import type { TensorBuilder } from "../../ir/tensor-builder.js";
import { elementOf, type TensorType } from "../../ir/types.js";
import { type Expansion, expansionPass } from "./expand.js";

/** The axes of the result that an operand's become: the last ones, or those given for the one of lower rank. */
function axesOf(rank: number, resultRank: number, given: readonly number[] | undefined): readonly number[] {
  return given && rank < resultRank ? given : range(rank).map((axis) => axis + resultRank - rank);
}

/** The operands repeated to the shape of the result. */
function repeated(t: TensorBuilder, op: Operation, given: readonly number[] | undefined): readonly Value[] {
  const type = op.result.type as TensorType;
  const rank = type.shape.length;
  const places = op.operands.map((x) => axesOf(t.rank(x), rank, given));
  const isFixed = [type, ...op.operands.map((x) => x.type as TensorType)].every((x) => isNumbers(x.shape));
  if (isFixed) return op.operands.map((x, k) => t.broadcast(x, type.shape, places[k]!));
  const sizes = t.concat(
    range(rank).map((axis) => t.reshape(sizeAlong(t, op, places, axis), [1])),
    0,
  );
  return op.operands.map((operand, k) => {
    const results = [t.tensorType(type.shape, t.element(operand))];
    const operands = { operand, output_dimensions: sizes };
    return t.emit(dynamicBroadcastInDim, operands, { broadcast_dimensions: places[k]! }, { results });
  });
}

/** The size that operands have along an axis of the result: the first one that is not 1. */
function sizeAlong(t: TensorBuilder, op: Operation, places: readonly (readonly number[])[], axis: number): Value {
  const sizes = op.operands.flatMap((x, k) => {
    const own = places[k]!.indexOf(axis);
    return own < 0 ? [] : [t.scalar(t.shape(x)[own]!)];
  });
  return sizes.reduceRight((others, size) => t.select(t.eq(size, 1), others, size));
}

const broadcasting =
  (def: unknown): Expansion =>
  (t, op) => {
    const { broadcast_dimensions: given } = forms.broadcastAdd.attrsOf(op);
    return [t.note(t.builder.create(def as AnyOpDef, repeated(t, op, given), {}).result)];
  };

const compared: Expansion = (t, op) => {
  const attrs = forms.broadcastCompare.attrsOf(op);
  const [lhs, rhs] = repeated(t, op, attrs.broadcast_dimensions) as [Value, Value];
  const { comparison_direction, compare_type } = attrs;
  return [t.emit(compare, { lhs, rhs }, { comparison_direction, compare_type })];
};

const selected: Expansion = (t, op) => {
  const [pred, on_true, on_false] = repeated(t, op, undefined) as [Value, Value, Value];
  return [t.emit(select, { pred, on_true, on_false }, {})];
};

function numberOf(value: Attr, type: TensorType): Scalar {
  if (value.kind === "int") return convertScalar(value.value, "i64", type.element);
  if (value.kind === "float") return numericsOf(type.element).fromNumber(value.value);
  throw new Error("the value is no number");
}

const like: Expansion = (t, op) => {
  const type = op.result.type as TensorType;
  return [t.fill(numberOf(constantLike.attrsOf(op).value, type), t.shape(op.operand(0)), type.element)];
};

const largest: Expansion = (t, op) => {
  const { k } = topK.attrsOf(op);
  const x = op.operand(0);
  return sortedLargest(t, x).map((r) => t.sliceAxis(r, t.rank(x) - 1, 0, k));
};

/** All of `x` along its last axis in descending order, NaN first, of equals the first first; and where each was. */
export function sortedLargest(t: TensorBuilder, x: Value): readonly Value[] {
  const element = elementOf(x.type);
  const last = t.rank(x) - 1;
  const places = t.iota(t.shape(x), last, "i32");
  const types = [element, element, "i32", "i32"].map((e) => t.tensorType([], e as typeof element));
  const comparator = t.builder.region(types, (b, [lhs, rhs]) => {
    const order = isFloat(element) ? ({ compare_type: "TOTALORDER" } as const) : {};
    const isFirst = b.value(compare, { lhs: lhs!, rhs: rhs! }, { comparison_direction: "GT", ...order });
    b.op(returnOp, { results: [isFirst] }, {});
  });
  const attrs = { dimension: last, is_stable: true };
  return t.emitOp(sort, { inputs: [x, places] }, attrs, { regions: [comparator] }).results;
}

export const expandChlo = expansionPass("expand-chlo", "Writes CHLO's broadcasting forms, constants and top-k out.", {
  [chloConstant.name]: (t, op) => [t.emit(constant, {}, { value: chloConstant.attrsOf(op).value })],
  [constantLike.name]: like,
  [topK.name]: largest,
  [forms.broadcastAdd.name]: broadcasting(hlo.add),
  [forms.broadcastAnd.name]: broadcasting(hlo.and),
  [forms.broadcastAtan2.name]: broadcasting(hlo.atan2),
  [forms.broadcastCompare.name]: compared,
  [forms.broadcastComplex.name]: broadcasting(complex),
  [forms.broadcastDivide.name]: broadcasting(hlo.divide),
  [forms.broadcastMaximum.name]: broadcasting(hlo.maximum),
  [forms.broadcastMinimum.name]: broadcasting(hlo.minimum),
  [forms.broadcastMultiply.name]: broadcasting(hlo.multiply),
  [forms.broadcastNextAfter.name]: broadcasting(functions.nextAfter),
  [forms.broadcastOr.name]: broadcasting(hlo.or),
  [forms.broadcastPolygamma.name]: broadcasting(functions.polygamma),
  [forms.broadcastPower.name]: broadcasting(hlo.power),
  [forms.broadcastRemainder.name]: broadcasting(hlo.remainder),
  [forms.broadcastSelect.name]: selected,
  [forms.broadcastShiftLeft.name]: broadcasting(hlo.shiftLeft),
  [forms.broadcastShiftRightArithmetic.name]: broadcasting(hlo.shiftRightArithmetic),
  [forms.broadcastShiftRightLogical.name]: broadcasting(hlo.shiftRightLogical),
  [forms.broadcastSubtract.name]: broadcasting(hlo.subtract),
  [forms.broadcastXor.name]: broadcasting(hlo.xor),
  [forms.broadcastZeta.name]: broadcasting(functions.zeta),
});
