/** @file Random sets and relations with a reproducible stream: equations, inequalities and congruences of small coefficients. */

import { type Basic, basicOf, type Constraint } from "../../../ir/analysis/sets/basic.js";
import { rowOf } from "../../../ir/analysis/sets/linear.js";
import type { Relation } from "../../../ir/analysis/sets/relation.js";
import { columnsOfSpace, type Space } from "../../../ir/analysis/sets/space.js";

/** Integers from `low` to `high`, both included. */
export type Draw = (low: number, high: number) => number;

export function drawFrom(seed: number): Draw {
  let state = seed;
  return (low, high) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return low + Math.floor((state / 2 ** 32) * (high - low + 1));
  };
}

function randomBasic(columns: number, box: number | undefined, draw: Draw): Basic {
  const constraints: Constraint[] = [];
  for (let i = draw(1, 4); i > 0; i--) {
    const row = [draw(-6, 6), ...Array.from({ length: columns }, () => (draw(0, 2) === 0 ? 0 : draw(-3, 3)))];
    const kind = draw(0, 7);
    if (kind === 0) constraints.push({ kind: "mod", row, modulus: draw(2, 5) });
    else constraints.push({ kind: kind === 1 ? "eq" : "ge", row });
  }
  for (let c = 0; box !== undefined && c < columns; c++) {
    constraints.push(
      { kind: "ge", row: rowOf(columns, box, [c, 1]) },
      { kind: "ge", row: rowOf(columns, box, [c, -1]) },
    );
  }
  return basicOf(columns, constraints);
}

/** One or two basic sets; within -box <= column <= box where a box is given. */
export function randomRelation(space: Space, box: number | undefined, draw: Draw): Relation {
  const basics = Array.from({ length: draw(1, 2) }, () => randomBasic(columnsOfSpace(space), box, draw));
  return { space, basics };
}

/** All points with `columns` values from -box to box. */
export function pointsOfBox(columns: number, box: number): number[][] {
  if (columns === 0) return [[]];
  return pointsOfBox(columns - 1, box).flatMap((p) => Array.from({ length: 2 * box + 1 }, (_, i) => [...p, i - box]));
}
