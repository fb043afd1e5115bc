/**
 * @file Builds data movement over sizes that are numbers or expressions: the static operation where sizes are numbers,
 * else the `dynamic_*` one with its sizes computed by the program. Nothing is built where nothing would change.
 */

import { CompileError, compileError } from "./diagnostic.js";
import { dynamicIota, iota } from "./dialects/stablehlo/constants.js";
import {
  dynamicBroadcastInDim,
  dynamicPad,
  dynamicReshape,
  realDynamicSlice,
} from "./dialects/stablehlo/dynamic-shape.js";
import {
  broadcastInDim,
  concatenate,
  pad,
  paddedDim,
  reshape,
  reverse,
  slice,
  transpose,
} from "./dialects/stablehlo/shape.js";
import type { Dim } from "./dim.js";
import type { ElementType } from "./element.js";
import type { Value } from "./graph.js";
import { ShapeBuilder } from "./shape-builder.js";

export const isNumbers = (dims: readonly Dim[]): dims is readonly number[] => dims.every((d) => typeof d === "number");
const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

export class MovementBuilder extends ShapeBuilder {
  /** The same elements under sizes `dims`; their product is the operand's. */
  reshape(x: Value, dims: readonly Dim[]): Value {
    const shape = this.shape(x);
    if (this.sameDims(shape, dims)) return x;
    const sizes = dims.map((d) => this.sizeOf(d));
    const results = [this.tensorType(sizes, this.element(x))];
    if (isNumbers(sizes)) return this.emit(reshape, { operand: x }, {}, { results });
    return this.emit(dynamicReshape, { operand: x, output_shape: this.vector(dims) }, {}, { results });
  }

  /** True where the lists are known to be the same sizes. */
  sameDims(a: readonly Dim[], b: readonly Dim[]): boolean {
    return a.length === b.length && a.every((d, i) => this.facts.isEqual(d, b[i]!));
  }

  /**
   * Operand axis `i` becomes result axis `axes[i]` (the last ones, if not given); sizes of 1 are repeated. A size that
   * may be 1 or that of the result is repeated where it is 1.
   */
  broadcast(x: Value, dims: readonly Dim[], axes: readonly number[] = lastAxes(this.rank(x), dims.length)): Value {
    const shape = this.shape(x);
    if (this.sameDims(shape, dims) && axes.every((axis, i) => axis === i)) return x;
    const sizes = dims.map((d) => this.sizeOf(d));
    const results = [this.tensorType(sizes, this.element(x))];
    const plain = isNumbers(sizes) && isNumbers(shape);
    if (plain) return this.emit(broadcastInDim, { operand: x }, { broadcast_dimensions: axes }, { results });
    const operands = { operand: x, output_dimensions: this.vector(dims) };
    return this.emit(dynamicBroadcastInDim, operands, { broadcast_dimensions: axes }, { results });
  }

  /** 0, 1, 2, … along `axis`. */
  iota(dims: readonly Dim[], axis: number, element: ElementType): Value {
    const sizes = dims.map((d) => this.sizeOf(d));
    const results = [this.tensorType(sizes, element)];
    if (isNumbers(sizes)) return this.emit(iota, {}, { iota_dimension: axis }, { results });
    return this.emit(dynamicIota, { output_shape: this.vector(dims) }, { iota_dimension: axis }, { results });
  }

  /** Every `strides[i]`-th element from `starts[i]` to before `limits[i]`, which must lie in the axis, in this order. */
  slice(
    x: Value,
    starts: readonly Dim[],
    limits: readonly Dim[],
    strides: readonly number[] = starts.map(() => 1),
  ): Value {
    const shape = this.shape(x);
    const whole = starts.every((s, i) => s === 0 && strides[i] === 1 && this.facts.isEqual(limits[i]!, shape[i]!));
    if (whole) return x;
    if (isNumbers(starts) && isNumbers(limits)) {
      return this.emit(slice, { operand: x }, { start_indices: starts, limit_indices: limits, strides });
    }
    const { dims } = this.context;
    const sizes = starts.map((s, i) => this.sizeOf(dims.ceilDiv(dims.sub(limits[i]!, s), strides[i]!)));
    const operands = {
      operand: x,
      start_indices: this.vector(starts),
      limit_indices: this.vector(limits),
      strides: this.vector(strides),
    };
    return this.emit(realDynamicSlice, operands, {}, { results: [this.tensorType(sizes, this.element(x))] });
  }

  /** `slice` along one axis, all of the others. */
  sliceAxis(x: Value, axis: number, start: Dim, limit: Dim, stride = 1): Value {
    const shape = this.shape(x);
    const ones = shape.map(() => 1);
    return this.slice(
      x,
      shape.map(() => 0).with(axis, start as number) as Dim[],
      shape.with(axis, limit),
      ones.with(axis, stride),
    );
  }

  /** Entry `index` of `axis`, which goes. */
  at(x: Value, axis: number, index: Dim): Value {
    const part = this.sliceAxis(x, axis, index, this.context.dims.add(index, 1));
    return this.reshape(part, this.shape(x).toSpliced(axis, 1));
  }

