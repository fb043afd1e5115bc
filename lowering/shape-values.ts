/**
 * @file Symbolic sizes as SSA values: a `Dim` becomes `index` arithmetic over sizes that are in scope.
 * Divisions round down and remainders have the sign of the divisor, as those of `Dim` do.
 */

import type { Builder } from "../ir/builder.js";
import { constantIndex } from "../ir/dialects/arith/constant.js";
import * as arith from "../ir/dialects/arith/integer.js";
import { dim as memrefDim } from "../ir/dialects/memref/storage.js";
import { dim as tensorDim } from "../ir/dialects/tensor/access.js";
import type { Dim, DimExpr, DimTable } from "../ir/dim.js";
import { type DimAtom, type DimTerm, polynomialOf } from "../ir/dim-polynomial.js";
import type { Value } from "../ir/graph.js";
import { symbolNameOf } from "../ir/size-facts.js";
import { isShaped, printType } from "../ir/types.js";
import { unreachable } from "../ir/unreachable.js";

/** Where symbols have their values. */
export interface SizeScope {
  /** The value of a symbol as an `index`, at the builder's position, or `undefined` when it is out of scope. */
  sizeOf(symbol: string): Value | undefined;
  /** The value of a whole expression, where something in scope has that size. */
  expressionOf?(d: DimExpr): Value | undefined;
  /** The value of a maximum, quotient or the like, where something in scope tells it. */
  functionOf?(atom: DimAtom): Value | undefined;
}

/** `d` as an `index`. A symbol out of scope is a fault of the caller. */
export function dimValue(builder: Builder, d: Dim, scope: SizeScope): Value {
  if (typeof d === "number") return constantIndex(builder, d);
  const whole = scope.expressionOf?.(d);
  if (whole) return whole;
  return d.terms
    .map((term) => termValue(builder, term, scope))
    .reduce((lhs, rhs) => builder.value(arith.addi, { lhs, rhs }, {}));
}

function termValue(builder: Builder, term: DimTerm, scope: SizeScope): Value {
  const atoms = term.atoms.map((atom) => atomValue(builder, atom, scope));
  const factors =
    term.coefficient === 1 && atoms.length > 0 ? atoms : [constantIndex(builder, term.coefficient), ...atoms];
  return factors.reduce((lhs, rhs) => builder.value(arith.muli, { lhs, rhs }, {}));
}

function atomValue(builder: Builder, atom: DimAtom, scope: SizeScope): Value {
  if (atom.kind === "symbol") {
    const size = scope.sizeOf(atom.name);
    if (!size) throw new Error(`the size '${atom.name}' has no value here`);
    return size;
  }
  const known = scope.functionOf?.(atom);
  if (known) return known;
  const lhs = dimValue(builder, atom.a, scope);
  const rhs = dimValue(builder, atom.b, scope);
  switch (atom.kind) {
    case "floordiv":
      return builder.value(arith.floordivsi, { lhs, rhs }, {});
    case "mod":
      return moduloValue(builder, atom, lhs, rhs);
    case "max":
      return builder.value(arith.maxsi, { lhs, rhs }, {});
    case "min":
      return builder.value(arith.minsi, { lhs, rhs }, {});
    default:
      return unreachable(atom);
  }
}

/** A size is seldom negative, and one that is not needs no correction. */
function moduloValue(builder: Builder, { a, b }: { readonly a: Dim; readonly b: Dim }, lhs: Value, rhs: Value): Value {
  const { dims } = builder.context;
  if (dims.bounds(a).min >= 0 && dims.bounds(b).min >= 0) return builder.value(arith.remui, { lhs, rhs }, {});
  const quotient = builder.value(arith.floordivsi, { lhs, rhs }, {});
  const whole = builder.value(arith.muli, { lhs: quotient, rhs }, {});
  return builder.value(arith.subi, { lhs, rhs: whole }, {});
}

/** The size of a tensor or memref along `axis`: a constant where the type says it. */
export function axisSize(builder: Builder, value: Value, axis: number): Value {
  const { type } = value;
  if (!isShaped(type)) throw new Error(`${printType(type)} has no sizes`);
  const size = type.shape[axis];
  if (typeof size === "number") return constantIndex(builder, size);
  const index = constantIndex(builder, axis);
  return type.kind === "memref"
    ? builder.value(memrefDim, { source: value, index }, {})
    : builder.value(tensorDim, { source: value, index }, {});
}

/** The sizes that `values` have, read at the builder's position, each once. */
export class SizesOfValues implements SizeScope {
  readonly #builder: Builder;
  readonly #places = new Map<Dim, { readonly value: Value; readonly axis: number }>();
  readonly #known = new Map<string, Value>();

