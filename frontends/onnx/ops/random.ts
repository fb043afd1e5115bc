/**
 * @file Random numbers: RandomUniform, RandomNormal, their Like forms, Bernoulli, Multinomial; for Dropout too. The key is the
 * attribute `seed`, or comes from the node's name: a model gives the same numbers in every run, and two nodes give
 * different ones. Where the model asks for no seed, a remark says so.
 */

import { diagnostic } from "../../../ir/diagnostic.js";
import type { Dim } from "../../../ir/dim.js";
import type { ElementType } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import { hashText, normalNumbers, uniformNumbers } from "../../../ir/random-numbers.js";
import type { ImportNode, OpRow } from "../context.js";
import { importCode } from "../refusal.js";

function keyOf(n: ImportNode): bigint {
  const seed = n.attributes.get("seed")?.kind === "int" ? n.int("seed") : n.float("seed");
  if (seed === undefined) {
    const message = `${n.node.opType} has no attribute 'seed': its numbers are the same in every run`;
    n.t.context.diagnostics.add(diagnostic(importCode.form, message, { at: n.node.at, severity: "remark" }));
    return hashText(`${n.node.label}:${n.node.outputs.join()}`);
  }
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, seed);
  return bits.getBigUint64(0);
}

/** Uniform in [0, 1): all multiples of 2^-24, or of 2^-53 for f64. */
export function uniform(n: ImportNode, shape: readonly Dim[], element: "f32" | "f64"): Value {
  return uniformNumbers(n.t, keyOf(n), shape, element);
}

const wide = (element: ElementType): "f32" | "f64" => (element === "f64" ? "f64" : "f32");

type Distribution = (n: ImportNode, shape: readonly Dim[], element: "f32" | "f64") => Value;

const between: Distribution = (n, shape, element) => {
  const [low, high] = [n.float("low", 0), n.float("high", 1)];
  return n.t.add(n.t.mul(uniform(n, shape, element), high - low), low);
};

const around: Distribution = (n, shape, element) =>
  n.t.add(n.t.mul(normalNumbers(n.t, keyOf(n), shape, element), n.float("scale", 1)), n.float("mean", 0));

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
