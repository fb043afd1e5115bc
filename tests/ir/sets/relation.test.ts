/** @file Sets and relations against the enumeration of small boxes, and single cases whose answers are known. */

import { expect, test } from "vitest";
import { boundsOf, eliminate } from "../../../ir/analysis/sets/bounds.js";
import { gist } from "../../../ir/analysis/sets/feasibility.js";
import { SetsTooLarge, Work } from "../../../ir/analysis/sets/linear.js";
import {
  coalesce,
  complement,
  compose,
  contains,
  deltas,
  domainOf,
  fixDim,
  intersect,
  inverse,
  isEmpty,
  isEqual,
  isSubset,
  lexLess,
  projectOut,
  rangeOf,
  sample,
  subtract,
  union,
} from "../../../ir/analysis/sets/relation.js";
import { parseRelation, parseUnion, SetsSyntax } from "../../../ir/analysis/sets/text-parse.js";
import { printRelation } from "../../../ir/analysis/sets/text-print.js";
import { drawFrom, pointsOfBox, randomRelation } from "./random-sets.js";

const BOX = 3;
const cube = { params: [], output: { name: "S", dims: ["i", "j", "k"] } };
const pairs = { params: [], input: { name: "S", dims: ["i"] }, output: { name: "T", dims: ["a", "b"] } };

test("two integers that differ by a half do not exist", () => {
  expect(isEmpty(parseRelation("{ [i, j] : 2i = 2j + 1 }"))).toBe(true);
  expect(isEmpty(parseRelation("{ [i, j] : 3 <= 11i + 13j <= 21 and -9 <= 7i - 9j <= 6 }"))).toBe(false);
  // Pugh's example: 27 <= 11x + 13y <= 45 and -10 <= 7x - 9y <= 4 has rational points and no integer.
  expect(isEmpty(parseRelation("{ [x, y] : 27 <= 11x + 13y <= 45 and -10 <= 7x - 9y <= 4 }"))).toBe(true);
});

test("what isl writes is read: floor, mod, exists, or, not, chains", () => {
  const even = parseRelation("[n] -> { S[i, j] : 0 <= i < n and exists (e0 : j = 2e0) }");
  expect(isEqual(even, parseRelation("[n] -> { S[i, j] : 0 <= i < n and (j) mod 2 = 0 }"))).toBe(true);
  expect(isEqual(even, parseRelation("[n] -> { S[i, j] : 0 <= i < n and 2*floor((j)/2) = j }"))).toBe(true);
  expect(isEqual(even, parseRelation("[n] -> { S[i, j] : 0 <= i < n and not (j mod 2 = 1) }"))).toBe(true);
  const tiles = parseRelation("{ [i] -> [floor((i)/32), i mod 32] : 0 <= i < 100 }");
  expect(isEqual(rangeOf(tiles), parseRelation("{ [t, r] : 0 <= r < 32 and 0 <= 32t + r < 100 }"))).toBe(true);
  expect(parseUnion("{ S[i] : i > 0; T[i, j] : i = j or i > j; S[0] }").map((r) => r.basics.length)).toEqual([2, 2]);
  expect(() => parseRelation("{ [i] : i * i > 2 }")).toThrow(SetsSyntax);
  expect(() => parseRelation("{ [i] : k > 2 }")).toThrow(SetsSyntax);
});

test("boolean operations agree with enumeration", () => {
  const draw = drawFrom(1);
  for (let round = 0; round < 150; round++) {
    const [a, b] = [randomRelation(cube, BOX, draw), randomRelation(cube, BOX, draw)];
    const [both, either, minus] = [intersect(a, b), union(a, b), subtract(a, b)];
    const tidy = coalesce(either);
    let [inA, subset] = [0, true];
    for (const p of pointsOfBox(3, BOX)) {
      const [x, y] = [contains(a, p), contains(b, p)];
      if (x) inA++;
      if (x && !y) subset = false;
      const answers = [both, either, tidy, minus].map((r) => contains(r, p));
      expect(answers, `${printRelation(a)} and ${printRelation(b)} at ${p}`).toEqual([x && y, x || y, x || y, x && !y]);
    }
    expect(isEmpty(a), printRelation(a)).toBe(inA === 0);
    expect(isSubset(a, b)).toBe(subset);
    const point = sample(a);
    expect(point === undefined ? inA === 0 : contains(a, point)).toBe(true);
    expect(tidy.basics.length).toBeLessThanOrEqual(either.basics.length);
  }
});

