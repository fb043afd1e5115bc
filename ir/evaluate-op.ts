/** @file Evaluates one operation on given data, outside any program: constant folding and rule tests. */

import type { Context } from "./context.js";
import type { Datum, Evaluation } from "./define.js";
import type { Operation } from "./graph.js";
import { groupBySlot, type Slots } from "./slots.js";
import { hasStaticShape, isShaped, printType, type Type } from "./types.js";

/**
 * The results of `op` on `inputs` (one per operand), or `undefined` where it cannot be told here: no meaning by
 * example, regions, or symbolic sizes.
 */
export function evaluateOp(op: Operation, inputs: readonly Datum[], context: Context): readonly Datum[] | undefined {
  const { def } = op;
  if (!def.evaluate || op.regions.length > 0 || !op.results.every((r) => isConcrete(r.type))) return undefined;
  const named = groupBySlot(def.operands as Slots, def.operandNames, inputs, op.segments);
  const out = def.evaluate(named, op.attrs, new IsolatedEvaluation(op, context)) as Readonly<
    Record<string, Datum | readonly Datum[] | undefined>
  >;
  return def.resultNames.flatMap((name) => (out[name] ?? []) as Datum | readonly Datum[]) as readonly Datum[];
}

function isConcrete(type: Type): boolean {
  return !isShaped(type) || hasStaticShape(type);
}

class IsolatedEvaluation implements Evaluation {
  readonly op: Operation;
  readonly context: Context;

  constructor(op: Operation, context: Context) {
    this.op = op;
    this.context = context;
  }

  run(): never {
    throw new Error(`${this.op.name} runs a region`);
  }

  runRegion(): never {
    throw new Error(`${this.op.name} runs a region`);
  }

  lookup(): undefined {
    return undefined;
  }

  perRun(): never {
    throw new Error(`${this.op.name} depends on the state of a run`);
  }

  call(symbol: string): never {
    throw new Error(`${this.op.name} calls @${symbol}`);
  }

  shape(index = 0): readonly number[] {
    return this.sizes(this.op.results[index]!.type);
  }

  sizes(type: Type): readonly number[] {
    if (!isShaped(type) || !hasStaticShape(type)) throw new Error(`${printType(type)} has no known sizes`);
    return type.shape as readonly number[];
  }
}
