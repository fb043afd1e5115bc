/** @file Dropout: elements, or whole channels, left out at random in training; outside training, the identity. */

import type { Dim } from "../../../ir/dim.js";
import type { Value } from "../../../ir/graph.js";
import { uniformNumbers } from "../../../ir/random-numbers.js";
import type { Call, Row, Rows } from "../call.js";
import { keyOf } from "./creation.js";
import { wideOf } from "./widths.js";

/** Which elements stay, i1 of these sizes; every one with probability 1 - p. */
function kept(n: Call, sizes: readonly Dim[], p: number): Value {
  const { t } = n;
  return t.ge(uniformNumbers(t, keyOf(n), sizes, "f32"), p);
}

/** What is left of `input`, scaled so that its expectation stays. */
function scaledRest(n: Call, isKept: Value, p: number): Value {
  const { t } = n;
  const x = inputOf(n);
  const wide = t.convert(x, wideOf(t.element(x)));
  const scale = p === 1 ? 0 : 1 / (1 - p);
  return t.convert(t.select(isKept, t.mul(wide, scale), 0), t.element(x));
}

/** What is dropped from; the forms that write in place call it otherwise. */
const inputOf = (n: Call): Value => n.tensor(n.takes("input") ? "input" : "self");

/** Sizes over which one decision stands: all of one channel, or each element. */
function sizesOf(n: Call, perChannel: boolean): readonly Dim[] {
  return n.t.shape(inputOf(n)).map((d, axis) => (perChannel && axis > 1 ? 1 : d));
}

const dropped =
  (perChannel: boolean): Row =>
  (n) => {
    const p = n.float("p");
    return n.bool("train") ? scaledRest(n, kept(n, sizesOf(n, perChannel), p), p) : inputOf(n);
  };

/** What keeps mean and variance of SELU's results: dropped elements become -alpha * scale before both are restored. */
const alphaDropped =
  (perChannel: boolean): Row =>
  (n) => {
    const { t } = n;
    const p = n.float("p");
    if (!n.bool("train") || p === 0) return inputOf(n);
    if (p === 1) return t.fillLike(0, inputOf(n));
    const alpha = 1.7580993408473766;
    const factor = 1 / Math.sqrt((alpha * alpha * p + 1) * (1 - p));
    const isKept = kept(n, sizesOf(n, perChannel), p);
    return t.widened(inputOf(n), (x) => t.add(t.mul(t.select(isKept, x, -alpha), factor), alpha * factor * p));
  };

/** The result and which elements stay. */
function nativeDropout(n: Call): readonly Value[] {
  const { t } = n;
  const x = inputOf(n);
  const isTraining = !n.has("train") || n.bool("train");
  if (!isTraining) return [x, t.fillLike(1, x, "i1")];
  const p = n.float("p");
  const isKept = kept(n, t.shape(x), p);
  return [scaledRest(n, isKept, p), isKept];
}

function nativeDropoutGradient(n: Call): Value {
  const { t } = n;
  const grad = n.tensor("grad_output");
  const mask = t.convert(n.tensor("mask"), t.element(grad));
  return t.mul(t.mul(grad, mask), n.float("scale"));
}

export const dropouts: Rows = {
  "aten.dropout": dropped(false),
  "aten.feature_dropout": dropped(true),
  "aten.alpha_dropout": alphaDropped(false),
  "aten.feature_alpha_dropout": alphaDropped(true),
  "aten.native_dropout": nativeDropout,
  "aten.native_dropout_backward": nativeDropoutGradient,
};
