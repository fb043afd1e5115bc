/**
 * @file Affine expressions as linear forms: a constant plus coefficients times bases (dims, symbols, quotients,
 * remainders and products by symbols). Dependence analysis reads coefficients off them; `simplifyAffine` merges like
 * terms wherever they stand, which the constructors do for neighbours only.
 */

import {
  type AffineBinary,
  type AffineExpr,
  affineAdd,
  affineBinary,
  affineConstant,
  affineFloorDiv,
  affineMod,
  affineMul,
  constantValue,
  isBinary,
  isSymbolic,
  printAffineExpr,
} from "./affine-expr.js";
import {
  addRanges,
  ceilDivideRanges,
  type DimRange,
  floorDivideRanges,
  moduloRanges,
  multiplyRanges,
  pointRange,
} from "./dim-range.js";
import { addInteger, ceilDivide, floorDivide, floorModulo, gcd, multiplyInteger } from "./integer.js";

export interface LinearTerm {
  readonly coefficient: number;
  /** Neither a constant, a sum nor a product by a constant; simplified. */
  readonly base: AffineExpr;
}

/** Bases are distinct and coefficients not zero; dims come first, in order, then what depends on dims, then the rest. */
export interface LinearForm {
  readonly terms: readonly LinearTerm[];
  readonly constant: number;
}

const constantForm = (constant: number): LinearForm => ({ terms: [], constant });

/** Dims, other expressions of dims, symbols, other expressions of symbols. */
function rankOf(e: AffineExpr): number {
  if (e.kind === "dim") return 0;
  if (!isSymbolic(e)) return 1;
  return e.kind === "symbol" ? 2 : 3;
}

