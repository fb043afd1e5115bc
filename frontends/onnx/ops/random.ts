/**
 * @file Random numbers: RandomUniform, RandomNormal, their Like forms, Bernoulli, Multinomial; for Dropout too.
 *
 * The generator is SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014) with the
 * place of an element as its counter, so that sizes may be symbolic and no state is carried on. Its key is the attribute
 * `seed`, or comes from the node's name: a model gives the same numbers in every run, and two nodes give different ones.
 * Where the model asks for no seed, a remark says so.
 */

import { diagnostic } from "../../../ir/diagnostic.js";
import type { Dim } from "../../../ir/dim.js";
import type { ElementType } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import type { ImportNode, OpRow } from "../context.js";
import { importCode } from "../refusal.js";

const GAMMA = 0x9e3779b97f4a7c15n;
const [FIRST, SECOND] = [0xbf58476d1ce4e5b9n, 0x94d049bb133111ebn];

/** FNV-1a over UTF-16 code units, as 64 bits. */
function hash(text: string): bigint {
  let value = 0xcbf29ce484222325n;
  for (let i = 0; i < text.length; i++) {
    value = BigInt.asUintN(64, (value ^ BigInt(text.charCodeAt(i))) * 0x100000001b3n);
  }
  return value;
}

function keyOf(n: ImportNode): bigint {
  const seed = n.attributes.get("seed")?.kind === "int" ? n.int("seed") : n.float("seed");
  if (seed === undefined) {
    const message = `${n.node.opType} has no attribute 'seed': its numbers are the same in every run`;
    n.t.context.diagnostics.add(diagnostic(importCode.form, message, { at: n.node.at, severity: "remark" }));
    return hash(`${n.node.label}:${n.node.outputs.join()}`);
  }
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, seed);
  return bits.getBigUint64(0);
}

/** 64 random bits in every place. `stream` tells apart what one node draws. */
function randomBits(n: ImportNode, shape: readonly Dim[], stream: number): Value {
  const { t } = n;
  const whole = (x: bigint): Value => t.splat(BigInt.asUintN(64, x), [], "ui64");
  const key = hash(`${keyOf(n)}:${stream}`);
  const counter = t.add(t.iota([t.context.dims.product(shape)], 0, "ui64"), whole(1n));
  const mixed = (z: Value, by: bigint, factor: bigint): Value =>
    t.mul(t.xor(z, t.shiftRightLogical(z, whole(by))), whole(factor));
  const first = mixed(t.add(t.mul(counter, whole(GAMMA)), whole(key)), 30n, FIRST);
  const second = mixed(first, 27n, SECOND);
  return t.reshape(t.xor(second, t.shiftRightLogical(second, whole(31n))), shape);
}

/** Uniform in [0, 1): all multiples of 2^-24, or of 2^-53 for f64. */
export function uniform(n: ImportNode, shape: readonly Dim[], element: "f32" | "f64", stream = 0): Value {
  const { t } = n;
  const bits = element === "f64" ? 53 : 24;
  const drawn = t.shiftRightLogical(randomBits(n, shape, stream), 64 - bits);
  return t.mul(t.convert(drawn, element), 2 ** -bits);
}

/** Normal by Box and Muller: sqrt(-2 ln u) * cos(2 pi v). */
function normal(n: ImportNode, shape: readonly Dim[], element: "f32" | "f64"): Value {
  const { t } = n;
  const [u, v] = [uniform(n, shape, element, 0), uniform(n, shape, element, 1)];
  const radius = t.sqrt(t.mul(t.log(t.sub(1, u)), -2));
  return t.mul(radius, t.cos(t.mul(v, 2 * Math.PI)));
}

const wide = (element: ElementType): "f32" | "f64" => (element === "f64" ? "f64" : "f32");

type Distribution = (n: ImportNode, shape: readonly Dim[], element: "f32" | "f64") => Value;

const between: Distribution = (n, shape, element) => {
  const [low, high] = [n.float("low", 0), n.float("high", 1)];
  return n.t.add(n.t.mul(uniform(n, shape, element), high - low), low);
};

const around: Distribution = (n, shape, element) =>
  n.t.add(n.t.mul(normal(n, shape, element), n.float("scale", 1)), n.float("mean", 0));

const ofShape = (name: string, draw: Distribution): OpRow => ({
  name,
  since: 1,
  build(n) {
    const shape = n.ints("shape") ?? n.invalid("attribute 'shape' is missing");
    const element = n.dtype("dtype") ?? "f32";
    return n.t.convert(draw(n, shape, wide(element)), element);
  },
});

const like = (name: string, draw: Distribution): OpRow => ({
  name,
  since: 1,
  build(n) {
    const element = n.dtype("dtype") ?? n.element(0);
    return n.t.convert(draw(n, n.shape(0), wide(element)), element);
  },
});

/** 1 with the probability that the input gives. */
function bernoulli(n: ImportNode): Value {
  const { t } = n;
  const element = wide(n.element(0));
  const drawn = uniform(n, n.shape(0), element);
  return t.convert(t.lt(drawn, t.convert(n.value(0), element)), n.dtype("dtype") ?? n.element(0));
}

/** Classes drawn by their unnormalized log-probabilities: the largest after adding -ln(-ln u) to each. */
function multinomial(n: ImportNode): Value {
  const { t } = n;
  const [batch, classes] = n.shape(0);
  if (batch === undefined || classes === undefined) return n.invalid("its input must be of rank 2");
  const element = wide(n.element(0));
  const shape = [batch, n.int("sample_size", 1), classes];
  const noise = t.neg(t.log(t.neg(t.log(t.sub(1, uniform(n, shape, element))))));
  const scores = t.add(t.unsqueeze(t.convert(n.value(0), element), [1]), noise);
  return t.convert(t.argReduce(scores, 2, "max"), n.dtype("dtype") ?? "i32");
}

export const randoms: readonly OpRow[] = [
  ofShape("RandomUniform", between),
  ofShape("RandomNormal", around),
  like("RandomUniformLike", between),
  like("RandomNormalLike", around),
  { name: "Bernoulli", since: 15, build: bernoulli },
  { name: "Multinomial", since: 7, build: multinomial },
];
