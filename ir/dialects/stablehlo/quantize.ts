/**
 * @file Conversion to and from quantized types, which are not modelled: a text that has them is refused at the type.
 * The names are here so that this is what it is told, not that they are unknown.
 */

import { defineOp } from "../../define.js";
import { anyTensor } from "../../kinds.js";

function quantization(name: string, summary: string) {
  return defineOp(`stablehlo.${name}`, {
    summary,
    operands: { operand: anyTensor },
    attrs: {},
    results: { result: anyTensor },
    traits: ["pure", "elementwise"],
    format: "$operand attr-dict `:` functional-type(operands, results)",
    verify: () => "quantized types are not modelled; write integers and their scales out",
  });
}

export const uniformQuantize = quantization("uniform_quantize", "Floats as integers with a scale and a zero point.");
export const uniformDequantize = quantization(
  "uniform_dequantize",
  "Integers with a scale and a zero point as floats.",
);
