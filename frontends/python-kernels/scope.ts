/** @file What names mean within a kernel, and what a first reading of it found out about them. */

import type { AffineExpr } from "../../ir/affine-expr.js";
import type { Value } from "../../ir/graph.js";
import type { Num, NumberType } from "./numbers.js";

export type Binding =
  /** A size or a constant of the module. */
  | { readonly kind: "number"; readonly num: () => Num; readonly affine: AffineExpr | undefined }
  /** The counter of a loop; without `affine` one that counts by bounds which are not. */
  | { readonly kind: "counter"; readonly index: () => Value; readonly affine: AffineExpr | undefined }
  /** A number given once. */
  | { readonly kind: "value"; readonly num: Num; readonly affine: AffineExpr | undefined }
  /** A number in memory, of rank 0. */
  | {
      readonly kind: "cell";
      readonly memref: Value;
      readonly type: NumberType;
      readonly affine: AffineExpr | undefined;
    }
  | { readonly kind: "array"; readonly memref: Value; readonly type: NumberType; readonly rank: number };

/** Names by blocks, the innermost last. */
export class Scope {
  readonly #blocks: Map<string, Binding>[] = [new Map()];

  find(name: string): Binding | undefined {
    return this.#blocks.findLast((b) => b.has(name))?.get(name);
  }

  set(name: string, binding: Binding): void {
    this.#blocks.at(-1)!.set(name, binding);
  }

  within<T>(fill: () => T): T {
    this.#blocks.push(new Map());
    try {
      return fill();
    } finally {
      this.#blocks.pop();
    }
  }

  get names(): readonly string[] {
    return this.#blocks.flatMap((b) => [...b.keys()]);
  }
}

/** What readings of a kernel find out for the next one: the types of its variables, and which of them need memory. */
export class Findings {
  readonly types = new Map<string, Pick<Num, "type" | "weak">>();
  readonly cells = new Set<string>();
  readonly written = new Set<string>();
  changed = false;

  needsCell(name: string): void {
    if (this.cells.has(name)) return;
    this.cells.add(name);
    this.changed = true;
  }
}
