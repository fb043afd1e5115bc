/**
 * @file Builds reads and writes at computed indices: gathers, scatters and blocks, with NumPy's negative indices and
 * symbolic sizes. Indices beyond an axis are moved to its ends by reads and left out by writes, as StableHLO has it.
 */

import type { AnyOpDef } from "./define.js";
import type { GatherDimensionNumbers } from "./dialects/stablehlo/attributes.js";
import * as hlo from "./dialects/stablehlo/elementwise.js";
import { dynamicGather, gather } from "./dialects/stablehlo/gather.js";
import { dynamicSlice, dynamicUpdateSlice } from "./dialects/stablehlo/indexing.js";
import { returnOp } from "./dialects/stablehlo/return.js";
import { scatter } from "./dialects/stablehlo/scatter.js";
import type { Dim } from "./dim.js";
import type { ElementType } from "./element.js";
import type { Region, Value } from "./graph.js";
import { MathBuilder } from "./math-builder.js";
import { isNumbers } from "./movement-builder.js";

/** How values are joined where two meet: in reductions and scatters. */
export type Joining = "add" | "mul" | "max" | "min" | "and" | "or";

export const joinings: { readonly [J in Joining]: AnyOpDef } = {
  add: hlo.add,
  mul: hlo.multiply,
  max: hlo.maximum,
  min: hlo.minimum,
  and: hlo.and,
  or: hlo.or,
};

const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

export class IndexBuilder extends MathBuilder {
  /** A region of two scalars that joins them; `"set"` keeps the second. */
  joiningRegion(how: Joining | "set", element: ElementType): Region {
    const type = this.tensorType([], element);
    return this.builder.region([type, type], (b, [old, next]) => {
      const joined = how === "set" ? next! : b.create(joinings[how], [old!, next!], {}).result;
      b.op(returnOp, { results: [joined] }, {});
    });
  }

  /** Indices from the end (-1 is the last) as indices from the beginning of an axis of size `size`. */
  fromStart(indices: Value, size: Dim): Value {
    if (this.element(indices).startsWith("ui")) return indices;
    const wide =
      this.element(indices) === "i64" || this.element(indices) === "i32" ? indices : this.convert(indices, "i64");
    const length = this.convert(this.scalar(size), this.element(wide));
    return this.select(this.lt(wide, 0), this.add(wide, length), wide);
  }

  /** StableHLO's gather with slice sizes that may be symbolic. */
  gather(x: Value, indices: Value, numbers: GatherDimensionNumbers, sizes: readonly Dim[]): Value {
    const operands = { operand: x, start_indices: indices };
    const resolved = sizes.map((d) => this.facts.resolve(d));
    if (isNumbers(resolved)) return this.emit(gather, operands, { dimension_numbers: numbers, slice_sizes: resolved });
    const batch = this.shape(indices).filter((_, i) => i !== numbers.indexVectorDim);
    const dropped = [...numbers.collapsedSliceDims, ...numbers.operandBatchingDims];
    const kept = resolved.filter((_, i) => !dropped.includes(i));
    const shape = count(batch.length + kept.length).map((i) =>
      numbers.offsetDims.includes(i) ? kept.shift()! : batch.shift()!,
    );
    const results = [
      this.tensorType(
        shape.map((d) => this.sizeOf(d)),
        this.element(x),
      ),
    ];
    return this.emit(
      dynamicGather,
      { ...operands, slice_sizes: this.vector(resolved) },
      { dimension_numbers: numbers },
      { results },
    );
  }

  /** NumPy's `take`: entries of `axis`, which the axes of `indices` replace. Indices count from the beginning. */
  take(x: Value, indices: Value, axis: number): Value {
    const shape = this.shape(x);
    const rank = this.rank(indices);
    return this.gather(
      x,
      indices,
      {
        offsetDims: [...count(axis), ...count(shape.length - axis - 1).map((i) => i + axis + rank)],
        collapsedSliceDims: [axis],
        operandBatchingDims: [],
        startIndicesBatchingDims: [],
        startIndexMap: [axis],
        indexVectorDim: rank,
      },
      shape.with(axis, 1),
    );
  }

