/**
 * @file What an operation does with the tensors it touches: which contents it reads, which operand each result
 * overwrites, which results are other views of an operand. Control flow is not here: values pass through it unchanged.
 * Invariant: a tensor whose contents matter to an operation is in `reads`, or tied with `readsDestination`.
 */

import { isPermutation, isProjectedPermutation, sameAffineMap } from "../../ir/affine.js";
import type { AnyOpDef } from "../../ir/define.js";
import { callOp } from "../../ir/dialects/func.js";
import { fill, generic } from "../../ir/dialects/linalg/structured.js";
import { customCall } from "../../ir/dialects/stablehlo/calls.js";
import * as access from "../../ir/dialects/tensor/access.js";
import * as shape from "../../ir/dialects/tensor/shape.js";
import { insertSlice } from "../../ir/dialects/tensor/slice.js";
import type { Operation, Value } from "../../ir/graph.js";
import type { TensorType } from "../../ir/types.js";
import type { KernelSignature } from "./signature.js";

/** A result that takes over an operand's storage. */
export interface Tie {
  readonly result: number;
  readonly operand: number;
  /** Whether what the operand holds matters: not where every element is overwritten unseen. */
  readonly readsDestination: boolean;
}

export interface Effects {
  /** Tensors whose elements are read, those that regions inside read included. */
  readonly reads: readonly Value[];
  /** Those of which each element is read before a result's element in the same place is written, and not again. */
  readonly readsAhead?: readonly Value[];
  readonly ties: readonly Tie[];
  /** The operand that result 0 shows again under another shape. */
  readonly view?: number;
  /** The results' elements are undefined. */
  readonly isUndefined?: boolean;
}

export type Signatures = ReadonlyMap<string, KernelSignature>;

const NONE: Effects = { reads: [], ties: [] };

type EffectsOf = (op: Operation, signatures: Signatures) => Effects;

const isTensor = (x: Value): boolean => x.type.kind === "tensor";

/** Tensors among the operands that are read by operations inside the regions of `op`. */
function readsInside(op: Operation): readonly Value[] {
  if (op.regions.length === 0) return [];
  const found = new Set<Value>();
  for (const inner of op.walk()) {
    if (inner === op || access.dim.matches(inner)) continue;
    for (const x of inner.operands) if (isTensor(x)) found.add(x);
  }
  return [...found];
}

const readAll: EffectsOf = (op) => ({ reads: [...op.operands.filter(isTensor), ...readsInside(op)], ties: [] });
const viewOf: EffectsOf = () => ({ reads: [], ties: [], view: 0 });

const genericEffects: EffectsOf = (op) => {
  const { indexing_maps: maps, iterator_types: kinds } = generic.attrsOf(op);
  const { inputs, outputs } = generic.operandsOf(op);
  const args = op.region(0).blocks[0]!.args;
  const ties = outputs.map((_, i): Tie => {
    const operand = inputs.length + i;
    const covers = isProjectedPermutation(maps[operand]!) && kinds.every((k) => k === "parallel");
    return { result: i, operand, readsDestination: !covers || args[operand]!.isUsed };
  });
  const inside = readsInside(op);
  const isAhead = (x: Value): boolean => !inside.includes(x) && isReadInPlace(op, x);
  const reads = inputs.filter(isTensor);
  return { reads: [...reads.filter((x) => !isAhead(x)), ...inside], readsAhead: reads.filter(isAhead), ties };
};

/** Every point reads the element of `x` that lies where it writes all results, and no other point touches that. */
function isReadInPlace(op: Operation, x: Value): boolean {
  const { indexing_maps: maps, iterator_types: kinds } = generic.attrsOf(op);
  const { inputs } = generic.operandsOf(op);
  const written = maps.slice(inputs.length);
  const read = maps.filter((_, i) => op.operand(i) === x && i < inputs.length);
  const [first] = written;
  if (!first || !kinds.every((k) => k === "parallel") || !isPermutation(first)) return false;
  return [...written, ...read].every((map) => sameAffineMap(map, first));
}

const insertSliceEffects: EffectsOf = (op) => {
  const { static_sizes: sizes } = insertSlice.attrsOf(op);
  const { shape: whole } = op.operand(1).type as TensorType;
  const covers = sizes.every((n, axis) => n === whole[axis]);
  return { reads: [op.operand(0)], ties: [{ result: 0, operand: 1, readsDestination: !covers }] };
};

/** The shape of a reshape matters as numbers only where they are not known as values. */
const reshapeEffects: EffectsOf = (op) => ({
  reads: isShapeLiteral(op.operand(1)) ? [] : [op.operand(1)],
  ties: [],
  view: 0,
});

/** A shape put together from sizes, which can be had without storing it. */
export function isShapeLiteral(x: Value): boolean {
  return access.fromElements.matches(x.definingOp);
}

/** Sizes put together for reshapes and nothing else. */
export function isOnlyShape(x: Value): boolean {
  return isShapeLiteral(x) && [...x.users].every((u) => shape.reshape.matches(u) && u.operand(0) !== x);
}

/** The function that a call of a kernel or of loops runs. */
export function calleeOf(op: Operation): string {
  return callOp.matches(op) ? callOp.attrsOf(op).callee : (customCall.attrsOf(op).called_computations[0] ?? "");
}

const callEffects: EffectsOf = (op, signatures) => {
  const signature = signatures.get(calleeOf(op));
  if (!signature) return readAll(op, signatures);
  const reads = op.operands.filter((x, i) => isTensor(x) && signature.args[i]!.isRead && !signature.args[i]!.isWritten);
  const ties = signature.results.flatMap(({ arg, isAdded }, result): Tie[] =>
    isAdded ? [] : [{ result, operand: arg, readsDestination: signature.args[arg]!.isRead }],
  );
  return { reads, ties };
};

const table: ReadonlyMap<AnyOpDef, EffectsOf> = new Map<AnyOpDef, EffectsOf>([
  [generic as unknown as AnyOpDef, genericEffects],
  [fill as unknown as AnyOpDef, () => ({ reads: [], ties: [{ result: 0, operand: 1, readsDestination: false }] })],
  [
    access.insert as unknown as AnyOpDef,
    () => ({ reads: [], ties: [{ result: 0, operand: 1, readsDestination: true }] }),
  ],
  [access.dim as unknown as AnyOpDef, () => NONE],
  [access.empty as unknown as AnyOpDef, () => ({ ...NONE, isUndefined: true })],
  [access.cast as unknown as AnyOpDef, viewOf],
  [shape.collapseShape as unknown as AnyOpDef, viewOf],
  [shape.expandShape as unknown as AnyOpDef, viewOf],
  [shape.reshape as unknown as AnyOpDef, reshapeEffects],
  [insertSlice as unknown as AnyOpDef, insertSliceEffects],
  [callOp as unknown as AnyOpDef, callEffects],
  [customCall as unknown as AnyOpDef, callEffects],
]);

/** The effects of an operation that is not control flow. */
export function effectsOf(op: Operation, signatures: Signatures): Effects {
  return (table.get(op.def) ?? readAll)(op, signatures);
}
