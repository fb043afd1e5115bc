/** @file Affine expressions, maps and sets: text both ways, simplification against evaluation, mlir-opt as referee. */

import { execFileSync, spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  composeMaps,
  concatMaps,
  constantMap,
  evaluateMap,
  identityMap,
  integerSet,
  inverseMap,
  isIdentityMap,
  isInSet,
  isMapOfDim,
  isMinorIdentityMap,
  isPermutation,
  isProjectedPermutation,
  minorIdentityMap,
  permutationMap,
  printAffineMap,
  printIntegerSet,
  sameAffineMap,
  sameIntegerSet,
  selectResults,
} from "../../ir/affine.js";
import {
  type AffineExpr,
  affineDim,
  affineSymbol,
  evaluateAffine,
  isFunctionOfDim,
  isFunctionOfSymbol,
  isPureAffine,
  largestKnownDivisor,
  printAffineExpr,
  sameAffineExpr,
  substituteAffine,
} from "../../ir/affine-expr.js";
import { boundsOfAffine, linearCoefficients, simplifyAffine } from "../../ir/affine-linear.js";
import { parseAffineMap, parseIntegerSet, scanAffineExpr, scanAffineMap } from "../../ir/affine-parse.js";
import { CompileError } from "../../ir/diagnostic.js";
import {
  affineTree,
  buildAffine,
  dimValues,
  numDims,
  numSymbols,
  printTree,
  symbolValues,
  valueOfTree,
} from "./affine-trees.js";

const runs = { numRuns: 3000 };
const space = "(d0, d1, d2)[s0, s1]";

/** What `f` returns, or undefined where the expression divides by zero: it then has no value to preserve. */
function defined<T>(f: () => T): T | undefined {
  try {
    return f();
  } catch (error) {
    if (error instanceof CompileError) return undefined;
    throw error;
  }
}

const messageOf = (f: () => unknown): string => {
  try {
    f();
  } catch (error) {
    if (error instanceof CompileError) return error.diagnostics[0]!.message;
  }
  return "no error";
};

const parse = (text: string): AffineExpr => parseAffineMap(`${space} -> (${text})`).results[0]!;
const reprint = (text: string): string => printAffineExpr(parse(text));

