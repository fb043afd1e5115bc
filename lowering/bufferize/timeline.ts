/**
 * @file Numbers the operations of a function, so that lives of values are intervals. An operation at position p reads
 * at time 2p and writes at 2p + 1; control flow has a position where it begins and one where it ends. Branches lie one
 * after the other, as if both ran: an interval may be too long, never too short.
 */

import { Block, type Operation, type Value } from "../../ir/graph.js";
import { brokenInvariant } from "../../ir/invariant.js";

/** `scf` operations whose regions hold operations on whole tensors. */
const controlFlow: ReadonlySet<string> = new Set([
  "scf.if",
  "scf.for",
  "scf.while",
  "scf.index_switch",
  "scf.execute_region",
]);

export function isControlFlow(op: Operation): boolean {
  return controlFlow.has(op.name);
}

export class Timeline {
  readonly #begin = new Map<Operation, number>();
  readonly #end = new Map<Operation, number>();
  #next = 0;

  constructor(body: Block) {
    this.#block(body);
  }

  #block(block: Block): void {
    for (const op of block.ops()) {
      this.#begin.set(op, this.#next++);
      if (!isControlFlow(op)) continue;
      for (const region of op.regions) for (const inner of region.blocks) this.#block(inner);
      this.#end.set(op, this.#next++);
    }
  }

  /** When `op` reads its operands. What lies in the body of a structured operation happens with that. */
  reads(op: Operation): number {
    return 2 * this.#position(op);
  }

  /** When `op` writes; control flow writes what enters its regions. */
  writes(op: Operation): number {
    return 2 * this.#position(op) + 1;
  }

  /** When control flow has ended: its results are there from here on. */
  ends(op: Operation): number {
    return 2 * (this.#end.get(op) ?? this.#position(op)) + 1;
  }

  #position(op: Operation): number {
    for (let at: Operation | undefined = op; at; at = at.parent) {
      const position = this.#begin.get(at);
      if (position !== undefined) return position;
    }
    throw brokenInvariant(`${op.name} is not in the function`, op.at);
  }

  /** The last time at which `value`, read by `user` at `time`, must still be there: loops around only the reader run again. */
  readUntil(value: Value, user: Operation, time: number): number {
    const home = value.owner instanceof Block ? value.owner : value.owner.block;
    let until = time;
    for (let at: Operation | undefined = user; at && at.block !== home; at = at.parent) {
      const { parent } = at;
      if (parent?.def.traits.includes("loop")) until = Math.max(until, this.ends(parent) - 1);
    }
    return until;
  }
}

/** How many loops are around `op`. */
export function loopDepth(op: Operation): number {
  let depth = 0;
  for (let at = op.parent; at; at = at.parent) if (at.def.traits.includes("loop")) depth++;
  return depth;
}
