/**
 * @file Integer polynomials over atoms: the arithmetic beneath symbolic dimensions.
 * A polynomial is a list of terms in strictly descending graded order (more atoms first, then by atom), without zero
 * coefficients; the constant is the last term and has no atoms. That order respects multiplication, so long division
 * finds every exact quotient.
 */

import { addInteger, gcd, multiplyInteger } from "./integer.js";

/** A size: a number when known, else an interned expression. `===` is equality of normal forms. */
export type Dim = number | DimExpr;

/** A polynomial with at least one atom. Made by a `DimTable` only; one object per normal form and table. */
export interface DimExpr {
  /** The normal form as text, such as `s0*2 + 3`. */
  readonly key: string;
  readonly terms: Polynomial;
}

export type DimFunction = "floordiv" | "mod" | "max" | "min";

export type DimAtom =
  | { readonly kind: "symbol"; readonly name: string; readonly key: string }
  | { readonly kind: DimFunction; readonly a: Dim; readonly b: Dim; readonly key: string };

/** `coefficient` times the product of `atoms`, which are sorted and repeat for powers. */
export interface DimTerm {
  readonly coefficient: number;
  readonly atoms: readonly DimAtom[];
}

export type Polynomial = readonly DimTerm[];

/** A total order of keys that puts `s2` before `s10`: by length, then by code unit. */
export function compareKeys(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Negative when monomial `a` is the greater and so is written first. */
function compareMonomials(a: readonly DimAtom[], b: readonly DimAtom[]): number {
  if (a.length !== b.length) return b.length - a.length;
  for (let i = 0; i < a.length; i++) {
    const order = compareKeys(a[i]!.key, b[i]!.key);
    if (order !== 0) return order;
  }
  return 0;
}

const monomialKey = (atoms: readonly DimAtom[]): string => atoms.map((x) => x.key).join("*");

/** Merges like terms, drops zeros and sorts. */
export function collectTerms(terms: Iterable<DimTerm>): Polynomial {
  const byMonomial = new Map<string, DimTerm>();
  for (const term of terms) {
    const key = monomialKey(term.atoms);
    const seen = byMonomial.get(key);
    const coefficient = seen === undefined ? term.coefficient : addInteger(seen.coefficient, term.coefficient);
    byMonomial.set(key, { coefficient, atoms: term.atoms });
  }
  const kept = [...byMonomial.values()].filter((t) => t.coefficient !== 0);
  return kept.sort((x, y) => compareMonomials(x.atoms, y.atoms));
}

export function constantPolynomial(n: number): Polynomial {
  return n === 0 ? [] : [{ coefficient: n, atoms: [] }];
}

export function polynomialOf(d: Dim): Polynomial {
  return typeof d === "number" ? constantPolynomial(d) : d.terms;
}

/** The term without atoms, 0 when there is none. */
export function constantOf(p: Polynomial): number {
  const last = p.at(-1);
  return last === undefined || last.atoms.length > 0 ? 0 : last.coefficient;
}

function multiplyTerms(x: DimTerm, y: DimTerm): DimTerm {
  const atoms = [...x.atoms, ...y.atoms].sort((a, b) => compareKeys(a.key, b.key));
  return { coefficient: multiplyInteger(x.coefficient, y.coefficient), atoms };
}

export function addPolynomials(a: Polynomial, b: Polynomial): Polynomial {
  return collectTerms([...a, ...b]);
}

export function multiplyPolynomials(a: Polynomial, b: Polynomial): Polynomial {
  return collectTerms(a.flatMap((x) => b.map((y) => multiplyTerms(x, y))));
}

/** The atoms of `whole` that are left without those of `part`, or undefined when `part` does not divide it. */
function divideMonomial(whole: readonly DimAtom[], part: readonly DimAtom[]): readonly DimAtom[] | undefined {
  const rest = [...whole];
  for (const atom of part) {
    const at = rest.findIndex((x) => x.key === atom.key);
    if (at < 0) return undefined;
    rest.splice(at, 1);
  }
  return rest;
}

export interface Division {
  readonly quotient: Polynomial;
  readonly remainder: Polynomial;
}

/**
 * Long division: a = quotient * b + remainder. Coefficients are divided towards zero, so the remainder is empty
 * exactly when `b` divides `a` over the integers. `b` must not be empty.
 */
export function dividePolynomials(a: Polynomial, b: Polynomial): Division {
  const lead = b[0]!;
  const quotient: DimTerm[] = [];
  const remainder: DimTerm[] = [];
  let rest = a;
  while (rest.length > 0) {
    const first = rest[0]!;
    const atoms = divideMonomial(first.atoms, lead.atoms);
    const coefficient = Math.trunc(first.coefficient / lead.coefficient);
    if (atoms !== undefined && coefficient !== 0) {
      quotient.push({ coefficient, atoms });
      rest = addPolynomials(rest, multiplyPolynomials(b, [{ coefficient: -coefficient, atoms }]));
    }
    // What is left of the leading term is smaller than the divisor's: it can only be remainder.
    const next = rest[0];
    if (next === undefined || compareMonomials(next.atoms, first.atoms) !== 0) continue;
    remainder.push(next);
    rest = rest.slice(1);
  }
  return { quotient: collectTerms(quotient), remainder: collectTerms(remainder) };
}

/** The atoms that every term of every polynomial has in common. */
export function commonMonomial(...polynomials: readonly Polynomial[]): readonly DimAtom[] {
  const monomials = polynomials.flat().map((t) => t.atoms);
  const [first = [], ...others] = monomials;
  return others.reduce<readonly DimAtom[]>((common, atoms) => intersectMonomials(common, atoms), first);
}

function intersectMonomials(a: readonly DimAtom[], b: readonly DimAtom[]): readonly DimAtom[] {
  const pool = b.map((x) => x.key);
  return a.filter((x) => {
    const at = pool.indexOf(x.key);
    if (at >= 0) pool.splice(at, 1);
    return at >= 0;
  });
}

/** The greatest common divisor of the coefficients, 0 for the empty polynomial. */
export function contentOf(p: Polynomial): number {
  return p.reduce((g, t) => gcd(g, t.coefficient), 0);
}

export function isMonomial(p: Polynomial): boolean {
  return p.length === 1;
}

/** The text of a polynomial: `s0*s1*2 - s1 + 3`; the empty one is `0`. */
export function printPolynomial(p: Polynomial): string {
  let text = "";
  for (const { coefficient, atoms } of p) {
    const size = Math.abs(coefficient);
    const factors = [...atoms.map((x) => x.key), ...(size === 1 && atoms.length > 0 ? [] : [String(size)])];
    const sign = coefficient < 0 ? "-" : "+";
    text += text === "" ? (coefficient < 0 ? "-" : "") : ` ${sign} `;
    text += factors.join("*");
  }
  return text === "" ? "0" : text;
}
