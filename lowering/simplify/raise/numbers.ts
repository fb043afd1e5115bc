/**
 * @file Numbers that exporters write in many ways: as a constant, broadcast, converted, or as a computation of constants.
 * Compared in the element type they are of, within what rounding them once or twice may have cost.
 */

import type { DenseAttr } from "../../../ir/attrs.js";
import { divide, multiply, negate } from "../../../ir/dialects/stablehlo/elementwise.js";
import { type ElementType, elementFacts } from "../../../ir/element.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { getScalar, sizeOf } from "../../../ir/ndarray.js";
import type { Scalar } from "../../../ir/scalar.js";
import { elementOf } from "../../../ir/types.js";
import { isMovement } from "./view.js";

/** How far constants are followed. */
const DEPTH = 8;

/** The one number that all elements of `value` are, if it is a constant or computed of constants. */
export function numberOf(value: Value): number | undefined {
  const found = scalarOf(value, DEPTH);
  return found === undefined || typeof found === "object" ? undefined : Number(found);
}

function scalarOf(value: Value, depth: number): Scalar | undefined {
  const op = value.definingOp;
  if (!op || depth === 0 || op.results.length !== 1 || value.type.kind !== "tensor") return undefined;
  if (op.def.traits.includes("constant")) return constantScalar(op.attrs["value"] as DenseAttr | undefined);
  if (isMovement(op)) return scalarOf(op.operand(0), depth - 1);
  if (!op.def.entry || op.operands.length === 0) return undefined;
  const entries: Scalar[] = [];
  for (const x of op.operands) {
    const entry = scalarOf(x, depth - 1);
    if (entry === undefined) return undefined;
    entries.push(entry);
  }
  return op.def.entry(op)(...entries);
}

function constantScalar(attr: DenseAttr | undefined): Scalar | undefined {
  if (attr?.kind !== "dense") return undefined;
  return attr.splat || sizeOf(attr.data.shape) === 1 ? getScalar(attr.data, 0) : undefined;
}

/** Relative error that a constant of an element may have: it was written with few digits, or is a product of two. */
const tolerances: Partial<Record<ElementType, number>> = { f64: 1e-9, f32: 1e-6, f16: 3e-3, bf16: 2e-2 };

/** Whether `x` is what a form computes as `wanted`, in tensors of `element`. */
export function isNear(x: number | undefined, wanted: number, element: ElementType): boolean {
  if (x === undefined) return false;
  if (Object.is(x, wanted) || x === wanted) return true;
  return Math.abs(x - wanted) <= (tolerances[element] ?? 0) * Math.abs(wanted);
}

/** `isNear` for a number that is written down: one that narrow elements hold, such as an exponent or a half, is exact. */
export function isWritten(x: number | undefined, wanted: number, element: ElementType): boolean {
  const isExact = elementFacts[element].bits < 32 && Number.isInteger(wanted * 8);
  return isExact ? x === wanted : isNear(x, wanted, element);
}

/** Whether every element of `value` is `wanted`. */
export const isNumber = (value: Value, wanted: number): boolean =>
  isWritten(numberOf(value), wanted, elementOf(value.type));

/** Whether the forms are recognised in this element: floats with a tolerance. */
export const isCommonFloat = (element: ElementType): boolean =>
  elementFacts[element].kind === "float" && element in tolerances;

/** `x` and c where `op` is x * c, c * x, x / c or -x. */
export function factorOf(op: Operation): { readonly value: Value; readonly factor: number } | undefined {
  if (negate.matches(op)) return { value: op.operand(0), factor: -1 };
  if (!multiply.matches(op) && !divide.matches(op)) return undefined;
  const [x, y] = op.operands as readonly [Value, Value];
  const right = numberOf(y);
  if (right !== undefined) return { value: x, factor: divide.matches(op) ? 1 / right : right };
  const left = multiply.matches(op) ? numberOf(x) : undefined;
  return left === undefined ? undefined : { value: y, factor: left };
}

/** The operand of a commutative operation beside the number `x`. */
export function otherThan(op: Operation, x: number): Value | undefined {
  const [a, b] = op.operands as readonly [Value, Value];
  if (isNumber(b, x)) return a;
  return isNumber(a, x) ? b : undefined;
}
