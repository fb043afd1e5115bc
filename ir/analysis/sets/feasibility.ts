/**
 * @file Whether a basic set has an integer point, and one of them; what its constraints imply; which are redundant.
 * All answers are exact over the integers.
 */

import { ceilDivide, floorDivide } from "../../integer.js";
import { type Basic, basicContains, basicOf, type Constraint, constraintsOf, negate, normaliseBasic } from "./basic.js";
import { cheapestColumn, eliminateColumn, eliminateRationally, occurs } from "./eliminate.js";
import { coefficient, evaluateRow, SetsTooLarge, type Work } from "./linear.js";
import { range } from "./space.js";

const columnsOf = (basic: Basic): number[] => range(0, basic.columns).filter((i) => occurs(basic, i));

/** True when no integer point satisfies all constraints, for any value of the parameters among the columns. */
export function isEmptyBasic(basic: Basic, work: Work): boolean {
  const normal = normaliseBasic(basic, work);
  return normal === undefined || isEmptyNormal(normal, work);
}

function isEmptyNormal(basic: Basic, work: Work): boolean {
  const columns = columnsOf(basic);
  if (columns.length === 0) return false;
  const pieces = eliminateColumn(basic, cheapestColumn(basic, columns), work);
  if (pieces.length > 1 && eliminateRationally(basic, columns, work) === undefined) return true;
  return pieces.every((piece) => isEmptyNormal(piece, work));
}

/** A point of the set, one value per column; undefined when it is empty. */
export function sampleBasic(basic: Basic, work: Work): number[] | undefined {
  const normal = normaliseBasic(basic, work);
  return normal === undefined ? undefined : sampleNormal(normal, work);
}

function sampleNormal(basic: Basic, work: Work): number[] | undefined {
  const columns = columnsOf(basic);
  if (columns.length === 0) return new Array<number>(basic.columns).fill(0);
  const column = cheapestColumn(basic, columns);
  for (const piece of eliminateColumn(basic, column, work)) {
    const point = sampleNormal(piece, work);
    if (point !== undefined) return completePoint(basic, column, point, work);
  }
  return undefined;
}

/** The point with the value of `column` that puts it into the set; the shadow says that there is one. */
function completePoint(basic: Basic, column: number, point: number[], work: Work): number[] {
  point[column] = 0;
  let [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const row of [...basic.equations, ...basic.inequalities]) {
    const [c, value] = [coefficient(row, column), evaluateRow(row, point)];
    if (c > 0) low = Math.max(low, ceilDivide(-value, c));
    if (c < 0) high = Math.min(high, floorDivide(value, -c));
    if (basic.equations.includes(row) && c > 0) high = Math.min(high, floorDivide(-value, c));
    if (basic.equations.includes(row) && c < 0) low = Math.max(low, ceilDivide(value, -c));
  }
  const step = low === Number.NEGATIVE_INFINITY && high !== Number.POSITIVE_INFINITY ? -1 : 1;
  const start = step === -1 ? high : low === Number.NEGATIVE_INFINITY ? 0 : low;
  for (let x = start; x >= low && x <= high; x += step) {
    work.spend(basic.columns);
    point[column] = x;
    if (basicContains(basic, point)) return point;
  }
  throw new SetsTooLarge("no value completes the point");
}

/** True when every point of the set satisfies the constraint. */
export function impliesConstraint(basic: Basic, constraint: Constraint, work: Work): boolean {
  const constraints = constraintsOf(basic);
  return negate(constraint, work).every((c) => isEmptyBasic(basicOf(basic.columns, [...constraints, c]), work));
}

/** Those constraints of `basic` that `context` and the others do not imply; undefined when the two do not meet. */
export function gist(basic: Basic, context: Basic, work: Work): Basic | undefined {
  const normal = normaliseBasic(basic, work);
  if (normal === undefined) return undefined;
  let kept = constraintsOf(normal);
  const given = constraintsOf(context);
  if (isEmptyBasic(basicOf(basic.columns, [...given, ...kept]), work)) return undefined;
  for (const constraint of kept.toReversed()) {
    const others = kept.filter((c) => c !== constraint);
    if (impliesConstraint(basicOf(basic.columns, [...given, ...others]), constraint, work)) kept = others;
  }
  return basicOf(basic.columns, kept);
}

/** The set without constraints that the others imply; undefined when it is empty. */
export function withoutRedundant(basic: Basic, work: Work): Basic | undefined {
  return gist(basic, basicOf(basic.columns, []), work);
}
