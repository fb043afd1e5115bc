/** @file The parts of generation on their own: drawing of tokens, and text that comes out while tokens go in. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { samplerOf } from "../../../cli/generate/sampler.js";
import { TextStream } from "../../../cli/generate/text-stream.js";
import type { Tokenizer } from "../../../cli/generate/tokenizer.js";

const logits = Float32Array.of(1, 3, 2, -4, 3);

/** How often each token is drawn. */
function counts(options: Omit<Parameters<typeof samplerOf>[0], "seed">, draws = 4000): readonly number[] {
  const sample = samplerOf({ ...options, seed: 7 });
  const result = logits.map(() => 0);
  for (let k = 0; k < draws; k++) {
    const token = sample(logits);
    result[token] = result[token]! + 1;
  }
  return [...result];
}

describe("a token", () => {
  it("is the first of the most likely at temperature 0", () => {
    expect(samplerOf({ temperature: 0, seed: 0 })(logits)).toBe(1);
  });

  it("is drawn as likely as the model says", () => {
    const weights = [...logits].map(Math.exp);
    const total = weights.reduce((a, b) => a + b, 0);
    counts({ temperature: 1 }, 40_000).forEach((count, k) => {
      expect(Math.abs(count / 40_000 - weights[k]! / total)).toBeLessThan(0.01);
    });
  });

  it("is drawn from the top k, equals included", () => {
    const [a, b, c, d, e] = counts({ temperature: 1, topK: 1 });
    expect([a, c, d]).toEqual([0, 0, 0]);
    expect(b! + e!).toBe(4000);
    expect(counts({ temperature: 1, topK: 3 }).map((n) => n > 0)).toEqual([false, true, true, false, true]);
  });

  it("is drawn from the fewest tokens of a probability", () => {
    expect(counts({ temperature: 1, topP: 0.5 }).map((n) => n > 0)).toEqual([false, true, false, false, true]);
    expect(counts({ temperature: 1, topP: 0.9 }).map((n) => n > 0)).toEqual([false, true, true, false, true]);
    expect(counts({ temperature: 1, topP: 0.9, topK: 2 }).map((n) => n > 0)).toEqual([false, true, false, false, true]);
  });

  it("that is impossible is never drawn", () => {
    const sample = samplerOf({ temperature: 5, seed: 3 });
    const some = Float32Array.of(Number.NEGATIVE_INFINITY, 0, Number.NEGATIVE_INFINITY);
    for (let k = 0; k < 100; k++) expect(sample(some)).toBe(1);
  });

  it.each([0, 1])("is refused where logits are no numbers, at temperature %d", (temperature) => {
    const sample = samplerOf({ temperature, seed: 0 });
    expect(() => sample(Float32Array.of(1, Number.NaN))).toThrow("its logits are not numbers");
    expect(() => sample(new Float32Array(3).fill(Number.NEGATIVE_INFINITY))).toThrow("its logits are not numbers");
  });
});

/** Each token is a byte. */
const bytes: Tokenizer = {
  encode: (text) => [...new TextEncoder().encode(text)],
  decode: (tokens) => new TextDecoder().decode(Uint8Array.from(tokens)),
};

/** What comes out at each token, and at the end. */
function parts(text: string, stops: readonly string[] = []): readonly string[] {
  const stream = new TextStream(bytes, bytes.encode("prompt "), stops);
  const given: string[] = [];
  for (const token of bytes.encode(text)) {
    given.push(stream.add(token));
    if (stream.isStopped) break;
  }
  given.push(stream.end());
  expect(given.join("")).toBe(stream.text);
  return given;
}

describe("text", () => {
  it("comes out when its characters are complete", () => {
    expect(parts("aé日b")).toEqual(["a", "", "é", "", "", "日", "b", ""]);
  });

  it("is held back where a stop text may begin", () => {
    expect(parts("ab--c--!", ["--!"])).toEqual(["a", "b", "", "", "--c", "", "", "", ""]);
    expect(parts("ab--", ["--!"])).toEqual(["a", "b", "", "", "--"]);
  });

  it("is what the tokens say, and ends before the first stop text", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b", "é", "🙂", " "), maxLength: 20 });
    const stop = fc.string({ unit: fc.constantFrom("a", "b", "é"), minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(word, fc.array(stop, { maxLength: 2 }), (text, stops) => {
        const places = stops.map((s) => text.indexOf(s)).filter((place) => place >= 0);
        const end = places.length === 0 ? text.length : Math.min(...places);
        expect(parts(text, stops).join("")).toBe(text.slice(0, end));
      }),
    );
  });
});
