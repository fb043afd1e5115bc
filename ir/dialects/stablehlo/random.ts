/** @file Random numbers. Source: StableHLO specification; the bits are XLA's. */

import { defineOp } from "../../define.js";
import type { Dim } from "../../dim.js";
import { elementFacts } from "../../element.js";
import { printType, type TensorType } from "../../types.js";
import { rngAlgorithm, rngDistribution } from "./attributes.js";
import { dimensionTensor, hloTensor, realTensor } from "./constraints.js";
import { generateBits, stateWords } from "./random-bits.js";
import { givenTensor } from "./shapes.js";

export const rngBitGenerator = defineOp("stablehlo.rng_bit_generator", {
  summary: "Uniformly random bits from a state, and the state after them.",
  operands: { initial_state: realTensor },
  attrs: { rng_algorithm: rngAlgorithm },
  results: { output_state: realTensor, output: realTensor },
  traits: ["pure"],
  format: "$initial_state `,` `algorithm` `=` $rng_algorithm attr-dict `:` functional-type(operands, results)",
  infer({ initial_state: state }, { rng_algorithm: algorithm }, inference) {
    const output = givenTensor(inference, 1);
    if (!output) return "the result types must be given";
    const words = state.shape.length === 1 && state.element === "ui64" && state.shape[0];
    const allowed = stateWords[algorithm];
    if (typeof words !== "number" || !allowed.includes(words)) {
      return `${algorithm} takes a state of ${allowed.join(" or ")} elements of ui64, not ${printType(state)}`;
    }
    return { output_state: state, output };
  },
  evaluate({ initial_state: state }, { rng_algorithm: algorithm }, evaluation) {
    const { element } = evaluation.op.results[1]!.type as TensorType;
    const made = generateBits(algorithm, state, element, evaluation.shape(1));
    return { output_state: made.state, output: made.output };
  },
});

/** Its values are not determined, so there is nothing to interpret. */
export const rng = defineOp("stablehlo.rng", {
  summary: "Random numbers, uniform in [a, b) or normal with mean a and deviation b.",
  operands: { a: hloTensor, b: hloTensor, shape: dimensionTensor },
  attrs: { rng_distribution: rngDistribution },
  results: { result: hloTensor },
  traits: [],
  format:
    "$a `,` $b `,` $shape `,` `distribution` `=` $rng_distribution attr-dict `:` functional-type(operands, results)",
  infer({ a, b, shape }, { rng_distribution: distribution }, inference) {
    const { context } = inference;
    if (a.shape.length > 0 || a !== b)
      return `takes two tensors of rank 0 and one type, not ${printType(a)} and ${printType(b)}`;
    if (distribution === "NORMAL" && elementFacts[a.element].kind !== "float")
      return `there is no normal distribution of ${a.element}`;
    const sizes = new Array<Dim>(shape.shape[0] as number).fill(context.unknownDim);
    return { result: context.types.tensor(sizes, a.element) };
  },
});