describe("an affine expression", () => {
  it("has the value of the text it came from, as built and as simplified", () => {
    let compared = 0;
    fc.assert(
      fc.property(affineTree, dimValues, symbolValues, (tree, dims, symbols) => {
        const expected = defined(() => valueOfTree(tree, dims, symbols));
        if (expected === undefined) return;
        compared++;
        const built = buildAffine(tree);
        expect(evaluateAffine(built, dims, symbols)).toBe(expected);
        expect(evaluateAffine(simplifyAffine(built), dims, symbols)).toBe(expected);
      }),
      runs,
    );
    expect(compared).toBeGreaterThan(runs.numRuns / 2);
  });

  it("is what its own text parses to, and so is its simplified form", () => {
    fc.assert(
      fc.property(affineTree, (tree) => {
        const built = buildAffine(tree);
        expect(sameAffineExpr(parse(printTree(tree)), built)).toBe(true);
        expect(parse(printAffineExpr(built))).toEqual(built);
        const simplified = simplifyAffine(built);
        expect(parse(printAffineExpr(simplified))).toEqual(simplified);
        expect(simplifyAffine(simplified)).toEqual(simplified);
      }),
      runs,
    );
  });

  it("is a multiple of its known divisor and lies within its bounds", () => {
    const range = (min: number, max: number) => ({ min, max });
    fc.assert(
      fc.property(affineTree, dimValues, symbolValues, (tree, dims, symbols) => {
        const built = buildAffine(tree);
        const value = defined(() => valueOfTree(tree, dims, symbols));
        if (value === undefined) return;
        const divisor = largestKnownDivisor(built);
        expect(divisor === 0 ? value : value % divisor).toBeCloseTo(0, 9);
        const bounds = boundsOfAffine(
          built,
          new Array(numDims).fill(range(-20, 20)),
          new Array(numSymbols).fill(range(-7, 9)),
        );
        expect(value).toBeGreaterThanOrEqual(bounds.min);
        expect(value).toBeLessThanOrEqual(bounds.max);
      }),
      runs,
    );
  });

  it("commutes with substitution", () => {
    fc.assert(
      fc.property(
        affineTree,
        fc.tuple(affineTree, affineTree, affineTree),
        dimValues,
        symbolValues,
        (t, by, dims, symbols) => {
          const values = defined(() => by.map((x) => valueOfTree(x, dims, symbols)));
          const expected = values === undefined ? undefined : defined(() => valueOfTree(t, values, symbols));
          if (expected === undefined || !Number.isSafeInteger(expected)) return;
          const substituted = substituteAffine(buildAffine(t), by.map(buildAffine));
          expect(evaluateAffine(substituted, dims, symbols)).toBe(expected);
        },
      ),
      runs,
    );
  });

  it.each([
    ["d1 + d0", "d0 + d1"],
    ["2 * d0", "d0 * 2"],
    ["s0 + d0", "d0 + s0"],
    ["3 + d0 + 2", "d0 + 5"],
    ["d0 - d0", "0"],
    ["d0 - d1 * 5", "d0 - d1 * 5"],
    ["-(d0 + 1)", "-(d0 + 1)"],
    ["-d0 mod 3", "(-d0) mod 3"],
    ["4 - -d0", "d0 + 4"],
    ["d0 - (d0 floordiv 4) * 4", "d0 mod 4"],
    ["d1 + d0 - (d0 floordiv s0) * s0", "d0 + d1 - (d0 floordiv s0) * s0"],
    ["d1 * 8 + d0 - (d0 floordiv 4) * 4", "d1 * 8 + d0 mod 4"],
    ["d0 - (d0 floordiv s0) * s0", "d0 mod s0"],
    ["d0 + (d0 floordiv -4) * 4", "d0 + (d0 floordiv -4) * 4"],
    ["d1 + s0 - d0 floordiv s1", "d1 - d0 floordiv s1 + s0"],
    ["(d0 * 4 + d1) floordiv 4", "d0 + d1 floordiv 4"],
    ["(d0 * 4 + d1) ceildiv 4", "(d0 * 4 + d1) ceildiv 4"],
    ["(d0 * 6) ceildiv 3", "d0 * 2"],
    ["(d0 * 4 + d1) mod 4", "d1 mod 4"],
    ["d0 mod 4 mod 2", "d0 mod 2"],
    ["-7 floordiv 2", "-4"],
    ["-7 ceildiv -2", "4"],
    ["d0 floordiv 0", "d0 floordiv 0"],
    ["d0 * 2 + d1 * 3 + d0 * 4", "d0 * 2 + d1 * 3 + d0 * 4"],
  ])("written %s is printed %s", (text, printed) => {
    expect(reprint(text)).toBe(printed);
  });

  it.each([
    ["d0 * 2 + d1 * 3 + d0 * 4", "d0 * 6 + d1 * 3"],
    ["(d0 + d1) * 2 - d0", "d0 + d1 * 2"],
    ["(d0 + 1) * s0 - s0", "d0 * s0"],
    ["(d0 * 4 + 6) floordiv 4", "d0 + 1"],
    ["(d0 * 2 + 1) floordiv 4", "d0 floordiv 2"],
    ["(d0 * 2 + 1) ceildiv 4", "(d0 - 1) ceildiv 2 + 1"],
    ["(d0 * 2 + 5) mod 4", "(d0 mod 2) * 2 + 1"],
    ["d0 floordiv 2 floordiv 3", "d0 floordiv 6"],
    ["d1 - (d0 floordiv 4) * 4 + d0 * 2", "d0 * 2 + d1 - (d0 floordiv 4) * 4"],
    ["d1 - (d0 floordiv 4) * 4 + d0", "d1 + d0 mod 4"],
    ["d1 - ((d0 * 2 + d1) floordiv 4) * 4 + d0 * 2", "(d0 * 2 + d1) mod 4"],
  ])("written %s is simplified to %s", (text, printed) => {
    expect(printAffineExpr(simplifyAffine(parse(text)))).toBe(printed);
  });

  it("names the dims and symbols it depends on, and whether only constants scale it", () => {
    const e = parse("d0 * s1 + d2");
    expect([0, 1, 2].map((i) => isFunctionOfDim(e, i))).toEqual([true, false, true]);
    expect([0, 1].map((i) => isFunctionOfSymbol(e, i))).toEqual([false, true]);
    expect(isPureAffine(e)).toBe(false);
    expect(isPureAffine(parse("d0 * 3 + s0 floordiv 2"))).toBe(true);
  });

  it("has coefficients when it is linear", () => {
    expect(linearCoefficients(parse("(d0 + d2) * 3 - d0 + s1 - 4"), numDims, numSymbols)).toEqual({
      dims: [2, 0, 3],
      symbols: [0, 1],
      constant: -4,
    });
    expect(linearCoefficients(parse("d0 floordiv 2"), numDims, numSymbols)).toBeUndefined();
  });
});

