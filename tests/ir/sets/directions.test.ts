/** @file Rows are told apart by direction whatever their hashes are: collisions, opposites and the edge of 32 bits. */

import { describe, expect, it } from "vitest";
import { RowsByDirection } from "../../../ir/analysis/sets/directions.js";

describe("rows by direction", () => {
  // The first two and the last two have one hash; the fourth is 2^31, whose opposite 32 bits do not hold.
  const rows = [
    [5, 1, 0],
    [7, 0, 31],
    [1, 0, -31],
    [2, 0, 2 ** 31],
    [3, -1, 0],
  ];

  it("are found by direction and opposite, whatever their hashes are", () => {
    const known = new RowsByDirection();
    for (const row of rows) known.set(row);
    for (const row of rows) expect(known.get([99, ...row.slice(1)])).toBe(row);
    expect(known.get(rows[0]!, -1)).toBe(rows[4]);
    expect(known.get(rows[1]!, -1)).toBe(rows[2]);
    expect(known.get([0, 0, -(2 ** 31)], -1)).toBe(rows[3]);
    expect(known.get([0, 0, -(2 ** 31)])).toBeUndefined();
    expect(known.rows()).toEqual(rows);
  });

  it("keep their places when they are replaced, and are gone when they are deleted", () => {
    const known = new RowsByDirection();
    for (const row of rows) known.set(row);
    known.set([6, 1, 0]);
    known.delete([0, 0, -31], -1);
    expect(known.rows()).toEqual([[6, 1, 0], rows[2], rows[3], rows[4]]);
    expect(known.get([0, 0, 31])).toBeUndefined();
  });
});
