/**
 * @file Affine expressions: integer functions of dims and symbols, as MLIR's affine dialect has them.
 * The constructors simplify as they build, by the local rules that MLIR's own follow, so text that MLIR has printed
 * comes back unchanged. Sums and products lean left: an addition has no addition on its right. Anything deeper
 * (merging like terms anywhere, distribution) is `simplifyAffine` in affine-linear.ts.
 */

import { addInteger, ceilDivide, floorDivide, floorModulo, gcd, multiplyInteger, safeInteger } from "./integer.js";

export type AffineBinaryKind = "add" | "mul" | "floordiv" | "ceildiv" | "mod";

export interface AffineBinary {
  readonly kind: AffineBinaryKind;
  readonly lhs: AffineExpr;
  /** Symbolic or constant, except in an addition. */
  readonly rhs: AffineExpr;
}

export type AffineExpr =
  | { readonly kind: "dim"; readonly position: number }
  | { readonly kind: "symbol"; readonly position: number }
  | { readonly kind: "constant"; readonly value: number }
  | AffineBinary;

/** What the constructors take: a number stands for the constant. */
export type AffineOperand = AffineExpr | number;

export function affineDim(position: number): AffineExpr {
  return { kind: "dim", position };
}

export function affineSymbol(position: number): AffineExpr {
  return { kind: "symbol", position };
}

/** PS1101 when `value` is not a safe integer. */
export function affineConstant(value: number): AffineExpr {
  return { kind: "constant", value: safeInteger(value) };
}

const exprOf = (x: AffineOperand): AffineExpr => (typeof x === "number" ? affineConstant(x) : x);

/** The value of a constant expression, undefined for any other. */
export function constantValue(e: AffineExpr): number | undefined {
  return e.kind === "constant" ? e.value : undefined;
}

export function isBinary(e: AffineExpr): e is AffineBinary {
  return e.kind !== "dim" && e.kind !== "symbol" && e.kind !== "constant";
}

/** True when no dim occurs in `e`. */
export function isSymbolic(e: AffineExpr): boolean {
  return isBinary(e) ? isSymbolic(e.lhs) && isSymbolic(e.rhs) : e.kind !== "dim";
}

export function sameAffineExpr(a: AffineExpr, b: AffineExpr): boolean {
  if (a === b) return true;
  if (a.kind === "constant") return b.kind === "constant" && a.value === b.value;
  if (a.kind === "dim" || a.kind === "symbol") return b.kind === a.kind && a.position === b.position;
  return isBinary(b) && a.kind === b.kind && sameAffineExpr(a.lhs, b.lhs) && sameAffineExpr(a.rhs, b.rhs);
}

/** Constants go right, dims before symbols, and two dims or two symbols in order of position. */
function belongsRight(a: AffineExpr, b: AffineExpr): boolean {
  if (a.kind === "constant") return b.kind !== "constant";
  if (isSymbolic(a) && !isSymbolic(b)) return true;
  const leaves = (a.kind === "dim" && b.kind === "dim") || (a.kind === "symbol" && b.kind === "symbol");
  return leaves && a.position > b.position;
}

/** `e` as base * factor, with factor 1 unless it is a product by a constant. */
function scaledParts(e: AffineExpr): { readonly base: AffineExpr; readonly factor: number } {
  const factor = e.kind === "mul" ? constantValue(e.rhs) : undefined;
  return e.kind === "mul" && factor !== undefined ? { base: e.lhs, factor } : { base: e, factor: 1 };
}

export function affineAdd(a: AffineOperand, b: AffineOperand): AffineExpr {
  const [lhs, rhs] = [exprOf(a), exprOf(b)];
  if (belongsRight(lhs, rhs)) return affineAdd(rhs, lhs);
  const [left, right] = [constantValue(lhs), constantValue(rhs)];
  if (left !== undefined && right !== undefined) return affineConstant(addInteger(left, right));
  if (right === 0) return lhs;
  if (rhs.kind === "add") return affineAdd(affineAdd(lhs, rhs.lhs), rhs.rhs);
  const offset = lhs.kind === "add" ? constantValue(lhs.rhs) : undefined;
  if (lhs.kind === "add" && offset !== undefined) {
    // (x + c) + d = x + (c + d), and (x + c) + y = (x + y) + c
    return right === undefined
      ? affineAdd(affineAdd(lhs.lhs, rhs), offset)
      : affineAdd(lhs.lhs, addInteger(offset, right));
  }
  const [p, q] = [scaledParts(lhs), scaledParts(rhs)];
  if (right === undefined && sameAffineExpr(p.base, q.base)) {
    return affineMul(p.base, addInteger(p.factor, q.factor)); // x*c + x*d = x*(c + d)
  }
  return remainderOf(lhs, rhs) ?? joinedWithLast(lhs, rhs) ?? { kind: "add", lhs, rhs };
}

