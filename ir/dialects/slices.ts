/**
 * @file Offsets, sizes and strides: what `tensor.extract_slice`, `tensor.insert_slice` and `memref.subview` share.
 * Each is a list of numbers and values; a result may leave out axes of size 1 (it is rank-reduced).
 */

import type { Dim } from "../dim.js";
import type { Operation, Value } from "../graph.js";
import { i64Array, indexScalar, variadic } from "../kinds.js";
import type { OpParser, OpPrinter, ParsedOp } from "../text/assembly.js";
import { checkMixed, DYNAMIC, mixedNumbers, parseMixed, printMixed } from "../text/mixed-indices.js";

export const sliceOperands = {
  offsets: variadic(indexScalar),
  sizes: variadic(indexScalar),
  strides: variadic(indexScalar),
};
export const sliceAttrs = { static_offsets: i64Array, static_sizes: i64Array, static_strides: i64Array };

export interface SliceAttrs {
  readonly static_offsets: readonly number[];
  readonly static_sizes: readonly number[];
  readonly static_strides: readonly number[];
}

export type Numbers = readonly (number | bigint | object)[];

export interface Slice {
  readonly offsets: readonly number[];
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
}

/** The slice under the values that the operands have; throws where it leaves `shape`. */
export function sliceOf(
  shape: readonly number[],
  inputs: { readonly offsets: Numbers; readonly sizes: Numbers; readonly strides: Numbers },
  attrs: SliceAttrs,
): Slice {
  const offsets = mixedNumbers(attrs.static_offsets, inputs.offsets);
  const sizes = mixedNumbers(attrs.static_sizes, inputs.sizes);
  const strides = mixedNumbers(attrs.static_strides, inputs.strides);
  shape.forEach((extent, i) => {
    const [offset, size, stride] = [offsets[i]!, sizes[i]!, strides[i]!];
    const last = offset + (size - 1) * stride;
    const inside =
      size === 0 ? offset >= 0 && offset <= extent : Math.min(offset, last) >= 0 && Math.max(offset, last) < extent;
    if (size < 0 || !inside)
      throw new Error(`offset ${offset}, size ${size}, stride ${stride} leave dimension ${i} of size ${extent}`);
  });
  return { offsets, sizes, strides };
}

/** `[offsets] [sizes] [strides]`. */
export function printSlice(op: Operation, printer: OpPrinter): void {
  const { offsets, sizes, strides } = op.def.operandsOf(op) as Record<string, readonly Value[]>;
  const attrs = op.attrs as Record<string, readonly number[]>;
  printMixed(printer, attrs["static_offsets"]!, offsets!);
  printer.text(" ");
  printMixed(printer, attrs["static_sizes"]!, sizes!);
  printer.text(" ");
  printMixed(printer, attrs["static_strides"]!, strides!);
}

/** Reads what `printSlice` writes; `before` are the operands that precede the slice's own. */
export function parseSlice(
  parser: OpParser,
  before: readonly Value[],
): Pick<ParsedOp, "operands" | "segments" | "attrs"> {
  const [offsets, sizes, strides] = [parseMixed(parser), parseMixed(parser), parseMixed(parser)];
  return {
    operands: [...before, ...offsets.values, ...sizes.values, ...strides.values],
    segments: [...before.map(() => 1), offsets.values.length, sizes.values.length, strides.values.length],
    attrs: { static_offsets: offsets.fixed, static_sizes: sizes.fixed, static_strides: strides.fixed },
  };
}

/** What is wrong with the lists for a shape of `rank`, or `undefined`. */
export function checkSlice(
  rank: number,
  counts: {
    readonly offsets: readonly unknown[];
    readonly sizes: readonly unknown[];
    readonly strides: readonly unknown[];
  },
  attrs: SliceAttrs,
): string | undefined {
  return (
    checkMixed("offsets", attrs.static_offsets, counts.offsets.length, rank) ??
    checkMixed("sizes", attrs.static_sizes, counts.sizes.length, rank) ??
    checkMixed("strides", attrs.static_strides, counts.strides.length, rank)
  );
}

/**
 * The axes of the slice that `shape`, its possibly rank-reduced form, keeps: all but some whose size is the number 1.
 * `undefined` where the two do not fit.
 */
export function keptAxes(sizes: readonly number[], shape: readonly Dim[]): readonly number[] | undefined {
  const fits = (size: number, dim: Dim): boolean => size === DYNAMIC || typeof dim !== "number" || size === dim;
  const match = (i: number, j: number): readonly number[] | undefined => {
    if (i === sizes.length) return j === shape.length ? [] : undefined;
    const rest = j < shape.length && fits(sizes[i]!, shape[j]!) ? match(i + 1, j + 1) : undefined;
    if (rest) return [i, ...rest];
    return sizes[i] === 1 ? match(i + 1, j) : undefined;
  };
  return match(0, 0);
}
