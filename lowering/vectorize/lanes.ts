/** @file Masks for tails, and folding the lanes of a vector into one number. */

import type { Builder } from "../../ir/builder.js";
import type { AnyOpDef } from "../../ir/define.js";
import { extract } from "../../ir/dialects/vector/element.js";
import { createMask, shuffle } from "../../ir/dialects/vector/shape.js";
import type { Value } from "../../ir/graph.js";

/** The first `count` lanes. */
export function laneMask(b: Builder, count: Value, lanes: number): Value {
  return b.value(createMask, { operands: [count] }, {}, { results: [b.context.types.vector([lanes], "i1")] });
}

/** Halves are joined until one lane is left: the order is the same on every target with as many lanes. */
export function foldLanes(b: Builder, op: AnyOpDef, value: Value, lanes: number): Value {
  let joined = value;
  for (let half = lanes / 2; half >= 1; half /= 2) {
    const mask = Array.from({ length: lanes }, (_, k) => (k + half) % lanes);
    const other = b.value(shuffle, { v1: joined, v2: joined }, { mask });
    joined = b.create(op, [joined, other], {}).result;
  }
  return b.value(extract, { source: joined, dynamic_position: [] }, { static_position: [0] });
}

/**
 * The transpose of as many vectors as each has lanes: in step s, blocks of s lanes change places between rows s apart,
 * so a power of two of lanes takes its logarithm of steps.
 */
export function transposeSquare(b: Builder, rows: readonly Value[]): readonly Value[] {
  const lanes = rows.length;
  let current = [...rows];
  for (let s = 1; s < lanes; s *= 2) {
    const next = [...current];
    for (let i = 0; i < lanes; i++) {
      if ((i & s) !== 0) continue;
      const [low, high] = [current[i]!, current[i + s]!];
      const pick = (inLow: (lane: number) => number, inHigh: (lane: number) => number): Value => {
        const mask = Array.from({ length: lanes }, (_, k) => ((k & s) === 0 ? inLow(k) : lanes + inHigh(k)));
        return b.value(shuffle, { v1: low, v2: high }, { mask });
      };
      next[i] = pick(
        (k) => k,
        (k) => k - s,
      );
      next[i + s] = pick(
        (k) => k + s,
        (k) => k,
      );
    }
    current = next;
  }
  return current;
}
