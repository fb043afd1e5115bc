/** @file Contractions by what their axes are for: shared by both sides, summed over, or one side's own. */

import { dotGeneral } from "../../../ir/dialects/stablehlo/dot.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { shapeOf } from "./view.js";

/** One operand of a contraction. */
export interface Side {
  readonly value: Value;
  readonly batch: readonly number[];
  /** The one axis summed over. */
  readonly contract: number;
  readonly free: readonly number[];
  /** The axes of the result that those are. */
  readonly freeResults: readonly number[];
}

export interface Contraction {
  readonly sides: readonly [Side, Side];
  readonly batchResults: readonly number[];
}

/** The parts of a contraction over one axis. */
export function contractionOf(op: Operation): Contraction | undefined {
  const numbers = dotGeneral.attrsOf(op).dot_dimension_numbers;
  const batches = [numbers.lhsBatchingDimensions, numbers.rhsBatchingDimensions] as const;
  const sums = [numbers.lhsContractingDimensions, numbers.rhsContractingDimensions] as const;
  let next = batches[0].length;
  const sides = ([0, 1] as const).map((i): Side => {
    const value = op.operand(i);
    const contract = sums[i][0]!;
    const free = [...shapeOf(value).keys()].filter((axis) => !batches[i].includes(axis) && axis !== contract);
    return { value, batch: batches[i], contract, free, freeResults: free.map(() => next++) };
  }) as [Side, Side];
  return sums[0].length === 1 ? { sides, batchResults: batches[0].map((_, i) => i) } : undefined;
}

/** The axis of an operand that becomes axis `result`. */
export function axisOf(side: Side, { batchResults }: Contraction, result: number | undefined): number | undefined {
  if (result === undefined) return undefined;
  const batch = batchResults.indexOf(result);
  if (batch >= 0) return side.batch[batch];
  const free = side.freeResults.indexOf(result);
  return free < 0 ? undefined : side.free[free];
}
