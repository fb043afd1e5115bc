/**
 * @file Rows found by their direction, which is all of a row but its constant: what meets its parallels when a basic set is
 * brought to normal form. Hashes are linear in the row, so that of the opposite direction is the opposite.
 */

import type { Row } from "./linear.js";

export class RowsByDirection {
  /** Where to find the direction of each hash; a hash that is taken by another direction goes on to the next one. */
  readonly #places = new Map<number, number>();
  readonly #directions: Row[] = [];
  readonly #rows: (Row | undefined)[] = [];

  /** The row with the direction of `row`, or with the opposite one where `sign` is -1. */
  get(row: Row, sign: 1 | -1 = 1): Row | undefined {
    const place = this.#places.get(this.#key(row, sign));
    return place === undefined ? undefined : this.#rows[place];
  }

  /** Keeps the row under its direction, in the place of one that is there. */
  set(row: Row): void {
    const key = this.#key(row, 1);
    const place = this.#places.get(key) ?? this.#directions.length;
    this.#places.set(key, place);
    this.#directions[place] = row;
    this.#rows[place] = row;
  }

  /** Forgets the row with that direction. */
  delete(row: Row, sign: 1 | -1 = 1): void {
    const place = this.#places.get(this.#key(row, sign));
    if (place !== undefined) this.#rows[place] = undefined;
  }

  /** All rows, in the order in which their directions came. */
  rows(): Row[] {
    return this.#rows.filter((row) => row !== undefined);
  }

  /** The key under which a direction is, or would be. */
  #key(row: Row, sign: 1 | -1): number {
    for (let key = (sign * hashOf(row)) | 0; ; key++) {
      const place = this.#places.get(key);
      if (place === undefined || isParallel(this.#directions[place]!, row, sign)) return key;
    }
  }
}

/** Entries beyond 32 bits count by their lowest ones. */
function hashOf(row: Row): number {
  let hash = 0;
  for (let i = 1; i < row.length; i++) hash = (Math.imul(hash, 31) + row[i]!) | 0;
  return hash;
}

function isParallel(a: Row, b: Row, sign: 1 | -1): boolean {
  for (let i = 1; i < a.length; i++) if (a[i] !== sign * b[i]!) return false;
  return true;
}
