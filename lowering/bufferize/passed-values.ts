/**
 * @file Tensors that control flow cannot leave in a fixed buffer, as nobody knows their size before: results of branches
 * and values carried around loops whose size only data decides. Their buffers are passed on instead, with their sizes.
 */

import { Builder } from "../../ir/builder.js";
import type { Context } from "../../ir/context.js";
import { functionBody } from "../../ir/dialects/func.js";
import type { Dim } from "../../ir/dim.js";
import type { Block, Operation, Value } from "../../ir/graph.js";
import { symbolNameOf } from "../../ir/size-facts.js";
import { isShaped } from "../../ir/types.js";
import { SizesOfValues } from "../shape-values.js";
import { isControlFlow } from "./timeline.js";

/** Values that go over into each of `targets`, which are stored as one. */
interface Crossing {
  readonly targets: readonly Value[];
  readonly sources: readonly Value[];
}

/** The arguments and results of control flow whose buffers are passed on. */
export function passedValues(func: Operation, context: Context): ReadonlySet<Value> {
  const body = functionBody(func);
  const search = new Search(context, new SizesOfValues(new Builder(context, body), body.args));
  search.block(body);
  return search.found;
}

class Search {
  readonly found = new Set<Value>();
  readonly #context: Context;
  readonly #arguments: SizesOfValues;
  /** Symbols with a value at this point, innermost block last. */
  readonly #known: Set<string>[] = [new Set()];

  constructor(context: Context, sizesOfArguments: SizesOfValues) {
    this.#context = context;
    this.#arguments = sizesOfArguments;
  }

  know({ type }: Value): void {
    if (!isShaped(type)) return;
    for (const d of type.shape) {
      const name = symbolNameOf(d);
      if (name !== undefined) this.#known.at(-1)!.add(name);
    }
  }

  block(block: Block): void {
    for (const op of block.ops()) {
      if (isControlFlow(op)) this.#controlFlow(op);
      op.results.forEach((r) => this.know(r));
    }
  }

  #controlFlow(op: Operation): void {
    for (const { targets, sources } of crossingsOf(op)) {
      if (targets.some((t) => sources.some((s) => !this.#haveOneSize(s, t)) || !this.#isSized(t)))
        for (const t of targets) this.found.add(t);
    }
    for (const region of op.regions) {
      const block = region.blocks[0];
      if (!block) continue;
      this.#known.push(new Set());
      block.args.forEach((a) => this.know(a));
      this.block(block);
      this.#known.pop();
    }
  }

  #haveOneSize(a: Value, b: Value): boolean {
    if (!isShaped(a.type) || !isShaped(b.type) || a.type === b.type) return true;
    const { shape } = b.type;
    return a.type.shape.every((d, i) => this.#context.dims.provablyEqual(d, shape[i]!));
  }

  /** True where every size of `value` can be computed before the operation. */
  #isSized({ type }: Value): boolean {
    if (!isShaped(type)) return true;
    const { dims } = this.#context;
    const isKnown = (name: string): boolean =>
      dims.kind(name) === "input" || this.#known.some((s) => s.has(name)) || this.#arguments.has(dims.symbol(name));
    return type.shape.every((d: Dim) => this.#arguments.has(d) || dims.symbolsOf(d).every(isKnown));
  }
}

function crossingsOf(op: Operation): readonly Crossing[] {
  const blocks = op.regions.flatMap((r) => r.blocks.slice(0, 1));
  if (op.name === "scf.for") {
    const [body] = blocks as [Block];
    const [, ...carried] = body.args;
    return carried.map((arg, k) => ({
      targets: [arg, op.results[k]!],
      sources: [op.operand(3 + k), body.terminator.operand(k)],
    }));
  }
  if (op.name === "scf.while") {
    const [before, after] = blocks as [Block, Block];
    const entering = before.args.map((arg, k) => ({
      targets: [arg],
      sources: [op.operand(k), after.terminator.operand(k)],
    }));
    const leaving = after.args.map((arg, k) => ({
      targets: [arg, op.results[k]!],
      sources: [before.terminator.operand(1 + k)],
    }));
    return [...entering, ...leaving];
  }
  return op.results.map((r, k) => ({ targets: [r], sources: blocks.map((b) => b.terminator.operand(k)) }));
}
