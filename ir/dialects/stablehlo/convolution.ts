/** @file Convolutions. Source: StableHLO specification, "convolution". */

import { defineOp, type Inference } from "../../define.js";
import type { Dim } from "../../dim.js";
import { boolArray, i64, i64Array, optionalAttr } from "../../kinds.js";
import type { NdArray } from "../../ndarray.js";
import type { Assembly, OpParser } from "../../text/assembly.js";
import { printType, type TensorType } from "../../types.js";
import { parseAssign, parseIndices, parseTail, printTail } from "./assembly.js";
import { pairs, precisionConfig } from "./attributes.js";
import { hloTensor } from "./constraints.js";
import {
  type ConvDimensionNumbers,
  convDimensionNumbers,
  parseConvNumbers,
  printConvNumbers,
} from "./convolution-numbers.js";
import { convolve } from "./convolve.js";
import { checkAxes, firstProblem, mayEqual, shapedAs } from "./shapes.js";
import { type Pair, type WindowAxis, windowAxes, windowCount } from "./window.js";

const windowAttrs = {
  window_strides: optionalAttr(i64Array),
  lhs_dilation: optionalAttr(i64Array),
  rhs_dilation: optionalAttr(i64Array),
  window_reversal: optionalAttr(boolArray),
} as const;

const commonAttrs = {
  dimension_numbers: convDimensionNumbers,
  feature_group_count: i64,
  batch_group_count: i64,
  precision_config: optionalAttr(precisionConfig),
} as const;

interface ConvolutionAttributes {
  readonly window_strides: readonly number[] | undefined;
  readonly padding: readonly Pair[] | undefined;
  readonly lhs_dilation: readonly number[] | undefined;
  readonly rhs_dilation: readonly number[] | undefined;
  readonly window_reversal: readonly boolean[] | undefined;
  readonly dimension_numbers: ConvDimensionNumbers;
  readonly feature_group_count: number;
  readonly batch_group_count: number;
}

/** The fields of `window = {…}`, in the order of the text. */
const windowFields = {
  stride: "window_strides",
  pad: "padding",
  lhs_dilate: "lhs_dilation",
  rhs_dilate: "rhs_dilation",
  reverse: "window_reversal",
} as const;

const convolutionAssembly: Assembly = {
  print(op, printer) {
    const attrs = convolution.attrsOf(op);
    printer.text("(");
    printer.values(op.operands);
    printer.text(`) dim_numbers = ${printConvNumbers(attrs.dimension_numbers)}, window = {`);
    const fields = Object.entries(windowFields).flatMap(([word, name]) => {
      const value = attrs[name];
      if (value === undefined) return [];
      const items = value.map((x) => (typeof x === "object" ? `[${x.join(", ")}]` : String(x)));
      return [`${word} = [${items.join(", ")}]`];
    });
    printer.text(`${fields.join(", ")}}`);
    printTail(op, printer, ["dimension_numbers", ...Object.values(windowFields)]);
  },
  parse(parser, def) {
    const operands = parser.list("(", ")", () => parser.operand());
    parseAssign(parser, "dim_numbers");
    const known: Record<string, unknown> = { dimension_numbers: parseNumbers(parser) };
    parser.punct(",");
    parseAssign(parser, "window");
    parser.list("{", "}", () => {
      const word = parser.identifier(`one of ${Object.keys(windowFields).join(", ")}`);
      if (!Object.hasOwn(windowFields, word))
        parser.fail(`'${word}' is none of ${Object.keys(windowFields).join(", ")}`);
      parser.punct("=");
      known[windowFields[word as keyof typeof windowFields]] = parseField(parser, word);
    });
    return parseTail(parser, def, operands, known);
  },
};

function parseField(parser: OpParser, word: string): unknown {
  if (word === "pad") return parser.list("[", "]", () => parseIndices(parser));
  if (word !== "reverse") return parseIndices(parser);
  return parser.list("[", "]", () => (parser.tryInteger() ?? (parser.identifier() === "true" ? 1n : 0n)) !== 0n);
}

