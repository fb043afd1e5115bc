/** @file `vector`: blocks, masked blocks, gathers and scatters between memory and vectors. */

import { load as loadElement, store as storeElement } from "../../buffer.js";
import { defineOp } from "../../define.js";
import type { Operation } from "../../graph.js";
import { anyMemRef, anyVector, bool, defaultAttr, i64, indexScalar, optionalAttr, variadic } from "../../kinds.js";
import { getScalar, type NdArray, setScalar, sizeOf } from "../../ndarray.js";
import { type MemRefType, printType, type VectorType } from "../../types.js";
import { indexVector, maskVector } from "./attributes.js";
import { forEachOfBlock, loadBlock, storeBlock } from "./blocks.js";

const accessAttrs = { nontemporal: defaultAttr(bool, false), alignment: optionalAttr(i64) };

/** What is wrong with the memref, the number of indices and the vector, or `undefined`. */
function checkAccess(memref: MemRefType, indices: number, vector: VectorType): string | undefined {
  if (indices !== memref.shape.length) return `${indices} indices into ${printType(memref)}`;
  const fits = vector.element === memref.element && vector.shape.length <= memref.shape.length;
  return fits ? undefined : `${printType(vector)} is no part of ${printType(memref)}`;
}

function group<T>(op: Operation, name: string): T {
  return op.def.operandsOf(op)[name] as T;
}

function checkOp(op: Operation, vector: VectorType): string | undefined {
  const base = group<{ type: MemRefType }>(op, "base").type;
  return checkAccess(base, group<readonly unknown[]>(op, "indices").length, vector);
}

function sameShape(a: VectorType, b: VectorType): string | undefined {
  return a.shape.join() === b.shape.join() ? undefined : `${printType(a)} and ${printType(b)} have different shapes`;
}

export const load = defineOp("vector.load", {
  summary: "Reads the block that begins at an index and runs along the last axes.",
  operands: { base: anyMemRef, indices: variadic(indexScalar) },
  attrs: accessAttrs,
  results: { result: anyVector },
  traits: ["reads"],
  format: "$base `[` $indices `]` attr-dict `:` type($base) `,` type($result)",
  verify: (op) => checkOp(op, op.result.type as VectorType),
  evaluate: ({ base, indices }, _, { op }) => ({
    result: loadBlock(base, indices as readonly number[], (op.result.type as VectorType).shape),
  }),
});

export const store = defineOp("vector.store", {
  summary: "Writes the block that begins at an index and runs along the last axes.",
  operands: { valueToStore: anyVector, base: anyMemRef, indices: variadic(indexScalar) },
  attrs: accessAttrs,
  results: {},
  traits: ["writes"],
  format: "$valueToStore `,` $base `[` $indices `]` attr-dict `:` type($base) `,` type($valueToStore)",
  verify: (op) => checkOp(op, op.operand(0).type as VectorType),
  evaluate({ valueToStore, base, indices }) {
    storeBlock(base, indices as readonly number[], valueToStore);
    return {};
  },
});

/** The elements under the mask from what `read` finds at a position, the others from `otherwise`. */
function masked(mask: NdArray, otherwise: NdArray, read: (position: number) => ReturnType<typeof getScalar>): NdArray {
  const out: NdArray = { ...otherwise, data: otherwise.data.slice() };
  for (let i = 0; i < sizeOf(mask.shape); i++) if (mask.data[i]) setScalar(out, i, read(i));
  return out;
}

export const maskedLoad = defineOp("vector.maskedload", {
  summary: "Reads the elements of a block under a mask; the others are given.",
  operands: { base: anyMemRef, indices: variadic(indexScalar), mask: maskVector, pass_thru: anyVector },
  attrs: { alignment: optionalAttr(i64) },
  results: { result: anyVector },
  traits: ["reads"],
  format:
    "$base `[` $indices `]` `,` $mask `,` $pass_thru attr-dict `:` type($base) `,` type($mask) `,` type($pass_thru) `into` type($result)",
  infer: ({ mask, pass_thru: otherwise }) => sameShape(mask, otherwise) ?? { result: otherwise },
  verify: (op) => checkOp(op, op.result.type as VectorType),
  evaluate({ base, indices, mask, pass_thru: otherwise }) {
    const out: NdArray = { ...otherwise, data: otherwise.data.slice() };
    forEachOfBlock(indices as readonly number[], mask.shape, (index, i) => {
      if (mask.data[i]) setScalar(out, i, loadElement(base, index));
    });
    return { result: out };
  },
});

export const maskedStore = defineOp("vector.maskedstore", {
  summary: "Writes the elements of a block that are under a mask.",
  operands: { base: anyMemRef, indices: variadic(indexScalar), mask: maskVector, valueToStore: anyVector },
  attrs: { alignment: optionalAttr(i64) },
  results: {},
  traits: ["writes"],
  format:
    "$base `[` $indices `]` `,` $mask `,` $valueToStore attr-dict `:` type($base) `,` type($mask) `,` type($valueToStore)",
  verify(op) {
    const [mask, value] = op.operands.slice(-2).map((x) => x.type) as [VectorType, VectorType];
    return sameShape(mask, value) ?? checkOp(op, value);
  },
  evaluate({ base, indices, mask, valueToStore }) {
    forEachOfBlock(indices as readonly number[], mask.shape, (index, i) => {
      if (mask.data[i]) storeElement(base, index, getScalar(valueToStore, i));
    });
    return {};
  },
});

