/** @file Errors of the f32 expansions, swept over bit patterns: a sample by default, every one of the 2^32 nightly. */

import { describe, expect, it } from "vitest";
import { Random } from "../../support/random.js";
import {
  binaryNames,
  claims,
  errorInUnits,
  expansionOf,
  type FunctionName,
  sized,
  specials,
  unaryNames,
} from "./functions.js";
import { type ArrayFunction, CAPACITY, compileFunction } from "./wasm-machine.js";

/** Distance between the patterns tried. */
const STRIDE = sized({ quick: 32771, full: 1021, nightly: 1 });
const PAIRS = sized({ quick: 4, full: 100, nightly: 4000 });
const TIMEOUT = 3_600_000;

interface Worst {
  error: number;
  at: string;
}

function compare(name: FunctionName, run: ArrayFunction, inputs: readonly Float32Array[], worst: Worst): void {
  const { reference } = claims[name];
  const out = run(...inputs);
  for (let i = 0; i < out.length; i++) {
    const args = inputs.map((x) => x[i]!);
    const wanted = reference(...args);
    const error = errorInUnits(out[i]!, wanted);
    if (error > worst.error) {
      worst.error = error;
      worst.at = `${args.join(", ")} gives ${out[i]}, not ${wanted}`;
    }
  }
}

/** The same for one operand, without an array per element. */
function compareUnary(name: FunctionName, run: ArrayFunction, input: Float32Array, worst: Worst): void {
  const { reference } = claims[name];
  const out = run(input);
  for (let i = 0; i < out.length; i++) {
    const wanted = reference(input[i]!);
    if (out[i] === Math.fround(wanted) && wanted !== 0 && worst.error >= 0.5 && Number.isFinite(wanted)) continue;
    const error = errorInUnits(out[i]!, wanted);
    if (error > worst.error) {
      worst.error = error;
      worst.at = `${input[i]} gives ${out[i]}, not ${wanted}`;
    }
  }
}

describe("f32 functions of one operand are as exact as claimed", () => {
  it.each(unaryNames)(
    "%s",
    (name) => {
      const { symmetry, f32 } = claims[name];
      const run = compileFunction("f32", 1, expansionOf(name));
      const input = new Float32Array(CAPACITY);
      const bits = new Uint32Array(input.buffer);
      const worst: Worst = { error: 0, at: "" };
      const end = symmetry ? 2 ** 31 : 2 ** 32;
      for (let start = 0; start < end; start += CAPACITY * STRIDE) {
        for (let i = 0; i < CAPACITY; i++) bits[i] = start + i * STRIDE;
        compareUnary(name, run, input, worst);
      }
      compareUnary(name, run, new Float32Array(specials), worst);
      expect(worst.error, worst.at).toBeLessThanOrEqual(f32);
    },
    TIMEOUT,
  );
});

describe("f32 functions are as symmetric as the ones they compute", () => {
  it.each(unaryNames.filter((n) => claims[n].symmetry))("%s", (name) => {
    const random = new Random(5);
    const run = compileFunction("f32", 1, expansionOf(name));
    const input = new Float32Array(CAPACITY);
    const bits = new Uint32Array(input.buffer);
    for (let i = 0; i < CAPACITY; i++) bits[i] = random.unit() * 2 ** 32;
    const positive = new Float32Array(run(input));
    const negative = run(input.map((x) => -x));
    const sign = claims[name].symmetry === "odd" ? -1 : 1;
    for (let i = 0; i < CAPACITY; i++) {
      const mirrored = sign * negative[i]!;
      if (!Object.is(mirrored, positive[i]!)) expect(mirrored, String(input[i])).toBe(positive[i]);
    }
  });
});

/** Pairs of all exponents, and of the kind where a function of two operands is hard. */
function fillPairs(name: FunctionName, round: number, random: Random, x: Float32Array, y: Float32Array): void {
  const [xBits, yBits] = [new Uint32Array(x.buffer), new Uint32Array(y.buffer)];
  for (let i = 0; i < CAPACITY; i++) {
    xBits[i] = random.unit() * 2 ** 32;
    yBits[i] = random.unit() * 2 ** 32;
    if (round % 4 === 0) continue;
    if (name !== "pow") {
      const near = ((xBits[i]! >>> 23) & 255) + 256 - random.int(-3, round % 2 === 1 ? 3 : 40);
      yBits[i] = (yBits[i]! & 0x807fffff) | ((near & 255) << 23);
    } else if (round % 4 === 1) y[i] = random.int(-50, 50);
    else {
      x[i] = round % 4 === 2 ? Math.abs(x[i]!) : 1 + (random.unit() - 0.5) * 2 ** -random.int(0, 23);
      y[i] = ((random.unit() - 0.5) * 220) / Math.log(x[i]!);
    }
  }
}

describe("f32 functions of two operands are as exact as claimed", () => {
  it.each(binaryNames)(
    "%s",
    (name) => {
      const run = compileFunction("f32", 2, expansionOf(name));
      const random = new Random(11);
      const worst: Worst = { error: 0, at: "" };
      const [x, y] = [new Float32Array(CAPACITY), new Float32Array(CAPACITY)];
      for (let round = 0; round < PAIRS; round++) {
        fillPairs(name, round, random, x, y);
        compare(name, run, [x, y], worst);
      }
      const pairs = specials.flatMap((a) => specials.map((b) => [a, b] as const));
      compare(
        name,
        run,
        [0, 1].map((k) => new Float32Array(pairs.map((p) => p[k]!))),
        worst,
      );
      expect(worst.error, worst.at).toBeLessThanOrEqual(claims[name].f32);
    },
    TIMEOUT,
  );
});
