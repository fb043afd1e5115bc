/**
 * @file Which operand a result overwrites: operations on tensors name the storage of their results by an operand, their
 * destination. Outlining keeps destinations outside kernels, bufferization turns them into storage.
 */

import type { AnyOpDef } from "../../ir/define.js";
import { fill, generic } from "../../ir/dialects/linalg/structured.js";
import { forOp, whileOp } from "../../ir/dialects/scf/for.js";
import { insert } from "../../ir/dialects/tensor/access.js";
import { insertSlice } from "../../ir/dialects/tensor/slice.js";
import type { Operation, Value } from "../../ir/graph.js";

/** The position among the operands of `op` of the destination of result `index`. */
type DestinationOf = (op: Operation, index: number) => number;

/** A structured operation gives one tensor for each output, in order, and outputs are the last operands. */
const outputs: DestinationOf = (op, index) => op.operands.length - op.results.length + index;

const destinations: ReadonlyMap<AnyOpDef, DestinationOf> = new Map<AnyOpDef, DestinationOf>([
  [generic as unknown as AnyOpDef, outputs],
  [fill as unknown as AnyOpDef, outputs],
  [insert as unknown as AnyOpDef, () => 1],
  [insertSlice as unknown as AnyOpDef, () => 1],
  [forOp as unknown as AnyOpDef, (_, index) => 3 + index],
  [whileOp as unknown as AnyOpDef, (_, index) => index],
]);

/** The operand that `result` overwrites, where its operation names one of the same type. */
export function destinationOf(result: Value): Value | undefined {
  const op = result.definingOp;
  const position = op && destinations.get(op.def)?.(op, result.index);
  const operand = position === undefined ? undefined : op!.operands[position];
  return operand?.type.kind === "tensor" && operand.type === result.type ? operand : undefined;
}
