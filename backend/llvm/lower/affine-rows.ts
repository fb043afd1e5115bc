/** @file `affine` to branches and address arithmetic: maps are evaluated where they stand. */

import type { AffineMap, IntegerSet } from "../../../ir/affine.js";
import { type AffineExpr, constantValue } from "../../../ir/affine-expr.js";
import * as a from "../../../ir/dialects/llvm/arithmetic.js";
import type { Value } from "../../../ir/graph.js";
import { unreachable } from "../../../ir/unreachable.js";
import type { FunctionLowering } from "./lowering.js";

/** The value of an affine expression; division and remainder round toward minus infinity, divisors are positive. */
export function affineValue(
  to: FunctionLowering,
  e: AffineExpr,
  dims: readonly Value[],
  symbols: readonly Value[],
): Value {
  const again = (x: AffineExpr): Value => affineValue(to, x, dims, symbols);
  switch (e.kind) {
    case "dim":
      return dims[e.position]!;
    case "symbol":
      return symbols[e.position]!;
    case "constant":
      return to.integer(e.value);
    case "add":
      return to.add(again(e.lhs), again(e.rhs));
    case "mul":
      return to.mul(again(e.lhs), again(e.rhs));
    case "floordiv":
      return floorDivide(to, again(e.lhs), e.rhs, again);
    case "ceildiv":
      return floorDivide(to, to.add(again(e.lhs), to.emit(a.sub, [again(e.rhs), to.integer(1)])), e.rhs, again);
    case "mod": {
      const x = again(e.lhs);
      const quotient = floorDivide(to, x, e.rhs, again);
      return to.emit(a.sub, [x, to.mul(quotient, again(e.rhs))]);
    }
    default:
      return unreachable(e);
  }
}

/** By a power of two it is an arithmetic shift. */
function floorDivide(to: FunctionLowering, x: Value, divisor: AffineExpr, again: (e: AffineExpr) => Value): Value {
  const d = constantValue(divisor);
  if (d !== undefined && d > 0 && Number.isInteger(Math.log2(d)))
    return d === 1 ? x : to.emit(a.ashr, [x, to.integer(Math.log2(d))]);
  const y = again(divisor);
  const quotient = to.emit(a.sdiv, [x, y]);
  const remainder = to.emit(a.srem, [x, y]);
  const isNegative = to.emit(a.icmp, [remainder, to.integer(0)], { predicate: "slt" });
  return to.emit(a.sub, [quotient, to.emit(a.zext, [isNegative], {}, to.i64)]);
}

export function mapValues(to: FunctionLowering, map: AffineMap, operands: readonly Value[]): readonly Value[] {
  const dims = operands.slice(0, map.numDims);
  const symbols = operands.slice(map.numDims);
  return map.results.map((e) => affineValue(to, e, dims, symbols));
}

/** Whether operands are in a set, as an `i1`. */
export function inSet(to: FunctionLowering, set: IntegerSet, operands: readonly Value[]): Value {
  const dims = operands.slice(0, set.numDims);
  const symbols = operands.slice(set.numDims);
  const conditions = set.constraints.map(({ expr, kind }) =>
    to.emit(a.icmp, [affineValue(to, expr, dims, symbols), to.integer(0)], { predicate: kind === "eq" ? "eq" : "sge" }),
  );
  const [first, ...rest] = conditions;
  if (!first) throw new Error("a set without constraints");
  return rest.reduce((x, y) => to.emit(a.and, [x, y]), first);
}
