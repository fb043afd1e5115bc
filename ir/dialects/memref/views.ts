/** @file `memref`: the same storage seen otherwise. Views copy nothing, and bounds are those of the view. */

import { type AffineMap, isPermutation, printAffineMap, projectedDims } from "../../affine.js";
import { type BufferView, reinterpretBytes } from "../../buffer.js";
import { defineOp } from "../../define.js";
import type { Value } from "../../graph.js";
import { affineMap, anyMemRef, i32, indexScalar, variadic } from "../../kinds.js";
import type { Assembly } from "../../text/assembly.js";
import { checkMixed, DYNAMIC, mixedNumbers, parseMixed, printMixed } from "../../text/mixed-indices.js";
import { type LayoutDim, type MemRefType, printType, type StridedLayout } from "../../types.js";
import {
  checkSlice,
  keptAxes,
  parseSlice,
  printSlice,
  type SliceAttrs,
  sliceAttrs,
  sliceOf,
  sliceOperands,
} from "../slices.js";
import { layoutOf, mayAgree, plus, times } from "./layout.js";

const SHOWN = ["static_offsets", "static_sizes", "static_strides", "*segments"];

const known = (n: number): LayoutDim => (n === DYNAMIC ? "?" : n);

/** The layout of a subview, all axes kept. */
function subviewLayout(source: MemRefType, attrs: SliceAttrs): StridedLayout {
  const { strides, offset } = layoutOf(source);
  return {
    strides: strides.map((s, i) => times(s, known(attrs.static_strides[i]!))),
    offset: strides.reduce<LayoutDim>((sum, s, i) => plus(sum, times(s, known(attrs.static_offsets[i]!))), offset),
  };
}

const subviewAssembly: Assembly = {
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
    const { attrs, ...parsed } = parseSlice(parser, [source]);
    const dict = parser.attrDict();
    parser.punct(":");
    parser.expectTypes([source], [parser.type()]);
    parser.keyword("to");
    return { ...parsed, results: [parser.type()], ...parser.splitAttrs(def, dict, attrs) };
  },
};

export const subview = defineOp("memref.subview", {
  summary: "A regular part of a memref; the result may leave out axes of size 1.",
  operands: { source: anyMemRef, ...sliceOperands },
  attrs: sliceAttrs,
  results: { result: anyMemRef },
  traits: ["pure"],
  format: subviewAssembly,
  infer({ source, ...counts }, attrs, { context, given }) {
    const problem = checkSlice(source.shape.length, counts, attrs);
    if (problem !== undefined) return problem;
    const full = attrs.static_sizes.map((n) => (n === DYNAMIC ? context.unknownDim : n));
    const layout = subviewLayout(source, attrs);
    const make = (axes: readonly number[]): MemRefType =>
      context.types.memref(
        axes.map((a) => full[a]!),
        source.element,
        {
          layout: { strides: axes.map((a) => layout.strides[a]!), offset: layout.offset },
          space: source.space,
        },
      );
    const wanted = given?.[0];
    if (wanted?.kind !== "memref") return { result: make(full.map((_, i) => i)) };
    const kept = keptAxes(attrs.static_sizes, wanted.shape);
    const inferred = kept && make(kept);
    const fits = inferred && wanted.space === source.space && mayAgree(layoutOf(wanted), layoutOf(inferred));
    return fits ? { result: inferred } : `${printType(wanted)} is no such part of ${printType(source)}`;
  },
  evaluate({ source, offsets, sizes, strides }, attrs, { op }) {
    const slice = sliceOf(source.shape, { offsets, sizes, strides }, attrs);
    const kept = keptAxes(attrs.static_sizes, (op.result.type as MemRefType).shape)!;
    const offset = source.strides.reduce((sum, s, i) => sum + s * slice.offsets[i]!, source.offset);
    const result: BufferView = {
      ...source,
      shape: kept.map((a) => slice.sizes[a]!),
      strides: kept.map((a) => source.strides[a]! * slice.strides[a]!),
      offset,
    };
    return { result: checkLayout(result, op.result.type as MemRefType) };
  },
});

