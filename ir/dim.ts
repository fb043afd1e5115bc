/**
 * @file Symbolic dimensions: sizes that are integer expressions over named symbols with ranges.
 * A `DimTable` (one per compilation) makes them in normal form and interns them, so `===` says that two sizes are the
 * same polynomial; the `provably...` methods also use what ranges and division tell. A range must be declared before
 * expressions over its symbol are built: it decides max, min and divisions then and there. Division by zero has no
 * value, so a factor that cancels is taken to be non-zero.
 */

import { compileError } from "./diagnostic.js";
import { computeBounds } from "./dim-bounds.js";
import {
  addPolynomials,
  commonMonomial,
  compareKeys,
  constantOf,
  constantPolynomial,
  contentOf,
  type Dim,
  type DimAtom,
  type DimExpr,
  type DimFunction,
  dividePolynomials,
  isMonomial,
  multiplyPolynomials,
  type Polynomial,
  polynomialOf,
  printPolynomial,
} from "./dim-polynomial.js";
import { type DimRange, floorDivideRanges, isPoint, pointRange } from "./dim-range.js";
import { type DimSymbolKind, DimSymbols } from "./dim-symbols.js";
import { parseDim } from "./dim-text.js";
import { addInteger, divisionByZero, floorDivide, floorModulo, gcd, multiplyInteger } from "./integer.js";

export type { Dim, DimExpr } from "./dim-polynomial.js";
export type { DimRange } from "./dim-range.js";
export type { DimSymbolKind } from "./dim-symbols.js";

/** Values of symbols by name. */
export type DimEnvironment = ReadonlyMap<string, number> | ((name: string) => number | undefined);

export class DimTable {
  readonly #symbols = new DimSymbols();
  readonly #expressions = new Map<string, DimExpr>();
  readonly #atoms = new Map<string, DimAtom>();
  readonly #bounds = new Map<DimExpr, DimRange>();

  /**
   * The symbol `name`, declared at first use: an input in [0, infinity) unless given. Naming it again with another
   * range or kind is PS1104, as is a name that is no identifier; `narrow` is for what is learnt later.
   */
  symbol(name: string, range?: DimRange, kind?: DimSymbolKind): DimExpr {
    this.#symbols.declare(name, range, kind);
    const atom = this.#atoms.get(name) ?? { kind: "symbol", name, key: name };
    this.#atoms.set(name, atom);
    return this.#expression([{ coefficient: 1, atoms: [atom] }]);
  }

  has(name: string): boolean {
    return this.#symbols.has(name);
  }

  /** Every declared symbol, in order of declaration. */
  get symbols(): readonly string[] {
    return this.#symbols.names;
  }

  range(name: string): DimRange {
    return this.#symbols.get(name).range;
  }

  kind(name: string): DimSymbolKind {
    return this.#symbols.get(name).kind;
  }

  /**
   * Intersects the range of `name` with `range`; PS1104 when nothing is left. Expressions made before stay true, but
   * are not simplified again.
   */
  narrow(name: string, range: DimRange): void {
    this.#symbols.narrow(name, range);
    this.#bounds.clear();
  }

  /** The dimension of a sorted polynomial over atoms of this table. */
  fromTerms(terms: Polynomial): Dim {
    return terms.every((t) => t.atoms.length === 0) ? constantOf(terms) : this.#expression(terms);
  }

  add(a: Dim, b: Dim): Dim {
    if (typeof a === "number" && typeof b === "number") return addInteger(a, b);
    return this.fromTerms(addPolynomials(polynomialOf(a), polynomialOf(b)));
  }

  sub(a: Dim, b: Dim): Dim {
    return this.add(a, this.mul(b, -1));
  }

  mul(a: Dim, b: Dim): Dim {
    if (typeof a === "number" && typeof b === "number") return multiplyInteger(a, b);
    return this.fromTerms(multiplyPolynomials(polynomialOf(a), polynomialOf(b)));
  }

  product(dims: Iterable<Dim>): Dim {
    let result: Dim = 1;
    for (const d of dims) result = this.mul(result, d);
    return result;
  }

