/**
 * @file Rebuilds a function on tensors as one on memrefs, operation by operation: numbers map to numbers, tensors to the
 * buffers that `assignStorage` gave them. Allocations stand before the first operation that touches them; a value whose
 * shape is not its buffer's is seen through a cast. Copies are made exactly where a value goes over into another buffer.
 */

import { Builder } from "../../ir/builder.js";
import type { Context } from "../../ir/context.js";
import { compileError } from "../../ir/diagnostic.js";
import { alloc, copy } from "../../ir/dialects/memref/storage.js";
import { reinterpretCast } from "../../ir/dialects/memref/views.js";
import type { Dim, DimExpr } from "../../ir/dim.js";
import { Block, newRegion, Operation, type Region, type Value } from "../../ir/graph.js";
import { brokenInvariant } from "../../ir/invariant.js";
import { type Location, unknownLocation } from "../../ir/location.js";
import { symbolNameOf } from "../../ir/size-facts.js";
import { DYNAMIC } from "../../ir/text/mixed-indices.js";
import { isShaped, type MemRefType, printType, type Type } from "../../ir/types.js";
import { axisSize, dimValue, type SizeScope, SizesOfValues } from "../shape-values.js";
import { allocationPoints } from "./allocation-points.js";
import type { Assignment } from "./assign-storage.js";
import { effectsOf, type Signatures } from "./effects.js";
import { noteGivenSizes } from "./given-sizes.js";
import type { Globals } from "./globals.js";
import { type BufferCopy, orderCopies } from "./parallel-copies.js";
import type { Storage } from "./storage.js";
import { isControlFlow } from "./timeline.js";

/** Emits one operation on buffers; those of its results are in place, copied contents included. */
export type EmitRow = (op: Operation, to: Emitter) => void;

export interface EmitterParts {
  readonly context: Context;
  readonly signatures: Signatures;
  readonly globals: Globals;
  readonly rows: ReadonlyMap<string, EmitRow>;
}

interface SizeSource {
  readonly value: Value;
  readonly axis: number | undefined;
}

export class Emitter implements SizeScope {
  readonly context: Context;
  builder: Builder;
  readonly signatures: Signatures;
  readonly globals: Globals;
  readonly #assignment: Assignment;
  readonly #rows: ReadonlyMap<string, EmitRow>;
  readonly #values = new Map<Value, Value>();
  readonly #buffers = new Map<Storage, Value>();
  readonly #allocations: ReadonlyMap<Operation, readonly Storage[]>;
  readonly #given = new Set<Storage>();
  readonly #allocatedIn = new Map<Storage, Block>();
  readonly #symbols: Map<string, SizeSource>[] = [new Map()];
  /** Of arguments, products of symbols too: read where the function's body has come to, so before what is being built. */
  readonly #argumentSizes: SizesOfValues;

  /** Emits into `body`, which gets an argument for each of `old`. */
  constructor(body: Block, old: Block, assignment: Assignment, { context, signatures, globals, rows }: EmitterParts) {
    this.context = context;
    this.builder = new Builder(context, body);
    this.signatures = signatures;
    this.globals = globals;
    this.#assignment = assignment;
    this.#rows = rows;
    this.#allocations = allocationPoints(assignment.storage);
    for (const [op, all] of this.#allocations) for (const s of all) this.#allocatedIn.set(s, op.block!);
    for (const arg of old.args) this.#argument(arg, body.addArg(this.type(arg.type)));
    this.#argumentSizes = new SizesOfValues(new Builder(context, body), body.args);
  }

  #argument(old: Value, made: Value): void {
    this.#values.set(old, made);
    if (old.type.kind !== "tensor") return;
    const storage = this.#assignment.storage.of(old);
    if (storage.root?.kind === "argument") this.#buffers.set(storage, made);
    this.#noteSizes(made);
  }

  /** Tensors become dense memrefs; all other types stay. */
  type(type: Type): Type {
    return type.kind === "tensor" ? this.context.types.memref(type.shape, type.element) : type;
  }

  /** The number or buffer that stands for an old value. */
  value(old: Value): Value {
    const made = this.#values.get(old);
    if (made) return made;
    if (old.type.kind === "tensor") return this.#buffer(old);
    throw brokenInvariant(`a value of type ${printType(old.type)} is read before it is emitted`, placeOf(old));
  }

  bind(old: Value, made: Value): void {
    this.#values.set(old, made);
  }

  storageOf(old: Value): Storage {
    return this.#assignment.storage.of(old);
  }

  isPassed(old: Value): boolean {
    return this.#assignment.isPassed(old);
  }

