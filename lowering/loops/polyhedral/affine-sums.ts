/**
 * @file Affine expressions as sums over values and quotients, and conditions on them, before it is settled which columns
 * a set will have. A quotient is a column of its own, which its two bounds define and which is eliminated exactly.
 */

import type { AffineExpr } from "../../../ir/affine-expr.js";
import { type Constraint, negate } from "../../../ir/analysis/sets/basic.js";
import { offsetRow, type Row, rowOf, scaleRow, Work } from "../../../ir/analysis/sets/linear.js";
import { constant } from "../../../ir/dialects/arith/constant.js";
import type { Value } from "../../../ir/graph.js";

/** floor(dividend / divisor). */
export interface Quotient {
  readonly dividend: Sum;
  readonly divisor: number;
}

/** A constant plus values and quotients times coefficients. */
export interface Sum {
  readonly constant: number;
  readonly terms: ReadonlyMap<Value | Quotient, number>;
}

/** The sum is 0, at least 0, or a multiple of `modulus`. */
export type Condition =
  | { readonly kind: "eq" | "ge"; readonly sum: Sum }
  | { readonly kind: "mod"; readonly sum: Sum; readonly modulus: number };

export const isQuotient = (term: Value | Quotient): term is Quotient => "dividend" in term;

export function constantSum(value: number): Sum {
  return { constant: value, terms: new Map() };
}

export function sumOfValue(value: Value): Sum {
  const op = value.definingOp;
  const known = op && constant.matches(op) ? constant.attrsOf(op).value : undefined;
  return typeof known === "number" ? constantSum(known) : { constant: 0, terms: new Map([[value, 1]]) };
}

/** p * a + q * b + offset. */
export function combineSums(p: number, a: Sum, q: number, b: Sum, offset = 0): Sum {
  const terms = new Map<Value | Quotient, number>();
  for (const [term, c] of a.terms) terms.set(term, p * c);
  for (const [term, c] of b.terms) terms.set(term, (terms.get(term) ?? 0) + q * c);
  for (const [term, c] of terms) if (c === 0) terms.delete(term);
  return { constant: p * a.constant + q * b.constant + offset, terms };
}

/** The expression at its operands; undefined where it multiplies or divides by something that is no constant. */
export function sumOf(e: AffineExpr, numDims: number, operands: readonly Value[]): Sum | undefined {
  if (e.kind === "constant") return constantSum(e.value);
  if (e.kind === "dim") return sumOfValue(operands[e.position]!);
  if (e.kind === "symbol") return sumOfValue(operands[numDims + e.position]!);
  const [lhs, rhs] = [sumOf(e.lhs, numDims, operands), sumOf(e.rhs, numDims, operands)];
  if (lhs === undefined || rhs === undefined) return undefined;
  if (e.kind === "add") return combineSums(1, lhs, 1, rhs);
  if (e.kind === "mul" && lhs.terms.size === 0) return combineSums(lhs.constant, rhs, 0, lhs);
  if (rhs.terms.size !== 0) return undefined;
  const by = rhs.constant;
  if (e.kind === "mul") return combineSums(by, lhs, 0, rhs);
  if (by <= 0) return undefined;
  const dividend = e.kind === "ceildiv" ? combineSums(1, lhs, 0, rhs, by - 1) : lhs;
  const quotient: Sum = { constant: 0, terms: new Map([[{ dividend, divisor: by }, 1]]) };
  return e.kind === "mod" ? combineSums(1, lhs, -by, quotient) : quotient;
}

/** Quotients in the conditions, those within dividends included. */
export function quotientsIn(sums: readonly Sum[]): Quotient[] {
  const found = new Set<Quotient>();
  const visit = (sum: Sum): void => {
    for (const term of sum.terms.keys()) {
      if (!isQuotient(term) || found.has(term)) continue;
      found.add(term);
      visit(term.dividend);
    }
  };
  sums.forEach(visit);
  return [...found];
}

/** The row of a sum; undefined where a term has no column. */
export function rowOfSum(sum: Sum, columns: readonly (Value | Quotient)[]): Row | undefined {
  const terms = [...sum.terms].map(([term, c]) => [columns.indexOf(term), c] as const);
  return terms.some(([column]) => column < 0) ? undefined : rowOf(columns.length, sum.constant, ...terms);
}

export function constraintOf(condition: Condition, columns: readonly (Value | Quotient)[]): Constraint | undefined {
  const row = rowOfSum(condition.sum, columns);
  if (row === undefined) return undefined;
  return condition.kind === "mod" ? { kind: "mod", row, modulus: condition.modulus } : { kind: condition.kind, row };
}

/** What makes the column of a quotient the quotient. */
export function definitionOf(quotient: Quotient, columns: readonly (Value | Quotient)[]): Constraint[] | undefined {
  const rest = rowOfSum(
    combineSums(1, quotient.dividend, -quotient.divisor, { constant: 0, terms: new Map([[quotient, 1]]) }),
    columns,
  );
  if (rest === undefined) return undefined;
  return [
    { kind: "ge", row: rest },
    { kind: "ge", row: offsetRow(scaleRow(-1, rest), quotient.divisor - 1) },
  ];
}

/** Where not all of the conditions hold, as alternatives that exclude each other. */
export function outside(conditions: readonly Condition[]): Condition[][] {
  return conditions.flatMap((condition, i) => {
    const columns = [...condition.sum.terms.keys()];
    const constraint = constraintOf(condition, columns)!;
    return negate(constraint, new Work()).map((c) => [...conditions.slice(0, i), conditionOf(c, columns)]);
  });
}

function conditionOf(constraint: Constraint, columns: readonly (Value | Quotient)[]): Condition {
  const terms = new Map(columns.map((term, i) => [term, constraint.row[i + 1]!]));
  const sum = { constant: constraint.row[0]!, terms };
  return constraint.kind === "mod" ? { kind: "mod", sum, modulus: constraint.modulus } : { kind: constraint.kind, sum };
}
