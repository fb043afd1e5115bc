/** @file The lowest and highest value of a dim over all points of a statement, where they are known numbers. */

import type { Basic } from "../../../ir/analysis/sets/basic.js";
import { boundsOf, eliminate } from "../../../ir/analysis/sets/bounds.js";
import { range } from "../../../ir/analysis/sets/space.js";
import { floorDivide } from "../../../ir/integer.js";
import type { Statement } from "./scop.js";

export interface DimRange {
  readonly low: number;
  readonly high: number;
}

/** The widest range over all other dims and parameters; `undefined` where a parameter decides it. */
export function rangeOfDim({ domain, dims }: Statement, dim: number): DimRange | undefined {
  const first = domain.space.params.length;
  const ranges: DimRange[] = [];
  for (const basic of domain.basics) {
    const found = rangeIn(basic, first + dim, range(first, dims.length));
    if (found === "unknown") return undefined;
    if (found) ranges.push(found);
  }
  if (ranges.length === 0) return { low: 0, high: -1 };
  return { low: Math.min(...ranges.map((r) => r.low)), high: Math.max(...ranges.map((r) => r.high)) };
}

/** How many values a dim has, at most. */
export function extentOf(statement: Statement, dim: number): number | undefined {
  const found = rangeOfDim(statement, dim);
  return found && Math.max(0, found.high - found.low + 1);
}

/** `undefined` where the set is empty. */
function rangeIn(basic: Basic, column: number, dims: readonly number[]): DimRange | undefined | "unknown" {
  const others = dims.filter((c) => c !== column);
  const shadow = eliminate(basic, others);
  if (!shadow) return undefined;
  const { lower, upper } = boundsOf(shadow, column);
  const isKnown = (row: readonly number[]): boolean => row.every((x, k) => k === 0 || x === 0 || k === column + 1);
  const lows = lower.filter(({ row }) => isKnown(row)).map(({ row, divisor }) => -floorDivide(-row[0]!, divisor));
  const highs = upper.filter(({ row }) => isKnown(row)).map(({ row, divisor }) => floorDivide(row[0]!, divisor));
  if (lows.length === 0 || highs.length === 0) return "unknown";
  return { low: Math.max(...lows), high: Math.min(...highs) };
}
