/**
 * @file Random numbers as front ends build them, by SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number
 * generators", OOPSLA 2014) with the place of an element as its counter, so that sizes may be symbolic and no state is
 * carried on. The key says which numbers: a model gives the same ones in every run.
 */

import type { Dim } from "./dim.js";
import type { Value } from "./graph.js";
import type { TensorBuilder } from "./tensor-builder.js";

const GAMMA = 0x9e3779b97f4a7c15n;
const [FIRST, SECOND] = [0xbf58476d1ce4e5b9n, 0x94d049bb133111ebn];

/** FNV-1a over UTF-16 code units, as 64 bits. */
export function hashText(text: string): bigint {
  let value = 0xcbf29ce484222325n;
  for (let i = 0; i < text.length; i++) {
    value = BigInt.asUintN(64, (value ^ BigInt(text.charCodeAt(i))) * 0x100000001b3n);
  }
  return value;
}

/** 64 random bits in every place of `shape`, in ui64. `stream` tells apart what one node draws. */
export function randomBits(t: TensorBuilder, key: bigint, shape: readonly Dim[], stream = 0): Value {
  const whole = (x: bigint): Value => t.splat(BigInt.asUintN(64, x), [], "ui64");
  const streamKey = hashText(`${key}:${stream}`);
  const counter = t.add(t.iota([t.context.dims.product(shape)], 0, "ui64"), whole(1n));
  const mixed = (z: Value, by: bigint, factor: bigint): Value =>
    t.mul(t.xor(z, t.shiftRightLogical(z, whole(by))), whole(factor));
  const first = mixed(t.add(t.mul(counter, whole(GAMMA)), whole(streamKey)), 30n, FIRST);
  const second = mixed(first, 27n, SECOND);
  return t.reshape(t.xor(second, t.shiftRightLogical(second, whole(31n))), shape);
}

/** Uniform in [0, 1): all multiples of 2^-24, or of 2^-53 for f64. */
export function uniformNumbers(
  t: TensorBuilder,
  key: bigint,
  shape: readonly Dim[],
  element: "f32" | "f64",
  stream = 0,
): Value {
  const bits = element === "f64" ? 53 : 24;
  const drawn = t.shiftRightLogical(randomBits(t, key, shape, stream), 64 - bits);
  return t.mul(t.convert(drawn, element), 2 ** -bits);
}

/** Normal by Box and Muller: sqrt(-2 ln u) * cos(2 pi v). */
export function normalNumbers(t: TensorBuilder, key: bigint, shape: readonly Dim[], element: "f32" | "f64"): Value {
  const [u, v] = [uniformNumbers(t, key, shape, element, 0), uniformNumbers(t, key, shape, element, 1)];
  const radius = t.sqrt(t.mul(t.log(t.sub(1, u)), -2));
  return t.mul(radius, t.cos(t.mul(v, 2 * Math.PI)));
}
