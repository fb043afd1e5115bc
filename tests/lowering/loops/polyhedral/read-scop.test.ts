/** @file Which nests are scops, what is found in them, and why others are refused. */

import { describe, expect, test } from "vitest";
import { Work } from "../../../../ir/analysis/sets/linear.js";
import { isEqual } from "../../../../ir/analysis/sets/relation.js";
import { parseRelation } from "../../../../ir/analysis/sets/text-parse.js";
import { functionsOf } from "../../../../ir/dialects/func.js";
import { parseModule } from "../../../../ir/text/module.js";
import { newContext } from "../../../../lowering/dialects.js";
import { type Refusal, readScop } from "../../../../lowering/loops/polyhedral/read-scop.js";
import type { Scop, Statement } from "../../../../lowering/loops/polyhedral/scop.js";
import { bufferized, polybench } from "./polybench-kernels.js";

function read(body: string): Scop | Refusal {
  const context = newContext();
  const args = "%n: index, %a: memref<?x?xf64>, %x: memref<?xf64>, %s: memref<f64>";
  const text = `func.func @f(${args}) attributes {psm.loops} {\n%zero = arith.constant 0.0 : f64\n${body}\nreturn\n}`;
  return readScop([...functionsOf(parseModule(text, "scop.mlir", context))][0]!);
}

function scopOf(body: string): Scop {
  const scop = read(body);
  if ("reason" in scop) throw new Error(scop.reason);
  return scop;
}

function expectDomain(statement: Statement, text: string): void {
  expect(isEqual(statement.domain, parseRelation(text), new Work()), text).toBe(true);
}

const store = "affine.store %zero, %x[%i] : memref<?xf64>";

describe("the domain of a statement", () => {
  test("has the greatest lower bound, the least upper one and a congruence for the step", () => {
    const bounds = "max affine_map<()[s0] -> (2, s0 - 5)>()[%n] to min affine_map<()[s0] -> (s0, 10)>()[%n] step 3";
    const { statements } = scopOf(`affine.for %i = ${bounds} { ${store} }`);
    expectDomain(
      statements[0]!,
      `[n0] -> { S0[i] : i < n0 and i < 10 and ((2 >= n0 - 5 and exists (k : k >= 0 and i = 2 + 3k)) or (n0 - 5 > 2 and exists (k : k >= 0 and i = n0 - 5 + 3k))) }`,
    );
  });

  test("is narrowed by conditions, in the else part by what they exclude", () => {
    const condition = "affine_set<(d0) : (d0 - 3 >= 0, d0 mod 2 == 0)>(%i)";
    const { statements } = scopOf(`affine.for %i = 0 to %n { affine.if ${condition} { ${store} } else { ${store} } }`);
    expectDomain(statements[0]!, "[n0] -> { S0[i] : 3 <= i < n0 and i mod 2 = 0 }");
    expectDomain(statements[1]!, "[n0] -> { S1[i] : 0 <= i < n0 and (i < 3 or i mod 2 = 1) }");
  });

  test("is exact where a bound divides", () => {
    const { statements } = scopOf(`affine.for %i = 0 to affine_map<()[s0] -> (s0 ceildiv 3)>()[%n] { ${store} }`);
    expectDomain(statements[0]!, "[n0] -> { S0[i] : i >= 0 and 3i < n0 }");
  });
});

