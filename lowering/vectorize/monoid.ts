/** @file Reductions that may be done in lanes: the body is `accumulator ⊕ something`, ⊕ associative with an identity. */

import type { AnyOpDef } from "../../ir/define.js";
import { type ElementType, elementFacts } from "../../ir/element.js";
import type { Block } from "../../ir/graph.js";
import { numericsOf, type Scalar } from "../../ir/scalar.js";
import { elementOf } from "../../ir/types.js";

export interface Monoid {
  readonly op: AnyOpDef;
  readonly identity: Scalar;
}

const identities: Readonly<Record<string, (element: ElementType) => Scalar>> = {
  "arith.addf": () => -0,
  "arith.mulf": () => 1,
  "arith.maximumf": () => Number.NEGATIVE_INFINITY,
  "arith.minimumf": () => Number.POSITIVE_INFINITY,
  "arith.addi": (e) => numericsOf(e).zero,
  "arith.muli": (e) => numericsOf(e).one,
  "arith.maxsi": (e) => numericsOf(e).minValue,
  "arith.minsi": (e) => numericsOf(e).maxValue,
  "arith.maxui": (e) => numericsOf(e).zero,
  "arith.andi": (e) => (elementFacts[e].bits === 64 ? -1n : -1),
  "arith.ori": (e) => numericsOf(e).zero,
  "arith.xori": (e) => numericsOf(e).zero,
};

/**
 * The monoid of a reduction body with one output, whose accumulator is the last argument; `undefined` where the
 * body is of another form. The sum's order changes, which is within what the operation allows.
 */
export function monoidOf(body: Block): Monoid | undefined {
  const accumulator = body.args.at(-1)!;
  const [yielded, ...more] = body.terminator.operands;
  const op = yielded?.definingOp;
  if (more.length > 0 || !op || op.block !== body) return undefined;
  if (accumulator.countUses() !== 1 || !op.operands.includes(accumulator)) return undefined;
  return monoidOfOperation(op.def, elementOf(accumulator.type));
}

/** The monoid of an operation on an element type; `undefined` where it is none, or has no vectors. */
export function monoidOfOperation(op: AnyOpDef, element: ElementType): Monoid | undefined {
  const identity = identities[op.name];
  return identity && element !== "i1" ? { op, identity: identity(element) } : undefined;
}
