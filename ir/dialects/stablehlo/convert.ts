/**
 * @file Operations that change what an element is: conversions, bit patterns, parts of complex numbers, precision.
 * Source: StableHLO specification; where it leaves a choice, what XLA does.
 */

import { defineOp } from "../../define.js";
import type { Dim } from "../../dim.js";
import { complexOf, elementFacts, partOf } from "../../element.js";
import { complexTensor, floatOrComplexTensor, floatTensor, i32 } from "../../kinds.js";
import { emptyArray, filled, fromBytes, lanesOf, mapElements, type NdArray, sizeOf, toBytes } from "../../ndarray.js";
import { convertScalar, numericsOf } from "../../scalar.js";
import type { Assembly } from "../../text/assembly.js";
import { printSameType } from "../../text/format.js";
import { elementOf, printType, type TensorType } from "../../types.js";
import { parseAssign, parseSameType } from "./assembly.js";
import { hloTensor, partTensor } from "./constraints.js";
import { reducePrecisionOf } from "./reduce-precision.js";
import { givenTensor, joinShapes, joinTensors } from "./shapes.js";

export const convert = defineOp("stablehlo.convert", {
  summary: "The same numbers as another element; floats to integers truncate and saturate.",
  operands: { operand: hloTensor },
  attrs: {},
  results: { result: hloTensor },
  traits: ["pure", "elementwise"],
  format: "$operand attr-dict `:` same-type",
  infer({ operand }, _, inference) {
    const given = givenTensor(inference);
    if (!given) return "the result type must be given";
    const shape = joinShapes(inference.context, given.shape, operand.shape);
    if (!shape) return `the sizes of ${printType(given)} are not those of ${printType(operand)}`;
    return { result: inference.context.types.tensor(shape, given.element, given.encoding) };
  },
  entry(op) {
    const [from, to] = [elementOf(op.operand(0).type), elementOf(op.result.type)];
    return (x) => convertScalar(x!, from, to);
  },
  evaluate({ operand }, _, { op }) {
    const { element } = op.result.type as TensorType;
    if (element === operand.element) return { result: operand };
    return {
      result: mapElements(element, operand.shape, [operand], (x) => convertScalar(x, operand.element, element)),
    };
  },
});

export const bitcastConvert = defineOp("stablehlo.bitcast_convert", {
  summary: "The same bits as another element; a wider element takes in the last axis, a narrower one adds one.",
  operands: { operand: hloTensor },
  attrs: {},
  results: { result: hloTensor },
  traits: ["pure"],
  format: "$operand attr-dict `:` functional-type(operands, results)",
  infer({ operand }, _, inference) {
    const given = givenTensor(inference);
    if (!given) return "the result type must be given";
    const shape = bitcastShape(operand, given);
    if (typeof shape === "string") return shape;
    const joined = joinShapes(inference.context, given.shape, shape);
    if (!joined) return `${printType(operand)} cannot be read as ${printType(given)}`;
    return { result: inference.context.types.tensor(joined, given.element, given.encoding) };
  },
  evaluate({ operand }, _, evaluation) {
    const { element } = evaluation.op.result.type as TensorType;
    return { result: bitcast(operand, element, evaluation.shape()) };
  },
});

function bitcastShape(from: TensorType, to: TensorType): readonly Dim[] | string {
  const [a, b] = [elementFacts[from.element].bits, elementFacts[to.element].bits];
  if (a === b) return from.shape;
  if (a > b) return a % b === 0 ? [...from.shape, a / b] : `${from.element} does not divide into ${to.element}`;
  const last = from.shape.at(-1);
  if (b % a !== 0 || (typeof last === "number" && last !== b / a)) {
    return `the last axis of ${printType(from)} must hold the ${b / a} parts of a ${to.element}`;
  }
  return from.shape.slice(0, -1);
}

/** Little-endian: part 0 of a wider element is its low bits. */
function bitcast(from: NdArray, element: TensorType["element"], shape: readonly number[]): NdArray {
  const [a, b] = [elementFacts[from.element].bits, elementFacts[element].bits];
  const wholeBytes = a % 8 === 0 && b % 8 === 0;
  if (wholeBytes) return fromBytes(element, shape, toBytes(from).slice());
  const source = numericsOf(from.element);
  const target = numericsOf(element);
  const out = emptyArray(element, shape);
  const [few, many] = a > b ? [a / b, 1] : [1, b / a];
  for (let i = 0, k = 0; i < from.data.length; i += many) {
    let bits = 0n;
    for (let j = 0; j < many; j++) bits |= source.toBits(from.data[i + j]!) << BigInt(j * a);
    for (let j = 0; j < few; j++, k++)
      out.data[k] = target.fromBits((bits >> BigInt(j * b)) & ((1n << BigInt(b)) - 1n)) as number;
  }
  return out;
}

