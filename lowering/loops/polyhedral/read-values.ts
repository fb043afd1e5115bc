/** @file Which values a scop finds at hand: what its function computes outside of all loops from what nothing stores to. */

import { Block, type Operation, type Value } from "../../../ir/graph.js";

/** What the nests do is no scop; caught by `readScop`. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly at: Operation;

  constructor(reason: string, at: Operation) {
    super(reason);
    this.at = at;
  }
}

/** Whether the operation and all inside it do nothing but compute their results. */
export function isPure(op: Operation): boolean {
  const inside = op.regions.flatMap((region) => region.blocks.flatMap((block) => [...block.ops()]));
  if (op.regions.length === 0) return op.def.traits.includes("pure");
  const isBranch = (op.name === "scf.if" || op.name === "affine.if") && op.results.length > 0;
  return isBranch && inside.every((x) => x.def.traits.includes("terminator") || isPure(x));
}

const readers = new Set(["affine.load", "memref.load"]);
const writers = new Set(["affine.store", "memref.store"]);

/** Whether some operation of the function may store to the memref. */
function isStoredTo(memref: Value): boolean {
  return [...memref.users].some((op) => !readers.has(op.name) && op.name !== "memref.dim");
}

/** Whether the operation stands outside of all loops and its results are the same wherever it stands there. */
export function isHoisted(op: Operation, func: Operation, seen = new Set<Operation>()): boolean {
  if (op.parent !== func) return false;
  if (seen.has(op)) return true;
  seen.add(op);
  if (op.name === "memref.alloca" || op.name === "memref.alloc") return op.operands.length === 0;
  if (op.name === "memref.dim") return true;
  const isFixed = readers.has(op.name) ? !isStoredTo(op.operand(0)) : isPure(op);
  return isFixed && inputsOf(op).every((x) => isHoistedValue(x, func, seen));
}

/** Operands of the operation, and what all inside it uses from outside of it. */
export function inputsOf(op: Operation): Value[] {
  if (op.regions.length === 0) return [...op.operands];
  const inner = [...op.walk()];
  const inside = new Set<Operation | undefined>(inner);
  const isInside = (x: Value): boolean => inside.has(x.owner instanceof Block ? x.owner.parent : x.owner);
  return inner.flatMap((at) => at.operands.filter((x) => !isInside(x)));
}

/** The function that an operation is in. */
export function functionAround(op: Operation): Operation {
  let around = op;
  while (around.parent && around.name !== "func.func") around = around.parent;
  return around;
}

/** A value that is there wherever the function's loops may go. */
export function isHoistedValue(value: Value, func: Operation, seen?: Set<Operation>): boolean {
  const op = value.definingOp;
  return op === undefined ? func.region(0).blocks[0]!.args.includes(value) : isHoisted(op, func, seen);
}

/** Whether the memref that is read or written outlives the function's loops. */
export function hasMemoryOf(access: Operation, func: Operation): boolean {
  const memref = access.operand(writers.has(access.name) ? 1 : 0);
  const op = memref.definingOp;
  return op === undefined ? isHoistedValue(memref, func) : op.name === "memref.alloca" && isHoisted(op, func);
}
