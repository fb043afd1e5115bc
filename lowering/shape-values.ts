/**
 * @file Symbolic sizes as SSA values: a `Dim` becomes `index` arithmetic over sizes that are in scope.
 * All operands are sizes, so divisions and remainders are of non-negative numbers.
 */

import type { Builder } from "../ir/builder.js";
import { constantIndex } from "../ir/dialects/arith/constant.js";
import * as arith from "../ir/dialects/arith/integer.js";
import { dim as memrefDim } from "../ir/dialects/memref/storage.js";
import { dim as tensorDim } from "../ir/dialects/tensor/access.js";
import type { Dim } from "../ir/dim.js";
import type { DimAtom, DimTerm } from "../ir/dim-polynomial.js";
import type { Value } from "../ir/graph.js";
import { isShaped, printType } from "../ir/types.js";
import { unreachable } from "../ir/unreachable.js";

/** Where symbols have their values. */
export interface SizeScope {
  /** The value of a symbol as an `index`, at the builder's position, or `undefined` when it is out of scope. */
  sizeOf(symbol: string): Value | undefined;
}

/** `d` as an `index`. A symbol out of scope is a fault of the caller. */
export function dimValue(builder: Builder, d: Dim, scope: SizeScope): Value {
  if (typeof d === "number") return constantIndex(builder, d);
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
  const lhs = dimValue(builder, atom.a, scope);
  const rhs = dimValue(builder, atom.b, scope);
  switch (atom.kind) {
    case "floordiv":
      return builder.value(arith.floordivsi, { lhs, rhs }, {});
    case "mod":
      return builder.value(arith.remui, { lhs, rhs }, {});
    case "max":
      return builder.value(arith.maxsi, { lhs, rhs }, {});
    case "min":
      return builder.value(arith.minsi, { lhs, rhs }, {});
    default:
      return unreachable(atom);
  }
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
