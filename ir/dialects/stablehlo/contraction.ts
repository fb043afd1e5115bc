/**
 * @file Sums of products on reference tensors, for dots and einsums.
 * Floats and complex numbers are multiplied and summed in doubles, in order, and rounded once to the result's element:
 * for f32 and narrower that is nearer the exact sum than any engine gets. Integers are converted to the result's element
 * and wrap in it.
 */

import { type ElementType, elementFacts, isComplex, isFloat } from "../../element.js";
import { roundingOf } from "../../float-format.js";
import { emptyArray, getScalar, type NdArray, setScalar, sizeOf } from "../../ndarray.js";
import { transpose } from "../../ndarray-layout.js";
import { convertScalar, numericsOf } from "../../scalar.js";

export interface ContractionAxes {
  readonly batch: readonly [lhs: readonly number[], rhs: readonly number[]];
  readonly contracting: readonly [lhs: readonly number[], rhs: readonly number[]];
}

/** Result axes: the batch, then what is left of `lhs`, then what is left of `rhs`. */
export function contract(lhs: NdArray, rhs: NdArray, axes: ContractionAxes, element: ElementType): NdArray {
  const left = arrange(lhs, axes.batch[0], axes.contracting[0]);
  const right = arrange(rhs, axes.batch[1], axes.contracting[1]);
  const out = emptyArray(element, [...left.batch, ...left.free, ...right.free]);
  const [b, m, n, k] = [sizeOf(left.batch), sizeOf(left.free), sizeOf(right.free), sizeOf(left.contracted)];
  if (isFloat(element)) floatProducts(out, left.array, right.array, b, m, n, k);
  else if (isComplex(element)) complexProducts(out, left.array, right.array, b, m, n, k);
  else integerProducts(out, left.array, right.array, b, m, n, k);
  return out;
}

interface Arranged {
  /** Axes in the order batch, free, contracted. */
  readonly array: NdArray;
  readonly batch: readonly number[];
  readonly free: readonly number[];
  readonly contracted: readonly number[];
}

function arrange(a: NdArray, batch: readonly number[], contracting: readonly number[]): Arranged {
  const free = a.shape.map((_, axis) => axis).filter((axis) => !batch.includes(axis) && !contracting.includes(axis));
  const sizes = (list: readonly number[]) => list.map((axis) => a.shape[axis]!);
  const order = [...batch, ...free, ...contracting];
  return {
    array: order.every((axis, i) => axis === i) ? a : transpose(a, order),
    batch: sizes(batch),
    free: sizes(free),
    contracted: sizes(contracting),
  };
}

/** Both sides have the contracted entries of a row next to each other. */
function floatProducts(out: NdArray, lhs: NdArray, rhs: NdArray, b: number, m: number, n: number, k: number): void {
  const [left, right] = [asDoubles(lhs), asDoubles(rhs)];
  const sums = new Float64Array(m * n);
  const round = roundingOf(out.element as Parameters<typeof roundingOf>[0]);
  for (let batch = 0; batch < b; batch++) {
    matrixProduct(sums, left.subarray(batch * m * k), right.subarray(batch * n * k), m, n, k);
    for (let i = 0; i < sums.length; i++) out.data[batch * m * n + i] = round(sums[i]!);
  }
}

/** out[m, n] = left[m, k] right[n, k]^T, in blocks of two rows and four columns, so that each number loaded is used often. */
function matrixProduct(
  out: Float64Array,
  left: Float64Array,
  right: Float64Array,
  m: number,
  n: number,
  k: number,
): void {
  const [rows, columns] = [m - (m % 2), n - (n % 4)];
  for (let row = 0; row < rows; row += 2) {
    for (let column = 0; column < columns; column += 4) block2x4(out, left, right, row, column, n, k);
  }
  for (let row = 0; row < m; row++) {
    for (let column = row < rows ? columns : 0; column < n; column++) {
      let sum = 0;
      for (let i = 0; i < k; i++) sum += left[row * k + i]! * right[column * k + i]!;
      out[row * n + column] = sum;
    }
  }
}

