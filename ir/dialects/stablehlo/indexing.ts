/** @file Reading and writing blocks at positions that the program computes. Source: StableHLO specification. */

import { type AnyOpDef, defineOp } from "../../define.js";
import { i64, i64Array, variadic } from "../../kinds.js";
import { emptyArray, type NdArray, sizeOf } from "../../ndarray.js";
import { concatArrays, insertBlock, reshape, slice } from "../../ndarray-layout.js";
import type { Assembly, OpParser } from "../../text/assembly.js";
import { printType, type TensorType } from "../../types.js";
import { parseAssign, parseIndices, parseLeadingOperands, parseTail, printTail } from "./assembly.js";
import { hloTensor, scalarIntTensor } from "./constraints.js";
import { mayEqual, shapedAs } from "./shapes.js";

/** `%operand, %i, %j, sizes = [1, 4]` */
const dynamicSliceAssembly: Assembly = {
  print(op, printer) {
    printer.text(" ");
    printer.values(op.operands);
    printer.text(`, sizes = [${dynamicSlice.attrsOf(op).slice_sizes.join(", ")}]`);
    printTail(op, printer, ["slice_sizes"]);
  },
  parse(parser: OpParser, def: AnyOpDef) {
    const operands = parseLeadingOperands(parser);
    parser.tryPunct(","); // OpenXLA prints one more comma where there are no indices
    parseAssign(parser, "sizes");
    return parseTail(parser, def, operands, { slice_sizes: parseIndices(parser) });
  },
};

export const dynamicSlice = defineOp("stablehlo.dynamic_slice", {
  summary: "A block of fixed size at computed indices, which are moved so that it lies inside.",
  operands: { operand: hloTensor, start_indices: variadic(scalarIntTensor) },
  attrs: { slice_sizes: i64Array },
  results: { result: hloTensor },
  traits: ["pure"],
  format: dynamicSliceAssembly,
  infer({ operand, start_indices: starts }, { slice_sizes: sizes }, { context }) {
    const rank = operand.shape.length;
    if (starts.length !== rank || sizes.length !== rank) return `needs ${rank} indices and sizes`;
    const odd = starts.find((t) => t.element !== starts[0]?.element);
    if (odd) return `the indices are of different types, ${printType(starts[0]!)} and ${printType(odd)}`;
    const large = sizes.findIndex((n, i) => n < 0 || context.dims.provablyGreater(n, operand.shape[i]!));
    if (large >= 0) return `a block of size ${sizes[large]} does not fit axis ${large} of ${printType(operand)}`;
    return { result: context.withShape(operand, sizes) };
  },
  evaluate({ operand, start_indices: starts }, { slice_sizes: sizes }) {
    const from = clampedStarts(starts, operand.shape, sizes);
    const to = from.map((start, i) => start + sizes[i]!);
    return { result: slice(operand, from, to) };
  },
});

/** Each start moved into 0 … size - block. */
function clampedStarts(starts: readonly NdArray[], shape: readonly number[], block: readonly number[]): number[] {
  return starts.map((start, i) => {
    const room = shape[i]! - block[i]!;
    if (room < 0) throw new Error(`a block of size ${block[i]} does not fit axis ${i} of size ${shape[i]}`);
    return Math.min(Math.max(Number(start.data[0]), 0), room);
  });
}

export const dynamicUpdateSlice = defineOp("stablehlo.dynamic_update_slice", {
  summary: "The operand with a block replaced at computed indices, which are moved so that it lies inside.",
  operands: { operand: hloTensor, update: hloTensor, start_indices: variadic(scalarIntTensor) },
  attrs: {},
  results: { result: hloTensor },
  traits: ["pure"],
  format: "$operand `,` $update (`,` $start_indices)? attr-dict `:` functional-type(operands, results)",
  infer({ operand, update, start_indices: starts }, _, { context }) {
    const rank = operand.shape.length;
    if (starts.length !== rank) return `needs ${rank} indices`;
    const odd = starts.find((t) => t.element !== starts[0]?.element);
    if (odd) return `the indices are of different types, ${printType(starts[0]!)} and ${printType(odd)}`;
    const fits =
      update.element === operand.element &&
      update.shape.length === rank &&
      update.shape.every((d, i) => !context.dims.provablyGreater(d, operand.shape[i]!));
    return fits ? { result: operand } : `${printType(update)} is no block of ${printType(operand)}`;
  },
  evaluate: ({ operand, update, start_indices: starts }) => ({
    result: insertBlock(operand, update, clampedStarts(starts, operand.shape, update.shape)),
  }),
});

export const torchIndexSelect = defineOp("stablehlo.torch_index_select", {
  summary: "Slices of the operand along one axis, picked by index; leading axes may be batched.",
  operands: { operand: hloTensor, index: hloTensor },
  attrs: { dim: i64, batch_dims: i64 },
  results: { result: hloTensor },
  traits: ["pure"],
  infer({ operand, index }, { dim, batch_dims: batch }, inference) {
    const rank = operand.shape.length;
    const axis = dim < 0 ? dim + rank : dim;
    if (!(batch >= 0 && batch <= axis && axis < rank && batch <= index.shape.length)) {
      return `cannot pick along axis ${dim} of ${printType(operand)} under ${batch} batch axes`;
    }
    const differs = index.shape.slice(0, batch).some((d, i) => !mayEqual(inference.context, d, operand.shape[i]!));
    if (differs) return `${printType(index)} does not batch ${printType(operand)}`;
    const shape = [...operand.shape.slice(0, axis), ...index.shape.slice(batch), ...operand.shape.slice(axis + 1)];
    return { result: shapedAs(inference, shape, operand.element) };
  },
  evaluate({ operand, index }, { dim, batch_dims: batch }, { op }) {
    const axis = dim < 0 ? dim + operand.shape.length : dim;
    const picked = selectIndices(operand, index, axis, batch);
    return { result: { ...picked, element: (op.result.type as TensorType).element } };
  },
});

/** `result[b…, l…, i…, r…] = operand[b…, l…, index[b…, i…], r…]`; an index outside is moved to the nearest inside. */
function selectIndices(operand: NdArray, index: NdArray, axis: number, batch: number): NdArray {
  const { shape } = operand;
  const resultShape = [...shape.slice(0, axis), ...index.shape.slice(batch), ...shape.slice(axis + 1)];
  const flat = [
    sizeOf(shape.slice(0, batch)),
    sizeOf(shape.slice(batch, axis)),
    shape[axis]!,
    sizeOf(shape.slice(axis + 1)),
  ];
  const [batches, before, size, after] = flat as [number, number, number, number];
  const count = sizeOf(index.shape.slice(batch));
  const x = reshape(operand, flat);
  const parts: NdArray[] = [];
  for (let b = 0; b < batches; b++) {
    for (let i = 0; i < count; i++) {
      const at = Math.min(Math.max(Number(index.data[b * count + i]), 0), size - 1);
      parts.push(slice(x, [b, 0, at, 0], [b + 1, before, at + 1, after]));
    }
  }
  if (parts.length === 0) return emptyArray(operand.element, resultShape);
  const groups = Array.from({ length: batches }, (_, b) => concatArrays(parts.slice(b * count, (b + 1) * count), 2));
  return reshape(concatArrays(groups, 0), resultShape);
}
