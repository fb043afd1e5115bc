/**
 * @file Lowering a function of loops, memrefs and arithmetic to the `llvm` dialect: the state that the per-dialect
 * tables share. A memref is a bare pointer to its first element; sizes come from its type, whose symbolic
 * dimensions are values of the function (never from descriptors). `index` is `i64`; `i1` takes a byte in memory.
 */

import { Builder } from "../../../ir/builder.js";
import type { Context } from "../../../ir/context.js";
import type { AnyOpDef } from "../../../ir/define.js";
import * as arithmetic from "../../../ir/dialects/llvm/arithmetic.js";
import * as control from "../../../ir/dialects/llvm/control.js";
import * as memory from "../../../ir/dialects/llvm/memory.js";
import type { Dim } from "../../../ir/dim.js";
import type { DimAtom } from "../../../ir/dim-polynomial.js";
import { Block, type Operation, type Region, type Value } from "../../../ir/graph.js";
import { type MemRefType, printType, type ScalarType, type Type } from "../../../ir/types.js";
import { unreachable } from "../../../ir/unreachable.js";

/** A memref as the code sees it: the address of its element 0 and how far apart neighbours are, in elements. */
export interface Address {
  readonly pointer: Value;
  readonly strides: readonly (number | Value)[];
}

interface StackSlot {
  readonly pointer: Value;
  readonly bytes: number;
  readonly alignment: number;
  isFree: boolean;
}

/** Lowers one operation; its results are bound by the row. */
export type Row = (op: Operation, to: FunctionLowering) => void;

export class FunctionLowering {
  readonly context: Context;
  readonly region: Region;
  builder: Builder;
  readonly #rows: ReadonlyMap<string, Row>;
  readonly #values = new Map<Value, Value>();
  readonly #addresses = new Map<Value, Address>();
  #symbols = new Map<string, Value>();
  readonly #slots: StackSlot[] = [];
  #depth = 0;

  constructor(context: Context, region: Region, entry: Block, rows: ReadonlyMap<string, Row>) {
    this.context = context;
    this.region = region;
    this.builder = new Builder(context, entry);
    this.#rows = rows;
  }

