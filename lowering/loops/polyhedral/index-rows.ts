/** @file Rows, bounds and constraints of integer sets as index arithmetic, for columns whose positions are known. */

import type { Basic, Constraint } from "../../../ir/analysis/sets/basic.js";
import { constraintsOf } from "../../../ir/analysis/sets/basic.js";
import type { Bound } from "../../../ir/analysis/sets/bounds.js";
import { coefficient, type Row } from "../../../ir/analysis/sets/linear.js";
import type { Builder } from "../../../ir/builder.js";
import * as arith from "../../../ir/dialects/arith/integer.js";
import { ifOp } from "../../../ir/dialects/scf/branch.js";
import { yieldOp } from "../../../ir/dialects/scf/yield.js";
import { newRegion, type Value } from "../../../ir/graph.js";
import { ceilDivide, floorDivide, floorModulo } from "../../../ir/integer.js";
import { IndexArithmetic, type Position } from "../../structured/index-arithmetic.js";

/** The value of the row; columns without a position must not occur in it. */
export function positionOfRow(b: Builder, row: Row, columns: readonly Position[]): Position {
  const index = new IndexArithmetic(b);
  const { positive, negative, constant } = partsOf(index, row, columns);
  if (negative === undefined) return index.add(positive ?? 0, constant);
  if (positive === undefined) return index.sub(constant, negative);
  return index.add(index.sub(positive, negative), constant);
}

/** The sums of the terms above and below zero, and the constant. */
function partsOf(index: IndexArithmetic, row: Row, columns: readonly Position[]) {
  let constant = row[0]!;
  let positive: Position | undefined;
  let negative: Position | undefined;
  columns.forEach((x, i) => {
    const c = coefficient(row, i);
    if (c === 0) return;
    if (typeof x === "number") constant += c * x;
    else if (c > 0) positive = index.add(positive ?? 0, index.mul(x, c));
    else negative = index.add(negative ?? 0, index.mul(x, -c));
  });
  return { positive: positive as Position | undefined, negative: negative as Position | undefined, constant };
}

/** `row / divisor`, rounded down or up. */
export function positionOfBound(
  b: Builder,
  bound: Bound,
  rounded: "down" | "up",
  columns: readonly Position[],
): Position {
  const row = positionOfRow(b, bound.row, columns);
  if (bound.divisor === 1) return row;
  if (typeof row === "number") return (rounded === "up" ? ceilDivide : floorDivide)(row, bound.divisor);
  const index = new IndexArithmetic(b);
  const def = rounded === "up" ? arith.ceildivsi : arith.floordivsi;
  return b.value(def, { lhs: row, rhs: index.value(bound.divisor) }, {});
}

/** The remainder, from 0 on, of a position that may be negative. */
export function positionModulo(b: Builder, x: Position, modulus: number): Position {
  if (typeof x === "number") return floorModulo(x, modulus);
  const index = new IndexArithmetic(b);
  const quotient = b.value(arith.floordivsi, { lhs: x, rhs: index.value(modulus) }, {});
  return index.sub(x, index.mul(quotient, modulus));
}

/** Whether the constraint holds: a value, or known now. */
function holds(b: Builder, constraint: Constraint, columns: readonly Position[]): Value | boolean {
  const index = new IndexArithmetic(b);
  if (constraint.kind === "mod") {
    const rest = positionModulo(b, positionOfRow(b, constraint.row, columns), constraint.modulus);
    return typeof rest === "number" ? rest === 0 : index.compare("eq", rest, 0);
  }
  const { positive, negative, constant } = partsOf(index, constraint.row, columns);
  if (positive === undefined && negative === undefined) {
    return constraint.kind === "eq" ? constant === 0 : constant >= 0;
  }
  const [more, less] = positive === undefined ? [constant, negative!] : [positive, index.add(negative ?? 0, -constant)];
  return index.compare(constraint.kind === "eq" ? "eq" : "sge", more, less);
}

/** Whether all constraints hold: a value, or known now. */
export function truthOf(b: Builder, guard: Basic, columns: readonly Position[]): Value | boolean {
  const known = constraintsOf(guard).map((c) => holds(b, c, columns));
  if (known.includes(false)) return false;
  const conditions = known.filter((c) => typeof c !== "boolean");
  return conditions.length === 0 || new IndexArithmetic(b).and(...conditions);
}

/** Runs `fill` where all constraints hold, nothing where it emits nothing; with `otherwise`, that where not. */
export function guarded(
  b: Builder,
  guard: Basic,
  columns: readonly Position[],
  fill: (b: Builder) => void,
  otherwise?: (b: Builder) => void,
): void {
  const known = constraintsOf(guard).map((c) => holds(b, c, columns));
  if (known.includes(false)) {
    otherwise?.(b);
    return;
  }
  const conditions = known.filter((c) => typeof c !== "boolean");
  if (conditions.length === 0) {
    fill(b);
    return;
  }
  const region = (body: (b: Builder) => void) =>
    b.region([], (inner) => {
      body(inner);
      inner.op(yieldOp, { results: [] }, {});
    });
  const then = region(fill);
  if (otherwise === undefined && then.blocks[0]!.first === then.blocks[0]!.last) return;
  const condition = new IndexArithmetic(b).and(...conditions);
  const regions = [then, otherwise ? region(otherwise) : newRegion()];
  b.op(ifOp, { condition }, {}, { regions, results: [] });
}
