/**
 * @file Which token comes next: the most likely one, or one drawn from the likely ones. The same seed draws the same tokens
 * from the same logits on every machine.
 */

import { compileError } from "../../ir/diagnostic.js";
import { generateCode } from "./problems.js";

export interface SamplingOptions {
  /** Divides the logits; 0 takes the most likely token. */
  readonly temperature: number;
  /** Draw from so many of the most likely tokens, and those that are as likely as the last of them. */
  readonly topK?: number;
  /** Draw from the most likely tokens that together have this probability. */
  readonly topP?: number;
  readonly seed: number;
}

/** Gives the next token for the logits of the vocabulary. */
export type Sampler = (logits: Float32Array) => number;

export function samplerOf(options: SamplingOptions): Sampler {
  if (options.temperature === 0) return mostLikely;
  const random = randomNumbers(options.seed);
  return (logits) => draw(logits, options, random);
}

/** The first of the largest. Throws where the model has computed no number. */
export function mostLikely(logits: Float32Array): number {
  let best = -1;
  let most = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < logits.length; k++) {
    const value = logits[k]!;
    if (Number.isNaN(value)) throw noNumber();
    if (value > most || best < 0) {
      most = value;
      best = k;
    }
  }
  if (best < 0 || most === Number.NEGATIVE_INFINITY) throw noNumber();
  return best;
}

function noNumber(): Error {
  return compileError(generateCode.logits, "the model gives no likelihoods: its logits are not numbers", {
    exitCode: 3,
    fix: "check the weights, and whether their type holds what the model computes",
  });
}

function draw(logits: Float32Array, options: SamplingOptions, random: () => number): number {
  const best = mostLikely(logits);
  const most = logits[best]!;
  if (most === Number.POSITIVE_INFINITY) return best;
  const weightOf = (value: number): number => Math.exp((value - most) / options.temperature);
  const least = leastLikely(logits, options, weightOf);
  let total = 0;
  for (const value of logits) if (value >= least) total += weightOf(value);
  let left = random() * total;
  let last = 0;
  for (let k = 0; k < logits.length; k++) {
    const value = logits[k]!;
    if (value < least || value === Number.NEGATIVE_INFINITY) continue;
    left -= weightOf(value);
    last = k;
    if (left < 0) return k;
  }
  // Rounding has left a little of the total.
  return last;
}

/** The least logit that a token may have to be drawn. */
function leastLikely(logits: Float32Array, options: SamplingOptions, weightOf: (value: number) => number): number {
  const { topK, topP } = options;
  if (topK === undefined && (topP === undefined || topP >= 1)) return Number.NEGATIVE_INFINITY;
  const sorted = Float32Array.from(logits).sort();
  const first = sorted.length - Math.min(topK ?? sorted.length, sorted.length);
  // Where the last of the most likely ones is as likely as others, these belong to them.
  const byCount = sorted[first]!;
  if (topP === undefined || topP >= 1) return byCount;
  let total = 0;
  for (const value of sorted) if (value >= byCount) total += weightOf(value);
  let sum = 0;
  for (let k = sorted.length - 1; k >= 0; k--) {
    sum += weightOf(sorted[k]!);
    if (sum >= topP * total || sorted[k - 1]! < byCount) return sorted[k]!;
  }
  return byCount;
}

/** Numbers from 0 to 1, without 1. Source: D. Blackman and S. Vigna, xoshiro128**, seeded by splitmix32. */
function randomNumbers(seed: number): () => number {
  let mix = (seed ^ Math.floor(seed / 2 ** 32)) | 0;
  const splitmix = (): number => {
    mix = (mix + 0x9e3779b9) | 0;
    let z = mix ^ (mix >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return z ^ (z >>> 15);
  };
  let [a, b, c, d] = [splitmix(), splitmix(), splitmix(), splitmix()];
  const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by));
  return () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return (result >>> 0) / 2 ** 32;
  };
}
