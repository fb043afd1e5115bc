/** @file Which arrays get copies for the iterations of their loops, of which loops, and what is refused. */

import { expect, test } from "vitest";
import { Context } from "../../../../ir/context.js";
import { Block, type Value } from "../../../../ir/graph.js";
import { dependencesOf } from "../../../../lowering/loops/polyhedral/dependences.js";
import { expandArrays } from "../../../../lowering/loops/polyhedral/expand-arrays.js";
import { privatisable } from "../../../../lowering/loops/polyhedral/privatise.js";
import type { Statement } from "../../../../lowering/loops/polyhedral/scop.js";
import { type CpuDescription, cpuNamed } from "../../../../machine/cpu.js";
import { scopOfText } from "../../../support/scops.js";

const avx512 = cpuNamed("avx512")!;

/** The copies that the array `w` gets, which has ten elements; others have a million. */
function copiesOf(text: string, cpu: CpuDescription = avx512): { readonly shapes: unknown; readonly last: unknown } {
  const context = new Context([]);
  const scop = scopOfText(text);
  const typed = new Map<Value, Value>();
  const block = new Block();
  for (const [name, value] of scop.arrays)
    typed.set(value, block.addArg(context.types.memref(name === "w" ? [10] : [1000, 1000], "f64")));
  const statements = scop.statements.map((s): Statement => {
    const moved = new Map(s.accesses.map((a) => [a, { ...a, array: typed.get(a.array)! }]));
    const accesses = [...moved.values()];
    const { reduction, ...rest } = s;
    return reduction
      ? { ...rest, accesses, reduction: { ...reduction, accumulator: moved.get(reduction.accumulator)! } }
      : { ...rest, accesses };
  });
  const own = { ...scop, statements };
  const privates = privatisable(own, dependencesOf(own), (array) => array === typed.get(scop.arrays.get("w")!));
  const made: unknown[] = [];
  const { copies } = expandArrays(own, privates, cpu, (shape, element) => {
    made.push(shape);
    return block.addArg(context.types.memref(shape, element));
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
