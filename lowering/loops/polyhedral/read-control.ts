/** @file Loops and conditions around a statement, as conditions on induction variables and parameters. */

import type { AffineMap } from "../../../ir/affine.js";
import { forOp, ifOp } from "../../../ir/dialects/affine/for.js";
import { Block, type Operation, type Value } from "../../../ir/graph.js";
import { type Condition, combineSums, outside, type Sum, sumOf, sumOfValue } from "./affine-sums.js";
import { functionAround, isHoistedValue, Refused } from "./read-values.js";

/** What a statement stands in. */
export interface Around {
  /** Induction variables, outermost first. */
  readonly loops: readonly Value[];
  /** It runs where all conditions of one of these hold; at most one of them does. */
  readonly alternatives: readonly (readonly Condition[])[];
}

/** Results of a map that are affine in loops around and values at hand. */
export function sumsOfMap(op: Operation, map: AffineMap, operands: readonly Value[]): Sum[] {
  return map.results.map((e) => {
    const sum = sumOf(e, map.numDims, operands.map(checkedBy(op)));
    if (sum === undefined) throw new Refused("a product or quotient of variables", op);
    return sum;
  });
}

/** Gives back what is an induction variable or at hand outside of the loops. */
export function checkedBy(op: Operation): (value: Value) => Value {
  const func = functionAround(op);
  return (value) => {
    if (!isInduction(value) && !isHoistedValue(value, func))
      throw new Refused("an index is computed inside of a loop", op);
    return value;
  };
}

function isInduction(value: Value): boolean {
  return value.owner instanceof Block && value.index === 0 && forOp.matches(value.owner.parent);
}

export function enterLoop(op: Operation, around: Around): Around {
  const { lowerBoundMap, upperBoundMap, step } = forOp.attrsOf(op);
  const { lowerBoundOperands, upperBoundOperands } = forOp.operandsOf(op);
  if (op.results.length > 0) throw new Refused("a loop carries values", op);
  const position = op.region(0).blocks[0]!.args[0]!;
  const at = sumOfValue(position);
  const lower = sumsOfMap(op, lowerBoundMap, lowerBoundOperands);
  const upper = sumsOfMap(op, upperBoundMap, upperBoundOperands);
  const below = upper.map((u): Condition => ({ kind: "ge", sum: combineSums(1, u, -1, at, -1) }));
  const above = (l: Sum): Condition => ({ kind: "ge", sum: combineSums(1, at, -1, l) });
  const starts: readonly (readonly Condition[])[] =
    step === 1
      ? [lower.map(above)]
      : lower.map((l, i) => [
          above(l),
          ...greatest(lower, i),
          { kind: "mod", sum: combineSums(1, at, -1, l), modulus: step },
        ]);
  const alternatives = around.alternatives.flatMap((c) => starts.map((s) => [...c, ...s, ...below]));
  return { loops: [...around.loops, position], alternatives };
}

/** Where the sum is greater than those before and not less than those after it. */
function greatest(sums: readonly Sum[], i: number): Condition[] {
  return sums.flatMap((other, j): Condition[] =>
    j === i ? [] : [{ kind: "ge", sum: combineSums(1, sums[i]!, -1, other, j < i ? -1 : 0) }],
  );
}

/** What is around the two regions of `affine.if`. */
export function enterIf(op: Operation, around: Around): { readonly inside: Around; readonly otherwise: Around } {
  const { condition } = ifOp.attrsOf(op);
  const conditions = condition.constraints.map(({ expr, kind }): Condition => {
    const sum = sumOf(expr, condition.numDims, op.operands.map(checkedBy(op)));
    if (sum === undefined) throw new Refused("a product or quotient of variables", op);
    return { kind, sum };
  });
  const joined = (more: readonly (readonly Condition[])[]): Around => ({
    loops: around.loops,
    alternatives: around.alternatives.flatMap((c) => more.map((m) => [...c, ...m])),
  });
  return { inside: joined([conditions]), otherwise: joined(outside(conditions)) };
}
