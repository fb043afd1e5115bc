/** @file What a generator of random programs for one operation looks like, and the elements they draw from. */

import type { AnyOpDef } from "../../../ir/define.js";
import type { ElementType } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import type { Draft } from "../draft-program.js";
import type { Random } from "../random.js";

/** Builds one program in `d`; gives the results of `@main`. */
export type Make = (r: Random, d: Draft) => readonly Value[];

export interface Recipe {
  readonly make: Make;
  /** Multiplies the error allowed by the element; 0 asks for the same bits. */
  readonly loose?: number;
  /** Who knows better: XLA's CPU client (as a rule), the same once shapes are made static, or StableHLO's own interpreter. */
  readonly referee?: "xla" | "refined" | "interpreter" | "none";
}

export type Recipes = Readonly<Record<string, Recipe>>;

export const commonFloats: readonly ElementType[] = ["f32", "f32", "f64", "f16", "bf16"];
export const complexes: readonly ElementType[] = ["complex<f32>", "complex<f64>"];
export const commonInts: readonly ElementType[] = ["i8", "i16", "i32", "i64", "ui8", "ui16", "ui32", "ui64"];
export const smallFloats: readonly ElementType[] = [
  "f8E4M3FN",
  "f8E5M2",
  "f8E4M3FNUZ",
  "f8E5M2FNUZ",
  "f8E4M3B11FNUZ",
  "f8E4M3",
  "f8E3M4",
];
export const smallInts: readonly ElementType[] = ["i4", "ui4"];
export const numbers = [...commonFloats, ...commonInts, ...complexes];
export const everyElement = [...numbers, "i1" as const, ...smallFloats, ...smallInts];

/** Makes one operation of one result; `def` forgets its names. */
export function build(
  d: Draft,
  def: unknown,
  operands: readonly Value[],
  attrs: Readonly<Record<string, unknown>> = {},
  results?: Parameters<Draft["builder"]["create"]>[3],
): Value {
  return d.builder.create(def as AnyOpDef, operands, attrs, results).result;
}
