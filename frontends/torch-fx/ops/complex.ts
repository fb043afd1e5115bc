/** @file Complex numbers: their parts, put together and taken apart. */

import { complex, imag, real } from "../../../ir/dialects/stablehlo/convert.js";
import { complexOf, elementFacts } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { Rows, ViewRows } from "../call.js";
import { toFloating } from "../promotion.js";
import type { View } from "../tensors.js";
import { same } from "./conversion.js";
import { isComplexValue, isNaNValue } from "./operands.js";

export const realPart = (t: TensorBuilder, x: Value): Value => t.emit(real, { operand: x }, {});
export const imaginary = (t: TensorBuilder, x: Value): Value => t.emit(imag, { operand: x }, {});
/** The complex number of two parts of one shape. */
export function complexFrom(t: TensorBuilder, re: Value, im: Value): Value {
  const [lhs, rhs] = t.together(re, im) as [Value, Value];
  return t.emit(complex, { lhs, rhs }, {});
}

export const conjugate = (t: TensorBuilder, x: Value): Value =>
  isComplexValue(t, x) ? complexFrom(t, realPart(t, x), t.neg(imaginary(t, x))) : x;

/** The angle to the positive axis; of real numbers 0 or pi. */
function angle(t: TensorBuilder, x: Value): Value {
  if (isComplexValue(t, x)) return t.atan2(imaginary(t, x), realPart(t, x));
  const half = t.select(t.lt(x, 0), t.fillLike(Math.PI, x), t.fillLike(0, x));
  return t.select(isNaNValue(t, x), x, half);
}

const asReal: View = {
  read: (t, base) => {
    const axis = t.rank(base);
    return t.concat(
      [realPart(t, base), imaginary(t, base)].map((x) => t.unsqueeze(x, [axis])),
      axis,
    );
  },
  write: (t, _, update) => joined(t, update),
};

function joined(t: TensorBuilder, x: Value): Value {
  const last = t.rank(x) - 1;
  return complexFrom(t, t.at(x, last, 0), t.at(x, last, 1));
}

const asComplex: View = { read: joined, write: (t, _, update) => asReal.read(t, update) };
export const conjugated: View = { read: conjugate, write: (t, _, update) => conjugate(t, update) };
const reals: View = { read: realPart, write: (t, base, update) => complexFrom(t, update, imaginary(t, base)) };
const imaginaries: View = { read: imaginary, write: (t, base, update) => complexFrom(t, realPart(t, base), update) };

export const complexViews: ViewRows = {
  "aten.view_as_real": () => asReal,
  "aten.view_as_complex": () => asComplex,
  "aten._conj": () => conjugated,
  "aten.conj": (n) => (elementFacts[n.element("self")].kind === "complex" ? conjugated : same),
  "aten.real": (n) => (elementFacts[n.element("self")].kind === "complex" ? reals : same),
  "aten.imag": () => imaginaries,
};

export const complexes: Rows = {
  "aten.conj_physical": (n) => conjugate(n.t, n.tensor("self")),
  "aten._conj_physical": (n) => conjugate(n.t, n.tensor("self")),
  "aten.angle": (n) => {
    const x = n.operand("self", toFloating(n.element("self")));
    return isComplexValue(n.t, x) ? angle(n.t, x) : n.t.widened(x, (y) => angle(n.t, y));
  },
  "aten.complex": (n) => complexFrom(n.t, n.tensor("real"), n.tensor("imag")),
  "aten.polar": (n) => {
    const { t } = n;
    const [size, turn] = [n.tensor("abs"), n.tensor("angle")];
    if (complexOf(t.element(size)) === undefined) return n.unsupported("the parts are narrower than f32");
    return complexFrom(t, t.mul(size, t.cos(turn)), t.mul(size, t.sin(turn)));
  },
};
