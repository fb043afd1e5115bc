/**
 * @file What names of an ONNX graph stand for while it is imported: tensors are values of the program; sequences,
 * optionals and tensors of strings exist only in the importer, which must therefore know their lengths.
 */

import { Value } from "../../ir/graph.js";
import type { OnnxType } from "./records.js";

export interface SequenceItem {
  readonly kind: "sequence";
  readonly items: readonly Imported[];
}

export interface OptionalItem {
  readonly kind: "optional";
  readonly item: Imported | undefined;
}

/** A tensor of strings known at import time, row-major. */
export interface StringsItem {
  readonly kind: "strings";
  readonly shape: readonly number[];
  readonly values: readonly string[];
}

/** What a node that was refused would have given. */
export interface MissingItem {
  readonly kind: "missing";
  readonly type: OnnxType | undefined;
}

export type Imported = Value | SequenceItem | OptionalItem | StringsItem | MissingItem;

export function isTensor(x: Imported): x is Value {
  return x instanceof Value;
}

/** What an imported value is, for messages. */
export function describeImported(x: Imported): string {
  if (isTensor(x)) return "a tensor";
  if (x.kind === "strings") return "a tensor of strings";
  if (x.kind === "missing") return "nothing, as its node is not supported";
  return x.kind === "optional" ? "an optional" : "a sequence";
}

/** Names of a graph, seeing those of the graphs around it. */
export class Scope {
  readonly #own = new Map<string, Imported>();
  readonly #lazy = new Map<string, () => Imported>();
  readonly #outer: Scope | undefined;

  constructor(outer?: Scope) {
    this.#outer = outer;
  }

  get(name: string): Imported | undefined {
    for (let scope: Scope | undefined = this; scope; scope = scope.#outer) {
      const found = scope.#own.get(name) ?? scope.#make(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  set(name: string, value: Imported): void {
    this.#own.set(name, value);
  }

  /** A name whose value is made when somebody first asks for it. */
  setLazy(name: string, make: () => Imported): void {
    this.#lazy.set(name, make);
  }

  hasOwn(name: string): boolean {
    return this.#own.has(name) || this.#lazy.has(name);
  }

  #make(name: string): Imported | undefined {
    const made = this.#lazy.get(name)?.();
    if (made !== undefined) this.#own.set(name, made);
    return made;
  }
}