  constructor(builder: Builder, values: readonly Value[]) {
    this.#builder = builder;
    for (const value of values) {
      if (!isShaped(value.type) || value.type.kind === "vector") continue;
      value.type.shape.forEach((d, axis) => {
        if (!this.#places.has(d)) this.#places.set(d, { value, axis });
      });
    }
  }

  /** True where `d` has a value: its parts do, or it is made of sizes that do as a whole. */
  has(d: Dim): boolean {
    if (typeof d === "number" || this.#places.has(d)) return true;
    return this.#hasParts(d) || this.#splitOf(d) !== undefined;
  }

  #hasParts(d: DimExpr): boolean {
    const hasAtom = (atom: DimAtom): boolean =>
      this.#placeOf(atom) !== undefined || (atom.kind !== "symbol" && this.has(atom.a) && this.has(atom.b));
    return d.terms.every((term) => term.atoms.every(hasAtom));
  }

  expressionOf(d: DimExpr): Value | undefined {
    const place = this.#places.get(d);
    if (place) return this.#once(d.key, () => axisSize(this.#builder, place.value, place.axis));
    const split = this.#hasParts(d) ? undefined : this.#splitOf(d);
    return split && this.#once(d.key, () => this.#joined(split));
  }

  /** `d` as a multiple of a size that is known as a whole, and fewer terms. */
  #splitOf(d: DimExpr): Split | undefined {
    const { dims } = this.#builder.context;
    for (const size of this.#places.keys()) {
      if (typeof size === "number") continue;
      for (const term of d.terms) {
        const factor = quotient(term, size.terms[0]!, dims);
        if (factor === undefined || !this.has(factor)) continue;
        const rest = dims.sub(d, dims.mul(factor, size));
        if (polynomialOf(rest).length < d.terms.length && this.has(rest)) return { size, factor, rest };
      }
    }
    return undefined;
  }

  #joined({ size, factor, rest }: Split): Value {
    const b = this.#builder;
    const value = (d: Dim): Value => dimValue(b, d, this);
    const multiple = factor === 1 ? value(size) : b.value(arith.muli, { lhs: value(factor), rhs: value(size) }, {});
    return rest === 0 ? multiple : b.value(arith.addi, { lhs: multiple, rhs: value(rest) }, {});
  }

  sizeOf(symbol: string): Value | undefined {
    return this.#solved({ key: symbol });
  }

  functionOf(atom: DimAtom): Value | undefined {
    return this.#solved(atom);
  }

  #solved(atom: Pick<DimAtom, "key">): Value | undefined {
    const place = this.#placeOf(atom);
    return place === undefined ? undefined : this.#once(atom.key, () => this.#solve(place));
  }

  #once(key: string, make: () => Value): Value {
    const value = this.#known.get(key) ?? make();
    this.#known.set(key, value);
    return value;
  }

  /** A size that is the symbol or function by itself, or a multiple of it with a constant added. */
  #placeOf({ key }: Pick<DimAtom, "key">): Dim | undefined {
    const sizes = [...this.#places.keys()];
    return sizes.find((d) => symbolNameOf(d) === key) ?? sizes.find((d) => lineOf(d)?.atom.key === key);
  }

  #solve(size: Dim): Value {
    const { value, axis } = this.#places.get(size)!;
    const { factor, offset } = lineOf(size)!;
    const b = this.#builder;
    const whole = axisSize(b, value, axis);
    const multiple = offset === 0 ? whole : b.value(arith.subi, { lhs: whole, rhs: constantIndex(b, offset) }, {});
    if (factor === 1) return multiple;
    return b.value(arith.divsi, { lhs: multiple, rhs: constantIndex(b, factor) }, {});
  }
}

/** `factor * atom + offset`, where `d` is of that form. */
function lineOf(d: Dim): { readonly atom: DimAtom; readonly factor: number; readonly offset: number } | undefined {
  if (typeof d === "number" || d.terms.length > 2) return undefined;
  const [first, rest] = d.terms;
  const [atom, ...others] = first!.atoms;
  if (atom === undefined || others.length > 0 || (rest && rest.atoms.length > 0)) return undefined;
  return { atom, factor: first!.coefficient, offset: rest?.coefficient ?? 0 };
}

/** factor * size + rest */
interface Split {
  readonly size: DimExpr;
  readonly factor: Dim;
  readonly rest: Dim;
}

/** `a` divided by `b`, where that is a whole number times symbols. */
function quotient(a: DimTerm, b: DimTerm, dims: DimTable): Dim | undefined {
  const left = [...a.atoms];
  for (const atom of b.atoms) {
    const at = left.findIndex((x) => x.key === atom.key);
    if (at < 0) return undefined;
    left.splice(at, 1);
  }
  const coefficient = a.coefficient / b.coefficient;
  if (!Number.isInteger(coefficient) || left.some((atom) => atom.kind !== "symbol")) return undefined;
  return left.reduce<Dim>((d, atom) => dims.mul(d, dims.symbol((atom as { readonly name: string }).name)), coefficient);
}