const complexAssembly: Assembly = {
  print(op, printer) {
    printer.text(" ");
    printer.values(op.operands);
    printer.attrDict(op, []);
    printer.text(" : ");
    const result = op.result.type as TensorType;
    const part = printType({ ...result, element: partOf(result.element) });
    if (op.operands.every((x) => printType(x.type) === part)) printer.type(result);
    else {
      printer.functionType(
        op.operands.map((x) => x.type),
        [result],
      );
    }
  },
  parse(parser, def) {
    const operands = parser.operands();
    const { attrs, extra } = parser.splitAttrs(def, parser.attrDict());
    parser.punct(":");
    if (parser.peek("(")) {
      const { inputs, results } = parser.functionType();
      parser.expectTypes(operands, inputs);
      return { operands, attrs, extra, results };
    }
    const type = parser.type();
    if (!complexTensor.accepts(type)) return parser.fail(`expected ${complexTensor.describe}`);
    const part = parser.context.types.withElement(type, partOf(type.element));
    parser.expectTypes(operands, [part, part]);
    return { operands, attrs, extra, results: [type] };
  },
};

export const complex = defineOp("stablehlo.complex", {
  summary: "Complex numbers of given real and imaginary parts.",
  operands: { lhs: partTensor, rhs: partTensor },
  attrs: {},
  results: { result: complexTensor },
  traits: ["pure", "elementwise"],
  format: complexAssembly,
  infer({ lhs, rhs }, _, { context }) {
    const joined = joinTensors(context, lhs, rhs);
    if (!joined) return `${printType(lhs)} and ${printType(rhs)} differ`;
    return { result: context.types.withElement(joined, complexOf(joined.element)!) };
  },
  evaluate: ({ lhs, rhs }) => ({
    result: mapElements(complexOf(lhs.element)!, lhs.shape, [lhs, rhs], (re, im) => ({
      re: re as number,
      im: im as number,
    })),
  }),
});

function part(name: "real" | "imag", summary: string, lane: 0 | 1) {
  return defineOp(`stablehlo.${name}`, {
    summary,
    operands: { operand: floatOrComplexTensor },
    attrs: {},
    results: { result: floatTensor },
    traits: ["pure", "elementwise"],
    format: "$operand attr-dict `:` same-type",
    infer: ({ operand }, _, { context }) => ({ result: context.types.withElement(operand, partOf(operand.element)) }),
    evaluate({ operand }) {
      const out = emptyArray(partOf(operand.element), operand.shape);
      const lanes = lanesOf(operand.element);
      if (lane >= lanes) return { result: filled(out.element, out.shape, numericsOf(out.element).fromNumber(0)) };
      const size = sizeOf(operand.shape);
      for (let i = 0; i < size; i++) out.data[i] = operand.data[i * lanes + lane]!;
      return { result: out };
    },
  });
}

export const real = part("real", "Real part; a float is its own.", 0);
export const imag = part("imag", "Imaginary part; 0 for a float.", 1);

export const isFiniteOp = defineOp("stablehlo.is_finite", {
  summary: "Whether the element is neither infinite nor NaN.",
  operands: { x: floatTensor },
  attrs: {},
  results: { y: hloTensor },
  traits: ["pure", "elementwise"],
  format: "$x attr-dict `:` functional-type(operands, results)",
  infer: ({ x }, _, { context }) => ({ y: context.types.withElement(x, "i1") }),
  entry: () => (x) => Number(Number.isFinite(x)),
  evaluate: ({ x }) => ({ y: mapElements("i1", x.shape, [x], (v) => Number(Number.isFinite(v))) }),
});

const reducePrecisionAssembly: Assembly = {
  print(op, printer) {
    const { exponent_bits: e, mantissa_bits: m } = reducePrecision.attrsOf(op);
    printer.text(" ");
    printer.values(op.operands);
    printer.text(`, format = e${e}m${m}`);
    printer.attrDict(op, ["exponent_bits", "mantissa_bits"]);
    printer.text(" : ");
    printSameType(op, printer);
  },
  parse(parser, def) {
    const operands = [parser.operand()];
    parser.punct(",");
    parseAssign(parser, "format");
    const [, e, m] =
      /^e(\d+)m(\d+)$/.exec(parser.identifier("a format such as e5m10")) ??
      parser.fail("expected a format such as e5m10");
    const known = { exponent_bits: Number(e), mantissa_bits: Number(m) };
    const { attrs, extra } = parser.splitAttrs(def, parser.attrDict(), known);
    parser.punct(":");
    return { operands, attrs, extra, results: parseSameType(parser, operands) };
  },
};

export const reducePrecision = defineOp("stablehlo.reduce_precision", {
  summary: "Rounded to a float format of fewer bits, in the same element.",
  operands: { operand: floatTensor },
  attrs: { exponent_bits: i32, mantissa_bits: i32 },
  results: { output: floatTensor },
  traits: ["pure", "elementwise"],
  format: reducePrecisionAssembly,
  infer: ({ operand }) => ({ output: operand }),
  verify(_, { exponent_bits: e, mantissa_bits: m }) {
    return e >= 1 && m >= 0 ? undefined : `a format has at least one exponent bit, not e${e}m${m}`;
  },
  evaluate({ operand }, { exponent_bits: e, mantissa_bits: m }) {
    const round = reducePrecisionOf(operand.element, e, m);
    return { output: mapElements(operand.element, operand.shape, [operand], (x) => round(x as number)) };
  },
});
