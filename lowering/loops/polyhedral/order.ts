/**
 * @file What a schedule tree says of two points: which runs first, or that it leaves them unordered.
 * Answers are basic sets over [parameters, dims of one statement, dims of the other]; tiled members append columns of
 * their own, which callers keep where they only ask for emptiness. Nothing is approximated.
 */

import { type Basic, basicOf, type Constraint } from "../../../ir/analysis/sets/basic.js";
import { combineRows, offsetRow, type Row, scaleRow } from "../../../ir/analysis/sets/linear.js";
import type { BandMember, ScheduleNode } from "./schedule-tree.js";
import type { Scop, Statement } from "./scop.js";

export interface Order {
  /** The pairs of which the first statement's point comes before the second's. */
  readonly before: readonly Basic[];
  readonly after: readonly Basic[];
  /** The pairs that the tree does not order, among them each point with itself. */
  readonly unordered: readonly Basic[];
}

/** A row of a statement over the columns of pairs; `first` is the column of its dim 0. */
export function rowInPair(row: Row, parameters: number, first: number, columns: number): number[] {
  const wide = new Array<number>(columns + 1).fill(0);
  for (let i = 0; i <= parameters; i++) wide[i] = row[i]!;
  for (let i = parameters + 1; i < row.length; i++) wide[first + i - parameters] = row[i]!;
  return wide;
}

/** How the tree orders the points of two statements, which may be the same. */
export function orderOf(scop: Scop, root: ScheduleNode, first: Statement, second: Statement): Order {
  return new Comparison(scop.parameters.length, first, second).compare(root);
}

class Comparison {
  readonly #parameters: number;
  readonly #first: Statement;
  readonly #second: Statement;
  readonly #before: Basic[] = [];
  readonly #after: Basic[] = [];
  readonly #unordered: Basic[] = [];
  /** What pairs that are still undecided satisfy. */
  #equal: Constraint[] = [];
  #columns: number;

  constructor(parameters: number, first: Statement, second: Statement) {
    this.#parameters = parameters;
    this.#first = first;
    this.#second = second;
    this.#columns = parameters + first.dims.length + second.dims.length;
  }

  compare(root: ScheduleNode): Order {
    this.#visit(root);
    return { before: this.#before, after: this.#after, unordered: this.#unordered };
  }

  #visit(node: ScheduleNode): void {
    if (node.kind === "leaf") this.#decide(this.#unordered);
    else if (node.kind === "mark") this.#visit(node.child);
    else if (node.kind === "band") {
      for (const member of node.members) this.#compareMember(member);
      this.#visit(node.child);
    } else if (node.kind === "filter") {
      const [a, b] = [this.#first, this.#second].map((s) => node.statements.includes(s.name));
      if (a && b) this.#visit(node.child);
      else this.#decide(this.#unordered);
    } else {
      const at = (s: Statement) => node.children.findIndex((child) => child.statements.includes(s.name));
      const [a, b] = [at(this.#first), at(this.#second)];
      if (a < 0 || b < 0) this.#decide(this.#unordered);
      else if (a === b) this.#visit(node.children[a]!.child);
      else this.#decide(a < b ? this.#before : this.#after);
    }
  }

  #decide(group: Basic[], ...more: readonly Constraint[]): void {
    const constraints = [...this.#equal, ...more].map((c) => ({ ...c, row: padRow(c.row, this.#columns) }));
    group.push(basicOf(this.#columns, constraints));
  }

  #compareMember(member: BandMember): void {
    const [a, b] = [this.#rowOf(member, this.#first, 0), this.#rowOf(member, this.#second, this.#first.dims.length)];
    if (a === undefined || b === undefined) throw new Error("a band lacks a row for a statement below it");
    const difference = member.tile === 1 ? combineRows(1, b, -1, a) : this.#tileDifference(a, b, member.tile);
    this.#decide(this.#before, { kind: "ge", row: offsetRow(difference, -1) });
    this.#decide(this.#after, { kind: "ge", row: offsetRow(scaleRow(-1, difference), -1) });
    this.#equal.push({ kind: "eq", row: difference });
  }

  #rowOf(member: BandMember, statement: Statement, before: number): number[] | undefined {
    const row = member.rows.get(statement.name);
    return row && rowInPair(row, this.#parameters, this.#parameters + before, this.#columns);
  }

  /** floor(b / tile) - floor(a / tile), by way of a new column for each quotient. */
  #tileDifference(a: Row, b: Row, tile: number): number[] {
    const [p, q] = [this.#columns++, this.#columns++];
    for (const [row, column] of [
      [a, p],
      [b, q],
    ] as const) {
      const rest = padRow(row, this.#columns);
      rest[column + 1] = -tile;
      this.#equal.push({ kind: "ge", row: rest }, { kind: "ge", row: offsetRow(scaleRow(-1, rest), tile - 1) });
    }
    const difference = padRow([], this.#columns);
    difference[q + 1] = 1;
    difference[p + 1] = -1;
    return difference;
  }
}

function padRow(row: Row, columns: number): number[] {
  return Array.from({ length: columns + 1 }, (_, i) => row[i] ?? 0);
}
