/**
 * @file Which axis of a convolution's tensors means what: `[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]`.
 * `b` is the batch, `f` the features, `i` and `o` the kernel's input and output features, digits the spatial axes.
 */

import type { Attr } from "../../attrs.js";
import type { AttrKind } from "../../slots.js";

export interface ConvDimensionNumbers {
  readonly inputBatchDimension: number;
  readonly inputFeatureDimension: number;
  readonly inputSpatialDimensions: readonly number[];
  readonly kernelInputFeatureDimension: number;
  readonly kernelOutputFeatureDimension: number;
  readonly kernelSpatialDimensions: readonly number[];
  readonly outputBatchDimension: number;
  readonly outputFeatureDimension: number;
  readonly outputSpatialDimensions: readonly number[];
}

type Labels = readonly [first: string, second: string];
const data: Labels = ["b", "f"];
const kernel: Labels = ["i", "o"];

export function printConvNumbers(d: ConvDimensionNumbers): string {
  const input = printAxes(data, d.inputBatchDimension, d.inputFeatureDimension, d.inputSpatialDimensions);
  const weights = printAxes(
    kernel,
    d.kernelInputFeatureDimension,
    d.kernelOutputFeatureDimension,
    d.kernelSpatialDimensions,
  );
  const output = printAxes(data, d.outputBatchDimension, d.outputFeatureDimension, d.outputSpatialDimensions);
  return `${input}x${weights}->${output}`;
}

function printAxes(labels: Labels, first: number, second: number, spatial: readonly number[]): string {
  const text: string[] = [];
  text[first] = labels[0];
  text[second] = labels[1];
  spatial.forEach((axis, i) => {
    text[axis] = String(i);
  });
  return `[${text.join(", ")}]`;
}

/** `undefined` where the text is none, or does not name every axis once. */
export function parseConvNumbers(text: string): ConvDimensionNumbers | undefined {
  const match = /^\[([^\]]*)\]x\[([^\]]*)\]->\[([^\]]*)\]$/.exec(text.replaceAll(/\s/g, ""));
  const input = match && parseAxes(match[1]!, data);
  const weights = match && parseAxes(match[2]!, kernel);
  const output = match && parseAxes(match[3]!, data);
  if (!input || !weights || !output) return undefined;
  return {
    inputBatchDimension: input.first,
    inputFeatureDimension: input.second,
    inputSpatialDimensions: input.spatial,
    kernelInputFeatureDimension: weights.first,
    kernelOutputFeatureDimension: weights.second,
    kernelSpatialDimensions: weights.spatial,
    outputBatchDimension: output.first,
    outputFeatureDimension: output.second,
    outputSpatialDimensions: output.spatial,
  };
}

function parseAxes(text: string, labels: Labels): { first: number; second: number; spatial: number[] } | undefined {
  const words = text.split(",");
  const spatial = words.slice(2).map((_, i) => words.indexOf(String(i)));
  const [first, second] = [words.indexOf(labels[0]), words.indexOf(labels[1])];
  return first < 0 || second < 0 || spatial.includes(-1) ? undefined : { first, second, spatial };
}

export const convDimensionNumbers: AttrKind<ConvDimensionNumbers> = {
  describe: "#stablehlo.conv<[b, 0, f]x[0, i, o]->[b, 0, f]> or the like",
  read: (a: Attr) => (a.kind === "dialect" && a.name === "stablehlo.conv" ? parseConvNumbers(a.body) : undefined),
  write: (value) => ({ kind: "dialect", name: "stablehlo.conv", body: printConvNumbers(value) }),
};
