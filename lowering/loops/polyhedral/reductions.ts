/** @file Finds statements that only add to what they write: `x = x + e`, `x - e`, `x * e`, and the lesser or greater of both. */

import { basicOf, type Constraint, constraintsOf } from "../../../ir/analysis/sets/basic.js";
import { isEmptyBasic } from "../../../ir/analysis/sets/feasibility.js";
import { combineRows, Work } from "../../../ir/analysis/sets/linear.js";
import type { Relation } from "../../../ir/analysis/sets/relation.js";
import { select } from "../../../ir/dialects/arith/constant.js";
import type { Operation, Value } from "../../../ir/graph.js";
import type { ArrayAccess, ReductionKind, Statement } from "./scop.js";

/** What an operation combines with, and which of its operands may be the accumulator. */
interface Combiner {
  readonly kind: ReductionKind;
  readonly sides: readonly number[];
}

const both = (kind: ReductionKind): Combiner => ({ kind, sides: [0, 1] });

const combiners: Readonly<Record<string, Combiner>> = {
  "arith.addf": both("add"),
  "arith.addi": both("add"),
  "arith.subf": { kind: "add", sides: [0] },
  "arith.subi": { kind: "add", sides: [0] },
  "arith.mulf": both("multiply"),
  "arith.muli": both("multiply"),
  "arith.minimumf": both("min"),
  "arith.minnumf": both("min"),
  "arith.minsi": both("min"),
  "arith.maximumf": both("max"),
  "arith.maxnumf": both("max"),
  "arith.maxsi": both("max"),
};

/** The reduction that a statement with this domain, these accesses and this body is, if any. */
export function reductionOf(
  domain: Relation,
  accesses: readonly ArrayAccess[],
  body: readonly Operation[],
): Statement["reduction"] {
  const write = accesses.at(-1)!;
  const stored = write.op.operand(0);
  const same = accesses.slice(0, -1).filter((a) => a.array === write.array && !isApart(domain, a, write));
  const [accumulator] = same;
  if (accumulator === undefined || same.length > 1 || !isEqualAccess(accumulator, write)) return undefined;
  const kind = chainKind(stored, accumulator.op.result, new Set([...body, write.op]));
  return kind === undefined ? undefined : { kind, accumulator };
}

/** Whether no point of the domain has both accesses at one element. */
function isApart(domain: Relation, a: ArrayAccess, b: ArrayAccess): boolean {
  const same = a.indices.map((row, i): Constraint => ({ kind: "eq", row: combineRows(1, row, -1, b.indices[i]!) }));
  const work = new Work();
  return domain.basics.every((basic) => isEmptyBasic(basicOf(basic.columns, [...constraintsOf(basic), ...same]), work));
}

function isEqualAccess(a: ArrayAccess, b: ArrayAccess): boolean {
  return a.indices.every((row, i) => row.every((x, k) => x === b.indices[i]![k]));
}

/** How the accumulator goes into the value along operations of one kind, each the only user of what comes before. */
function chainKind(stored: Value, accumulator: Value, within: ReadonlySet<Operation>): ReductionKind | undefined {
  let value = accumulator;
  let kind: ReductionKind | undefined;
  while (value !== stored) {
    const step = stepFrom(value, within);
    if (step === undefined || (kind !== undefined && step.kind !== kind)) return undefined;
    kind = step.kind;
    value = step.result;
  }
  const users = [...stored.users].filter((op) => within.has(op));
  return users.length === 1 && kind !== undefined ? kind : undefined;
}

function stepFrom(
  value: Value,
  within: ReadonlySet<Operation>,
): { readonly kind: ReductionKind; readonly result: Value } | undefined {
  const users = [...value.users].filter((op) => within.has(op));
  const [user] = users;
  if (user === undefined) return undefined;
  if (users.length === 2) return extremeOf(value, users);
  const combiner = combiners[user.name];
  const sides = user.operands.flatMap((x, i) => (x === value ? [i] : []));
  if (users.length > 1 || combiner === undefined || sides.length !== 1) return undefined;
  return combiner.sides.includes(sides[0]!) ? { kind: combiner.kind, result: user.result } : undefined;
}

/** `select(a < b, a, b)` and the like. */
function extremeOf(
  value: Value,
  users: readonly Operation[],
): { readonly kind: ReductionKind; readonly result: Value } | undefined {
  const choice = users.find((op) => select.matches(op));
  const test = users.find((op) => op !== choice);
  if (!choice || !test || choice.operand(0) !== test.results[0]) return undefined;
  if (test.name !== "arith.cmpf" && test.name !== "arith.cmpi") return undefined;
  const [lhs, rhs] = test.operands;
  const [, yes, no] = choice.operands;
  if (lhs === rhs || test.result.countUses() !== 1) return undefined;
  const straight = yes === lhs && no === rhs;
  if (!straight && !(yes === rhs && no === lhs)) return undefined;
  if (value !== lhs && value !== rhs) return undefined;
  const form = test.name === "arith.cmpf" ? /^[ou](lt|le|gt|ge)$/ : /^s(lt|le|gt|ge)$/;
  const predicate = form.exec(String(test.attrs["predicate"]))?.[1];
  if (predicate === undefined) return undefined;
  const kind = predicate.startsWith("g") === straight ? "max" : "min";
  return { kind, result: choice.result };
}
