/** @file Symbolic dimensions: normal forms against evaluation on random environments, text both ways. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CompileError } from "../../ir/diagnostic.js";
import { type Dim, DimTable } from "../../ir/dim.js";
import { ceilDivide, floorDivide, floorModulo } from "../../ir/integer.js";

/** A dimension expression as it might be written, before any simplification. */
type Tree =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "symbol"; readonly name: string }
  | { readonly kind: Operator; readonly a: Tree; readonly b: Tree };
type Operator = "add" | "sub" | "mul" | "floorDiv" | "ceilDiv" | "mod" | "max" | "min";

const meanings: { readonly [O in Operator]: (a: number, b: number) => number } = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  floorDiv: floorDivide,
  ceilDiv: ceilDivide,
  mod: floorModulo,
  max: Math.max,
  min: Math.min,
};
const operators = Object.keys(meanings) as Operator[];

const ranges: Readonly<Record<string, { min: number; max: number }>> = {
  s0: { min: 1, max: 8 },
  s1: { min: 0, max: Infinity },
  s2: { min: 3, max: 300 },
  s10: { min: -4, max: 4 },
};

function newTable(): DimTable {
  const table = new DimTable();
  for (const [name, range] of Object.entries(ranges)) table.symbol(name, range);
  return table;
}

const tree: fc.Arbitrary<Tree> = fc.letrec<{ tree: Tree; number: Tree; symbol: Tree; node: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, depthSize: "max", withCrossShrink: true },
    tie("number"),
    tie("symbol"),
    tie("node"),
    tie("node"),
  ),
  number: fc.record({ kind: fc.constant("number" as const), value: fc.integer({ min: -6, max: 12 }) }),
  symbol: fc.record({ kind: fc.constant("symbol" as const), name: fc.constantFrom(...Object.keys(ranges)) }),
  node: fc.record({ kind: fc.constantFrom(...operators), a: tie("tree"), b: tie("tree") }),
})).tree;

const environment: fc.Arbitrary<ReadonlyMap<string, number>> = fc
  .record({
    s0: fc.integer({ min: 1, max: 8 }),
    s1: fc.integer({ min: 0, max: 1000 }),
    s2: fc.integer({ min: 3, max: 300 }),
    s10: fc.integer({ min: -4, max: 4 }),
  })
  .map((values) => new Map(Object.entries(values)));

function build(table: DimTable, t: Tree): Dim {
  if (t.kind === "number") return t.value;
  if (t.kind === "symbol") return table.symbol(t.name);
  return table[t.kind](build(table, t.a), build(table, t.b));
}

function meaningOf(t: Tree, env: ReadonlyMap<string, number>): number {
  if (t.kind === "number") return t.value;
  if (t.kind === "symbol") return env.get(t.name)!;
  return meanings[t.kind](meaningOf(t.a, env), meaningOf(t.b, env));
}

/** What `f` returns, or undefined where the tree divides by zero or overflows: it then has no value to preserve. */
function defined<T>(f: () => T): T | undefined {
  try {
    return f();
  } catch (error) {
    if (error instanceof CompileError) return undefined;
    throw error;
  }
}

const runs = { numRuns: 3000 };
const codeOf = (f: () => unknown): string => {
  try {
    f();
  } catch (error) {
    if (error instanceof CompileError) return error.diagnostics[0]!.code;
  }
  return "no error";
};

