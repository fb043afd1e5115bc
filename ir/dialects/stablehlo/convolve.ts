/**
 * @file Convolution of reference tensors. Floats are multiplied and summed in doubles and rounded once; integers are
 * converted to the result's element and wrap in it.
 */

import { type ElementType, isFloat } from "../../element.js";
import { advance, emptyArray, lanesOf, type NdArray, sizeOf, stridesOf } from "../../ndarray.js";
import { copyStrided, gatherView, reverse, transpose } from "../../ndarray-layout.js";
import { asDoubles, asElement, contract } from "./contraction.js";
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
  const parts: Canonical = {
    input: widened(input, element),
    kernel: widened(kernel, element),
    space: d.outputSpatialDimensions.map((axis) => resultShape[axis]!),
    batch: resultShape[d.outputBatchDimension]!,
    inputs: kernel.shape.at(-2)!,
    outputs: kernel.shape.at(-1)!,
  };
  const out = emptyArray(element, [parts.batch, ...parts.space, parts.outputs]);
  const groups = Math.max(form.featureGroups, form.batchGroups);
  const windows = allTaps(parts, form.window);
  for (let group = 0; group < groups; group++) convolveGroup(out, parts, form, windows, { group, groups });
  const order = [d.outputBatchDimension, ...d.outputSpatialDimensions, d.outputFeatureDimension];
  const back = order.map((_, axis) => order.indexOf(axis));
  return transpose(out, back);
}

/** What the products are computed in: doubles for floats, else the result's element. */
function widened(a: NdArray, element: ElementType): NdArray {
  return isFloat(element) ? { element: "f64", shape: a.shape, data: asDoubles(a) } : asElement(a, element);
}

/** Entries of the matrix of windows that is made at a time. */
const WINDOW_ENTRIES = 2 ** 20;

/** One group: windows as rows of a matrix, times the kernel as a matrix. */
function convolveGroup(
  out: NdArray,
  parts: Canonical,
  form: ConvolutionForm,
  windows: readonly (readonly number[])[],
  { group, groups }: { readonly group: number; readonly groups: number },
): void {
  const width = parts.outputs / groups;
  const taps = sizeOf(parts.kernel.shape.slice(0, -2));
  const weights = kernelRows(parts, group * width, width, taps);
  const rowLength = taps * parts.inputs;
  const chunk = Math.max(1, Math.floor(WINDOW_ENTRIES / Math.max(1, rowLength)));
  for (let n = 0; n < parts.batch; n++) {
    const image = form.batchGroups > 1 ? group * parts.batch + n : n;
    const feature = form.featureGroups > 1 ? group * parts.inputs : 0;
    for (let first = 0; first < windows.length; first += chunk) {
      const rows = windowRows(parts, windows.slice(first, first + chunk), image, feature, rowLength);
      const product = contract(rows, weights, { batch: [[], []], contracting: [[1], [1]] }, out.element);
      const at = (n * windows.length + first) * parts.outputs + group * width;
      copyStrided(product.shape, out, { offset: at, strides: [parts.outputs, 1] }, product, {
        offset: 0,
        strides: [width, 1],
      });
    }
  }
}

/** `[outputs, taps * inputs]` of one group. */
function kernelRows({ kernel, inputs, outputs }: Canonical, first: number, width: number, taps: number): NdArray {
  return gatherView(kernel, [width, taps * inputs], { offset: first, strides: [1, outputs] });
}

/** The taps of every output position. */
function allTaps(parts: Canonical, window: readonly WindowAxis[]): readonly (readonly number[])[] {
  const position = parts.space.map(() => 0);
  return Array.from({ length: sizeOf(parts.space) }, () => {
    const taps = tapsAt(parts, window, position);
    advance(position, parts.space);
    return taps;
  });
}

/** One row per window: the features of each pixel under it, zeros where there is none. */
function windowRows(
  { input, inputs }: Canonical,
  windows: readonly (readonly number[])[],
  image: number,
  feature: number,
  rowLength: number,
): NdArray {
  const rows = emptyArray(input.element, [windows.length, rowLength]);
  const lanes = lanesOf(input.element);
  const [from, to] = [input.data as Float64Array, rows.data as Float64Array];
  const features = input.shape.at(-1)!;
  const pixels = sizeOf(input.shape.slice(1, -1));
  windows.forEach((taps, row) => {
    for (let t = 0; t < taps.length; t += 2) {
      const source = ((image * pixels + taps[t]!) * features + feature) * lanes;
      const target = (row * rowLength + taps[t + 1]! * inputs) * lanes;
      for (let c = 0; c < inputs * lanes; c++) to[target + c] = from[source + c]!;
    }
  });
  return rows;
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
