/**
 * @file The counter-based generators behind `rng_bit_generator`, bit for bit as XLA lays out their output.
 * Threefry-2x32 with 20 rounds and Philox-4x32 with 10: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3"
 * (SC 2011). Invariant: a state is an array of ui64, the key first, then the counter from its low word.
 */

import { elementFacts } from "../../element.js";
import { emptyArray, fromScalars, type NdArray, setScalar, sizeOf } from "../../ndarray.js";
import { numericsOf } from "../../scalar.js";
import type { RngAlgorithm } from "./attributes.js";

export interface RandomBits {
  readonly state: NdArray;
  readonly output: NdArray;
}

/** Words of state an algorithm may have. */
export const stateWords: Readonly<Record<RngAlgorithm, readonly number[]>> = {
  DEFAULT: [2, 3],
  PHILOX: [2, 3],
  THREE_FRY: [2],
};

/** DEFAULT is PHILOX, as on XLA's CPU. */
export function generateBits(
  algorithm: RngAlgorithm,
  state: NdArray,
  element: NdArray["element"],
  shape: readonly number[],
): RandomBits {
  const words = Array.from(state.data as BigUint64Array, (w) => BigInt.asUintN(64, BigInt(w)));
  const wide = elementFacts[element].bits > 32;
  const made = algorithm === "THREE_FRY" ? threefry(words, shape, wide) : philox(words, sizeOf(shape), wide);
  const n = numericsOf(element);
  const output = emptyArray(element, shape);
  for (let i = 0; i < sizeOf(shape); i++) {
    const bits = wide ? BigInt(made.bits[2 * i]!) | (BigInt(made.bits[2 * i + 1]!) << 32n) : BigInt(made.bits[i]!);
    setScalar(output, i, n.fromBits(bits));
  }
  const next = numericsOf(state.element);
  return { state: fromScalars(state.element, state.shape, made.state.map(next.fromBits)), output };
}

interface Made {
  /** 32-bit words in the order of the output; two for an element of 64 bits, low word first. */
  readonly bits: Uint32Array;
  readonly state: readonly bigint[];
}

const low = (x: bigint): number => Number(x & 0xffffffffn);
const high = (x: bigint): number => Number((x >> 32n) & 0xffffffffn);
const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

/** The pair that a 64-bit counter becomes under a 64-bit key. */
function threefryPair(key: bigint, counter: bigint): readonly [number, number] {
  const keys = [low(key), high(key), low(key) ^ high(key) ^ 0x1bd11bda] as const;
  let x = (low(counter) + keys[0]) | 0;
  let y = (high(counter) + keys[1]) | 0;
  for (let round = 0; round < 5; round++) {
    for (const by of rotations[round % 2]!) {
      x = (x + y) | 0;
      y = rotate(y, by) ^ x;
    }
    x = (x + keys[(round + 1) % 3]!) | 0;
    y = (y + keys[(round + 2) % 3]! + round + 1) | 0;
  }
  return [x >>> 0, y >>> 0];
}

/**
 * Elements of 64 bits take a pair each. Narrower ones share pairs along one axis: the first of even size, else the
 * longest (filled up to an even size, and cut again); the halves of a pair are neighbours there.
 */
function threefry([key = 0n, counter = 0n]: readonly bigint[], shape: readonly number[], wide: boolean): Made {
  const after = (count: number): readonly bigint[] => [key, BigInt.asUintN(64, counter + BigInt(count))];
  const pair = (i: number) => threefryPair(key, BigInt.asUintN(64, counter + BigInt(i)));
  const size = sizeOf(shape);
  if (wide) return { bits: flatPairs(size, pair), state: after(size) };
  const even = shape.findIndex((n) => n % 2 === 0);
  const axis = even >= 0 ? even : shape.indexOf(Math.max(...shape));
  const length = shape[axis] ?? 1;
  const half = Math.ceil(length / 2);
  const step = axis < 0 ? 1 : sizeOf(shape.slice(axis + 1));
  const outer = size === 0 ? 0 : size / (length * step);
  const bits = new Uint32Array(size);
  for (let o = 0, i = 0; o < outer; o++) {
    for (let h = 0; h < half; h++) {
      for (let k = 0; k < step; k++, i++) {
        const [x, y] = pair(i);
        bits[(o * length + 2 * h) * step + k] = x;
        if (2 * h + 1 < length) bits[(o * length + 2 * h + 1) * step + k] = y;
      }
    }
  }
  return { bits, state: after(outer * half * step) };
}

function flatPairs(count: number, pair: (i: number) => readonly [number, number]): Uint32Array {
  const bits = new Uint32Array(2 * count);
  for (let i = 0; i < count; i++) bits.set(pair(i), 2 * i);
  return bits;
}

/** The high word of a product of 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const [a0, a1, b0, b1] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  const carry = a0 * b1 + (middle & 0xffff);
  return (a1 * b1 + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000)) >>> 0;
}

/** The four words that a 128-bit counter becomes under a 64-bit key. */
function philoxBlock(key: bigint, counter: bigint): readonly number[] {
  let [k0, k1] = [low(key), high(key)];
  let [c0, c1, c2, c3] = [low(counter), high(counter), low(counter >> 64n), high(counter >> 64n)];
  for (let round = 0; round < 10; round++) {
    const [h0, l0] = [multiplyHigh(0xd2511f53, c0), Math.imul(0xd2511f53, c0) >>> 0];
    const [h1, l1] = [multiplyHigh(0xcd9e8d57, c2), Math.imul(0xcd9e8d57, c2) >>> 0];
    [c0, c1, c2, c3] = [(h1 ^ c1 ^ k0) >>> 0, l1, (h0 ^ c3 ^ k1) >>> 0, l0];
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** A state of two words lets the key serve as the counter's high word too, and forgets a carry into it. */
function philox(state: readonly bigint[], size: number, wide: boolean): Made {
  const [key = 0n, lowWord = 0n, highWord = key] = state;
  const counter = lowWord | (highWord << 64n);
  const count = wide ? 2 * size : size;
  const blocks = Math.ceil(count / 4);
  const bits = new Uint32Array(4 * blocks);
  for (let i = 0; i < blocks; i++) bits.set(philoxBlock(key, BigInt.asUintN(128, counter + BigInt(i))), 4 * i);
  const next = BigInt.asUintN(128, counter + BigInt(blocks));
  const words = [key, BigInt.asUintN(64, next), next >> 64n];
  return { bits: bits.subarray(0, count), state: words.slice(0, state.length) };
}
