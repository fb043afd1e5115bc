/**
 * @file Rows of integers: the linear part of every constraint of an integer set, with checked arithmetic.
 * A row holds the constant first and then one coefficient per column. No result leaves the safe integers and no question
 * costs more than its `Work` allows: either throws `SetsTooLarge`, which callers read as "not known".
 */

import { floorModulo } from "../../integer.js";

/** `[constant, coefficient of column 0, of column 1, …]`. */
export type Row = readonly number[];

/** An exact answer would need larger integers or more work than allowed. It is never a wrong answer. */
export class SetsTooLarge extends Error {
  override readonly name = "SetsTooLarge";
}

/** How much one question may still cost, counted in coefficients touched. */
export class Work {
  #left: number;

  constructor(limit = 5_000_000) {
    this.#left = limit;
  }

  /** Throws `SetsTooLarge` when nothing is left. */
  spend(cost: number): void {
    this.#left -= cost;
    if (this.#left < 0) throw new SetsTooLarge("the question costs more than its budget");
  }
}

/** `n` without a negative zero; `SetsTooLarge` beyond the safe integers. */
export function checked(n: number): number {
  if (!Number.isSafeInteger(n)) throw new SetsTooLarge("a coefficient is beyond 2^53");
  return n + 0;
}

/** p * a + q * b. */
export function combineRows(p: number, a: Row, q: number, b: Row): number[] {
  const sum = new Array<number>(a.length);
  for (let i = 0; i < a.length; i++) sum[i] = checked(checked(p * a[i]!) + checked(q * b[i]!));
  return sum;
}

export function scaleRow(factor: number, row: Row): number[] {
  const scaled = new Array<number>(row.length);
  for (let i = 0; i < row.length; i++) scaled[i] = checked(factor * row[i]!);
  return scaled;
}

/** The row plus a constant. */
export function offsetRow(row: Row, offset: number): number[] {
  const moved = row.slice();
  moved[0] = checked(row[0]! + offset);
  return moved;
}

/** The coefficient of a column. */
export function coefficient(row: Row, column: number): number {
  return row[column + 1]!;
}

/** The row with the coefficient of one column replaced. */
export function withCoefficient(row: Row, column: number, value: number): number[] {
  const other = row.slice();
  other[column + 1] = value;
  return other;
}

/** A row of `columns` zeros but for the constant and the given coefficients, as pairs of column and value. */
export function rowOf(columns: number, constant: number, ...terms: readonly (readonly [number, number])[]): number[] {
  const row = new Array<number>(columns + 1).fill(0);
  row[0] = constant;
  for (const [column, value] of terms) row[column + 1] = checked(row[column + 1]! + value);
  return row;
}

/** The value of the row where the columns have the given values. */
export function evaluateRow(row: Row, point: readonly number[]): number {
  let sum = row[0]!;
  for (let i = 0; i < point.length; i++) sum = checked(sum + checked(point[i]! * row[i + 1]!));
  return sum;
}

/** g, s and t with a * s + b * t = g = gcd(a, b) >= 0. */
export function extendedGcd(a: number, b: number): { readonly g: number; readonly s: number; readonly t: number } {
  let [r0, r1, s0, s1, t0, t1] = [a, b, 1, 0, 0, 1];
  while (r1 !== 0) {
    const q = Math.trunc(r0 / r1);
    [r0, r1] = [r1, r0 - q * r1];
    [s0, s1] = [s1, s0 - q * s1];
    [t0, t1] = [t1, t0 - q * t1];
  }
  return r0 < 0 ? { g: -r0, s: -s0 + 0, t: -t0 + 0 } : { g: r0, s: s0, t: t0 };
}

/** Every entry modulo `modulus`, from 0 on. */
export function reduceRow(row: Row, modulus: number): number[] {
  return row.map((x) => floorModulo(x, modulus));
}