test("projection keeps exactly the points that have a partner", () => {
  const draw = drawFrom(2);
  for (let round = 0; round < 300; round++) {
    const a = randomRelation(cube, BOX, draw);
    const shadow = projectOut(a, "output", 1, 1);
    const lines = pointsOfBox(1, BOX);
    for (const [i, k] of pointsOfBox(2, BOX)) {
      const partner = lines.some(([j]) => contains(a, [i!, j!, k!]));
      expect(contains(shadow, [i!, k!]), `${printRelation(a)} at ${i}, ${k}`).toBe(partner);
    }
  }
});

test("composition and differences agree with enumeration", () => {
  const draw = drawFrom(3);
  for (let round = 0; round < 100; round++) {
    const [a, b] = [randomRelation(pairs, BOX, draw), randomRelation(pairs, BOX, draw)];
    const through = compose(a, inverse(b));
    const apart = deltas(through);
    const differences = new Set<number>();
    for (const [x, z] of pointsOfBox(2, BOX)) {
      const meets = pointsOfBox(2, BOX).some((y) => contains(a, [x!, ...y]) && contains(b, [z!, ...y]));
      if (meets) differences.add(z! - x!);
      expect(contains(through, [x!, z!]), `${printRelation(a)} then ${printRelation(b)}`).toBe(meets);
    }
    for (let d = -2 * BOX; d <= 2 * BOX; d++) expect(contains(apart, [d])).toBe(differences.has(d));
    expect(isEqual(domainOf(a), rangeOf(inverse(a)))).toBe(true);
  }
});

test("text read back has the same points", () => {
  const draw = drawFrom(4);
  const space = { ...pairs, params: ["n"] };
  for (let round = 0; round < 100; round++) {
    const a = randomRelation(space, undefined, draw);
    expect(isEqual(parseRelation(printRelation(a)), a), printRelation(a)).toBe(true);
  }
});

test("the complement holds the rest of the space, for every parameter", () => {
  const a = parseRelation("[n] -> { [i] : 0 <= i < n and i mod 3 = 1 }");
  const rest = parseRelation("[n] -> { [i] : i < 0 or i >= n or i mod 3 = 0 or i mod 3 = 2 }");
  expect(isEqual(complement(a), rest)).toBe(true);
  expect(isEmpty(fixDim(a, "params", 0, 1))).toBe(true);
});

test("the order of iterations is lexicographic", () => {
  const tuple = { name: "S", dims: ["i", "j"] };
  const order = lexLess([], tuple, { ...tuple, dims: ["k", "l"] });
  expect(contains(order, [1, 5, 2, 0])).toBe(true);
  expect(contains(order, [1, 5, 1, 6])).toBe(true);
  expect(contains(order, [1, 5, 1, 5])).toBe(false);
});

test("loop bounds of a triangle come from rational elimination", () => {
  const [triangle] = parseRelation("[n] -> { [i, j] : 0 <= i and i <= 2j and 3j < n }").basics;
  const outer = eliminate(triangle!, [2]);
  expect(boundsOf(outer!, 1)).toEqual({
    lower: [{ row: [0, 0, 0, 0], divisor: 1 }],
    upper: [{ row: [-2, 2, 0, 0], divisor: 3 }],
  });
});

test("what the context says is dropped", () => {
  const [a] = parseRelation("[n] -> { [i] : 0 <= i < n and n >= 1 and i <= 9 }").basics;
  const [context] = parseRelation("[n] -> { [i] : n <= 10 }").basics;
  expect(gist(a!, context!, new Work())!.inequalities.length).toBe(2);
});

test("a question beyond its budget is refused, not guessed", () => {
  const a = parseRelation("{ [x, y] : 27 <= 11x + 13y <= 45 and -10 <= 7x - 9y <= 4 }");
  expect(() => isEmpty(a, new Work(10))).toThrow(SetsTooLarge);
  expect(() =>
    intersect(
      a,
      parseRelation(
        "{ [x, y] : 9007199254740991x + 9007199254740990y > 7 and 5 > 9007199254740990x + 9007199254740991y }",
      ),
    ),
  ).toThrow(SetsTooLarge);
});
