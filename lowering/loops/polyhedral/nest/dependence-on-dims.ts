/**
 * @file Which dims of a statement each value of its body depends on, and so how often it must be computed when several
 * points are built as one: once, once a row, once a vector, once a step.
 */

import { constant } from "../../../../ir/dialects/arith/constant.js";
import type { Operation, Value } from "../../../../ir/graph.js";
import { type ArrayAccess, readsOf, type Statement } from "../scop.js";

/**
 * For every value that the body computes or reads, the dims that it changes with. Values from outside have none; a read
 * whose value is `carried` from point to point changes with all.
 */
export function dimsOfValues(statement: Statement, carried?: ArrayAccess): ReadonlyMap<Value, ReadonlySet<number>> {
  const known = new Map<Value, ReadonlySet<number>>(statement.induction.map((v, d) => [v, new Set([d])]));
  const all = new Set(statement.dims.keys());
  for (const read of readsOf(statement))
    known.set(read.op.result, read === carried ? all : dimsOfAccess(statement, read));
  for (const op of statement.body) {
    const all = new Set<number>();
    for (const operand of op.operands) for (const d of known.get(operand) ?? []) all.add(d);
    for (const result of op.results) known.set(result, all);
  }
  return known;
}

/** The dims that the place of an access changes with. */
export function dimsOfAccess({ dims }: Statement, { indices }: ArrayAccess): ReadonlySet<number> {
  return new Set(dims.map((_, d) => d).filter((d) => indices.some((row) => row.at(d - dims.length) !== 0)));
}

/** Operations that can be made again on vectors, some lanes of which are no points: those may hold anything, zeros too. */
export function isLaneOperation(op: Operation): boolean {
  if (op.def.dialect !== "arith" && op.def.dialect !== "math") return false;
  if (integerDivisions.has(op.name) && !isOfConstants(op.operand(1))) return false;
  return op.regions.length === 0 && op.results.length === 1;
}

/** Whether it is the same number everywhere, that of the points. */
function isOfConstants({ definingOp: op }: Value): boolean {
  if (!op || constant.matches(op)) return op !== undefined;
  return op.def.traits.includes("pure") && op.operands.length > 0 && op.operands.every(isOfConstants);
}

/** What must not be done where the divisor is 0. */
const integerDivisions: ReadonlySet<string> = new Set(
  ["divsi", "divui", "remsi", "remui", "floordivsi", "ceildivsi", "ceildivui"].map((name) => `arith.${name}`),
);
