/**
 * @file The machinery of pass `stablehlo-to-linalg`: it rebuilds functions operation by operation at the structured
 * level. Old values map to new ones; sizes become `index` values on demand. Invariant: from here on element
 * types are signless (`ui8` is `i8`, the operations know), and every tensor is dense and row-major.
 */

import { Builder } from "../../../ir/builder.js";
import type { Context } from "../../../ir/context.js";
import { compileError } from "../../../ir/diagnostic.js";
import { constantOf } from "../../../ir/dialects/arith/constant.js";
import * as complex from "../../../ir/dialects/complex/complex.js";
import * as tensor from "../../../ir/dialects/tensor/access.js";
import type { Dim } from "../../../ir/dim.js";
import { elementFacts } from "../../../ir/element.js";
import { Block, newRegion, type Operation, type Region, type Value } from "../../../ir/graph.js";
import { isShaped, type ScalarType, type TensorType, type Type } from "../../../ir/types.js";
import { axisSize, dimValue, type SizeScope } from "../../shape-values.js";
import { signless } from "../../signless.js";

/** A symbol is the size of a value along an axis, or an `index` of its own. */
interface SizeSource {
  readonly value: Value;
  readonly axis: number | undefined;
}

/** Builds the results of one StableHLO operation, in the new type system. */
export type Structure = (op: Operation, to: Converter) => readonly Value[];

/** Why an operation has no structured form, and what to do instead. */
export interface Reason {
  readonly why: string;
  readonly fix?: string;
}

export class Converter implements SizeScope {
  readonly context: Context;
  /** Where new operations go. */
  builder: Builder;
  readonly #structures: ReadonlyMap<string, Structure>;
  readonly #values = new Map<Value, Value>();
  /** The number that every element of a tensor is, where that is known. */
  readonly #fills = new Map<Value, Value>();
  /** Where the value of a symbol can be had, innermost region last. */
  readonly #symbols: Map<string, SizeSource>[] = [new Map()];

  constructor(context: Context, builder: Builder, structures: ReadonlyMap<string, Structure>) {
    this.context = context;
    this.builder = builder;
    this.#structures = structures;
  }

  /** The new value of an old one. */
  value(old: Value): Value {
    const made = this.#values.get(old);
    if (!made) throw new Error("a value is read before it is converted");
    return made;
  }

  operands(op: Operation): readonly Value[] {
    return op.operands.map((x) => this.value(x));
  }

  bind(old: Value, made: Value): void {
    this.#values.set(old, made);
    this.noteSizes(made);
  }

  /** The structured type of a graph-level type: signless, without encodings; an i1 for a token (see devices.ts). */
  type(type: TensorType): TensorType;
  type(type: Type): Type;
  type(type: Type): Type {
    const { types } = this.context;
    if (type.kind === "tensor") return types.tensor(type.shape, signless(type.element));
    if (type.kind === "scalar") return types.scalar(signless(type.element));
    return type.kind === "dialect" && type.name === "stablehlo.token" ? types.scalar("i1") : type;
  }

  resultType(op: Operation, index = 0): TensorType {
    const { type } = op.results[index]!;
    if (type.kind !== "tensor") throw new Error(`${op.name}: result ${index} is no tensor`);
    return this.type(type);
  }

  /** Converts the operations of `block` at the builder; gives the new values of what its terminator takes. */
  block(block: Block, args: readonly Value[]): readonly Value[] {
    block.args.forEach((a, i) => {
      this.bind(a, args[i]!);
    });
    for (const op of block.ops()) {
      if (op.def.traits.includes("terminator")) return op.operands.map((x) => this.value(x));
      this.operation(op);
    }
    return [];
  }

  operation(op: Operation): void {
    const structure = this.#structures.get(op.name);
    if (!structure) {
      throw this.unsupported(op, "it has no structured form");
    }
    this.builder.at = op.at;
    const results = structure(op, this);
    if (results.length !== op.results.length)
      throw new Error(`${op.name}: ${results.length} of ${op.results.length} results`);
    op.results.forEach((r, i) => {
      this.bind(r, results[i]!);
    });
  }

