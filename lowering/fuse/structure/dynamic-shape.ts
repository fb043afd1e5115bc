/**
 * @file Structured forms of StableHLO's `dynamic_*` operations. Sizes that symbols in scope give are computed from
 * those; a data-dependent symbol gets its value here, from the element of the shape operand that says it.
 */

import { constantIndex } from "../../../ir/dialects/arith/constant.js";
import * as i from "../../../ir/dialects/arith/integer.js";
import { dynamicIota } from "../../../ir/dialects/stablehlo/constants.js";
import * as dynamic from "../../../ir/dialects/stablehlo/dynamic-shape.js";
import * as tensor from "../../../ir/dialects/tensor/access.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { elementOf, type TensorType } from "../../../ir/types.js";
import { IndexArithmetic, type Position } from "../../structured/index-arithmetic.js";
import type { Converter, Structure } from "./converter.js";
import { broadcastInto, gathered, padded, reshaped } from "./data-movement.js";
import { countedAlong } from "./values.js";

/** Element `k` of a one-dimensional integer operand, as an `index`. */
export function elementAsIndex(to: Converter, old: Value, k: number): Value {
  const at = new IndexArithmetic(to.builder);
  const indices = (old.type as TensorType).shape.length === 0 ? [] : [constantIndex(to.builder, k)];
  const element = to.builder.value(tensor.extract, { tensor: to.value(old), indices }, {});
  return at.fromInteger(element, elementOf(old.type));
}

/** Gives data-dependent sizes of `type` their values, where `sizeAt` can say them. */
export function defineSizes(to: Converter, type: TensorType, sizeAt: (axis: number) => Value): void {
  type.shape.forEach((d, axis) => {
    const name = to.bareSymbol(d);
    if (name !== undefined && to.sizeOf(name) === undefined) to.defineSize(name, sizeAt(axis));
  });
}

function sizedBy(op: Operation, to: Converter, operand: number): TensorType {
  const type = to.resultType(op);
  defineSizes(to, type, (axis) => elementAsIndex(to, op.operand(operand), axis));
  return type;
}

const dynamicReshape: Structure = (op, to) => [reshaped(to, to.value(op.operand(0)), sizedBy(op, to, 1))];

const dynamicBroadcast: Structure = (op, to) => [
  broadcastInto(
    to,
    to.value(op.operand(0)),
    sizedBy(op, to, 1),
    dynamic.dynamicBroadcastInDim.attrsOf(op).broadcast_dimensions,
  ),
];

const dynamicIotaStructure: Structure = (op, to) => {
  sizedBy(op, to, 0);
  return [countedAlong(to, op, dynamicIota.attrsOf(op).iota_dimension)];
};

/** size + low + high + max(size - 1, 0) * interior. */
const dynamicPad: Structure = (op, to) => {
  const type = to.resultType(op);
  const [x, value, low, high, interior] = op.operands as readonly [Value, Value, Value, Value, Value];
  const at = new IndexArithmetic(to.builder);
  const axes = (x.type as TensorType).shape.map((_, k) => k);
  const amounts = (old: Value): Position[] => axes.map((k) => elementAsIndex(to, old, k));
  const [lows, interiors] = [amounts(low), amounts(interior)];
  defineSizes(to, type, (axis) => {
    const size = to.dim((x.type as TensorType).shape[axis]!);
    const gaps = at.mul(at.max(at.sub(size, 1), 0), interiors[axis]!);
    return at.value(at.add(at.add(size, gaps), at.add(lows[axis]!, elementAsIndex(to, high, axis))));
  });
  return [padded(to, to.value(x), to.elementOfScalarTensor(value), type, { low: lows, interior: interiors })];
};

/** ceil((limit - start) / stride). */
const realDynamicSlice: Structure = (op, to) => {
  const type = to.resultType(op);
  const [x, starts, limits, strides] = op.operands as readonly [Value, Value, Value, Value];
  const at = new IndexArithmetic(to.builder);
  const axes = (x.type as TensorType).shape.map((_, k) => k);
  const from = axes.map((k) => elementAsIndex(to, starts, k));
  const steps = axes.map((k) => elementAsIndex(to, strides, k));
  defineSizes(to, type, (axis) =>
    to.builder.value(
      i.ceildivsi,
      { lhs: at.value(at.sub(elementAsIndex(to, limits, axis), from[axis]!)), rhs: steps[axis]! },
      {},
    ),
  );
  return [
    gathered(to, type, to.value(x), (body, { index }) =>
      axes.map((k) => body.add(from[k]!, body.mul(index(k), steps[k]!))),
    ),
  ];
};

const setDimensionSize: Structure = (op, to) => {
  const type = to.resultType(op);
  defineSizes(to, type, () => elementAsIndex(to, op.operand(1), 0));
  return [gathered(to, type, to.value(op.operand(0)), (_, { index }) => type.shape.map((__, k) => index(k)))];
};

export const dynamicShape: Readonly<Record<string, Structure>> = {
  "stablehlo.dynamic_broadcast_in_dim": dynamicBroadcast,
  "stablehlo.dynamic_iota": dynamicIotaStructure,
  "stablehlo.dynamic_pad": dynamicPad,
  "stablehlo.dynamic_reshape": dynamicReshape,
  "stablehlo.real_dynamic_slice": realDynamicSlice,
  "stablehlo.set_dimension_size": setDimensionSize,
};
