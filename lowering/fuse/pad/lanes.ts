/**
 * @file What lies in the padding of tensors: one number wherever it is looked at, or anything, NaN and infinities included.
 * Nothing else is taken to be known: 0 times anything may be NaN. Invariant: a number that is told is what every element of
 * the padding is, whatever the program's inputs are.
 */

import { constantScalarOf } from "../../../ir/dialects/arith/constant.js";
import { generic } from "../../../ir/dialects/linalg/structured.js";
import type { Block, Operation, Value } from "../../../ir/graph.js";
import { elementOf } from "../../../ir/types.js";
import { monoidOf } from "../../vectorize/monoid.js";

/** A number, or `undefined` for anything. */
export type Lane = number | undefined;

type Rule = (...args: readonly number[]) => number;

/** Operations on f32 and f64 whose results are those of JavaScript's, rounded. */
const rules: Readonly<Record<string, Rule>> = {
  "arith.addf": (x, y) => x! + y!,
  "arith.subf": (x, y) => x! - y!,
  "arith.mulf": (x, y) => x! * y!,
  "arith.divf": (x, y) => x! / y!,
  "arith.negf": (x) => -x!,
  "arith.maximumf": (x, y) => Math.max(x!, y!),
  "arith.minimumf": (x, y) => Math.min(x!, y!),
  "math.absf": (x) => Math.abs(x!),
  "math.sqrt": (x) => Math.sqrt(x!),
  // Elsewhere the last bit depends on who computes it.
  "math.exp": (x) => (x === 0 ? 1 : x === Number.NEGATIVE_INFINITY ? 0 : Number.NaN),
  "math.tanh": (x) => (x === 0 ? x! : Number.NaN),
  "math.erf": (x) => (x === 0 ? x! : Number.NaN),
};

/** What values of a body are, where its arguments are `args`. */
export function lanesIn(body: Block, args: readonly Lane[]): (x: Value) => Lane {
  const known = new Map<Value, Lane>(body.args.map((arg, k) => [arg, args[k]]));
  const laneOf = (x: Value): Lane => {
    if (known.has(x)) return known.get(x);
    const constant = constantScalarOf(x);
    return typeof constant === "number" ? constant : undefined;
  };
  for (const op of body.ops()) for (const x of op.results) known.set(x, laneOf(x) ?? resultOf(op, laneOf));
  return laneOf;
}

function resultOf(op: Operation, laneOf: (x: Value) => Lane): Lane {
  const lanes = op.operands.map(laneOf);
  if (op.name === "arith.select") {
    const [, yes, no] = lanes;
    return yes !== undefined && Object.is(yes, no) ? yes : undefined;
  }
  const rule = rules[op.name];
  const element = rule && elementOf(op.results[0]!.type);
  if (!rule || (element !== "f32" && element !== "f64") || !lanes.every((x) => x !== undefined)) return undefined;
  const exact = rule(...lanes);
  return Number.isNaN(exact) ? undefined : element === "f32" ? Math.fround(exact) : exact;
}

/** How a reduction takes up what its points give. */
export interface Reduction {
  /** What it adds nothing to. */
  readonly neutral: number;
  /** What each point gives. */
  readonly term: Value;
  readonly joins: Operation;
}

/** The reduction that `op` is, if it is one whose terms may be left out by a number in their place. */
export function reductionOf(op: Operation): Reduction | undefined {
  const body = op.region(0).blocks[0]!;
  const monoid = monoidOf(body);
  if (!monoid || typeof monoid.identity !== "number" || generic.operandsOf(op).outputs.length !== 1) return undefined;
  const joins = body.terminator.operand(0).definingOp!;
  const term = joins.operands.find((x) => x !== body.args.at(-1));
  return term && { neutral: monoid.identity, term, joins };
}

/** 0 and -0 are as good in sums: where anything is added that is not -0, the result is the same. */
export function isNeutral(lane: Lane, { neutral }: Reduction): boolean {
  return lane !== undefined && lane === neutral;
}

/** The two factors of a term, where that is their product and they are arguments. */
export function factorsOf(op: Operation, { term }: Reduction): readonly [number, number] | undefined {
  const body = op.region(0).blocks[0]!;
  const product = term.definingOp;
  if (product?.name !== "arith.mulf" || product.block !== body) return undefined;
  const [a, b] = product.operands.map((x) => (body.args as readonly Value[]).indexOf(x));
  return a !== undefined && b !== undefined && a >= 0 && b >= 0 ? [a, b] : undefined;
}