/** x - (x floordiv n) * n = x mod n, where n is a positive constant or not a constant. */
function remainderOf(x: AffineExpr, rhs: AffineExpr): AffineExpr | undefined {
  const { base, factor } = scaledParts(rhs);
  const [quotient, divisor] = factor === -1 && base.kind === "mul" ? [base.lhs, base.rhs] : [base, -factor];
  if (quotient.kind !== "floordiv" || !sameAffineExpr(quotient.lhs, x)) return undefined;
  if (typeof divisor === "number" && divisor < 1) return undefined;
  return sameAffineExpr(quotient.rhs, exprOf(divisor)) ? affineMod(x, quotient.rhs) : undefined;
}

/** (x + y) + q, where q is a multiple of a quotient and y + q simplifies, as y - (y floordiv n) * n does. */
function joinedWithLast(lhs: AffineExpr, rhs: AffineExpr): AffineExpr | undefined {
  if (lhs.kind !== "add" || rhs.kind !== "mul" || rhs.lhs.kind !== "floordiv") return undefined;
  const joined = affineAdd(lhs.rhs, rhs);
  const unchanged = joined.kind === "add" && joined.lhs === lhs.rhs && joined.rhs === rhs;
  return unchanged ? undefined : affineAdd(lhs.lhs, joined);
}

export function affineNegate(a: AffineOperand): AffineExpr {
  return affineMul(a, -1);
}

export function affineSub(a: AffineOperand, b: AffineOperand): AffineExpr {
  return affineAdd(a, affineNegate(b));
}

/** One operand must be symbolic or constant. */
export function affineMul(a: AffineOperand, b: AffineOperand): AffineExpr {
  const [lhs, rhs] = [exprOf(a), exprOf(b)];
  if (belongsRight(lhs, rhs)) return affineMul(rhs, lhs);
  const [left, right] = [constantValue(lhs), constantValue(rhs)];
  if (left !== undefined && right !== undefined) return affineConstant(multiplyInteger(left, right));
  if (!isSymbolic(rhs)) throw new Error("not affine: the product of two expressions of dims");
  if (right === 1) return lhs;
  if (right === 0) return rhs;
  const factor = lhs.kind === "mul" ? constantValue(lhs.rhs) : undefined;
  if (lhs.kind === "mul" && factor !== undefined) {
    // (x*c)*d = x*(c*d), and (x*c)*y = (x*y)*c
    return right === undefined
      ? affineMul(affineMul(lhs.lhs, rhs), factor)
      : affineMul(lhs.lhs, multiplyInteger(factor, right));
  }
  return { kind: "mul", lhs, rhs };
}

function requireSymbolic(divisor: AffineExpr): void {
  if (!isSymbolic(divisor)) throw new Error("not affine: a divisor that depends on a dim");
}

/** lhs / c where lhs is x*k and c divides k, else undefined. */
function dividedProduct(lhs: AffineExpr, divisor: number): AffineExpr | undefined {
  const factor = lhs.kind === "mul" ? constantValue(lhs.rhs) : undefined;
  if (lhs.kind !== "mul" || factor === undefined || factor % divisor !== 0) return undefined;
  return affineMul(lhs.lhs, factor / divisor);
}

/** floor(a / b). `b` is symbolic or constant; dividing by constant zero stays as written, and has no value. */
export function affineFloorDiv(a: AffineOperand, b: AffineOperand): AffineExpr {
  const [lhs, rhs] = [exprOf(a), exprOf(b)];
  requireSymbolic(rhs);
  const [dividend, divisor] = [constantValue(lhs), constantValue(rhs)];
  if (divisor === undefined || divisor === 0) return { kind: "floordiv", lhs, rhs };
  if (dividend !== undefined) return affineConstant(floorDivide(dividend, divisor));
  if (divisor === 1) return lhs;
  const exact = dividedProduct(lhs, divisor);
  if (exact !== undefined) return exact;
  if (lhs.kind === "add") {
    // (x*c + y) floordiv c = x + y floordiv c
    const whole = [lhs.lhs, lhs.rhs].some((e) => largestKnownDivisor(e) % divisor === 0);
    if (whole) return affineAdd(affineFloorDiv(lhs.lhs, rhs), affineFloorDiv(lhs.rhs, rhs));
  }
  return { kind: "floordiv", lhs, rhs };
}

