/** @file Loops by callback: the body is built as the loop is. */

import type { Builder } from "../../ir/builder.js";
import { constantIndex } from "../../ir/dialects/arith/constant.js";
import { forOp } from "../../ir/dialects/scf/for.js";
import { parallel, reduce } from "../../ir/dialects/scf/parallel.js";
import { yieldOp } from "../../ir/dialects/scf/yield.js";
import type { Operation, Value } from "../../ir/graph.js";

/** Where a loop runs; the upper bound is not reached. */
export interface Range {
  readonly from: Value;
  readonly to: Value;
  readonly step: number;
}

export function upTo(b: Builder, to: Value, step = 1): Range {
  return { from: constantIndex(b, 0), to, step };
}

export function countedLoop(b: Builder, range: Range, fill: (b: Builder, position: Value) => void): void {
  carryingLoop(b, range, [], (inner, position) => {
    fill(inner, position);
    return [];
  });
}

/** A loop that hands values from turn to turn; gives the last ones. */
export function carryingLoop(
  b: Builder,
  { from, to, step }: Range,
  initial: readonly Value[],
  fill: (b: Builder, position: Value, carried: readonly Value[]) => readonly Value[],
): readonly Value[] {
  const types = [b.context.types.scalar("index"), ...initial.map((v) => v.type)];
  const region = b.region(types, (inner, [position, ...carried]) => {
    inner.op(yieldOp, { results: fill(inner, position!, carried) }, {});
  });
  return b.op(
    forOp,
    { lowerBound: from, upperBound: to, step: constantIndex(b, step), initArgs: initial },
    {},
    { regions: [region] },
  ).results;
}

/** All points from 0 to the sizes, in any order; without sizes the body stands alone, and there is no loop to return. */
export function parallelLoops(
  b: Builder,
  sizes: readonly Value[],
  fill: (b: Builder, position: readonly Value[]) => void,
): Operation | undefined {
  if (sizes.length === 0) {
    fill(b, []);
    return undefined;
  }
  const index = b.context.types.scalar("index");
  const region = b.region(
    sizes.map(() => index),
    (inner, position) => {
      fill(inner, position);
      inner.op(reduce, { operands: [] }, {}, { regions: [] });
    },
  );
  const [zero, one] = [constantIndex(b, 0), constantIndex(b, 1)];
  return b.op(
    parallel,
    { lowerBound: sizes.map(() => zero), upperBound: sizes, step: sizes.map(() => one), initVals: [] },
    {},
    { regions: [region] },
  );
}