describe("the normal form of a dimension", () => {
  it("has the value of the expression it came from, wherever that is defined", () => {
    let compared = 0;
    fc.assert(
      fc.property(tree, environment, (t, env) => {
        const table = newTable();
        const expected = defined(() => meaningOf(t, env));
        const d = defined(() => build(table, t));
        if (expected === undefined || d === undefined || !Number.isSafeInteger(expected)) return;
        compared++;
        expect(table.evaluate(d, env)).toBe(expected + 0);
      }),
      runs,
    );
    expect(compared).toBeGreaterThan(runs.numRuns / 2);
  });

  it("is what its own text parses to", () => {
    fc.assert(
      fc.property(tree, (t) => {
        const table = newTable();
        const d = defined(() => build(table, t));
        if (d !== undefined) expect(table.parse(table.print(d))).toBe(d);
      }),
      runs,
    );
  });

  it("lies within its bounds", () => {
    fc.assert(
      fc.property(tree, environment, (t, env) => {
        const table = newTable();
        const value = defined(() => meaningOf(t, env));
        const d = defined(() => build(table, t));
        if (value === undefined || d === undefined) return;
        const { min, max } = table.bounds(d);
        expect(value).toBeGreaterThanOrEqual(min);
        expect(value).toBeLessThanOrEqual(max);
      }),
      runs,
    );
  });

  it("does not depend on the order or grouping of sums and products", () => {
    fc.assert(
      fc.property(tree, tree, tree, (x, y, z) => {
        const table = newTable();
        const [a, b, c] = [x, y, z].map((t) => defined(() => build(table, t)));
        if (a === undefined || b === undefined || c === undefined) return;
        expect(table.add(a, b)).toBe(table.add(b, a));
        expect(table.add(table.add(a, b), c)).toBe(table.add(a, table.add(b, c)));
        const product = defined(() => table.mul(a, table.add(b, c)));
        if (product !== undefined) expect(product).toBe(table.add(table.mul(a, b), table.mul(a, c)));
      }),
      runs,
    );
  });

  it("commutes with substitution", () => {
    fc.assert(
      fc.property(tree, environment, (t, env) => {
        const table = newTable();
        const d = defined(() => build(table, t));
        const expected = d === undefined ? undefined : defined(() => table.evaluate(d, env));
        if (d === undefined || expected === undefined || defined(() => meaningOf(t, env)) === undefined) return;
        expect(table.substitute(d, env)).toBe(expected);
      }),
      runs,
    );
  });

  it("divides a product by each factor exactly", () => {
    fc.assert(
      fc.property(tree, tree, (x, y) => {
        const table = newTable();
        const [a, b] = [x, y].map((t) => defined(() => build(table, t)));
        if (a === undefined || b === undefined || b === 0) return;
        const product = defined(() => table.mul(a, b));
        if (product === undefined) return;
        expect(table.floorDiv(product, b)).toBe(a);
        expect(table.ceilDiv(product, b)).toBe(a);
        expect(table.isDivisibleBy(product, b)).toBe(true);
      }),
      runs,
    );
  });
});

