/**
 * @file Rewrite rules in two forms: an equation between two trees of operations, or code for one root operation.
 * Only the `Rewriter` changes the graph while rules run; it carries locations and keeps the worklist true.
 */

import type { DenseAttr } from "./attrs.js";
import { Builder } from "./builder.js";
import type { Context } from "./context.js";
import type { AnyOpDef, OpTerm, Term } from "./define.js";
import type { Block, Operation, Value } from "./graph.js";
import { getScalar, type NdArray } from "./ndarray.js";
import type { Pass } from "./pass.js";
import { isShaped } from "./types.js";

/** An equation; `from` is replaced by `to` wherever the types agree. The right side is never worse. */
export interface Rule {
  readonly kind: "rule";
  /** The equation as text: `x * 1 = x`; in traces, docs and tests. */
  readonly name: string;
  readonly from: OpTerm;
  readonly to: Term;
}

/** A rewrite that needs code. */
export interface Rewrite {
  readonly kind: "rewrite";
  readonly name: string;
  readonly root: AnyOpDef;
  readonly why: string;
  /** True when the graph was changed; then `op` may be gone. */
  apply(op: Operation, rewriter: Rewriter): boolean;
}

export type AnyRewrite = Rule | Rewrite;

export const hole = (name: string): Term => ({ kind: "hole", name });

export function rule(name: string, from: Term, to: Term): Rule {
  if (from.kind !== "op") throw new Error(`rule '${name}': the left side must be an operation`);
  const bound = holesOf(from);
  for (const h of holesOf(to))
    if (!bound.has(h)) throw new Error(`rule '${name}': '${h}' is not bound on the left side`);
  return { kind: "rule", name, from, to };
}

export function rewrite(
  root: unknown,
  spec: { readonly why: string; apply(op: Operation, rewriter: Rewriter): boolean },
): Rewrite {
  const def = root as AnyOpDef;
  return { kind: "rewrite", name: `${def.name}: ${spec.why}`, root: def, ...spec };
}

/** A pass that applies `rules` until none matches; those of one root are tried in the order written. */
export function rewritePass(
  name: string,
  summary: string,
  rules: readonly AnyRewrite[],
): Pass & { readonly rules: readonly AnyRewrite[] } {
  return { name, summary, rules, run: (module, context) => void applyRewrites(module, context, rules) };
}

/** Applications of one rule at one place beyond this many per operation mean that rules undo each other. */
const STEPS_PER_OPERATION = 64;

/** Applies rules everywhere inside `root` to a fixed point. Gives the number of applications. */
export function applyRewrites(root: Operation, context: Context, rules: readonly AnyRewrite[]): number {
  const byRoot = groupByRoot(rules);
  const worklist = new Worklist();
  for (const op of root.walk()) worklist.add(op);
  const rewriter = new Rewriter(context, worklist);
  let budget = STEPS_PER_OPERATION * (worklist.size + 1);
  let applied = 0;
  for (let op = worklist.take(); op; op = worklist.take()) {
    if (rewriter.eraseIfDead(op)) continue;
    for (const r of byRoot.get(op.def) ?? []) {
      if (!rewriter.tryApply(r, op)) continue;
      applied++;
      if (budget-- <= 0) throw new Error(`rewriting does not end; the last rule applied was '${r.name}'`);
      break;
    }
  }
  return applied;
}

function groupByRoot(rules: readonly AnyRewrite[]): ReadonlyMap<AnyOpDef, readonly AnyRewrite[]> {
  const byRoot = new Map<AnyOpDef, AnyRewrite[]>();
  for (const r of rules) {
    const def = r.kind === "rule" ? r.from.def : r.root;
    byRoot.set(def, [...(byRoot.get(def) ?? []), r]);
  }
  return byRoot;
}

/** Operations still to look at, each once, last added first. */
class Worklist {
  readonly #stack: (Operation | undefined)[] = [];
  readonly #position = new Map<Operation, number>();

  get size(): number {
    return this.#position.size;
  }

  add(op: Operation): void {
    if (this.#position.has(op)) return;
    this.#position.set(op, this.#stack.length);
    this.#stack.push(op);
  }

  remove(op: Operation): void {
    const at = this.#position.get(op);
    if (at === undefined) return;
    this.#stack[at] = undefined;
    this.#position.delete(op);
  }

  take(): Operation | undefined {
    while (this.#stack.length > 0) {
      const op = this.#stack.pop();
      if (!op) continue;
      this.#position.delete(op);
      return op;
    }
    return undefined;
  }
}

export class Rewriter {
  readonly context: Context;
  readonly #worklist: Worklist;

  constructor(context: Context, worklist: Worklist = new Worklist()) {
    this.context = context;
    this.#worklist = worklist;
  }

  /** Builds before `op`, with its location; what it builds is looked at later. */
  before(op: Operation): Builder {
    const builder = Builder.before(this.context, op);
    builder.onCreate = (made) => this.#worklist.add(made);
    return builder;
  }

