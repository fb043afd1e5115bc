/**
 * @file The expansions with what is claimed of each: the largest error in units of the last place, the same numbers as in
 * their documentation. References are the host's functions in double precision, which judge f32; f64 has its own referee.
 */

import { erf, erfc, power, roundAway } from "../../../ir/numerics/real-functions.js";
import type { Float } from "../../../lowering/legalize/emit.js";
import { binaryExpansions, unaryExpansions } from "../../../lowering/legalize/expand-math.js";

export type FunctionName = keyof typeof unaryExpansions | keyof typeof binaryExpansions;

export interface Claim {
  readonly reference: (...args: readonly number[]) => number;
  /** Largest error in units of the last place: of f32 over all its values, of f64 over samples. */
  readonly f32: number;
  readonly f64: number;
  /** Where f64 is sampled evenly, besides all exponents. */
  readonly range: readonly [number, number];
  /** An odd or even function is swept over one half, and its symmetry sampled. */
  readonly symmetry?: "odd" | "even";
}

const one = (f: (x: number) => number): Claim["reference"] => f as Claim["reference"];
const two = (f: (x: number, y: number) => number): Claim["reference"] => f as Claim["reference"];

export const claims: Readonly<Record<FunctionName, Claim>> = {
  acos: { reference: one(Math.acos), f32: 1.1, f64: 1.1, range: [-1, 1] },
  acosh: { reference: one(Math.acosh), f32: 0.95, f64: 0.95, range: [1, 5] },
  asin: { reference: one(Math.asin), f32: 1.6, f64: 1.6, range: [-1, 1], symmetry: "odd" },
  asinh: { reference: one(Math.asinh), f32: 1.15, f64: 1.0, range: [-5, 5], symmetry: "odd" },
  atan: { reference: one(Math.atan), f32: 1.65, f64: 1.7, range: [-5, 5], symmetry: "odd" },
  atan2: { reference: two(Math.atan2), f32: 1.8, f64: 2.2, range: [-8, 8] },
  atanh: { reference: one(Math.atanh), f32: 1.1, f64: 1.1, range: [-1, 1], symmetry: "odd" },
  cbrt: { reference: one(Math.cbrt), f32: 0.51, f64: 0.51, range: [-8, 8], symmetry: "odd" },
  cos: { reference: one(Math.cos), f32: 0.8, f64: 0.8, range: [-10, 10], symmetry: "even" },
  cosh: { reference: one(Math.cosh), f32: 1.45, f64: 1.3, range: [-720, 720], symmetry: "even" },
  erf: { reference: one(erf), f32: 1.25, f64: 1.3, range: [-6, 6], symmetry: "odd" },
  erfc: { reference: one(erfc), f32: 1.25, f64: 1.3, range: [-6, 27.3] },
  exp: { reference: one(Math.exp), f32: 0.96, f64: 0.96, range: [-750, 720] },
  exp2: { reference: one((x) => 2 ** x), f32: 1.0, f64: 1.0, range: [-1080, 1030] },
  expm1: { reference: one(Math.expm1), f32: 1.1, f64: 1.1, range: [-40, 720] },
  fmod: { reference: two((x, y) => x % y), f32: 0, f64: 0, range: [-8, 8] },
  log: { reference: one(Math.log), f32: 0.9, f64: 0.9, range: [0, 2] },
  log10: { reference: one(Math.log10), f32: 0.8, f64: 0.85, range: [0, 2] },
  log1p: { reference: one(Math.log1p), f32: 0.9, f64: 0.9, range: [-1, 2] },
  log2: { reference: one(Math.log2), f32: 0.85, f64: 0.9, range: [0, 2] },
  pow: { reference: two(power), f32: 0.9, f64: 0.9, range: [-8, 8] },
  round: { reference: one(roundAway), f32: 0, f64: 0, range: [-8, 8], symmetry: "odd" },
  rsqrt: { reference: one((x) => 1 / Math.sqrt(x)), f32: 1.55, f64: 1.55, range: [0, 8] },
  sin: { reference: one(Math.sin), f32: 0.8, f64: 0.8, range: [-2e6, 2e6], symmetry: "odd" },
  sinh: { reference: one(Math.sinh), f32: 1.65, f64: 1.5, range: [-720, 720], symmetry: "odd" },
  tan: { reference: one(Math.tan), f32: 1.0, f64: 1.0, range: [-10, 10], symmetry: "odd" },
  tanh: { reference: one(Math.tanh), f32: 1.45, f64: 1.4, range: [-22, 22], symmetry: "odd" },
};

/** The expansion of a name, for any back end. */
export function expansionOf(name: FunctionName): <V>(...args: readonly Float<V>[]) => Float<V> {
  const table: Readonly<Record<string, readonly [unknown, unknown]>> = { ...unaryExpansions, ...binaryExpansions };
  return table[name]![1] as <V>(...args: readonly Float<V>[]) => Float<V>;
}

export const unaryNames = Object.keys(unaryExpansions) as readonly FunctionName[];
export const binaryNames = Object.keys(binaryExpansions) as readonly FunctionName[];

/** Numbers that every function is asked about. */
export const specials: readonly number[] = [
  0,
  1,
  2,
  3,
  5,
  0.5,
  1.5,
  2.5,
  1 / 3,
  0.1,
  10,
  100,
  710,
  745.2,
  1e10,
  1e22,
  16777215,
  16777216,
  2 ** 53 - 1,
  2 ** 53,
  2 ** -126,
  2 ** -149,
  2 ** -1022,
  2 ** -1074,
  3.4028234663852886e38,
  Number.MAX_VALUE,
  1 + 2 ** -23,
  1 - 2 ** -24,
  1 + 2 ** -52,
  1 - 2 ** -53,
  Math.PI,
  Math.PI / 2,
  6381956970095103 * 2 ** 797,
  Number.POSITIVE_INFINITY,
  Number.NaN,
].flatMap((x) => [x, -x]);

/** The sample to take, by the size of the run. */
export function sized<T>(sizes: { readonly quick: T; readonly full: T; readonly nightly: T }): T {
  const size = process.env["PERSIMMONS_TESTS"];
  return size === "nightly" || size === "full" ? sizes[size] : sizes.quick;
}

const parts = new DataView(new ArrayBuffer(8));

/** How far `got`, of f32, is from the exact `wanted`, in units of its last place; infinite where they differ in kind. */
export function errorInUnits(got: number, wanted: number): number {
  const rounded = Math.fround(wanted);
  if (Object.is(got, rounded) && (!Number.isFinite(rounded) || rounded === 0)) return 0;
  if (Number.isNaN(got) || Number.isNaN(wanted) || (got === 0 && rounded === 0)) return Number.POSITIVE_INFINITY;
  if (!Number.isFinite(got) || !Number.isFinite(rounded)) {
    const nextTo = Math.abs(got) >= LARGEST && Math.abs(wanted) >= LARGEST * (1 - 2 ** -24);
    return nextTo && Math.sign(got) === Math.sign(wanted) ? 1 : Number.POSITIVE_INFINITY;
  }
  parts.setFloat64(0, wanted);
  const exponent = Math.max(((parts.getUint32(0) >>> 20) & 2047) - 1023, -126);
  return Math.abs(got - wanted) / 2 ** (exponent - 23);
}

const LARGEST = 3.4028234663852886e38;
