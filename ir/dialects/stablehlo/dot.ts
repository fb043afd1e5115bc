/** @file Contractions: dot, dot_general and the einsums. Source: StableHLO specification. */

import { type AnyOpDef, defineOp, type Inference } from "../../define.js";
import type { AttrValues, Operation } from "../../graph.js";
import { optionalAttr } from "../../kinds.js";
import type { Assembly, OpParser, OpPrinter } from "../../text/assembly.js";
import { printType, type TensorType } from "../../types.js";
import { parseAssign, parseIndices, parseTail, printTail } from "./assembly.js";
import {
  type DotAlgorithm,
  type DotDimensionNumbers,
  dotAlgorithm,
  dotDimensionNumbers,
  type Precision,
  precision,
  precisionConfig,
} from "./attributes.js";
import { hloTensor } from "./constraints.js";
import { type ContractionAxes, contract } from "./contraction.js";
import { checkAxes, firstProblem, mayEqual, otherAxes, shapedAs } from "./shapes.js";

/** `, precision = [DEFAULT, HIGH]`, where it is given. */
export function printPrecision(config: readonly Precision[] | undefined, printer: OpPrinter): void {
  if (config) printer.text(`, precision = [${config.join(", ")}]`);
}

function parsePrecisionList(parser: OpParser): readonly Precision[] {
  return parser.list("[", "]", () => {
    const word = parser.identifier("a precision");
    return (
      precision.read({ kind: "string", value: word }, parser.context) ?? parser.fail(`unknown precision '${word}'`)
    );
  });
}

/** The parts that may follow the dimensions: `, precision = […], algorithm = <…>`. */
function parseOptions(parser: OpParser, known: AttrValues): AttrValues {
  let options = known;
  while (parser.tryPunct(",")) {
    const word = parser.identifier("precision or algorithm");
    parser.punct("=");
    if (word === "precision") options = { ...options, precision_config: parsePrecisionList(parser) };
    else if (word === "algorithm") options = { ...options, algorithm: parseAlgorithm(parser) };
    else parser.fail(`expected precision or algorithm, found '${word}'`);
  }
  return options;
}

function parseAlgorithm(parser: OpParser): DotAlgorithm {
  const fields = parser.list("<", ">", () => {
    const name = parser.identifier("a field of the algorithm");
    parser.punct("=");
    return `${name} = ${parser.tryInteger() ?? parser.identifier()}`;
  });
  const attr = { kind: "dialect", name: "stablehlo.dot_algorithm", body: fields.join(", ") } as const;
  return dotAlgorithm.read(attr, parser.context) ?? parser.fail(`expected ${dotAlgorithm.describe}`);
}

const dotGeneralAssembly: Assembly = {
  print(op, printer) {
    const { dot_dimension_numbers: d, precision_config: config, algorithm } = dotGeneral.attrsOf(op);
    printer.text(" ");
    printer.values(op.operands);
    const list = (axes: readonly number[]) => `[${axes.join(", ")}]`;
    if (d.lhsBatchingDimensions.length > 0) {
      printer.text(`, batching_dims = ${list(d.lhsBatchingDimensions)} x ${list(d.rhsBatchingDimensions)}`);
    }
    printer.text(`, contracting_dims = ${list(d.lhsContractingDimensions)} x ${list(d.rhsContractingDimensions)}`);
    printPrecision(config, printer);
    if (algorithm) printer.text(`, algorithm = ${printer.prettyAttr(op, "algorithm").replace(/^#[\w.]+/, "")}`);
    printTail(op, printer, ["dot_dimension_numbers", "precision_config", "algorithm"]);
  },
  parse(parser, def) {
    const lhs = parser.operand();
    parser.punct(",");
    const rhs = parser.operand();
    parser.punct(",");
    const pair = (): [number[], number[]] => {
      const left = parseIndices(parser);
      parser.keyword("x");
      return [left, parseIndices(parser)];
    };
    const word = parser.identifier("batching_dims or contracting_dims");
    parser.punct("=");
    const first = pair();
    let [batch, contracting] = [[[], []] as [number[], number[]], first];
    if (word === "batching_dims") {
      parser.punct(",");
      parseAssign(parser, "contracting_dims");
      [batch, contracting] = [first, pair()];
    }
    const dimensions: DotDimensionNumbers = {
      lhsBatchingDimensions: batch[0],
      rhsBatchingDimensions: batch[1],
      lhsContractingDimensions: contracting[0],
      rhsContractingDimensions: contracting[1],
    };
    return parseTail(parser, def, [lhs, rhs], parseOptions(parser, { dot_dimension_numbers: dimensions }));
  },
};

