/**
 * @file Activation functions and softmax with their derivatives. Those that other front ends have as well are the composites of
 * `ir/composites`. Narrow floats are computed with in f32 and rounded once.
 */

import { gelu, swish } from "../../../ir/composites/activation.js";
import { logSoftmax, softmax } from "../../../ir/composites/softmax.js";
import { type ElementType, elementFacts } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import { uniformNumbers } from "../../../ir/random-numbers.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { Call, Row, Rows } from "../call.js";
import { cast } from "./conversion.js";
import { keyOf } from "./creation.js";
import { isNaNValue, isReal, real, type Unary, unary, wideOf } from "./operands.js";

/** A function of one float with numbers as parameters, which are constants of the graph. */
const shaped =
  (f: (t: TensorBuilder, x: Value, n: Call) => Value): Row =>
  (n) =>
    n.t.widened(n.tensor("self"), (x) => f(n.t, x, n));

/** The derivative of a function: of the incoming gradient and the operand (or result) in `of`. */
const backward =
  (of: string, f: (t: TensorBuilder, gradient: Value, x: Value, n: Call) => Value): Row =>
  (n) => {
    const wide = wideOf(n.out);
    return n.t.convert(f(n.t, n.operand("grad_output", wide), n.operand(of, wide), n), n.out);
  };

const between = (t: TensorBuilder, x: Value, low: number, high: number): Value => t.min(t.max(x, low), high);
const relu: Unary = (t, x) => t.max(x, 0);
export const softplusOf = (t: TensorBuilder, x: Value): Value => t.add(relu(t, x), t.log1p(t.exp(t.neg(t.abs(x)))));

/** scale * x above 0, else scale * alpha * (e^(x * inputScale) - 1) */
function elu(t: TensorBuilder, x: Value, alpha: number, scale = 1, inputScale = 1): Value {
  const below = t.mul(t.expm1(t.mul(x, inputScale)), alpha * scale);
  return t.select(t.gt(x, 0), t.mul(x, scale), below);
}

/** The constants of SELU, as its paper has them. */
const SELU = { alpha: 1.6732632423543772, scale: 1.0507009873554805 };

const softplus = shaped((t, x, n) => {
  const [beta, threshold] = [n.float("beta"), n.float("threshold")];
  const scaled = t.mul(x, beta);
  return t.select(t.gt(scaled, threshold), x, t.div(t.log1p(t.exp(scaled)), beta));
});

const hardSigmoid: Unary = (t, x) => t.div(between(t, t.add(x, 3), 0, 6), 6);
const mish: Unary = (t, x) => t.mul(x, t.tanh(softplusOf(t, x)));
const logSigmoid: Unary = (t, x) => t.sub(t.min(x, 0), t.log1p(t.exp(t.neg(t.abs(x)))));

/** One weight for all, or one for each entry of axis 1. */
function prelu(n: Call): Value {
  const { t } = n;
  const [x, weight] = [n.tensor("self"), n.tensor("weight")];
  const rank = t.rank(x);
  const sizes = t.shape(x).map((_, k) => (k === 1 ? t.shape(t.flatten(weight))[0]! : 1));
  const isOne = t.shape(t.flatten(weight))[0] === 1;
  const slope = t.rank(weight) > 1 ? weight : t.reshape(weight, isOne || rank < 2 ? [] : sizes);
  return t.select(t.gt(x, 0), x, t.mul(x, slope));
}

/** The first half times the sigmoid of the second. */
function glu(n: Call): Value {
  const { t } = n;
  const x = n.tensor("self");
  const axis = n.axis("dim", t.rank(x));
  const size = t.shape(x)[axis]!;
  const middle = t.context.dims.floorDiv(size, 2);
  return t.widened(x, (y) => t.mul(t.sliceAxis(y, axis, 0, middle), t.sigmoid(t.sliceAxis(y, axis, middle, size))));
}

/** Random slopes while training; else their mean. */
function rrelu(n: Call): Value {
  if (n.bool("training")) return n.unsupported("random slopes while training", "export the model in eval mode");
  const slope = (n.float("lower") + n.float("upper")) / 2;
  return n.t.widened(n.tensor("self"), (x) => n.t.select(n.t.ge(x, 0), x, n.t.mul(x, slope)));
}

/** Random slopes below 0, and the slopes. */
function rreluFunctional(n: Call): readonly Value[] {
  const { t } = n;
  const x = n.tensor("self");
  const [low, high] = [n.float("lower"), n.float("upper")];
  if (!n.bool("training")) return [rrelu(n) as Value, n.tensor("noise")];
  const wide = t.convert(x, wideOf(t.element(x)));
  const drawn = uniformNumbers(t, keyOf(n), t.shape(x), t.element(wide) === "f64" ? "f64" : "f32");
  const slopes = t.select(t.le(wide, 0), t.add(t.mul(drawn, high - low), low), 1);
  return [t.mul(wide, slopes), slopes].map((y, i) => t.convert(y, n.declared(i).element));
}

