/** @file How alike two reference tensors are: bit for bit, or within a relative error. */

import { type NdArray, sameShape } from "./ndarray.js";

/** Whether element, shape and every entry agree; -0 differs from 0, and all NaNs are one value. */
export function sameBits(a: NdArray, b: NdArray): boolean {
  if (a.element !== b.element || !sameShape(a.shape, b.shape)) return false;
  for (let i = 0; i < a.data.length; i++) {
    if (!Object.is(a.data[i], b.data[i])) return false;
  }
  return true;
}

/**
 * max |a - b| / max |b|, over the parts of complex entries too; `b` is the reference. NaNs and infinities must stand in the
 * same places (else the error is infinite) and count for neither maximum. Where all of `b` is 0, the error is 0 or
 * infinite. Throws an `Error` when the shapes differ; elements may differ.
 */
export function maxRelativeError(a: NdArray, b: NdArray): number {
  if (!sameShape(a.shape, b.shape) || a.data.length !== b.data.length) {
    throw new Error(`shapes [${a.shape.join(", ")}] and [${b.shape.join(", ")}] cannot be compared`);
  }
  let error = 0;
  let scale = 0;
  for (let i = 0; i < a.data.length; i++) {
    const [x, y] = [a.data[i]!, b.data[i]!];
    if (Object.is(x, y) && !Number.isFinite(Number(y))) continue;
    const difference = distance(x, y);
    if (!Number.isFinite(difference)) return Number.POSITIVE_INFINITY;
    error = Math.max(error, difference);
    scale = Math.max(scale, Math.abs(Number(y)));
  }
  return error === 0 ? 0 : error / scale;
}

function distance(x: number | bigint, y: number | bigint): number {
  return Math.abs(typeof x === "bigint" && typeof y === "bigint" ? Number(x - y) : Number(x) - Number(y));
}
