/** @file Activation functions. */

import { gelu, swish } from "../../../ir/composites/activation.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { ImportNode, OpRow } from "../context.js";

type Activation = (t: TensorBuilder, x: Value, n: ImportNode) => Value;

const activation = (name: string, since: number, f: Activation): OpRow => ({
  name,
  since,
  build: (n) => f(n.t, n.value(0), n),
});

/** `x` where it is positive, else `otherwise`. */
const positiveOr = (t: TensorBuilder, x: Value, otherwise: Value): Value => t.select(t.lt(x, 0), otherwise, x);

/** alpha * x + beta, kept within [0, 1]. */
const hardSigmoid = (t: TensorBuilder, x: Value, alpha: number, beta: number): Value =>
  t.clamp(0, t.add(t.mul(x, alpha), beta), 1);

/** log(1 + e^x) = max(x, 0) + log1p(e^-|x|) */
export const softplus = (t: TensorBuilder, x: Value): Value => t.add(t.max(x, 0), t.log1p(t.exp(t.neg(t.abs(x)))));

/** A slope for every element, or before opset 7 for every channel. */
function prelu(n: ImportNode): Value {
  const { t } = n;
  const x = n.value(0);
  const slope = n.value(1);
  const behind = n.rank(0) - 2;
  const isPerChannel = n.opset < 7 && n.rank(1) === 1 && n.shape(1)[0] !== 1 && behind > 0;
  const aligned = isPerChannel ? t.reshape(slope, [...t.shape(slope), ...new Array<number>(behind).fill(1)]) : slope;
  return t.select(t.lt(x, 0), t.mul(x, aligned), x);
}

export const activations: readonly OpRow[] = [
  activation("Relu", 1, (t, x) => t.max(x, 0)),
  activation("LeakyRelu", 1, (t, x, n) => positiveOr(t, x, t.mul(x, n.float("alpha", 0.01)))),
  activation("Elu", 1, (t, x, n) => positiveOr(t, x, t.mul(t.expm1(x), n.float("alpha", 1)))),
  activation("Selu", 1, (t, x, n) => {
    const alpha = n.float("alpha", n.opset < 6 ? 1.6732 : 1.6732631921768188);
    const gamma = n.float("gamma", n.opset < 6 ? 1.0507 : 1.0507010221481323);
    return t.mul(positiveOr(t, x, t.mul(t.expm1(x), alpha)), gamma);
  }),
  activation("Celu", 12, (t, x, n) => {
    const alpha = n.float("alpha", 1);
    return t.add(t.max(x, 0), t.min(t.mul(t.expm1(t.div(x, alpha)), alpha), 0));
  }),
  { name: "PRelu", since: 1, build: prelu },
  activation("HardSigmoid", 1, (t, x, n) => hardSigmoid(t, x, n.float("alpha", 0.2), n.float("beta", 0.5))),
  activation("HardSwish", 14, (t, x) => t.mul(x, hardSigmoid(t, x, 1 / 6, 0.5))),
  activation("Mish", 18, (t, x) => t.mul(x, t.tanh(softplus(t, x)))),
  activation("Softplus", 1, softplus),
  activation("Softsign", 1, (t, x) => t.div(x, t.add(t.abs(x), 1))),
  activation("ThresholdedRelu", 10, (t, x, n) => t.select(t.gt(x, n.float("alpha", 1)), x, 0)),
  activation("Swish", 24, (t, x, n) => swish(t, x, n.float("alpha", 1))),
  activation("Shrink", 9, (t, x, n) => {
    const [bias, lambda] = [n.float("bias", 0), n.float("lambd", 0.5)];
    return t.select(t.lt(x, -lambda), t.add(x, bias), t.select(t.gt(x, lambda), t.sub(x, bias), 0));
  }),
  activation("Gelu", 20, (t, x, n) => gelu(t, x, n.word("approximate", ["none", "tanh"]))),
];