describe("affine maps and integer sets", () => {
  const map = parseAffineMap;

  it("tell permutations from projections", () => {
    expect(isIdentityMap(identityMap(3))).toBe(true);
    expect(isPermutation(map("(d0, d1, d2) -> (d2, d0, d1)"))).toBe(true);
    expect(isPermutation(map("(d0, d1) -> (d0, d0)"))).toBe(false);
    expect(isPermutation(map("(d0, d1) -> (d1)"))).toBe(false);
    expect(isProjectedPermutation(map("(d0, d1, d2) -> (d2, d0)"))).toBe(true);
    expect(isProjectedPermutation(map("(d0, d1) -> (d1, 0)"))).toBe(false);
    expect(isProjectedPermutation(map("(d0, d1) -> (d1, 0)"), true)).toBe(true);
    expect(isProjectedPermutation(map("(d0, d1) -> (d1, 1)"), true)).toBe(false);
    expect(isMinorIdentityMap(minorIdentityMap(4, 2))).toBe(true);
    expect(isMinorIdentityMap(map("(d0, d1, d2) -> (d0, d1)"))).toBe(false);
  });

  it("invert permutations, and maps that name each dim somewhere", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }), (permutation) => {
        const forward = permutationMap(permutation);
        expect(isIdentityMap(composeMaps(inverseMap(forward)!, forward))).toBe(true);
      }),
    );
    expect(printAffineMap(inverseMap(map("(d0, d1) -> (d1, d0 + d1, d0)"))!)).toBe("(d0, d1, d2) -> (d2, d0)");
    expect(inverseMap(map("(d0, d1) -> (d1)"))).toBeUndefined();
  });

  it("compose like functions, keeping both maps' symbols", () => {
    const outer = map("(d0, d1)[s0] -> (d0 + s0, d1 * 2)");
    const inner = map("(d0)[s0] -> (d0 + s0, d0 floordiv 2)");
    const both = composeMaps(outer, inner);
    expect(printAffineMap(both)).toBe("(d0)[s0, s1] -> (d0 + s1 + s0, (d0 floordiv 2) * 2)");
    expect(evaluateMap(both, [7], [10, 100])).toEqual(evaluateMap(outer, evaluateMap(inner, [7], [100]), [10]));
  });

  it("select and join results", () => {
    const m = map("(d0, d1) -> (d0, d1, d0 + d1)");
    expect(printAffineMap(selectResults(m, [2, 0]))).toBe("(d0, d1) -> (d0 + d1, d0)");
    expect(sameAffineMap(concatMaps([selectResults(m, [0, 1]), selectResults(m, [2])]), m)).toBe(true);
    expect(isMapOfDim(selectResults(m, [0]), 1)).toBe(false);
    expect(evaluateMap(constantMap(4, 5), [])).toEqual([4, 5]);
  });

  it("say which points a set holds", () => {
    const triangle = parseIntegerSet("(d0, d1)[s0] : (d0 >= 0, d1 >= d0, s0 - 1 >= d1, d0 mod 2 == 0)");
    expect(isInSet(triangle, [2, 3], [4])).toBe(true);
    expect(isInSet(triangle, [2, 4], [4])).toBe(false);
    expect(isInSet(triangle, [1, 3], [4])).toBe(false);
    const all = integerSet(1, 0, []);
    expect(printIntegerSet(all)).toBe("(d0) : (0 == 0)");
    expect(isInSet(all, [-3])).toBe(true);
    expect(sameIntegerSet(parseIntegerSet("(x) : ()"), all)).toBe(true);
  });
});

