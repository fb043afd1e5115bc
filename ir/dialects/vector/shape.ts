/** @file `vector`: lanes made, moved, picked and joined. */

import { defineOp } from "../../define.js";
import { elementFacts } from "../../element.js";
import { anyScalar, anyVector, i64Array, indexScalar, variadic } from "../../kinds.js";
import {
  emptyArray,
  filled,
  fromBytes,
  fromScalars,
  getScalar,
  type NdArray,
  setScalar,
  sizeOf,
  stridesOf,
  tabulate,
  toBytes,
} from "../../ndarray.js";
import { copyStrided, gatherView, reshape, transpose as transposeArray } from "../../ndarray-layout.js";
import { numericsOf } from "../../scalar.js";
import { elementOf, printType, type ScalarType, type VectorType } from "../../types.js";
import { uninitialised } from "../../uninitialised.js";
import { isArray } from "../arith/lift.js";
import { maskVector, numberList, scalarOrVector } from "./attributes.js";

export const broadcast = defineOp("vector.broadcast", {
  summary: "Repeats a scalar, or a vector along new leading axes and axes of size 1.",
  operands: { source: scalarOrVector },
  attrs: {},
  results: { vector: anyVector },
  traits: ["pure"],
  format: "$source attr-dict `:` type($source) `to` type($vector)",
  verify(op) {
    const [from, to] = [op.operand(0).type as ScalarType | VectorType, op.result.type as VectorType];
    const shape = from.kind === "vector" ? from.shape : [];
    const lead = to.shape.length - shape.length;
    const fits = from.element === to.element && lead >= 0 && shape.every((n, i) => n === 1 || n === to.shape[lead + i]);
    return fits ? undefined : `${printType(from)} cannot be repeated to ${printType(to)}`;
  },
  evaluate({ source }, _, { op }) {
    const { element, shape } = op.result.type as VectorType;
    if (!isArray(source)) return { vector: filled(element, shape, source) };
    const own = stridesOf(source.shape);
    const lead = shape.length - source.shape.length;
    const strides = shape.map((_, i) => (i < lead || source.shape[i - lead] === 1 ? 0 : own[i - lead]!));
    return { vector: gatherView(source, shape, { offset: 0, strides }) };
  },
});

export const shapeCast = defineOp("vector.shape_cast", {
  summary: "The same lanes in the same order under another shape.",
  operands: { source: anyVector },
  attrs: {},
  results: { result: anyVector },
  traits: ["pure"],
  format: "$source attr-dict `:` type($source) `to` type($result)",
  verify(op) {
    const [from, to] = [op.operand(0).type as VectorType, op.result.type as VectorType];
    const fits = from.element === to.element && sizeOf(from.shape) === sizeOf(to.shape);
    return fits ? undefined : `${printType(from)} cannot be ${printType(to)}`;
  },
  evaluate: ({ source }, _, { op }) => ({ result: reshape(source, (op.result.type as VectorType).shape) }),
});

export const transpose = defineOp("vector.transpose", {
  summary: "The axes in another order.",
  operands: { vector: anyVector },
  attrs: { permutation: i64Array },
  results: { result: anyVector },
  traits: ["pure"],
  format: "$vector `,` $permutation attr-dict `:` type($vector) `to` type($result)",
  infer({ vector }, { permutation }, { context }) {
    const isPermutation =
      [...permutation].sort((a, b) => a - b).every((axis, i) => axis === i) &&
      permutation.length === vector.shape.length;
    if (!isPermutation) return `[${permutation.join(", ")}] does not permute the axes of ${printType(vector)}`;
    return {
      result: context.types.vector(
        permutation.map((axis) => vector.shape[axis]!),
        vector.element,
      ),
    };
  },
  evaluate: ({ vector }, { permutation }) => ({ result: transposeArray(vector, permutation) }),
});

