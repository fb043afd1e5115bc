/** @file `quantized_decomposed`: numbers as small integers and back, with one scale and zero point for all, per channel or per token. */

import type { Dim } from "../../../ir/dim.js";
import type { ElementType } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import type { Call, Row, Rows } from "../call.js";

/** A number or tensor of the arguments, as f32 that broadcasts against the input. */
type Placed = (n: Call, x: Value) => Value;

/** One for all. */
const single: Placed = (n, x) => (n.t.rank(x) === 0 ? x : n.t.reshape(x, []));

/** One for each entry of `axis`. */
const perChannel: Placed = (n, x) => {
  const rank = n.rank("input");
  const axis = n.axis("axis", rank);
  return n.t.reshape(x, [...n.t.shape(x), ...new Array<Dim>(rank - axis - 1).fill(1)]);
};

/** One for each vector of the last axis: they come with that axis already. */
const perToken: Placed = (_, x) => x;

const names = (n: Call): readonly [string, string] =>
  n.takes("scales") ? ["scales", "zero_points"] : ["scale", "zero_point"];

/** Scale and zero point in the element that they are computed with. */
function parameters(n: Call, element: ElementType, place: Placed): readonly [Value, Value | undefined] {
  const [scale, zero] = names(n);
  const zeros = n.has(zero) ? place(n, n.operand(zero, element)) : undefined;
  return [place(n, n.operand(scale, element)), zeros];
}

/** round(x / scale) + zero, cut off at the ends; ties go to even. */
function levels(n: Call, place: Placed): Value {
  const { t } = n;
  const x = t.convert(n.tensor("input"), "f32");
  const [scale, zero] = parameters(n, "f32", place);
  const rounded = t.round(t.mul(x, t.div(1, scale)));
  const moved = zero ? t.add(rounded, zero) : rounded;
  return t.clamp(n.operand("quant_min", "f32"), moved, n.operand("quant_max", "f32"));
}

const quantize =
  (place: Placed): Row =>
  (n) =>
    n.t.convert(levels(n, place), n.out);

const dequantize =
  (place: Placed): Row =>
  (n) => {
    const { t } = n;
    const [scale, zero] = parameters(n, "f32", place);
    const x = t.convert(n.tensor("input"), "f32");
    return t.convert(t.mul(zero ? t.sub(x, zero) : x, scale), n.out);
  };

export const quantized: Rows = {
  "quantized_decomposed.quantize_per_tensor": quantize(single),
  "quantized_decomposed.quantize_per_channel": quantize(perChannel),
  "quantized_decomposed.quantize_per_token": quantize(perToken),
  "quantized_decomposed.dequantize_per_tensor": dequantize(single),
  "quantized_decomposed.dequantize_per_channel": dequantize(perChannel),
  "quantized_decomposed.dequantize_per_token": dequantize(perToken),
};
