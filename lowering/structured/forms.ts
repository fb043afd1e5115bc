/** @file Forms of structured operations that several passes look for, on tensors and on memrefs. */

import { isIdentityMap } from "../../ir/affine.js";
import { constantScalarOf } from "../../ir/dialects/arith/constant.js";
import { generic, index as indexOp } from "../../ir/dialects/linalg/structured.js";
import type { Block, Operation, Value } from "../../ir/graph.js";
import { isShaped } from "../../ir/types.js";

/** `acc + x * y` and nothing else. */
export function isSumOfProducts(body: Block): boolean {
  const ops = [...body.ops()];
  const [x, y, acc] = body.args;
  const [product, sum, end] = ops;
  if (ops.length !== 3 || product?.name !== "arith.mulf" || sum?.name !== "arith.addf") return false;
  const multiplies = [x!, y!].every((v) => product.operands.includes(v));
  const adds = sum.operands.includes(acc!) && sum.operands.includes(product.result);
  return multiplies && adds && end!.operands[0] === sum.result;
}

/** What makes a number wider without changing it. */
const extensions: ReadonlySet<string> = new Set(["arith.extf", "arith.extsi", "arith.extui"]);

/** The extension that a body begins with on one of its arguments. */
export function extensionOf(body: Block, arg: Value): Operation | undefined {
  const [op, ...more] = arg.users;
  return op && more.length === 0 && op.block === body && extensions.has(op.name) ? op : undefined;
}

/** `acc + x * y` where `x` and `y` may first be extended from a narrower element, and nothing else. */
export function isSumOfExtendedProducts(body: Block): boolean {
  const found = body.args.map((arg) => extensionOf(body, arg));
  const [x, y, acc] = body.args.map((arg, k) => found[k]?.result ?? arg);
  const [product, sum, end, ...more] = [...body.ops()].filter((op) => !found.includes(op));
  const isFloat = product?.name === "arith.mulf" && sum?.name === "arith.addf";
  const isInteger = product?.name === "arith.muli" && sum?.name === "arith.addi";
  if (more.length > 0 || (!isFloat && !isInteger)) return false;
  const multiplies = [x!, y!].every((v) => product.operands.includes(v));
  const adds = sum.operands.includes(acc!) && sum.operands.includes(product.result);
  return multiplies && adds && end!.operands[0] === sum.result;
}

/** The constant that a structured operation without inputs writes everywhere. */
export function filledWith(op: Operation): Value | undefined {
  if (!generic.matches(op)) return undefined;
  const { inputs, outputs } = generic.operandsOf(op);
  const [value] = op.region(0).blocks[0]!.terminator.operands;
  const isWhole = generic.attrsOf(op).iterator_types.every((kind) => kind === "parallel") && outputs.length === 1;
  if (inputs.length > 0 || !isWhole || !value) return undefined;
  return constantScalarOf(value) === undefined ? undefined : value;
}

/**
 * Whether `op` makes each element of a result of the shape of `x` from the element of `x` at the same place, and from what else it reads:
 * what can be done with elements of `x` while they are at hand.
 */
export function isElementwiseOn(op: Operation, x: Value): boolean {
  const { indexing_maps: maps, iterator_types: kinds } = generic.attrsOf(op);
  const { inputs, outputs } = generic.operandsOf(op);
  const body = op.region(0).blocks[0]!;
  if (outputs.length !== 1 || !inputs.includes(x) || !sameSizes(outputs[0]!, x)) return false;
  const isEverywhere = kinds.every((k) => k === "parallel") && isIdentityMap(maps.at(-1)!);
  const isInPlace = inputs.every((input, k) => input !== x || isIdentityMap(maps[k]!));
  const knowsPlace = [...body.ops()].some((inner) => indexOp.matches(inner));
  return isEverywhere && isInPlace && !knowsPlace && !body.args.at(-1)!.isUsed;
}

/** Of one kind, with the same axes; memrefs of one layout. */
function sameSizes({ type }: Value, { type: other }: Value): boolean {
  if (type === other) return true;
  if (type.kind === "memref" && other.kind === "memref" && (type.layout || other.layout)) return false;
  if (!isShaped(type) || !isShaped(other) || type.kind !== other.kind) return false;
  return type.shape.length === other.shape.length && type.shape.every((size, axis) => size === other.shape[axis]);
}