function compareBases(a: AffineExpr, b: AffineExpr): number {
  const rank = rankOf(a) - rankOf(b);
  if (rank !== 0) return rank;
  if ((a.kind === "dim" || a.kind === "symbol") && (b.kind === "dim" || b.kind === "symbol")) {
    return a.position - b.position;
  }
  const [x, y] = [printAffineExpr(a), printAffineExpr(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

function formOf(terms: Iterable<LinearTerm>, constant: number): LinearForm {
  const byBase = new Map<string, LinearTerm>();
  for (const { coefficient, base } of terms) {
    const key = printAffineExpr(base);
    byBase.set(key, { coefficient: addInteger(coefficient, byBase.get(key)?.coefficient ?? 0), base });
  }
  const kept = [...byBase.values()].filter((t) => t.coefficient !== 0);
  return { terms: kept.sort((x, y) => compareBases(x.base, y.base)), constant };
}

function addForms(a: LinearForm, b: LinearForm): LinearForm {
  return formOf([...a.terms, ...b.terms], addInteger(a.constant, b.constant));
}

function scaleForm(form: LinearForm, factor: number): LinearForm {
  const terms = form.terms.map((t) => ({ ...t, coefficient: multiplyInteger(t.coefficient, factor) }));
  return formOf(terms, multiplyInteger(form.constant, factor));
}

/** The linear form of `e`, with the same value everywhere that `e` has one. PS1101 on overflow. */
export function linearForm(e: AffineExpr): LinearForm {
  if (e.kind === "constant") return constantForm(e.value);
  if (!isBinary(e)) return { terms: [{ coefficient: 1, base: e }], constant: 0 };
  const [lhs, rhs] = [linearForm(e.lhs), linearForm(e.rhs)];
  if (e.kind === "add") return foldRemainders(addForms(lhs, rhs));
  if (e.kind === "mul") return multiplyForms(lhs, rhs);
  const divisor = rhs.terms.length === 0 ? rhs.constant : undefined;
  if (divisor !== undefined && divisor > 0) return divideForm(e.kind, lhs, divisor);
  return quotientForm(affineBinary(e.kind, expressionOf(lhs), expressionOf(rhs)));
}

/** `e` as a form of one term, or none where it is a constant. */
function termForm(e: AffineExpr): LinearForm {
  const value = constantValue(e);
  return value === undefined ? formOf([{ coefficient: 1, base: e }], 0) : constantForm(value);
}

function multiplyForms(a: LinearForm, b: LinearForm): LinearForm {
  const products = a.terms.flatMap((x) =>
    b.terms.map((y) => ({
      coefficient: multiplyInteger(x.coefficient, y.coefficient),
      base: productOf([...factorsOf(x.base), ...factorsOf(y.base)]),
    })),
  );
  const byConstants = addForms(scaleForm({ ...a, constant: 0 }, b.constant), scaleForm(b, a.constant));
  return addForms(formOf(products, 0), byConstants);
}

function factorsOf(e: AffineExpr): readonly AffineExpr[] {
  return e.kind === "mul" ? [...factorsOf(e.lhs), ...factorsOf(e.rhs)] : [e];
}

function productOf(factors: readonly AffineExpr[]): AffineExpr {
  return [...factors].sort(compareBases).reduce(affineMul);
}

/** `form` divided by a positive constant: what divides exactly leaves the quotient, and common factors cancel. */
function divideForm(kind: Exclude<AffineBinary["kind"], "add" | "mul">, form: LinearForm, divisor: number): LinearForm {
  const isWhole = (t: LinearTerm): boolean => t.coefficient % divisor === 0;
  const whole = form.terms.filter(isWhole).map((t) => ({ ...t, coefficient: t.coefficient / divisor }));
  const rest = form.terms.filter((t) => !isWhole(t));
  const common = rest.reduce((g, t) => gcd(g, t.coefficient), divisor);
  const scaled = rest.map((t) => ({ ...t, coefficient: t.coefficient / common }));
  // The rest is common * x + constant, with x an integer: only the constant's multiples of `common` reach a quotient.
  const [least, round] = kind === "ceildiv" ? [ceilDivide, -1] : [floorDivide, 1];
  const constant = least(form.constant, common);
  const carried = least(constant, divisor / common);
  const offset = round * floorModulo(round * constant, divisor / common);
  const inner = expressionOf(formOf(scaled, offset));
  const divided = quotientForm(divide(kind, inner, divisor / common));
  if (kind !== "mod") return addForms(formOf(whole, carried), divided);
  return addForms(scaleForm(divided, common), constantForm(floorModulo(form.constant, common)));
}

/** Like `affineBinary`, and (x floordiv m + k) floordiv n = (x + k*m) floordiv (m*n) for m, n >= 1. */
function divide(kind: AffineBinary["kind"], lhs: AffineExpr, divisor: number): AffineExpr {
  const [quotient, k] = lhs.kind === "add" ? [lhs.lhs, constantValue(lhs.rhs)] : [lhs, 0];
  const inner = quotient.kind === "floordiv" ? constantValue(quotient.rhs) : undefined;
  if (kind !== "floordiv" || quotient.kind !== "floordiv" || inner === undefined || inner < 1 || k === undefined) {
    return affineBinary(kind, lhs, affineConstant(divisor));
  }
  const dividend = affineAdd(quotient.lhs, multiplyInteger(k, inner));
  return simplifyAffine(affineFloorDiv(dividend, multiplyInteger(inner, divisor)));
}

/** The form of what a division gave: a constant, a sum or product, or a division. */
function quotientForm(e: AffineExpr): LinearForm {
  return e.kind === "add" || e.kind === "mul" ? linearForm(e) : termForm(e);
}

/** k*x - k*n * (x floordiv n) = k * (x mod n), where all of k*x is there. */
function foldRemainders(form: LinearForm): LinearForm {
  for (const { coefficient, base } of form.terms) {
    const divisor = base.kind === "floordiv" ? constantValue(base.rhs) : undefined;
    if (base.kind !== "floordiv" || divisor === undefined || divisor < 1 || coefficient % divisor !== 0) continue;
    const factor = -coefficient / divisor;
    const dividend = scaleForm(linearForm(base.lhs), factor);
    const present = (t: LinearTerm): boolean =>
      form.terms.some((x) => x.coefficient === t.coefficient && compareBases(x.base, t.base) === 0);
    if (!dividend.terms.every(present)) continue;
    const quotient = formOf([{ coefficient, base }], 0);
    const others = addForms(form, scaleForm(addForms(dividend, quotient), -1));
    const remainder = scaleForm(linearForm(affineMod(base.lhs, base.rhs)), factor);
    return foldRemainders(addForms(others, remainder));
  }
  return form;
}

/** The expression that a linear form describes. */
export function expressionOf(form: LinearForm): AffineExpr {
  const terms = form.terms.map((t) => affineMul(t.base, t.coefficient));
  return [...terms, affineConstant(form.constant)].reduce(affineAdd);
}

/** An expression of the same value in canonical form: equal linear forms give the same expression. */
export function simplifyAffine(e: AffineExpr): AffineExpr {
  return expressionOf(linearForm(e));
}

export interface LinearCoefficients {
  /** The coefficient of each dim. */
  readonly dims: readonly number[];
  /** The coefficient of each symbol. */
  readonly symbols: readonly number[];
  readonly constant: number;
}

/** The coefficients of `e`, or undefined when it has a quotient, a remainder or a product with a symbol. */
export function linearCoefficients(e: AffineExpr, numDims: number, numSymbols: number): LinearCoefficients | undefined {
  const dims = new Array<number>(numDims).fill(0);
  const symbols = new Array<number>(numSymbols).fill(0);
  const { terms, constant } = linearForm(e);
  for (const { base, coefficient } of terms) {
    if (base.kind === "dim") dims[base.position] = coefficient;
    else if (base.kind === "symbol") symbols[base.position] = coefficient;
    else return undefined;
  }
  return { dims, symbols, constant };
}

const rangeFunctions: { readonly [K in AffineBinary["kind"]]: (a: DimRange, b: DimRange) => DimRange } = {
  add: addRanges,
  mul: multiplyRanges,
  floordiv: floorDivideRanges,
  ceildiv: ceilDivideRanges,
  mod: moduloRanges,
};

/**
 * An interval that holds every value of `e` for dims and symbols in the given ranges. Like terms are merged first;
 * for expressions without quotients, remainders and products of leaves it is exact.
 */
export function boundsOfAffine(e: AffineExpr, dims: readonly DimRange[], symbols: readonly DimRange[] = []): DimRange {
  const { terms, constant } = linearForm(e);
  const ranges = terms.map((t) => multiplyRanges(pointRange(t.coefficient), boundsOfBase(t.base, dims, symbols)));
  return ranges.reduce(addRanges, pointRange(constant));
}

function boundsOfBase(base: AffineExpr, dims: readonly DimRange[], symbols: readonly DimRange[]): DimRange {
  if (base.kind === "constant") return pointRange(base.value);
  if (isBinary(base)) {
    return rangeFunctions[base.kind](boundsOfAffine(base.lhs, dims, symbols), boundsOfAffine(base.rhs, dims, symbols));
  }
  const range = (base.kind === "dim" ? dims : symbols)[base.position];
  if (range === undefined) throw new Error(`no range for ${printAffineExpr(base)}`);
  return range;
}
