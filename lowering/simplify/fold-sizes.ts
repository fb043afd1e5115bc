/**
 * @file Pass `fold-sizes`: the size of storage is what it was allocated with, so that storage which only lends its
 * sizes, as the window of a pooling does, is never made.
 */

import { Builder } from "../../ir/builder.js";
import type { Context } from "../../ir/context.js";
import { constantScalarOf } from "../../ir/dialects/arith/constant.js";
import { alloc, alloca, dealloc, dim } from "../../ir/dialects/memref/storage.js";
import type { Operation, Value } from "../../ir/graph.js";
import type { Pass } from "../../ir/pass.js";
import type { MemRefType } from "../../ir/types.js";
import { axisSize } from "../shape-values.js";

export const foldSizes: Pass = {
  name: "fold-sizes",
  summary: "Reads sizes where storage got them, and makes no storage that is not used.",
  run(module, context) {
    for (const op of [...module.walk()]) if (dim.matches(op)) foldDim(op, context);
    for (const op of [...module.walk()]) if (alloc.matches(op)) eraseUnusedAllocation(op);
  },
};

function foldDim(op: Operation, context: Context): void {
  const { source, index } = dim.operandsOf(op);
  const axis = constantScalarOf(index);
  if (axis === undefined) return;
  const size = sizeAt(source, Number(axis), op, context);
  if (!size) return;
  op.result.replaceAllUsesWith(size);
  op.erase();
}

/** A number, or what the allocation of `source` was given for the axis. */
function sizeAt(source: Value, axis: number, op: Operation, context: Context): Value | undefined {
  const { shape } = source.type as MemRefType;
  if (typeof shape[axis] === "number") return axisSize(Builder.before(context, op), source, axis);
  const made = source.definingOp;
  if (!made || !(alloc.matches(made) || alloca.matches(made))) return undefined;
  return made.operand(shape.slice(0, axis).filter((d) => typeof d !== "number").length);
}

function eraseUnusedAllocation(op: Operation): void {
  const users = [...op.result.users];
  if (!users.every((user) => dealloc.matches(user))) return;
  for (const user of users) user.erase();
  op.erase();
}
