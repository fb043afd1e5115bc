/**
 * @file CHLO's forms of StableHLO's elementwise operations that broadcast their operands: as NumPy does, or the operand
 * of lower rank along `broadcast_dimensions`.
 */

import type { Context } from "../../context.js";
import { defineOp } from "../../define.js";
import type { Dim } from "../../dim.js";
import { complexOf } from "../../element.js";
import { boolTensor, complexTensor, floatTensor, i64Array, optionalAttr } from "../../kinds.js";
import { mapElements, type NdArray } from "../../ndarray.js";
import { broadcast } from "../../ndarray-layout.js";
import { type Numerics, numericsOf, type Scalar } from "../../scalar.js";
import type { TypeConstraint } from "../../slots.js";
import { printType, type TensorType } from "../../types.js";
import { chloComparisonDirection, chloComparisonType } from "../stablehlo/attributes.js";
import { checkComparison, comparisonOf } from "../stablehlo/choose.js";
import { bitsTensor, hloTensor } from "../stablehlo/constraints.js";
import { joinDims, printSizes, range } from "../stablehlo/shapes.js";
import { nextAfterOf } from "./elementwise.js";
import { polygamma, zeta } from "./special-functions.js";

/** Axes of the result that an operand's axes become: the last ones, or those given for the one of lower rank. */
function axesOf(rank: number, resultRank: number, dimensions: readonly number[] | undefined): readonly number[] {
  return dimensions && rank < resultRank ? dimensions : range(rank).map((axis) => axis + resultRank - rank);
}

/** Sizes of the result, or why there are none. */
function broadcastShape(
  context: Context,
  shapes: readonly (readonly Dim[])[],
  dimensions: readonly number[] | undefined,
): readonly Dim[] | string {
  const rank = Math.max(...shapes.map((s) => s.length));
  const out: Dim[] = new Array<Dim>(rank).fill(1);
  for (const shape of shapes) {
    const axes = axesOf(shape.length, rank, dimensions);
    if (axes.length !== shape.length || axes.some((axis) => !(axis >= 0 && axis < rank)))
      return `broadcast_dimensions [${axes.join(", ")}] does not place ${printSizes(context, shape)}`;
    for (const [i, axis] of axes.entries()) {
      const joined = joinBroadcast(context, out[axis]!, shape[i]!);
      if (joined === undefined) return `${shapes.map((s) => printSizes(context, s)).join(" and ")} do not broadcast`;
      out[axis] = joined;
    }
  }
  return out;
}

/** 1 gives way; a number above 1 must be the other's size too. Two different symbols leave the size open. */
function joinBroadcast(context: Context, a: Dim, b: Dim): Dim | undefined {
  if (a === 1) return b;
  if (b === 1 || a === b) return a;
  if (typeof a === "number" && typeof b === "number") return undefined;
  const open = (d: Dim) => typeof d !== "number" && context.dims.bounds(d).min <= 1;
  if (!open(a) && !open(b)) return joinDims(context, a, b);
  if (typeof a === "number") return a;
  return typeof b === "number" ? b : context.unknownDim;
}

/** The operands repeated to one shape. */
function broadcastAll(arrays: readonly NdArray[], dimensions: readonly number[] | undefined): readonly NdArray[] {
  const rank = Math.max(...arrays.map((a) => a.shape.length));
  const shape = new Array<number>(rank).fill(1);
  const places = arrays.map((a) => axesOf(a.shape.length, rank, dimensions));
  arrays.forEach((a, k) => {
    a.shape.forEach((n, i) => {
      const axis = places[k]![i]!;
      if (n === 1) return;
      if (shape[axis] !== 1 && shape[axis] !== n) throw new Error(`sizes ${shape[axis]} and ${n} do not broadcast`);
      shape[axis] = n;
    });
  });
  return arrays.map((a, k) => broadcast(a, shape, places[k]!));
}

type Binary = (n: Numerics) => (x: Scalar, y: Scalar) => Scalar;

function broadcasting(name: string, of: TypeConstraint<TensorType>, f: Binary, isCommutative = false) {
  return defineOp(`chlo.broadcast_${name}`, {
    summary: `Like stablehlo.${name}, with operands repeated to one shape.`,
    operands: { lhs: of, rhs: of },
    attrs: { broadcast_dimensions: optionalAttr(i64Array) },
    results: { result: of },
    traits: isCommutative ? ["pure", "commutative"] : ["pure"],
    format: "$lhs `,` $rhs attr-dict `:` functional-type(operands, results)",
    infer({ lhs, rhs }, { broadcast_dimensions: dimensions }, { context }) {
      if (lhs.element !== rhs.element) return `${printType(lhs)} and ${printType(rhs)} differ in their elements`;
      const shape = broadcastShape(context, [lhs.shape, rhs.shape], dimensions);
      return typeof shape === "string" ? shape : { result: context.types.tensor(shape, lhs.element) };
    },
    evaluate({ lhs, rhs }, { broadcast_dimensions: dimensions }) {
      const [x, y] = broadcastAll([lhs, rhs], dimensions) as [NdArray, NdArray];
      return { result: mapElements(x.element, x.shape, [x, y], f(numericsOf(x.element))) };
    },
  });
}

const rounded =
  (f: (x: number, y: number) => number): Binary =>
  (n) =>
  (x, y) =>
    n.fromNumber(f(x as number, y as number));