  /**
   * True where the block of `op` alone has the buffer of `storage` and nothing needs it once `op` has handed on its
   * operands: then it is given away, for good.
   */
  giveAway(storage: Storage, op: Operation): boolean {
    if (this.#given.has(storage) || !this.#isOwnedBy(op.block!, storage)) return false;
    if (!this.#assignment.endsAt(storage, op)) return false;
    this.#given.add(storage);
    return true;
  }

  isGivenAway(storage: Storage): boolean {
    return this.#given.has(storage);
  }

  #isOwnedBy(block: Block, storage: Storage): boolean {
    if (!storage.root) return this.#allocatedIn.get(storage) === block;
    return storage.members.some((x) => this.isPassed(x) && (x.owner === block || x.definingOp?.block === block));
  }

  isUndefined(old: Value): boolean {
    return this.#assignment.isUndefined(old);
  }

  /** Gives the storage of `old` its buffer, a global's. */
  bindBuffer(old: Value, made: Value): void {
    this.#buffers.set(this.storageOf(old), made);
    this.#values.set(old, made);
  }

  hasBuffer(old: Value): boolean {
    return this.#buffers.has(this.storageOf(old));
  }

  #buffer(old: Value): Value {
    const buffer = this.#buffers.get(this.storageOf(old));
    if (!buffer) throw brokenInvariant(`a tensor of type ${printType(old.type)} has no buffer`, placeOf(old));
    const type = this.type(old.type) as MemRefType;
    return buffer.type === type ? buffer : this.cast(buffer, type);
  }

  /** From here on values whose shape is not that of their buffer are seen through one cast each. */
  define(values: readonly Value[]): void {
    for (const x of values) {
      if (x.type.kind === "tensor" && this.hasBuffer(x) && !this.#values.has(x)) this.bind(x, this.#buffer(x));
    }
  }

  /** Dense storage under another shape of as many elements. */
  cast(buffer: Value, type: MemRefType): Value {
    const { dims } = this.context;
    const strides = type.shape.map((_, axis) => dims.product(type.shape.slice(axis + 1)));
    const fixed = (d: Dim): number => (typeof d === "number" ? d : DYNAMIC);
    const values = (list: readonly Dim[]): Value[] => list.filter((d) => typeof d !== "number").map((d) => this.dim(d));
    return this.builder.value(
      reinterpretCast,
      { source: buffer, offsets: [], sizes: values(type.shape), strides: values(strides) },
      { static_offsets: [0], static_sizes: type.shape.map(fixed), static_strides: strides.map(fixed) },
      { results: [type] },
    );
  }

  /** Dense storage as `type`, of one axis, which is as long as there are elements. */
  flattened(buffer: Value, type: MemRefType): Value {
    const count = this.dim(this.context.dims.product((buffer.type as MemRefType).shape));
    return this.builder.value(
      reinterpretCast,
      { source: buffer, offsets: [], sizes: [count], strides: [] },
      { static_offsets: [0], static_sizes: [DYNAMIC], static_strides: [1] },
      { results: [type] },
    );
  }

  // Sizes

  dim(d: Dim): Value {
    const { dims } = this.context;
    const missing = dims.symbolsOf(d).find((s) => !this.#hasSize(s) && !this.#argumentSizes.has(dims.symbol(s)));
    if (missing !== undefined && !this.#argumentSizes.has(d)) {
      throw compileError("PS3021", `the size '${missing}' is not known yet where storage of that size is needed`, {
        at: this.builder.at,
      });
    }
    return dimValue(this.builder, d, this);
  }

  #hasSize(symbol: string): boolean {
    return this.#symbols.some((s) => s.has(symbol));
  }

  sizeOf(symbol: string): Value | undefined {
    for (let i = this.#symbols.length - 1; i >= 0; i--) {
      const found = this.#symbols[i]!.get(symbol);
      if (found) return found.axis === undefined ? found.value : axisSize(this.builder, found.value, found.axis);
    }
    return this.#argumentSizes.sizeOf(symbol);
  }

  expressionOf(d: DimExpr): Value | undefined {
    return this.#argumentSizes.expressionOf(d);
  }

  /** Remembers that `value` is the size `d`, or that sizes of a memref can be read from it. */
  noteSize(d: Dim, value: Value, axis?: number): void {
    if (this.isNewSymbol(d)) this.#symbols.at(-1)!.set(symbolNameOf(d)!, { value, axis });
  }

  /** True for a symbol by itself that has no value yet. */
  isNewSymbol(d: Dim): boolean {
    const name = symbolNameOf(d);
    return name !== undefined && !this.#hasSize(name);
  }

  #noteSizes(value: Value): void {
    const { type } = value;
    if (isShaped(type)) type.shape.forEach((d, axis) => this.noteSize(d, value, axis));
  }

