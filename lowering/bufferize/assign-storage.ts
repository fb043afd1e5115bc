/**
 * @file Decides which tensors of a function share storage. Every tensor lives from where it is written to where it is
 * last read; wherever a value goes over into another (a destination overwritten, a value carried around a loop or out of
 * a branch, a result returned) the two get one buffer if their lives do not meet, and a copy is left to be made otherwise.
 * Copies inside loops are avoided first.
 */

import type { Context } from "../../ir/context.js";
import { constant } from "../../ir/dialects/arith/constant.js";
import { functionBody } from "../../ir/dialects/func.js";
import type { Block, Operation, Value } from "../../ir/graph.js";
import { isShaped } from "../../ir/types.js";
import { effectsOf, isOnlyShape, type Signatures } from "./effects.js";
import { passedValues } from "./passed-values.js";
import { type Storage, StorageTable } from "./storage.js";
import { isControlFlow, loopDepth, Timeline } from "./timeline.js";

/** A value that goes over into another at an operation. */
interface Transfer {
  readonly from: Value;
  readonly to: Value;
  readonly at: Operation;
  /** The contents go over, not just the storage. */
  readonly carries: boolean;
}

export interface Assignment {
  readonly storage: StorageTable;
  /** True for a tensor whose contents are undefined: nothing has to be copied from it. */
  isUndefined(value: Value): boolean;
  /** True where the contents of this argument at the call are read. */
  isRead(arg: Value): boolean;
  /** True for arguments and results of control flow that get the buffers of what becomes them. */
  isPassed(value: Value): boolean;
  /** True where nothing in this storage is needed after `op` has handed on its operands. */
  endsAt(storage: Storage, op: Operation): boolean;
}

/** `places` gives, for every value returned, the position of the argument to which it is written, if it is. */
export function assignStorage(
  func: Operation,
  places: readonly (number | undefined)[],
  signatures: Signatures,
  context: Context,
): Assignment {
  const body = functionBody(func);
  const analysis = new Analysis(new Timeline(body), signatures, passedValues(func, context), context);
  body.args.forEach((arg, i) => {
    if (isTensor(arg)) analysis.argument(arg, i, places.includes(i));
  });
  analysis.block(body);
  const end = body.terminator;
  end.operands.forEach((x, i) => {
    const place = places[i];
    if (isTensor(x)) analysis.leave(x, place === undefined ? undefined : body.args[place]!, end);
  });
  analysis.joinAll();
  return analysis;
}

const isTensor = (x: Value): boolean => x.type.kind === "tensor";

class Analysis implements Assignment {
  readonly storage = new StorageTable();
  readonly #time: Timeline;
  readonly #signatures: Signatures;
  readonly #undefined = new Set<Value>();
  /** The value whose elements a view shows. */
  readonly #roots = new Map<Value, Value>();
  readonly #written = new Map<Value, number>();
  readonly #lastRead = new Map<Value, number>();
  readonly #transfers: Transfer[] = [];
  readonly #passed: ReadonlySet<Value>;
  readonly #context: Context;

  constructor(time: Timeline, signatures: Signatures, passed: ReadonlySet<Value>, context: Context) {
    this.#time = time;
    this.#signatures = signatures;
    this.#passed = passed;
    this.#context = context;
    for (const value of passed) this.storage.of(value).root = { kind: "passed" };
  }

  isPassed(value: Value): boolean {
    return this.#passed.has(value);
  }

  endsAt(storage: Storage, op: Operation): boolean {
    return storage.intervals.every(([, to]) => to <= this.#time.reads(op));
  }

  isUndefined(value: Value): boolean {
    return this.#undefined.has(this.#rootOf(value));
  }

  isRead(arg: Value): boolean {
    return this.#lastRead.has(arg);
  }

  argument(arg: Value, index: number, isWritable: boolean): void {
    const storage = this.storage.of(arg);
    storage.root = { kind: "argument", index };
    storage.isReadOnly = !isWritable;
    this.#written.set(arg, -1);
  }

  block(block: Block): void {
    for (const op of block.ops()) {
      // What a terminator hands on is a transfer, which is for the operation around it to note.
      if (op.def.traits.includes("terminator")) continue;
      if (isControlFlow(op)) this.#controlFlow(op);
      else this.#operation(op);
    }
  }

  #operation(op: Operation): void {
    const { reads, readsAhead = [], ties, view, isUndefined } = effectsOf(op, this.#signatures);
    const overwritten = new Set(ties.map((t) => op.operand(t.operand)));
    // Reading ends after writing begins: no result may lie where an operand is read.
    for (const x of reads) this.#read(x, op, this.#time.writes(op));
    for (const x of readsAhead) this.#read(x, op, this.#time.reads(op));
    for (const t of ties) if (t.readsDestination) this.#read(op.operand(t.operand), op, this.#time.reads(op));
    for (const r of op.results) {
      if (!isTensor(r)) continue;
      if (view !== undefined) this.#view(r, op.operand(view));
      else if (isUndefined) this.#undefined.add(r);
      else if (constant.matches(op)) this.#constant(r);
      else if (isOnlyShape(r)) this.#undefined.add(r);
      else this.#written.set(r, this.#time.writes(op));
    }
    if (overwritten.size === 0) return;
    for (const t of ties) this.transfer(op.operand(t.operand), op.results[t.result]!, op, t.readsDestination);
  }

  #view(result: Value, source: Value): void {
    this.#roots.set(result, this.#rootOf(source));
    this.storage.share(result, this.storage.of(source));
  }

