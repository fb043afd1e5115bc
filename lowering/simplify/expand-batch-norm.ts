/**
 * @file Pass `expand-batch-norm`: batch normalisation as sums, products and a root, per feature. Narrow floats are
 * computed in f32 and rounded once. Source: StableHLO specification.
 */

import { batchNormGrad, batchNormInference, batchNormTraining } from "../../ir/dialects/stablehlo/batch-norm.js";
import { otherAxes } from "../../ir/dialects/stablehlo/shapes.js";
import { type ElementType, elementFacts } from "../../ir/element.js";
import type { Operation, Value } from "../../ir/graph.js";
import type { TensorBuilder } from "../../ir/tensor-builder.js";
import { elementOf } from "../../ir/types.js";
import { expansionPass } from "./expand.js";

/** Arithmetic on a tensor and values of its features. */
class Features {
  readonly #t: TensorBuilder;
  readonly #axis: number;
  readonly #epsilon: number;
  readonly #own: ElementType;

  constructor(t: TensorBuilder, op: Operation) {
    const { feature_index: axis, epsilon } = batchNormInference.attrsOf(op);
    this.#t = t;
    this.#axis = axis;
    this.#epsilon = epsilon;
    this.#own = elementOf(op.operand(0).type);
  }

  wide(x: Value): Value {
    return elementFacts[this.#own].bits < 32 ? this.#t.convert(x, "f32") : x;
  }

  narrow = (x: Value): Value => this.#t.convert(x, this.#own);

  /** One value per feature, repeated to the shape of `like`. */
  spread = (x: Value, like: Value): Value => this.#t.broadcast(x, this.#t.shape(like), [this.#axis]);

  /** The sum over each feature's elements. */
  sum = (x: Value): Value => this.#t.sum(x, this.#others(x));

  mean = (x: Value): Value => this.#t.div(this.sum(x), this.count(x));

  count(x: Value): Value {
    const t = this.#t;
    return t.broadcast(t.countAlong(x, this.#others(x), t.element(x)), [t.shape(x)[this.#axis]!], []);
  }

  #others(x: Value): readonly number[] {
    return otherAxes(this.#t.rank(x), [this.#axis]);
  }

  /** 1 / sqrt(variance + epsilon) */
  inverseDeviation = (variance: Value): Value => this.#t.rsqrt(this.#t.add(variance, Math.fround(this.#epsilon)));

  normalized(x: Value, mean: Value, variance: Value): Value {
    const centred = this.#t.sub(x, this.spread(mean, x));
    return this.#t.mul(centred, this.spread(this.inverseDeviation(variance), x));
  }
}

function inference(t: TensorBuilder, op: Operation): readonly Value[] {
  const f = new Features(t, op);
  const [x, scale, offset, mean, variance] = op.operands.map((v) => f.wide(v)) as [Value, Value, Value, Value, Value];
  const scaled = t.mul(f.normalized(x, mean, variance), f.spread(scale, x));
  return [f.narrow(t.add(scaled, f.spread(offset, x)))];
}

function training(t: TensorBuilder, op: Operation): readonly Value[] {
  const f = new Features(t, op);
  const [x, scale, offset] = op.operands.map((v) => f.wide(v)) as [Value, Value, Value];
  const mean = f.mean(x);
  const centred = t.sub(x, f.spread(mean, x));
  const variance = f.mean(t.mul(centred, centred));
  const scaled = t.mul(f.normalized(x, mean, variance), f.spread(scale, x));
  return [t.add(scaled, f.spread(offset, x)), mean, variance].map(f.narrow);
}

/** With n the normalised operand, g the gradient and N the elements of a feature: scale / deviation * (g - (sum g + n * sum(g n)) / N). */
function gradient(t: TensorBuilder, op: Operation): readonly Value[] {
  const f = new Features(t, op);
  const [x, scale, mean, variance, g] = op.operands.map((v) => f.wide(v)) as [Value, Value, Value, Value, Value];
  const normal = f.normalized(x, mean, variance);
  const [ofOffset, ofScale] = [f.sum(g), f.sum(t.mul(g, normal))];
  const shared = t.add(f.spread(ofOffset, x), t.mul(normal, f.spread(ofScale, x)));
  const centred = t.sub(g, t.div(shared, f.spread(f.count(x), x)));
  const factor = t.mul(scale, f.inverseDeviation(variance));
  return [t.mul(f.spread(factor, x), centred), ofScale, ofOffset].map(f.narrow);
}

export const expandBatchNorm = expansionPass("expand-batch-norm", "Writes batch normalisation out.", {
  [batchNormInference.name]: inference,
  [batchNormTraining.name]: training,
  [batchNormGrad.name]: gradient,
});
