/** @file Reductions whose sums may be kept in lanes and folded in the end. */

import type { AnyOpDef } from "../../../../ir/define.js";
import * as f from "../../../../ir/dialects/arith/float.js";
import * as i from "../../../../ir/dialects/arith/integer.js";
import { elementOf } from "../../../../ir/types.js";
import { type Monoid, monoidOfOperation } from "../../../vectorize/monoid.js";
import { type Statement, writeOf } from "../scop.js";

/** What is taken away grows as a sum that begins with nothing. */
const sums: Readonly<Record<string, AnyOpDef>> = {
  "arith.subf": f.addf as unknown as AnyOpDef,
  "arith.subi": i.addi as unknown as AnyOpDef,
};

/** How partial results of a statement's reduction combine, and what they begin with; `undefined` where it is none. */
export function foldingOf(statement: Statement): Monoid | undefined {
  const { op } = writeOf(statement);
  const root = op.operand(0).definingOp;
  if (!statement.reduction || !root || !statement.body.includes(root)) return undefined;
  return monoidOfOperation(sums[root.name] ?? root.def, elementOf(op.operand(0).type));
}
