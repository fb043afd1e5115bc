/**
 * @file Arithmetic, comparison, logic and functions of one number, element by element. Operands are first promoted as
 * PyTorch does; the element of the result is what the graph declares.
 */

import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { Call, Row, Rows } from "../call.js";
import { toFloating } from "../promotion.js";

type Unary = (t: TensorBuilder, x: Value) => Value;
type Binary = (t: TensorBuilder, a: Value, b: Value) => Value;

/** Of the operand's own element. */
const unary =
  (f: Unary): Row =>
  (n) =>
    f(n.t, n.tensor("self"));

/** A function of real numbers: integers are computed with as floats, narrow floats in f32. */
const real =
  (f: Unary): Row =>
  (n) =>
    n.t.widened(n.operand("self", toFloating(n.element("self"))), (x) => f(n.t, x));

/** Of the element that both promote to. */
const binary =
  (f: Binary): Row =>
  (n) =>
    f(n.t, ...n.pair());

/** `self + alpha * other` */
const scaled =
  (f: Binary): Row =>
  (n) => {
    const [a, b] = n.pair();
    const isPlain = n.argument("alpha").kind === "int" && n.int("alpha") === 1;
    return f(n.t, a, isPlain ? b : n.t.mul(b, n.operand("alpha", n.t.element(b))));
  };

/** Division of real numbers, then rounded as `rounding_mode` says. */
function divide(n: Call): Value {
  const mode = n.optionalString("rounding_mode");
  const promoted = n.promoted("self", "other");
  const element = mode === undefined ? toFloating(promoted) : promoted;
  const quotient = n.t.div(n.operand("self", element), n.operand("other", element));
  if (mode === undefined) return quotient;
  return mode === "floor"
    ? n.t.floor(quotient)
    : n.t.select(n.t.lt(quotient, 0), n.t.ceil(quotient), n.t.floor(quotient));
}

export const pointwise: Rows = {
  "aten.add.Tensor": scaled((t, a, b) => t.add(a, b)),
  "aten.sub.Tensor": scaled((t, a, b) => t.sub(a, b)),
  "aten.mul": binary((t, a, b) => t.mul(a, b)),
  "aten.div": divide,
  "aten.relu": unary((t, x) => t.max(x, 0)),
  "aten.neg": unary((t, x) => t.neg(x)),
  "aten.tanh": real((t, x) => t.tanh(x)),
  "aten.exp": real((t, x) => t.exp(x)),
  "aten.sin": real((t, x) => t.sin(x)),
  "aten.cos": real((t, x) => t.cos(x)),
  "aten.gt": binary((t, a, b) => t.gt(a, b)),
  "aten.lt": binary((t, a, b) => t.lt(a, b)),
};
