/**
 * @file What small tensors hold, before the program runs: `contentsOf` gives the elements of an integer or i1 tensor as
 * symbolic sizes, `constantOf` the elements of any tensor that does not depend on the program's inputs. Front ends read
 * shapes, axes and limits with them, the simplifier folds.
 *
 * Both walk from a value to the operations that define it and change nothing. Data movement is followed by running the
 * operation's own `evaluate` on the numbers of the elements. Invariant: what is not known is `undefined`, never guessed;
 * integers beyond 2^53 are given as +-(2^53 - 1), which is what "to the end" means in a slice.
 */

import type { Context } from "../context.js";
import type { AnyOpDef } from "../define.js";
import { constant, elementsOf } from "../dialects/stablehlo/constants.js";
import type { Dim } from "../dim.js";
import { elementFacts } from "../element.js";
import type { Operation, Value } from "../graph.js";
import { type NdArray, sizeOf } from "../ndarray.js";
import { hasStaticShape, type TensorType } from "../types.js";
import { contentRules, type Ratio, type Ratios } from "./contents-rules.js";
import { evaluateAlone } from "./evaluate-alone.js";

/** Tensors of more elements are not looked into. */
export const MAX_CONTENTS = 256;

/** `constantOf` computes no tensor of more bytes than this. */
export const MAX_CONSTANT_BYTES = 64 * 2 ** 20;

/** What has been found out already, by value. Valid as long as the operations it looked at do not change. */
export class ContentsMemo {
  readonly contents = new Map<Value, Ratios | undefined>();
  readonly constants = new Map<Value, NdArray | undefined>();
}

/**
 * The elements of an integer or i1 tensor of at most 256 elements, row-major; `undefined` in places that are not known,
 * and as a whole where nothing is. i1 elements are 0 or 1.
 */
export function contentsOf(
  value: Value,
  context: Context,
  memo: ContentsMemo = new ContentsMemo(),
): readonly (Dim | undefined)[] | undefined {
  const { type } = value;
  if (type.kind !== "tensor" || elementFacts[type.element].kind === "float") return undefined;
  return ratiosOf(value, context, memo)?.map((r) => (r !== undefined && r.d === 1 ? r.n : undefined));
}

/** Like `contentsOf`, for floats too. */
export function ratiosOf(value: Value, context: Context, memo: ContentsMemo): Ratios | undefined {
  if (memo.contents.has(value)) return memo.contents.get(value);
  const found = findRatios(value, context, memo);
  const useful = found?.some((r) => r !== undefined) ? found : undefined;
  memo.contents.set(value, useful);
  return useful;
}

function findRatios(value: Value, context: Context, memo: ContentsMemo): Ratios | undefined {
  const count = smallCount(value);
  const op = value.definingOp;
  if (count === undefined || op === undefined) return undefined;
  const rule = contentRules.get(op.def);
  if (rule === undefined) return undefined;
  const elements = (x: Value): Ratios => {
    const known = ratiosOf(x, context, memo);
    return known ?? new Array<undefined>(smallCount(x) ?? 0).fill(undefined);
  };
  try {
    const found = rule({ op, context, elements, isSmall: (x) => smallCount(x) !== undefined });
    return found?.length === count ? found.map((x) => fitting(x, value, context)) : undefined;
  } catch {
    return undefined; // an overflow or a division by zero: such an element has no size
  }
}

/** The element, unless it may be outside what an integer of that width holds, so that the program wraps it. */
function fitting(x: Ratio | undefined, { type }: Value, { dims }: Context): Ratio | undefined {
  const { kind, bits } = elementFacts[(type as TensorType).element];
  if (x === undefined || (kind !== "int" && kind !== "uint")) return x;
  if (x.d !== 1) return undefined;
  const { min, max } = dims.bounds(x.n);
  const [low, high] = kind === "int" ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
  if (typeof x.n === "number" || kind === "uint") return min >= low && max <= high ? x : undefined;
  return bits >= 32 || (min >= low && max <= high) ? x : undefined; // sizes are taken to fit 32 bits
}

/** The number of elements of a tensor that `contentsOf` looks into. */
function smallCount({ type }: Value): number | undefined {
  if (type.kind !== "tensor" || !hasStaticShape(type)) return undefined;
  const { kind } = elementFacts[type.element];
  if (kind === "complex") return undefined;
  const count = sizeOf(type.shape);
  return count <= MAX_CONTENTS ? count : undefined;
}

/**
 * The elements of a tensor that is the same in every run, `undefined` for any other: constants, and what operations
 * without regions compute from them.
 */
export function constantOf(
  value: Value,
  context: Context,
  memo: ContentsMemo = new ContentsMemo(),
): NdArray | undefined {
  if (memo.constants.has(value)) return memo.constants.get(value);
  memo.constants.set(value, undefined);
  const found = findConstant(value, context, memo);
  memo.constants.set(value, found);
  return found;
}

function findConstant(value: Value, context: Context, memo: ContentsMemo): NdArray | undefined {
  const op = value.definingOp;
  const { type } = value;
  if (op === undefined || type.kind !== "tensor" || !hasStaticShape(type)) return undefined;
  const bytes = sizeOf(type.shape) * elementFacts[type.element].storageBytes;
  if (bytes > MAX_CONSTANT_BYTES || !isFoldable(op)) return undefined;
  if (op.def === (constant as AnyOpDef)) {
    return elementsOf(constant.attrsOf(op).value, context);
  }
  const operands: NdArray[] = [];
  for (const x of op.operands) {
    const operand = constantOf(x, context, memo);
    if (operand === undefined) return undefined;
    operands.push(operand);
  }
  return evaluateAlone(op, operands, context)[value.index] as NdArray | undefined;
}

function isFoldable(op: Operation): boolean {
  return op.def.traits.includes("pure") && op.regions.length === 0 && op.def.evaluate !== undefined;
}
