/** @file Dimensions of a structured operation that every operand walks as one become one, before it is tiled. */

import type { AffineMap } from "../../ir/affine.js";
import { Builder } from "../../ir/builder.js";
import { cloneRegion } from "../../ir/clone.js";
import type { Context } from "../../ir/context.js";
import { generic } from "../../ir/dialects/linalg/structured.js";
import { collapseShape } from "../../ir/dialects/memref/reshape.js";
import type { Operation, Value } from "../../ir/graph.js";
import type { MemRefType } from "../../ir/types.js";
import { type Access, accessesOf, mergeableRuns, mergeMap } from "./access.js";

export interface Merged {
  /** The operation over merged dimensions, in the place of the given one, or that itself where nothing merges. */
  readonly op: Operation;
  /** The old dimensions that each new one stands for. */
  readonly runs: readonly (readonly number[])[];
}

/** Merges what `others`, maps over the same dimensions, walk as one too. Parts of larger memrefs stay as they are. */
export function mergeDimensions(op: Operation, others: readonly AffineMap[], context: Context): Merged {
  const { indexing_maps: maps, iterator_types: kinds } = generic.attrsOf(op);
  const isPart = op.operands.some((x) => (x.type as MemRefType).layout);
  const runs = isPart ? kinds.map((_, d) => [d]) : mergeableRuns([...maps, ...others], kinds);
  if (runs.every((run) => run.length === 1)) return { op, runs };
  const b = Builder.before(context, op);
  const { inputs } = generic.operandsOf(op);
  const merged = accessesOf(op).map((access) => mergeAccess(b, access, runs));
  const made = b.op(
    generic,
    {
      inputs: merged.slice(0, inputs.length).map((x) => x.value),
      outputs: merged.slice(inputs.length).map((x) => x.value),
    },
    { indexing_maps: merged.map((x) => x.map), iterator_types: runs.map((run) => kinds[run[0]!]!) },
    { results: [], regions: [cloneRegion(op.region(0), new Map())] },
  );
  op.erase();
  return { op: made, runs };
}

/** A memref and its map over merged dimensions. */
export function mergeAccess(b: Builder, { value, map }: Access, runs: readonly (readonly number[])[]): Access {
  const merged = mergeMap(map, runs);
  return { value: collapsed(b, value, merged.groups), map: merged.map };
}

/** A memref whose axes of one group are one. */
export function collapsed(b: Builder, x: Value, groups: readonly (readonly number[])[]): Value {
  if (groups.every((g) => g.length === 1)) return x;
  const type = x.type as MemRefType;
  const shape = groups.map((g) => b.context.dims.product(g.map((axis) => type.shape[axis]!)));
  const result = b.context.types.memref(shape, type.element, { space: type.space });
  return b.value(collapseShape, { src: x }, { reassociation: groups }, { results: [result] });
}
