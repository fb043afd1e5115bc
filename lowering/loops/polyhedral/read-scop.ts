/**
 * @file Reads the affine nests of a function as a scop. Whatever is not affine, or would have to be guessed, is refused with
 * a reason. Values that the function computes before and beside its loops stay where they are; every store becomes a
 * statement with its own copy of the loads and pure operations that it depends on.
 */

import { basicOf, remapBasic } from "../../../ir/analysis/sets/basic.js";
import { eliminateColumns } from "../../../ir/analysis/sets/eliminate.js";
import { rowOf, SetsTooLarge, Work } from "../../../ir/analysis/sets/linear.js";
import type { Relation } from "../../../ir/analysis/sets/relation.js";
import { range, setSpace } from "../../../ir/analysis/sets/space.js";
import * as affine from "../../../ir/dialects/affine/for.js";
import type { Operation, Value } from "../../../ir/graph.js";
import {
  type Condition,
  constraintOf,
  definitionOf,
  isQuotient,
  type Quotient,
  quotientsIn,
  rowOfSum,
} from "./affine-sums.js";
import { type AccessSums, accessOf, isLoad, isStore, sliceOf } from "./read-body.js";
import { type Around, enterIf, enterLoop } from "./read-control.js";
import { hasMemoryOf, isHoisted, isPure, Refused } from "./read-values.js";
import { reductionOf } from "./reductions.js";
import { type Filter, leaf, type ScheduleNode } from "./schedule-tree.js";
import type { ArrayAccess, Scop, Statement } from "./scop.js";

const notAffine: Readonly<Record<string, string>> = {
  "scf.for": "the bounds of a loop are not affine",
  "scf.if": "a condition is not affine",
};

/** Why a function is no scop. */
export interface Refusal {
  readonly reason: string;
  readonly at?: Operation;
}

/** A store with all around it, before the parameters of the scop are known. */
interface Found {
  readonly name: string;
  readonly around: Around;
  readonly accesses: readonly AccessSums[];
  readonly body: readonly Operation[];
}

/** The order of what was found: loops have a depth, children stand in order. */
type Order =
  | { readonly kind: "statement"; readonly found: Found }
  | { readonly kind: "loop"; readonly depth: number; readonly children: readonly Order[] };

/** The nests in the body of a function of one block as a scop. */
export function readScop(func: Operation): Scop | Refusal {
  try {
    const [block, more] = func.region(0).blocks;
    if (block === undefined || more !== undefined) return { reason: "the function is not one block", at: func };
    const reader = new Reader(func);
    const order = reader.children(block.first, { loops: [], alternatives: [[]] });
    if (reader.found.length === 0) return { reason: "nothing is stored", at: func };
    return scopOf(reader.found, order);
  } catch (error) {
    if (error instanceof Refused) return { reason: error.message, at: error.at };
    if (error instanceof SetsTooLarge) return { reason: "the domains are too large to be exact", at: func };
    throw error;
  }
}

class Reader {
  readonly found: Found[] = [];
  readonly #func: Operation;

  constructor(func: Operation) {
    this.#func = func;
  }