/** ceil(a / b), under the conditions of `affineFloorDiv`. */
export function affineCeilDiv(a: AffineOperand, b: AffineOperand): AffineExpr {
  const [lhs, rhs] = [exprOf(a), exprOf(b)];
  requireSymbolic(rhs);
  const [dividend, divisor] = [constantValue(lhs), constantValue(rhs)];
  if (divisor === undefined || divisor === 0) return { kind: "ceildiv", lhs, rhs };
  if (dividend !== undefined) return affineConstant(ceilDivide(dividend, divisor));
  if (divisor === 1) return lhs;
  return dividedProduct(lhs, divisor) ?? { kind: "ceildiv", lhs, rhs };
}

/** a - b * floor(a / b). `b` is symbolic or constant; a constant that is not positive stays as written. */
export function affineMod(a: AffineOperand, b: AffineOperand): AffineExpr {
  const [lhs, rhs] = [exprOf(a), exprOf(b)];
  requireSymbolic(rhs);
  const [dividend, divisor] = [constantValue(lhs), constantValue(rhs)];
  if (divisor === undefined || divisor < 1) return { kind: "mod", lhs, rhs };
  if (dividend !== undefined) return affineConstant(floorModulo(dividend, divisor));
  if (largestKnownDivisor(lhs) % divisor === 0) return affineConstant(0);
  if (lhs.kind === "add") {
    if (largestKnownDivisor(lhs.lhs) % divisor === 0) return affineMod(lhs.rhs, rhs);
    if (largestKnownDivisor(lhs.rhs) % divisor === 0) return affineMod(lhs.lhs, rhs);
  }
  const inner = lhs.kind === "mod" ? constantValue(lhs.rhs) : undefined;
  // (x mod (n*k)) mod n = x mod n
  if (lhs.kind === "mod" && inner !== undefined && inner >= 1 && inner % divisor === 0) return affineMod(lhs.lhs, rhs);
  return { kind: "mod", lhs, rhs };
}

/** A positive number that divides every value of `e`; 0 when `e` is the constant 0. */
export function largestKnownDivisor(e: AffineExpr): number {
  switch (e.kind) {
    case "dim":
    case "symbol":
      return 1;
    case "constant":
      return Math.abs(e.value);
    case "mul": {
      const product = largestKnownDivisor(e.lhs) * largestKnownDivisor(e.rhs);
      return Number.isSafeInteger(product) ? product : 1;
    }
    case "add":
    case "mod":
      return gcd(largestKnownDivisor(e.lhs), largestKnownDivisor(e.rhs));
    case "floordiv":
    case "ceildiv": {
      const divisor = constantValue(e.rhs);
      const dividend = largestKnownDivisor(e.lhs);
      return divisor !== undefined && divisor !== 0 && dividend % divisor === 0 ? Math.abs(dividend / divisor) : 1;
    }
  }
}

const constructors: { readonly [K in AffineBinaryKind]: (a: AffineExpr, b: AffineExpr) => AffineExpr } = {
  add: affineAdd,
  mul: affineMul,
  floordiv: affineFloorDiv,
  ceildiv: affineCeilDiv,
  mod: affineMod,
};

/** The simplified expression of `kind`. */
export function affineBinary(kind: AffineBinaryKind, a: AffineExpr, b: AffineExpr): AffineExpr {
  return constructors[kind](a, b);
}

const meanings: { readonly [K in AffineBinaryKind]: (a: number, b: number) => number } = {
  add: addInteger,
  mul: multiplyInteger,
  floordiv: floorDivide,
  ceildiv: ceilDivide,
  mod: floorModulo,
};

