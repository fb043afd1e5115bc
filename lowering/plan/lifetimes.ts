/**
 * @file When each allocation of a function on memrefs is in use: from the first to the last operation that touches it or
 * a view of it. A use inside a loop that the allocation is not in counts for the whole loop, as the next turn may read it.
 */

import { alloc, dealloc } from "../../ir/dialects/memref/storage.js";
import type { Block, Operation, Value } from "../../ir/graph.js";
import type { MemRefType } from "../../ir/types.js";
import { isControlFlow } from "../bufferize/timeline.js";

export interface Allocation {
  /** The allocation, or control flow that passes on a buffer. */
  readonly op: Operation;
  readonly value: Value;
  readonly type: MemRefType;
  /** Positions of operations; half-open. */
  readonly begin: number;
  readonly end: number;
  /** The operation of the allocation's block after which it is used no more. */
  readonly lastUse: Operation;
  /** Its block hands it on: to the caller, or to other control flow. */
  readonly isGiven: boolean;
}

/** The allocations in `body` and its regions, and the buffers that control flow passes on, in order. */
export function allocationsIn(body: Block): readonly Allocation[] {
  const positions = new Positions(body);
  const found: Allocation[] = [];
  for (const op of opsIn(body)) {
    const owned = alloc.matches(op) || isControlFlow(op) ? op.results.filter((r) => r.type.kind === "memref") : [];
    for (const value of owned) found.push(lifeOf(value, op, positions));
  }
  return found;
}

function* opsIn(block: Block): Generator<Operation> {
  for (const op of block.ops()) yield* op.walk();
}

function lifeOf(value: Value, op: Operation, positions: Positions): Allocation {
  const users = usersOf(value);
  let [begin, end] = [Number.POSITIVE_INFINITY, 0];
  let lastUse = op;
  for (const user of users) {
    const [from, to] = positions.spanWithin(user, op.block!);
    begin = Math.min(begin, from);
    end = Math.max(end, to + 1);
    const outer = ancestorIn(user, op.block!);
    if (lastUse.isBefore(outer)) lastUse = outer;
  }
  if (users.length === 0) [begin, end] = [positions.begin(op), positions.begin(op) + 1];
  const isGiven = users.some((u) => u.def.traits.includes("terminator") || isControlFlow(u));
  return { op, value, type: value.type as MemRefType, begin, end, lastUse, isGiven };
}

/** Everything that touches the storage of `value`: users, and users of its views. */
function usersOf(value: Value): readonly Operation[] {
  const users: Operation[] = [];
  for (const user of value.users) {
    if (dealloc.matches(user)) continue;
    if (isView(user)) users.push(...usersOf(user.result));
    else users.push(user);
  }
  return users;
}

/** An operation that only shows its operand's storage in another way. */
export function isView(op: Operation): boolean {
  return op.results.length === 1 && op.result.type.kind === "memref" && op.def.traits.includes("pure");
}

function ancestorIn(op: Operation, block: Block): Operation {
  let at = op;
  while (at.block !== block) at = at.parent!;
  return at;
}

/** Where operations stand; control flow spans what is inside it, all else is one position. */
class Positions {
  readonly #begin = new Map<Operation, number>();
  readonly #end = new Map<Operation, number>();
  #next = 0;

  constructor(body: Block) {
    this.#block(body);
  }

  #block(block: Block): void {
    for (const op of block.ops()) {
      this.#begin.set(op, this.#next++);
      if (isControlFlow(op)) for (const region of op.regions) region.blocks.forEach((b) => this.#block(b));
      this.#end.set(op, isControlFlow(op) ? this.#next++ : this.#begin.get(op)!);
    }
  }

  begin(op: Operation): number {
    for (let at: Operation | undefined = op; at; at = at.parent) {
      const position = this.#begin.get(at);
      if (position !== undefined) return position;
    }
    throw new Error(`${op.name} is not in the function`);
  }

  /** The positions over which a use by `user` extends, for storage made in `home`. */
  spanWithin(user: Operation, home: Block): readonly [from: number, to: number] {
    let span: readonly [number, number] = [this.begin(user), this.begin(user)];
    for (let at: Operation | undefined = user; at && at.block !== home; at = at.parent) {
      const { parent } = at;
      if (parent?.def.traits.includes("loop") && this.#begin.has(parent))
        span = [this.#begin.get(parent)!, this.#end.get(parent)!];
    }
    return span;
  }
}