/** The index with the innermost one moved on. */
function moved(indices: readonly number[], by: number | bigint): readonly number[] {
  return indices.with(-1, indices.at(-1)! + Number(by));
}

function checkGather(op: Operation, index: VectorType, mask: VectorType, value: VectorType): string | undefined {
  const base = group<{ type: MemRefType }>(op, "base").type;
  if (base.shape.length === 0) return `${printType(base)} has no axis to gather along`;
  return (
    sameShape(index, value) ??
    sameShape(mask, value) ??
    (base.element === value.element ? undefined : `${printType(value)} is not of ${printType(base)}`)
  );
}

export const gather = defineOp("vector.gather", {
  summary: "Reads elements at a base index moved along the last axis by a vector of offsets, under a mask.",
  operands: {
    base: anyMemRef,
    indices: variadic(indexScalar),
    index_vec: indexVector,
    mask: maskVector,
    pass_thru: anyVector,
  },
  attrs: { alignment: optionalAttr(i64) },
  results: { result: anyVector },
  traits: ["reads"],
  format:
    "$base `[` $indices `]` `[` $index_vec `]` `,` $mask `,` $pass_thru attr-dict `:` type($base) `,` type($index_vec) `,` type($mask) `,` type($pass_thru) `into` type($result)",
  infer: ({ pass_thru: otherwise }) => ({ result: otherwise }),
  verify(op) {
    const [index, mask, value] = op.operands.slice(-3).map((x) => x.type) as [VectorType, VectorType, VectorType];
    return checkGather(op, index, mask, value);
  },
  evaluate({ base, indices, index_vec: offsets, mask, pass_thru: otherwise }) {
    return {
      result: masked(mask, otherwise, (i) => loadElement(base, moved(indices as readonly number[], offsets.data[i]!))),
    };
  },
});

export const scatter = defineOp("vector.scatter", {
  summary: "Writes elements at a base index moved along the last axis by a vector of offsets, under a mask, in order.",
  operands: {
    base: anyMemRef,
    indices: variadic(indexScalar),
    index_vec: indexVector,
    mask: maskVector,
    valueToStore: anyVector,
  },
  attrs: { alignment: optionalAttr(i64) },
  results: {},
  traits: ["writes"],
  format:
    "$base `[` $indices `]` `[` $index_vec `]` `,` $mask `,` $valueToStore attr-dict `:` type($base) `,` type($index_vec) `,` type($mask) `,` type($valueToStore)",
  verify(op) {
    const [index, mask, value] = op.operands.slice(-3).map((x) => x.type) as [VectorType, VectorType, VectorType];
    return checkGather(op, index, mask, value);
  },
  evaluate({ base, indices, index_vec: offsets, mask, valueToStore }) {
    for (let i = 0; i < sizeOf(mask.shape); i++) {
      if (mask.data[i])
        storeElement(base, moved(indices as readonly number[], offsets.data[i]!), getScalar(valueToStore, i));
    }
    return {};
  },
});

export const expandLoad = defineOp("vector.expandload", {
  summary: "Reads consecutive elements into the lanes under a mask; the others are given.",
  operands: { base: anyMemRef, indices: variadic(indexScalar), mask: maskVector, pass_thru: anyVector },
  attrs: { alignment: optionalAttr(i64) },
  results: { result: anyVector },
  traits: ["reads"],
  format:
    "$base `[` $indices `]` `,` $mask `,` $pass_thru attr-dict `:` type($base) `,` type($mask) `,` type($pass_thru) `into` type($result)",
  infer: ({ mask, pass_thru: otherwise }) => sameShape(mask, otherwise) ?? { result: otherwise },
  verify: (op) => checkOp(op, op.result.type as VectorType),
  evaluate({ base, indices, mask, pass_thru: otherwise }) {
    let next = 0;
    return { result: masked(mask, otherwise, () => loadElement(base, moved(indices as readonly number[], next++))) };
  },
});

export const compressStore = defineOp("vector.compressstore", {
  summary: "Writes the lanes under a mask to consecutive elements.",
  operands: { base: anyMemRef, indices: variadic(indexScalar), mask: maskVector, valueToStore: anyVector },
  attrs: { alignment: optionalAttr(i64) },
  results: {},
  traits: ["writes"],
  format:
    "$base `[` $indices `]` `,` $mask `,` $valueToStore attr-dict `:` type($base) `,` type($mask) `,` type($valueToStore)",
  verify(op) {
    const [mask, value] = op.operands.slice(-2).map((x) => x.type) as [VectorType, VectorType];
    return sameShape(mask, value) ?? checkOp(op, value);
  },
  evaluate({ base, indices, mask, valueToStore }) {
    let next = 0;
    for (let i = 0; i < sizeOf(mask.shape); i++) {
      if (mask.data[i]) storeElement(base, moved(indices as readonly number[], next++), getScalar(valueToStore, i));
    }
    return {};
  },
});
