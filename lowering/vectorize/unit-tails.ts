/** @file Axes of one element behind the one that an operation walks: without them its neighbours are neighbours in memory to see. */

import { affineMap } from "../../ir/affine.js";
import { constantValue } from "../../ir/affine-expr.js";
import { Builder } from "../../ir/builder.js";
import type { Context } from "../../ir/context.js";
import { generic } from "../../ir/dialects/linalg/structured.js";
import { collapseShape } from "../../ir/dialects/memref/reshape.js";
import type { Operation, Value } from "../../ir/graph.js";
import { accessesOf, shapeOf } from "../structured/access.js";

/** Joins the last axes of what `op` reads, as far as they have one element, to the axis before them. */
export function joinUnitTails(op: Operation, context: Context): void {
  const { inputs } = generic.operandsOf(op);
  const b = Builder.before(context, op);
  const operands = [...op.operands];
  const maps = [...generic.attrsOf(op).indexing_maps];
  accessesOf(op).forEach(({ value, map }, k) => {
    const shape = shapeOf(value);
    const isUnit = (axis: number): boolean => shape[axis] === 1 && constantValue(map.results[axis]!) === 0;
    let rank = shape.length;
    while (rank > 1 && isUnit(rank - 1)) rank--;
    if (k >= inputs.length || rank === shape.length) return;
    operands[k] = withAxes(b, value, rank);
    maps[k] = affineMap(map.numDims, map.numSymbols, map.results.slice(0, rank));
  });
  op.setOperands(operands);
  op.setAttr("indexing_maps", maps);
}

/** `x` with its first axes alone, those behind of one element. */
function withAxes(b: Builder, x: Value, rank: number): Value {
  const axes = shapeOf(x).map((_, axis) => axis);
  const reassociation = [...axes.slice(0, rank - 1).map((axis) => [axis]), axes.slice(rank - 1)];
  return b.value(collapseShape, { src: x }, { reassociation });
}
