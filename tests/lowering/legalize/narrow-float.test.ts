/** @file Codes and values of narrow formats against ir/float-format.ts: every code, every tie, and numbers of all sizes. */

import { describe, expect, it } from "vitest";
import type { FloatElement } from "../../../ir/element.js";
import { decodeFloat, encodeFloat, floatFormats, roundTo } from "../../../ir/float-format.js";
import {
  decode,
  roundTo as emitRoundTo,
  encode,
  encodeExact,
  type NarrowElement,
} from "../../../lowering/legalize/math/narrow-float.js";
import { Random } from "../../support/random.js";
import { sized, specials } from "./functions.js";
import { CAPACITY, compileFunction, type FloatArray } from "./wasm-machine.js";

const narrow = (Object.keys(floatFormats) as readonly FloatElement[]).filter(
  (e) => floatFormats[e].bits <= 16,
) as readonly NarrowElement[];
const STRIDE = sized({ quick: 400009, full: 4001, nightly: 31 });

/** All values, what lies halfway between neighbours, and the numbers next to those. */
function criticalNumbers(element: NarrowElement, format: "f32" | "f64"): number[] {
  const values = Array.from({ length: 2 ** floatFormats[element].bits }, (_, code) => decodeFloat(element, code))
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  const step = format === "f32" ? 2 ** -23 : 2 ** -52;
  const ties = values.slice(1).map((x, i) => x / 2 + values[i]! / 2);
  const beyond = [1.01, 1.0625, 1.25, 1.5, 2].flatMap((k) => [k * values.at(-1)!, k * values[0]!]);
  return [...values, ...ties, ...beyond].flatMap((x) => [x, x * (1 + step), x * (1 - step)]);
}

/** Runs over as many elements as there are. */
function runAll(run: (x: FloatArray) => FloatArray, input: FloatArray): number[] {
  const out: number[] = [];
  for (let i = 0; i < input.length; i += CAPACITY) out.push(...run(input.slice(i, i + CAPACITY)));
  return out;
}

/** Doubles near the end of their range, where the reference does not round, stand for smaller ones that overflow as they do. */
function withinReach(x: number): number {
  return Number.isFinite(x) && Math.abs(x) > 2 ** 900 ? Math.sign(x) * 2 ** 900 : x;
}

function expectSame(element: NarrowElement, format: "f32" | "f64", numbers: FloatArray): void {
  const codes = runAll(
    compileFunction(format, 1, (x) => encode(x!, element).toFloat()),
    numbers,
  );
  const values = runAll(
    compileFunction(format, 1, (x) => emitRoundTo(x!, element)),
    numbers,
  );
  for (let i = 0; i < numbers.length; i++) {
    const x = withinReach(numbers[i]!);
    if (codes[i] !== encodeFloat(element, x)) expect(codes[i], `code of ${x}`).toBe(encodeFloat(element, x));
    if (!Object.is(values[i], roundTo(element, x))) expect(values[i], `value of ${x}`).toBe(roundTo(element, x));
  }
}

describe.each(["f32", "f64"] as const)("narrow floats held in %s", (format) => {
  const array = (x: readonly number[]): FloatArray => (format === "f32" ? new Float32Array(x) : new Float64Array(x));

  it.each(narrow)("every code of %s has its value", (element) => {
    const codes = Array.from({ length: 2 ** floatFormats[element].bits }, (_, code) => code);
    const values = runAll(
      compileFunction(format, 1, (x) => decode(x!.toInt(), element)),
      array(codes),
    );
    expect(values).toEqual(codes.map((code) => decodeFloat(element, code)));
    const back = runAll(
      compileFunction(format, 1, (x) => decode(encodeExact(x!, element), element)),
      array(values),
    );
    expect(back).toEqual(values);
  });

  it.each(narrow)("%s rounds its ties and neighbours", (element) => {
    expectSame(element, format, array([...criticalNumbers(element, format), ...specials]));
  });

  it.each(narrow)("%s rounds numbers of all sizes", (element) => {
    const random = new Random(23);
    const bits =
      format === "f32"
        ? Uint32Array.from({ length: 2 ** 32 / STRIDE }, (_, i) => i * STRIDE)
        : Uint32Array.from({ length: 2 ** 17 }, () => random.unit() * 2 ** 32);
    expectSame(element, format, format === "f32" ? new Float32Array(bits.buffer) : new Float64Array(bits.buffer));
  });
});