function block2x4(
  out: Float64Array,
  left: Float64Array,
  right: Float64Array,
  row: number,
  column: number,
  n: number,
  k: number,
): void {
  const [l0, l1, r0, r1] = [row * k, (row + 1) * k, column * k, (column + 1) * k];
  const [r2, r3] = [r1 + k, r1 + 2 * k];
  let [a0, a1, a2, a3, b0, b1, b2, b3] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let i = 0; i < k; i++) {
    const x0 = left[l0 + i]!; // no destructuring here: it costs half the speed
    const x1 = left[l1 + i]!;
    const y0 = right[r0 + i]!;
    const y1 = right[r1 + i]!;
    const y2 = right[r2 + i]!;
    const y3 = right[r3 + i]!;
    a0 += x0 * y0;
    a1 += x0 * y1;
    a2 += x0 * y2;
    a3 += x0 * y3;
    b0 += x1 * y0;
    b1 += x1 * y1;
    b2 += x1 * y2;
    b3 += x1 * y3;
  }
  const o = row * n + column;
  out.set([a0, a1, a2, a3], o);
  out.set([b0, b1, b2, b3], o + n);
}

/** The entries as doubles; integers and floats alike. Arrays of f64 are not copied. */
export function asDoubles(a: NdArray): Float64Array {
  if (a.data instanceof Float64Array) return a.data;
  return Float64Array.from(a.data as ArrayLike<number | bigint>, Number);
}

function complexProducts(out: NdArray, lhs: NdArray, rhs: NdArray, b: number, m: number, n: number, k: number): void {
  const round = roundingOf(elementFacts[out.element].part!);
  const [left, right] = [asPairs(lhs), asPairs(rhs)];
  for (let batch = 0, o = 0; batch < b; batch++) {
    for (let row = 0; row < m; row++) {
      for (let column = 0; column < n; column++, o++) {
        let [re, im] = [0, 0];
        let l = 2 * (batch * m + row) * k;
        let r = 2 * (batch * n + column) * k;
        for (let i = 0; i < k; i++, l += 2, r += 2) {
          re += left[l]! * right[r]! - left[l + 1]! * right[r + 1]!;
          im += left[l]! * right[r + 1]! + left[l + 1]! * right[r]!;
        }
        out.data[2 * o] = round(re);
        out.data[2 * o + 1] = round(im);
      }
    }
  }
}

/** Interleaved doubles; a real entry has imaginary part 0. */
function asPairs(a: NdArray): Float64Array {
  const numbers = asDoubles(a);
  if (isComplex(a.element)) return numbers;
  const pairs = new Float64Array(2 * numbers.length);
  for (let i = 0; i < numbers.length; i++) pairs[2 * i] = numbers[i]!;
  return pairs;
}

function integerProducts(out: NdArray, lhs: NdArray, rhs: NdArray, b: number, m: number, n: number, k: number): void {
  const numerics = numericsOf(out.element);
  const [left, right] = [asElement(lhs, out.element), asElement(rhs, out.element)];
  for (let batch = 0, o = 0; batch < b; batch++) {
    for (let row = 0; row < m; row++) {
      for (let column = 0; column < n; column++, o++) {
        let sum = numerics.zero;
        for (let i = 0; i < k; i++) {
          const x = getScalar(left, (batch * m + row) * k + i);
          sum = numerics.add(sum, numerics.mul(x, getScalar(right, (batch * n + column) * k + i)));
        }
        setScalar(out, o, sum);
      }
    }
  }
}

/** The array with its entries converted. */
export function asElement(a: NdArray, element: ElementType): NdArray {
  if (a.element === element) return a;
  const out = emptyArray(element, a.shape);
  for (let i = sizeOf(a.shape) - 1; i >= 0; i--) setScalar(out, i, convertScalar(getScalar(a, i), a.element, element));
  return out;
}
