/**
 * @file Copies that happen at once, such as the swap of two loop-carried tensors, put in an order that gives the same:
 * a buffer is overwritten only when nobody still reads it; a ring of copies is opened by saving one buffer aside.
 */

import type { Value } from "../../ir/graph.js";
import type { MemRefType } from "../../ir/types.js";
import type { Storage } from "./storage.js";

export interface BufferCopy {
  readonly from: Storage;
  readonly source: Value;
  readonly to: Storage;
  readonly target: Value;
}

/** How a buffer is saved aside. */
export interface Saving {
  /** A new buffer with the same contents. */
  copied(source: Value): Value;
  /** The buffer under another shape. */
  seenAs(buffer: Value, type: MemRefType): Value;
}

/** The copies one by one, to be made as they come. */
export function* orderCopies(
  copies: readonly BufferCopy[],
  save: Saving,
): Generator<{ readonly source: Value; readonly target: Value }> {
  let pending: readonly (Omit<BufferCopy, "from"> & { readonly from: Storage | undefined })[] = copies;
  while (pending.length > 0) {
    const ready = pending.find((c) => !pending.some((other) => other !== c && other.from === c.to));
    if (ready) {
      yield ready;
      pending = pending.filter((c) => c !== ready);
      continue;
    }
    const [first] = pending as readonly [BufferCopy];
    const saved = save.copied(first.source);
    const inPlaceOf = (source: Value): Value =>
      source.type === saved.type ? saved : save.seenAs(saved, source.type as MemRefType);
    pending = pending.map((c) => (c.from === first.from ? { ...c, from: undefined, source: inPlaceOf(c.source) } : c));
  }
}
