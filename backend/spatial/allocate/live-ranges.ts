/**
 * @file Live ranges of a tile program's values over its operations in order. Position 2p is when operation p reads, 2p + 1
 * when it writes. A value that a loop reads from outside lives to the loop's end; what a loop carries is one value from
 * before the loop to the last use of its result.
 */

import { functionBody } from "../../../ir/dialects/func.js";
import { opcodeOf } from "../../../ir/dialects/tile/instructions.js";
import { addressOf, loop } from "../../../ir/dialects/tile/structure.js";
import { fileOf } from "../../../ir/dialects/tile/types.js";
import type { Block, Operation, Value } from "../../../ir/graph.js";

export interface LiveRange {
  /** What shares the register; the first one stands for all. */
  readonly values: readonly Value[];
  readonly file: "s" | "v";
  readonly begin: number;
  readonly end: number;
  /** The register that the launch has put it in. */
  readonly given?: number;
}

interface OpenRange {
  readonly values: Value[];
  readonly file: "s" | "v";
  readonly begin: number;
  end: number;
  readonly given?: number;
  /** The loops around the definition, outermost first. */
  readonly loops: readonly Operation[];
}

/** All ranges, by where they begin. */
export function liveRanges(func: Operation): readonly LiveRange[] {
  const walk = new RangeWalk(func);
  walk.block(functionBody(func), []);
  return walk.ranges().sort((a, b) => a.begin - b.begin);
}

class RangeWalk {
  readonly #kernel: Operation;
  readonly #ranges = new Map<Value, OpenRange>();
  #position = 0;

  constructor(kernel: Operation) {
    this.#kernel = kernel;
  }

  ranges(): LiveRange[] {
    return [...new Set(this.#ranges.values())];
  }

  block(block: Block, loops: readonly Operation[]): void {
    for (const op of block.ops()) {
      if (loop.matches(op)) this.#loop(op, loops);
      else this.#plain(op, loops);
    }
  }

  #plain(op: Operation, loops: readonly Operation[]): void {
    const at = 2 * this.#position++;
    const isInstruction = opcodeOf(op) !== undefined || addressOf.matches(op);
    // The moves at the end of a turn come one after another: what is moved must outlive them all.
    for (const x of op.operands) this.#use(x, isInstruction ? at : at + 2, loops);
    for (const r of op.results) {
      if (addressOf.matches(op) && this.#isGivenAlready(op)) continue;
      const given = addressOf.matches(op) ? { given: functionBody(this.#kernel).args.indexOf(op.operand(0)) } : {};
      this.#define(r, "given" in given ? 0 : at + 1, loops, given);
    }
  }

  /** A buffer's address asked for again is the register that has it. */
  #isGivenAlready(op: Operation): boolean {
    const given = functionBody(this.#kernel).args.indexOf(op.operand(0));
    const range = [...this.#ranges.values()].find((r) => r.given === given);
    if (range === undefined) return false;
    range.values.push(op.result);
    this.#ranges.set(op.result, range);
    return true;
  }

  #loop(op: Operation, loops: readonly Operation[]): void {
    const at = 2 * this.#position++;
    for (const x of op.operands) this.#use(x, at + 2, loops);
    const { args } = op.region(0).blocks[0]!;
    for (const [i, arg] of args.entries()) this.#define(arg, at + 1, loops, {}, op.results[i]!);
    const waiting: OpenRange[] = [];
    this.#pending.set(op, waiting);
    this.block(op.region(0).blocks[0]!, [...loops, op]);
    const end = 2 * this.#position++;
    for (const range of [...waiting, ...args.map((arg) => this.#ranges.get(arg)!)])
      range.end = Math.max(range.end, end);
  }

  readonly #pending = new Map<Operation, OpenRange[]>();

  #define(
    value: Value,
    begin: number,
    loops: readonly Operation[],
    given: { readonly given?: number },
    also?: Value,
  ): void {
    const file = fileOf(value.type);
    if (file === undefined) throw new Error("a value of a tile program is in no register file");
    const values = also === undefined ? [value] : [value, also];
    const range: OpenRange = { values, file, begin, end: begin, loops, ...given };
    for (const v of values) this.#ranges.set(v, range);
  }

  #use(value: Value, at: number, loops: readonly Operation[]): void {
    const range = this.#ranges.get(value);
    if (range === undefined) return; // a buffer
    range.end = Math.max(range.end, at);
    // The next turn of a loop that did not make the value reads it again.
    const outside = loops.find((l) => !range.loops.includes(l));
    if (outside !== undefined) this.#pending.get(outside)!.push(range);
  }
}