/** `f` along an axis in the element of the result; a number is a vector of one. */
const along =
  (f: (t: TensorBuilder, x: Value, axis: number) => Value): Row =>
  (n) => {
    const { t } = n;
    const x = n.tensor("self");
    const element = n.takes("dtype") ? (n.dtype("dtype") ?? t.element(x)) : t.element(x);
    const wide = t.convert(cast(t, x, element), wideOf(n.out));
    const axis = n.axis("dim", t.rank(x));
    if (t.rank(x) === 0) return t.convert(t.reshape(f(t, t.reshape(wide, [1]), 0), []), n.out);
    return t.convert(f(t, wide, axis), n.out);
  };

/** Rows of which nothing is left are zeros, not NaN. */
function safeSoftmax(t: TensorBuilder, x: Value, axis: number): Value {
  const isEmpty = t.all(t.eq(x, -Infinity), [axis], true);
  const y = softmax(t, x, axis);
  return t.select(isEmpty, t.fillLike(0, y), y);
}

const softmaxBackward =
  (f: (t: TensorBuilder, gradient: Value, y: Value, axis: number) => Value): Row =>
  (n) => {
    const { t } = n;
    const wide = wideOf(n.out);
    const y = n.operand("output", wide);
    const axis = n.axis("dim", t.rank(y));
    const lift = (x: Value): Value => (t.rank(x) === 0 ? t.reshape(x, [1]) : x);
    const gradient = f(t, lift(n.operand("grad_output", wide)), lift(y), axis);
    return t.convert(t.reshape(gradient, t.shape(y)), n.out);
  };