  /**
   * Lowers every operation of a block but its terminator; gives the terminator. Sizes that first become known in a block
   * inside another have no value behind it.
   */
  block(block: Block): Operation {
    const outside = this.#symbols;
    const taken = this.#slots.filter((slot) => !slot.isFree);
    if (this.#depth > 0) this.#symbols = new Map(outside);
    this.#depth++;
    for (const op of block.ops()) if (!op.def.traits.includes("terminator")) this.operation(op);
    this.#depth--;
    this.#symbols = outside;
    const { last } = block;
    if (!last?.def.traits.includes("terminator")) throw new Error("a block has no terminator");
    // The stack that a turn of a loop takes is free after it, for what comes behind the loop.
    if (block.parent?.def.traits.includes("loop") && last.operands.every((x) => x.type.kind !== "memref"))
      for (const slot of this.#slots) slot.isFree ||= !taken.includes(slot);
    return last;
  }

  /** Storage on the stack, made once in the entry block so that loops do not grow it. */
  stackSlot(bytes: number, alignment: number): Value {
    const known = this.#slots.find((slot) => slot.isFree && slot.bytes === bytes && slot.alignment === alignment);
    if (known) {
      known.isFree = false;
      return known.pointer;
    }
    const { block, anchor } = this.builder;
    this.builder.block = this.region.blocks[0]!;
    this.builder.anchor = this.builder.block.first;
    const attrs = { elem_type: this.context.types.scalar("i8"), alignment };
    const pointer = this.emit(memory.alloca, [this.integer(Math.max(bytes, 1))], attrs);
    this.builder.block = block;
    this.builder.anchor = anchor;
    this.#slots.push({ pointer, bytes, alignment, isFree: false });
    return pointer;
  }

  operation(op: Operation): void {
    const row = this.#rows.get(op.name);
    if (!row) throw new Error(`${op.name} has no LLVM form`);
    this.builder.at = op.at;
    row(op, this);
  }

  /** A new block of the function, not yet filled. */
  newBlock(argTypes: readonly Type[] = []): Block {
    const block = new Block(argTypes);
    block.region = this.region;
    return block;
  }

  /** Goes on building at the end of `block`, which joins the function here. */
  startBlock(block: Block): void {
    this.region.blocks.push(block);
    this.builder.block = block;
  }

  value(old: Value): Value {
    const made = this.#values.get(old);
    if (!made) throw new Error(`a value of type ${printType(old.type)} has not been lowered`);
    return made;
  }

  bind(old: Value, made: Value): void {
    this.#values.set(old, made);
  }

  address(old: Value): Address {
    const made = this.#addresses.get(old);
    if (!made) throw new Error(`a value of type ${printType(old.type)} has no address`);
    return made;
  }

  bindAddress(old: Value, address: Address): void {
    this.#addresses.set(old, address);
  }

  /** Binds a dense memref by its pointer. */
  bindPointer(old: Value, pointer: Value): void {
    this.bindAddress(old, { pointer, strides: this.stridesOf(old.type as MemRefType) });
  }

  /** The type values of `type` have here. */
  type(type: Type): Type {
    if (type.kind === "memref") return this.pointer;
    if (type.kind === "scalar" && type.element === "index") return this.i64;
    if (type.kind === "vector" && type.element === "index") return this.context.types.vector(flat(type.shape), "i64");
    if (type.kind === "vector") return this.context.types.vector(flat(type.shape), type.element);
    return type;
  }

  get pointer(): Type {
    return this.context.types.dialect("llvm.ptr");
  }

  get i64(): ScalarType {
    return this.context.types.scalar("i64");
  }

  /** Makes an operation of one result. */
  emit(
    def: { readonly name: string },
    operands: readonly Value[],
    attrs: Readonly<Record<string, unknown>> = {},
    result?: Type,
  ): Value {
    return this.builder.create(def as AnyOpDef, operands, attrs, result === undefined ? {} : { results: [result] })
      .result;
  }

  /** Makes an operation without results. */
  effect(
    def: { readonly name: string },
    operands: readonly Value[],
    attrs: Readonly<Record<string, unknown>> = {},
  ): void {
    this.builder.create(def as AnyOpDef, operands, attrs);
  }

  integer(value: number | bigint, type: ScalarType = this.i64): Value {
    return this.emit(memory.constant, [], { value: { kind: "int", value: BigInt(value), type } }, type);
  }

  add(a: Value, b: Value): Value {
    return this.emit(arithmetic.add, [a, b]);
  }

  mul(a: Value, b: Value): Value {
    return this.emit(arithmetic.mul, [a, b]);
  }

  jump(to: Block, args: readonly Value[] = []): void {
    this.builder.op(control.br, { destOperands: args }, {}, { successors: [to] });
  }

  branch(condition: Value, yes: Block, no: Block): void {
    this.builder.op(
      control.condBr,
      { condition, trueDestOperands: [], falseDestOperands: [] },
      {},
      { successors: [yes, no] },
    );
  }

  // Symbols and sizes

  setSymbol(name: string, value: Value): void {
    this.#symbols.set(name, value);
  }

  hasSymbol(name: string): boolean {
    return this.#symbols.has(name);
  }

  /** A size as an `i64`. */
  dim(d: Dim): Value {
    if (typeof d === "number") return this.integer(d);
    const terms = d.terms.map(({ coefficient, atoms }) => {
      const factors = atoms.map((atom) => this.#atom(atom));
      const all = coefficient === 1 && factors.length > 0 ? factors : [this.integer(coefficient), ...factors];
      return all.reduce((a, b) => this.mul(a, b));
    });
    return terms.reduce((a, b) => this.add(a, b));
  }

  #atom(atom: DimAtom): Value {
    if (atom.kind === "symbol") {
      const value = this.#symbols.get(atom.name);
      if (!value) throw new Error(`the size '${atom.name}' has no value in this function`);
      return value;
    }
    const [a, b] = [this.dim(atom.a), this.dim(atom.b)];
    switch (atom.kind) {
      case "floordiv":
        return this.#isPlain(atom)
          ? this.emit(arithmetic.sdiv, [a, b])
          : this.emit(arithmetic.sdiv, [this.emit(arithmetic.sub, [a, this.#modulo(a, b)]), b]);
      case "mod":
        return this.#isPlain(atom) ? this.emit(arithmetic.srem, [a, b]) : this.#modulo(a, b);
      case "max":
        return this.emit(arithmetic.select, [this.emit(arithmetic.icmp, [a, b], { predicate: "sgt" }), a, b]);
      case "min":
        return this.emit(arithmetic.select, [this.emit(arithmetic.icmp, [a, b], { predicate: "slt" }), a, b]);
      default:
        return unreachable(atom);
    }
  }

  /** True where rounding down is rounding towards zero: neither side is ever negative. */
  #isPlain({ a, b }: { readonly a: Dim; readonly b: Dim }): boolean {
    const { dims } = this.context;
    return dims.bounds(a).min >= 0 && dims.bounds(b).min >= 0;
  }

  /** The remainder with the sign of the divisor. */
  #modulo(a: Value, b: Value): Value {
    const rest = this.emit(arithmetic.srem, [a, b]);
    return this.emit(arithmetic.srem, [this.add(rest, b), b]);
  }

  /** Row-major strides, or those of the layout; a stride only run time knows must have been bound with the address. */
  stridesOf(type: MemRefType): readonly (number | Value)[] {
    const { dims } = this.context;
    if (type.layout) return type.layout.strides.map((s) => this.#stride(s, type));
    const strides: (number | Value)[] = new Array(type.shape.length);
    let stride: Dim = 1;
    for (let axis = type.shape.length - 1; axis >= 0; axis--) {
      strides[axis] = typeof stride === "number" ? stride : this.dim(stride);
      stride = dims.mul(stride, type.shape[axis]!);
    }
    return strides;
  }

  #stride(s: Dim | "?", type: MemRefType): number | Value {
    if (s === "?") throw new Error(`a stride of ${printType(type)} is not known`);
    return typeof s === "number" ? s : this.dim(s);
  }

  /** The address of an element; `element` is the type in memory. */
  elementPointer(old: Value, indices: readonly Value[], element: Type): Value {
    const { pointer, strides } = this.address(old);
    let offset: Value | undefined;
    indices.forEach((index, k) => {
      const scaled = this.scaled(index, strides[k]!);
      offset = offset ? this.add(offset, scaled) : scaled;
    });
    return offset ? this.advance(pointer, offset, element) : pointer;
  }

  scaled(index: Value, stride: number | Value): Value {
    if (stride === 1) return index;
    return this.mul(index, typeof stride === "number" ? this.integer(stride) : stride);
  }

  advance(pointer: Value, count: Value, element: Type): Value {
    return this.emit(memory.getelementptr, [pointer, count], {
      elem_type: element,
      rawConstantIndices: [memory.DYNAMIC_INDEX],
    });
  }

  /** A pointer `bytes` further on. */
  offsetBytes(pointer: Value, bytes: number): Value {
    const i8 = this.context.types.scalar("i8");
    if (bytes > 0x7fff_ffff) return this.advance(pointer, this.integer(bytes), i8);
    return bytes === 0
      ? pointer
      : this.emit(memory.getelementptr, [pointer], { elem_type: i8, rawConstantIndices: [bytes] });
  }
}

/** LLVM's vectors have one dimension. */
function flat(shape: readonly number[]): readonly number[] {
  return [shape.reduce((n, d) => n * d, 1)];
}
