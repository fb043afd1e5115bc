/** @file Forms of structured operations that several passes look for, on tensors and on memrefs. */

import { isIdentityMap } from "../../ir/affine.js";
import { constantScalarOf } from "../../ir/dialects/arith/constant.js";
import { generic, index as indexOp } from "../../ir/dialects/linalg/structured.js";
import type { Block, Operation, Value } from "../../ir/graph.js";

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

/** `acc + x * y` where `x` and `y` may first be extended from a narrower float, and nothing else. */
export function isSumOfExtendedProducts(body: Block): boolean {
  const extensions = [...body.ops()].filter((op) => op.name === "arith.extf" && body.args.includes(op.operand(0)));
  const [x, y, acc] = body.args.map((arg) => extensions.find((op) => op.operand(0) === arg)?.result ?? arg);
  const [product, sum, end, ...more] = [...body.ops()].filter((op) => !extensions.includes(op));
  if (more.length > 0 || product?.name !== "arith.mulf" || sum?.name !== "arith.addf") return false;
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
 * Whether `op` makes each element of a result like `x` from the element of `x` at the same place, and from what else it reads:
 * what can be done with elements of `x` while they are at hand.
 */
export function isElementwiseOn(op: Operation, x: Value): boolean {
  const { indexing_maps: maps, iterator_types: kinds } = generic.attrsOf(op);
  const { inputs, outputs } = generic.operandsOf(op);
  const body = op.region(0).blocks[0]!;
  if (outputs.length !== 1 || outputs[0]!.type !== x.type || !inputs.includes(x)) return false;
  const isEverywhere = kinds.every((k) => k === "parallel") && isIdentityMap(maps.at(-1)!);
  const isInPlace = inputs.every((input, k) => input !== x || isIdentityMap(maps[k]!));
  const knowsPlace = [...body.ops()].some((inner) => indexOp.matches(inner));
  return isEverywhere && isInPlace && !knowsPlace && !body.args.at(-1)!.isUsed;
}
