/** @file Runs one operation's `evaluate` by itself, for analyses and folding. */

import type { Context } from "../context.js";
import type { Datum, Evaluation } from "../define.js";
import type { Operation } from "../graph.js";
import { groupBySlot, type Slots } from "../slots.js";
import { hasStaticShape, type TensorType } from "../types.js";

/** What an operation without regions computes from these operands, away from the program around it; nothing where it fails. */
export function evaluateAlone(op: Operation, operands: readonly Datum[], context: Context): readonly Datum[] {
  const { def } = op;
  const inputs = groupBySlot(def.operands as Slots, def.operandNames, operands, op.segments);
  const refuse = (): never => {
    throw new Error(`${def.name} cannot be evaluated alone`);
  };
  const sizes = (i: number): readonly number[] => {
    const type = op.results[i]!.type as TensorType;
    return hasStaticShape(type) ? type.shape : refuse();
  };
  const evaluation: Evaluation = {
    op,
    context,
    run: refuse,
    runRegion: refuse,
    lookup: refuse,
    perRun: refuse,
    call: refuse,
    shape: (i = 0) => sizes(i),
    sizes: refuse,
  };
  try {
    const out = def.evaluate!(inputs, op.attrs, evaluation) as Readonly<Record<string, Datum | readonly Datum[]>>;
    return def.resultNames.flatMap((name) => out[name] ?? []) as Datum[];
  } catch {
    return []; // such as an index out of bounds: left to the run
  }
}
