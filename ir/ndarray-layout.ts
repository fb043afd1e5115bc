/**
 * @file Data movement on reference tensors: everything is a copy between two strided views.
 * Invariant: entries are moved, never recomputed; NaN payloads and signed zeros survive.
 */

import { advance, emptyArray, lanesOf, type NdArray, type NdData, sameShape, sizeOf, stridesOf } from "./ndarray.js";

/** A walk over dense storage: where it starts and how far each axis steps, in entries; steps may be 0 or negative. */
export interface StridedView {
  readonly offset: number;
  readonly strides: readonly number[];
}

/** Copies `shape` entries from one view to another, row-major; the views are not checked against the storage. */
export function copyStrided(
  shape: readonly number[],
  to: NdArray,
  toView: StridedView,
  from: NdArray,
  fromView: StridedView,
): void {
  const size = sizeOf(shape);
  if (size === 0) return;
  const lanes = lanesOf(from.element);
  const last = shape.length - 1;
  const inner = last < 0 ? 1 : shape[last]!;
  const outerShape = shape.slice(0, Math.max(last, 0));
  const toStep = last < 0 ? 0 : toView.strides[last]! * lanes;
  const fromStep = last < 0 ? 0 : fromView.strides[last]! * lanes;
  const index = new Array<number>(outerShape.length).fill(0);
  for (let rows = size / inner; rows > 0; rows--) {
    const toStart = positionOf(toView, index) * lanes;
    const fromStart = positionOf(fromView, index) * lanes;
    for (let lane = 0; lane < lanes; lane++) {
      copyRow(inner, to.data, toStart + lane, toStep, from.data, fromStart + lane, fromStep);
    }
    advance(index, outerShape);
  }
}

function positionOf({ offset, strides }: StridedView, index: readonly number[]): number {
  let position = offset;
  for (let axis = 0; axis < index.length; axis++) position += index[axis]! * strides[axis]!;
  return position;
}

function copyRow(count: number, to: NdData, at: number, step: number, from: NdData, start: number, by: number): void {
  // Both sides have the same class; the cast keeps the loop monomorphic in the type checker's eyes.
  const target = to as Float64Array;
  const source = from as Float64Array;
  for (let i = 0; i < count; i++) target[at + i * step] = source[start + i * by]!;
}

/** The dense array of `shape` read through a view of `a`. */
export function gatherView(a: NdArray, shape: readonly number[], view: StridedView): NdArray {
  const out = emptyArray(a.element, shape);
  copyStrided(shape, out, { offset: 0, strides: stridesOf(shape) }, a, view);
  return out;
}

/** Result axis `i` is operand axis `permutation[i]`. */
export function transpose(a: NdArray, permutation: readonly number[]): NdArray {
  const strides = stridesOf(a.shape);
  return gatherView(
    a,
    permutation.map((axis) => a.shape[axis]!),
    { offset: 0, strides: permutation.map((axis) => strides[axis]!) },
  );
}

/** Entries `start, start + step, ...` below `limit` along each axis; steps are 1 when absent. */
export function slice(
  a: NdArray,
  starts: readonly number[],
  limits: readonly number[],
  steps: readonly number[] = starts.map(() => 1),
): NdArray {
  const strides = stridesOf(a.shape);
  const shape = starts.map((start, axis) => Math.max(0, Math.ceil((limits[axis]! - start) / steps[axis]!)));
  const offset = starts.reduce((sum, start, axis) => sum + start * strides[axis]!, 0);
  return gatherView(a, shape, { offset, strides: strides.map((stride, axis) => stride * steps[axis]!) });
}

/** The same entries under another shape of the same size; shares the storage. Throws an `Error` on another size. */
export function reshape(a: NdArray, shape: readonly number[]): NdArray {
  if (sizeOf(shape) !== sizeOf(a.shape)) {
    throw new Error(`cannot reshape [${a.shape.join(", ")}] to [${shape.join(", ")}]`);
  }
  return { element: a.element, shape, data: a.data };
}

/** StableHLO `broadcast_in_dim`: operand axis `i` becomes result axis `axes[i]`; an extent of 1 is repeated. */
export function broadcast(a: NdArray, shape: readonly number[], axes: readonly number[]): NdArray {
  const own = stridesOf(a.shape);
  const strides = shape.map(() => 0);
  axes.forEach((axis, i) => {
    if (a.shape[i] !== 1) strides[axis] = own[i]!;
  });
  return gatherView(a, shape, { offset: 0, strides });
}

/** The order of entries turned round along `axes`. */
export function reverse(a: NdArray, axes: readonly number[]): NdArray {
  const strides = stridesOf(a.shape);
  let offset = 0;
  for (const axis of axes) {
    offset += (a.shape[axis]! - 1) * strides[axis]!;
    strides[axis] = -strides[axis]!;
  }
  return gatherView(a, a.shape, { offset, strides });
}

/** A copy of `into` in which the block at `starts` is `part`. The block must lie inside. */
export function insertBlock(into: NdArray, part: NdArray, starts: readonly number[]): NdArray {
  const out: NdArray = { ...into, data: into.data.slice() };
  writeBlock(out, part, starts);
  return out;
}

function writeBlock(out: NdArray, part: NdArray, starts: readonly number[]): void {
  const strides = stridesOf(out.shape);
  const offset = starts.reduce((sum, start, axis) => sum + start * strides[axis]!, 0);
  copyStrided(part.shape, out, { offset, strides }, part, { offset: 0, strides: stridesOf(part.shape) });
}

/** The arrays end to end along `axis`; all of one element, equal in the other extents. Throws an `Error` otherwise. */
export function concatArrays(arrays: readonly NdArray[], axis: number): NdArray {
  const [first] = arrays;
  if (first === undefined) throw new Error("concatArrays of nothing has no shape");
  const others = (shape: readonly number[]) => shape.toSpliced(axis, 1);
  for (const a of arrays) {
    if (a.element !== first.element || !sameShape(others(a.shape), others(first.shape))) {
      throw new Error(`cannot concatenate [${a.shape.join(", ")}] to [${first.shape.join(", ")}] along axis ${axis}`);
    }
  }
  const extent = arrays.reduce((sum, a) => sum + a.shape[axis]!, 0);
  const out = emptyArray(first.element, first.shape.with(axis, extent));
  let start = 0;
  for (const a of arrays) {
    writeBlock(
      out,
      a,
      a.shape.map((_, i) => (i === axis ? start : 0)),
    );
    start += a.shape[axis]!;
  }
  return out;
}
