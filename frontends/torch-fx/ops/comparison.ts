/** @file Comparison, logic, bits, and what kind of number an element is. */

import { shiftRightArithmetic } from "../../../ir/dialects/stablehlo/elementwise.js";
import { elementFacts } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { Call, Row, Rows } from "../call.js";
import { isFloating, toFloating } from "../promotion.js";
import { signBit } from "./arithmetic.js";
import { imaginary, realPart } from "./complex.js";
import { type Binary, binary, comparison, isComplexValue, isNaNValue, isReal, type Unary, unary } from "./operands.js";

const logical =
  (f: Binary): Row =>
  (n) =>
    f(n.t, n.operand("self", "i1"), n.operand("other", "i1"));

const eq = comparison((t, a, b) => t.eq(a, b));
const ne = comparison((t, a, b) => t.ne(a, b));
const lt = comparison((t, a, b) => t.lt(a, b));
const le = comparison((t, a, b) => t.le(a, b));
const gt = comparison((t, a, b) => t.gt(a, b));
const ge = comparison((t, a, b) => t.ge(a, b));
const and = binary((t, a, b) => t.and(a, b));
const or = binary((t, a, b) => t.or(a, b));
const xor = binary((t, a, b) => t.xor(a, b));

/** A question about floats: of complex numbers it is asked of the parts, of whole ones the answer is `whole`. */
const kind =
  (f: Unary, whole: 0 | 1, join: Binary = (t, a, b) => t.or(a, b)): Row =>
  (n) => {
    const { t } = n;
    const x = n.tensor("self");
    if (isReal(t, x)) return f(t, x);
    if (!isComplexValue(t, x)) return t.fillLike(whole, x, "i1");
    return join(t, f(t, realPart(t, x)), f(t, imaginary(t, x)));
  };

const isInfinite: Unary = (t, x) => t.eq(t.abs(x), Infinity);

/** Bits moved by `other`; amounts outside the width give what the widest move gives, or 0 to the left. */
function shift(n: Call, direction: "left" | "right"): Value {
  const { t } = n;
  const [a, b] = n.pair();
  const [x, by] = t.together(a, b) as [Value, Value];
  const element = t.element(x);
  if (isFloating(element)) {
    const factor = t.pow(t.fillLike(2, by), by);
    return direction === "left" ? t.mul(x, factor) : t.div(x, factor);
  }
  const { bits, kind: sort } = elementFacts[element];
  const isOutside = t.or(t.lt(by, 0), t.ge(by, bits));
  if (direction === "left") return t.select(isOutside, 0, t.shiftLeft(x, t.select(isOutside, 0, by)));
  const most = t.select(isOutside, bits - 1, by);
  if (sort === "uint") return t.select(isOutside, 0, t.shiftRightLogical(x, most));
  return t.binary(shiftRightArithmetic, x, most);
}

/** `|a - b| <= atol + |rtol * b|`, and equal ones. */
function isClose(n: Call): Value {
  const { t } = n;
  const [a, b] = t.together(...n.pair()) as [Value, Value];
  const element = t.element(a);
  const [rtol, atol] = [n.float("rtol"), n.float("atol")];
  const equal = t.eq(a, b);
  const alike =
    n.bool("equal_nan") && isFloating(element) ? t.or(equal, t.and(isNaNValue(t, a), isNaNValue(t, b))) : equal;
  if (rtol === 0 && atol === 0) return alike;
  const float = toFloating(element);
  const tolerated = t.abs(t.mul(t.convert(b, float), t.convert(t.number(rtol, "f64"), float)));
  const allowed = t.add(tolerated, atol);
  const distance = t.convert(t.abs(t.sub(a, b)), t.element(allowed));
  return t.or(alike, t.and(t.isFinite(distance), t.le(distance, allowed)));
}

/** Whether each element is among those of `tests`. */
function among(n: Call, elements: string, tests: string): Value {
  const { t } = n;
  const element = n.promoted(elements, tests);
  const [x, list] = [n.operand(elements, element), t.flatten(n.operand(tests, element))];
  const rank = t.rank(x);
  const hits = t.any(t.eq(t.unsqueeze(x, [rank]), list), [rank]);
  return n.bool("invert") ? t.not(hits) : hits;
}

const everywhere = (t: TensorBuilder, x: Value): Value =>
  t.all(
    x,
    t.shape(x).map((_, k) => k),
  );

export const comparisons: Rows = {
  "aten.eq": eq,
  "aten.ne": ne,
  "aten.not_equal": ne,
  "aten.lt": lt,
  "aten.less": lt,
  "aten.le": le,
  "aten.less_equal": le,
  "aten.gt": gt,
  "aten.greater": gt,
  "aten.ge": ge,
  "aten.greater_equal": ge,
  "aten.isclose": isClose,
  "aten.allclose": (n) => ({ kind: "number", value: everywhere(n.t, isClose(n)) }),
  "aten.equal": (n) => ({ kind: "number", value: everywhere(n.t, n.t.eq(...n.pair())) }),
  "aten.isin.Tensor_Tensor": (n) => among(n, "elements", "test_elements"),
  "aten.isin.Tensor_Scalar": (n) => among(n, "elements", "test_element"),
  "aten.isin.Scalar_Tensor": (n) => among(n, "element", "test_elements"),
  "aten.logical_and": logical((t, a, b) => t.and(a, b)),
  "aten.logical_or": logical((t, a, b) => t.or(a, b)),
  "aten.logical_xor": logical((t, a, b) => t.xor(a, b)),
  "aten.logical_not": (n) => n.t.not(n.operand("self", "i1")),
  "aten.bitwise_and": and,
  "aten.bitwise_or": or,
  "aten.bitwise_xor": xor,
  "aten.bitwise_not": unary((t, x) => t.not(x)),
  "aten.__and__": and,
  "aten.__or__": or,
  "aten.__xor__": xor,
  "aten.bitwise_left_shift": (n) => shift(n, "left"),
  "aten.bitwise_right_shift": (n) => shift(n, "right"),
  "aten.__lshift__": (n) => shift(n, "left"),
  "aten.__rshift__": (n) => shift(n, "right"),
  "aten.isnan": kind(isNaNValue, 0),
  "aten.isinf": kind(isInfinite, 0),
  "aten.isfinite": kind(
    (t, x) => t.isFinite(x),
    1,
    (t, a, b) => t.and(a, b),
  ),
  "aten.isposinf": kind((t, x) => t.eq(x, Infinity), 0),
  "aten.isneginf": kind((t, x) => t.eq(x, -Infinity), 0),
  "aten.isreal": (n) => {
    const x = n.tensor("self");
    return isComplexValue(n.t, x) ? n.t.eq(imaginary(n.t, x), 0) : n.t.fillLike(1, x, "i1");
  },
  "aten.signbit": unary(signBit),
};
