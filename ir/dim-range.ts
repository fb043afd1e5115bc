/**
 * @file Intervals of integers, ends possibly infinite: what is known of a size before it is known.
 * Every operation is sound: the result holds each value that operands from the intervals can give. Ends beyond 2^53
 * are widened outwards, so an end is a safe integer or infinite.
 */

export interface DimRange {
  readonly min: number;
  readonly max: number;
}

export const anyRange: DimRange = { min: -Infinity, max: Infinity };

export const pointRange = (n: number): DimRange => ({ min: n, max: n });

function widened(min: number, max: number): DimRange {
  const largest = Number.MAX_SAFE_INTEGER;
  return {
    min: min < -largest ? -Infinity : Math.min(min, largest) + 0,
    max: max > largest ? Infinity : Math.max(max, -largest) + 0,
  };
}

export function addRanges(a: DimRange, b: DimRange): DimRange {
  return widened(a.min + b.min, a.max + b.max);
}

/** An end at infinity stands for ever larger finite numbers, so zero times it is zero. */
function timesEnd(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : a * b;
}

export function multiplyRanges(a: DimRange, b: DimRange): DimRange {
  const corners = [timesEnd(a.min, b.min), timesEnd(a.min, b.max), timesEnd(a.max, b.min), timesEnd(a.max, b.max)];
  return widened(Math.min(...corners), Math.max(...corners));
}

/** `divisor` >= 1, possibly infinite. */
function floorRatio(dividend: number, divisor: number): number {
  if (divisor === Infinity) return dividend < 0 ? -1 : 0;
  if (!Number.isFinite(dividend)) return dividend;
  const rest = dividend % divisor;
  return (dividend - rest) / divisor - (rest < 0 ? 1 : 0);
}

/** The range of a divisor: dividing by zero has no value, so an end at zero moves to the next integer. */
function withoutZero(b: DimRange): DimRange {
  return { min: b.min === 0 ? 1 : b.min, max: b.max === 0 ? -1 : b.max };
}

/** The range of floor(a / b) wherever b is not zero. */
export function floorDivideRanges(a: DimRange, divisor: DimRange): DimRange {
  const b = withoutZero(divisor);
  if (b.max < b.min) return anyRange;
  if (b.max < 0) return floorDivideRanges(negateRange(a), negateRange(b));
  if (b.min < 1) return anyRange;
  return widened(floorRatio(a.min, a.min >= 0 ? b.max : b.min), floorRatio(a.max, a.max >= 0 ? b.min : b.max));
}

/** The range of ceil(a / b) wherever b is not zero. */
export function ceilDivideRanges(a: DimRange, b: DimRange): DimRange {
  return negateRange(floorDivideRanges(negateRange(a), b));
}

/** The range of a - b * floor(a / b) wherever b is not zero. */
export function moduloRanges(a: DimRange, divisor: DimRange): DimRange {
  const b = withoutZero(divisor);
  const max = Math.max(0, b.max - 1);
  // A dividend that is not negative is not less than its remainder by a positive divisor.
  const bounded = a.min >= 0 && b.min > 0 ? Math.min(max, a.max) : max;
  return { min: Math.min(0, b.min + 1), max: bounded };
}

export function negateRange(a: DimRange): DimRange {
  return { min: -a.max + 0, max: -a.min + 0 };
}

export function maxRange(a: DimRange, b: DimRange): DimRange {
  return { min: Math.max(a.min, b.min), max: Math.max(a.max, b.max) };
}

export function minRange(a: DimRange, b: DimRange): DimRange {
  return { min: Math.min(a.min, b.min), max: Math.min(a.max, b.max) };
}

/** What both say. Both must be true of the same value. */
export function intersectRanges(a: DimRange, b: DimRange): DimRange {
  return { min: Math.max(a.min, b.min), max: Math.min(a.max, b.max) };
}

export function isPoint(a: DimRange): boolean {
  return a.min === a.max;
}
