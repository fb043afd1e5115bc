/** @file `memref`: axes split and joined, the storage staying where it is. */

import { defineOp } from "../../define.js";
import { anyMemRef, i64Array, indexScalar, variadic } from "../../kinds.js";
import { checkMixed, mixedNumbers } from "../../text/mixed-indices.js";
import { type LayoutDim, type MemRefType, printType, type StridedLayout } from "../../types.js";
import { checkReassociation, collapsedShape, type Reassociation, reassociation } from "../tensor/reassociation.js";
import { collapsedSizes, expandAssembly } from "../tensor/shape.js";
import { isDense, layoutOf, mayAgree, numberOf, times } from "./layout.js";
import { checkLayout } from "./views.js";

/** The layout after axes are split: each group's last axis keeps the stride. */
function expandedLayout(source: MemRefType, groups: Reassociation, sizes: readonly LayoutDim[]): StridedLayout {
  const { strides, offset } = layoutOf(source);
  const out: LayoutDim[] = sizes.map(() => 1);
  groups.forEach((group, axis) => {
    let stride = strides[axis]!;
    for (const a of [...group].reverse()) {
      out[a] = stride;
      stride = times(stride, sizes[a]!);
    }
  });
  return { strides: out, offset };
}

export const expandShape = defineOp("memref.expand_shape", {
  summary: "Splits axes into several.",
  operands: { src: anyMemRef, output_shape: variadic(indexScalar) },
  attrs: { reassociation, static_output_shape: i64Array },
  results: { result: anyMemRef },
  traits: ["pure"],
  format: expandAssembly,
  verify(op, { reassociation: groups, static_output_shape: sizes }) {
    const [from, to] = [op.operand(0).type as MemRefType, op.result.type as MemRefType];
    if (from.element !== to.element || from.space !== to.space) return `${printType(from)} cannot be ${printType(to)}`;
    const problem =
      checkReassociation(groups, from.shape.length, to.shape.length) ??
      checkMixed("sizes", sizes, op.operands.length - 1, to.shape.length);
    if (problem !== undefined) return problem;
    const layout = expandedLayout(from, groups, to.shape.map(numberOf));
    return mayAgree(layout, layoutOf(to)) ? undefined : `${printType(to)} has other strides`;
  },
  evaluate({ src, output_shape: values }, { reassociation: groups, static_output_shape: fixed }, { op }) {
    const shape = mixedNumbers(fixed, values);
    const strides = shape.map(() => 1);
    groups.forEach((group, axis) => {
      const size = group.reduce((n, a) => n * shape[a]!, 1);
      if (size !== src.shape[axis]) throw new Error(`axis ${axis} of size ${src.shape[axis]} is split into ${size}`);
      let stride = src.strides[axis]!;
      for (const a of [...group].reverse()) {
        strides[a] = stride;
        stride *= shape[a]!;
      }
    });
    return { result: checkLayout({ ...src, shape, strides }, op.result.type as MemRefType) };
  },
});

/** The stride of the innermost axis of a group that has more than one element, or of its last. */
function innermost(group: readonly number[], size: (axis: number) => unknown): number {
  return [...group].reverse().find((axis) => size(axis) !== 1) ?? group.at(-1)!;
}

export const collapseShape = defineOp("memref.collapse_shape", {
  summary: "Joins neighbouring axes, which must lie without gaps.",
  operands: { src: anyMemRef },
  attrs: { reassociation },
  results: { result: anyMemRef },
  traits: ["pure"],
  format: "$src $reassociation attr-dict `:` type($src) `into` type($result)",
  infer({ src }, { reassociation: groups }, { context }) {
    const problem = checkReassociation(groups, groups.length, src.shape.length);
    if (problem !== undefined) return problem;
    const shape = collapsedShape(groups, src.shape, context.dims);
    if (isDense(src)) return { result: context.types.memref(shape, src.element, { space: src.space }) };
    const { strides, offset } = layoutOf(src);
    const joined = groups.map((group) => strides[innermost(group, (a) => src.shape[a])] ?? 1);
    return {
      result: context.types.memref(shape, src.element, { layout: { strides: joined, offset }, space: src.space }),
    };
  },
  evaluate({ src }, { reassociation: groups }) {
    const shape = collapsedSizes(groups, src.shape);
    const strides = groups.map((group) => {
      const real = group.filter((a) => src.shape[a] !== 1);
      real.slice(1).forEach((axis, i) => {
        const outer = real[i]!;
        const gapless = src.strides[outer] === src.strides[axis]! * src.shape[axis]!;
        if (!gapless && !shape.includes(0)) throw new Error(`axes ${outer} and ${axis} do not lie without gaps`);
      });
      return src.strides[innermost(group, (a) => src.shape[a])] ?? 1;
    });
    return { result: { ...src, shape, strides } };
  },
});