describe("dimensions", () => {
  const t = newTable();
  const text = (source: string): string => {
    const d = t.parse(source);
    return d === undefined ? "no dimension" : t.print(d);
  };

  it.each([
    ["3 + 2*s0", "s0*2 + 3"],
    ["s0 - s0", "0"],
    ["(s0*6) + 1 - s2", "s0*6 - s2 + 1"],
    ["-s0", "-s0"],
    ["(s0 + 1)*(s0 - 1)", "s0*s0 - 1"],
    ["s10 + s2", "s2 + s10"],
    ["floordiv(s0*6, s0*2)", "3"],
    ["floordiv(s0*s2 + s0, s2 + 1)", "s0"],
    ["floordiv(s0*s0 - 1, s0 - 1)", "s0 + 1"],
    ["floordiv(s1 + 5, 4)", "floordiv(s1 + 1, 4) + 1"],
    ["floordiv(s1*2 + 1, 4)", "floordiv(s1, 2)"],
    ["floordiv(floordiv(s1, 2), 3)", "floordiv(s1, 6)"],
    ["floordiv(floordiv(s1, 2) + 1, 3)", "floordiv(s1 + 2, 6)"],
    ["floordiv(s0, 9)", "0"],
    ["floordiv(s0 - 9, 9)", "-1"],
    ["ceildiv(s1, 4)", "floordiv(s1 + 3, 4)"],
    ["mod(s1*4 + 3, 4)", "3"],
    ["mod(s0, 9)", "s0"],
    ["mod(s1*2 + 5, 4)", "mod(s1, 2)*2 + 1"],
    ["mod(mod(s1, 12) + 1, 4)", "mod(s1 + 1, 4)"],
    ["floordiv(1, mod(s0, mod(s0, 2)))", "floordiv(1, mod(s0, mod(s0, 2)))"], // a divisor that is 0 wherever it has a value
    ["max(s0, 8)", "8"],
    ["max(s1, s0)", "max(s0, s1)"],
    ["max(max(s0, s1), max(s2, s1))", "max(max(s0, s1), s2)"],
    ["max(s0, s0 + 1)", "s0 + 1"],
    ["min(max(s0, s1), s0)", "s0"],
    ["max(s9, 1)", "no dimension"],
    ["s0 +", "no dimension"],
    ["s0 s1", "no dimension"],
    ["max(s0)", "no dimension"],
    ["toString(s0, s1)", "no dimension"],
    ["", "no dimension"],
  ])("%s is %s", (source, expected) => {
    expect(text(source)).toBe(expected);
  });

  const d = (source: string): Dim => t.parse(source)!;

  it("compare by ranges, and by the law of division", () => {
    expect(t.provablyLess(d("s0"), d("s0 + 1"))).toBe(true);
    expect(t.provablyLess(d("s0"), d("s1"))).toBe(false);
    expect(t.provablyLessOrEqual(d("floordiv(s1, 4)*4"), d("s1"))).toBe(true);
    expect(t.provablyGreaterOrEqual(d("ceildiv(s1, 4)*4"), d("s1"))).toBe(true);
    expect(t.provablyLess(d("ceildiv(s1, 4)*4"), d("s1 + 4"))).toBe(true);
    expect(t.provablyEqual(d("floordiv(s1, 4)*4 + mod(s1, 4)"), d("s1"))).toBe(true);
    expect(t.provablyEqual(d("s0"), d("s1"))).toBe(false);
    expect(t.provablyGreaterOrEqual(d("max(s0, s1) + 1"), d("s1"))).toBe(true);
    expect(t.provablyDifferent(d("s2"), 2)).toBe(true);
  });

  it("refuse arithmetic beyond 2^53, division by zero and unknown symbols", () => {
    const huge = 2 ** 52;
    expect(codeOf(() => t.mul(d("s1"), t.mul(huge, 4)))).toBe("PS1101");
    expect(codeOf(() => t.evaluate(t.mul(d("s1"), huge), new Map([["s1", 4]])))).toBe("PS1101");
    expect(codeOf(() => t.floorDiv(d("s1"), 0))).toBe("PS1102");
    expect(codeOf(() => t.evaluate(d("mod(s1, s2)"), () => 0))).toBe("PS1102");
    expect(codeOf(() => t.evaluate(d("s1"), new Map()))).toBe("PS1103");
    expect(codeOf(() => t.range("nobody"))).toBe("PS1103");
  });

  it("have one declaration per symbol, which only narrowing may change", () => {
    const table = new DimTable();
    const u0 = table.symbol("u0", { min: 0, max: 100 }, "data");
    expect(table.symbol("u0")).toBe(u0);
    expect(table.kind("u0")).toBe("data");
    expect(codeOf(() => table.symbol("u0", { min: 0, max: 99 }))).toBe("PS1104");
    expect(codeOf(() => table.symbol("u0", undefined, "input"))).toBe("PS1104");
    expect(codeOf(() => table.symbol("max"))).toBe("PS1104");
    expect(codeOf(() => table.symbol("a b"))).toBe("PS1104");
    expect(codeOf(() => table.symbol("e", { min: 2, max: 1 }))).toBe("PS1104");
    table.narrow("u0", { min: 10, max: Infinity });
    expect(table.bounds(table.mul(u0, 2))).toEqual({ min: 20, max: 200 });
    expect(codeOf(() => table.narrow("u0", { min: 101, max: 200 }))).toBe("PS1104");
  });

  it("name their symbols once each, also inside calls", () => {
    expect(t.symbolsOf(d("s2 + max(s0, s1)*s2"))).toEqual(["s2", "s0", "s1"]);
    expect(t.symbolsOf(7)).toEqual([]);
  });
});
