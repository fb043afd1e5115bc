/**
 * @file Affine maps and integer sets: lists of affine expressions, or of constraints on them, over counted dims and
 * symbols. They say how indices of loops, operands and memory relate. Both are data; the printed text identifies them,
 * so it serves as the key for interning.
 */

import {
  type AffineExpr,
  affineConstant,
  affineDim,
  constantValue,
  evaluateAffine,
  isBinary,
  isFunctionOfDim,
  printAffineExpr,
  sameAffineExpr,
  shiftAffine,
  substituteAffine,
} from "./affine-expr.js";

export interface AffineMap {
  readonly numDims: number;
  readonly numSymbols: number;
  readonly results: readonly AffineExpr[];
}

/** `expr == 0` or `expr >= 0`. */
export interface AffineConstraint {
  readonly expr: AffineExpr;
  readonly kind: "eq" | "ge";
}

/** The points where every constraint holds. Never without constraints: `0 == 0` says that all do. */
export interface IntegerSet {
  readonly numDims: number;
  readonly numSymbols: number;
  readonly constraints: readonly AffineConstraint[];
}

export function affineMap(numDims: number, numSymbols: number, results: readonly AffineExpr[]): AffineMap {
  for (const e of results) checkPositions(e, numDims, numSymbols);
  return { numDims, numSymbols, results };
}

export function integerSet(numDims: number, numSymbols: number, constraints: readonly AffineConstraint[]): IntegerSet {
  for (const c of constraints) checkPositions(c.expr, numDims, numSymbols);
  const always: AffineConstraint = { expr: affineConstant(0), kind: "eq" };
  return { numDims, numSymbols, constraints: constraints.length === 0 ? [always] : constraints };
}

function checkPositions(e: AffineExpr, numDims: number, numSymbols: number): void {
  if (isBinary(e)) {
    checkPositions(e.lhs, numDims, numSymbols);
    checkPositions(e.rhs, numDims, numSymbols);
  } else if (e.kind !== "constant" && e.position >= (e.kind === "dim" ? numDims : numSymbols)) {
    throw new Error(`${printAffineExpr(e)} is out of range: there are ${numDims} dims and ${numSymbols} symbols`);
  }
}

/** `(d0, ..., dn-1) -> (d0, ..., dn-1)` */
export function identityMap(rank: number): AffineMap {
  return permutationMap(Array.from({ length: rank }, (_, i) => i));
}

/** `(d0, ..., dm-1) -> (dm-n, ..., dm-1)`: the trailing `results` of `dims` dims. */
export function minorIdentityMap(dims: number, results: number): AffineMap {
  if (results > dims) throw new Error(`${results} trailing dims of ${dims}`);
  return affineMap(
    dims,
    0,
    Array.from({ length: results }, (_, i) => affineDim(dims - results + i)),
  );
}

/** Result i is dim `permutation[i]`. */
export function permutationMap(permutation: readonly number[]): AffineMap {
  return affineMap(permutation.length, 0, permutation.map(affineDim));
}

/** A map without dims and symbols. */
export function constantMap(...values: readonly number[]): AffineMap {
  return affineMap(0, 0, values.map(affineConstant));
}

export function evaluateMap(map: AffineMap, dims: readonly number[], symbols: readonly number[] = []): number[] {
  return map.results.map((e) => evaluateAffine(e, dims, symbols));
}

/** True when the point satisfies every constraint. */
export function isInSet(set: IntegerSet, dims: readonly number[], symbols: readonly number[] = []): boolean {
  return set.constraints.every(({ expr, kind }) => {
    const value = evaluateAffine(expr, dims, symbols);
    return kind === "eq" ? value === 0 : value >= 0;
  });
}

/** The map x -> outer(inner(x)). Its symbols are those of `outer`, then those of `inner`. */
export function composeMaps(outer: AffineMap, inner: AffineMap): AffineMap {
  if (outer.numDims !== inner.results.length) {
    throw new Error(`cannot compose: ${outer.numDims} dims, ${inner.results.length} results`);
  }
  const arguments_ = inner.results.map((e) => shiftAffine(e, 0, outer.numSymbols));
  const results = outer.results.map((e) => substituteAffine(e, arguments_));
  return affineMap(inner.numDims, outer.numSymbols + inner.numSymbols, results);
}

/** `map` with dim i replaced by `dims[i]`, symbol i by `symbols[i]`, as a map over the given numbers of both. */
export function substituteMap(
  map: AffineMap,
  dims: readonly AffineExpr[],
  symbols: readonly AffineExpr[],
  numDims: number,
  numSymbols: number,
): AffineMap {
  return affineMap(
    numDims,
    numSymbols,
    map.results.map((e) => substituteAffine(e, dims, symbols)),
  );
}

/** `set` with dim i replaced by `dims[i]`, symbol i by `symbols[i]`, as a set over the given numbers of both. */
export function substituteSet(
  set: IntegerSet,
  dims: readonly AffineExpr[],
  symbols: readonly AffineExpr[],
  numDims: number,
  numSymbols: number,
): IntegerSet {
  const constraints = set.constraints.map((c) => ({ ...c, expr: substituteAffine(c.expr, dims, symbols) }));
  return integerSet(numDims, numSymbols, constraints);
}

