/** @file The sizes of a function's arguments as values: where symbols can be read when a function starts. */

import type { Builder } from "../../ir/builder.js";
import type { Value } from "../../ir/graph.js";
import { symbolNameOf } from "../../ir/size-facts.js";
import { isShaped } from "../../ir/types.js";
import { axisSize, type SizeScope } from "../shape-values.js";

/** Reads a symbol, at the builder's position, from the first argument of which it is a size by itself; each once. */
export function argumentSizes(b: Builder, args: readonly Value[]): SizeScope {
  const known = new Map<string, Value>();
  return {
    sizeOf(symbol) {
      const found = known.get(symbol) ?? sizeAmong(b, args, symbol);
      if (found) known.set(symbol, found);
      return found;
    },
  };
}

function sizeAmong(b: Builder, args: readonly Value[], symbol: string): Value | undefined {
  for (const arg of args) {
    if (!isShaped(arg.type)) continue;
    const axis = arg.type.shape.findIndex((d) => symbolNameOf(d) === symbol);
    if (axis >= 0) return axisSize(b, arg, axis);
  }
  return undefined;
}
