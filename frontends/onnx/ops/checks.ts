/** @file What rows ask of operands before they take them apart: ranks, sizes and kinds of elements. */

import { isFloat } from "../../../ir/element.js";
import type { ImportNode } from "../context.js";

/** Input `i`, where it is given, must have one of these ranks. */
export function checkRank(n: ImportNode, i: number, ...ranks: readonly number[]): void {
  if (!n.has(i) || ranks.includes(n.rank(i))) return;
  n.invalid(`input ${i} has rank ${n.rank(i)} instead of ${ranks.join(" or ")}`);
}

/** Input `i` must have at least this rank. */
export function checkLeastRank(n: ImportNode, i: number, least: number): void {
  if (n.rank(i) < least) n.invalid(`input ${i} has rank ${n.rank(i)}, it must have ${least} at least`);
}

/** Inputs, where they are given, must hold floats. */
export function checkFloats(n: ImportNode, ...inputs: readonly number[]): void {
  for (const i of inputs) {
    if (n.has(i) && !isFloat(n.element(i))) n.invalid(`input ${i} holds ${n.element(i)} where floats are needed`);
  }
}

/** Input `i`, a vector, must have `size` elements. */
export function checkLength(n: ImportNode, i: number, size: number): void {
  checkRank(n, i, 1);
  const [own] = n.shape(i);
  if (typeof own === "number" && own !== size) n.invalid(`input ${i} has ${own} elements instead of ${size}`);
}