  /** Builds at the end of `block`. */
  atEnd(block: Block, like: Operation): Builder {
    const builder = new Builder(this.context, block);
    builder.at = like.at;
    builder.onCreate = (made) => this.#worklist.add(made);
    return builder;
  }

  /** Puts `values` in the place of the results of `op`, and erases it. */
  replace(op: Operation, values: readonly Value[]): void {
    if (values.length !== op.results.length)
      throw new Error(`${op.name}: ${values.length} values for ${op.results.length} results`);
    op.results.forEach((result, i) => this.replaceUses(result, values[i]!));
    this.erase(op);
  }

  replaceUses(old: Value, by: Value): void {
    for (const user of old.users) this.#worklist.add(user);
    if (by.definingOp) this.#worklist.add(by.definingOp);
    old.replaceAllUsesWith(by);
  }

  erase(op: Operation): void {
    for (const x of op.operands) if (x.definingOp) this.#worklist.add(x.definingOp);
    for (const inner of op.walk()) this.#worklist.remove(inner);
    op.erase();
  }

  /** Notes that `op` was changed in place. */
  changed(op: Operation): void {
    this.#worklist.add(op);
    for (const r of op.results) for (const user of r.users) this.#worklist.add(user);
  }

  eraseIfDead(op: Operation): boolean {
    if (!op.block || !op.def.traits.includes("pure") || op.results.some((r) => r.isUsed)) return false;
    this.erase(op);
    return true;
  }

  tryApply(r: AnyRewrite, op: Operation): boolean {
    if (r.kind === "rewrite") return r.apply(op, this);
    const bound = new Map<string, Value>();
    if (op.results.length !== 1 || !matches(r.from, op.result, bound)) return false;
    const added: Operation[] = [];
    const value = instantiate(r.to, bound, op, this.before(op), added);
    if (value === undefined || value.type !== op.result.type) {
      for (const made of added.reverse()) this.erase(made);
      return false;
    }
    this.replace(op, [value]);
    return true;
  }
}

/** Whether the tree that ends in `value` has the form of `term`; fills `bound`. */
export function matches(term: Term, value: Value, bound: Map<string, Value>): boolean {
  switch (term.kind) {
    case "hole": {
      const seen = bound.get(term.name);
      bound.set(term.name, value);
      return seen === undefined || seen === value;
    }
    case "splat":
      return isSplat(splatOf(value), term.value);
    case "op": {
      const op = value.definingOp;
      if (!op || op.def !== term.def || op.operands.length !== term.args.length) return false;
      if (!Object.entries(term.attrs).every(([name, want]) => sameAttr(op.attrs[name], want))) return false;
      if (matchesArgs(term.args, op.operands, bound)) return true;
      if (!op.def.traits.includes("commutative") || term.args.length !== 2) return false;
      return matchesArgs([term.args[1]!, term.args[0]!], op.operands, bound);
    }
  }
}

function matchesArgs(args: readonly Term[], operands: readonly Value[], bound: Map<string, Value>): boolean {
  const trial = new Map(bound);
  if (!args.every((arg, i) => matches(arg, operands[i]!, trial))) return false;
  for (const [name, value] of trial) bound.set(name, value);
  return true;
}

function instantiate(
  term: Term,
  bound: ReadonlyMap<string, Value>,
  root: Operation,
  builder: Builder,
  added: Operation[],
): Value | undefined {
  switch (term.kind) {
    case "hole":
      return bound.get(term.name);
    case "splat": {
      const { type } = root.result;
      if (!isShaped(type) || type.kind === "memref" || type.shape.some((d) => typeof d !== "number")) return undefined;
      const made = builder.create(term.def, [], { value: term.make(type) });
      added.push(made);
      return made.result;
    }
    case "op": {
      const operands: Value[] = [];
      for (const arg of term.args) {
        const x = instantiate(arg, bound, root, builder, added);
        if (x === undefined) return undefined;
        operands.push(x);
      }
      const made = builder.create(
        term.def,
        operands,
        term.attrs,
        term.def.infer ? {} : { results: [root.result.type] },
      );
      added.push(made);
      return made.result;
    }
  }
}

/** The one element that all of a constant have, if `value` is such a constant. */
export function splatOf(value: Value): NdArray | undefined {
  const op = value.definingOp;
  if (!op?.def.traits.includes("constant")) return undefined;
  const attr = op.attrs["value"] as DenseAttr | undefined;
  return attr?.kind === "dense" && (attr.splat || attr.type.shape.length === 0) ? attr.data : undefined;
}

function isSplat(data: NdArray | undefined, value: number): boolean {
  if (!data) return false;
  const found = getScalar(data, 0);
  return typeof found === "object"
    ? Object.is(found.re, value) && Object.is(found.im, 0)
    : Object.is(Number(found), value);
}

/** Structural equality of attribute values, bit-exact for numbers. */
export function sameAttr(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((k) => sameAttr((a as Record<string, unknown>)[k], (b as Record<string, unknown>)[k]));
}

function holesOf(term: Term): Set<string> {
  if (term.kind === "hole") return new Set([term.name]);
  return term.kind === "op" ? new Set(term.args.flatMap((a) => [...holesOf(a)])) : new Set();
}