  // Operations

  /** Emits the operations of `block` up to its terminator, which is left to the caller. */
  block(block: Block): Operation {
    for (const op of block.ops()) {
      if (op === block.last && op.def.traits.includes("terminator")) {
        this.builder.at = op.at;
        return op;
      }
      this.operation(op);
    }
    throw brokenInvariant("a block has no terminator", block.last?.at ?? unknownLocation);
  }

  operation(op: Operation): void {
    this.builder.at = op.at;
    noteGivenSizes(op, this);
    for (const storage of this.#allocations.get(op) ?? []) this.#allocate(storage, op);
    this.define(op.results);
    if (!isControlFlow(op)) this.#copyDestinations(op);
    const row = this.#rows.get(op.name) ?? (hasTensors(op) ? undefined : cloneRow);
    if (!row) throw this.unsupported(op, "it has no form with buffers");
    row(op, this);
  }

  #allocate(storage: Storage, at: Operation): void {
    const own = storage.members.find((x) => x.definingOp === at) ?? storage.members[0]!;
    const type = this.type(own.type) as MemRefType;
    this.#buffers.set(storage, this.allocate(type));
  }

  allocate(type: MemRefType): Value {
    const dynamicSizes = type.shape.filter((d) => typeof d !== "number").map((d) => this.dim(d));
    return this.builder.value(alloc, { dynamicSizes, symbolOperands: [] }, {}, { results: [type] });
  }

  /** Destinations whose contents matter and that live elsewhere than the results are copied there first. */
  #copyDestinations(op: Operation): void {
    const { ties } = effectsOf(op, this.signatures);
    this.transfer(ties.filter((t) => t.readsDestination).map((t) => [op.operand(t.operand), op.results[t.result]!]));
  }

  /** Makes each value's contents those of its target: all at once, as far as the program can tell. */
  transfer(pairs: readonly (readonly [from: Value, to: Value])[]): void {
    const copies: BufferCopy[] = [];
    for (const [from, to] of pairs) {
      if (from.type.kind !== "tensor" || this.isPassed(to) || this.isUndefined(from)) continue;
      if (this.storageOf(from) === this.storageOf(to)) continue;
      copies.push({
        from: this.storageOf(from),
        source: this.value(from),
        to: this.storageOf(to),
        target: this.value(to),
      });
    }
    const save = { copied: (x: Value) => this.copied(x), seenAs: (x: Value, type: MemRefType) => this.cast(x, type) };
    for (const { source, target } of orderCopies(copies, save)) this.copy(source, target);
  }

  /** A new buffer with the same contents. */
  copied(source: Value): Value {
    const made = this.allocate(source.type as MemRefType);
    this.copy(source, made);
    return made;
  }

  copy(source: Value, target: Value): void {
    this.builder.op(copy, { source, target }, {});
  }

  unsupported(op: Operation, why: string): Error {
    return compileError("PS3020", `${op.name} cannot be bufferized: ${why}`, { at: op.at });
  }

  /** A region of one block whose arguments have `types`; `fill` builds its operations and terminator. */
  region(types: readonly Type[], fill: (args: readonly Value[]) => void): Region {
    const block = new Block(types);
    const outer = this.builder;
    this.builder = new Builder(this.context, block);
    this.builder.at = outer.at;
    this.#symbols.push(new Map());
    fill(block.args);
    this.#symbols.pop();
    this.builder = outer;
    return newRegion(block);
  }

  /** The region rebuilt, with arguments and terminator as they are; tensors read inside become buffers. */
  cloneRegion(region: Region): Region {
    const old = region.blocks[0]!;
    return this.region(
      old.args.map((a) => a.type),
      (args) => {
        old.args.forEach((a, i) => {
          this.bind(a, args[i]!);
        });
        cloneRow(this.block(old), this);
      },
    );
  }
}

function hasTensors(op: Operation): boolean {
  return [...op.operands, ...op.results].some((x) => x.type.kind === "tensor");
}

/** An operation on numbers, with what is inside it. */
export const cloneRow: EmitRow = (op, to) => {
  const copied = new Operation({
    def: op.def,
    operands: op.operands.map((x) => to.value(x)),
    attrs: op.attrs,
    extra: op.extra,
    resultTypes: op.results.map((r) => r.type),
    regions: op.regions.map((r) => to.cloneRegion(r)),
    segments: op.segments,
    at: op.at,
  });
  to.builder.block.insertBefore(copied, to.builder.anchor);
  op.results.forEach((r, i) => {
    to.bind(r, copied.results[i]!);
  });
};

function placeOf(value: Value): Location {
  return value.definingOp?.at ?? unknownLocation;
}
