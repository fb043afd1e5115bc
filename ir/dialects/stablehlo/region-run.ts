/**
 * @file Regions that are one commutative operation of their two arguments, as most reductions have: recognised, and
 * computed over whole rows. Other regions go entry by entry through `scalar-body.ts`.
 */

import type { AnyOpDef, Evaluation } from "../../define.js";
import { type ElementType, elementFacts, isFloat } from "../../element.js";
import { roundingOf } from "../../float-format.js";
import type { Region } from "../../graph.js";
import type { NdArray } from "../../ndarray.js";
import { numericsOf, type Scalar } from "../../scalar.js";
import type { TensorType } from "../../types.js";
import { add, and, maximum, minimum, multiply, or, xor } from "./elementwise.js";
import { returnOp } from "./return.js";

const forget = (def: unknown): AnyOpDef => def as AnyOpDef;
const commutative: ReadonlySet<AnyOpDef> = new Set([add, and, maximum, minimum, multiply, or, xor].map(forget));

/** The operation that a region of two arguments applies to them, if it does nothing else. */
export function soleOperation(region: Region): AnyOpDef | undefined {
  const [block, ...more] = region.blocks;
  const op = block?.first;
  if (!block || !op || more.length > 0 || block.args.length !== 2 || !commutative.has(op.def)) return undefined;
  const [a, b] = block.args;
  const takesBoth = (op.operands[0] === a && op.operands[1] === b) || (op.operands[0] === b && op.operands[1] === a);
  const isReturned = op.next === block.last && returnOp.matches(block.last) && block.last?.operands[0] === op.result;
  return takesBoth && isReturned ? op.def : undefined;
}

/** Joins two entries of an element. */
export type Combine = (a: Scalar, b: Scalar) => Scalar;

/** What a recognised region does to entries of `element`. */
export function combineOf(def: AnyOpDef, element: ElementType): Combine | undefined {
  const n = numericsOf(element);
  const isComplex = elementFacts[element].kind === "complex";
  if (def === forget(add)) return n.add;
  if (def === forget(multiply)) return n.mul;
  if (def === forget(maximum) && !isComplex) return n.max;
  if (def === forget(minimum) && !isComplex) return n.min;
  if (def === forget(and)) return n.and;
  if (def === forget(or)) return n.or;
  return def === forget(xor) ? n.xor : undefined;
}

/**
 * Joins many entries of an array, one after another: sums and products of floats are carried in doubles, and `finish`
 * rounds what is left in the end. `count` entries from `start` on, `step` apart.
 */
export interface Fold {
  accumulate(total: Scalar, data: NdArray["data"], start: number, count: number, step: number): Scalar;
  finish(total: Scalar): Scalar;
}

/** `undefined` where the region is not recognised, or changes the element. */
export function foldOf(region: Region, element: ElementType): Fold | undefined {
  const def = soleOperation(region);
  if (!def || elementOfResult(region) !== element || elementFacts[element].kind === "complex") return undefined;
  if (isFloat(element) && (def === forget(add) || def === forget(multiply))) {
    const round = roundingOf(element);
    return { accumulate: def === forget(add) ? sum : product, finish: (total) => round(total as number) };
  }
  const combine = combineOf(def, element);
  return combine && { accumulate: accumulateWith(combine), finish: (total) => total };
}

function accumulateWith(combine: Combine): Fold["accumulate"] {
  return (total, data, start, count, step) => {
    let result = total;
    for (let i = 0, at = start; i < count; i++, at += step) result = combine(result, data[at]!);
    return result;
  };
}

function sum(init: Scalar, data: NdArray["data"], start: number, count: number, step: number): Scalar {
  let total = init as number;
  for (let i = 0, at = start; i < count; i++, at += step) total += data[at] as number;
  return total;
}

function product(init: Scalar, data: NdArray["data"], start: number, count: number, step: number): Scalar {
  let total = init as number;
  for (let i = 0, at = start; i < count; i++, at += step) total *= data[at] as number;
  return total;
}

function elementOfResult(region: Region): ElementType | undefined {
  const type = region.blocks[0]?.last?.operands[0]?.type;
  return type?.kind === "tensor" ? type.element : undefined;
}

/** The elements that the results of the operation at hand have. */
export function resultElements({ op }: Evaluation): readonly ElementType[] {
  return op.results.map((r) => (r.type as TensorType).element);
}
