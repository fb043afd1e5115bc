/**
 * @file Pass `eliminate-common-subexpressions`: of two pure operations with the same operands and attributes the
 * later goes, where the earlier dominates it. Scopes follow regions; isolated operations begin anew.
 */

import { printAttr, printAttrDict } from "../../ir/attrs.js";
import type { Context } from "../../ir/context.js";
import { functionsOf } from "../../ir/dialects/func.js";
import type { Operation, Region, Value } from "../../ir/graph.js";
import type { Pass } from "../../ir/pass.js";
import { attrKindOf } from "../../ir/slots.js";

export const eliminateCommonSubexpressions: Pass = {
  name: "eliminate-common-subexpressions",
  summary: "Computes equal pure operations once.",
  run(module, context) {
    for (const func of functionsOf(module)) new Scopes(context).region(func.region(0));
  },
};

class Scopes {
  readonly #context: Context;
  readonly #ids = new Map<Value, number>();
  /** Keys in force, innermost scope last. */
  readonly #known: Map<string, Operation>[] = [];

  constructor(context: Context) {
    this.#context = context;
  }

  region(region: Region): void {
    // Several blocks would need the dominator tree; each then starts its own scope, which is safe.
    for (const block of region.blocks) {
      this.#known.push(new Map());
      for (const op of block.ops()) this.#operation(op);
      this.#known.pop();
    }
  }

  #operation(op: Operation): void {
    for (const inner of op.regions) this.region(inner);
    if (!op.def.traits.includes("pure") || op.regions.length > 0 || op.results.length === 0) return;
    const key = this.#key(op);
    const earlier = this.#lookup(key);
    if (!earlier) {
      this.#known.at(-1)!.set(key, op);
      return;
    }
    op.results.forEach((r, i) => {
      r.replaceAllUsesWith(earlier.results[i]!);
    });
    op.erase();
  }

  #lookup(key: string): Operation | undefined {
    for (let i = this.#known.length - 1; i >= 0; i--) {
      const found = this.#known[i]!.get(key);
      if (found) return found;
    }
    return undefined;
  }

  #key(op: Operation): string {
    const types = op.results.map((r) => this.#context.types.key(r.type)).join(",");
    const operands = op.operands.map((x) => this.#id(x)).join(",");
    return `${op.name}(${operands})[${this.#attrs(op)}]${op.segments?.join(".") ?? ""}:${types}`;
  }

  #attrs(op: Operation): string {
    const declared = op.def.attrNames.map((name) => {
      const value = op.attrs[name];
      return value === undefined ? "" : printAttr(attrKindOf(op.def.attrs[name]!).write(value, this.#context));
    });
    return `${declared.join(";")}|${printAttrDict(op.extra)}`;
  }

  #id(value: Value): number {
    let id = this.#ids.get(value);
    if (id === undefined) {
      id = this.#ids.size;
      this.#ids.set(value, id);
    }
    return id;
  }
}
