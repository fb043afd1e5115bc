/**
 * @file What the builder of a block knows of sizes and values made already, on top of what the blocks around it know.
 */

import type { DimExpr } from "./dim.js";
import type { Value } from "./graph.js";

/** A value of which axis `axis` has a size. */
export interface SizeSource {
  readonly value: Value;
  readonly axis: number;
}

/** What a block knows, on top of what the blocks around it know. */
export class ScopedMap<K, V> {
  readonly #own = new Map<K, V>();
  readonly #outer: ScopedMap<K, V> | undefined;

  constructor(outer: ScopedMap<K, V> | undefined) {
    this.#outer = outer;
  }

  get(key: K): V | undefined {
    for (let map: ScopedMap<K, V> | undefined = this; map; map = map.#outer) {
      const value = map.#own.get(key);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  set(key: K, value: V): void {
    this.#own.set(key, value);
  }
}

export interface Knowledge {
  readonly sources: ScopedMap<string, SizeSource>;
  /** `tensor<i64>` values of sizes, by their keys. */
  readonly scalars: ScopedMap<string, Value>;
  readonly constants: ScopedMap<string, Value>;
  /** The symbols that expressions over computed numbers got, by the keys of those. */
  readonly sizes: ScopedMap<string, DimExpr>;
  /** The symbols of elements of vectors. */
  readonly elements: ScopedMap<Value, Map<number, DimExpr>>;
  /** Symbols that stand for computed numbers and so may not enter a type; one set for a function. */
  readonly computed: Set<string>;
}

export function knowledgeInside(outer: Knowledge | undefined): Knowledge {
  return {
    sources: new ScopedMap(outer?.sources),
    scalars: new ScopedMap(outer?.scalars),
    constants: new ScopedMap(outer?.constants),
    sizes: new ScopedMap(outer?.sizes),
    elements: new ScopedMap(outer?.elements),
    computed: outer?.computed ?? new Set(),
  };
}