describe("a statement", () => {
  test("has its loads in program order and then its store, with rows over parameters and dims", () => {
    const { statements } = scopOf(`affine.for %i = 0 to %n {
      affine.for %j = 0 to affine_map<(d0) -> (d0)>(%i) {
        %u = affine.load %a[%i + 1, symbol(%n) - %j * 2] : memref<?x?xf64>
        %v = affine.load %x[%j] : memref<?xf64>
        %w = arith.divf %u, %v : f64
        affine.store %w, %x[%i] : memref<?xf64>
      }
    }`);
    expect(statements[0]!.accesses.map(({ kind, indices }) => [kind, indices])).toEqual([
      [
        "read",
        [
          [1, 0, 1, 0],
          [0, 1, 0, -2],
        ],
      ],
      ["read", [[0, 0, 0, 1]]],
      ["write", [[0, 0, 1, 0]]],
    ]);
    expect(statements[0]!.body.map((op) => op.name)).toEqual(["arith.divf"]);
  });

  test.each([
    ["add", "%r = arith.addf %u, %e : f64"],
    ["add", "%r = arith.subf %u, %e : f64"],
    ["add", "%p = arith.addf %e, %u : f64\n%r = arith.addf %p, %e : f64"],
    ["multiply", "%r = arith.mulf %e, %u : f64"],
    ["min", "%c = arith.cmpf olt, %e, %u : f64\n%r = arith.select %c, %e, %u : f64"],
    ["max", "%c = arith.cmpf ogt, %e, %u : f64\n%r = arith.select %c, %e, %u : f64"],
    ["min", "%c = arith.cmpf ogt, %e, %u : f64\n%r = arith.select %c, %u, %e : f64"],
    [undefined, "%r = arith.subf %e, %u : f64"],
    [undefined, "%p = arith.mulf %e, %u : f64\n%r = arith.addf %p, %e : f64"],
    [undefined, "%p = arith.mulf %u, %e : f64\n%r = arith.addf %p, %u : f64"],
    [undefined, "%c = arith.cmpf olt, %e, %u : f64\n%r = arith.select %c, %zero, %u : f64"],
  ])("is a reduction by '%s' where it is %s", (kind, text) => {
    const { statements } = scopOf(`affine.for %i = 0 to %n {
      %u = affine.load %s[] : memref<f64>
      %e = affine.load %x[%i] : memref<?xf64>
      ${text}
      affine.store %r, %s[] : memref<f64>
    }`);
    expect(statements[0]!.reduction?.kind).toBe(kind);
  });

  test.each([
    ["%k", "affine_map<(d0) -> (d0)>(%i)", "add"],
    ["%k", "affine_map<(d0) -> (d0 + 1)>(%i)", undefined],
  ])("adds to what it does not read otherwise: x[%s], k up to %s", (index, end, kind) => {
    const { statements } = scopOf(`affine.for %i = 0 to %n {
      affine.for %k = 0 to ${end} {
        %u = affine.load %x[%i] : memref<?xf64>
        %e = affine.load %x[${index}] : memref<?xf64>
        %r = arith.addf %u, %e : f64
        affine.store %r, %x[%i] : memref<?xf64>
      }
    }`);
    expect(statements[0]!.reduction?.kind).toBe(kind);
  });

  test("has its own copy of a load that another uses too, where nothing writes between", () => {
    const { statements } = scopOf(`affine.for %i = 0 to %n {
      %u = affine.load %x[%i] : memref<?xf64>
      affine.store %u, %x[%i + 1] : memref<?xf64>
      affine.store %u, %s[] : memref<f64>
    }`);
    expect(statements.map((s) => s.accesses.length)).toEqual([2, 2]);
  });
});

describe("what is refused, with the reason", () => {
  const inLoop = (text: string): string => `affine.for %i = 0 to %n { ${text} }`;
  test.each([
    [
      "an element may change between its load and a use",
      inLoop(`%u = affine.load %s[] : memref<f64>
      affine.store %zero, %s[] : memref<f64>
      affine.store %u, %x[%i] : memref<?xf64>`),
    ],
    [
      "an element may change between its load and a use",
      inLoop(`%u = affine.load %s[] : memref<f64>
      affine.for %j = 0 to %n { affine.store %u, %s[] : memref<f64> }`),
    ],
    ["an index divides", inLoop("affine.store %zero, %x[%i floordiv 2] : memref<?xf64>")],
    [
      "memref.alloca is neither affine control, an access nor pure",
      inLoop(`%m = memref.alloca() : memref<f64>
      affine.store %zero, %m[] : memref<f64>`),
    ],
    [
      "an index is computed inside of a loop",
      inLoop(`%j = arith.addi %i, %i : index
      affine.store %zero, %x[%j] : memref<?xf64>`),
    ],
    [
      "the bounds of a loop are not affine",
      inLoop(`%one = arith.constant 1 : index
      scf.for %j = %i to %n step %one { ${store} }`),
    ],
    [
      "a loop carries values",
      `%r = affine.for %i = 0 to %n iter_args(%c = %zero) -> f64 {
      ${store}
      affine.yield %c : f64
    }`,
    ],
    ["nothing is stored", inLoop("")],
  ])("%s", (reason, text) => {
    expect((read(text) as Refusal).reason).toContain(reason);
  });
});

/** Counts of time steps, which no array tells. */
const steps = (sizes: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(sizes).filter(([size]) => size === "TSTEPS" || size === "TMAX"));

describe("PolyBench", () => {
  test("is thirty scops, with symbolic sizes as with fixed ones", { timeout: 120_000 }, async () => {
    for (const [name, sizes] of polybench) {
      const [fixed, symbolic] = [await bufferized(name, sizes), await bufferized(name, steps(sizes))];
      const [a, b] = [readScop(fixed.func), readScop(symbolic.func)];
      if ("reason" in a || "reason" in b)
        throw new Error(`${name}: ${"reason" in a ? a.reason : ""} ${"reason" in b ? b.reason : ""}`);
      expect(b.statements.map((s) => [s.name, s.dims.length, s.reduction?.kind])).toEqual(
        a.statements.map((s) => [s.name, s.dims.length, s.reduction?.kind]),
      );
      expect(a.parameters).toEqual([]);
    }
  });
});