  /** A region of one block whose arguments have `types`; `fill` builds its operations and terminator. */
  region(types: readonly Type[], fill: (args: readonly Value[]) => void): Region {
    const block = new Block(types);
    const outer = this.builder;
    this.builder = new Builder(this.context, block);
    this.builder.at = outer.at;
    this.#symbols.push(new Map());
    for (const arg of block.args) this.noteSizes(arg);
    fill(block.args);
    this.#symbols.pop();
    this.builder = outer;
    return newRegion(block);
  }

  /** Remembers that the symbols which are bare sizes of `value` can be read from it. */
  noteSizes(value: Value): void {
    const { type } = value;
    if (!isShaped(type)) return;
    type.shape.forEach((d, axis) => {
      const name = this.bareSymbol(d);
      if (name !== undefined && !this.#source(name)) this.#symbols.at(-1)!.set(name, { value, axis });
    });
  }

  bareSymbol(d: Dim): string | undefined {
    if (typeof d === "number") return undefined;
    const { dims } = this.context;
    const [name, ...others] = dims.symbolsOf(d);
    return name !== undefined && others.length === 0 && dims.symbol(name) === d ? name : undefined;
  }

  #source(symbol: string): SizeSource | undefined {
    for (let i = this.#symbols.length - 1; i >= 0; i--) {
      const found = this.#symbols[i]!.get(symbol);
      if (found) return found;
    }
    return undefined;
  }

  sizeOf(symbol: string): Value | undefined {
    const source = this.#source(symbol);
    if (!source) return undefined;
    return source.axis === undefined ? source.value : axisSize(this.builder, source.value, source.axis);
  }

  /** Gives a data-dependent size its value, an `index`. */
  defineSize(symbol: string, value: Value): void {
    if (!this.#source(symbol)) this.#symbols.at(-1)!.set(symbol, { value, axis: undefined });
  }

  axisSize(value: Value, axis: number): Value {
    return axisSize(this.builder, value, axis);
  }

  /** A size as an `index`. */
  dim(d: Dim): Value {
    return dimValue(this.builder, d, this);
  }

  /** The sizes of `type` that are not numbers, for `tensor.empty` and the like. */
  dynamicSizes(type: TensorType): readonly Value[] {
    return type.shape.filter((d) => typeof d !== "number").map((d) => this.dim(d));
  }

  /** Remembers that every element of `tensor` is `element`. */
  noteFill(filled: Value, element: Value): void {
    this.#fills.set(filled, element);
  }

  /** The number that every element is, if it is known. */
  fillOf(value: Value): Value | undefined {
    return this.#fills.get(value);
  }

  /** The one element of an old tensor of rank 0. */
  elementOfScalarTensor(old: Value): Value {
    return this.onlyElement(this.value(old));
  }

  /** The one element of a tensor of rank 0. */
  onlyElement(value: Value): Value {
    return this.fillOf(value) ?? this.builder.value(tensor.extract, { tensor: value, indices: [] }, {});
  }

  /** Zero of any element, complex ones included. */
  zero(type: ScalarType): Value {
    const { part } = elementFacts[type.element];
    if (part === undefined) return constantOf(this.builder, 0, type);
    const zero = constantOf(this.builder, 0, this.context.types.scalar(part));
    return this.builder.value(complex.create, { real: zero, imaginary: zero }, {}, { results: [type] });
  }

  /** What to throw for an operation that valid StableHLO may hold but that cannot be compiled. */
  unsupported(op: Operation, why: string, fix?: string): Error {
    return compileError(
      "PS3001",
      `${op.name} cannot be compiled: ${why}`,
      fix === undefined ? { at: op.at } : { at: op.at, fix },
    );
  }
}