  children(first: Operation | undefined, around: Around): Order[] {
    const orders: Order[] = [];
    for (let op = first; op; op = op.next) orders.push(...this.#order(op, around));
    return orders;
  }

  #order(op: Operation, around: Around): readonly Order[] {
    if (affine.forOp.matches(op)) {
      const children = this.children(op.region(0).blocks[0]!.first, enterLoop(op, around));
      return children.length === 0 ? [] : [{ kind: "loop", depth: around.loops.length, children }];
    }
    if (affine.ifOp.matches(op) && op.results.length === 0) {
      const { inside, otherwise } = enterIf(op, around);
      const branch = (i: number, inner: Around) => this.children(op.region(i).blocks[0]?.first, inner);
      return [...branch(0, inside), ...branch(1, otherwise)];
    }
    if (isStore(op)) return [{ kind: "statement", found: this.#statement(op, around) }];
    const known = isLoad(op) || isPure(op) || op.def.traits.includes("terminator") || isHoisted(op, this.#func);
    if (!known) throw new Refused(notAffine[op.name] ?? `${op.name} is neither affine control, an access nor pure`, op);
    return [];
  }

  #statement(store: Operation, around: Around): Found {
    if (!hasMemoryOf(store, this.#func)) throw new Refused("the memref stored to is made inside", store);
    const { loads, body } = sliceOf(store, this.#func);
    const found: Found = {
      name: `S${this.found.length}`,
      around,
      accesses: [...loads, store].map((op) => accessOf(op, this.#func)),
      body,
    };
    this.found.push(found);
    return found;
  }
}

function scopOf(found: readonly Found[], order: readonly Order[]): Scop {
  const parameters = parametersOf(found);
  const names = parameters.map((_, i) => `n${i}`);
  const statements = found.map((f) => statementOf(f, parameters, names));
  const tree = treeOf(order, parameters.length);
  return { parameters: parameters.map((value, i) => ({ name: names[i]!, value })), statements, schedule: tree };
}

function sumsOf(found: Found) {
  const conditions = found.around.alternatives.flat().map((c) => c.sum);
  return [...conditions, ...found.accesses.flatMap((a) => a.indices)];
}

/** All values that are no induction variable, in order of appearance. */
function parametersOf(found: readonly Found[]): Value[] {
  const parameters = new Set<Value>();
  for (const f of found) {
    const sums = sumsOf(f);
    const dividends = quotientsIn(sums).map((q) => q.dividend);
    for (const term of [...sums, ...dividends].flatMap((s) => [...s.terms.keys()])) {
      if (!isQuotient(term) && !f.around.loops.includes(term)) parameters.add(term);
    }
  }
  return [...parameters];
}

function statementOf(found: Found, parameters: readonly Value[], names: readonly string[]): Statement {
  const { loops } = found.around;
  const dims = loops.map((_, i) => `i${i}`);
  const columns = [...parameters, ...loops];
  const domain: Relation = {
    space: setSpace(names, { name: found.name, dims }),
    basics: found.around.alternatives.flatMap((conditions) => basicsOf(conditions, columns)),
  };
  const accesses = found.accesses.map(({ kind, op, array, indices }): ArrayAccess => {
    const rows = indices.map((sum) => rowOfSum(sum, columns));
    if (rows.includes(undefined)) throw new Refused("an index divides", op);
    return { kind, op, array, indices: rows.map((row) => row!) };
  });
  const reduction = reductionOf(domain, accesses, found.body);
  const base = { name: found.name, dims, domain, accesses, body: found.body, induction: loops };
  return reduction === undefined ? base : { ...base, reduction };
}

function basicsOf(conditions: readonly Condition[], columns: readonly Value[]) {
  const quotients = quotientsIn(conditions.map((c) => c.sum));
  const all: readonly (Value | Quotient)[] = [...columns, ...quotients];
  const constraints = [
    ...conditions.map((c) => constraintOf(c, all)!),
    ...quotients.flatMap((q) => definitionOf(q, all)!),
  ];
  const basic = basicOf(all.length, constraints);
  const target = all.map((_, i) => (i < columns.length ? i : undefined));
  return eliminateColumns(basic, range(columns.length, quotients.length), new Work()).map((b) =>
    remapBasic(b, columns.length, target),
  );
}

function statementsIn(order: Order): Found[] {
  return order.kind === "statement" ? [order.found] : order.children.flatMap(statementsIn);
}

function treeOf(orders: readonly Order[], parameters: number): ScheduleNode {
  const [only, more] = orders;
  if (only === undefined) return leaf;
  if (more === undefined) return nodeOf(only, parameters);
  const children = orders.map(
    (order): Filter => ({
      kind: "filter",
      statements: statementsIn(order).map((f) => f.name),
      child: nodeOf(order, parameters),
    }),
  );
  return { kind: "sequence", children };
}

function nodeOf(order: Order, parameters: number): ScheduleNode {
  if (order.kind === "statement") return leaf;
  const rows = statementsIn(order).map((f) => {
    const columns = parameters + f.around.loops.length;
    return [f.name, rowOf(columns, 0, [parameters + order.depth, 1])] as const;
  });
  const member = { rows: new Map(rows), tile: 1, coincident: false };
  return { kind: "band", members: [member], permutable: false, child: treeOf(order.children, parameters) };
}
