/**
 * @file What the interpreter knows of custom calls: annotations that mean nothing on one device, and the forms JAX
 * writes for operations whose attributes are computed (`jax.export` with symbolic sizes).
 */

import { allocate, fromArray, toArray } from "../../buffer.js";
import type { Datum, Evaluation } from "../../define.js";
import { LOOPS } from "../../names.js";
import type { NdArray } from "../../ndarray.js";
import type { TensorType } from "../../types.js";
import { type OutputOperandAlias, rngAlgorithm } from "./attributes.js";
import { sizesIn } from "./dynamic-shape.js";
import { largest } from "./largest.js";
import { generateBits } from "./random-bits.js";
import { reduceWindows } from "./reduce-window.js";
import { asTensors } from "./scalar-body.js";
import { type Pair, windowAxes } from "./window.js";

export interface Call {
  readonly evaluation: Evaluation;
  /** Functions the call may use, by name. */
  readonly called: readonly string[];
}

export type Target = (inputs: readonly Datum[], call: Call) => readonly Datum[];

const asTheyAre: Target = (inputs) => inputs;

/** Fails with the message of the call where its first operand is false; `{i}` stands for the operand after that one. */
const shapeAssertion: Target = (inputs, { evaluation }) => {
  const [holds, ...values] = inputs.map((x) => (x as NdArray).data[0]);
  const message = evaluation.op.extra["error_message"];
  const text = message?.kind === "string" ? message.value : "a shape assertion failed";
  if (!holds) throw new Error(text.replaceAll(/\{(\d+)\}/g, (_, i: string) => String(values[Number(i)])));
  return [];
};

/** Operands: tensors, initial values, then sizes, strides, dilations of the base and of the window, and padding. */
const dynamicReduceWindow: Target = (inputs, { evaluation, called }) => {
  const arrays = inputs as readonly NdArray[];
  const count = (arrays.length - 5) / 2;
  const [sizes, strides, baseDilations, windowDilations, padding] = arrays.slice(2 * count).map(sizesIn);
  const rows = sizes!.map((_, i): Pair => [padding![2 * i]!, padding![2 * i + 1]!]);
  const axes = windowAxes({ sizes: sizes!, strides, baseDilations, windowDilations, padding: rows });
  const [body] = called;
  if (typeof axes === "string" || body === undefined)
    throw new Error(typeof axes === "string" ? axes : "it calls no function");
  const region = evaluation.lookup(body)?.region(0);
  if (!region) throw new Error(`there is no function @${body}`);
  const run = asTensors(region, (entries) => evaluation.call(body, entries) as readonly NdArray[]);
  return reduceWindows(arrays.slice(0, count), arrays.slice(count, 2 * count), axes, run, evaluation.context);
};

const dynamicTopK: Target = ([operand, k]) => {
  const { values, indices } = largest(operand as NdArray, sizesIn(k as NdArray)[0]!);
  return [values, indices];
};

const dynamicRandomBits: Target = ([state, sizes], { evaluation }) => {
  const { op, context } = evaluation;
  const written = op.extra["rng_algorithm"];
  const algorithm = (written && rngAlgorithm.read(written, context)) ?? "DEFAULT";
  const { element } = op.results[1]!.type as TensorType;
  const made = generateBits(algorithm, state as NdArray, element, sizesIn(sizes as NdArray));
  return [made.state, made.output];
};

/** Loops work on memory: on copies of what they are given, of which they give back those that they write. */
const loops: Target = (inputs, { evaluation, called: [name] }) => {
  const views = (inputs as readonly NdArray[]).map((x) => {
    const view = allocate(x.element, x.shape);
    fromArray(view, x);
    return view;
  });
  evaluation.call(name!, views);
  const aliases = evaluation.op.attrs["output_operand_aliases"] as readonly OutputOperandAlias[];
  return aliases.map(({ operandIndex }) => toArray(views[operandIndex]!));
};

export const knownTargets: Readonly<Record<string, Target>> = {
  [LOOPS]: loops,
  Sharding: asTheyAre,
  SPMDFullToShardShape: asTheyAre,
  SPMDShardToFullShape: asTheyAre,
  annotate_device_placement: asTheyAre,
  shape_assertion: shapeAssertion,
  "stablehlo.dynamic_reduce_window": dynamicReduceWindow,
  "stablehlo.dynamic_top_k": dynamicTopK,
  "stablehlo.dynamic_rng_bit_generator": dynamicRandomBits,
};
