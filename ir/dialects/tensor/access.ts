/** @file `tensor`: making tensors and reading and writing single elements. */

import { defineOp } from "../../define.js";
import { anyScalar, anyTensor, indexScalar, variadic } from "../../kinds.js";
import { filled, flatIndex, fromScalars, getScalar, type NdArray, setScalar, sizeOf } from "../../ndarray.js";
import { hasStaticShape, printType, staticShape, type TensorType, type Type } from "../../types.js";
import { uninitialised } from "../../uninitialised.js";

/** How many sizes of a type are not numbers: as many operands give them. */
export function countDynamic(type: Type): number {
  return type.kind === "tensor" || type.kind === "memref" ? type.shape.filter((d) => typeof d !== "number").length : 0;
}

/** The sizes of a type whose symbolic ones the operands give. */
export function sizesFrom(type: TensorType, values: readonly (number | bigint | object)[]): readonly number[] {
  let next = 0;
  return type.shape.map((d) => (typeof d === "number" ? d : Number(values[next++])));
}

export function checkIndex(shape: readonly number[], index: readonly number[]): void {
  index.forEach((x, i) => {
    if (!(x >= 0 && x < shape[i]!)) throw new Error(`index ${x} is outside dimension ${i} of size ${shape[i]}`);
  });
}

export const empty = defineOp("tensor.empty", {
  summary: "A tensor of a shape, its elements undefined.",
  operands: { dynamic_sizes: variadic(indexScalar) },
  attrs: {},
  results: { result: anyTensor },
  traits: ["pure"],
  format: "`(` $dynamic_sizes `)` attr-dict `:` type($result)",
  verify: (op) => checkSizes(op.result.type, op.operands.length),
  evaluate({ dynamic_sizes: sizes }, _, { op }) {
    const type = op.result.type as TensorType;
    return { result: filled(type.element, sizesFrom(type, sizes), uninitialised(type.element)) };
  },
});

function checkSizes(type: Type, given: number): string | undefined {
  return given === countDynamic(type) ? undefined : `${given} sizes for ${printType(type)}`;
}

export const extract = defineOp("tensor.extract", {
  summary: "One element.",
  operands: { tensor: anyTensor, indices: variadic(indexScalar) },
  attrs: {},
  results: { result: anyScalar },
  traits: ["pure"],
  format: "$tensor `[` $indices `]` attr-dict `:` type($tensor)",
  infer: ({ tensor, indices }, _, { context }) =>
    indices.length === tensor.shape.length
      ? { result: context.types.scalar(tensor.element) }
      : `${indices.length} indices into ${printType(tensor)}`,
  evaluate({ tensor, indices }) {
    checkIndex(tensor.shape, indices as number[]);
    return { result: getScalar(tensor, flatIndex(tensor.shape, indices as number[])) };
  },
});

export const insert = defineOp("tensor.insert", {
  summary: "The tensor with one element replaced.",
  operands: { scalar: anyScalar, dest: anyTensor, indices: variadic(indexScalar) },
  attrs: {},
  results: { result: anyTensor },
  traits: ["pure"],
  format: "$scalar `into` $dest `[` $indices `]` attr-dict `:` type($dest)",
  infer({ scalar, dest, indices }) {
    if (indices.length !== dest.shape.length) return `${indices.length} indices into ${printType(dest)}`;
    return scalar.element === dest.element
      ? { result: dest }
      : `${printType(scalar)} is no element of ${printType(dest)}`;
  },
  evaluate({ scalar, dest, indices }) {
    checkIndex(dest.shape, indices as number[]);
    const out: NdArray = { ...dest, data: dest.data.slice() };
    setScalar(out, flatIndex(dest.shape, indices as number[]), scalar);
    return { result: out };
  },
});

export const dim = defineOp("tensor.dim", {
  summary: "The size of one axis.",
  operands: { source: anyTensor, index: indexScalar },
  attrs: {},
  results: { result: indexScalar },
  traits: ["pure"],
  format: "attr-dict $source `,` $index `:` type($source)",
  infer: (_, __, { context }) => ({ result: context.types.scalar("index") }),
  evaluate({ source, index }) {
    const size = source.shape[index as number];
    if (size === undefined) throw new Error(`there is no axis ${index} in rank ${source.shape.length}`);
    return { result: size };
  },
});

export const fromElements = defineOp("tensor.from_elements", {
  summary: "A tensor of static shape from its elements in row-major order.",
  operands: { elements: variadic(anyScalar) },
  attrs: {},
  results: { result: anyTensor },
  traits: ["pure"],
  format: "$elements attr-dict `:` type($result)",
  verify(op) {
    const type = op.result.type as TensorType;
    if (!hasStaticShape(type)) return `${printType(type)} must have a static shape`;
    if (sizeOf(staticShape(type)) !== op.operands.length)
      return `${op.operands.length} elements for ${printType(type)}`;
    return op.operands.every((x) => x.type.kind === "scalar" && x.type.element === type.element)
      ? undefined
      : "an element has another type";
  },
  evaluate({ elements }, _, { op }) {
    const type = op.result.type as TensorType;
    return { result: fromScalars(type.element, staticShape(type), elements) };
  },
});

export const splat = defineOp("tensor.splat", {
  summary: "A tensor with every element the same.",
  operands: { input: anyScalar, dynamicSizes: variadic(indexScalar) },
  attrs: {},
  results: { aggregate: anyTensor },
  traits: ["pure"],
  format: "$input (`[` $dynamicSizes^ `]`)? attr-dict `:` type($aggregate)",
  verify: (op) => checkSizes(op.result.type, op.operands.length - 1),
  evaluate({ input, dynamicSizes }, _, { op }) {
    const type = op.result.type as TensorType;
    return { aggregate: filled(type.element, sizesFrom(type, dynamicSizes), input) };
  },
});

export const cast = defineOp("tensor.cast", {
  summary: "The same tensor with sizes forgotten or asserted.",
  operands: { source: anyTensor },
  attrs: {},
  results: { dest: anyTensor },
  traits: ["pure"],
  format: "$source attr-dict `:` type($source) `to` type($dest)",
  verify(op) {
    const [from, to] = [op.operand(0).type as TensorType, op.result.type as TensorType];
    const fits =
      from.element === to.element &&
      from.shape.length === to.shape.length &&
      from.shape.every((d, i) => typeof d !== "number" || typeof to.shape[i] !== "number" || d === to.shape[i]);
    return fits ? undefined : `${printType(from)} cannot be ${printType(to)}`;
  },
  evaluate: ({ source }) => ({ dest: source }),
});