  /** `value`, of rank 0, around and between elements; negative amounts at the edges cut off. */
  pad(
    x: Value,
    value: Value,
    low: readonly Dim[],
    high: readonly Dim[],
    interior: readonly number[] = low.map(() => 0),
  ): Value {
    if ([...low, ...high, ...interior].every((d) => d === 0)) return x;
    const operands = { operand: x, padding_value: value };
    if (isNumbers(low) && isNumbers(high)) {
      return this.emit(pad, operands, { edge_padding_low: low, edge_padding_high: high, interior_padding: interior });
    }
    const sizes = this.shape(x).map((d, i) => this.sizeOf(paddedDim(this.context, d, low[i]!, high[i]!, interior[i]!)));
    const amounts = {
      edge_padding_low: this.vector(low),
      edge_padding_high: this.vector(high),
      interior_padding: this.vector(interior),
    };
    return this.emit(
      dynamicPad,
      { ...operands, ...amounts },
      {},
      { results: [this.tensorType(sizes, this.element(x))] },
    );
  }

  concat(parts: readonly Value[], axis: number): Value {
    const [only] = parts;
    if (only !== undefined && parts.length === 1) return only;
    return this.emit(concatenate, { inputs: parts }, { dimension: axis });
  }

  /** Result axis `i` is operand axis `permutation[i]`. */
  transpose(x: Value, permutation: readonly number[]): Value {
    if (permutation.every((axis, i) => axis === i)) return x;
    return this.emit(transpose, { operand: x }, { permutation });
  }

  /** Moves one axis, the others keeping their order. */
  moveAxis(x: Value, from: number, to: number): Value {
    if (from === to) return x;
    const axes = count(this.rank(x)).toSpliced(from, 1);
    return this.transpose(x, axes.toSpliced(to, 0, from));
  }

  reverse(x: Value, axes: readonly number[]): Value {
    return axes.length === 0 ? x : this.emit(reverse, { operand: x }, { dimensions: axes });
  }

  /** New axes of size 1 at these positions of the result. */
  unsqueeze(x: Value, axes: readonly number[]): Value {
    const shape = [...this.shape(x)];
    for (const axis of [...axes].sort((a, b) => a - b)) shape.splice(axis, 0, 1);
    return this.reshape(x, shape);
  }

  /** Drops axes, which must have size 1. */
  squeeze(x: Value, axes: readonly number[]): Value {
    const shape = this.shape(x);
    for (const axis of axes) this.unify(shape[axis]!, 1);
    return this.reshape(
      x,
      shape.filter((_, i) => !axes.includes(i)),
    );
  }

  /** `x` as a value of these sizes, which it is known or checked to have. */
  refine(x: Value, dims: readonly Dim[]): Value {
    const shape = this.shape(x).map((d, axis) => this.unify(d, dims[axis]!));
    return this.settle(x, shape);
  }

  /** `x` with a type that says in numbers what is known in numbers. */
  settle(x: Value, shape: readonly Dim[] = this.shape(x)): Value {
    const open = this.type(x).shape.some((d, axis) => typeof d !== "number" && typeof shape[axis] === "number");
    if (!open) return x;
    const results = [this.tensorType(shape, this.element(x))];
    if (isNumbers(shape)) return this.emit(reshape, { operand: x }, {}, { results });
    return this.emit(dynamicReshape, { operand: x, output_shape: this.vector(shape) }, {}, { results });
  }

  /** The elements in one axis. */
  flatten(x: Value): Value {
    return this.reshape(x, [this.context.dims.product(this.shape(x))]);
  }

  /** A size that both operands of a NumPy broadcast have, or that one of them has where the other is 1. */
  broadcastDim(a: Dim, b: Dim): Dim {
    if (a === 1) return b;
    if (b === 1) return a;
    // A number n against a size that may be 1: the result has n in either case.
    if (typeof a === "number" && this.#mayBeOne(b)) return a;
    if (typeof b === "number" && this.#mayBeOne(a)) return b;
    return this.unify(a, b);
  }

  #mayBeOne(d: Dim): boolean {
    return typeof d !== "number" && this.context.dims.bounds(d).min <= 1;
  }

  /**
   * The sizes of NumPy's broadcast of these shapes. Two sizes that are both symbols count as equal, which the function
   * then checks: which of the two would be 1 cannot be asked when the program is made.
   * @throws CompileError PS1202 where they do not fit.
   */
  broadcastShapes(...shapes: readonly (readonly Dim[])[]): readonly Dim[] {
    const rank = Math.max(...shapes.map((s) => s.length));
    return count(rank).map((axis) => {
      const sizes = shapes.flatMap((s) => s[axis - rank + s.length] ?? []);
      const numbers = sizes.filter((d) => typeof d === "number");
      const ordered = [...numbers, ...sizes.filter((d) => typeof d !== "number")];
      try {
        return ordered.reduce((a, b) => this.broadcastDim(a, b));
      } catch (error) {
        if (!(error instanceof CompileError)) throw error;
        const texts = shapes.map((s) => `[${s.map((d) => this.context.dims.print(d)).join(", ")}]`);
        throw compileError("PS1202", `shapes ${texts.join(" and ")} cannot be broadcast together`);
      }
    });
  }

  /** The operands repeated to the shape they have together. */
  broadcastTogether(...xs: readonly Value[]): Value[] {
    const shape = this.broadcastShapes(...xs.map((x) => this.shape(x)));
    return xs.map((x) => this.broadcast(x, shape));
  }
}

function lastAxes(rank: number, of: number): number[] {
  return count(rank).map((i) => i + of - rank);
}
