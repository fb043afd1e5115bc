/** @file Einstein summation, StableHLO's older form of contractions. */

import { defineOp, type Inference } from "../../define.js";
import type { Dim } from "../../dim.js";
import { string } from "../../kinds.js";
import { eachIndex, emptyArray, flatIndex, getScalar, type NdArray, setScalar } from "../../ndarray.js";
import { numericsOf } from "../../scalar.js";
import { printType, type TensorType } from "../../types.js";
import { hloTensor } from "./constraints.js";
import { joinDims, shapedAs } from "./shapes.js";

/** `ab,bc->ac`: the labels of each operand and of the result. */
interface Equation {
  readonly inputs: readonly (readonly string[])[];
  readonly output: readonly string[];
}

function parseEquation(text: string, operands: number): Equation | string {
  const [left, right, ...more] = text.replaceAll(/\s/g, "").split("->");
  if (left === undefined || right === undefined || more.length > 0) return `'${text}' is not of the form ab,bc->ac`;
  const inputs = left.split(",").map((labels) => [...labels]);
  const output = [...right];
  const labels = [...inputs.flat(), ...output];
  if (labels.some((l) => !/^[A-Za-z]$/.test(l))) return `'${text}' has labels that are not letters`;
  if (inputs.length !== operands) return `'${text}' names ${inputs.length} operands instead of ${operands}`;
  if (new Set(output).size !== output.length) return `'${text}' repeats a label of the result`;
  return output.every((l) => inputs.flat().includes(l))
    ? { inputs, output }
    : `'${text}' has a result label that no operand has`;
}

function inferEinsum(
  operands: readonly TensorType[],
  config: string,
  inference: Inference,
): { readonly result: TensorType } | string {
  const equation = parseEquation(config, operands.length);
  if (typeof equation === "string") return equation;
  const sizes = new Map<string, Dim>();
  for (const [i, type] of operands.entries()) {
    const labels = equation.inputs[i]!;
    if (labels.length !== type.shape.length)
      return `'${labels.join("")}' does not label the axes of ${printType(type)}`;
    for (const [axis, label] of labels.entries()) {
      const size = joinDims(inference.context, sizes.get(label) ?? type.shape[axis]!, type.shape[axis]!);
      if (size === undefined) return `the axes labelled '${label}' differ in size`;
      sizes.set(label, size);
    }
  }
  const shape = equation.output.map((label) => sizes.get(label)!);
  return { result: shapedAs(inference, shape, operands[0]!.element) };
}

/** Every product of entries whose labels agree, summed over the labels that the result does not have. */
function evaluateEinsum(operands: readonly NdArray[], config: string): NdArray {
  const { inputs, output } = parseEquation(config, operands.length) as Equation;
  const { element } = operands[0]!;
  const n = numericsOf(element);
  const sizes = new Map(
    inputs.flatMap((labels, i) => labels.map((l, axis) => [l, operands[i]!.shape[axis]!] as const)),
  );
  const summed = [...sizes.keys()].filter((l) => !output.includes(l));
  const order = [...output, ...summed];
  const out = emptyArray(
    element,
    output.map((l) => sizes.get(l)!),
  );
  const positions = inputs.map((labels) => labels.map((l) => order.indexOf(l)));
  for (const index of eachIndex(order.map((l) => sizes.get(l)!))) {
    const entries = operands.map((x, i) =>
      getScalar(
        x,
        flatIndex(
          x.shape,
          positions[i]!.map((p) => index[p]!),
        ),
      ),
    );
    const at = flatIndex(out.shape, index.slice(0, output.length));
    setScalar(
      out,
      at,
      n.add(
        getScalar(out, at),
        entries.reduce((x, y) => n.mul(x, y)),
      ),
    );
  }
  return out;
}

export const einsum = defineOp("stablehlo.einsum", {
  summary: "Einstein summation of two tensors.",
  operands: { lhs: hloTensor, rhs: hloTensor },
  attrs: { einsum_config: string },
  results: { result: hloTensor },
  traits: ["pure"],
  format: "$lhs `,` $rhs `,` `config` `=` $einsum_config attr-dict `:` functional-type(operands, results)",
  infer: ({ lhs, rhs }, { einsum_config: config }, inference) => inferEinsum([lhs, rhs], config, inference),
  evaluate: ({ lhs, rhs }, { einsum_config: config }) => ({ result: evaluateEinsum([lhs, rhs], config) }),
});

export const unaryEinsum = defineOp("stablehlo.unary_einsum", {
  summary: "Einstein summation of one tensor: sums, diagonals and transposes.",
  operands: { operand: hloTensor },
  attrs: { einsum_config: string },
  results: { result: hloTensor },
  traits: ["pure"],
  format: "$operand `,` `config` `=` $einsum_config attr-dict `:` functional-type(operands, results)",
  infer: ({ operand }, { einsum_config: config }, inference) => inferEinsum([operand], config, inference),
  evaluate: ({ operand }, { einsum_config: config }) => ({ result: evaluateEinsum([operand], config) }),
});