/** A view's strides and offset against the numbers in its type. */
export function checkLayout(view: BufferView, type: MemRefType): BufferView {
  if (!type.layout && view.strides.length === 0) return view;
  const { strides, offset } = layoutOf(type);
  const agrees = (wanted: LayoutDim, found: number): boolean => typeof wanted !== "number" || wanted === found;
  const isEmpty = view.shape.includes(0);
  const fits =
    isEmpty ||
    (agrees(offset, view.offset) && strides.every((s, i) => agrees(s, view.strides[i]!) || view.shape[i] === 1));
  if (!fits)
    throw new Error(
      `strides [${view.strides.join(", ")}], offset ${view.offset} where the type says ${printType(type)}`,
    );
  return view;
}

export const view = defineOp("memref.view", {
  summary: "Bytes from a shift on, seen as a dense memref of another element type.",
  operands: { source: anyMemRef, byte_shift: indexScalar, sizes: variadic(indexScalar) },
  attrs: {},
  results: { result: anyMemRef },
  traits: ["pure"],
  format: "$source `[` $byte_shift `]` `` `[` $sizes `]` attr-dict `:` type($source) `to` type($result)",
  verify(op) {
    const [source, result] = [op.operand(0).type as MemRefType, op.result.type as MemRefType];
    if (source.element !== "i8" || source.shape.length !== 1 || source.layout)
      return `${printType(source)} must be a dense memref of i8`;
    const dynamic = result.shape.filter((d) => typeof d !== "number").length;
    if (result.layout) return `${printType(result)} must be dense`;
    return dynamic === op.operands.length - 2 ? undefined : `${op.operands.length - 2} sizes for ${printType(result)}`;
  },
  evaluate({ source, byte_shift: shift, sizes }, _, { op }) {
    const type = op.result.type as MemRefType;
    let next = 0;
    const shape = type.shape.map((d) => (typeof d === "number" ? d : Number(sizes[next++])));
    return { result: reinterpretBytes(source, Number(shift), type.element, shape) };
  },
});

const reinterpretAssembly: Assembly = {
  print(op, printer) {
    const { source, offsets, sizes, strides } = op.def.operandsOf(op) as { source: Value } & Record<
      string,
      readonly Value[]
    >;
    const attrs = op.attrs as Record<string, readonly number[]>;
    printer.text(" ");
    printer.value(source);
    printer.text(" to offset: ");
    printMixed(printer, attrs["static_offsets"]!, offsets!);
    printer.text(", sizes: ");
    printMixed(printer, attrs["static_sizes"]!, sizes!);
    printer.text(", strides: ");
    printMixed(printer, attrs["static_strides"]!, strides!);
    printer.attrDict(op, SHOWN);
    printer.text(" : ");
    printer.type(source.type);
    printer.text(" to ");
    printer.type(op.result.type);
  },
  parse(parser, def) {
    const source = parser.operand();
    parser.keyword("to");
    const lists = ["offset", "sizes", "strides"].map((word, i) => {
      if (i > 0) parser.punct(",");
      parser.keyword(word);
      parser.punct(":");
      return parseMixed(parser);
    });
    const dict = parser.attrDict();
    parser.punct(":");
    parser.expectTypes([source], [parser.type()]);
    parser.keyword("to");
    const [offsets, sizes, strides] = lists.map((x) => x.fixed);
    const attrs = { static_offsets: offsets, static_sizes: sizes, static_strides: strides };
    const operands = [source, ...lists.flatMap((x) => x.values)];
    const segments = [1, ...lists.map((x) => x.values.length)];
    return { operands, segments, results: [parser.type()], ...parser.splitAttrs(def, dict, attrs) };
  },
};

export const reinterpretCast = defineOp("memref.reinterpret_cast", {
  summary: "The whole storage under an offset, sizes and strides of one's own.",
  operands: { source: anyMemRef, ...sliceOperands },
  attrs: sliceAttrs,
  results: { result: anyMemRef },
  traits: ["pure"],
  format: reinterpretAssembly,
  verify(op, { static_offsets: offsets, static_sizes: sizes, static_strides: strides }) {
    const [from, to] = [op.operand(0).type as MemRefType, op.result.type as MemRefType];
    const counts = op.segments ?? [];
    if (from.element !== to.element || from.space !== to.space) return `${printType(from)} cannot be ${printType(to)}`;
    const problem =
      checkMixed("offsets", offsets, counts[1]!, 1) ??
      checkMixed("sizes", sizes, counts[2]!, to.shape.length) ??
      checkMixed("strides", strides, counts[3]!, to.shape.length);
    if (problem !== undefined) return problem;
    const agrees = sizes.every((n, i) => n === DYNAMIC || typeof to.shape[i] !== "number" || n === to.shape[i]);
    const layout = { strides: strides.map(known), offset: known(offsets[0]!) };
    return agrees && mayAgree(layout, layoutOf(to)) ? undefined : `${printType(to)} has other sizes or strides`;
  },
  evaluate({ source, offsets, sizes, strides }, attrs, { op }) {
    const result: BufferView = {
      ...source,
      offset: mixedNumbers(attrs.static_offsets, offsets)[0]!,
      shape: mixedNumbers(attrs.static_sizes, sizes),
      strides: mixedNumbers(attrs.static_strides, strides),
    };
    return { result: checkLayout(result, op.result.type as MemRefType) };
  },
});

