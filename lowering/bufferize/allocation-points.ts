/**
 * @file Where storage is allocated: before the first operation that touches it, in the innermost block around all that
 * do. So an allocation dominates every use, and one that only a branch or a turn of a loop needs stays inside.
 */

import { Block, type Operation, type Value } from "../../ir/graph.js";
import { brokenInvariant } from "../../ir/invariant.js";
import type { Storage, StorageTable } from "./storage.js";

/** What to allocate before which operation. */
export function allocationPoints(storage: StorageTable): ReadonlyMap<Operation, readonly Storage[]> {
  const points = new Map<Operation, Storage[]>();
  for (const s of storage.all()) {
    if (s.root || !s.isNeeded) continue;
    const point = firstTouch(s);
    points.set(point, [...(points.get(point) ?? []), s]);
  }
  return points;
}

function firstTouch(storage: Storage): Operation {
  const touches = storage.members.flatMap(touchesOf);
  const [first, ...others] = touches as [Operation, ...Operation[]];
  const block = others.reduce(commonBlock, first.block!);
  return touches.map((op) => ancestorIn(op, block)).reduce((a, b) => (a === b || a.isBefore(b) ? a : b));
}

/** The operations that define or use a value; an argument is defined by the control flow around it. */
function touchesOf(value: Value): readonly Operation[] {
  const definition = value.owner instanceof Block ? value.owner.parent : value.owner;
  return definition ? [definition, ...value.users] : [...value.users];
}

/** The innermost block around `block` that also holds `op`, itself or around it. */
function commonBlock(block: Block, op: Operation): Block {
  const around = new Set<Block>();
  for (let at: Operation | undefined = op; at; at = at.parent) if (at.block) around.add(at.block);
  let common: Block | undefined = block;
  while (common && !around.has(common)) common = common.parent?.block;
  if (!common) throw brokenInvariant("storage is used in two functions", op.at);
  return common;
}

function ancestorIn(op: Operation, block: Block): Operation {
  let at = op;
  while (at.block !== block) at = at.parent!;
  return at;
}