export const bitcast = defineOp("vector.bitcast", {
  summary: "The same bits cut into lanes of another width along the last axis.",
  operands: { source: anyVector },
  attrs: {},
  results: { result: anyVector },
  traits: ["pure"],
  format: "$source attr-dict `:` type($source) `to` type($result)",
  verify(op) {
    const [from, to] = [op.operand(0).type as VectorType, op.result.type as VectorType];
    const bits = ({ shape, element }: VectorType): number => (shape.at(-1) ?? 1) * elementFacts[element].bits;
    const fits =
      from.shape.length === to.shape.length &&
      bits(from) === bits(to) &&
      from.shape.slice(0, -1).join() === to.shape.slice(0, -1).join();
    return fits ? undefined : `${printType(from)} cannot be ${printType(to)}`;
  },
  evaluate({ source }, _, { op }) {
    const { element, shape } = op.result.type as VectorType;
    return { result: bitcastArray(source, element, shape) };
  },
});

/** The bytes of an array as elements of another type; elements narrower than a byte are packed, lowest bits first. */
export function bitcastArray(source: NdArray, element: VectorType["element"], shape: readonly number[]): NdArray {
  const widths = [source.element, element].map((e) => elementFacts[e].bits);
  if (widths.every((bits) => bits % 8 === 0)) return fromBytes(element, shape, toBytes(source).slice());
  const { toBits } = numericsOf(source.element);
  const { fromBits } = numericsOf(element);
  let bits = 0n;
  for (let i = sizeOf(source.shape) - 1; i >= 0; i--)
    bits = (bits << BigInt(widths[0]!)) | toBits(getScalar(source, i));
  return fromScalars(
    element,
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) =>
      fromBits(BigInt.asUintN(widths[1]!, bits >> BigInt(i * widths[1]!))),
    ),
  );
}

export const shuffle = defineOp("vector.shuffle", {
  summary: "Picks leading entries of two vectors by number; -1 gives an undefined one.",
  operands: { v1: anyVector, v2: anyVector },
  attrs: { mask: i64Array },
  results: { vector: anyVector },
  traits: ["pure"],
  format: "$v1 `,` $v2 `` $mask attr-dict `:` type($v1) `,` type($v2)",
  infer({ v1, v2 }, { mask }, { context }) {
    const fits = v1.element === v2.element && v1.shape.slice(1).join() === v2.shape.slice(1).join();
    const count = (v1.shape[0] ?? 1) + (v2.shape[0] ?? 1);
    if (!fits) return `${printType(v1)} and ${printType(v2)} cannot be shuffled together`;
    if (!mask.every((m) => m >= -1 && m < count)) return `an entry of [${mask.join(", ")}] is not below ${count}`;
    return { vector: context.types.vector([mask.length, ...v1.shape.slice(1)], v1.element) };
  },
  evaluate({ v1, v2 }, { mask }, { op }) {
    const { element, shape } = op.result.type as VectorType;
    const row = sizeOf(shape.slice(1));
    const first = (v1.shape[0] ?? 1) * row;
    const out = emptyArray(element, shape);
    for (let i = 0; i < sizeOf(shape); i++) {
      const m = mask[Math.floor(i / row)]!;
      const from = m * row + (i % row);
      const x = m < 0 ? uninitialised(element) : from < first ? getScalar(v1, from) : getScalar(v2, from - first);
      setScalar(out, i, x);
    }
    return { vector: out };
  },
});

export const interleave = defineOp("vector.interleave", {
  summary: "Lanes of two vectors in turn, along the last axis.",
  operands: { lhs: anyVector, rhs: anyVector },
  attrs: {},
  results: { result: anyVector },
  traits: ["pure"],
  format: "$lhs `,` $rhs attr-dict `:` type($lhs) `->` type($result)",
  infer({ lhs, rhs }, _, { context }) {
    if (lhs !== rhs) return `${printType(lhs)} and ${printType(rhs)} differ`;
    return { result: context.types.vector(lhs.shape.with(-1, 2 * lhs.shape.at(-1)!), lhs.element) };
  },
  evaluate({ lhs, rhs }, _, { op }) {
    const { element, shape } = op.result.type as VectorType;
    const out = emptyArray(element, shape);
    for (let i = 0; i < sizeOf(shape); i++) setScalar(out, i, getScalar(i % 2 === 0 ? lhs : rhs, i >> 1));
    return { result: out };
  },
});

