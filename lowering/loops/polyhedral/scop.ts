/**
 * @file Static control parts: a nest of affine loops as statements, each with the set of points at which it runs, the
 * elements that it reads and writes there, and the order in which all of that happens, which is a schedule tree.
 * Domains and accesses are exact. Statements keep the operations that they were read from: the generator copies those.
 */

import type { Row } from "../../../ir/analysis/sets/linear.js";
import type { Relation } from "../../../ir/analysis/sets/relation.js";
import type { Operation, Value } from "../../../ir/graph.js";
import type { ScheduleNode } from "./schedule-tree.js";

/** A number that the nest does not change, such as the size of an axis. */
export interface Parameter {
  readonly name: string;
  readonly value: Value;
}

export interface ArrayAccess {
  readonly kind: "read" | "write";
  /** The load or store. */
  readonly op: Operation;
  /** The memref. Two memrefs of one scop share no element. */
  readonly array: Value;
  /** One row per axis of the array, over the columns [parameters, the statement's dims]. */
  readonly indices: readonly Row[];
}

/** How a statement adds to what it writes: `x = x ∘ e`, with an operation whose order may change. */
export type ReductionKind = "add" | "multiply" | "min" | "max";

export interface Statement {
  /** Unique in the scop, such as `S0`; the name of the tuples of its domain. */
  readonly name: string;
  readonly dims: readonly string[];
  /** `{ name[dims] : … }`. */
  readonly domain: Relation;
  /** Reads in program order, then the only write. */
  readonly accesses: readonly ArrayAccess[];
  /** Pure operations between the reads and the write, in program order. */
  readonly body: readonly Operation[];
  /** The induction variable that each dim was, for bodies that use it as a number. */
  readonly induction: readonly Value[];
  /** Present where the element written is also `accumulator`, one of the reads, and is only added to. */
  readonly reduction?: { readonly kind: ReductionKind; readonly accumulator: ArrayAccess };
}

export interface Scop {
  readonly parameters: readonly Parameter[];
  readonly statements: readonly Statement[];
  /** The order of the program as it was written. */
  readonly schedule: ScheduleNode;
}

export function readsOf(statement: Statement): readonly ArrayAccess[] {
  return statement.accesses.filter((access) => access.kind === "read");
}

export function writeOf(statement: Statement): ArrayAccess {
  return statement.accesses.at(-1)!;
}
