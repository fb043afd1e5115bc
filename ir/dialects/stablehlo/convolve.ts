/**
 * @file Convolution of reference tensors. Floats are multiplied and summed in doubles and rounded once; integers are
 * converted to the result's element and wrap in it.
 */

import { type ElementType, isFloat } from "../../element.js";
import { roundingOf } from "../../float-format.js";
import { advance, emptyArray, getScalar, type NdArray, setScalar, sizeOf, stridesOf } from "../../ndarray.js";
import { reverse, transpose } from "../../ndarray-layout.js";
import { numericsOf, type Scalar } from "../../scalar.js";
import { asDoubles, asElement } from "./contraction.js";
import type { ConvDimensionNumbers } from "./convolution-numbers.js";
import { type WindowAxis, windowEntry } from "./window.js";

export interface ConvolutionForm {
  readonly numbers: ConvDimensionNumbers;
  readonly window: readonly WindowAxis[];
  readonly reversal: readonly boolean[];
  readonly featureGroups: number;
  readonly batchGroups: number;
}

/** The parts of a convolution in one layout: data `[batch, space…, feature]`, kernel `[space…, input, output]`. */
interface Canonical {
  readonly input: NdArray;
  readonly kernel: NdArray;
  readonly space: readonly number[];
  readonly batch: number;
  readonly inputs: number;
  readonly outputs: number;
}

export function convolve(
  lhs: NdArray,
  rhs: NdArray,
  form: ConvolutionForm,
  element: ElementType,
  resultShape: readonly number[],
): NdArray {
  const { numbers: d } = form;
  const input = transpose(lhs, [d.inputBatchDimension, ...d.inputSpatialDimensions, d.inputFeatureDimension]);
  const turned = d.kernelSpatialDimensions.filter((_, i) => form.reversal[i]);
  const kernel = transpose(reverse(rhs, turned), [
    ...d.kernelSpatialDimensions,
    d.kernelInputFeatureDimension,
    d.kernelOutputFeatureDimension,
  ]);
  const order = [d.outputBatchDimension, ...d.outputSpatialDimensions, d.outputFeatureDimension];
  const parts: Canonical = {
    input,
    kernel,
    space: d.outputSpatialDimensions.map((axis) => resultShape[axis]!),
    batch: resultShape[d.outputBatchDimension]!,
    inputs: kernel.shape.at(-2)!,
    outputs: kernel.shape.at(-1)!,
  };
  const out = emptyArray(element, [parts.batch, ...parts.space, parts.outputs]);
  if (isFloat(element)) floatConvolution(out, parts, form, roundingOf(element));
  else plainConvolution(out, parts, form);
  const back = order.map((_, axis) => order.indexOf(axis));
  return transpose(out, back);
}

/** The taps of one output position: which pixel of the input meets which pixel of the kernel, both as flat positions. */
function tapsAt({ input, kernel }: Canonical, window: readonly WindowAxis[], position: readonly number[]): number[] {
  const space = input.shape.slice(1, -1);
  const strides = stridesOf(space);
  const taps: number[] = [];
  const walk = (axis: number, pixel: number, tap: number): void => {
    if (axis === space.length) {
      taps.push(pixel, tap);
      return;
    }
    for (let offset = 0; offset < window[axis]!.size; offset++) {
      const entry = windowEntry(window[axis]!, position[axis]!, offset, space[axis]!);
      if (entry !== undefined) walk(axis + 1, pixel + entry * strides[axis]!, tap * kernel.shape[axis]! + offset);
    }
  };
  walk(0, 0, 0);
  return taps;
}

/** Visits every (output row, input row, kernel row, range of outputs): rows are the features of one pixel. */
function eachProduct(
  parts: Canonical,
  form: ConvolutionForm,
  visit: (outRow: number, input: number, kernelTap: number, group: number) => void,
  done: (outRow: number) => void,
): void {
  const pixels = sizeOf(parts.input.shape.slice(1, -1));
  const features = parts.input.shape.at(-1)!;
  const groups = Math.max(form.featureGroups, form.batchGroups);
  for (let n = 0, row = 0; n < parts.batch; n++) {
    const position = parts.space.map(() => 0);
    for (let p = 0; p < sizeOf(parts.space); p++, row++) {
      const taps = tapsAt(parts, form.window, position);
      for (let group = 0; group < groups; group++) {
        const image = form.batchGroups > 1 ? group * parts.batch + n : n;
        const feature = form.featureGroups > 1 ? group * parts.inputs : 0;
        for (let t = 0; t < taps.length; t += 2)
          visit(row, (image * pixels + taps[t]!) * features + feature, taps[t + 1]!, group);
      }
      done(row);
      advance(position, parts.space);
    }
  }
}

function floatConvolution(out: NdArray, parts: Canonical, form: ConvolutionForm, round: (x: number) => number): void {
  const [left, right] = [asDoubles(parts.input), asDoubles(parts.kernel)];
  const { inputs, outputs } = parts;
  const width = outputs / Math.max(form.featureGroups, form.batchGroups);
  const sums = new Float64Array(outputs);
  const accumulate = (_: number, at: number, tap: number, group: number): void => {
    for (let c = 0; c < inputs; c++) {
      const x = left[at + c]!;
      const k = (tap * inputs + c) * outputs;
      for (let o = group * width; o < (group + 1) * width; o++) sums[o]! += x * right[k + o]!;
    }
  };
  eachProduct(parts, form, accumulate, (row) => {
    for (let o = 0; o < outputs; o++) out.data[row * outputs + o] = round(sums[o]!);
    sums.fill(0);
  });
}

function plainConvolution(out: NdArray, parts: Canonical, form: ConvolutionForm): void {
  const n = numericsOf(out.element);
  const [left, right] = [asElement(parts.input, out.element), asElement(parts.kernel, out.element)];
  const { inputs, outputs } = parts;
  const width = outputs / Math.max(form.featureGroups, form.batchGroups);
  const sums = new Array<Scalar>(outputs).fill(n.zero);
  const accumulate = (_: number, at: number, tap: number, group: number): void => {
    for (let c = 0; c < inputs; c++) {
      const x = getScalar(left, at + c);
      const k = (tap * inputs + c) * outputs;
      for (let o = group * width; o < (group + 1) * width; o++)
        sums[o] = n.add(sums[o]!, n.mul(x, getScalar(right, k + o)));
    }
  };
  eachProduct(parts, form, accumulate, (row) => {
    sums.forEach((sum, o) => setScalar(out, row * outputs + o, sum));
    sums.fill(n.zero);
  });
}