export const deinterleave = defineOp("vector.deinterleave", {
  summary: "The even and the odd lanes along the last axis.",
  operands: { source: anyVector },
  attrs: {},
  results: { res1: anyVector, res2: anyVector },
  traits: ["pure"],
  format: "$source attr-dict `:` type($source) `->` type($res1)",
  infer({ source }, _, { context }) {
    const last = source.shape.at(-1) ?? 0;
    if (last === 0 || last % 2 !== 0) return `${printType(source)} has no even number of lanes`;
    const half = context.types.vector(source.shape.with(-1, last / 2), source.element);
    return { res1: half, res2: half };
  },
  evaluate({ source }, _, { op }) {
    const { element, shape } = op.results[0]!.type as VectorType;
    const pick = (start: number): NdArray => {
      const out = emptyArray(element, shape);
      for (let i = 0; i < sizeOf(shape); i++) setScalar(out, i, getScalar(source, 2 * i + start));
      return out;
    };
    return { res1: pick(0), res2: pick(1) };
  },
});

export const extractStridedSlice = defineOp("vector.extract_strided_slice", {
  summary: "A regular part, given along the leading axes.",
  operands: { source: anyVector },
  attrs: { offsets: numberList, sizes: numberList, strides: numberList },
  results: { result: anyVector },
  traits: ["pure"],
  format: "$source attr-dict `:` type($source) `to` type($result)",
  infer({ source }, { offsets, sizes, strides }, { context }) {
    const fits = sizes.every((n, i) => offsets[i]! >= 0 && offsets[i]! + (n - 1) * strides[i]! < source.shape[i]!);
    if (!fits || offsets.length > source.shape.length) return `the slice leaves ${printType(source)}`;
    return { result: context.types.vector([...sizes, ...source.shape.slice(sizes.length)], source.element) };
  },
  evaluate({ source }, { offsets, strides }, { op }) {
    const { shape } = op.result.type as VectorType;
    const own = stridesOf(source.shape);
    const offset = offsets.reduce((sum, x, i) => sum + x * own[i]!, 0);
    return { result: gatherView(source, shape, { offset, strides: own.map((s, i) => s * (strides[i] ?? 1)) }) };
  },
});

export const insertStridedSlice = defineOp("vector.insert_strided_slice", {
  summary: "A vector with a block of another written into it.",
  operands: { valueToStore: anyVector, dest: anyVector },
  attrs: { offsets: numberList, strides: numberList },
  results: { res: anyVector },
  traits: ["pure"],
  format: "$valueToStore `,` $dest attr-dict `:` type($valueToStore) `into` type($dest)",
  infer({ valueToStore: value, dest }, { offsets, strides }) {
    const lead = dest.shape.length - value.shape.length;
    const fits =
      lead >= 0 &&
      offsets.length === dest.shape.length &&
      strides.every((s) => s === 1) &&
      dest.shape.every((n, i) => offsets[i]! + (i < lead ? 1 : value.shape[i - lead]!) <= n);
    return fits && value.element === dest.element
      ? { res: dest }
      : `${printType(value)} does not fit into ${printType(dest)} there`;
  },
  evaluate({ valueToStore: value, dest }, { offsets }) {
    const out: NdArray = { ...dest, data: dest.data.slice() };
    const own = stridesOf(dest.shape);
    const offset = offsets.reduce((sum, x, i) => sum + x * own[i]!, 0);
    const strides = own.slice(dest.shape.length - value.shape.length);
    copyStrided(value.shape, out, { offset, strides }, value, { offset: 0, strides: stridesOf(value.shape) });
    return { res: out };
  },
});

