/**
 * @file The program's symbols: names of the exporter (`s0`, `u1`) and the sizes they stand for. Those of inputs are declared with
 * their ranges; those that data decides get their size from the first result that has it.
 */

import type { Context } from "../../ir/context.js";
import type { Dim, DimTable } from "../../ir/dim.js";
import type { Declared } from "./call.js";
import type { Range, Size, TensorMeta } from "./records.js";
import { dimOf, type SymExpr } from "./sympy.js";

export class SymbolTable {
  readonly #dims: DimTable;
  readonly #ranges: ReadonlyMap<string, Range>;
  readonly #known = new Map<string, Dim>();
  /** The size of an expression, once all its symbols are known. */
  readonly #memo = new Map<SymExpr, Dim>();

  constructor(context: Context, ranges: ReadonlyMap<string, Range>) {
    this.#dims = context.dims;
    this.#ranges = ranges;
  }

  get(name: string): Dim | undefined {
    return this.#known.get(name);
  }

  range(name: string): Range {
    return this.#ranges.get(name) ?? { min: 0, max: Infinity };
  }

  /** Declares a symbol of the inputs. */
  declare(name: string): Dim {
    const { min, max } = this.range(name);
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const dim = min === max ? min : this.#dims.symbol(this.#freshName(name), { min: Math.max(0, min), max }, "input");
    this.#known.set(name, dim);
    return dim;
  }

  /** Programs of one archive have symbols of the same names that are not the same. */
  #freshName(name: string): string {
    if (!this.#dims.has(name)) return name;
    for (let k = 1; ; k++) if (!this.#dims.has(`${name}_${k}`)) return `${name}_${k}`;
  }

  /** States what a symbol is; the first statement holds. */
  bind(name: string, dim: Dim): void {
    if (!this.#known.has(name)) this.#known.set(name, dim);
  }

  /** The size; `undefined` while one of its symbols is not known, or where it is not made of integers. */
  dim(size: Size): Dim | undefined {
    if (typeof size === "number") return size;
    const known = this.#memo.get(size);
    if (known !== undefined) return known;
    const dim = dimOf(size, this.#dims, (name) => this.#known.get(name));
    if (dim !== undefined) this.#memo.set(size, dim);
    return dim;
  }

  declared(meta: TensorMeta): Declared {
    return {
      element: meta.element,
      shape: meta.sizes.map((d) => this.dim(d)),
      strides: meta.strides.map((d) => this.dim(d)),
    };
  }
}
