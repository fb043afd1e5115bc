/**
 * @file What the interpreter works out once per block instead of at every step: a slot for every value, how operands
 * fall into groups, what leaves the block. A plan holds for one run, during which the IR does not change.
 */

import type { AnyOpDef, Datum } from "./define.js";
import type { Block, Operation, Value } from "./graph.js";
import { isOptional, isVariadic, type Slots, segmentSizes } from "./slots.js";
import { isShaped, type ShapedType } from "./types.js";

/** Where a frame keeps a value. */
export interface Slot {
  readonly index: number;
  readonly value: Value;
  /** Its type, where that has sizes to check and symbols to learn. */
  readonly shape: ShapedType | undefined;
}

/** A named group of operands: one value, an absent optional one, or a list. */
export interface Group {
  readonly name: string;
  readonly form: "one" | "none" | "list";
  readonly size: number;
}

export interface Step {
  readonly op: Operation;
  readonly def: AnyOpDef;
  /** `yield` and `branch` leave the block. */
  readonly kind: "evaluate" | "yield" | "branch";
  readonly operands: readonly Slot[];
  readonly groups: readonly Group[];
  readonly results: readonly Slot[];
  /** The name of the only result, where it is no list. */
  readonly single: string | undefined;
  /** The record passed to `evaluate`, kept where nothing can run this step again meanwhile. */
  readonly inputs: Record<string, Datum | readonly Datum[] | undefined> | undefined;
  /** Entry blocks of the regions. */
  readonly regions: readonly (BlockPlan | undefined)[];
}

export interface BlockPlan {
  readonly args: readonly Slot[];
  readonly steps: readonly Step[];
}

/** The plans of one function's blocks, each made when it is first needed. */
export class FunctionPlan {
  readonly #slots = new Map<Value, Slot>();
  readonly #blocks = new Map<Block, BlockPlan>();

  block(block: Block): BlockPlan {
    const known = this.#blocks.get(block);
    if (known) return known;
    const steps: Step[] = [];
    const plan: BlockPlan = { args: block.args.map((x) => this.#slot(x)), steps };
    this.#blocks.set(block, plan);
    for (const op of block.ops()) steps.push(this.#step(op));
    return plan;
  }

  #slot(value: Value): Slot {
    let slot = this.#slots.get(value);
    if (!slot) {
      const { type } = value;
      slot = { index: this.#slots.size, value, shape: isShaped(type) ? type : undefined };
      this.#slots.set(value, slot);
    }
    return slot;
  }

  #step(op: Operation): Step {
    const { def } = op;
    const isYield = def.traits.includes("terminator") && !def.evaluate;
    const isSingle =
      op.results.length === 1 && def.resultNames.length === 1 && !isVariadic(def.results[def.resultNames[0]!]);
    return {
      op,
      def,
      kind: def.branch ? "branch" : isYield ? "yield" : "evaluate",
      operands: op.operands.map((x) => this.#slot(x)),
      groups: groupsOf(op),
      results: op.results.map((x) => this.#slot(x)),
      single: isSingle ? def.resultNames[0] : undefined,
      inputs: op.regions.length === 0 ? {} : undefined,
      regions: op.regions.map((r) => (r.blocks[0] ? this.block(r.blocks[0]) : undefined)),
    };
  }
}

function groupsOf(op: Operation): readonly Group[] {
  const { def } = op;
  const slots = def.operands as Slots;
  const sizes = op.segments ?? segmentSizes(slots, def.operandNames, op.operands.length);
  return def.operandNames.map((name, i) => {
    const slot = slots[name]!;
    const size = sizes[i]!;
    if (isVariadic(slot)) return { name, form: "list", size };
    return { name, form: isOptional(slot) && size === 0 ? "none" : "one", size };
  });
}