/** The map with the results at `positions` only, in that order. */
export function selectResults(map: AffineMap, positions: readonly number[]): AffineMap {
  const results = positions.map((i) => {
    const result = map.results[i];
    if (result === undefined) throw new Error(`no result ${i} in ${printAffineMap(map)}`);
    return result;
  });
  return affineMap(map.numDims, map.numSymbols, results);
}

/** The results of all maps in one; they have the same numbers of dims and symbols. */
export function concatMaps(maps: readonly [AffineMap, ...AffineMap[]]): AffineMap {
  const [{ numDims, numSymbols }] = maps;
  if (maps.some((m) => m.numDims !== numDims || m.numSymbols !== numSymbols)) {
    throw new Error("the maps to concatenate have different dims or symbols");
  }
  return affineMap(
    numDims,
    numSymbols,
    maps.flatMap((m) => m.results),
  );
}

export function isIdentityMap(map: AffineMap): boolean {
  return map.results.length === map.numDims && map.results.every((e, i) => e.kind === "dim" && e.position === i);
}

/** True for maps that `minorIdentityMap` makes. */
export function isMinorIdentityMap(map: AffineMap): boolean {
  const first = map.numDims - map.results.length;
  return first >= 0 && map.results.every((e, i) => e.kind === "dim" && e.position === first + i);
}

/** The dims that the results name, in order, when each result is a dim of its own; otherwise undefined. */
export function projectedDims(map: AffineMap): readonly number[] | undefined {
  const dims: number[] = [];
  for (const e of map.results) {
    if (e.kind !== "dim" || dims.includes(e.position)) return undefined;
    dims.push(e.position);
  }
  return map.numSymbols === 0 ? dims : undefined;
}

/** True when the results are distinct dims; with `allowZeros`, results that are the constant 0 may stand between. */
export function isProjectedPermutation(map: AffineMap, allowZeros = false): boolean {
  const kept = allowZeros ? map.results.filter((e) => constantValue(e) !== 0) : map.results;
  return projectedDims({ ...map, results: kept }) !== undefined;
}

/** True when the results are all dims, each once. */
export function isPermutation(map: AffineMap): boolean {
  return map.results.length === map.numDims && isProjectedPermutation(map);
}

/**
 * The map that takes the results of `map` back to its dims: result i names the first result of `map` that is dim i.
 * Undefined when some dim is not a result by itself, or there are symbols. For permutations, the inverse.
 */
export function inverseMap(map: AffineMap): AffineMap | undefined {
  if (map.numSymbols > 0) return undefined;
  const results: AffineExpr[] = [];
  for (let dim = 0; dim < map.numDims; dim++) {
    const at = axisOfDim(map, dim);
    if (at < 0) return undefined;
    results.push(affineDim(at));
  }
  return affineMap(map.results.length, 0, results);
}

/** The first result that is dim `position` by itself, or -1. */
export function axisOfDim(map: AffineMap, position: number): number {
  return map.results.findIndex((e) => e.kind === "dim" && e.position === position);
}

/** True when some result depends on dim `position`. */
export function isMapOfDim(map: AffineMap, position: number): boolean {
  return map.results.some((e) => isFunctionOfDim(e, position));
}

export function sameAffineMap(a: AffineMap, b: AffineMap): boolean {
  if (a.numDims !== b.numDims || a.numSymbols !== b.numSymbols) return false;
  return a.results.length === b.results.length && a.results.every((e, i) => sameAffineExpr(e, b.results[i]!));
}

export function sameIntegerSet(a: IntegerSet, b: IntegerSet): boolean {
  if (a.numDims !== b.numDims || a.numSymbols !== b.numSymbols) return false;
  if (a.constraints.length !== b.constraints.length) return false;
  return a.constraints.every((c, i) => {
    const other = b.constraints[i]!;
    return c.kind === other.kind && sameAffineExpr(c.expr, other.expr);
  });
}

function printSpace(numDims: number, numSymbols: number): string {
  const list = (letter: string, count: number): string =>
    Array.from({ length: count }, (_, i) => `${letter}${i}`).join(", ");
  return `(${list("d", numDims)})${numSymbols === 0 ? "" : `[${list("s", numSymbols)}]`}`;
}

/** What MLIR writes between `affine_map<` and `>`: `(d0, d1)[s0] -> (d0 + s0, d1 floordiv 2)`. */
export function printAffineMap(map: AffineMap): string {
  const results = map.results.map((e) => printAffineExpr(e));
  return `${printSpace(map.numDims, map.numSymbols)} -> (${results.join(", ")})`;
}

/** What MLIR writes between `affine_set<` and `>`: `(d0) : (d0 - 1 >= 0, d0 == 0)`. */
export function printIntegerSet(set: IntegerSet): string {
  const constraints = set.constraints.map((c) => `${printAffineExpr(c.expr)} ${c.kind === "eq" ? "==" : ">="} 0`);
  return `${printSpace(set.numDims, set.numSymbols)} : (${constraints.join(", ")})`;
}
