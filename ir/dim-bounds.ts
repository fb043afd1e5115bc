/**
 * @file Bounds of symbolic dimensions: interval arithmetic, sharpened where an operand occurs more than once.
 * Each way of looking at an expression gives sound bounds; the answer is what they have in common.
 */

import {
  collectTerms,
  type Dim,
  type DimAtom,
  type DimExpr,
  type DimFunction,
  type DimTerm,
  dividePolynomials,
  type Polynomial,
  polynomialOf,
} from "./dim-polynomial.js";
import {
  addRanges,
  type DimRange,
  floorDivideRanges,
  intersectRanges,
  maxRange,
  minRange,
  moduloRanges,
  multiplyRanges,
  pointRange,
} from "./dim-range.js";

/** What bounding needs of the table: the ranges of symbols, remembered bounds, and arithmetic in normal form. */
export interface BoundedArithmetic {
  range(symbol: string): DimRange;
  bounds(d: Dim): DimRange;
  fromTerms(terms: Polynomial): Dim;
  add(a: Dim, b: Dim): Dim;
  sub(a: Dim, b: Dim): Dim;
  mul(a: Dim, b: Dim): Dim;
  mod(a: Dim, b: Dim): Dim;
}

const rangeFunctions: { readonly [F in DimFunction]: (a: DimRange, b: DimRange) => DimRange } = {
  floordiv: floorDivideRanges,
  mod: moduloRanges,
  max: maxRange,
  min: minRange,
};

export function computeBounds(d: DimExpr, table: BoundedArithmetic): DimRange {
  let range = polynomialBounds(d.terms, table);
  const expanded = expandDivisions(d, table);
  if (expanded !== d) range = intersectRanges(range, table.bounds(expanded));
  const split = splitExtremum(d, table);
  return split === undefined ? range : intersectRanges(range, split);
}

function polynomialBounds(p: Polynomial, table: BoundedArithmetic): DimRange {
  return p.reduce((sum, t) => {
    const factors = t.atoms.map((atom) => atomBounds(atom, table));
    return addRanges(sum, factors.reduce(multiplyRanges, pointRange(t.coefficient)));
  }, pointRange(0));
}

function atomBounds(atom: DimAtom, table: BoundedArithmetic): DimRange {
  if (atom.kind === "symbol") return table.range(atom.name);
  return rangeFunctions[atom.kind](table.bounds(atom.a), table.bounds(atom.b));
}

/** Rewrites c*b * floordiv(a, b) as c*a - c*mod(a, b), which is sharper when `a` occurs elsewhere too. */
function expandDivisions(d: DimExpr, table: BoundedArithmetic): Dim {
  const expand = (t: DimTerm): Dim => {
    const at = t.atoms.findIndex((x) => x.kind === "floordiv");
    const atom = t.atoms[at];
    if (atom?.kind !== "floordiv") return table.fromTerms([t]);
    const others = collectTerms([{ coefficient: t.coefficient, atoms: t.atoms.filter((_, i) => i !== at) }]);
    const { quotient, remainder } = dividePolynomials(others, polynomialOf(atom.b));
    if (remainder.length > 0) return table.fromTerms([t]);
    return table.mul(table.fromTerms(quotient), table.sub(atom.a, table.mod(atom.a, atom.b)));
  };
  return d.terms.reduce<Dim>((sum, t) => table.add(sum, expand(t)), 0);
}

/** Bounds by cases on one max or min that stands alone in its term: c*max(x, y) is c*x or c*y, whichever is more. */
function splitExtremum(d: DimExpr, table: BoundedArithmetic): DimRange | undefined {
  for (const t of d.terms) {
    const [atom] = t.atoms;
    if (t.atoms.length !== 1 || (atom?.kind !== "max" && atom?.kind !== "min")) continue;
    const others = table.fromTerms(d.terms.filter((x) => x !== t));
    const caseOf = (side: Dim): DimRange => table.bounds(table.add(others, table.mul(side, t.coefficient)));
    const larger = (atom.kind === "max") === t.coefficient > 0;
    return (larger ? maxRange : minRange)(caseOf(atom.a), caseOf(atom.b));
  }
  return undefined;
}
