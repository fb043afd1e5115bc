/** @file Questions on sets of which "too large to say" has a safe answer for generated code: more guards, more pieces. */

import { type Basic, basicOf, type Constraint, constraintsOf } from "../../../ir/analysis/sets/basic.js";
import { gist, impliesConstraint, isEmptyBasic } from "../../../ir/analysis/sets/feasibility.js";
import { type Row, SetsTooLarge, Work } from "../../../ir/analysis/sets/linear.js";

const LIMIT = 2_000_000;

function otherwise<T>(exact: (work: Work) => T, fallback: T): T {
  try {
    return exact(new Work(LIMIT));
  } catch (error) {
    if (error instanceof SetsTooLarge) return fallback;
    throw error;
  }
}

/** The constraints that the context does not imply; undefined where the two do not meet. */
export function simplified(basic: Basic, context: Basic): Basic | undefined {
  return otherwise((work) => gist(basic, context, work), basic);
}

/** False where it is not known. */
export function isSurelyEmpty(columns: number, constraints: readonly Constraint[]): boolean {
  return otherwise((work) => isEmptyBasic(basicOf(columns, constraints), work), false);
}

/** False where it is not known. */
export function surelyImplies(basic: Basic, constraint: Constraint): boolean {
  return otherwise((work) => impliesConstraint(basic, constraint, work), false);
}

export function uses(constraint: { readonly row: Row }, column: number): boolean {
  return constraint.row[column + 1] !== 0;
}

/** The constraints that use the column, or those that do not. */
export function restricted(basic: Basic, keep: (constraint: Constraint) => boolean): Basic {
  return basicOf(basic.columns, constraintsOf(basic).filter(keep));
}

export function joined(a: Basic, constraints: readonly Constraint[]): Basic {
  return basicOf(a.columns, [...constraintsOf(a), ...constraints]);
}

/** The basic set with `count` new columns before column `at`. */
export function widened(basic: Basic, at: number, count: number): Basic {
  const widen = (row: Row): Row => [...row.slice(0, at + 1), ...new Array<number>(count).fill(0), ...row.slice(at + 1)];
  return {
    columns: basic.columns + count,
    equations: basic.equations.map(widen),
    inequalities: basic.inequalities.map(widen),
    congruences: basic.congruences.map(({ row, modulus }) => ({ row: widen(row), modulus })),
  };
}

/** The basic set without its last columns, which no constraint uses. */
export function narrowed(basic: Basic, columns: number): Basic {
  const narrow = (row: Row): Row => row.slice(0, columns + 1);
  return {
    columns,
    equations: basic.equations.map(narrow),
    inequalities: basic.inequalities.map(narrow),
    congruences: basic.congruences.map(({ row, modulus }) => ({ row: narrow(row), modulus })),
  };
}
