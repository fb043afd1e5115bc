/**
 * @file Strides and offsets of memref types. What is not a number is written `?`, symbols included, so that a type
 * inferred is the type its text says.
 */

import type { Dim } from "../../dim.js";
import type { LayoutDim, MemRefType, StridedLayout } from "../../types.js";

/** The layout, spelled out where a type leaves it to be dense. */
export function layoutOf({ shape, layout }: MemRefType): StridedLayout {
  return layout ?? { strides: denseStrides(shape), offset: 0 };
}

/** Row-major strides; `?` to the left of a size that is no number. */
export function denseStrides(shape: readonly Dim[]): readonly LayoutDim[] {
  const strides = new Array<LayoutDim>(shape.length);
  let stride: LayoutDim = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride = times(stride, numberOf(shape[axis]!));
  }
  return strides;
}

export function numberOf(d: Dim): LayoutDim {
  return typeof d === "number" ? d : "?";
}

export function times(a: LayoutDim, b: LayoutDim): LayoutDim {
  if (a === 0 || b === 0) return 0;
  return typeof a === "number" && typeof b === "number" ? a * b : "?";
}

export function plus(a: LayoutDim, b: LayoutDim): LayoutDim {
  return typeof a === "number" && typeof b === "number" ? a + b : "?";
}

/** True where two layouts may be the same: no two numbers in one place differ. */
export function mayAgree(a: StridedLayout, b: StridedLayout): boolean {
  const same = (x: LayoutDim, y: LayoutDim): boolean => typeof x !== "number" || typeof y !== "number" || x === y;
  return (
    a.strides.length === b.strides.length &&
    same(a.offset, b.offset) &&
    a.strides.every((s, i) => same(s, b.strides[i]!))
  );
}

/** True where elements follow each other in row-major order from the first. */
export function isDense(type: MemRefType): boolean {
  const { strides, offset } = layoutOf(type);
  const dense = denseStrides(type.shape);
  return offset === 0 && strides.every((s, i) => s === dense[i] || type.shape[i] === 1);
}