/** `[b, 0, f]x[0, i, o]->[b, 0, f]` */
function parseNumbers(parser: OpParser): ConvDimensionNumbers {
  const axes = () => `[${parser.list("[", "]", () => parser.tryInteger() ?? parser.identifier()).join(", ")}]`;
  const input = axes();
  if (!parser.tryPunct("x")) parser.fail("expected 'x'");
  const kernel = axes();
  parser.punct("->");
  return parseConvNumbers(`${input}x${kernel}->${axes()}`) ?? parser.fail(`expected ${convDimensionNumbers.describe}`);
}

export const convolution = defineOp("stablehlo.convolution", {
  summary: "Sums of products of a kernel with the window under it, at every position of the window.",
  operands: { lhs: hloTensor, rhs: hloTensor },
  attrs: { ...windowAttrs, padding: optionalAttr(pairs), ...commonAttrs },
  results: { result: hloTensor },
  traits: ["pure"],
  format: convolutionAssembly,
  infer: ({ lhs, rhs }, attrs, inference) => inferConvolution(lhs, rhs, attrs, inference),
  evaluate: ({ lhs, rhs }, attrs, { op, context }) => ({
    result: evaluateConvolution(
      lhs,
      rhs,
      attrs,
      (op.result.type as TensorType).element,
      (n, w) => windowCount(context, n, w) as number,
    ),
  }),
});

export const dynamicConv = defineOp("stablehlo.dynamic_conv", {
  summary: "Like convolution, with padding computed by the program.",
  operands: { lhs: hloTensor, rhs: hloTensor, padding: hloTensor },
  attrs: { ...windowAttrs, ...commonAttrs },
  results: { result: hloTensor },
  traits: ["pure"],
  infer({ lhs, rhs, padding }, attrs, inference) {
    const d = attrs.dimension_numbers;
    const axes = d.inputSpatialDimensions.length;
    if (padding.shape.length !== 2 || padding.shape[0] !== axes || padding.shape[1] !== 2)
      return `the padding must be ${axes} pairs, not ${printType(padding)}`;
    const made = inferConvolution(lhs, rhs, { ...attrs, padding: undefined }, inference);
    if (typeof made === "string") return made;
    const shape = made.result.shape.map((n, axis) =>
      d.outputSpatialDimensions.includes(axis) ? inference.context.unknownDim : n,
    );
    return { result: inference.context.withShape(made.result, shape) };
  },
  evaluate({ lhs, rhs, padding }, attrs, { op, context }) {
    const amounts = Array.from(padding.data, Number);
    const rows = attrs.dimension_numbers.inputSpatialDimensions.map(
      (_, i): Pair => [amounts[2 * i]!, amounts[2 * i + 1]!],
    );
    const { element } = op.result.type as TensorType;
    return {
      result: evaluateConvolution(
        lhs,
        rhs,
        { ...attrs, padding: rows },
        element,
        (n, w) => windowCount(context, n, w) as number,
      ),
    };
  },
});

function windowOf(rhs: readonly Dim[], attrs: ConvolutionAttributes): readonly WindowAxis[] | string {
  return windowAxes({
    sizes: attrs.dimension_numbers.kernelSpatialDimensions.map((axis) => Number(rhs[axis])),
    strides: attrs.window_strides,
    padding: attrs.padding,
    baseDilations: attrs.lhs_dilation,
    windowDilations: attrs.rhs_dilation,
  });
}

function inferConvolution(
  lhs: TensorType,
  rhs: TensorType,
  attrs: ConvolutionAttributes,
  inference: Inference,
): { readonly result: TensorType } | string {
  const { context } = inference;
  const problem = checkLayout(lhs, rhs, attrs) ?? checkGroups(lhs, rhs, attrs, inference);
  if (problem !== undefined) return problem;
  const window = windowOf(rhs.shape, attrs);
  if (typeof window === "string") return window;
  const d = attrs.dimension_numbers;
  const shape = lhs.shape.map((): Dim => 0);
  shape[d.outputBatchDimension] = context.dims.floorDiv(lhs.shape[d.inputBatchDimension]!, attrs.batch_group_count);
  shape[d.outputFeatureDimension] = rhs.shape[d.kernelOutputFeatureDimension]!;
  d.outputSpatialDimensions.forEach((axis, i) => {
    shape[axis] = windowCount(context, lhs.shape[d.inputSpatialDimensions[i]!]!, window[i]!);
  });
  return { result: shapedAs(inference, shape, lhs.element) };
}

