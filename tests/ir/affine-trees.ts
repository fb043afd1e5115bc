/** @file Random affine expressions, as they might be written before any simplification. */

import fc from "fast-check";
import {
  type AffineBinaryKind,
  type AffineExpr,
  affineBinary,
  affineConstant,
  affineDim,
  affineSymbol,
} from "../../ir/affine-expr.js";
import { ceilDivide, floorDivide, floorModulo } from "../../ir/integer.js";

export const numDims = 3;
export const numSymbols = 2;

export type AffineTree =
  | { readonly kind: "dim"; readonly position: number }
  | { readonly kind: "symbol"; readonly position: number }
  | { readonly kind: "constant"; readonly value: number }
  | AffineTreeNode;

interface AffineTreeNode {
  readonly kind: AffineBinaryKind;
  readonly lhs: AffineTree;
  readonly rhs: AffineTree;
}

type Sort =
  | "any"
  | "symbolic"
  | "dim"
  | "symbol"
  | "constant"
  | "divisor"
  | "sum"
  | "product"
  | "quotient"
  | "symbolicSum";

const node = (
  kinds: readonly AffineBinaryKind[],
  lhs: fc.Arbitrary<AffineTree>,
  rhs: fc.Arbitrary<AffineTree>,
): fc.Arbitrary<AffineTree> => fc.record({ kind: fc.constantFrom(...kinds), lhs, rhs });

const trees = fc.letrec<Record<Sort, AffineTree>>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, depthSize: "max" },
    tie("dim"),
    tie("symbolic"),
    tie("sum"),
    tie("sum"),
    tie("product"),
    tie("quotient"),
  ),
  symbolic: fc.oneof({ maxDepth: 2, depthSize: "max" }, tie("symbol"), tie("constant"), tie("symbolicSum")),
  dim: fc.record({ kind: fc.constant("dim" as const), position: fc.nat(numDims - 1) }),
  symbol: fc.record({ kind: fc.constant("symbol" as const), position: fc.nat(numSymbols - 1) }),
  constant: fc.record({ kind: fc.constant("constant" as const), value: fc.integer({ min: -9, max: 12 }) }),
  divisor: fc.oneof({ weight: 3, arbitrary: tie("constant") }, { weight: 1, arbitrary: tie("symbolic") }),
  sum: node(["add"], tie("any"), tie("any")),
  product: node(["mul"], tie("any"), tie("divisor")),
  quotient: node(["floordiv", "ceildiv", "mod"], tie("any"), tie("divisor")),
  symbolicSum: node(["add", "mul"], tie("symbolic"), tie("symbolic")),
}));

/** Trees over `numDims` dims and `numSymbols` symbols; products and divisions by symbolic expressions only. */
export const affineTree: fc.Arbitrary<AffineTree> = trees.any;

export const dimValues: fc.Arbitrary<number[]> = fc.array(fc.integer({ min: -20, max: 20 }), {
  minLength: numDims,
  maxLength: numDims,
});
export const symbolValues: fc.Arbitrary<number[]> = fc.array(fc.integer({ min: -7, max: 9 }), {
  minLength: numSymbols,
  maxLength: numSymbols,
});

export function buildAffine(t: AffineTree): AffineExpr {
  switch (t.kind) {
    case "dim":
      return affineDim(t.position);
    case "symbol":
      return affineSymbol(t.position);
    case "constant":
      return affineConstant(t.value);
    default:
      return affineBinary(t.kind, buildAffine(t.lhs), buildAffine(t.rhs));
  }
}

const meanings: { readonly [K in AffineBinaryKind]: (a: number, b: number) => number } = {
  add: (a, b) => a + b,
  mul: (a, b) => a * b,
  floordiv: floorDivide,
  ceildiv: ceilDivide,
  mod: floorModulo,
};

/** The value that the tree has as written; throws where it divides by zero. */
export function valueOfTree(t: AffineTree, dims: readonly number[], symbols: readonly number[]): number {
  if (t.kind === "constant") return t.value;
  if (t.kind === "dim") return dims[t.position]!;
  if (t.kind === "symbol") return symbols[t.position]!;
  return meanings[t.kind](valueOfTree(t.lhs, dims, symbols), valueOfTree(t.rhs, dims, symbols)) + 0;
}

/** The tree's text with every operation in parentheses, which any reader takes as it stands. */
export function printTree(t: AffineTree): string {
  if (t.kind === "constant") return String(t.value);
  if (t.kind === "dim" || t.kind === "symbol") return `${t.kind === "dim" ? "d" : "s"}${t.position}`;
  const operator = { add: "+", mul: "*", floordiv: "floordiv", ceildiv: "ceildiv", mod: "mod" }[t.kind];
  return `(${printTree(t.lhs)} ${operator} ${printTree(t.rhs)})`;
}
