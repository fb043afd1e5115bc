/** @file `tensor`: operations whose region computes an element from its position. */

import { defineOp, type Evaluation } from "../../define.js";
import type { Dim } from "../../dim.js";
import type { Value } from "../../graph.js";
import { anyTensor, anyType, i64Array, indexScalar, optionalAttr, unit, variadic } from "../../kinds.js";
import { type NdArray, stridesOf, tabulate } from "../../ndarray.js";
import { copyStrided } from "../../ndarray-layout.js";
import { numericsOf, type Scalar } from "../../scalar.js";
import type { Assembly } from "../../text/assembly.js";
import { checkMixed, DYNAMIC, mixedNumbers, parseMixed, printMixed } from "../../text/mixed-indices.js";
import { printType, type TensorType } from "../../types.js";
import { countDynamic, sizesFrom } from "./access.js";

export const yieldOp = defineOp("tensor.yield", {
  summary: "Gives the element.",
  operands: { value: anyType },
  attrs: {},
  results: {},
  traits: ["terminator"],
  format: "$value attr-dict `:` type($value)",
});

/** The element that the region gives at each position. */
function elementAt(evaluation: Evaluation): (index: readonly number[]) => Scalar {
  return (index) => evaluation.run(0, [...index])[0] as Scalar;
}

/** What is wrong with a region that maps positions to elements of `type`, or `undefined`. */
function checkElementRegion(
  op: { region(i: number): { blocks: readonly { args: readonly Value[] }[] } },
  type: TensorType,
): string | undefined {
  const args = op.region(0).blocks[0]?.args ?? [];
  const fits = args.length === type.shape.length && args.every((x) => indexScalar.accepts(x.type));
  return fits ? undefined : `the region must take ${type.shape.length} values of type index`;
}

export const generate = defineOp("tensor.generate", {
  summary: "A tensor whose elements a region computes from their positions.",
  operands: { dynamicExtents: variadic(indexScalar) },
  attrs: {},
  results: { result: anyTensor },
  regions: ["body"],
  traits: ["pure"],
  format: "$dynamicExtents $body attr-dict `:` type($result)",
  verify(op) {
    const type = op.result.type as TensorType;
    if (countDynamic(type) !== op.operands.length) return `${op.operands.length} sizes for ${printType(type)}`;
    return checkElementRegion(op, type);
  },
  evaluate({ dynamicExtents: sizes }, _, evaluation) {
    const type = evaluation.op.result.type as TensorType;
    return { result: tabulate(type.element, sizesFrom(type, sizes), elementAt(evaluation)) };
  },
});

const padAssembly: Assembly = {
  print(op, printer) {
    const { source, low, high } = op.def.operandsOf(op) as {
      source: Value;
      low: readonly Value[];
      high: readonly Value[];
    };
    printer.text(" ");
    printer.value(source);
    if (op.attrs["nofold"]) printer.text(" nofold");
    printer.text(" low");
    printMixed(printer, op.attrs["static_low"] as readonly number[], low);
    printer.text(" high");
    printMixed(printer, op.attrs["static_high"] as readonly number[], high);
    printer.text(" ");
    printer.region(op.region(0));
    printer.attrDict(op, ["nofold", "static_low", "static_high", "*segments"]);
    printer.text(" : ");
    printer.type(source.type);
    printer.text(" to ");
    printer.type(op.result.type);
  },
  parse(parser, def) {
    const source = parser.operand();
    const nofold = parser.tryKeyword("nofold") ? { nofold: true } : {};
    parser.keyword("low");
    const low = parseMixed(parser);
    parser.keyword("high");
    const high = parseMixed(parser);
    const regions = [parser.region()];
    const dict = parser.attrDict();
    parser.punct(":");
    parser.expectTypes([source], [parser.type()]);
    parser.keyword("to");
    const known = { ...nofold, static_low: low.fixed, static_high: high.fixed };
    const operands = [source, ...low.values, ...high.values];
    const segments = [1, low.values.length, high.values.length];
    return { operands, segments, regions, results: [parser.type()], ...parser.splitAttrs(def, dict, known) };
  },
};

export const pad = defineOp("tensor.pad", {
  summary: "A tensor with margins; a region computes their elements.",
  operands: { source: anyTensor, low: variadic(indexScalar), high: variadic(indexScalar) },
  attrs: { static_low: i64Array, static_high: i64Array, nofold: optionalAttr(unit) },
  results: { result: anyTensor },
  regions: ["body"],
  traits: ["pure"],
  format: padAssembly,
  infer({ source, low, high }, { static_low: fixedLow, static_high: fixedHigh }, { context }) {
    const rank = source.shape.length;
    const problem =
      checkMixed("low margins", fixedLow, low.length, rank) ?? checkMixed("high margins", fixedHigh, high.length, rank);
    if (problem !== undefined) return problem;
    const shape = source.shape.map((d, i): Dim => {
      const margins = [fixedLow[i]!, fixedHigh[i]!];
      return margins.includes(DYNAMIC) ? context.unknownDim : context.dims.add(d, margins[0]! + margins[1]!);
    });
    return { result: context.types.tensor(shape, source.element) };
  },
  verify: (op) => checkElementRegion(op, op.result.type as TensorType),
  evaluate({ source, low, high }, { static_low: fixedLow, static_high: fixedHigh }, evaluation) {
    const [before, after] = [mixedNumbers(fixedLow, low), mixedNumbers(fixedHigh, high)];
    const shape = source.shape.map((n, i) => before[i]! + n + after[i]!);
    return { result: padArray(source, shape, before, elementAt(evaluation)) };
  },
});

function padArray(
  source: NdArray,
  shape: readonly number[],
  before: readonly number[],
  margin: (index: readonly number[]) => Scalar,
): NdArray {
  const isInside = (index: readonly number[]): boolean =>
    index.every((x, i) => x >= before[i]! && x < before[i]! + source.shape[i]!);
  const { zero } = numericsOf(source.element);
  const out = tabulate(source.element, shape, (index) => (isInside(index) ? zero : margin(index)));
  const strides = stridesOf(shape);
  const offset = before.reduce((sum, x, i) => sum + x * strides[i]!, 0);
  copyStrided(source.shape, out, { offset, strides }, source, { offset: 0, strides: stridesOf(source.shape) });
  return out;
}
