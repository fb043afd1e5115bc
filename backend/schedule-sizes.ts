/**
 * @file The integers of a host function as the manifest's expressions. What is computed from sizes is text over symbols;
 * what is read from data becomes a symbol of its own, which a step of the schedule gives its value.
 * Invariant: every symbol in an expression has had a value before the step that holds the expression.
 */

import type { Context } from "../ir/context.js";
import type { DiagnosticSink } from "../ir/diagnostic.js";
import type { Dim } from "../ir/dim.js";
import { pointRange } from "../ir/dim-range.js";
import type { Operation, Value } from "../ir/graph.js";
import type { MemRefType, Type } from "../ir/types.js";
import type { Action } from "../runtime-lib/bundle/generated/manifest.js";
import { sizeExpression } from "./expression.js";
import { bareSymbol } from "./llvm/plan-function.js";
import { type Bounded, computed, unbounded } from "./schedule-arithmetic.js";

/** A longer text is given a symbol, so that texts do not grow into one another. */
const longest = 256;

/** The code of what a program asks of its host that a schedule cannot say. */
export const SCHEDULE_PROBLEM = "PS3030";

/** Position of a symbol in the manifest, which gets it where it has it not yet, with a least value if it is no size. */
export type SymbolIndex = (name: string, min?: number) => number;

export class HostSizes {
  readonly #context: Context;
  readonly #symbolIndex: SymbolIndex;
  readonly #problems: DiagnosticSink;
  readonly #values = new Map<Value, Bounded>();
  /** What symbols stand for where the walk is. */
  #defined = new Map<string, string>();

  constructor(context: Context, symbolIndex: SymbolIndex, problems: DiagnosticSink) {
    this.#context = context;
    this.#problems = problems;
    this.#symbolIndex = symbolIndex;
  }

  /** The text of a scalar; one that has none is a problem of the program, told with all others. */
  of(value: Value): string {
    const known = this.#values.get(value);
    if (known) return known.text;
    const op = value.definingOp;
    this.#problems.error(SCHEDULE_PROBLEM, `${op ? `what ${op.name} gives` : "an argument"} cannot be a size here`, {
      ...(op ? { at: op.at } : {}),
      fix: "compute sizes and indices from integers by sums, products, divisions, comparisons and selections",
    });
    this.bind(value, "0");
    return "0";
  }

  isKnown(value: Value): boolean {
    return this.#values.has(value);
  }

  bind(value: Value, text: string): void {
    this.#values.set(value, unbounded(text));
  }

  /** Makes `target` the same number as `source`. */
  same(target: Value, source: Value): void {
    const known = this.#values.get(source);
    if (known) this.#values.set(target, known);
  }

  dim(d: Dim): string {
    if (typeof d !== "number") for (const name of this.#context.dims.symbolsOf(d)) this.#symbolIndex(name);
    return sizeExpression(d);
  }

  /** A new symbol for `value`; a step has to give its value. */
  fresh(value?: Value): { readonly name: string; readonly symbol: number } {
    const [name] = this.#context.dims.symbolsOf(this.#context.freshSymbol("data")) as [string];
    if (value) this.bind(value, name);
    return { name, symbol: this.#symbolIndex(name, Number.MIN_SAFE_INTEGER) };
  }

  /** Binds the results of arithmetic; a step where the text has grown long. Anything else is left without a text. */
  compute(op: Operation): readonly Action[] {
    const value = this.#valueOf(op);
    if (value === undefined) return [];
    this.#values.set(op.result, value);
    if (value.text.length <= longest) return [];
    const { name, symbol } = this.fresh();
    this.#values.set(op.result, { ...value, text: name });
    return [{ kind: "define", symbol, value: value.text }];
  }

  /** The step that makes the dimension `d` `text`, where it is a symbol that stands for something else so far. */
  define(d: Dim, text: string): readonly Action[] {
    const name = bareSymbol(d, this.#context);
    if (name === undefined || text === name || this.#defined.get(name) === text) return [];
    if (this.#context.dims.kind(name) !== "data") return [];
    this.#defined.set(name, text);
    return [{ kind: "define", symbol: this.#symbolIndex(name), value: text }];
  }

  /** Runs `walk` over a region: what it defines may not have happened for what follows. */
  within<T>(walk: () => T): T {
    const before = this.#defined;
    this.#defined = new Map();
    const result = walk();
    this.#defined = new Map([...before].filter(([name]) => !this.#defined.has(name)));
    return result;
  }

  #valueOf(op: Operation): Bounded | undefined {
    if (op.results.length !== 1) return undefined;
    if (op.name === "arith.constant") return constantValue(op);
    if (op.name === "memref.dim") return this.#dimValue(op);
    const operands = op.operands.map((v) => this.#values.get(v));
    return operands.every((v) => v !== undefined) ? computed(op, operands) : undefined;
  }

  #dimValue(op: Operation): Bounded | undefined {
    const axis = Number(this.of(op.operand(1)));
    const d = (op.operand(0).type as MemRefType).shape[axis];
    return d === undefined ? undefined : { text: this.dim(d), range: this.#context.dims.bounds(d) };
  }
}

function constantValue(op: Operation): Bounded | undefined {
  const { value, type } = op.attrs["value"] as { readonly value?: unknown; readonly type?: Type };
  if (typeof value !== "bigint") return undefined;
  const isTruth = type?.kind === "scalar" && type.element === "i1";
  const number = isTruth ? Number(value !== 0n) : Number(value);
  return { text: String(number), range: pointRange(number) };
}
