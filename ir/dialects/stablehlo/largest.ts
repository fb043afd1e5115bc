/** @file The largest entries along the last axis, as CHLO's top-k and its dynamic form in JAX's texts want them. */

import { emptyArray, getScalar, type NdArray, setScalar, sizeOf } from "../../ndarray.js";
import { numericsOf } from "../../scalar.js";
import { mergeSort } from "./sort.js";

/** In descending order, NaN first; of equals the first comes first. */
export function largest(operand: NdArray, k: number): { readonly values: NdArray; readonly indices: NdArray } {
  const width = operand.shape.at(-1)!;
  const shape = operand.shape.with(-1, k);
  const [values, indices] = [emptyArray(operand.element, shape), emptyArray("i32", shape)];
  const order = numericsOf(operand.element).compareTotal;
  for (let row = 0; row < sizeOf(operand.shape.slice(0, -1)); row++) {
    const at = Array.from({ length: width }, (_, i) => i);
    const sorted = mergeSort(
      at,
      (i, j) => order(getScalar(operand, row * width + i), getScalar(operand, row * width + j)) > 0,
    );
    for (let i = 0; i < k; i++) {
      setScalar(values, row * k + i, getScalar(operand, row * width + sorted[i]!));
      setScalar(indices, row * k + i, sorted[i]!);
    }
  }
  return { values, indices };
}
