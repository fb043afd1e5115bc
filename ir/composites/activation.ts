/** @file `psm.gelu` (attribute `approximate`: "none" or "tanh") and `psm.swish` (attribute `alpha`), of one operand. */

import { stringAttr } from "../attrs.js";
import type { Value } from "../graph.js";
import type { TensorBuilder } from "../tensor-builder.js";
import { float } from "./attributes.js";

export type GeluForm = "none" | "tanh";

export function gelu(t: TensorBuilder, x: Value, approximate: GeluForm): Value {
  const [result] = t.composite("psm.gelu", [x], { approximate: stringAttr(approximate) }, (b, [y]) => [
    approximate === "tanh" ? geluByTanh(b, y!) : geluByErf(b, y!),
  ]);
  return result!;
}

/** x/2 * (1 + erf(x / sqrt(2))) */
const geluByErf = (t: TensorBuilder, x: Value): Value => t.mul(t.mul(x, 0.5), t.add(t.erf(t.mul(x, Math.SQRT1_2)), 1));

/** x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3))) */
function geluByTanh(t: TensorBuilder, x: Value): Value {
  const cube = t.mul(t.mul(x, x), x);
  const inner = t.mul(t.add(x, t.mul(cube, 0.044715)), Math.sqrt(2 / Math.PI));
  return t.mul(t.mul(x, 0.5), t.add(t.tanh(inner), 1));
}

/** x * sigmoid(alpha * x); with 1 for alpha also called SiLU. */
export function swish(t: TensorBuilder, x: Value, alpha: number): Value {
  const [result] = t.composite("psm.swish", [x], { alpha: float(t, alpha, t.element(x)) }, (b, [y]) => [
    b.mul(y!, b.sigmoid(alpha === 1 ? y! : b.mul(y!, alpha))),
  ]);
  return result!;
}
