/**
 * @file The mutable graph: operations over SSA values, in blocks, in regions. The three classes here are
 * the only things of the IR with identity; all else is data. Invariant: `x.users` holds exactly the
 * operations that have `x` among their operands, and the op list of a block agrees with `prev`, `next`, `block`.
 */

import type { Attr, AttrDict } from "./attrs.js";
import type { AnyOpDef } from "./define.js";
import type { Location } from "./location.js";
import type { Type } from "./types.js";

/** What an operation definition reads an attribute into; immutable. */
export type AttrValue = unknown;
export type AttrValues = Readonly<Record<string, AttrValue>>;

/** The result of an operation, or the argument of a block. */
export class Value {
  /** Only shape refinement and the rewriter replace it. */
  type: Type;
  readonly owner: Operation | Block;
  /** Position among the owner's results or arguments. */
  index: number;
  readonly users = new Set<Operation>();

  constructor(type: Type, owner: Operation | Block, index: number) {
    this.type = type;
    this.owner = owner;
    this.index = index;
  }

  /** The operation that computes this value; `undefined` for a block argument. */
  get definingOp(): Operation | undefined {
    return this.owner instanceof Operation ? this.owner : undefined;
  }

  get isUsed(): boolean {
    return this.users.size > 0;
  }

  /** Number of operand positions that read this value. */
  countUses(): number {
    let n = 0;
    for (const user of this.users) for (const x of user.operands) if (x === this) n++;
    return n;
  }

  replaceAllUsesWith(other: Value): void {
    if (other === this) return;
    for (const user of [...this.users]) user.replaceUsesOf(this, other);
  }
}

/** One class for every operation, so that each access below stays monomorphic in V8. */
export class Operation {
  readonly def: AnyOpDef;
  /** Change through `setOperands` or `replaceUsesOf` only. */
  operands: readonly Value[];
  /** Values of the attributes that `def` declares. */
  attrs: AttrValues;
  /** Attributes that `def` does not declare, as text wrote them. */
  extra: AttrDict;
  readonly results: readonly Value[];
  readonly regions: readonly Region[];
  readonly successors: readonly Block[];
  /** Number of operands per operand group, where `def` has more than one variadic group. */
  segments: readonly number[] | undefined;
  at: Location;
  block: Block | undefined = undefined;
  prev: Operation | undefined = undefined;
  next: Operation | undefined = undefined;

  constructor(init: OperationInit) {
    this.def = init.def;
    this.operands = init.operands;
    this.attrs = init.attrs;
    this.extra = init.extra ?? {};
    this.results = init.resultTypes.map((type, i) => new Value(type, this, i));
    this.regions = init.regions ?? [];
    this.successors = init.successors ?? [];
    this.segments = init.segments;
    this.at = init.at;
    for (const x of init.operands) x.users.add(this);
    for (const region of this.regions) region.owner = this;
  }

  get name(): string {
    return this.def.name;
  }

  /** The operation whose region this one is in. */
  get parent(): Operation | undefined {
    return this.block?.region?.owner;
  }

  /** The only result. */
  get result(): Value {
    if (this.results.length !== 1) throw new Error(`${this.name} has ${this.results.length} results`);
    return this.results[0]!;
  }

  operand(index: number): Value {
    const x = this.operands[index];
    if (!x) throw new Error(`${this.name} has no operand ${index}`);
    return x;
  }

  region(index: number): Region {
    const region = this.regions[index];
    if (!region) throw new Error(`${this.name} has no region ${index}`);
    return region;
  }

  setOperands(operands: readonly Value[], segments = this.segments): void {
    for (const x of this.operands) x.users.delete(this);
    this.operands = operands;
    this.segments = segments;
    for (const x of operands) x.users.add(this);
  }

  replaceUsesOf(old: Value, by: Value): void {
    this.setOperands(this.operands.map((x) => (x === old ? by : x)));
  }

  setAttr(name: string, value: AttrValue): void {
    this.attrs = { ...this.attrs, [name]: value };
  }

  setExtra(name: string, value: Attr | undefined): void {
    const { [name]: _, ...rest } = this.extra;
    this.extra = value === undefined ? rest : { ...rest, [name]: value };
  }

  /** Takes the operation out of its block; it keeps its operands. */
  detach(): void {
    this.block?.remove(this);
  }

  /** Takes it out for good; its results must be unused. */
  erase(): void {
    const used = this.results.find((r) => r.isUsed);
    if (used) throw new Error(`erasing ${this.name}, whose result ${used.index} is still used`);
    this.detach();
    this.dropReferences();
  }