function checkCast(from: MemRefType, to: MemRefType): string | undefined {
  const fits =
    from.element === to.element &&
    from.shape.length === to.shape.length &&
    from.shape.every((d, i) => typeof d !== "number" || typeof to.shape[i] !== "number" || d === to.shape[i]) &&
    mayAgree(layoutOf(from), layoutOf(to));
  return fits ? undefined : `${printType(from)} cannot be ${printType(to)}`;
}

function castLike(name: string, summary: string, verify: (from: MemRefType, to: MemRefType) => string | undefined) {
  return defineOp(`memref.${name}`, {
    summary,
    operands: { source: anyMemRef },
    attrs: {},
    results: { dest: anyMemRef },
    traits: ["pure"],
    format: "$source attr-dict `:` type($source) `to` type($dest)",
    verify: (op) => verify(op.operand(0).type as MemRefType, op.result.type as MemRefType),
    evaluate: ({ source }, _, { op }) => ({ dest: checkLayout(source, op.result.type as MemRefType) }),
  });
}

export const cast = castLike("cast", "The same memref with sizes or strides forgotten or asserted.", (from, to) =>
  from.space === to.space ? checkCast(from, to) : `${printType(from)} cannot be ${printType(to)}`,
);
export const memorySpaceCast = castLike(
  "memory_space_cast",
  "The same memref with its memory space forgotten or asserted.",
  checkCast,
);

export const assumeAlignment = defineOp("memref.assume_alignment", {
  summary: "The same memref, promised to begin at a multiple of so many bytes.",
  operands: { memref: anyMemRef },
  attrs: { alignment: i32 },
  results: { result: anyMemRef },
  traits: ["pure"],
  format: "$memref `,` $alignment attr-dict `:` type($memref)",
  infer: ({ memref }) => ({ result: memref }),
  evaluate: ({ memref }) => ({ result: memref }),
});

const transposeAssembly: Assembly = {
  print(op, printer) {
    printer.text(" ");
    printer.value(op.operand(0));
    printer.text(` ${printAffineMap(op.attrs["permutation"] as AffineMap)}`);
    printer.attrDict(op, ["permutation"]);
    printer.text(" : ");
    printer.type(op.operand(0).type);
    printer.text(" to ");
    printer.type(op.result.type);
  },
  parse(parser, def) {
    const source = parser.operand();
    const permutation = parser.affineMapBody();
    const dict = parser.attrDict();
    parser.punct(":");
    parser.expectTypes([source], [parser.type()]);
    parser.keyword("to");
    return { operands: [source], results: [parser.type()], ...parser.splitAttrs(def, dict, { permutation }) };
  },
};

export const transpose = defineOp("memref.transpose", {
  summary: "The same storage with its axes in another order.",
  operands: { in: anyMemRef },
  attrs: { permutation: affineMap },
  results: { result: anyMemRef },
  traits: ["pure"],
  format: transposeAssembly,
  infer({ in: source }, { permutation }, { context }) {
    if (!isPermutation(permutation) || permutation.numDims !== source.shape.length)
      return `${printAffineMap(permutation)} does not permute the axes of ${printType(source)}`;
    const axes = projectedDims(permutation)!;
    const { strides, offset } = layoutOf(source);
    const layout = { strides: axes.map((a) => strides[a]!), offset };
    return {
      result: context.types.memref(
        axes.map((a) => source.shape[a]!),
        source.element,
        { layout, space: source.space },
      ),
    };
  },
  evaluate({ in: source }, { permutation }) {
    const axes = projectedDims(permutation)!;
    return {
      result: { ...source, shape: axes.map((a) => source.shape[a]!), strides: axes.map((a) => source.strides[a]!) },
    };
  },
});