export const broadcastAdd = broadcasting("add", hloTensor, (n) => n.add, true);
export const broadcastAnd = broadcasting("and", bitsTensor, (n) => n.and, true);
export const broadcastAtan2 = broadcasting("atan2", hloTensor, (n) => n.atan2);
export const broadcastDivide = broadcasting("divide", hloTensor, (n) => n.div);
export const broadcastMaximum = broadcasting("maximum", hloTensor, (n) => n.max, true);
export const broadcastMinimum = broadcasting("minimum", hloTensor, (n) => n.min, true);
export const broadcastMultiply = broadcasting("multiply", hloTensor, (n) => n.mul, true);
export const broadcastNextAfter = broadcasting("next_after", floatTensor, (n) => nextAfterOf(n.element));
export const broadcastOr = broadcasting("or", bitsTensor, (n) => n.or, true);
export const broadcastPolygamma = broadcasting("polygamma", floatTensor, rounded(polygamma));
export const broadcastPower = broadcasting("power", hloTensor, (n) => n.pow);
export const broadcastRemainder = broadcasting("remainder", hloTensor, (n) => n.rem);
export const broadcastShiftLeft = broadcasting("shift_left", hloTensor, (n) => n.shiftLeft);
export const broadcastShiftRightArithmetic = broadcasting(
  "shift_right_arithmetic",
  hloTensor,
  (n) => n.shiftRightArithmetic,
);
export const broadcastShiftRightLogical = broadcasting("shift_right_logical", hloTensor, (n) => n.shiftRightLogical);
export const broadcastSubtract = broadcasting("subtract", hloTensor, (n) => n.sub);
export const broadcastXor = broadcasting("xor", bitsTensor, (n) => n.xor, true);
export const broadcastZeta = broadcasting("zeta", floatTensor, rounded(zeta));

export const broadcastComplex = defineOp("chlo.broadcast_complex", {
  summary: "Like stablehlo.complex, with operands repeated to one shape.",
  operands: { lhs: floatTensor, rhs: floatTensor },
  attrs: { broadcast_dimensions: optionalAttr(i64Array) },
  results: { result: complexTensor },
  traits: ["pure"],
  format: "$lhs `,` $rhs attr-dict `:` functional-type(operands, results)",
  infer({ lhs, rhs }, { broadcast_dimensions: dimensions }, { context }) {
    const element = complexOf(lhs.element);
    if (lhs.element !== rhs.element || !element)
      return `${printType(lhs)} and ${printType(rhs)} are no parts of complex numbers`;
    const shape = broadcastShape(context, [lhs.shape, rhs.shape], dimensions);
    return typeof shape === "string" ? shape : { result: context.types.tensor(shape, element) };
  },
  evaluate({ lhs, rhs }, { broadcast_dimensions: dimensions }) {
    const [x, y] = broadcastAll([lhs, rhs], dimensions) as [NdArray, NdArray];
    return {
      result: mapElements(complexOf(x.element)!, x.shape, [x, y], (re, im) => ({ re: re as number, im: im as number })),
    };
  },
});

export const broadcastCompare = defineOp("chlo.broadcast_compare", {
  summary: "Like stablehlo.compare, with operands repeated to one shape.",
  operands: { lhs: hloTensor, rhs: hloTensor },
  attrs: {
    broadcast_dimensions: optionalAttr(i64Array),
    comparison_direction: chloComparisonDirection,
    compare_type: optionalAttr(chloComparisonType),
  },
  results: { result: boolTensor },
  traits: ["pure"],
  format: "$lhs `,` $rhs attr-dict `:` functional-type(operands, results)",
  infer(
    { lhs, rhs },
    { broadcast_dimensions: dimensions, comparison_direction: direction, compare_type: type },
    { context },
  ) {
    if (lhs.element !== rhs.element) return `${printType(lhs)} and ${printType(rhs)} differ in their elements`;
    const problem = checkComparison(lhs.element, direction, type);
    if (problem !== undefined) return problem;
    const shape = broadcastShape(context, [lhs.shape, rhs.shape], dimensions);
    return typeof shape === "string" ? shape : { result: context.types.tensor(shape, "i1") };
  },
  evaluate({ lhs, rhs }, { broadcast_dimensions: dimensions, comparison_direction: direction, compare_type: type }) {
    const [x, y] = broadcastAll([lhs, rhs], dimensions) as [NdArray, NdArray];
    const holds = comparisonOf(numericsOf(x.element), direction, type);
    return { result: mapElements("i1", x.shape, [x, y], (a, b) => Number(holds(a, b))) };
  },
});

export const broadcastSelect = defineOp("chlo.broadcast_select", {
  summary: "Like stablehlo.select, with operands repeated to one shape.",
  operands: { pred: boolTensor, on_true: hloTensor, on_false: hloTensor },
  attrs: {},
  results: { result: hloTensor },
  traits: ["pure"],
  format: "$pred `,` $on_true `,` $on_false attr-dict `:` functional-type(operands, results)",
  infer({ pred, on_true: a, on_false: b }, _, { context }) {
    if (a.element !== b.element) return `${printType(a)} and ${printType(b)} differ in their elements`;
    const shape = broadcastShape(context, [pred.shape, a.shape, b.shape], undefined);
    return typeof shape === "string" ? shape : { result: context.types.tensor(shape, a.element) };
  },
  evaluate({ pred, on_true: a, on_false: b }) {
    const [p, x, y] = broadcastAll([pred, a, b], undefined) as [NdArray, NdArray, NdArray];
    return { result: mapElements(x.element, x.shape, [p, x, y], (holds, s, t) => (holds ? s : t)) };
  },
});
