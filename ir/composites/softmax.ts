/** @file `psm.softmax` and `psm.log_softmax`: one operand, and the `axis` along which it is normalized. */

import type { Value } from "../graph.js";
import type { TensorBuilder } from "../tensor-builder.js";
import { integers } from "./attributes.js";

/** e^x / sum(e^x) along an axis, with the largest element taken out. */
export function softmax(t: TensorBuilder, x: Value, axis: number): Value {
  const [result] = t.composite("psm.softmax", [x], integers(t, { axis }), (b, [y]) => {
    const powers = b.exp(b.sub(y!, b.reduce(y!, [axis], "max", true)));
    return [b.div(powers, b.sum(powers, [axis], true))];
  });
  return result!;
}

/** x - log(sum(e^x)) along an axis, with the largest element taken out. */
export function logSoftmax(t: TensorBuilder, x: Value, axis: number): Value {
  const [result] = t.composite("psm.log_softmax", [x], integers(t, { axis }), (b, [y]) => {
    const shifted = b.sub(y!, b.reduce(y!, [axis], "max", true));
    return [b.sub(shifted, b.log(b.sum(b.exp(shifted), [axis], true)))];
  });
  return result!;
}