/** The value of `e`; PS1101 on overflow, PS1102 on division by zero. */
export function evaluateAffine(e: AffineExpr, dims: readonly number[], symbols: readonly number[] = []): number {
  if (e.kind === "constant") return e.value;
  if (isBinary(e)) return meanings[e.kind](evaluateAffine(e.lhs, dims, symbols), evaluateAffine(e.rhs, dims, symbols));
  const value = (e.kind === "dim" ? dims : symbols)[e.position];
  if (value === undefined) throw new Error(`no value for ${e.kind} ${e.position}`);
  return value;
}

/** `e` with each dim and symbol replaced by what `f` makes of it, simplified again. */
export function mapAffineLeaves(
  e: AffineExpr,
  f: (leaf: { readonly kind: "dim" | "symbol"; readonly position: number }) => AffineExpr,
): AffineExpr {
  if (e.kind === "constant") return e;
  if (!isBinary(e)) return f(e);
  return affineBinary(e.kind, mapAffineLeaves(e.lhs, f), mapAffineLeaves(e.rhs, f));
}

/** `e` with dim i replaced by `dims[i]` and symbol i by `symbols[i]`; those beyond the lists stay. */
export function substituteAffine(
  e: AffineExpr,
  dims: readonly AffineExpr[],
  symbols: readonly AffineExpr[] = [],
): AffineExpr {
  return mapAffineLeaves(e, (leaf) => (leaf.kind === "dim" ? dims : symbols)[leaf.position] ?? leaf);
}

/** `e` with its dims and symbols renumbered by constant offsets. */
export function shiftAffine(e: AffineExpr, dimOffset: number, symbolOffset: number): AffineExpr {
  return mapAffineLeaves(e, ({ kind, position }) =>
    kind === "dim" ? affineDim(position + dimOffset) : affineSymbol(position + symbolOffset),
  );
}

function hasLeaf(e: AffineExpr, kind: "dim" | "symbol", position: number): boolean {
  if (isBinary(e)) return hasLeaf(e.lhs, kind, position) || hasLeaf(e.rhs, kind, position);
  return e.kind === kind && e.position === position;
}

export function isFunctionOfDim(e: AffineExpr, position: number): boolean {
  return hasLeaf(e, "dim", position);
}

export function isFunctionOfSymbol(e: AffineExpr, position: number): boolean {
  return hasLeaf(e, "symbol", position);
}

/** True when only constants multiply and divide: no product with, or division by, a symbol. */
export function isPureAffine(e: AffineExpr): boolean {
  if (!isBinary(e)) return true;
  const linear = e.kind === "add" || e.rhs.kind === "constant";
  return linear && isPureAffine(e.lhs) && isPureAffine(e.rhs);
}

/** How leaves are written; by default `d0` and `s0`. */
export interface AffineNames {
  dim(position: number): string;
  symbol(position: number): string;
}

const standardNames: AffineNames = { dim: (i) => `d${i}`, symbol: (i) => `s${i}` };

/** MLIR's text: `d0 * 2 - d1 + 3`, `-(d0 mod 3)`. */
export function printAffineExpr(e: AffineExpr, names: AffineNames = standardNames): string {
  return print(e, names, false);
}

/** `tight`: as an operand that binds more closely than addition, so in parentheses where needed. */
function print(e: AffineExpr, names: AffineNames, tight: boolean): string {
  if (e.kind === "constant") return String(e.value);
  if (!isBinary(e)) return e.kind === "dim" ? names.dim(e.position) : names.symbol(e.position);
  const text = e.kind === "add" ? printSum(e, names) : printProduct(e, names);
  return tight ? `(${text})` : text;
}

function printProduct(e: AffineBinary, names: AffineNames): string {
  const lhs = print(e.lhs, names, true);
  if (e.kind === "mul" && constantValue(e.rhs) === -1) return `-${lhs}`;
  return `${lhs} ${e.kind === "mul" ? "*" : e.kind} ${print(e.rhs, names, true)}`;
}

function printSum(e: AffineBinary, names: AffineNames): string {
  const lhs = print(e.lhs, names, false);
  const constant = constantValue(e.rhs);
  if (constant !== undefined && constant < 0) return `${lhs} - ${-constant}`;
  const { base, factor } = scaledParts(e.rhs);
  if (factor === -1) return `${lhs} - ${print(base, names, base.kind === "add")}`;
  if (factor < 0) return `${lhs} - ${print(base, names, true)} * ${-factor}`;
  return `${lhs} + ${print(e.rhs, names, false)}`;
}