/** The axes of a dot's dimension numbers. */
export function contractionAxes(d: DotDimensionNumbers): ContractionAxes {
  return {
    batch: [d.lhsBatchingDimensions, d.rhsBatchingDimensions],
    contracting: [d.lhsContractingDimensions, d.rhsContractingDimensions],
  };
}

/** What is wrong with the axes of a contraction. */
export function checkContraction(
  { context }: Inference,
  lhs: TensorType,
  rhs: TensorType,
  { batch, contracting }: ContractionAxes,
): string | undefined {
  const pairs = [
    ...batch[0].map((a, i) => [a, batch[1][i]] as const),
    ...contracting[0].map((a, i) => [a, contracting[1][i]] as const),
  ];
  return firstProblem(
    batch[0].length !== batch[1].length && `${batch[0].length} and ${batch[1].length} batching axes`,
    contracting[0].length !== contracting[1].length &&
      `${contracting[0].length} and ${contracting[1].length} contracting axes`,
    checkAxes("lhs", [...batch[0], ...contracting[0]], lhs.shape.length),
    checkAxes("rhs", [...batch[1], ...contracting[1]], rhs.shape.length),
    ...pairs.map(([l, r]) => {
      const fits = r === undefined || mayEqual(context, lhs.shape[l] ?? 0, rhs.shape[r] ?? 0);
      return !fits && `axis ${l} of ${printType(lhs)} and axis ${r} of ${printType(rhs)} differ in size`;
    }),
  );
}

export const dotGeneral = defineOp("stablehlo.dot_general", {
  summary: "Sums of products over contracting axes, for every index of the batching axes.",
  operands: { lhs: hloTensor, rhs: hloTensor },
  attrs: {
    dot_dimension_numbers: dotDimensionNumbers,
    precision_config: optionalAttr(precisionConfig),
    algorithm: optionalAttr(dotAlgorithm),
  },
  results: { result: hloTensor },
  traits: ["pure"],
  format: dotGeneralAssembly,
  infer({ lhs, rhs }, { dot_dimension_numbers: numbers }, inference) {
    const axes = contractionAxes(numbers);
    const problem = checkContraction(inference, lhs, rhs, axes);
    if (problem !== undefined) return problem;
    const rest = (t: TensorType, side: 0 | 1) =>
      otherAxes(t.shape.length, [...axes.batch[side], ...axes.contracting[side]]).map((i) => t.shape[i]!);
    const batch = axes.batch[0].map(
      (axis, i) => inference.context.mergeDims(lhs.shape[axis]!, rhs.shape[axes.batch[1][i]!]!)!,
    );
    return { result: shapedAs(inference, [...batch, ...rest(lhs, 0), ...rest(rhs, 1)], lhs.element) };
  },
  evaluate: ({ lhs, rhs }, { dot_dimension_numbers: numbers }, { op }) => ({
    result: contract(lhs, rhs, contractionAxes(numbers), elementOf(op)),
  }),
});

function elementOf(op: Operation): TensorType["element"] {
  return (op.result.type as TensorType).element;
}

const dotAssembly: Assembly = {
  print(op, printer) {
    printer.text(" ");
    printer.values(op.operands);
    printPrecision(dot.attrsOf(op).precision_config, printer);
    printTail(op, printer, ["precision_config"]);
  },
  parse(parser: OpParser, def: AnyOpDef) {
    const lhs = parser.operand();
    parser.punct(",");
    const operands = [lhs, parser.operand()];
    return parseTail(parser, def, operands, parseOptions(parser, {}));
  },
};

/** Vectors and matrices: the last axis of the left with the first of the right. */
const plainAxes = (lhs: { readonly shape: readonly unknown[] }): ContractionAxes => ({
  batch: [[], []],
  contracting: [[lhs.shape.length - 1], [0]],
});

export const dot = defineOp("stablehlo.dot", {
  summary: "Product of vectors and matrices.",
  operands: { lhs: hloTensor, rhs: hloTensor },
  attrs: { precision_config: optionalAttr(precisionConfig) },
  results: { result: hloTensor },
  traits: ["pure"],
  format: dotAssembly,
  infer({ lhs, rhs }, _, inference) {
    const ranks = [lhs.shape.length, rhs.shape.length];
    if (ranks.some((r) => r !== 1 && r !== 2))
      return `takes vectors and matrices, not ${printType(lhs)} and ${printType(rhs)}`;
    const problem = checkContraction(inference, lhs, rhs, plainAxes(lhs));
    return problem ?? { result: shapedAs(inference, [...lhs.shape.slice(0, -1), ...rhs.shape.slice(1)], lhs.element) };
  },
  evaluate: ({ lhs, rhs }, _, { op }) => ({ result: contract(lhs, rhs, plainAxes(lhs), elementOf(op)) }),
});
