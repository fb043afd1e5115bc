/** @file `memref`: storage made, freed, read and written. */

import {
  allocate,
  type BufferView,
  free,
  fromArray,
  load as loadElement,
  store as storeElement,
  toArray,
} from "../../buffer.js";
import { defineOp, type Evaluation } from "../../define.js";
import { elementFacts } from "../../element.js";
import { anyMemRef, anyScalar, bool, defaultAttr, i64, indexScalar, optionalAttr, variadic } from "../../kinds.js";
import { sameShape } from "../../ndarray.js";
import { type MemRefType, printType, type Type } from "../../types.js";
import type { Numbers } from "../slices.js";
import { countDynamic } from "../tensor/access.js";
import { isDense } from "./layout.js";

/** New storage for a result whose symbolic sizes the operands give. */
export function allocateFor(type: MemRefType, values: Numbers): BufferView {
  let next = 0;
  return allocate(
    type.element,
    type.shape.map((d) => (typeof d === "number" ? d : Number(values[next++]))),
  );
}

function allocation(name: string, summary: string) {
  return defineOp(`memref.${name}`, {
    summary,
    operands: { dynamicSizes: variadic(indexScalar), symbolOperands: variadic(indexScalar) },
    attrs: { alignment: optionalAttr(i64) },
    results: { memref: anyMemRef },
    traits: ["allocates"],
    format: "`(` $dynamicSizes `)` (`` `[` $symbolOperands^ `]`)? attr-dict `:` type($memref)",
    verify(op, { alignment }) {
      const type = op.result.type as MemRefType;
      const sizes = op.operands.length;
      if (countDynamic(type) !== sizes) return `${sizes} sizes for ${printType(type)}`;
      if (!isDense(type)) return `${printType(type)} must be dense`;
      return alignment === undefined || Number.isInteger(Math.log2(alignment))
        ? undefined
        : `alignment ${alignment} is no power of two`;
    },
    evaluate: ({ dynamicSizes }, _, { op }) => ({ memref: allocateFor(op.result.type as MemRefType, dynamicSizes) }),
  });
}

export const alloc = allocation("alloc", "Storage that lives until it is freed; its elements are undefined.");
export const alloca = allocation("alloca", "Storage that lives as long as the function or scope around it.");

export const dealloc = defineOp("memref.dealloc", {
  summary: "Ends the life of storage.",
  operands: { memref: anyMemRef },
  attrs: {},
  results: {},
  traits: ["frees"],
  format: "$memref attr-dict `:` type($memref)",
  evaluate({ memref }) {
    free(memref);
    return {};
  },
});

function checkAccess(indices: number, type: MemRefType): string | undefined {
  return indices === type.shape.length ? undefined : `${indices} indices into ${printType(type)}`;
}

export const load = defineOp("memref.load", {
  summary: "Reads one element.",
  operands: { memref: anyMemRef, indices: variadic(indexScalar) },
  attrs: { nontemporal: defaultAttr(bool, false), alignment: optionalAttr(i64) },
  results: { result: anyScalar },
  traits: ["reads"],
  format: "$memref `[` $indices `]` attr-dict `:` type($memref)",
  infer: ({ memref, indices }, _, { context }) =>
    checkAccess(indices.length, memref) ?? { result: context.types.scalar(memref.element) },
  evaluate: ({ memref, indices }) => ({ result: loadElement(memref, indices as readonly number[]) }),
});

export const store = defineOp("memref.store", {
  summary: "Writes one element.",
  operands: { value: anyScalar, memref: anyMemRef, indices: variadic(indexScalar) },
  attrs: { nontemporal: defaultAttr(bool, false), alignment: optionalAttr(i64) },
  results: {},
  traits: ["writes"],
  format: "$value `,` $memref `[` $indices `]` attr-dict `:` type($memref)",
  verify(op) {
    const [value, memref] = op.operands.map((x) => x.type) as [Type, MemRefType];
    if (value.kind !== "scalar" || value.element !== memref.element)
      return `${printType(value)} is no element of ${printType(memref)}`;
    return checkAccess(op.operands.length - 2, memref);
  },
  evaluate({ value, memref, indices }) {
    storeElement(memref, indices as readonly number[], value);
    return {};
  },
});

export const copy = defineOp("memref.copy", {
  summary: "Copies all elements; the two may not overlap in part.",
  operands: { source: anyMemRef, target: anyMemRef },
  attrs: {},
  results: {},
  traits: ["reads", "writes"],
  format: "$source `,` $target attr-dict `:` type($source) `to` type($target)",
  verify(op) {
    const [from, to] = op.operands.map((x) => x.type) as [MemRefType, MemRefType];
    const fits =
      from.element === to.element &&
      from.shape.length === to.shape.length &&
      from.shape.every((d, i) => typeof d !== "number" || typeof to.shape[i] !== "number" || d === to.shape[i]);
    return fits ? undefined : `${printType(from)} cannot be copied to ${printType(to)}`;
  },
  evaluate({ source, target }) {
    if (!sameShape(source.shape, target.shape))
      throw new Error(`[${source.shape.join(", ")}] is copied to [${target.shape.join(", ")}]`);
    fromArray(target, toArray(source));
    return {};
  },
});

export const dim = defineOp("memref.dim", {
  summary: "The size of one axis.",
  operands: { source: anyMemRef, index: indexScalar },
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

/** Where an allocation begins, in bytes: apart from others, and aligned to 64. */
function addressOf(view: BufferView, evaluation: Evaluation): number {
  const next = evaluation.perRun(addresses, () => ({ free: 4096 }));
  const base = evaluation.perRun(view.storage.life, () => {
    const at = next.free;
    next.free += Math.ceil((view.storage.length * 16 + 64) / 64) * 64;
    return at;
  });
  return base + view.storage.start + view.offset * elementFacts[view.storage.element].storageBytes;
}

const addresses = {};

export const extractAlignedPointerAsIndex = defineOp("memref.extract_aligned_pointer_as_index", {
  summary: "The address of the storage.",
  operands: { source: anyMemRef },
  attrs: {},
  results: { aligned_pointer: indexScalar },
  traits: ["pure"],
  format: "$source `:` type($source) `->` type($aligned_pointer) attr-dict",
  infer: (_, __, { context }) => ({ aligned_pointer: context.types.scalar("index") }),
  evaluate: ({ source }, _, evaluation) => ({ aligned_pointer: addressOf({ ...source, offset: 0 }, evaluation) }),
});
