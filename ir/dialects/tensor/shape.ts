/** @file `tensor`: the same elements under another shape. */

import { defineOp } from "../../define.js";
import { elementFacts } from "../../element.js";
import type { Value } from "../../graph.js";
import { anyTensor, i64Array, indexScalar, scalarOf, variadic } from "../../kinds.js";
import { mapElements } from "../../ndarray.js";
import { reshape as reshapeArray } from "../../ndarray-layout.js";
import { numericsOf } from "../../scalar.js";
import type { Assembly, OpParser } from "../../text/assembly.js";
import { checkMixed, mixedNumbers, parseMixed, printMixed } from "../../text/mixed-indices.js";
import { printType, type TensorType, type Type } from "../../types.js";
import { checkReassociation, collapsedShape, type Reassociation, reassociation } from "./reassociation.js";

/** `%x [[0, 1], [2]] output_shape [2, %n, 4] : from into to`. */
export const expandAssembly: Assembly = {
  print(op, printer) {
    const [source, ...sizes] = op.operands;
    printer.text(" ");
    printer.value(source!);
    printer.text(` ${printer.prettyAttr(op, "reassociation")} output_shape `);
    printMixed(printer, op.attrs["static_output_shape"] as readonly number[], sizes);
    printer.attrDict(op, ["reassociation", "static_output_shape"]);
    printInto(op.operand(0), op.result, printer);
  },
  parse(parser, def) {
    const source = parser.operand();
    const groups = parser.prettyAttr(def, "reassociation");
    parser.keyword("output_shape");
    const sizes = parseMixed(parser);
    const dict = parser.attrDict();
    const results = parseInto(parser, source);
    const known = { reassociation: groups, static_output_shape: sizes.fixed };
    return { operands: [source, ...sizes.values], results, ...parser.splitAttrs(def, dict, known) };
  },
};

function printInto(source: Value, result: Value, printer: { text(text: string): void; type(type: Type): void }): void {
  printer.text(" : ");
  printer.type(source.type);
  printer.text(" into ");
  printer.type(result.type);
}

function parseInto(parser: OpParser, source: Value): readonly Type[] {
  parser.punct(":");
  parser.expectTypes([source], [parser.type()]);
  parser.keyword("into");
  return [parser.type()];
}

export const expandShape = defineOp("tensor.expand_shape", {
  summary: "Splits axes into several.",
  operands: { src: anyTensor, output_shape: variadic(indexScalar) },
  attrs: { reassociation, static_output_shape: i64Array },
  results: { result: anyTensor },
  traits: ["pure"],
  format: expandAssembly,
  verify(op, { reassociation: groups, static_output_shape: sizes }) {
    const [from, to] = [op.operand(0).type as TensorType, op.result.type as TensorType];
    if (from.element !== to.element) return `${printType(from)} cannot be ${printType(to)}`;
    return (
      checkReassociation(groups, from.shape.length, to.shape.length) ??
      checkMixed("sizes", sizes, op.operands.length - 1, to.shape.length)
    );
  },
  evaluate: ({ src, output_shape: sizes }, { static_output_shape: fixed }) => ({
    result: reshapeArray(src, mixedNumbers(fixed, sizes)),
  }),
});

export const collapseShape = defineOp("tensor.collapse_shape", {
  summary: "Joins neighbouring axes.",
  operands: { src: anyTensor },
  attrs: { reassociation },
  results: { result: anyTensor },
  traits: ["pure"],
  format: "$src $reassociation attr-dict `:` type($src) `into` type($result)",
  infer({ src }, { reassociation: groups }, { context }) {
    const problem = checkReassociation(groups, groups.length, src.shape.length);
    return (
      problem ?? {
        result: context.types.tensor(collapsedShape(groups, src.shape, context.dims), src.element, src.encoding),
      }
    );
  },
  evaluate: ({ src }, { reassociation: groups }) => ({ result: reshapeArray(src, collapsedSizes(groups, src.shape)) }),
});

/** The numbers after each group has become one axis. */
export function collapsedSizes(groups: Reassociation, shape: readonly number[]): readonly number[] {
  return groups.map((group) => group.reduce((n, axis) => n * shape[axis]!, 1));
}

const shapeTensor = { describe: "a tensor of rank 1 of integers", accepts: isShapeTensor };

function isShapeTensor(t: Type): t is TensorType {
  return (
    t.kind === "tensor" &&
    t.shape.length === 1 &&
    scalarOf("", "index", "i32", "i64").accepts({ kind: "scalar", element: t.element })
  );
}

export const reshape = defineOp("tensor.reshape", {
  summary: "The elements in the same order under a shape that a tensor gives.",
  operands: { source: anyTensor, shape: shapeTensor },
  attrs: {},
  results: { result: anyTensor },
  traits: ["pure"],
  format: "$source `(` $shape `)` attr-dict `:` functional-type(operands, results)",
  verify(op) {
    const [from, to] = [op.operand(0).type as TensorType, op.result.type as TensorType];
    const rank = (op.operand(1).type as TensorType).shape[0];
    if (from.element !== to.element) return `${printType(from)} cannot be ${printType(to)}`;
    return typeof rank !== "number" || rank === to.shape.length ? undefined : `${rank} sizes for ${printType(to)}`;
  },
  evaluate: ({ source, shape }) => ({
    result: reshapeArray(source, Array.from(shape.data as ArrayLike<number | bigint>, Number)),
  }),
});

export const bitcast = defineOp("tensor.bitcast", {
  summary: "The same bits as elements of another type of the same width.",
  operands: { source: anyTensor },
  attrs: {},
  results: { dest: anyTensor },
  traits: ["pure"],
  format: "$source attr-dict `:` type($source) `to` type($dest)",
  verify(op) {
    const [from, to] = [op.operand(0).type as TensorType, op.result.type as TensorType];
    const fits =
      elementFacts[from.element].bits === elementFacts[to.element].bits && from.shape.length === to.shape.length;
    return fits ? undefined : `${printType(from)} cannot be ${printType(to)}`;
  },
  evaluate({ source }, _, { op }) {
    const { element } = op.result.type as TensorType;
    const [from, to] = [numericsOf(source.element), numericsOf(element)];
    return { dest: mapElements(element, source.shape, [source], (x) => to.fromBits(from.toBits(x!))) };
  },
});
