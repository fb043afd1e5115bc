/**
 * @file The functions that composites decompose into: one for each name, attributes and operand types, made when first
 * asked for. Symbolic sizes of operands are named anew inside (`s…`), so that twelve layers share one function.
 */

import { type AttrDict, printAttrDict } from "./attrs.js";
import type { Context } from "./context.js";
import { buildFunction, lookupFunction } from "./dialects/func.js";
import type { Dim, DimExpr } from "./dim.js";
import type { Operation, Value } from "./graph.js";
import { type Fill, TensorBuilder } from "./tensor-builder.js";
import type { TensorType, Type } from "./types.js";

export interface CompositeRequest {
  readonly name: string;
  readonly operands: readonly Value[];
  readonly attributes: AttrDict;
  readonly fill: Fill;
}

interface Entry {
  readonly symbol: string;
  /** Result types over the function's own size symbols. */
  readonly results: readonly Type[];
  /** Sizes that the function takes to be equal, and whoever calls it has to check. */
  readonly checks: readonly (readonly [Dim, Dim])[];
}

export class Decompositions {
  readonly #module: Operation;
  readonly #context: Context;
  readonly #entries = new Map<string, Entry>();
  readonly #counts = new Map<string, number>();
  /** Symbols inside functions: by position among the sizes of the operands, and range. */
  readonly #symbols = new Map<string, DimExpr>();

  /** Functions are added at the end of `module`. */
  constructor(module: Operation, context: Context) {
    this.#module = module;
    this.#context = context;
  }

  /** The function for a call that `t` makes, and the types of the call's results. */
  find(t: TensorBuilder, request: CompositeRequest): { readonly symbol: string; readonly results: readonly Type[] } {
    const { name, operands, attributes } = request;
    const inside = new Map<string, DimExpr>();
    const outside = new Map<string, Dim>();
    const types = operands.map((x) => this.#rename(t, x, inside, outside));
    const key = `${name}${printAttrDict(attributes)}${types.map((type) => this.#context.types.key(type)).join(",")}`;
    const entry = this.#entries.get(key) ?? this.#make(key, types, request, t);
    const back = (d: Dim): Dim => this.#toCaller(d, outside);
    for (const [a, b] of entry.checks) t.unify(back(a), back(b));
    const results = entry.results.map((type) =>
      type.kind === "tensor" ? this.#context.withShape(type, type.shape.map(back)) : type,
    );
    return { symbol: entry.symbol, results };
  }

  #make(key: string, types: readonly Type[], { name, fill }: CompositeRequest, t: TensorBuilder): Entry {
    const symbol = this.#freshName(name);
    let checks: Entry["checks"] = [];
    let results: readonly Type[] = [];
    const build: Parameters<typeof buildFunction>[4] = (b, args) => {
      const inner = new TensorBuilder(b, this, undefined, true);
      for (const arg of args) inner.note(arg);
      const values = fill(inner, args);
      checks = inner.facts.checks;
      results = values.map((x) => x.type);
      return values;
    };
    buildFunction(this.#context, this.#module, symbol, types, build, { visibility: "private", at: t.builder.at });
    const entry = { symbol, results, checks };
    this.#entries.set(key, entry);
    return entry;
  }

  /** `name.0`, `name.1`, …: the next that no function of the module has. */
  #freshName(name: string): string {
    for (;;) {
      const index = this.#counts.get(name) ?? 0;
      this.#counts.set(name, index + 1);
      const symbol = `${name}.${index}`;
      if (lookupFunction(this.#module, symbol) === undefined) return symbol;
    }
  }

  /** The type of an operand over the function's own symbols; fills in which is which. */
  #rename(t: TensorBuilder, x: Value, inside: Map<string, DimExpr>, outside: Map<string, Dim>): TensorType {
    const shape = t.shape(x).map((d) => {
      if (typeof d === "number") return d;
      const known = inside.get(d.key);
      if (known !== undefined) return known;
      const symbol = this.#symbol(inside.size, d);
      inside.set(d.key, symbol);
      outside.set(symbol.key, d);
      return symbol;
    });
    return this.#context.withShape(t.type(x), shape);
  }

  #symbol(index: number, outside: Dim): DimExpr {
    const { min, max } = this.#context.dims.bounds(outside);
    const range = { min: Math.max(0, min), max: Math.max(0, max) };
    const key = `${index}:${range.min}:${range.max}`;
    const known = this.#symbols.get(key);
    if (known !== undefined) return known;
    const made = this.#context.freshSymbol("input", range.max);
    this.#context.dims.narrow(made.key, range);
    this.#symbols.set(key, made);
    return made;
  }

  /** A size of the function in the caller's words; one that data decides inside has no other. */
  #toCaller(d: Dim, outside: ReadonlyMap<string, Dim>): Dim {
    const { dims, unknownDim } = this.#context;
    const foreign = dims.symbolsOf(d).some((name) => !outside.has(name));
    return foreign ? unknownDim : dims.substitute(d, outside);
  }
}