  /** Forgets the operands of this operation and of everything inside it. */
  dropReferences(): void {
    for (const x of this.operands) x.users.delete(this);
    this.operands = [];
    for (const region of this.regions)
      for (const block of region.blocks) for (const op of block.ops()) op.dropReferences();
  }

  isBefore(other: Operation): boolean {
    if (!this.block || this.block !== other.block) throw new Error("isBefore compares operations of one block");
    return this.block.positionOf(this) < this.block.positionOf(other);
  }

  /** True when `other` is this operation or inside one of its regions. */
  contains(other: Operation): boolean {
    for (let op: Operation | undefined = other; op; op = op.parent) if (op === this) return true;
    return false;
  }

  /** This operation and all inside it, parents before children. */
  *walk(): Generator<Operation> {
    yield this;
    // A stack of its own: generators inside generators would hand each operation up through all levels.
    const open = [opsOf(this.regions)];
    for (let next = open.at(-1); next; next = open.at(-1)) {
      const { done, value: op } = next.next();
      if (done === true) {
        open.pop();
        continue;
      }
      yield op;
      if (op.regions.length > 0) open.push(opsOf(op.regions));
    }
  }
}

export interface OperationInit {
  readonly def: AnyOpDef;
  readonly operands: readonly Value[];
  readonly attrs: AttrValues;
  readonly extra?: AttrDict | undefined;
  readonly resultTypes: readonly Type[];
  readonly regions?: readonly Region[] | undefined;
  readonly successors?: readonly Block[] | undefined;
  readonly segments?: readonly number[] | undefined;
  readonly at: Location;
}

/** Blocks in order, the first being the entry. */
export interface Region {
  readonly blocks: Block[];
  owner: Operation | undefined;
}

export function newRegion(...blocks: Block[]): Region {
  const region: Region = { blocks, owner: undefined };
  for (const block of blocks) block.region = region;
  return region;
}

/** A straight line of operations with arguments; the last may be a terminator. */
export class Block {
  readonly args: Value[] = [];
  region: Region | undefined = undefined;
  first: Operation | undefined = undefined;
  last: Operation | undefined = undefined;
  #positions: Map<Operation, number> | undefined = undefined;

  constructor(argTypes: readonly Type[] = []) {
    for (const type of argTypes) this.addArg(type);
  }

  get parent(): Operation | undefined {
    return this.region?.owner;
  }

  addArg(type: Type): Value {
    const arg = new Value(type, this, this.args.length);
    this.args.push(arg);
    return arg;
  }

  /** Removes an unused argument. */
  eraseArg(index: number): void {
    if (this.args[index]?.isUsed) throw new Error(`erasing block argument ${index}, which is still used`);
    this.args.splice(index, 1);
    for (let i = index; i < this.args.length; i++) this.args[i]!.index = i;
  }

  append(op: Operation): void {
    this.insertBefore(op, undefined);
  }

  /** Inserts `op` before `anchor`, or at the end. */
  insertBefore(op: Operation, anchor: Operation | undefined): void {
    if (op.block) throw new Error(`${op.name} is already in a block`);
    const before = anchor ? anchor.prev : this.last;
    op.block = this;
    op.prev = before;
    op.next = anchor;
    if (before) before.next = op;
    else this.first = op;
    if (anchor) anchor.prev = op;
    else this.last = op;
    this.#positions = undefined;
  }

  remove(op: Operation): void {
    if (op.block !== this) throw new Error(`${op.name} is not in this block`);
    if (op.prev) op.prev.next = op.next;
    else this.first = op.next;
    if (op.next) op.next.prev = op.prev;
    else this.last = op.prev;
    op.block = op.prev = op.next = undefined;
    this.#positions = undefined;
  }

  /** The operations in order; the one just yielded may be erased or replaced. */
  *ops(): Generator<Operation> {
    for (let op = this.first; op; ) {
      const next: Operation | undefined = op.next;
      yield op;
      op = next;
    }
  }

  positionOf(op: Operation): number {
    if (!this.#positions) {
      this.#positions = new Map();
      let i = 0;
      for (let x = this.first; x; x = x.next) this.#positions.set(x, i++);
    }
    const position = this.#positions.get(op);
    if (position === undefined) throw new Error(`${op.name} is not in this block`);
    return position;
  }

  /** The last operation, which must be a terminator. */
  get terminator(): Operation {
    if (!this.last?.def.traits.includes("terminator")) throw new Error("the block has no terminator");
    return this.last;
  }
}

/** The operations of the regions' blocks, without those inside them. */
function* opsOf(regions: readonly Region[]): Generator<Operation> {
  for (const region of regions) for (const block of region.blocks) yield* block.ops();
}
