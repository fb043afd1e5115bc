/** @file Compares what two machines computed, entry by entry. */

import type { NdArray } from "../../../ir/ndarray.js";
import { sameShape } from "../../../ir/ndarray.js";

/**
 * Why `got` is not `want`: entries may be off by `error` of their own size plus a hundredth of that of the largest
 * entry (where terms cancel, an entry's own size says nothing). NaNs and infinities stand in the same places; where
 * `error` is 0, so do the signs of zeros.
 */
export function difference(got: NdArray, want: NdArray, error: number): string | undefined {
  if (got.element !== want.element || !sameShape(got.shape, want.shape)) {
    return `tensor<${[...got.shape, got.element].join("x")}> instead of tensor<${[...want.shape, want.element].join("x")}>`;
  }
  let largest = 0;
  for (const x of want.data) if (Number.isFinite(Number(x))) largest = Math.max(largest, Math.abs(Number(x)));
  for (let i = 0; i < want.data.length; i++) {
    const [x, y] = [got.data[i]!, want.data[i]!];
    if (Object.is(x, y)) continue;
    const distance = Math.abs(Number(x) - Number(y));
    const allowed = error * Math.abs(Number(y)) + 0.01 * error * largest;
    if (error === 0 || !(distance <= allowed)) return `entry ${i} is ${x} instead of ${y}`;
  }
  return undefined;
}
