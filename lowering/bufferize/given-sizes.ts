/** @file Operations that are told the sizes of their result: there the symbols in its type get their values. */

import type { AnyOpDef } from "../../ir/define.js";
import { indexCast } from "../../ir/dialects/arith/cast.js";
import { constantIndex } from "../../ir/dialects/arith/constant.js";
import { load } from "../../ir/dialects/memref/storage.js";
import { keptAxes } from "../../ir/dialects/slices.js";
import { cast, empty, fromElements, splat } from "../../ir/dialects/tensor/access.js";
import { generate } from "../../ir/dialects/tensor/region.js";
import { expandShape, reshape } from "../../ir/dialects/tensor/shape.js";
import { extractSlice } from "../../ir/dialects/tensor/slice.js";
import type { Operation, Value } from "../../ir/graph.js";
import { DYNAMIC } from "../../ir/text/mixed-indices.js";
import { isShaped, type TensorType } from "../../ir/types.js";
import type { Emitter } from "./emitter.js";

/** Gives the size along an axis of the result where an operand says it. */
type GivenSize = (op: Operation, axis: number, to: Emitter) => Value | undefined;

const shapeOf = (op: Operation): TensorType["shape"] => (op.result.type as TensorType).shape;

/** Operands from `first` on are the sizes that are no numbers, in order. */
const inOrder =
  (first: number): GivenSize =>
  (op, axis, to) => {
    const before = shapeOf(op)
      .slice(0, axis)
      .filter((d) => typeof d !== "number").length;
    return to.value(op.operand(first + before));
  };

const ofReshape: GivenSize = (op, axis, to) => {
  const shape = op.operand(1);
  if (fromElements.matches(shape.definingOp)) return to.value(shape.definingOp!.operand(axis));
  const index = constantIndex(to.builder, axis);
  const element = to.builder.value(load, { memref: to.value(shape), indices: [index] }, {});
  if (isShaped(shape.type) && shape.type.element === "index") return element;
  return to.builder.value(indexCast, { in: element }, {}, { results: [to.context.types.scalar("index")] });
};

/** Where the list of numbers has none, the next value stands. */
function fromMixed(
  fixed: readonly number[],
  values: readonly Value[],
  position: number,
  to: Emitter,
): Value | undefined {
  const before = fixed.slice(0, position).filter((n) => n === DYNAMIC).length;
  return fixed[position] === DYNAMIC ? to.value(values[before]!) : undefined;
}

const ofExpand: GivenSize = (op, axis, to) => {
  const { static_output_shape: fixed } = expandShape.attrsOf(op);
  return fromMixed(fixed, expandShape.operandsOf(op).output_shape, axis, to);
};

const ofSlice: GivenSize = (op, axis, to) => {
  const { static_sizes: fixed } = extractSlice.attrsOf(op);
  const kept = keptAxes(fixed, shapeOf(op));
  return kept && fromMixed(fixed, extractSlice.operandsOf(op).sizes, kept[axis]!, to);
};

/** The sizes are those of the operand. */
const ofCast: GivenSize = (op, axis, to) => to.dim((op.operand(0).type as TensorType).shape[axis]!);

const table: ReadonlyMap<AnyOpDef, GivenSize> = new Map<AnyOpDef, GivenSize>([
  [cast as unknown as AnyOpDef, ofCast],
  [empty as unknown as AnyOpDef, inOrder(0)],
  [generate as unknown as AnyOpDef, inOrder(0)],
  [splat as unknown as AnyOpDef, inOrder(1)],
  [reshape as unknown as AnyOpDef, ofReshape],
  [expandShape as unknown as AnyOpDef, ofExpand],
  [extractSlice as unknown as AnyOpDef, ofSlice],
]);

/** Remembers the values of the symbols that `op` is told. */
export function noteGivenSizes(op: Operation, to: Emitter): void {
  const given = table.get(op.def);
  if (!given) return;
  shapeOf(op).forEach((d, axis) => {
    if (!to.isNewSymbol(d)) return;
    const size = given(op, axis, to);
    if (size) to.noteSize(d, size);
  });
}
