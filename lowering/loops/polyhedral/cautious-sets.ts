/**
 * @file Questions on sets of which "not known" has a safe answer for generated code: more guards, more pieces. What the
 * rationals decide, once strides are put in, is asked first; the integers get little time, as few questions need them.
 */

import {
  type Basic,
  basicOf,
  type Congruence,
  type Constraint,
  constraintsOf,
  negate,
  normaliseBasic,
} from "../../../ir/analysis/sets/basic.js";
import { eliminateRationally } from "../../../ir/analysis/sets/eliminate.js";
import { isEmptyBasic } from "../../../ir/analysis/sets/feasibility.js";
import { checked, coefficient, type Row, SetsTooLarge, Work } from "../../../ir/analysis/sets/linear.js";
import { range } from "../../../ir/analysis/sets/space.js";

const RATIONAL_WORK = 500_000;
const INTEGER_WORK = 3_000;

function known(question: () => boolean): boolean {
  try {
    return question();
  } catch (error) {
    if (error instanceof SetsTooLarge) return false;
    throw error;
  }
}

/** False where it is not known. */
export function isSurelyEmpty(columns: number, constraints: readonly Constraint[]): boolean {
  return known(() => {
    const basic = normaliseBasic(basicOf(columns, constraints), new Work());
    if (basic === undefined) return true;
    const strides = basic.congruences.filter((c) => columnsIn(c).length === 1);
    const dense = strides.reduce(withoutStride, basic);
    if (eliminateRationally(dense, range(0, columns), new Work(RATIONAL_WORK)) === undefined) return true;
    return isEmptyBasic(basic, new Work(INTEGER_WORK));
  });
}

const columnsIn = ({ row }: Congruence): number[] => row.flatMap((x, i) => (i > 0 && x !== 0 ? [i - 1] : []));

/** The set with a column x that a congruence on it alone restricts to m y + r replaced by y. */
function withoutStride(basic: Basic, stride: Congruence): Basic {
  const [column] = columnsIn(stride);
  const { row, modulus } = stride;
  const rest = range(0, modulus).find((x) => (row[0]! + coefficient(row, column!) * x) % modulus === 0);
  if (rest === undefined || !basic.congruences.includes(stride)) return basic;
  const put = (other: Row): Row => {
    const c = coefficient(other, column!);
    return other.map((x, i) =>
      i === 0 ? checked(x + checked(c * rest)) : i === column! + 1 ? checked(c * modulus) : x,
    );
  };
  return {
    columns: basic.columns,
    equations: basic.equations.map(put),
    inequalities: basic.inequalities.map(put),
    // Another stride of this column would have to be put in terms of the new one: the rationals do without.
    congruences: basic.congruences.filter((c) => coefficient(c.row, column!) === 0),
  };
}

/** False where it is not known. */
export function surelyImplies(basic: Basic, constraint: Constraint): boolean {
  const given = constraintsOf(basic);
  if (constraint.kind === "mod") {
    // Bounds hardly ever decide a congruence, and are what costs.
    const lattice = given.filter((c) => c.kind !== "ge");
    return known(() => {
      const work = new Work(RATIONAL_WORK);
      return negate(constraint, work).every((c) => isEmptyBasic(basicOf(basic.columns, [...lattice, c]), work));
    });
  }
  return negate(constraint, new Work()).every((c) => isSurelyEmpty(basic.columns, [...given, c]));
}

/** Constraints that the context and the others are not known to imply; undefined where the two surely do not meet. */
export function simplified(basic: Basic, context: Basic): Basic | undefined {
  const normal = normaliseBasic(basic, new Work());
  const given = constraintsOf(context);
  if (normal === undefined || isSurelyEmpty(basic.columns, [...given, ...constraintsOf(normal)])) return undefined;
  let kept = constraintsOf(normal);
  for (const constraint of kept.toReversed()) {
    const others = kept.filter((c) => c !== constraint);
    if (surelyImplies(basicOf(basic.columns, [...given, ...others]), constraint)) kept = others;
  }
  return basicOf(basic.columns, kept);
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
