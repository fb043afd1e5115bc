/** @file Errors of the f64 expansions on random samples, judged by functions of 64 significant bits. */

import { describe, expect, it } from "vitest";
import { Random } from "../../support/random.js";
import { binaryNames, claims, expansionOf, type FunctionName, sized, specials, unaryNames } from "./functions.js";
import { judge, longDoublePython } from "./long-double.js";
import { CAPACITY, compileFunction } from "./wasm-machine.js";

const ROUNDS = sized({ quick: 1, full: 4, nightly: 60 });
const TIMEOUT = 3_600_000;

/** Patterns of all exponents. */
function randomBits(random: Random): Float64Array<ArrayBuffer> {
  return new Float64Array(Uint32Array.from({ length: 2 * CAPACITY }, () => random.unit() * 2 ** 32).buffer);
}

function sample(random: Random, [low, high]: readonly [number, number]): Float64Array<ArrayBuffer> {
  return Float64Array.from({ length: CAPACITY }, () => low + (high - low) * (random.unit() + random.unit() * 2 ** -32));
}

describe.skipIf(longDoublePython === undefined)("f64 functions of one operand are as exact as claimed", () => {
  it.each(unaryNames.filter((n) => n !== "round"))(
    "%s",
    (name) => {
      const { f64, range } = claims[name];
      const run = compileFunction("f64", 1, expansionOf(name));
      const random = new Random(3);
      for (let round = 0; round < ROUNDS; round++) {
        for (const x of [sample(random, range), randomBits(random)]) {
          specials.forEach((s, i) => {
            x[i] = s;
          });
          const verdict = judge(name, [x], new Float64Array(run(x)));
          expect(verdict.worst, JSON.stringify(verdict)).toBeLessThanOrEqual(f64);
        }
      }
    },
    TIMEOUT,
  );
});

function fillPairs(
  name: FunctionName,
  kind: number,
  random: Random,
): readonly [Float64Array<ArrayBuffer>, Float64Array<ArrayBuffer>] {
  const [x, y] = [randomBits(random), randomBits(random)];
  const [xWords, yWords] = [new Uint32Array(x.buffer), new Uint32Array(y.buffer)];
  for (let i = 0; i < CAPACITY && kind > 0; i++) {
    if (name !== "pow") {
      const near = ((xWords[2 * i + 1]! >>> 20) & 2047) + 2048 - random.int(-3, kind === 1 ? 3 : 80);
      yWords[2 * i + 1] = (yWords[2 * i + 1]! & 0x800fffff) | ((near & 2047) << 20);
    } else if (kind === 1) y[i] = random.int(-50, 50);
    else {
      x[i] = kind === 2 ? Math.abs(x[i]!) : 1 + (random.unit() - 0.5) * 2 ** -random.int(0, 50);
      y[i] = ((random.unit() - 0.5) * 1500) / Math.log(x[i]!);
    }
  }
  return [x, y];
}

describe.skipIf(longDoublePython === undefined)("f64 functions of two operands are as exact as claimed", () => {
  it.each(binaryNames)(
    "%s",
    (name) => {
      const run = compileFunction("f64", 2, expansionOf(name));
      const random = new Random(4);
      const pairs = specials.flatMap((a) => specials.map((b) => [a, b] as const));
      for (let round = 0; round < 4 * ROUNDS; round++) {
        const inputs = fillPairs(name, round % 4, random);
        pairs.forEach((pair, i) => {
          [inputs[0][i], inputs[1][i]] = pair;
        });
        const verdict = judge(name, inputs, new Float64Array(run(...inputs)));
        expect(verdict.worst, JSON.stringify(verdict)).toBeLessThanOrEqual(claims[name].f64);
      }
    },
    TIMEOUT,
  );
});
