/**
 * @file Which allocations a host function has to free when it is left early. Storage made during the run has one owner at
 * any time: the block that allocated it, or what control flow handed it to. So a walk in program order knows what is owned
 * before each operation, and all of it dominates that operation.
 */

import { functionBody } from "../../ir/dialects/func.js";
import type { Block, Operation, Value } from "../../ir/graph.js";

/** What is owned before each operation of `func`, in the order in which it was made. */
export function liveAllocations(func: Operation): ReadonlyMap<Operation, readonly Value[]> {
  const walk = new OwnershipWalk();
  walk.block(functionBody(func), []);
  return walk.before;
}

class OwnershipWalk {
  readonly before = new Map<Operation, readonly Value[]>();
  /** The storage that a view shows. */
  readonly #roots = new Map<Value, Value>();

  /** Gives what is owned behind the block, what its terminator hands on included. */
  block(block: Block, given: readonly Value[]): readonly Value[] {
    let owned = given;
    for (const op of block.ops()) {
      this.before.set(op, owned);
      owned = this.#after(op, owned);
    }
    return owned;
  }

  #after(op: Operation, owned: readonly Value[]): readonly Value[] {
    if (op.name === "memref.alloc") return [...owned, op.result];
    if (op.name === "memref.dealloc") return without(owned, [this.#root(op.operand(0))]);
    if (op.regions.length > 0) return this.#control(op, owned);
    const [source] = op.operands;
    if (source && op.results[0]?.type.kind === "memref") this.#roots.set(op.results[0], this.#root(source));
    return owned;
  }

  /** Buffers that go in belong to the regions, those that come out to the block again. */
  #control(op: Operation, owned: readonly Value[]): readonly Value[] {
    const kept = without(
      owned,
      op.operands.map((v) => this.#root(v)),
    );
    let left = kept;
    for (const region of op.regions) {
      for (const block of region.blocks) {
        const behind = new Set(this.block(block, [...kept, ...block.args.filter(isBuffer)]));
        left = left.filter((v) => behind.has(v));
      }
    }
    return [...left, ...op.results.filter(isBuffer)];
  }

  #root(value: Value): Value {
    return this.#roots.get(value) ?? value;
  }
}

function isBuffer(value: Value): boolean {
  return value.type.kind === "memref";
}

function without(values: readonly Value[], gone: readonly Value[]): readonly Value[] {
  return gone.length === 0 ? values : values.filter((v) => !gone.includes(v));
}
