/**
 * @file Copies that happen at once, such as the swap of two loop-carried tensors, put in an order that gives the same:
 * a buffer is overwritten only when nobody still reads it; a ring of copies is opened by saving one buffer aside.
 */

import type { Value } from "../../ir/graph.js";
import type { Storage } from "./storage.js";

export interface BufferCopy {
  readonly from: Storage;
  readonly source: Value;
  readonly to: Storage;
  readonly target: Value;
}

/** `save` copies a buffer to a new one, which it gives. The copies come one by one, to be made as they come. */
export function* orderCopies(
  copies: readonly BufferCopy[],
  save: (source: Value) => Value,
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
    const saved = save(first.source);
    pending = pending.map((c) =>
      c.from === first.from ? { ...c, from: undefined, source: sameShape(c.source, first.source, saved) } : c,
    );
  }
}

/** The saved buffer stands for every copy from the same storage that sees it in the same shape. */
function sameShape(source: Value, first: Value, saved: Value): Value {
  if (source.type !== first.type) throw new Error("a ring of copies sees one buffer in two shapes");
  return saved;
}