function checkLayout(lhs: TensorType, rhs: TensorType, attrs: ConvolutionAttributes): string | undefined {
  const d = attrs.dimension_numbers;
  const rank = lhs.shape.length;
  const spatial = [d.inputSpatialDimensions, d.kernelSpatialDimensions, d.outputSpatialDimensions];
  return firstProblem(
    rhs.shape.length !== rank && `${printType(lhs)} and ${printType(rhs)} differ in rank`,
    spatial.some((axes) => axes.length !== rank - 2) &&
      `dim_numbers does not name the ${rank} axes of ${printType(lhs)}`,
    checkAxes("dim_numbers", [d.inputBatchDimension, d.inputFeatureDimension, ...d.inputSpatialDimensions], rank),
    checkAxes(
      "dim_numbers",
      [d.kernelInputFeatureDimension, d.kernelOutputFeatureDimension, ...d.kernelSpatialDimensions],
      rank,
    ),
    checkAxes("dim_numbers", [d.outputBatchDimension, d.outputFeatureDimension, ...d.outputSpatialDimensions], rank),
    d.kernelSpatialDimensions.some((axis) => typeof rhs.shape[axis] !== "number") &&
      `the kernel ${printType(rhs)} must have known spatial sizes`,
    attrs.window_reversal &&
      attrs.window_reversal.length !== rank - 2 &&
      `${attrs.window_reversal.length} reversals for ${rank - 2} spatial axes`,
  );
}

function checkGroups(
  lhs: TensorType,
  rhs: TensorType,
  attrs: ConvolutionAttributes,
  { context }: Inference,
): string | undefined {
  const { dims } = context;
  const { dimension_numbers: d, feature_group_count: features, batch_group_count: batches } = attrs;
  const [channels, images] = [lhs.shape[d.inputFeatureDimension]!, lhs.shape[d.inputBatchDimension]!];
  const [inputs, outputs] = [rhs.shape[d.kernelInputFeatureDimension]!, rhs.shape[d.kernelOutputFeatureDimension]!];
  const splits = (n: Dim, groups: number) => typeof n !== "number" || n % groups === 0;
  return firstProblem(
    !(features >= 1 && batches >= 1) && `group counts ${features} and ${batches} must be positive`,
    features > 1 && batches > 1 && "features and batch cannot both be in groups",
    !splits(images, batches) && `a batch of ${images} is not ${batches} groups`,
    !splits(outputs, features) && `${outputs} output features are not ${features} groups`,
    !splits(outputs, batches) && `${outputs} output features are not ${batches} groups`,
    !mayEqual(context, dims.mul(inputs, features), channels) &&
      `${dims.print(channels)} input features are not ${features} groups of ${dims.print(inputs)}`,
  );
}

function evaluateConvolution(
  lhs: NdArray,
  rhs: NdArray,
  attrs: ConvolutionAttributes,
  element: TensorType["element"],
  count: (n: number, axis: WindowAxis) => number,
): NdArray {
  const d = attrs.dimension_numbers;
  const window = windowOf(rhs.shape, attrs) as readonly WindowAxis[];
  const shape = lhs.shape.map(() => 0);
  shape[d.outputBatchDimension] = lhs.shape[d.inputBatchDimension]! / attrs.batch_group_count;
  shape[d.outputFeatureDimension] = rhs.shape[d.kernelOutputFeatureDimension]!;
  d.outputSpatialDimensions.forEach((axis, i) => {
    shape[axis] = count(lhs.shape[d.inputSpatialDimensions[i]!]!, window[i]!);
  });
  const form = {
    numbers: d,
    window,
    reversal: attrs.window_reversal ?? [],
    featureGroups: attrs.feature_group_count,
    batchGroups: attrs.batch_group_count,
  };
  return convolve(lhs, rhs, form, element, shape);
}
