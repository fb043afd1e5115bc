/**
 * @file The integers of a host function as the manifest's expressions. What is computed from sizes is text over symbols;
 * what is read from data becomes a symbol of its own, which a step of the schedule gives its value.
 * Invariant: every symbol in an expression has had a value before the step that holds the expression.
 */

import type { Context } from "../ir/context.js";
import type { Dim } from "../ir/dim.js";
import type { Operation, Value } from "../ir/graph.js";
import type { MemRefType } from "../ir/types.js";
import type { Action } from "../runtime-lib/bundle/generated/manifest.js";
import { sizeExpression } from "./expression.js";
import { bareSymbol } from "./llvm/plan-function.js";

/** A longer text is given a symbol, so that texts do not grow into one another. */
const longest = 256;

/** Divisions and remainders on the host are of sizes, which are not negative: rounding is the same for all of them. */
const infix: Readonly<Record<string, string>> = {
  "arith.addi": "+",
  "arith.subi": "-",
  "arith.muli": "*",
  "arith.floordivsi": "floordiv",
  "arith.divsi": "floordiv",
  "arith.divui": "floordiv",
  "arith.ceildivsi": "ceildiv",
  "arith.ceildivui": "ceildiv",
  "arith.remsi": "mod",
  "arith.remui": "mod",
};

const calls: Readonly<Record<string, string>> = {
  "arith.minsi": "min",
  "arith.minui": "min",
  "arith.maxsi": "max",
  "arith.maxui": "max",
};

const conversions: ReadonlySet<string> = new Set([
  "arith.index_cast",
  "arith.index_castui",
  "arith.extsi",
  "arith.extui",
  "arith.trunci",
]);

/** Position of a symbol in the manifest, which gets it where it has it not yet, with a least value if it is no size. */
export type SymbolIndex = (name: string, min?: number) => number;

export class HostSizes {
  readonly #context: Context;
  readonly #symbolIndex: SymbolIndex;
  readonly #texts = new Map<Value, string>();
  /** What symbols stand for where the walk is. */
  #defined = new Map<string, string>();

  constructor(context: Context, symbolIndex: SymbolIndex) {
    this.#context = context;
    this.#symbolIndex = symbolIndex;
  }

  /** The text of a scalar. */
  of(value: Value): string {
    const text = this.#texts.get(value);
    if (text === undefined) throw new Error(`${value.definingOp?.name ?? "an argument"} of the host has no expression`);
    return text;
  }

  isKnown(value: Value): boolean {
    return this.#texts.has(value);
  }

  bind(value: Value, text: string): void {
    this.#texts.set(value, text);
  }

  dim(d: Dim): string {
    if (typeof d !== "number") for (const name of this.#context.dims.symbolsOf(d)) this.#symbolIndex(name);
    return sizeExpression(d);
  }

  /** A new symbol for `value`; a step has to give its value. */
  fresh(value?: Value): { readonly name: string; readonly symbol: number } {
    const [name] = this.#context.dims.symbolsOf(this.#context.freshSymbol("data")) as [string];
    if (value) this.#texts.set(value, name);
    return { name, symbol: this.#symbolIndex(name, Number.MIN_SAFE_INTEGER) };
  }

  /** Binds the results of arithmetic; a step where the text has grown long. Anything else is left without a text. */
  compute(op: Operation): readonly Action[] {
    const text = this.#expression(op);
    if (text === undefined) return [];
    if (text.length <= longest) {
      this.bind(op.result, text);
      return [];
    }
    return [{ kind: "define", symbol: this.fresh(op.result).symbol, value: text }];
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

  #expression(op: Operation): string | undefined {
    if (op.results.length !== 1) return undefined;
    if (op.name === "arith.constant") return constantText(op);
    if (op.name === "memref.dim") {
      const axis = Number(this.of(op.operand(1)));
      return this.dim((op.operand(0).type as MemRefType).shape[axis]!);
    }
    if (!op.operands.every((v) => this.isKnown(v))) return undefined;
    const [a, b] = op.operands.map((v) => this.of(v)) as [string, string];
    if (conversions.has(op.name)) return a;
    const sign = infix[op.name];
    if (sign !== undefined) return `${term(a)} ${sign} ${term(b)}`;
    const call = calls[op.name];
    return call === undefined ? undefined : `${call}(${a}, ${b})`;
  }
}

/** The negative ones among symbols are none: only a sum or product needs parentheses. */
function term(text: string): string {
  return /^\w+$/.test(text) ? text : `(${text})`;
}

function constantText(op: Operation): string | undefined {
  const { value } = op.attrs["value"] as { readonly value?: unknown };
  return typeof value === "bigint" ? String(value) : undefined;
}
