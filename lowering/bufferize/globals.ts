/**
 * @file Constants of the program as globals of the module: elements by reference stay references, equal constants are
 * one global. Names are those of the weights where they have one.
 */

import { type DenseAttr, printAttr, type ResourceAttr } from "../../ir/attrs.js";
import { Builder } from "../../ir/builder.js";
import type { Context } from "../../ir/context.js";
import { moduleBody } from "../../ir/dialects/builtin.js";
import { global } from "../../ir/dialects/memref/global.js";
import type { Operation } from "../../ir/graph.js";
import { brokenInvariant } from "../../ir/invariant.js";

/** The globals of a module, by their elements. */
export class Globals {
  readonly #module: Operation;
  readonly #context: Context;
  readonly #byElements = new Map<string, string>();
  readonly #names = new Set<string>();

  constructor(module: Operation, context: Context) {
    this.#module = module;
    this.#context = context;
    for (const op of moduleBody(module).ops()) {
      this.#names.add(String(op.attrs["sym_name"]));
      if (!global.matches(op)) continue;
      const { initial_value: value, sym_name: name } = global.attrsOf(op);
      if (value) this.#byElements.set(printAttr(value), name);
    }
  }

  /** The name of the global that holds `value`, made where there is none. */
  nameFor(value: DenseAttr | ResourceAttr): string {
    const key = printAttr(value);
    const known = this.#byElements.get(key);
    if (known !== undefined) return known;
    const name = this.#freshName(value.kind === "resource" ? value.name : "constant");
    const builder = new Builder(this.#context, moduleBody(this.#module), moduleBody(this.#module).first);
    const type = this.#context.types.memref(value.type.shape, value.type.element);
    const initial = value.kind === "dense" && value.type.kind === "vector" ? undefined : value;
    if (!initial) throw brokenInvariant("a global cannot hold a vector", builder.at);
    builder.op(global, {}, { sym_name: name, sym_visibility: "private", constant: true, type, initial_value: initial });
    this.#byElements.set(key, name);
    this.#names.add(name);
    return name;
  }

  #freshName(base: string): string {
    const clean = base.replace(/[^\w$.]/g, "_").replace(/^(?=\d)/, "_");
    if (!this.#names.has(clean)) return clean;
    for (let i = 1; ; i++) if (!this.#names.has(`${clean}_${i}`)) return `${clean}_${i}`;
  }
}