  /** floor(a / b); PS1102 when `b` is 0. */
  floorDiv(a: Dim, b: Dim): Dim {
    if (b === 0) throw divisionByZero(this.print(a));
    if (typeof a === "number" && typeof b === "number") return floorDivide(a, b);
    if (typeof b === "number" && b < 0) return this.floorDiv(this.mul(a, -1), -b);
    const { quotient, rest } = this.#divide(a, b);
    if (rest === 0) return quotient;
    if (quotient !== 0) return this.add(quotient, this.floorDiv(rest, b));
    const { dividend, divisor } = this.#cancel(rest, b);
    if (dividend !== rest) return this.floorDiv(dividend, divisor);
    const range = floorDivideRanges(this.bounds(rest), this.bounds(b));
    if (isPoint(range)) return range.min;
    return this.#flattenFloorDiv(rest, b) ?? this.#atom("floordiv", rest, b);
  }

  /** ceil(a / b); PS1102 when `b` is 0. */
  ceilDiv(a: Dim, b: Dim): Dim {
    if (this.bounds(b).min >= 1) return this.floorDiv(this.sub(this.add(a, b), 1), b);
    return this.mul(this.floorDiv(this.mul(a, -1), b), -1);
  }

  /** a - b * floor(a / b), with the sign of `b`; PS1102 when `b` is 0. */
  mod(a: Dim, b: Dim): Dim {
    if (b === 0) throw divisionByZero(this.print(a));
    if (typeof a === "number" && typeof b === "number") return floorModulo(a, b);
    if (typeof b === "number" && b < 0) return this.mul(this.mod(this.mul(a, -1), -b), -1);
    const { rest } = this.#divide(a, b);
    if (rest === 0) return 0;
    if (typeof rest === "number" && typeof b === "number") return floorModulo(rest, b);
    const unwrapped = this.#unwrapModuli(rest, b);
    if (unwrapped !== rest) return this.mod(unwrapped, b);
    const { dividend, divisor, scale, residue } = this.#cancel(rest, b);
    if (dividend !== rest) return this.add(this.mul(this.mod(dividend, divisor), scale), residue);
    const range = floorDivideRanges(this.bounds(rest), this.bounds(b));
    if (isPoint(range)) return this.sub(rest, this.mul(b, range.min));
    return this.#atom("mod", rest, b);
  }

  max(a: Dim, b: Dim): Dim {
    return this.#extremum("max", a, b);
  }

  min(a: Dim, b: Dim): Dim {
    return this.#extremum("min", a, b);
  }

  /** The least interval that interval arithmetic finds; both ends are safe integers or infinite. */
  bounds(d: Dim): DimRange {
    if (typeof d === "number") return pointRange(d);
    const known = this.#bounds.get(d);
    if (known !== undefined) return known;
    const range = computeBounds(d, this);
    this.#bounds.set(d, range);
    return range;
  }

  /** True when `b` divides `a` whatever the symbols are. */
  isDivisibleBy(a: Dim, b: Dim): boolean {
    return b !== 0 && this.mod(a, b) === 0;
  }

  provablyEqual(a: Dim, b: Dim): boolean {
    if (a === b) return true;
    const { min, max } = this.#difference(a, b);
    return min === 0 && max === 0;
  }

  provablyDifferent(a: Dim, b: Dim): boolean {
    return this.provablyLess(a, b) || this.provablyLess(b, a);
  }

  provablyLess(a: Dim, b: Dim): boolean {
    return this.#difference(a, b).max < 0;
  }

  provablyLessOrEqual(a: Dim, b: Dim): boolean {
    return this.#difference(a, b).max <= 0;
  }

  provablyGreater(a: Dim, b: Dim): boolean {
    return this.provablyLess(b, a);
  }

  provablyGreaterOrEqual(a: Dim, b: Dim): boolean {
    return this.provablyLessOrEqual(b, a);
  }

  /** The value of `d`; PS1103 names a symbol without a value, PS1101 an overflow, PS1102 a division by zero. */
  evaluate(d: Dim, environment: DimEnvironment): number {
    if (typeof d === "number") return d;
    const lookUp = typeof environment === "function" ? environment : (name: string) => environment.get(name);
    const valueOfAtom = (atom: DimAtom): number => {
      if (atom.kind !== "symbol") {
        return applyFunction(atom.kind, this.evaluate(atom.a, lookUp), this.evaluate(atom.b, lookUp));
      }
      const value = lookUp(atom.name);
      if (value === undefined) throw compileError("PS1103", `dimension '${atom.name}' has no value in ${d.key}`);
      return value;
    };
    return d.terms.reduce(
      (sum, t) =>
        addInteger(
          sum,
          t.atoms.reduce((product, atom) => multiplyInteger(product, valueOfAtom(atom)), t.coefficient),
        ),
      0,
    );
  }

