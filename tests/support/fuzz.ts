/**
 * @file How much is fuzzed, and from which seed. `PERSIMMONS_TESTS` (quick, full, nightly) sets the size; the seed is always the
 * same unless `PERSIMMONS_SEED` gives another, so that a failure is found again.
 */

const factors: Readonly<Record<string, number>> = { quick: 0.2, nightly: 50 };

/** The number of runs for a test that makes `full` of them in a full test. */
export function fuzzRuns(full: number): number {
  return Math.max(1, Math.round(full * (factors[process.env["PERSIMMONS_TESTS"] ?? ""] ?? 1)));
}

/** A seed of 32 bits, not 0. */
export const fuzzSeed = Number(process.env["PERSIMMONS_SEED"] ?? 20_240_607) >>> 0 || 1;

/** Parameters for `fc.assert`. */
export function fuzzed(full: number): { readonly numRuns: number; readonly seed: number } {
  return { numRuns: fuzzRuns(full), seed: fuzzSeed };
}

/** Milliseconds that a test of nightly size may take. */
export const fuzzTimeout = process.env["PERSIMMONS_TESTS"] === "nightly" ? 1_800_000 : 120_000;
