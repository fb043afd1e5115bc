/**
 * @file What building a function learns about sizes: equalities that its operations ask for and nothing proves yet. From
 * then on both sides count as the same size, and the program checks them when it runs.
 * Invariant: a fact is only ever added, but for `snapshot`.
 */

import type { Context } from "./context.js";
import { compileError } from "./diagnostic.js";
import type { Dim, DimExpr } from "./dim.js";

export class SizeFacts {
  readonly #context: Context;
  readonly #replacements = new Map<string, Dim>();
  readonly #checks = new Map<string, readonly [Dim, Dim]>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** Every equality that was assumed and not proved, in order of assumption. */
  get checks(): readonly (readonly [Dim, Dim])[] {
    return [...this.#checks.values()];
  }

  /** What undoes everything learnt from here on: what a branch or loop body assumes holds inside it only. */
  snapshot(): () => void {
    const [replacements, checks] = [new Map(this.#replacements), new Map(this.#checks)];
    return () => {
      restore(this.#replacements, replacements);
      restore(this.#checks, checks);
    };
  }

  /** `dim` with each symbol that is known to be another size replaced by that. */
  resolve(dim: Dim): Dim {
    if (typeof dim === "number" || this.#replacements.size === 0) return dim;
    let resolved: Dim = dim;
    for (let rounds = 0; rounds < 64; rounds++) {
      const next = this.#context.dims.substitute(resolved, this.#replacements);
      if (next === resolved) return next;
      resolved = next;
    }
    return resolved;
  }

  isEqual(a: Dim, b: Dim): boolean {
    return a === b || this.#context.dims.provablyEqual(this.resolve(a), this.resolve(b));
  }

  isDifferent(a: Dim, b: Dim): boolean {
    return this.#context.dims.provablyDifferent(this.resolve(a), this.resolve(b));
  }

  /** States that a size symbol is the same as `by` without a check: it was defined so. */
  define(symbol: DimExpr, by: Dim): void {
    const name = symbolNameOf(symbol);
    if (name === undefined) throw new Error(`${symbol.key} is no symbol`);
    if (!this.#context.dims.symbolsOf(this.resolve(by)).includes(name)) this.#replacements.set(name, by);
  }

  /**
   * The size that both must be: a number where there is one. Records a check unless the two are provably equal.
   * @throws CompileError PS1201 where they differ whatever the symbols are.
   */
  unify(a: Dim, b: Dim): Dim {
    const [x, y] = [this.resolve(a), this.resolve(b)];
    const { dims } = this.#context;
    if (dims.provablyEqual(x, y)) return typeof y === "number" ? y : x;
    if (dims.provablyDifferent(x, y))
      throw compileError("PS1201", `a size of ${dims.print(x)} where ${dims.print(y)} is needed`);
    this.#checks.set(`${dims.print(x)} = ${dims.print(y)}`, [x, y]);
    this.#replace(x, y);
    return this.resolve(x);
  }

  /** Makes one side stand for the other: a number or what is known early is kept. */
  #replace(x: Dim, y: Dim): void {
    const [kept, gone] = this.#rank(x) <= this.#rank(y) ? [x, y] : [y, x];
    if (this.#isReplaceable(gone, kept)) this.#replacements.set(symbolNameOf(gone)!, kept);
    else if (this.#isReplaceable(kept, gone)) this.#replacements.set(symbolNameOf(kept)!, gone);
  }

  #rank(d: Dim): number {
    if (typeof d === "number") return -1;
    const name = symbolNameOf(d);
    const { dims } = this.#context;
    if (name === undefined) return Number.MAX_SAFE_INTEGER;
    return dims.symbols.indexOf(name) + (dims.kind(name) === "data" ? 2 ** 40 : 0);
  }

  #isReplaceable(x: Dim, by: Dim): boolean {
    const name = symbolNameOf(x);
    return name !== undefined && !this.#context.dims.symbolsOf(by).includes(name);
  }
}

function restore<K, V>(map: Map<K, V>, to: ReadonlyMap<K, V>): void {
  map.clear();
  for (const [key, value] of to) map.set(key, value);
}

/** The name of a size that is a symbol and nothing else. */
export function symbolNameOf(dim: Dim): string | undefined {
  if (typeof dim === "number" || dim.terms.length !== 1) return undefined;
  const [{ coefficient, atoms }] = dim.terms as [DimExpr["terms"][number]];
  const [atom] = atoms;
  return coefficient === 1 && atoms.length === 1 && atom?.kind === "symbol" ? atom.name : undefined;
}
