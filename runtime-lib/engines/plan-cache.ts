/** @file What an engine worked out for the last sizes of every entry: the same sizes usually come again. */

import type { DescribedEntry } from "../native/description.js";
import type { TensorShape } from "./engine.js";

export class PlanCache<T> {
  readonly #last = new Map<DescribedEntry, { readonly key: string; readonly value: T }>();

  /** The value for an entry and `inputs` of these sizes, their types checked: the one kept, or what `make` gives. */
  get(entry: DescribedEntry, inputs: readonly TensorShape[], make: () => T): T {
    let key = "";
    for (const { shape } of inputs) key += `${shape.join("x")},`;
    const last = this.#last.get(entry);
    if (last?.key === key) return last.value;
    const value = make();
    this.#last.set(entry, { key, value });
    return value;
  }
}