  /** `d` with the named symbols replaced, in normal form; symbols not in `replacements` stay. */
  substitute(d: Dim, replacements: ReadonlyMap<string, Dim>): Dim {
    return this.#mapAtoms(d, (atom) => {
      if (atom.kind === "symbol") return replacements.get(atom.name) ?? this.#atomExpr(atom);
      const a = this.substitute(atom.a, replacements);
      const b = this.substitute(atom.b, replacements);
      return this.#apply(atom.kind, a, b);
    });
  }

  /** The names of the symbols in `d`, each once, in order of appearance. */
  symbolsOf(d: Dim): readonly string[] {
    const names = new Set<string>();
    const visit = (x: Dim): void => {
      for (const atom of polynomialOf(x).flatMap((t) => t.atoms)) {
        if (atom.kind === "symbol") names.add(atom.name);
        else [atom.a, atom.b].forEach(visit);
      }
    };
    visit(d);
    return [...names];
  }

  /** The normal form as text: `s0*2 + 3`, `floordiv(s0 + 1, 2)`. `parse` restores the same object. */
  print(d: Dim): string {
    return typeof d === "number" ? String(d) : d.key;
  }

  /** The dimension that `text` spells; undefined when it is not one or names a symbol that is not declared. */
  parse(text: string): Dim | undefined {
    return parseDim<Dim>(text, {
      constant: (value) => value,
      symbol: (name) => (this.has(name) ? this.symbol(name) : undefined),
      call: (name, args) => this.#call(name, args),
      add: (a, b) => this.add(a, b),
      sub: (a, b) => this.sub(a, b),
      mul: (a, b) => this.mul(a, b),
    });
  }

  #expression(terms: Polynomial): DimExpr {
    const key = printPolynomial(terms);
    const known = this.#expressions.get(key);
    if (known !== undefined) return known;
    const made: DimExpr = { key, terms };
    this.#expressions.set(key, made);
    return made;
  }

  #atomExpr(atom: DimAtom): Dim {
    return this.fromTerms([{ coefficient: 1, atoms: [atom] }]);
  }

  #atom(kind: DimFunction, a: Dim, b: Dim): Dim {
    const key = `${kind}(${this.print(a)}, ${this.print(b)})`;
    const atom: DimAtom = this.#atoms.get(key) ?? { kind, a, b, key };
    this.#atoms.set(key, atom);
    return this.#atomExpr(atom);
  }

  #call(name: string, args: readonly Dim[]): Dim | undefined {
    const [a, b] = args;
    if (a === undefined || b === undefined || args.length !== 2) return undefined;
    if (name === "ceildiv") return this.ceilDiv(a, b);
    return isFunction(name) ? this.#apply(name, a, b) : undefined;
  }

  #apply(kind: DimFunction, a: Dim, b: Dim): Dim {
    if (kind === "floordiv") return this.floorDiv(a, b);
    if (kind === "mod") return this.mod(a, b);
    return this.#extremum(kind, a, b);
  }

  /** a = quotient * b + rest, where the rest has nothing more to divide; no quotient where it would not be simpler. */
  #divide(a: Dim, b: Dim): { readonly quotient: Dim; readonly rest: Dim } {
    const divisor = polynomialOf(b);
    const { quotient, remainder } = dividePolynomials(polynomialOf(a), divisor);
    const simpler = isMonomial(divisor) || remainder.every((t) => t.atoms.length === 0);
    if (!simpler) return { quotient: 0, rest: a };
    const constant = constantOf(remainder);
    if (typeof b !== "number" || constant >= 0) {
      return { quotient: this.fromTerms(quotient), rest: this.fromTerms(remainder) };
    }
    // By a number, the constant of the rest is kept in [0, b).
    return { quotient: this.add(this.fromTerms(quotient), -1), rest: this.add(this.fromTerms(remainder), b) };
  }

  /** a/b in lower terms: a = scale * dividend + residue and b = scale * divisor, with 0 <= residue < |scale|. */
  #cancel(a: Dim, b: Dim): { dividend: Dim; divisor: Dim; scale: Dim; residue: number } {
    const [p, q] = [polynomialOf(a), polynomialOf(b)];
    const atoms = commonMonomial(p, q);
    // floor((g*x + c) / (g*y)) = floor((x + floor(c/g)) / y) for integers x and y > 0.
    const floors = atoms.length === 0 && this.bounds(b).min >= 0;
    const variable = floors ? p.filter((t) => t.atoms.length > 0) : p;
    const factor = gcd(contentOf(variable), contentOf(q));
    if (factor === 1 && atoms.length === 0) return { dividend: a, divisor: b, scale: 1, residue: 0 };
    const residue = floors ? floorModulo(constantOf(p), factor) : 0;
    const scale: Polynomial = [{ coefficient: factor, atoms }];
    const whole = addPolynomials(p, constantPolynomial(-residue));
    return {
      dividend: this.fromTerms(dividePolynomials(whole, scale).quotient),
      divisor: this.fromTerms(dividePolynomials(q, scale).quotient),
      scale: this.fromTerms(scale),
      residue,
    };
  }

  /** floor((floor(x / m) + k) / n) = floor((x + k*m) / (m*n)) for m, n >= 1. */
  #flattenFloorDiv(a: Dim, b: Dim): Dim | undefined {
    const p = polynomialOf(a);
    const [first, second] = p;
    const inner = first?.coefficient === 1 && first.atoms.length === 1 ? first.atoms[0] : undefined;
    if (inner?.kind !== "floordiv" || (second !== undefined && second.atoms.length > 0)) return undefined;
    if (this.bounds(b).min < 1 || this.bounds(inner.b).min < 1) return undefined;
    return this.floorDiv(this.add(inner.a, this.mul(inner.b, constantOf(p))), this.mul(inner.b, b));
  }

  /** Replaces c * mod(x, n) by c * x where b divides c*n: the two are congruent modulo b. */
  #unwrapModuli(a: Dim, b: Dim): Dim {
    const terms = polynomialOf(a).map((t): Dim => {
      const [atom] = t.atoms;
      const whole = this.fromTerms([t]);
      if (atom?.kind !== "mod" || t.atoms.length !== 1) return whole;
      const period = polynomialOf(this.mul(atom.b, t.coefficient));
      const divides = dividePolynomials(period, polynomialOf(b)).remainder.length === 0;
      return divides ? this.mul(atom.a, t.coefficient) : whole;
    });
    return terms.reduce((sum, t) => this.add(sum, t), 0);
  }

  #extremum(kind: "max" | "min", a: Dim, b: Dim): Dim {
    if (typeof a === "number" && typeof b === "number") return kind === "max" ? Math.max(a, b) : Math.min(a, b);
    const beats = (x: Dim, y: Dim): boolean =>
      kind === "max" ? this.provablyGreaterOrEqual(x, y) : this.provablyLessOrEqual(x, y);
    let kept: Dim[] = [];
    for (const x of [...operandsOf(kind, a), ...operandsOf(kind, b)]) {
      if (kept.some((y) => beats(y, x))) continue;
      kept = [...kept.filter((y) => !beats(x, y)), x];
    }
    kept.sort((x, y) => compareKeys(this.print(x), this.print(y)));
    return kept.reduce((x, y) => this.#atom(kind, x, y));
  }

  /** The polynomial `d` with each atom replaced by what `f` makes of it. */
  #mapAtoms(d: Dim, f: (atom: DimAtom) => Dim): Dim {
    return polynomialOf(d).reduce<Dim>(
      (sum, t) => this.add(sum, this.mul(t.coefficient, this.product(t.atoms.map(f)))),
      0,
    );
  }

  #difference(a: Dim, b: Dim): DimRange {
    return this.bounds(this.sub(a, b));
  }
}

function isFunction(name: string): name is DimFunction {
  return name === "floordiv" || name === "mod" || name === "max" || name === "min";
}

function applyFunction(kind: DimFunction, a: number, b: number): number {
  if (kind === "floordiv") return floorDivide(a, b);
  if (kind === "mod") return floorModulo(a, b);
  return kind === "max" ? Math.max(a, b) : Math.min(a, b);
}

/** The operands of `d` where it is a (nested) max or min, else `d` alone. */
function operandsOf(kind: "max" | "min", d: Dim): readonly Dim[] {
  const terms = polynomialOf(d);
  const [first] = terms;
  const atom = terms.length === 1 && first?.coefficient === 1 && first.atoms.length === 1 ? first.atoms[0] : undefined;
  return atom?.kind === kind ? [...operandsOf(kind, atom.a), ...operandsOf(kind, atom.b)] : [d];
}
