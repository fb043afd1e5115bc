/**
 * @file When a tile is full: every point of its box is a point of every statement that has any there, so that its loops
 * have fixed bounds.
 */

import { type Basic, basicOf, type Constraint, constraintsOf, negate } from "../../../ir/analysis/sets/basic.js";
import { eliminateColumns } from "../../../ir/analysis/sets/eliminate.js";
import { checked, type Row, SetsTooLarge, Work } from "../../../ir/analysis/sets/linear.js";
import { range } from "../../../ir/analysis/sets/space.js";
import { joined, simplified, widened } from "./cautious-sets.js";
import { type Item, outerCount, type Place, rowInItem, shadowOf } from "./place.js";
import type { BandMember } from "./schedule-tree.js";

/** A member of a point band with the variable of its tile. */
interface Side {
  readonly member: BandMember;
  /** The index of the variable. */
  readonly variable: number;
  readonly tile: number;
}

/**
 * The condition on [parameters | variables] under which the tile that the place is in is full for the members of a band
 * of points. Undefined where it is in no tile of them, or no tile is full.
 */
export function fullTile(place: Place, members: readonly BandMember[]): Basic | undefined {
  const sides = members.flatMap((member) => sideOf(place, member) ?? []);
  if (sides.length === 0) return undefined;
  const constraints: Constraint[] = [];
  for (const item of place.items) {
    const more = fullFor(place, item, sides) ?? absentFor(place, item);
    if (more === undefined) return undefined;
    constraints.push(...more);
  }
  return basicOf(outerCount(place), constraints);
}

function sideOf(place: Place, member: BandMember): Side | undefined {
  if (member.tile !== 1) return undefined;
  const names = place.items.map((item) => item.statement.name);
  const isSame = (other: BandMember) =>
    names.every((name) => other.rows.get(name)?.join() === member.rows.get(name)!.join());
  const variable = place.variables.findLastIndex((v) => isSame(v.member));
  const tile = place.variables[variable]?.member.tile ?? 1;
  return tile === 1 ? undefined : { member, variable, tile };
}

/** What makes every point of the box a point of the item's shadow on the sides. */
function fullFor(place: Place, { statement, set }: Item, sides: readonly Side[]): readonly Constraint[] | undefined {
  const parameters = place.scop.parameters.length;
  const outer = outerCount(place);
  const wide = outer + sides.length;
  const equations = sides.map(({ member }, i): Constraint => {
    const row = rowInItem(member.rows.get(statement.name)!, parameters, wide);
    return { kind: "eq", row: row.map((x, k) => (k === outer + i + 1 ? -1 : x)) };
  });
  const points = joined(widened(set, outer, sides.length), equations);
  const [shadow, more] = exactShadow(points, range(wide, statement.dims.length));
  if (shadow === undefined || more !== undefined) return undefined;
  const constraints = constraintsOf(shadow).map((c) => leastOverBox(c, parameters, outer, sides));
  return constraints.every((c) => c !== undefined) ? constraints : undefined;
}

/** What alone keeps all points of the item out of the tile, where one constraint does. */
function absentFor(place: Place, item: Item): readonly Constraint[] | undefined {
  const shadow = shadowOf(item, outerCount(place));
  const [only, more] = constraintsOf((shadow && simplified(shadow, place.context)) ?? basicOf(0, []));
  if (only === undefined || more !== undefined) return undefined;
  const opposite = negate(only, new Work());
  return opposite.length === 1 ? opposite : undefined;
}

function exactShadow(basic: Basic, columns: readonly number[]): readonly Basic[] {
  try {
    return eliminateColumns(basic, columns, new Work(2_000_000));
  } catch (error) {
    if (error instanceof SetsTooLarge) return [];
    throw error;
  }
}

/** The constraint where it is least over the box; undefined where no box of two points satisfies it. */
function leastOverBox(
  constraint: Constraint,
  parameters: number,
  outer: number,
  sides: readonly Side[],
): Constraint | undefined {
  const row: number[] = constraint.row.slice(0, outer + 1);
  for (const [i, { variable, tile }] of sides.entries()) {
    const c = constraint.row[outer + i + 1]!;
    if (c === 0) continue;
    if (constraint.kind === "eq") return undefined;
    if (constraint.kind === "mod" && c % constraint.modulus !== 0) return undefined;
    const column = parameters + variable + 1;
    row[column] = checked(row[column]! + c);
    if (c < 0) row[0] = checked(row[0]! + checked(c * (tile - 1)));
  }
  return withRow(constraint, row);
}

function withRow(constraint: Constraint, row: Row): Constraint {
  return constraint.kind === "mod" ? { kind: "mod", row, modulus: constraint.modulus } : { kind: constraint.kind, row };
}
