/** @file A place in generated code: loops that are open, and what is left of each statement there. */

import { type Basic, type Constraint, constraintsOf } from "../../../ir/analysis/sets/basic.js";
import { eliminateRationally } from "../../../ir/analysis/sets/eliminate.js";
import { offsetRow, type Row, rowOf, scaleRow, Work } from "../../../ir/analysis/sets/linear.js";
import { range } from "../../../ir/analysis/sets/space.js";
import type { Builder } from "../../../ir/builder.js";
import type { Value } from "../../../ir/graph.js";
import type { Position } from "../../structured/index-arithmetic.js";
import { joined, narrowed, widened } from "./cautious-sets.js";
import type { EmitOptions } from "./emit-statement.js";
import type { BandMember } from "./schedule-tree.js";
import type { Scop, Statement } from "./scop.js";

/** The loop of a band's member, with its position in the code. */
export interface Variable {
  readonly member: BandMember;
  readonly value: Position;
}

/** Points of one statement. A statement may have several items, which share no point. */
export interface Item {
  readonly statement: Statement;
  /** Over [parameters | variables | dims of the statement]: exactly the points that are to run here. */
  readonly set: Basic;
}

export interface Place {
  readonly scop: Scop;
  readonly b: Builder;
  /** Outermost first. */
  readonly variables: readonly Variable[];
  /** What is known of [parameters | variables] here. */
  readonly context: Basic;
  readonly items: readonly Item[];
}

/** What a mark's handler may ask for beside what the place says. */
export interface MarkedPlace extends Place {
  /** Positions of [parameters | variables]. */
  readonly columns: readonly Position[];
  emitStatement(b: Builder, statement: Statement, dims: readonly Position[], options?: EmitOptions): Value;
  /** What the generator would make of the subtree, for `b` in or below this place. */
  generateBelow(b: Builder): void;
}

export function columnsOf(place: Place): Position[] {
  return [...place.scop.parameters.map((p) => p.value), ...place.variables.map((v) => v.value)];
}

/** The number of parameters and variables. */
export function outerCount(place: Place): number {
  return place.scop.parameters.length + place.variables.length;
}

/** What the member's value, in the column after the outer ones, has to do with the dims of a statement. */
function memberConstraints(member: BandMember, statement: Statement, parameters: number, outer: number): Constraint[] {
  const row = member.rows.get(statement.name)!;
  const columns = outer + 1 + statement.dims.length;
  const wide = rowInItem(row, parameters, outer + 1);
  const difference = wide.map((x, i) => (i === outer + 1 ? -1 : x));
  if (member.tile === 1) return [{ kind: "eq", row: difference }];
  return [
    { kind: "ge", row: difference },
    { kind: "ge", row: offsetRow(scaleRow(-1, difference), member.tile - 1) },
    { kind: "mod", row: rowOf(columns, 0, [outer, 1]), modulus: member.tile },
  ];
}

/** A row over [parameters | dims] as one over [parameters | variables | dims]. */
export function rowInItem(row: Row, parameters: number, outer: number): Row {
  return [
    ...row.slice(0, parameters + 1),
    ...new Array<number>(outer - parameters).fill(0),
    ...row.slice(parameters + 1),
  ];
}

/** Items with a column for the member after the outer ones. */
export function itemsAlong(place: Place, member: BandMember): Item[] {
  const outer = outerCount(place);
  return place.items.map(({ statement, set }) => {
    const constraints = memberConstraints(member, statement, place.scop.parameters.length, outer);
    return { statement, set: joined(widened(set, outer, 1), constraints) };
  });
}

/** A superset of what an item says of its first `outer` columns; undefined where it is empty. */
export function shadowOf(item: Item, outer: number): Basic | undefined {
  const dims = range(outer, item.set.columns - outer);
  const shadow = eliminateRationally(item.set, dims, new Work());
  return shadow && narrowed(shadow, outer);
}

export const inContext = (context: Basic, more: Basic): Basic => joined(context, constraintsOf(more));
