/**
 * @file Convolutions among structured operations: sums of products of an image and of weights. What they have in common is
 * that something is done for each channel whatever space looks like, so that channels are what vectors run along.
 */

import { axisOfDim, isMapOfDim } from "../../ir/affine.js";
import { generic } from "../../ir/dialects/linalg/structured.js";
import type { Operation } from "../../ir/graph.js";
import { type Access, accessesOf } from "./access.js";
import { isSumOfExtendedProducts } from "./forms.js";

export interface ConvolutionForm {
  readonly image: Access;
  readonly weights: Access;
  /** The result, as the loops walk it. */
  readonly output: Access;
  /** The dimension of the result's channels. */
  readonly filter: number;
  /** The dimension of the image's channels; that of the result's where each channel is by itself (depthwise). */
  readonly channel: number;
  /** Neighbours in space are summed too: not by channels alone, as a matrix product does. */
  readonly hasWindows: boolean;
}

/** The form of a sum of products that has an image and weights; `undefined` for anything else, batched products included. */
export function convolutionOf(op: Operation): ConvolutionForm | undefined {
  if (!generic.matches(op) || op.results.length !== 1 || op.operands.length !== 3) return undefined;
  if (!isSumOfExtendedProducts(op.region(0).blocks[0]!)) return undefined;
  const [left, right, output] = accessesOf(op) as [Access, Access, Access];
  const kinds = generic.attrsOf(op).iterator_types;
  const dims = kinds.map((_, d) => d);
  for (const [image, weights] of [
    [left, right],
    [right, left],
  ] as const) {
    if (isWindowed(weights)) continue;
    const walked = dims.filter((d) => kinds[d] === "parallel" && isMapOfDim(weights.map, d));
    const channels = dims.filter((d) => kinds[d] === "reduction" && axisOfDim(image.map, d) >= 0);
    const [filter] = walked;
    if (walked.length !== 1 || filter === undefined) continue;
    const form = {
      image,
      weights,
      output: { value: op.result, map: output.map },
      filter,
      hasWindows: isWindowed(image),
    };
    // Where space is not left to the image alone, it may be any product.
    if (!dims.some((d) => kinds[d] === "parallel" && d !== filter && isMapOfDim(image.map, d))) continue;
    const isDepthwise = axisOfDim(image.map, filter) >= 0 && channels.length === 0 && form.hasWindows;
    if (isDepthwise) return { ...form, channel: filter };
    if (!isMapOfDim(image.map, filter) && channels.length === 1) return { ...form, channel: channels[0]! };
  }
  return undefined;
}

function isWindowed({ map }: Access): boolean {
  return map.results.some((e) => e.kind !== "dim" && e.kind !== "constant");
}
