/**
 * @file What a tensor holds at each place of two axes, where that follows from constants and positions alone: weights or
 * written constants, cut from their beginning or from elsewhere, positions, and elementwise operations on these. Exporters
 * write masks in all these ways. Invariant: a plane gives what the interpreter would compute.
 */

import type { Context } from "../../../ir/context.js";
import { constant, dynamicIota, elementsOf, iota } from "../../../ir/dialects/stablehlo/constants.js";
import { realDynamicSlice } from "../../../ir/dialects/stablehlo/dynamic-shape.js";
import { slice } from "../../../ir/dialects/stablehlo/shape.js";
import type { Operation } from "../../../ir/graph.js";
import { getScalar, stridesOf } from "../../../ir/ndarray.js";
import { convertScalar, type Scalar } from "../../../ir/scalar.js";
import { elementOf } from "../../../ir/types.js";
import { isNumber } from "./numbers.js";
import { along, behind, shapeOf, type View } from "./view.js";

export interface Plane {
  /** How far it is known along either axis; infinite where it is the same everywhere or computed of positions. */
  readonly rows: number;
  readonly columns: number;
  at(row: number, column: number): Scalar;
}

/** How far operations are followed. */
const DEPTH = 12;

/** `view` along the axes `row` and `column` of who looks, which it does not differ along any other of. */
export function planeOf(context: Context, view: View, row: number, column: number, depth = DEPTH): Plane | undefined {
  const { value, axes } = behind(view);
  const op = value.definingOp;
  if (!op || depth === 0) return undefined;
  const within = (x: View): Plane | undefined => planeOf(context, x, row, column, depth - 1);
  const places = { row: axes[row], column: axes[column] };
  if (constant.matches(op)) return constantPlane(context, op, places);
  if (iota.matches(op) || dynamicIota.matches(op)) return positions(op, places);
  if (slice.matches(op) || realDynamicSlice.matches(op)) {
    const starts = startsOf(op);
    const source = starts && within(along({ value, axes }, op.operand(0)));
    const startAt = (axis: number | undefined): number => (axis === undefined ? 0 : starts![axis]!);
    return source && shifted(source, startAt(places.row), startAt(places.column));
  }
  return combined(op, { value, axes }, within);
}

interface Places {
  readonly row: number | undefined;
  readonly column: number | undefined;
}

function constantPlane(context: Context, op: Operation, { row, column }: Places): Plane | undefined {
  const { value } = constant.attrsOf(op);
  if (value.kind === "dense" && value.splat) {
    const number = getScalar(value.data, 0);
    return { rows: Number.POSITIVE_INFINITY, columns: Number.POSITIVE_INFINITY, at: () => number };
  }
  const shape = value.type.shape as readonly number[];
  if (shape.some((d, axis) => d !== 1 && axis !== row && axis !== column)) return undefined;
  const data = elementsOf(value, context);
  const strides = stridesOf(shape);
  const along = (axis: number | undefined) =>
    axis === undefined ? { size: Number.POSITIVE_INFINITY, stride: 0 } : { size: shape[axis]!, stride: strides[axis]! };
  const [down, across] = [along(row), along(column)];
  return {
    rows: down.size,
    columns: across.size,
    at: (i, j) => getScalar(data, i * down.stride + j * across.stride),
  };
}

function positions(op: Operation, { row, column }: Places): Plane | undefined {
  const { iota_dimension: axis } = (iota.matches(op) ? iota : dynamicIota).attrsOf(op);
  const element = elementOf(op.result.type);
  if (axis !== row && axis !== column) return undefined;
  const position = (n: number): Scalar => convertScalar(BigInt(n), "i64", element);
  const at = axis === row ? (i: number) => position(i) : (_: number, j: number) => position(j);
  return { rows: Number.POSITIVE_INFINITY, columns: Number.POSITIVE_INFINITY, at };
}

/** Where each axis of a slice begins, where that is known and nothing is left out between. */
function startsOf(op: Operation): readonly number[] | undefined {
  const [from, to] = [shapeOf(op.operand(0)), shapeOf(op.result)];
  // What is one element of more has no axis of its own any more.
  if (from.some((d, axis) => d !== 1 && to[axis] === 1)) return undefined;
  if (slice.matches(op)) {
    const { start_indices: starts, strides } = slice.attrsOf(op);
    return strides.every((s) => s === 1) ? starts : undefined;
  }
  return isNumber(op.operand(1), 0) && isNumber(op.operand(3), 1) ? from.map(() => 0) : undefined;
}

function shifted(plane: Plane, down: number, across: number): Plane {
  if (down === 0 && across === 0) return plane;
  const { rows, columns, at } = plane;
  return { rows: rows - down, columns: columns - across, at: (i, j) => at(i + down, j + across) };
}

function combined(op: Operation, view: View, within: (x: View) => Plane | undefined): Plane | undefined {
  const rank = shapeOf(op.results[0]!).length;
  if (!op.def.entry || op.operands.length === 0 || op.operands.some((x) => shapeOf(x).length !== rank))
    return undefined;
  const planes = op.operands.map((x) => within(along(view, x)));
  if (!planes.every((plane) => plane !== undefined)) return undefined;
  const compute = op.def.entry(op);
  return {
    rows: Math.min(...planes.map((plane) => plane.rows)),
    columns: Math.min(...planes.map((plane) => plane.columns)),
    at: (i, j) => compute(...planes.map((plane) => plane.at(i, j))),
  };
}