describe("the reader of affine text", () => {
  it("takes any names, comments and line ends", () => {
    expect(printAffineMap(parseAffineMap("(i, j) // two dims\n [N] -> (i + N, j)"))).toBe(
      "(d0, d1)[s0] -> (d0 + s0, d1)",
    );
  });

  it("stops behind what it read", () => {
    const text = "affine_map<(d0) -> (d0)>, 4";
    const offset = "affine_map<".length;
    expect(scanAffineMap(text, offset)).toMatchObject({ ok: true, end: text.indexOf(">,") });
  });

  it("reads values as dims and symbols in index lists", () => {
    const names = new Map([
      ["%i", affineDim(0)],
      ["%v#1", affineDim(1)],
    ]);
    const scope = (name: string, asSymbol: boolean) => (asSymbol ? affineSymbol(0) : names.get(name));
    const text = "[%i * 2 + symbol(%n), %v#1]";
    const first = scanAffineExpr(text, 1, scope);
    expect(first.ok && printAffineExpr(first.value)).toBe("d0 * 2 + s0");
    const second = scanAffineExpr(text, text.indexOf(",") + 1, scope);
    expect(second.ok && printAffineExpr(second.value)).toBe("d1");
    const value = { dim: () => "%i", symbol: () => "symbol(%n)" };
    expect(first.ok && printAffineExpr(first.value, value)).toBe("%i * 2 + symbol(%n)");
  });

  it.each([
    ["(d0) -> (d0", "expected ')'"],
    ["(d0, d0) -> (d0)", "'d0' is declared twice"],
    ["(d0) -> (x)", "'x' is not declared"],
    ["(d0) -> (d0 * d0)", "one operand of '*' must be symbolic or constant"],
    ["(d0) -> (d0 mod d0)", "the right operand of 'mod' must be symbolic or constant"],
    ["(d0) -> (d0 +)", "expected an affine expression"],
    ["(d0) -> (mod)", "expected an affine expression"],
    ["(mod) -> (0)", "expected a name"],
    ["(d0) -> (d0) 3", "expected the end of the text at offset 12"],
    ["(d0) -> (d0 $ 3)", "expected ')' at offset 12"],
    ["(d0) : (d0)", "expected '->'"],
    ["(d0) -> (9007199254740993)", "integer overflow"],
  ])("refuses %s: %s", (text, message) => {
    expect(messageOf(() => parseAffineMap(text))).toContain(message);
  });

  it("refuses constraints that are neither == nor >= nor <=", () => {
    expect(messageOf(() => parseIntegerSet("(d0) : (d0 > 0)"))).toContain("expected '==', '>=' or '<='");
  });
});

const mlirOpt = "mlir-opt-22";
const hasMlirOpt = spawnSync(mlirOpt, ["--version"]).status === 0;

/** The affine attributes as mlir-opt prints them. */
function mlirPrints(keyword: "affine_map" | "affine_set", bodies: readonly string[]): string[] {
  const list = bodies.map((body) => `${keyword}<${body}>`).join(",\n");
  const options = { input: `module attributes {psm.a = [${list}]} {}`, encoding: "utf8", maxBuffer: 2 ** 28 } as const;
  const out = execFileSync(mlirOpt, [], options);
  const aliases = new Map([...out.matchAll(/^#(\w+) = affine_\w+<(.*)>$/gm)].map((m) => [m[1]!, m[2]!]));
  return [...out.split("psm.a = [")[1]!.matchAll(/#(\w+)/g)].map((m) => aliases.get(m[1]!)!);
}

describe.skipIf(!hasMlirOpt)("mlir-opt-22", () => {
  const trees = fc.sample(affineTree, 2000);

  it("prints our maps as we print them, and as we read them back", () => {
    const ours = trees.map((t) => `${space} -> (${printAffineExpr(buildAffine(t))})`);
    expect(mlirPrints("affine_map", ours)).toEqual(ours);
  });

  it("prints simplified maps as we print them", () => {
    const ours = trees.map((t) => `${space} -> (${printAffineExpr(simplifyAffine(buildAffine(t)))})`);
    expect(mlirPrints("affine_map", ours)).toEqual(ours);
  });

  it("prints our sets as we print them", () => {
    const half = trees.length / 2;
    const ours = trees.slice(0, half).map((t, i) => {
      const relation = ["==", ">=", "<="][i % 3]!;
      const set = parseIntegerSet(`${space} : (${printTree(t)} ${relation} ${printTree(trees[half + i]!)})`);
      return printIntegerSet(set);
    });
    expect(mlirPrints("affine_set", ours)).toEqual(ours);
  });

  it("has its own output printed back unchanged", () => {
    const once = mlirPrints(
      "affine_map",
      trees.map((t) => `${space} -> (${printTree(t)})`),
    );
    const stable = mlirPrints("affine_map", once);
    const settled = stable.filter((text, i) => text === once[i]);
    expect(settled.length).toBeGreaterThan(trees.length / 2);
    expect(settled.map((text) => printAffineMap(parseAffineMap(text)))).toEqual(settled);
  });
});
