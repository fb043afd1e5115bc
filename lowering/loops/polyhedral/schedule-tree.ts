/**
 * @file Schedule trees: the order of all points of a scop, and the only thing that loop transformations edit. The node
 * kinds are those of isl (Verdoolaege, Guelton, Grosser and Cohen, "Schedule trees", IMPACT 2014). Trees are data: an
 * edit makes a new one.
 *
 * A band orders points by rows of numbers, a sequence by its children, each of which a filter restricts to some
 * statements. What a leaf leaves unordered may run in any order.
 */

import type { Row } from "../../../ir/analysis/sets/linear.js";

export type ScheduleNode = Band | Sequence | Filter | Mark | Leaf;

export interface Band {
  readonly kind: "band";
  /** Outermost first. */
  readonly members: readonly BandMember[];
  /** Any order of the members, and so tiles of them, keeps all dependences that the band does not come behind. */
  readonly permutable: boolean;
  readonly child: ScheduleNode;
}

/** One dimension of a band, which becomes one loop. */
export interface BandMember {
  /** For each statement below, a row over the columns [parameters, its dims]. */
  readonly rows: ReadonlyMap<string, Row>;
  /** The value is `tile * floor(row / tile)`; 1 for the row itself. */
  readonly tile: number;
  /** No dependence that reaches the band is carried by this member: its values may run at the same time. */
  readonly coincident: boolean;
}

/** Children in order, each a filter. */
export interface Sequence {
  readonly kind: "sequence";
  readonly children: readonly Filter[];
}

/** The points of some statements. */
export interface Filter {
  readonly kind: "filter";
  readonly statements: readonly string[];
  readonly child: ScheduleNode;
}

/** Says how the generator should build what is below. */
export interface Mark {
  readonly kind: "mark";
  readonly name: string;
  readonly child: ScheduleNode;
}

export interface Leaf {
  readonly kind: "leaf";
}

export const leaf: Leaf = { kind: "leaf" };