function geluBackward(t: TensorBuilder, gradient: Value, x: Value, n: Call): Value {
  const square = t.mul(x, x);
  if (n.string("approximate") === "none") {
    const share = t.mul(t.add(t.erf(t.mul(x, Math.SQRT1_2)), 1), 0.5);
    const density = t.mul(t.exp(t.mul(square, -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return t.mul(gradient, t.add(share, t.mul(x, density)));
  }
  const factor = Math.sqrt(2 / Math.PI);
  const bent = t.tanh(t.mul(t.add(x, t.mul(t.mul(square, x), 0.044715)), factor));
  const slope = t.mul(t.add(t.mul(square, 3 * 0.044715), 1), factor);
  const right = t.mul(t.mul(t.mul(x, 0.5), t.sub(1, t.mul(bent, bent))), slope);
  return t.mul(gradient, t.add(t.mul(t.add(bent, 1), 0.5), right));
}

function eluBackward(t: TensorBuilder, gradient: Value, x: Value, n: Call): Value {
  const [alpha, scale, input] = [n.float("alpha"), n.float("scale"), n.float("input_scale")];
  const below = n.bool("is_result")
    ? t.mul(t.add(x, alpha * scale), input)
    : t.mul(t.exp(t.mul(x, input)), input * alpha * scale);
  return t.mul(gradient, t.select(t.le(x, 0), below, t.fillLike(scale, x)));
}

/** `f` where `holds`, else 0. */
const onlyWhere =
  (
    holds: (t: TensorBuilder, x: Value, n: Call) => Value,
    f: (t: TensorBuilder, g: Value, n: Call) => Value = (_, g) => g,
  ) =>
  (t: TensorBuilder, gradient: Value, x: Value, n: Call): Value => {
    const y = f(t, gradient, n);
    return t.select(holds(t, x, n), y, t.fillLike(0, y));
  };

const inside = (t: TensorBuilder, x: Value, low: number, high: number): Value => t.and(t.gt(x, low), t.lt(x, high));

/** Between two numbers, which are cut to whole ones where the elements are. */
function clampTo(n: Call, low: number, high: number): Value {
  const { t } = n;
  const x = n.tensor("self");
  if (isReal(t, x)) return between(t, x, low, high);
  return between(t, x, Math.trunc(low), Math.trunc(high));
}

const isBoolElement = (element: ElementType): boolean => elementFacts[element].kind === "bool";

export const activations: Rows = {
  "aten.relu": unary((t, x) => (isBoolElement(t.element(x)) ? x : relu(t, x))),
  "aten.relu6": (n) => clampTo(n, 0, 6),
  "aten.hardtanh": (n) => clampTo(n, n.float("min_val"), n.float("max_val")),
  "aten.leaky_relu": shaped((t, x, n) => t.select(t.gt(x, 0), x, t.mul(x, n.float("negative_slope")))),
  "aten.prelu": prelu,
  "aten._prelu_kernel": prelu,
  "aten.rrelu": rrelu,
  "aten.rrelu_with_noise": rrelu,
  "aten.rrelu_with_noise_functional": rreluFunctional,
  "aten.gelu": shaped((t, x, n) => gelu(t, x, n.string("approximate") === "tanh" ? "tanh" : "none")),
  "aten.silu": shaped((t, x) => swish(t, x, 1)),
  "aten.mish": shaped(mish),
  "aten.softplus": softplus,
  "aten.elu": shaped((t, x, n) => elu(t, x, n.float("alpha"), n.float("scale"), n.float("input_scale"))),
  "aten.celu": shaped((t, x, n) => elu(t, x, n.float("alpha"), 1, 1 / n.float("alpha"))),
  "aten.selu": shaped((t, x) => elu(t, x, SELU.alpha, SELU.scale)),
  "aten.hardswish": shaped((t, x) => t.div(t.mul(x, between(t, t.add(x, 3), 0, 6)), 6)),
  "aten.hardsigmoid": real(hardSigmoid),
  "aten.hardshrink": shaped((t, x, n) => {
    const limit = n.float("lambd");
    const isNear = t.and(t.ge(x, -limit), t.le(x, limit));
    return t.select(isNear, t.fillLike(0, x), x);
  }),
  "aten.softshrink": shaped((t, x, n) => {
    const limit = n.float("lambd");
    const near = t.select(t.lt(x, -limit), t.add(x, limit), t.mul(x, 0));
    return t.select(t.gt(x, limit), t.sub(x, limit), near);
  }),
  "aten.log_sigmoid": shaped(logSigmoid),
  "aten.log_sigmoid_forward": (n) => {
    const x = n.tensor("self");
    return [n.t.widened(x, (y) => logSigmoid(n.t, y)), n.t.widened(x, (y) => n.t.exp(n.t.neg(n.t.abs(y))))];
  },
  "aten.threshold": shaped((t, x, n) => {
    const isUp = t.or(t.gt(x, n.float("threshold")), isNaNValue(t, x));
    return t.select(isUp, x, t.fillLike(n.float("value"), x));
  }),
  "aten.glu": glu,
  "aten.softmax.int": along(softmax),
  "aten._softmax": along(softmax),
  "aten.special_softmax": along(softmax),
  "aten._safe_softmax": along(safeSoftmax),
  "aten.log_softmax.int": along(logSoftmax),
  "aten._log_softmax": along(logSoftmax),
  "aten.special_log_softmax": along(logSoftmax),

  "aten._softmax_backward_data": softmaxBackward((t, g, y, axis) => {
    const product = t.mul(g, y);
    return t.sub(product, t.mul(y, t.sum(product, [axis], true)));
  }),
  "aten._log_softmax_backward_data": softmaxBackward((t, g, y, axis) =>
    t.sub(g, t.mul(t.exp(y), t.sum(g, [axis], true))),
  ),
  "aten.tanh_backward": backward("output", (t, g, y) => t.mul(g, t.sub(1, t.mul(y, y)))),
  "aten.sigmoid_backward": backward("output", (t, g, y) => t.mul(g, t.mul(t.sub(1, y), y))),
  "aten.gelu_backward": backward("self", geluBackward),
  "aten.silu_backward": backward("self", (t, g, x) => {
    const s = t.sigmoid(x);
    return t.mul(t.mul(g, s), t.add(t.mul(x, t.sub(1, s)), 1));
  }),
  "aten.elu_backward": backward("self_or_result", eluBackward),
  "aten.threshold_backward": backward(
    "self",
    onlyWhere((t, x, n) => t.gt(x, n.float("threshold"))),
  ),
  "aten.hardtanh_backward": backward(
    "self",
    onlyWhere((t, x, n) => inside(t, x, n.float("min_val"), n.float("max_val"))),
  ),
  "aten.hardsigmoid_backward": backward(
    "self",
    onlyWhere(
      (t, x) => inside(t, x, -3, 3),
      (t, g) => t.div(g, 6),
    ),
  ),
  "aten.hardswish_backward": backward("self", (t, g, x) => {
    const middle = t.mul(g, t.add(t.div(x, 3), 0.5));
    return t.select(t.le(x, -3), t.fillLike(0, x), t.select(t.ge(x, 3), g, middle));
  }),
  "aten.leaky_relu_backward": backward("self", (t, g, x, n) =>
    t.select(t.gt(x, 0), g, t.mul(g, n.float("negative_slope"))),
  ),
  "aten.softplus_backward": backward("self", (t, g, x, n) => {
    const scaled = t.mul(x, n.float("beta"));
    return t.select(t.gt(scaled, n.float("threshold")), g, t.mul(g, t.sigmoid(scaled)));
  }),
};