export const fromElements = defineOp("vector.from_elements", {
  summary: "A vector from its lanes in row-major order.",
  operands: { elements: variadic(anyScalar) },
  attrs: {},
  results: { dest: anyVector },
  traits: ["pure"],
  format: "$elements attr-dict `:` type($dest)",
  verify(op) {
    const type = op.result.type as VectorType;
    const fits =
      op.operands.length === sizeOf(type.shape) && op.operands.every((x) => elementOf(x.type) === type.element);
    return fits ? undefined : `${op.operands.length} elements for ${printType(type)}`;
  },
  evaluate({ elements }, _, { op }) {
    const { element, shape } = op.result.type as VectorType;
    return { dest: fromScalars(element, shape, elements) };
  },
});

export const toElements = defineOp("vector.to_elements", {
  summary: "The lanes of a vector in row-major order.",
  operands: { source: anyVector },
  attrs: {},
  results: { elements: variadic(anyScalar) },
  traits: ["pure"],
  format: "$source attr-dict `:` type($source)",
  infer({ source }, _, { context }) {
    const element = context.types.scalar(source.element);
    return { elements: Array.from({ length: sizeOf(source.shape) }, () => element) };
  },
  evaluate: ({ source }) => ({
    elements: Array.from({ length: sizeOf(source.shape) }, (_, i) => getScalar(source, i)) as number[],
  }),
});

export const step = defineOp("vector.step", {
  summary: "The vector 0, 1, 2, …",
  operands: {},
  attrs: {},
  results: { result: anyVector },
  traits: ["pure"],
  format: "attr-dict `:` type($result)",
  verify(op) {
    const type = op.result.type as VectorType;
    return type.element === "index" && type.shape.length === 1
      ? undefined
      : `${printType(type)} is no vector of index of rank 1`;
  },
  evaluate: (_, __, { op }) => ({ result: tabulate("index", (op.result.type as VectorType).shape, ([i]) => i!) }),
});

/** Ones where every index is below its limit. */
function maskOf(shape: readonly number[], limits: readonly number[]): NdArray {
  return tabulate("i1", shape, (index) => (index.every((x, axis) => x < limits[axis]!) ? 1 : 0));
}

export const createMask = defineOp("vector.create_mask", {
  summary: "A mask of the lanes below a size along each axis.",
  operands: { operands: variadic(indexScalar) },
  attrs: {},
  results: { result: maskVector },
  traits: ["pure"],
  format: "$operands attr-dict `:` type($result)",
  verify(op) {
    const rank = (op.result.type as VectorType).shape.length;
    return op.operands.length === rank ? undefined : `${op.operands.length} sizes for rank ${rank}`;
  },
  evaluate: ({ operands }, _, { op }) => ({
    result: maskOf((op.result.type as VectorType).shape, operands as readonly number[]),
  }),
});

export const constantMask = defineOp("vector.constant_mask", {
  summary: "A mask of the lanes below a size along each axis, known at compile time.",
  operands: {},
  attrs: { mask_dim_sizes: i64Array },
  results: { result: maskVector },
  traits: ["pure"],
  format: "$mask_dim_sizes attr-dict `:` type($result)",
  verify(op, { mask_dim_sizes: sizes }) {
    const { shape } = op.result.type as VectorType;
    const fits = sizes.length === shape.length && sizes.every((n, i) => n >= 0 && n <= shape[i]!);
    return fits ? undefined : `[${sizes.join(", ")}] are no sizes within ${printType(op.result.type)}`;
  },
  evaluate: (_, { mask_dim_sizes: sizes }, { op }) => ({ result: maskOf((op.result.type as VectorType).shape, sizes) }),
});
