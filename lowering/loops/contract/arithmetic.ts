/**
 * @file In which numbers a contraction is summed. Floats are summed as what the output holds. Sums of products of bytes are exact:
 * by instructions that take four summed positions at once, where the processor has them and weights came packed for
 * them; else in f32, over so few positions that it holds every sum, before they are added as integers.
 */

import type { ElementType } from "../../../ir/element.js";
import { elementOf } from "../../../ir/types.js";
import type { CpuDescription } from "../../../machine/cpu.js";
import type { Contraction } from "./roles.js";

export interface Arithmetic {
  /** What packed panels hold. */
  readonly panel: ElementType;
  /** What registers hold while sums grow. */
  readonly sum: ElementType;
  /** Summed positions of a step. */
  readonly step: 1 | 4;
  /** Summed positions over which sums in registers are exact, where they must be. */
  readonly exact: number | undefined;
  /** Bytes of the scalar side are signed: they are packed 128 larger, which is taken off the sums again. */
  readonly isMoved: boolean;
}

/** Products of two bytes are no larger than 2^15, without signs on both sides below 2^16, and f32 holds integers up to 2^24. */
function exactIn32({ isUnsigned }: Contraction): number {
  return 2 ** (24 - (isUnsigned.scalars && isUnsigned.vectors ? 16 : 15));
}

/** Summed positions that instructions take at once. */
export const QUAD = 4;

/** Numbers summed as they are. */
export function plain(sum: ElementType): Arithmetic {
  return { panel: sum, sum, step: 1, exact: undefined, isMoved: false };
}

export function arithmeticOf(c: Contraction, cpu: CpuDescription, isPacked: boolean): Arithmetic {
  const sum = elementOf(c.output.value.type);
  const same = plain(sum);
  if (sum !== "i32") return same;
  if (isPacked && summedInQuads(c, cpu)) return { ...same, panel: "i8", step: QUAD, isMoved: !c.isUnsigned.scalars };
  return { ...same, panel: "f32", sum: "f32", exact: exactIn32(c) };
}

/** Whether the processor sums four positions of these elements at once: bytes, the vector side signed. */
export function summedInQuads(c: Contraction, cpu: CpuDescription): boolean {
  return cpu.dotInt8 && elementOf(c.output.value.type) === "i32" && !c.isUnsigned.vectors;
}
