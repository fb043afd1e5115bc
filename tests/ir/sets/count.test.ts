/** @file Numbers of points of known and of random sets, against counting one by one. */

import { expect, test } from "vitest";
import { countPoints } from "../../../ir/analysis/sets/count.js";
import { SetsTooLarge, Work } from "../../../ir/analysis/sets/linear.js";
import { contains } from "../../../ir/analysis/sets/relation.js";
import { setSpace } from "../../../ir/analysis/sets/space.js";
import { parseRelation } from "../../../ir/analysis/sets/text-parse.js";
import { drawFrom, randomRelation } from "./random-sets.js";

const BOX = 4;

test("points of random sets are counted as one by one", () => {
  const draw = drawFrom(17);
  for (let n = 0; n < 300; n++) {
    const dims = ["i", "j", "k"].slice(0, draw(1, 3));
    const set = randomRelation(setSpace([], { name: "S", dims }), BOX, draw);
    let wanted = 0;
    const visit = (point: readonly number[]): void => {
      if (point.length === dims.length) wanted += contains(set, point) ? 1 : 0;
      else for (let x = -BOX; x <= BOX; x++) visit([...point, x]);
    };
    visit([]);
    expect(countPoints(set, new Work())).toBe(wanted);
  }
});

test.each([
  ["{ S[i, j, k] : 0 <= i < 2000 and 0 <= j < 2000 and 0 <= k < i and k < j }", 2_664_667_000],
  ["{ S[i, j, k] : 0 <= i < 3000 and 0 <= j < 2000 and 0 <= k < 1000 }", 6_000_000_000],
  ["{ S[i, j, k] : 0 <= i and i < k and k < j and j < 1000 }", 166_167_000],
  ["{ S[i] : 0 <= i < 1000000 and i mod 7 = 3 }", 142_857],
])("%s has %d points, without visiting them", (text, points) => {
  expect(countPoints(parseRelation(text), new Work(300_000))).toBe(points);
});

test("what has no end has no number, and what costs too much is not guessed", () => {
  expect(countPoints(parseRelation("{ S[i, j] : 0 <= i <= j }"), new Work())).toBeUndefined();
  const large = parseRelation("{ S[i, j, k] : 0 <= i < 2000 and 0 <= j < 2000 and 0 <= k < i + j }");
  expect(() => countPoints(large, new Work(1000))).toThrow(SetsTooLarge);
});
