/**
 * @file The iteration space of a structured operation, for the interpreter: sizes of its axes, and where each operand's
 * element lies at a point. A map that is linear is folded into one step per axis; bounds are checked for the whole space
 * before the first point.
 */

import { type AffineMap, evaluateMap } from "../../affine.js";
import { linearCoefficients } from "../../affine-linear.js";
import { type BufferView, position, readAt, writeAt } from "../../buffer.js";
import { flatIndex, getScalar, type NdArray, setScalar, stridesOf } from "../../ndarray.js";
import type { Scalar } from "../../scalar.js";

export type Operand = NdArray | BufferView | Scalar;

export function isBuffer(x: Operand): x is BufferView {
  return typeof x === "object" && "kind" in x && x.kind === "buffer";
}

function isShapedOperand(x: Operand): x is NdArray | BufferView {
  return typeof x === "object" && "shape" in x;
}

/** The size of each axis, read off an operand that has it as an index by itself. Throws where operands disagree. */
export function iterationSizes(maps: readonly AffineMap[], operands: readonly Operand[]): readonly number[] {
  const sizes: number[] = [];
  maps.forEach((map, k) => {
    const operand = operands[k]!;
    if (!isShapedOperand(operand)) return;
    map.results.forEach((e, axis) => {
      if (e.kind !== "dim") return;
      const size = operand.shape[axis]!;
      const known = sizes[e.position];
      if (known !== undefined && known !== size)
        throw new Error(`axis d${e.position} has size ${known} in one operand and ${size} in another`);
      sizes[e.position] = size;
    });
  });
  return sizes;
}

/** Reads and writes the element of one operand at the points of the space. */
export interface Walk {
  read(point: readonly number[]): Scalar;
  write(point: readonly number[], value: Scalar): void;
}

export function walkOf(operand: Operand, map: AffineMap, sizes: readonly number[]): Walk {
  if (!isShapedOperand(operand)) return { read: () => operand, write: () => notWritten() };
  const at = positionOf(operand, map, sizes);
  if (isBuffer(operand)) {
    const { storage } = operand;
    return { read: (p) => readAt(storage, at(p)), write: (p, x) => writeAt(storage, at(p), x) };
  }
  return { read: (p) => getScalar(operand, at(p)), write: (p, x) => setScalar(operand, at(p), x) };
}

function notWritten(): never {
  throw new Error("a scalar cannot be written to");
}

function positionOf(
  operand: NdArray | BufferView,
  map: AffineMap,
  sizes: readonly number[],
): (point: readonly number[]) => number {
  const forms = map.results.map((e) => linearCoefficients(e, map.numDims, 0));
  if (!forms.every((f) => f !== undefined)) return (point) => checkedPosition(operand, evaluateMap(map, point));
  const strides = isBuffer(operand) ? operand.strides : stridesOf(operand.shape);
  let base = isBuffer(operand) ? operand.offset : 0;
  const steps = sizes.map(() => 0);
  const isEmpty = sizes.includes(0);
  forms.forEach((form, axis) => {
    const low = form.constant + sum(form.dims, (c, d) => Math.min(0, c * (sizes[d]! - 1)));
    const high = form.constant + sum(form.dims, (c, d) => Math.max(0, c * (sizes[d]! - 1)));
    const size = operand.shape[axis]!;
    if (!isEmpty && (low < 0 || high >= size))
      throw new Error(`indices ${low} to ${high} leave dimension ${axis} of size ${size}`);
    base += form.constant * strides[axis]!;
    form.dims.forEach((c, d) => {
      steps[d]! += c * strides[axis]!;
    });
  });
  if (isBuffer(operand) && operand.storage.life.freed) throw new Error("access to freed storage");
  return (point) => {
    let at = base;
    for (let d = 0; d < steps.length; d++) at += steps[d]! * point[d]!;
    return at;
  };
}

function sum(values: readonly number[], f: (x: number, i: number) => number): number {
  return values.reduce((total, x, i) => total + f(x, i), 0);
}

function checkedPosition(operand: NdArray | BufferView, index: readonly number[]): number {
  if (isBuffer(operand)) return position(operand, index);
  index.forEach((x, i) => {
    if (!(x >= 0 && x < operand.shape[i]!))
      throw new Error(`index ${x} leaves dimension ${i} of size ${operand.shape[i]}`);
  });
  return flatIndex(operand.shape, index);
}
