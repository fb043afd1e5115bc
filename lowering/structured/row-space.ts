/**
 * @file Rows: leading dimensions that several structured operations share, so that all of them can be run on one row after
 * the other. That is legal where everything that any of them writes is touched, by all of them, at the row at hand alone;
 * what is only read may be indexed by the row or not at all. The same analysis reads operations on tensors, before
 * they are grouped, and on memrefs, when their loops become one.
 */

import { type AffineMap, axisOfDim, isMapOfDim } from "../../ir/affine.js";
import { isFunctionOfDim } from "../../ir/affine-expr.js";
import { generic } from "../../ir/dialects/linalg/structured.js";
import type { Dim } from "../../ir/dim.js";
import type { Operation, Value } from "../../ir/graph.js";
import { type Access, accessesOf, shapeOf } from "./access.js";
import { isSumOfExtendedProducts } from "./forms.js";

/** Tensors it makes, or memrefs it writes to. */
export function writtenBy(op: Operation): readonly Value[] {
  return op.results.length > 0 ? op.results : generic.operandsOf(op).outputs;
}

/** How many leading axes of what the operations write are rows that they share; 0 where they share none. */
export function sharedRows(ops: readonly Operation[]): number {
  const written = new Set(ops.flatMap(writtenBy));
  if (ops.some((op) => readsInside(op, written))) return 0;
  const least = Math.min(...[...written].map((v) => shapeOf(v).length));
  for (let rows = least; rows > 0; rows--) {
    if (hasEqualRows(written, rows) && ops.every((op) => rowDims(op, rows, written) !== undefined)) return rows;
  }
  return 0;
}

/** The iteration dimensions of an operation that walk its rows, in order; `undefined` where they are none. */
export function rowDims(op: Operation, rows: number, written: ReadonlySet<Value>): readonly number[] | undefined {
  const { iterator_types: kinds } = generic.attrsOf(op);
  const accesses = accessesOf(op);
  const leading = accesses.find((x) => written.has(x.value))!.map.results.slice(0, rows);
  const dims = leading.map((e) => (e.kind === "dim" && kinds[e.position] === "parallel" ? e.position : -1));
  if (dims.includes(-1) || new Set(dims).size !== rows) return undefined;
  // Rows of a product that only one side knows are blocked in registers instead.
  const isProduct = isBlockedProduct(op);
  const { inputs } = generic.operandsOf(op);
  const isBatch = (k: number): boolean =>
    !isProduct || k >= inputs.length || dims.every((d) => isMapOfDim(accesses[k]!.map, d));
  const isAligned = ({ value, map }: Access): boolean =>
    written.has(value) ? beginsWith(map, dims) : isPinned(map, dims, value);
  return accesses.every((x, k) => isAligned(x) && isBatch(k)) ? dims : undefined;
}

/** What a symbolic size is taken to be. */
const TYPICAL_SIZE = 128;
/** Points that each side of a product has of its own, below which there is nothing to block. */
const MIN_OWN = 4;

/** Elements of a shape, symbolic sizes taken as typical. */
export function countOf(shape: readonly Dim[]): number {
  return shape.reduce((n: number, d) => n * (typeof d === "number" ? d : TYPICAL_SIZE), 1);
}

/**
 * A sum of products of which each side has several points of its own, to be blocked in registers: a matrix product, a
 * convolution; not a vector by a matrix, nor a convolution of each channel by itself.
 */
export function isBlockedProduct(op: Operation): boolean {
  const { indexing_maps: maps, iterator_types: kinds } = generic.attrsOf(op);
  const { inputs } = generic.operandsOf(op);
  if (!kinds.includes("reduction") || inputs.length !== 2 || !isSumOfExtendedProducts(op.region(0).blocks[0]!))
    return false;
  const [left, right, output] = maps as readonly [AffineMap, AffineMap, AffineMap];
  const shape = shapeOf(writtenBy(op)[0]!);
  const sizeOf = (d: number): Dim => shape[axisOfDim(output, d)] ?? 1;
  const parallel = kinds.map((_, d) => d).filter((d) => kinds[d] === "parallel");
  const own = (map: AffineMap, other: AffineMap): number =>
    countOf(parallel.filter((d) => isMapOfDim(map, d) && !isMapOfDim(other, d)).map(sizeOf));
  return Math.min(own(left, right), own(right, left)) >= MIN_OWN;
}

/** The elements of a row of what is accessed: the axes that are no rows. */
export function restOf({ value, map }: Access, dims: readonly number[]): readonly Dim[] {
  const { length } = map.results;
  const shape = shapeOf(value);
  return shape.slice(0, length).filter((_, axis) => !isRowAxis(map, axis, dims));
}

export function isRowAxis(map: AffineMap, axis: number, dims: readonly number[]): boolean {
  const e = map.results[axis]!;
  return e.kind === "dim" && dims.includes(e.position);
}

/** The body reads elements of something that is written. */
function readsInside(op: Operation, written: ReadonlySet<Value>): boolean {
  for (const inner of [...op.walk()].slice(1)) if (inner.operands.some((x) => written.has(x))) return true;
  return false;
}

function hasEqualRows(written: ReadonlySet<Value>, rows: number): boolean {
  const [first, ...others] = [...written].map(shapeOf);
  return others.every((shape) => shape.slice(0, rows).every((d, axis) => d === first![axis]));
}

/** The row dimensions lead, in order, and occur nowhere else. */
function beginsWith(map: AffineMap, dims: readonly number[]): boolean {
  const isLeading = dims.every((d, axis) => axisOfDim(map, d) === axis);
  const rest = map.results.slice(dims.length);
  return isLeading && rest.every((e) => dims.every((d) => !isFunctionOfDim(e, d)));
}

/** Row dimensions stand alone on their axes, and neighbours in memory stay within a row. */
function isPinned(map: AffineMap, dims: readonly number[], value: Value): boolean {
  const isPlain = map.results.every(
    (e, axis) => isRowAxis(map, axis, dims) || !dims.some((d) => isFunctionOfDim(e, d)),
  );
  const shape = shapeOf(value);
  const last = map.results.length - 1;
  const jumps = last >= 0 && isRowAxis(map, last, dims) && restOf({ value, map }, dims).some((d) => d !== 1);
  return isPlain && !(jumps && shape[last] !== 1);
}
