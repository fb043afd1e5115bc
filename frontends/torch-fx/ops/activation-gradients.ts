/** @file Gradients of activation functions. Narrow floats are computed with in f32 and rounded once. */

import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { Call, Row, Rows } from "../call.js";
import { softplusOf } from "./activations.js";
import { wideOf } from "./operands.js";

/** Of the incoming gradient and the operand. */
type Slope = (t: TensorBuilder, gradient: Value, x: Value, n: Call) => Value;

const backward =
  (f: Slope, gradient = "grad_output"): Row =>
  (n) => {
    const wide = wideOf(n.out);
    return n.t.convert(f(n.t, n.operand(gradient, wide), n.operand("self", wide), n), n.out);
  };

const mish: Slope = (t, g, x) => {
  const bent = t.tanh(softplusOf(t, x));
  const slope = t.mul(t.mul(x, t.sigmoid(x)), t.sub(1, t.mul(bent, bent)));
  return t.mul(g, t.add(bent, slope));
};

/** Nothing within the limit on both sides. */
const shrunk: Slope = (t, g, x, n) => {
  const limit = n.float("lambd");
  return t.select(t.and(t.ge(x, -limit), t.le(x, limit)), t.fillLike(0, g), g);
};

const logit: Slope = (t, g, x, n) => {
  const epsilon = n.optionalFloat("eps");
  const slope = t.div(g, t.mul(x, t.sub(1, x)));
  const isOut = t.or(t.lt(x, epsilon ?? 0), t.gt(x, 1 - (epsilon ?? 0)));
  return t.select(isOut, t.fillLike(epsilon === undefined ? Number.NaN : 0, g), slope);
};

const glu: Slope = (t, g, x, n) => {
  const axis = n.axis("dim", t.rank(x));
  const size = t.shape(x)[axis]!;
  const middle = t.context.dims.floorDiv(size, 2);
  const share = t.sigmoid(t.sliceAxis(x, axis, middle, size));
  const first = t.mul(g, share);
  const second = t.mul(t.mul(first, t.sub(1, share)), t.sliceAxis(x, axis, 0, middle));
  return t.concat([first, second], axis);
};

/** The gradients of operand and slope, both of the operand's sizes. */
function prelu(n: Call): readonly Value[] {
  const { t } = n;
  const wide = wideOf(n.out);
  const [g, x, weight] = ["grad_output", "self", "weight"].map((name) => n.operand(name, wide)) as [
    Value,
    Value,
    Value,
  ];
  const isUp = t.gt(x, 0);
  const results = [t.select(isUp, g, t.mul(weight, g)), t.select(isUp, 0, t.mul(x, g))];
  return results.map((y, i) => t.convert(y, n.declared(i).element));
}

const rrelu: Slope = (t, g, x, n) => {
  const [low, high] = [n.float("lower"), n.float("upper")];
  if (n.bool("training") && high - low > 1e-6) return t.mul(g, n.operand("noise", t.element(g)));
  return t.select(t.gt(x, 0), g, t.mul(g, (low + high) / 2));
};

export const activationGradients: Rows = {
  "aten.mish_backward": backward(mish),
  "aten.log_sigmoid_backward.default": backward((t, g, x) => t.mul(g, t.sigmoid(t.neg(x)))),
  "aten.softshrink_backward.default": backward(shrunk),
  "aten.hardshrink_backward.default": backward(shrunk, "grad_out"),
  "aten.logit_backward.default": backward(logit),
  "aten.glu_backward.default": backward(glu),
  "aten._prelu_kernel_backward": prelu,
  "aten.rrelu_with_noise_backward": backward(rrelu),
};
