/** @file `tensor`: slices taken out and put in, and concatenation. */

import { defineOp } from "../../define.js";
import type { Dim } from "../../dim.js";
import { anyTensor, intKind, variadic } from "../../kinds.js";
import { type NdArray, stridesOf } from "../../ndarray.js";
import { concatArrays, copyStrided, gatherView, reshape, type StridedView } from "../../ndarray-layout.js";
import type { Assembly } from "../../text/assembly.js";
import { DYNAMIC } from "../../text/mixed-indices.js";
import { printType, type TensorType } from "../../types.js";
import {
  checkSlice,
  keptAxes,
  parseSlice,
  printSlice,
  type Slice,
  sliceAttrs,
  sliceOf,
  sliceOperands,
} from "../slices.js";

const SHOWN = ["static_offsets", "static_sizes", "static_strides", "*segments"];

/** The slice as a walk over dense storage. */
function viewOf(slice: Slice, shape: readonly number[]): StridedView {
  const strides = stridesOf(shape);
  const offset = slice.offsets.reduce((sum, x, axis) => sum + x * strides[axis]!, 0);
  return { offset, strides: strides.map((s, axis) => s * slice.strides[axis]!) };
}

const extractAssembly: Assembly = {
  print(op, printer) {
    printer.text(" ");
    printer.value(op.operand(0));
    printSlice(op, printer);
    printer.attrDict(op, SHOWN);
    printer.text(" : ");
    printer.type(op.operand(0).type);
    printer.text(" to ");
    printer.type(op.result.type);
  },
  parse(parser, def) {
    const source = parser.operand();
    const { attrs: known, ...parsed } = parseSlice(parser, [source]);
    const dict = parser.attrDict();
    parser.punct(":");
    parser.expectTypes([source], [parser.type()]);
    parser.keyword("to");
    return { ...parsed, results: [parser.type()], ...parser.splitAttrs(def, dict, known) };
  },
};

export const extractSlice = defineOp("tensor.extract_slice", {
  summary: "A regular part of a tensor; the result may leave out axes of size 1.",
  operands: { source: anyTensor, ...sliceOperands },
  attrs: sliceAttrs,
  results: { result: anyTensor },
  traits: ["pure"],
  format: extractAssembly,
  infer({ source, ...counts }, attrs, { context, given }) {
    const problem = checkSlice(source.shape.length, counts, attrs);
    if (problem !== undefined) return problem;
    const full: readonly Dim[] = attrs.static_sizes.map((n) => (n === DYNAMIC ? context.unknownDim : n));
    const wanted = given?.[0];
    if (wanted?.kind !== "tensor") return { result: context.types.tensor(full, source.element) };
    const kept = keptAxes(attrs.static_sizes, wanted.shape);
    if (!kept) return `${printType(wanted)} is no slice of ${printType(source)} of these sizes`;
    return {
      result: context.types.tensor(
        kept.map((axis) => full[axis]!),
        source.element,
        wanted.encoding,
      ),
    };
  },
  evaluate({ source, offsets, sizes, strides }, attrs, { op }) {
    const slice = sliceOf(source.shape, { offsets, sizes, strides }, attrs);
    const kept = keptAxes(attrs.static_sizes, (op.result.type as TensorType).shape)!;
    const out = gatherView(source, slice.sizes, viewOf(slice, source.shape));
    return {
      result: reshape(
        out,
        kept.map((axis) => slice.sizes[axis]!),
      ),
    };
  },
});

const insertAssembly: Assembly = {
  print(op, printer) {
    printer.text(" ");
    printer.value(op.operand(0));
    printer.text(" into ");
    printer.value(op.operand(1));
    printSlice(op, printer);
    printer.attrDict(op, SHOWN);
    printer.text(" : ");
    printer.type(op.operand(0).type);
    printer.text(" into ");
    printer.type(op.operand(1).type);
  },
  parse(parser, def) {
    const source = parser.operand();
    parser.keyword("into");
    const dest = parser.operand();
    const { attrs: known, ...parsed } = parseSlice(parser, [source, dest]);
    const dict = parser.attrDict();
    parser.punct(":");
    const sourceType = parser.type();
    parser.keyword("into");
    parser.expectTypes([source, dest], [sourceType, parser.type()]);
    return { ...parsed, ...parser.splitAttrs(def, dict, known) };
  },
};

