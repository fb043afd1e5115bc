/**
 * @file Lists in which some entries are numbers of the text and some are values: `[0, %i, 4]`. Upstream keeps the
 * numbers in a dense array, with `DYNAMIC` where a value stands, and the values as operands in order.
 */

import type { Value } from "../graph.js";
import type { OpParser, OpPrinter } from "./assembly.js";

/** Stands in the array of numbers where the entry is a value: the lowest i64. */
export const DYNAMIC = -(2 ** 63);

export interface MixedIndices {
  readonly fixed: readonly number[];
  readonly values: readonly Value[];
}

export function printMixed(
  printer: OpPrinter,
  fixed: readonly number[],
  values: readonly Value[],
  brackets: "[]" | "()" = "[]",
): void {
  let next = 0;
  printer.text(brackets[0]!);
  fixed.forEach((n, i) => {
    if (i > 0) printer.text(", ");
    if (n === DYNAMIC) printer.value(values[next++]!);
    else printer.text(String(n));
  });
  printer.text(brackets[1]!);
}

export function parseMixed(parser: OpParser, brackets: "[]" | "()" = "[]"): MixedIndices {
  const fixed: number[] = [];
  const values: Value[] = [];
  parser.list(brackets[0]!, brackets[1]!, () => {
    const value = parser.tryOperand();
    fixed.push(value ? DYNAMIC : parser.safeInteger());
    if (value) values.push(value);
  });
  return { fixed, values };
}

/** The numbers, those of the values in their places. */
export function mixedNumbers(
  fixed: readonly number[],
  values: readonly (number | bigint | object)[],
): readonly number[] {
  let next = 0;
  return fixed.map((n) => (n === DYNAMIC ? Number(values[next++]) : n));
}

/** What is wrong with the lengths of a list, or `undefined`. */
export function checkMixed(what: string, fixed: readonly number[], values: number, rank: number): string | undefined {
  if (fixed.length !== rank) return `${fixed.length} ${what} for rank ${rank}`;
  const dynamic = fixed.filter((n) => n === DYNAMIC).length;
  return dynamic === values ? undefined : `${values} values for ${dynamic} ${what} that are not numbers`;
}