  #constant(value: Value): void {
    const storage = this.storage.of(value);
    storage.root = { kind: "constant", value };
    storage.isReadOnly = true;
  }

  #rootOf(value: Value): Value {
    return this.#roots.get(value) ?? value;
  }

  #read(value: Value, user: Operation, time: number): void {
    const root = this.#rootOf(value);
    const until = this.#time.readUntil(root, user, time);
    this.#lastRead.set(root, Math.max(this.#lastRead.get(root) ?? until, until));
  }

  /** Notes that `from` becomes `to` at `at`, which reads it. */
  transfer(from: Value, to: Value, at: Operation, carries = true): void {
    if (carries) this.#read(from, at, this.#time.reads(at));
    if (this.isPassed(to)) return;
    this.#transfers.push({ from, to, at, carries: carries && !this.isUndefined(from) });
  }

  /** Notes that the function ends with `value`, in an argument or in storage of its own. */
  leave(value: Value, place: Value | undefined, end: Operation): void {
    if (place) this.transfer(value, place, end);
    else this.#read(value, end, this.#time.reads(end));
  }

  #controlFlow(op: Operation): void {
    const rows: Readonly<Record<string, (op: Operation) => void>> = {
      "scf.for": (x) => this.#for(x),
      "scf.while": (x) => this.#while(x),
    };
    (rows[op.name] ?? ((x) => this.#branches(x)))(op);
    for (const r of op.results) if (isTensor(r)) this.#written.set(r, this.#time.ends(op));
  }

  #branches(op: Operation): void {
    for (const region of op.regions) {
      const block = region.blocks[0];
      if (!block) continue;
      this.block(block);
      this.#carry(block.terminator.operands, op.results, block.terminator);
    }
  }

  /** Arguments of the body and results are the same storage, which values enter at the start and at every turn. */
  #for(op: Operation): void {
    const body = op.region(0).blocks[0]!;
    const [, ...carried] = body.args;
    this.#enter(carried, op);
    this.#same(carried, op.results);
    this.#carry(op.operands.slice(3), carried, op);
    this.block(body);
    this.#carry(body.terminator.operands, carried, body.terminator);
  }

  /** What the condition hands on is stored once, for the body and for after the loop. */
  #while(op: Operation): void {
    const [before, after] = op.regions.map((r) => r.blocks[0]!) as [Block, Block];
    this.#enter(before.args, op);
    this.#carry(op.operands, before.args, op);
    this.block(before);
    this.#enter(after.args, before.terminator);
    this.#same(after.args, op.results);
    this.#carry(before.terminator.operands.slice(1), after.args, before.terminator);
    this.block(after);
    this.#carry(after.terminator.operands, before.args, after.terminator);
  }

  #enter(args: readonly Value[], at: Operation): void {
    for (const arg of args) if (isTensor(arg)) this.#written.set(arg, this.#time.writes(at));
  }

  #same(args: readonly Value[], results: readonly Value[]): void {
    results.forEach((r, i) => {
      if (isTensor(r) && !this.isPassed(r)) this.storage.share(r, this.storage.of(args[i]!));
    });
  }

  #carry(from: readonly Value[], to: readonly Value[], at: Operation): void {
    from.forEach((x, i) => {
      if (isTensor(x)) this.transfer(x, to[i]!, at);
    });
  }

  joinAll(): void {
    this.#addLives();
    const ranked = this.#transfers.map((t, order) => ({
      ...t,
      order,
      rank: 2 * loopDepth(t.at) + (t.carries ? 1 : 0),
    }));
    ranked.sort((a, b) => b.rank - a.rank || a.order - b.order);
    for (const { from, to } of ranked) {
      if (this.#haveOneSize(from, to)) this.storage.join(this.storage.of(from), this.storage.of(to));
    }
  }

  /** Buffers that may differ in size at run time are never one. */
  #haveOneSize(a: Value, b: Value): boolean {
    if (a.type === b.type || !isShaped(a.type) || !isShaped(b.type)) return true;
    const { dims } = this.#context;
    return dims.provablyEqual(dims.product(a.type.shape), dims.product(b.type.shape));
  }

  #addLives(): void {
    for (const [value, from] of this.#written) {
      const to = this.#lastRead.get(value);
      // What an argument holds at the call and nothing reads does not count.
      if (from < 0 && to === undefined) continue;
      this.storage.of(value).add([from, Math.max(from, to ?? from)]);
      this.storage.of(value).isNeeded = true;
    }
    for (const value of this.#lastRead.keys()) this.storage.of(value).isNeeded = true;
    for (const { to, at, carries } of this.#transfers) {
      const time = this.#time.writes(at);
      if (carries || this.#isPhi(to)) this.storage.of(to).add([time, time]);
    }
  }

  /** True for what is written at several places: arguments and results of control flow, results of the function. */
  #isPhi(value: Value): boolean {
    return !value.definingOp || isControlFlow(value.definingOp);
  }
}
