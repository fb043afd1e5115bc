/**
 * @file Expressions that are affine in counters of loops and sizes, as `AffineExpr`s over one table of values for a whole
 * kernel; where they are used, only the values that occur become operands.
 */

import { type AffineMap, affineMap, type IntegerSet, integerSet } from "../../ir/affine.js";
import {
  type AffineExpr,
  affineAdd,
  affineConstant,
  affineDim,
  affineFloorDiv,
  affineMod,
  affineMul,
  affineNegate,
  affineSub,
  affineSymbol,
  constantValue,
  isBinary,
  substituteAffine,
} from "../../ir/affine-expr.js";
import type { Value } from "../../ir/graph.js";
import type { Comparison, Expression } from "./ast.js";

export interface Mapped {
  readonly map: AffineMap;
  readonly operands: readonly Value[];
}

/** `expr >= 0`, or `== 0`. */
export interface Constraint {
  readonly expr: AffineExpr;
  readonly kind: "eq" | "ge";
}

export class AffineTable {
  readonly #dims: Value[] = [];
  readonly #symbols: Value[] = [];

  counter(value: Value): AffineExpr {
    return affineDim(this.#dims.push(value) - 1);
  }

  symbol(value: Value): AffineExpr {
    const known = this.#symbols.indexOf(value);
    return affineSymbol(known >= 0 ? known : this.#symbols.push(value) - 1);
  }

  mapped(exprs: readonly AffineExpr[]): Mapped {
    const { dims, symbols, operands, again } = this.#used(exprs);
    return { map: affineMap(dims, symbols, exprs.map(again)), operands };
  }

  set(constraints: readonly Constraint[]): { readonly set: IntegerSet; readonly operands: readonly Value[] } {
    const { dims, symbols, operands, again } = this.#used(constraints.map((c) => c.expr));
    const set = integerSet(
      dims,
      symbols,
      constraints.map(({ expr, kind }) => ({ expr: again(expr), kind })),
    );
    return { set, operands };
  }

  #used(exprs: readonly AffineExpr[]) {
    const [dims, symbols] = [new Set<number>(), new Set<number>()];
    const visit = (e: AffineExpr): void => {
      if (isBinary(e)) {
        visit(e.lhs);
        visit(e.rhs);
      } else if (e.kind === "dim") dims.add(e.position);
      else if (e.kind === "symbol") symbols.add(e.position);
    };
    exprs.forEach(visit);
    const [usedDims, usedSymbols] = [[...dims].sort((a, b) => a - b), [...symbols].sort((a, b) => a - b)];
    const newDims = this.#dims.map((_, i) => affineDim(Math.max(0, usedDims.indexOf(i))));
    const newSymbols = this.#symbols.map((_, i) => affineSymbol(Math.max(0, usedSymbols.indexOf(i))));
    return {
      dims: usedDims.length,
      symbols: usedSymbols.length,
      operands: [...usedDims.map((i) => this.#dims[i]!), ...usedSymbols.map((i) => this.#symbols[i]!)],
      again: (e: AffineExpr) => substituteAffine(e, newDims, newSymbols),
    };
  }
}

/** What a name is as an affine expression, if it is one. */
export type AffineName = (name: string) => AffineExpr | undefined;

/** `x` as an affine expression; `leaf` knows names and whatever else has a size for its value. */
export function affineOf(x: Expression, leaf: (x: Expression) => AffineExpr | undefined): AffineExpr | undefined {
  if (x.kind === "Constant") {
    const { value } = x;
    return value.type === "int" && Number.isSafeInteger(Number(value.value))
      ? affineConstant(Number(value.value))
      : undefined;
  }
  if (x.kind === "UnaryOp" && (x.op === "USub" || x.op === "UAdd")) {
    const e = affineOf(x.operand, leaf);
    return e && (x.op === "USub" ? affineNegate(e) : e);
  }
  if (x.kind !== "BinOp") return leaf(x);
  const [a, b] = [affineOf(x.left, leaf), affineOf(x.right, leaf)];
  return a && b && combine(x.op, a, b);
}

function combine(op: string, a: AffineExpr, b: AffineExpr): AffineExpr | undefined {
  const [x, y] = [constantValue(a), constantValue(b)];
  switch (op) {
    case "Add":
      return affineAdd(a, b);
    case "Sub":
      return affineSub(a, b);
    case "Mult":
      return x !== undefined || y !== undefined ? affineMul(a, b) : undefined;
    case "FloorDiv":
      return y !== undefined && y > 0 ? affineFloorDiv(a, b) : undefined;
    case "Mod":
      return y !== undefined && y > 0 ? affineMod(a, b) : undefined;
    default:
      return undefined;
  }
}

/** A condition as constraints that all hold, if it is one on affine expressions. */
export function constraintsOf(
  x: Expression,
  affine: (x: Expression) => AffineExpr | undefined,
): readonly Constraint[] | undefined {
  if (x.kind === "BoolOp" && x.op === "And") return joined(x.values.map((v) => constraintsOf(v, affine)));
  if (x.kind !== "Compare") return undefined;
  const sides = [x.left, ...x.comparators].map(affine);
  return joined(
    x.ops.map((op, i) => {
      const [a, b] = [sides[i], sides[i + 1]];
      return a && b && constraint(op, a, b);
    }),
  );
}

const opposites: Readonly<Partial<Record<Comparison, Comparison>>> = {
  Eq: "NotEq",
  NotEq: "Eq",
  Lt: "GtE",
  LtE: "Gt",
  Gt: "LtE",
  GtE: "Lt",
};

/** A condition that holds where the given one does not, of the kind that `constraintsOf` may read; whole numbers alone have one. */
export function oppositeOf(x: Expression): Expression | undefined {
  if (x.kind === "UnaryOp" && x.op === "Not") return x.operand;
  if (x.kind === "BoolOp" && x.op === "Or") {
    const values = x.values.map(oppositeOf);
    return values.every((v) => v !== undefined) ? { ...x, op: "And", values } : undefined;
  }
  if (x.kind !== "Compare" || x.ops.length !== 1) return undefined;
  const op = opposites[x.ops[0]!];
  return op && { ...x, ops: [op] };
}

function joined(parts: readonly (readonly Constraint[] | undefined)[]): readonly Constraint[] | undefined {
  return parts.every((p) => p !== undefined) ? (parts as readonly (readonly Constraint[])[]).flat() : undefined;
}

function constraint(op: string, a: AffineExpr, b: AffineExpr): readonly Constraint[] | undefined {
  switch (op) {
    case "Lt":
      return [{ expr: affineAdd(affineSub(b, a), -1), kind: "ge" }];
    case "LtE":
      return [{ expr: affineSub(b, a), kind: "ge" }];
    case "Gt":
      return [{ expr: affineAdd(affineSub(a, b), -1), kind: "ge" }];
    case "GtE":
      return [{ expr: affineSub(a, b), kind: "ge" }];
    case "Eq":
      return [{ expr: affineSub(a, b), kind: "eq" }];
    default:
      return undefined;
  }
}
