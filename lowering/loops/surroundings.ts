/**
 * @file What stands around a contraction in its kernel and is done while a tile is at hand: the constant its output begins
 * with, and the elementwise operation that alone reads its result. With both, the intermediate needs no storage: sums
 * grow in the storage of the final output, which nothing else reads or writes meanwhile.
 */

import { affineMap, isIdentityMap, projectedDims } from "../../ir/affine.js";
import { affineDim, substituteAffine } from "../../ir/affine-expr.js";
import { generic } from "../../ir/dialects/linalg/structured.js";
import { alloc } from "../../ir/dialects/memref/storage.js";
import type { Block, Operation, Value } from "../../ir/graph.js";
import { elementOf, type MemRefType } from "../../ir/types.js";
import { type Access, accessesOf, adjacent, hasNeighbours } from "../structured/access.js";
import { filledWith, isElementwiseOn } from "../structured/forms.js";
import { isStorable, isVectorizable } from "../vectorize/vector-body.js";

/** An elementwise operation on a contraction's result, its maps over the contraction's dimensions. */
export interface Epilogue {
  readonly op: Operation;
  readonly body: Block;
  readonly inputs: readonly Access[];
  readonly output: Access;
}

export interface Surroundings {
  /** The operation that fills the output before, and the value it fills it with. */
  readonly fill: { readonly op: Operation; readonly value: Value } | undefined;
  readonly epilogue: Epilogue | undefined;
}

/** What of the contraction's neighbours can be done with it. An epilogue comes only with a fill. */
export function surroundingsOf(contraction: Operation): Surroundings {
  const { outputs } = generic.operandsOf(contraction);
  const output = outputs[0]!;
  const fill = fillBefore(contraction, output);
  return { fill, epilogue: fill && epilogueAfter(contraction, fill.op, output) };
}

function fillBefore(contraction: Operation, output: Value): Surroundings["fill"] {
  for (let op = contraction.prev; op; op = op.prev) {
    if (!touches(op, output)) continue;
    const value = filledWith(op);
    const isWhole = value && isIdentityMap(generic.attrsOf(op).indexing_maps[0]!);
    return isWhole && op.operands.at(-1) === output && isWrittenWhole(contraction) ? { op, value } : undefined;
  }
  return undefined;
}

/** Reads or writes the storage that a memref is part of. */
function touches(op: Operation, memref: Value): boolean {
  if (op.def.traits.includes("pure") && op.regions.length === 0) return false;
  const root = rootOf(memref);
  for (const inner of op.walk()) if (inner.operands.some((x) => rootOf(x) === root)) return true;
  return false;
}

/** The contraction's loops reach every element of its output. */
function isWrittenWhole(contraction: Operation): boolean {
  const dims = projectedDims(generic.attrsOf(contraction).indexing_maps.at(-1)!);
  return dims !== undefined && new Set(dims).size === dims.length;
}

/** The next structured operation, where it is elementwise on the result and nothing else reads that. */
function epilogueAfter(contraction: Operation, fill: Operation, result: Value): Epilogue | undefined {
  let op = contraction.next;
  while (op && !generic.matches(op)) {
    if (!op.def.traits.includes("pure") && !alloc.matches(op)) return undefined;
    op = op.next;
  }
  if (!op || !alloc.matches(result.definingOp)) return undefined;
  const users = [...result.users];
  if (users.length !== 3 || ![fill, contraction, op].every((x) => users.includes(x))) return undefined;
  const epilogue = elementwiseOn(op, contraction, result);
  return epilogue && op.operands.every((x) => isThereAt(contraction, x)) ? epilogue : undefined;
}

/** Whether a value is defined before `place`, or can be: views and storage of the same block move there. */
function isThereAt(place: Operation, x: Value): boolean {
  const op = x.definingOp;
  if (!op || op.block !== place.block || op.isBefore(place)) return true;
  const isMovable = (op.def.traits.includes("pure") || alloc.matches(op)) && op.regions.length === 0;
  if (!isMovable || !op.operands.every((y) => isThereAt(place, y))) return false;
  op.detach();
  place.block!.insertBefore(op, place);
  return true;
}

function elementwiseOn(op: Operation, contraction: Operation, result: Value): Epilogue | undefined {
  if (!isElementwiseOn(op, result)) return undefined;
  const { inputs, outputs } = generic.operandsOf(op);
  const output = outputs[0]!;
  const body = op.region(0).blocks[0]!;
  // Sums grow in the output: it must not be what the contraction or the epilogue still reads.
  const read = [...generic.operandsOf(contraction).inputs, ...inputs];
  if (sameStorage(output, read)) return undefined;
  const isSimple = isVectorizable(body) && elementOf(body.terminator.operand(0).type) !== "i1";
  const isReadable = inputs.every((x) => hasNeighbours(x.type) && isStorable(elementOf(x.type)));
  const places = projectedDims(generic.attrsOf(contraction).indexing_maps.at(-1)!);
  if (!isSimple || !isReadable || !places) return undefined;
  const dims = generic.attrsOf(contraction).iterator_types.length;
  const placed = ({ value, map }: Access): Access => ({
    value: value === result ? output : value,
    map: affineMap(
      dims,
      0,
      map.results.map((e) => substituteAffine(e, places.map(affineDim))),
    ),
  });
  const accesses = accessesOf(op).map(placed);
  return { op, body, inputs: accesses.slice(0, -1), output: accesses.at(-1)! };
}

/** Whether the storage that a memref is part of is also that of one of the others. */
function sameStorage(x: Value, others: readonly Value[]): boolean {
  const root = rootOf(x);
  return others.some((y) => rootOf(y) === root);
}

/** The argument or allocation that a memref is part of. */
export function rootOf(x: Value): Value {
  const op = x.definingOp;
  return op && op.operands[0]?.type.kind === "memref" && x.type.kind === "memref" ? rootOf(op.operands[0]) : x;
}

/** Whether the epilogue walks each run of dimensions as one. */
export function canMerge(epilogue: Epilogue, runs: readonly (readonly number[])[]): boolean {
  const maps = [...epilogue.inputs, epilogue.output].map((x) => x.map);
  const isPart = [...epilogue.inputs, epilogue.output].some(({ value }) => (value.type as MemRefType).layout);
  return runs.every((run) =>
    run.every((d, k) => k === 0 || (!isPart && maps.every((map) => adjacent(map, run[k - 1]!, d)))),
  );
}

/** Erases storage that is left without a use, and the views of it. */
export function eraseStorage(x: Value): void {
  const op = x.definingOp;
  if (!op || x.isUsed) return;
  const [source] = op.operands;
  op.erase();
  if (source?.type.kind === "memref") eraseStorage(source);
}
