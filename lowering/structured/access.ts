/**
 * @file What a structured operation touches, and how it moves through memory along each of its iteration dimensions: what
 * decides which dimension becomes vectors. Functions of maps and types; neighbours are along the last axis.
 */

import { type AffineMap, affineMap, axisOfDim } from "../../ir/affine.js";
import { type AffineExpr, affineDim, isFunctionOfDim } from "../../ir/affine-expr.js";
import type { Builder } from "../../ir/builder.js";
import { generic } from "../../ir/dialects/linalg/structured.js";
import { layoutOf } from "../../ir/dialects/memref/layout.js";
import type { Dim } from "../../ir/dim.js";
import type { Operation, Value } from "../../ir/graph.js";
import { isShaped, type Type } from "../../ir/types.js";
import { axisSize } from "../shape-values.js";

/** A tensor or memref, and the map from iteration dimensions to its axes. */
export interface Access {
  readonly value: Value;
  readonly map: AffineMap;
}

/** What a structured operation touches: operands, and the tensors it makes. */
export function accessesOf(op: Operation): readonly Access[] {
  const { indexing_maps: maps } = generic.attrsOf(op);
  const first = maps.length - op.results.length;
  return [
    ...op.operands.map((value, k) => ({ value, map: maps[k]! })),
    ...op.results.map((value, k) => ({ value, map: maps[first + k]! })),
  ];
}

/** The size of a dimension, as the type of something that has an axis of its own for it says; `undefined` where nothing has. */
export function extentOf(accesses: readonly Access[], dim: number): Dim | undefined {
  const access = accesses.find(({ map }) => axisOfDim(map, dim) >= 0);
  return access && shapeOf(access.value)[axisOfDim(access.map, dim)];
}

/** The size of a dimension as an `index`. */
export function extentValue(b: Builder, accesses: readonly Access[], dim: number): Value {
  const access = accesses.find(({ map }) => axisOfDim(map, dim) >= 0);
  if (!access) throw new Error(`no operand has an axis for dimension ${dim}`);
  return axisSize(b, access.value, axisOfDim(access.map, dim));
}

export function shapeOf({ type }: Value): readonly Dim[] {
  return isShaped(type) ? type.shape : [];
}

/** How an operand moves when a dimension steps by one. */
export type Motion =
  /** It stays where it is. */
  | "fixed"
  /** It goes to the neighbour in memory. */
  | "contiguous"
  /** It jumps. */
  | "strided";

export function motionAlong(map: AffineMap, dim: number): Motion {
  const touched = map.results.map((e, k) => (isFunctionOfDim(e, dim) ? k : -1)).filter((k) => k >= 0);
  if (touched.length === 0) return "fixed";
  const last = map.results.length - 1;
  return touched.length === 1 && touched[0] === last && stepsByOne(map.results[last]!, dim) ? "contiguous" : "strided";
}

/** Elements along the last axis lie side by side. */
export function hasNeighbours(type: Type): boolean {
  if (type.kind !== "memref") return false;
  const { strides } = layoutOf(type);
  return strides.length === 0 || strides.at(-1) === 1;
}

/** `d` itself, or `d` plus something that does not depend on it. */
function stepsByOne(e: AffineExpr, dim: number): boolean {
  if (e.kind === "dim") return e.position === dim;
  if (e.kind !== "add") return false;
  const inLeft = isFunctionOfDim(e.lhs, dim);
  const inRight = isFunctionOfDim(e.rhs, dim);
  if (inLeft && inRight) return false;
  return stepsByOne(inLeft ? e.lhs : e.rhs, dim);
}

/**
 * Runs of iteration dimensions that every operand walks as one: they stand side by side, in order, at the same
 * places of each map, or not at all. Each run becomes one dimension; kinds must agree within a run.
 */
export function mergeableRuns(maps: readonly AffineMap[], kinds: readonly string[]): readonly (readonly number[])[] {
  const runs: number[][] = [];
  for (let d = 0; d < kinds.length; d++) {
    const run = runs.at(-1);
    const before = run?.at(-1);
    if (run && before !== undefined && kinds[before] === kinds[d] && maps.every((map) => adjacent(map, before, d)))
      run.push(d);
    else runs.push([d]);
  }
  return runs;
}

/** True where `map` walks dimensions `a` and `b` as if they were one, the axis of `b` right after that of `a`, or not at all. */
export function adjacent(map: AffineMap, a: number, b: number): boolean {
  const at = (d: number): number[] => map.results.map((e, k) => (isFunctionOfDim(e, d) ? k : -1)).filter((k) => k >= 0);
  const [inA, inB] = [at(a), at(b)];
  if (inA.length === 0 && inB.length === 0) return true;
  if (inA.length !== 1 || inB.length !== 1 || inB[0] !== inA[0]! + 1) return false;
  return map.results[inA[0]!]!.kind === "dim" && map.results[inB[0]!]!.kind === "dim";
}

/** The map over merged dimensions: an axis per run instead of per dimension. `groups` says which axes of the operand merge. */
export function mergeMap(
  map: AffineMap,
  runs: readonly (readonly number[])[],
): { readonly map: AffineMap; readonly groups: readonly (readonly number[])[] } {
  const runOf = new Map(runs.flatMap((run, r) => run.map((d) => [d, r] as const)));
  const results: AffineExpr[] = [];
  const groups: number[][] = [];
  let previous: number | undefined;
  map.results.forEach((e, axis) => {
    const run = e.kind === "dim" ? runOf.get(e.position)! : undefined;
    const continues = run !== undefined && run === previous && runs[run]!.length > 1;
    if (continues) groups.at(-1)!.push(axis);
    else {
      groups.push([axis]);
      results.push(run === undefined ? renamed(e, runOf) : affineDim(run));
    }
    previous = run;
  });
  return { map: affineMap(runs.length, 0, results), groups };
}

/** Dimensions that occur inside arithmetic are in runs of their own. */
function renamed(e: AffineExpr, runOf: ReadonlyMap<number, number>): AffineExpr {
  switch (e.kind) {
    case "dim":
      return affineDim(runOf.get(e.position)!);
    case "symbol":
    case "constant":
      return e;
    default:
      return { ...e, lhs: renamed(e.lhs, runOf), rhs: renamed(e.rhs, runOf) };
  }
}
