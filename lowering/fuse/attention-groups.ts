/**
 * @file Attentions among the operations of a block, as groups: where blocks of queries pay, everything from the first product
 * to the second is to be one kernel, with the copy that alone reads it to put its axes in another order.
 */

import { cloneOp } from "../../ir/clone.js";
import { generic } from "../../ir/dialects/linalg/structured.js";
import type { Operation, Value } from "../../ir/graph.js";
import { attentionExtents, isWorthBlocks } from "../loops/attention/blocking.js";
import { type AttentionForm, attentionForm, movedOutput } from "../structured/attention-form.js";
import { filledWith } from "../structured/forms.js";

/** Lanes of the widest vectors of f32: what fits these fits all. */
export const LANES = 16;

/** The operations of the attention whose weighted sums are `op`, each used by the others alone. */
export function attentionGroup(op: Operation): readonly Operation[] | undefined {
  const form = generic.matches(op) && op.results.length === 1 ? attentionForm(op, producerOf) : undefined;
  if (!form || !isWorthBlocks(attentionExtents(form), LANES)) return undefined;
  const inner = form.ops.filter((x) => x !== op && !filledWith(x));
  const isInside = (x: Operation): boolean => x.results.every((r) => [...r.users].every((u) => form.ops.includes(u)));
  const isHere = form.ops.every((x) => x.block === op.block);
  if (!isHere || !inner.every(isInside)) return undefined;
  const own = form.ops.map((x) => (filledWith(x) && !isInside(x) ? ownFill(x, form.ops) : x));
  const copy = copyOf(form, op);
  return copy ? [...own, copy] : own;
}

function producerOf(_: Operation, x: Value): Operation | undefined {
  return generic.matches(x.definingOp) ? x.definingOp : undefined;
}

/** A fill that others read as well, made again for these. */
function ownFill(fill: Operation, readers: readonly Operation[]): Operation {
  const copy = cloneOp(fill);
  fill.block!.insertBefore(copy, fill.next);
  for (const reader of readers) reader.replaceUsesOf(fill.result, copy.result);
  return copy;
}

function copyOf(form: AttentionForm, op: Operation): Operation | undefined {
  const [reader, ...more] = op.result.users;
  if (!reader || more.length > 0 || !generic.matches(reader) || reader.block !== op.block) return undefined;
  return movedOutput(form, reader) ? reader : undefined;
}