/** What is wrong with putting `source` where the slice is, or `undefined`. */
function checkInsertion(source: TensorType, dest: TensorType, sizes: readonly number[]): string | undefined {
  const fits = source.element === dest.element && keptAxes(sizes, source.shape) !== undefined;
  return fits ? undefined : `${printType(source)} does not fit into the slice of ${printType(dest)}`;
}

function insertArray(into: NdArray, source: NdArray, slice: Slice): void {
  const part = reshape(source, slice.sizes);
  copyStrided(slice.sizes, into, viewOf(slice, into.shape), part, { offset: 0, strides: stridesOf(slice.sizes) });
}

export const insertSlice = defineOp("tensor.insert_slice", {
  summary: "A tensor with a regular part replaced.",
  operands: { source: anyTensor, dest: anyTensor, ...sliceOperands },
  attrs: sliceAttrs,
  results: { result: anyTensor },
  traits: ["pure"],
  format: insertAssembly,
  infer({ source, dest, ...counts }, attrs) {
    return (
      checkSlice(dest.shape.length, counts, attrs) ??
      checkInsertion(source, dest, attrs.static_sizes) ?? { result: dest }
    );
  },
  evaluate({ source, dest, offsets, sizes, strides }, attrs) {
    const out: NdArray = { ...dest, data: dest.data.slice() };
    insertArray(out, source, sliceOf(dest.shape, { offsets, sizes, strides }, attrs));
    return { result: out };
  },
});

export const parallelInsertSlice = defineOp("tensor.parallel_insert_slice", {
  summary: "In `scf.forall.in_parallel`: puts an iteration's part into a shared output.",
  operands: { source: anyTensor, dest: anyTensor, ...sliceOperands },
  attrs: sliceAttrs,
  results: {},
  traits: ["writes"],
  format: insertAssembly,
  verify(op, attrs) {
    const [source, dest] = op.operands.map((x) => x.type) as [TensorType, TensorType];
    return checkInsertion(source, dest, attrs.static_sizes);
  },
  // Iterations see the output as it was: `scf.forall` gives each its own array to write to, and joins them.
  evaluate({ source, dest, offsets, sizes, strides }, attrs) {
    insertArray(dest, source, sliceOf(dest.shape, { offsets, sizes, strides }, attrs));
    return {};
  },
});

export const concat = defineOp("tensor.concat", {
  summary: "Tensors end to end along an axis.",
  operands: { inputs: variadic(anyTensor) },
  attrs: { dim: intKind("i64") },
  results: { result: anyTensor },
  traits: ["pure"],
  format: "`dim` `(` $dim `)` $inputs attr-dict `:` functional-type(operands, results)",
  infer({ inputs }, { dim }, { context }) {
    const [first, ...rest] = inputs;
    if (!first) return "takes at least one operand";
    if (dim < 0 || dim >= first.shape.length) return `there is no axis ${dim} in ${printType(first)}`;
    let joined: readonly Dim[] = first.shape;
    for (const next of rest) {
      const merged = next.element === first.element && next.shape.length === joined.length;
      const shape = joined.map((d, i) =>
        i === dim ? context.dims.add(d, next.shape[i] ?? 0) : context.mergeDims(d, next.shape[i]!),
      );
      if (!merged || shape.includes(undefined))
        return `${printType(first)} and ${printType(next)} differ beside axis ${dim}`;
      joined = shape as readonly Dim[];
    }
    return { result: context.types.tensor(joined, first.element) };
  },
  evaluate: ({ inputs }, { dim }) => ({ result: concatArrays(inputs, dim) }),
});
