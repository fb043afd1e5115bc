/** @file What is accumulated along an axis, and counts of values in bins. */

import { elementFacts } from "../../../ir/element.js";
import { scan } from "../../../ir/forms/scan.js";
import type { Value } from "../../../ir/graph.js";
import { identityOf, type TensorBuilder } from "../../../ir/tensor-builder.js";
import type { Call, Row, Rows } from "../call.js";
import { cast } from "./conversion.js";
import { isNaNValue, isReal, wideOf } from "./operands.js";
import { lifted, logSumExp } from "./reductions.js";

type How = "add" | "mul" | "max" | "min";

/** Joined up to each place along `axis`. */
function accumulated(t: TensorBuilder, x: Value, axis: number, how: How): Value {
  const none = t.splat(identityOf(how, t.element(x)), [], t.element(x));
  return scan(t, x, axis, { join: t[how], none, reduce: (y, along) => t.reduce(y, [along], how) });
}

/** A sum or product in the element of the result. */
const cumulative =
  (how: "add" | "mul"): Row =>
  (n) => {
    const { t } = n;
    const self = n.tensor("self");
    const x = lifted(t, cast(t, self, wideOf(n.out)));
    const totals = accumulated(t, x, n.axis("dim", t.rank(self)), how);
    return t.convert(t.reshape(totals, t.shape(self)), n.out);
  };

/** The largest (or smallest) so far and the place where it last was found. */
const running =
  (which: "max" | "min"): Row =>
  (n) => {
    const { t } = n;
    const self = n.tensor("self");
    const isBool = elementFacts[t.element(self)].kind === "bool";
    const x = lifted(t, isBool ? t.convert(self, "i8") : self);
    const axis = n.axis("dim", t.rank(self));
    const values = accumulated(t, x, axis, which);
    const isFound = isReal(t, x) ? t.or(t.eq(x, values), isNaNValue(t, x)) : t.eq(x, values);
    const places = t.iota(t.shape(x), axis, "i64");
    const indices = accumulated(t, t.select(isFound, places, t.fillLike(0, places)), axis, "max");
    const shape = t.shape(self);
    return [t.convert(t.reshape(values, shape), t.element(self)), t.reshape(indices, shape)];
  };

/** log(e^a + e^b), of infinities as well. */
function joinedLogs(t: TensorBuilder, a: Value, b: Value): Value {
  const largest = t.max(a, b);
  const sum = t.add(largest, t.log1p(t.exp(t.neg(t.abs(t.sub(a, b))))));
  return t.select(t.and(t.eq(a, b), t.eq(t.abs(a), Infinity)), a, sum);
}

function logCumSumExp(n: Call): Value {
  const { t } = n;
  const self = n.tensor("self");
  if (!isReal(t, self)) return n.unsupported("complex numbers");
  const x = lifted(t, t.convert(self, wideOf(n.out)));
  const totals = scan(t, x, n.axis("dim", t.rank(self)), {
    join: (a, b) => joinedLogs(t, a, b),
    none: t.number(-Infinity, t.element(x)),
    reduce: (y, along) => logSumExp(t, y, [along], false),
  });
  return t.convert(t.reshape(totals, t.shape(self)), n.out);
}

/** How many elements fall into each of `bins` equal parts of [min, max]; that of the data where both are the same. */
function histogram(n: Call): Value {
  const { t } = n;
  const bins = n.int("bins");
  const x = t.flatten(t.convert(n.tensor("self"), wideOf(n.out)));
  const element = t.element(x);
  const [low, high] = [n.float("min"), n.float("max")];
  const isOpen = low === high;
  const [min, max] = isOpen
    ? [t.reduce(x, [0], "min"), t.reduce(x, [0], "max")]
    : [t.number(low, element), t.number(high, element)];
  const isFlat = t.eq(min, max);
  const [from, to] = [t.select(isFlat, t.sub(min, 1), min), t.select(isFlat, t.add(max, 1), max)];
  const exact = t.div(t.mul(t.sub(x, from), bins), t.sub(to, from));
  const bin = t.min(t.convert(t.floor(exact), "i64"), bins - 1);
  const isInside = t.and(t.ge(x, from), t.le(x, to));
  const place = t.unsqueeze(t.select(isInside, bin, bins), [1]);
  const zeros = t.fill(0, [bins], element);
  return t.convert(t.scatterPlaces(zeros, place, t.fillLike(1, x), "add"), n.out);
}

export const scans: Rows = {
  "aten.cumsum": cumulative("add"),
  "aten.cumprod": cumulative("mul"),
  "aten.cummax": running("max"),
  "aten.cummin": running("min"),
  "aten.logcumsumexp": logCumSumExp,
  "aten.histc": histogram,
};
