/** @file How large arrays are, to tell what stays in a cache. */

import { elementFacts } from "../../../ir/element.js";
import { elementOf, type MemRefType } from "../../../ir/types.js";

/** What a symbolic size is taken to be. */
const TYPICAL = 1024;

export function bytesOf(type: MemRefType): number {
  const count = type.shape.reduce<number>((n, d) => n * (typeof d === "number" ? d : TYPICAL), 1);
  return count * elementFacts[elementOf(type)].storageBytes;
}
