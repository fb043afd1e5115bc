/** @file Which arrays get copies for the iterations of their loops, of which loops, and what is refused. */

import { expect, test } from "vitest";
import { dependencesOf } from "../../../../lowering/loops/polyhedral/dependences.js";
import { expandArrays } from "../../../../lowering/loops/polyhedral/expand-arrays.js";
import { privatisable } from "../../../../lowering/loops/polyhedral/privatise.js";
import { type CpuDescription, cpuNamed } from "../../../../machine/cpu.js";
import { typedScop } from "../../../support/typed-scops.js";

const avx512 = cpuNamed("avx512")!;

/** The copies that the array `w` gets, which has ten elements; others have a million. */
function copiesOf(text: string, cpu: CpuDescription = avx512): { readonly shapes: unknown; readonly last: unknown } {
  const scop = typedScop(text, (name) => (name === "w" ? [10] : [1000, 1000]));
  const privates = privatisable(scop, dependencesOf(scop), (array) => array === scop.arrays.get("w"));
  const made: unknown[] = [];
  const { copies } = expandArrays(scop, privates, cpu, (shape) => {
    made.push(shape);
    return scop.make(shape);
  });
  return { shapes: made, last: copies.map((copy) => copy.last) };
}

const rows = (first: string) => `
for i = 0 .. 20
  for j = 0 .. 30
    for k = ${first} .. 10
      w[k] = A[i, j]
    for k = ${first} .. 10
      B[i, j] += w[k]`;

test("an array that each iteration writes whole has a copy for each, of as many inner loops as a cache holds", () => {
  expect(copiesOf(rows("0"))).toEqual({ shapes: [[20, 30, 10]], last: [[19, 29]] });
  const small = { ...avx512, caches: { ...avx512.caches, l2: 8192 } };
  expect(copiesOf(rows("0"), small)).toEqual({ shapes: [[30, 10]], last: [[29]] });
});

test("an array of which elements stay from before has none", () => {
  expect(copiesOf(rows("1"))).toEqual({ shapes: [], last: [] });
});

test("an array that the last iteration writes in part has none", () => {
  const triangle = `
for i = 0 .. 10
  for k = 0 .. 10 - i
    w[k] = A[i, k]
  for k = 0 .. 10 - i
    B[i, k] = w[k]`;
  expect(copiesOf(triangle)).toEqual({ shapes: [], last: [] });
});

test("an array that is read before it is written, or after its loops, has none", () => {
  const before = `
for i = 0 .. 10
  for k = 0 .. 10
    B[i, k] = w[k]
  for k = 0 .. 10
    w[k] = A[i, k]`;
  const after = `${rows("0")}
for k = 0 .. 10
  C[k, k] = w[k]`;
  expect(copiesOf(before)).toEqual({ shapes: [], last: [] });
  expect(copiesOf(after)).toEqual({ shapes: [], last: [] });
});