  /** NumPy's `take_along_axis`: `indices` has the rank of `x` and picks along `axis`; its other sizes may be smaller. */
  takeAlong(x: Value, indices: Value, axis: number): Value {
    const [shape, wanted] = [this.shape(x), this.shape(indices)];
    const others = count(shape.length).filter((i) => i !== axis);
    const cut = this.slice(
      x,
      shape.map(() => 0),
      shape.map((d, i) => (i === axis ? d : this.#smaller(d, wanted[i]!))),
    );
    return this.gather(
      cut,
      indices,
      {
        offsetDims: [],
        collapsedSliceDims: [axis],
        operandBatchingDims: others,
        startIndicesBatchingDims: others,
        startIndexMap: [axis],
        indexVectorDim: shape.length,
      },
      shape.map(() => 1),
    );
  }

  #smaller(size: Dim, wanted: Dim): Dim {
    return this.facts.isEqual(size, wanted) ? size : wanted;
  }

  /** Index vectors of every place of a tensor of sizes `dims`, `indices` standing in for the places along `axis`. */
  placesAlong(indices: Value, axis: number): Value {
    const dims = this.shape(indices);
    const element = this.element(indices);
    const columns = dims.map((_, i) => (i === axis ? indices : this.iota(dims, i, element)));
    return this.concat(
      columns.map((c) => this.unsqueeze(c, [dims.length])),
      dims.length,
    );
  }

  /** `x` with single updates joined in at the index vectors in the last axis of `indices`, whose other axes are those of `updates`. */
  scatterPlaces(x: Value, indices: Value, updates: Value, how: Joining | "set"): Value {
    const axes = count(this.rank(x));
    return this.scatter(x, indices, updates, how, {
      window: [],
      inserted: axes,
      to: axes,
      vector: this.rank(indices) - 1,
    });
  }

  /** StableHLO's scatter of one tensor. */
  scatter(
    x: Value,
    indices: Value,
    updates: Value,
    how: Joining | "set",
    axes: {
      /** Axes of `updates` that are windows. */
      readonly window: readonly number[];
      /** Axes of `x` that windows leave out. */
      readonly inserted: readonly number[];
      /** Axes of `x` that the entries of an index vector are for. */
      readonly to: readonly number[];
      /** The axis of `indices` that holds index vectors. */
      readonly vector: number;
      /** Axes of `x` and of `indices` that go together. */
      readonly batch?: readonly [readonly number[], readonly number[]];
    },
  ): Value {
    const numbers = {
      updateWindowDims: axes.window,
      insertedWindowDims: axes.inserted,
      inputBatchingDims: axes.batch?.[0] ?? [],
      scatterIndicesBatchingDims: axes.batch?.[1] ?? [],
      scatterDimsToOperandDims: axes.to,
      indexVectorDim: axes.vector,
    };
    const operands = { inputs: [x], scatter_indices: indices, updates: [updates] };
    const regions = [this.joiningRegion(how, this.element(x))];
    return this.emit(scatter, operands, { scatter_dimension_numbers: numbers }, { regions });
  }

  /** The block of sizes `sizes` that begins at `starts` (tensors of rank 0), moved so that it lies inside. */
  block(x: Value, starts: readonly Value[], sizes: readonly number[]): Value {
    return this.emit(dynamicSlice, { operand: x, start_indices: starts }, { slice_sizes: sizes });
  }

  /** `x` with the block that begins at `starts` replaced. */
  replaceBlock(x: Value, update: Value, starts: readonly Value[]): Value {
    return this.emit(dynamicUpdateSlice, { operand: x, update, start_indices: starts }, {});
  }
}
