/** @file Reductions over axes: sums, products, extremes, statistics, norms, and what is true of all or any. */

import { type ElementType, elementFacts } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import type { Joining } from "../../../ir/index-builder.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { Call, Row, Rows } from "../call.js";
import { toFloating } from "../promotion.js";
import { imaginary, realPart } from "./complex.js";
import { cast } from "./conversion.js";
import { isComplexValue, isNaNValue, wideOf } from "./operands.js";

/** Joins the elements of a tensor along axes; with `keep` these stay, of size 1. */
type Reduction = (t: TensorBuilder, x: Value, axes: readonly number[], keep: boolean, n: Call) => Value;

/** The axes of the node: all where it has none. */
function axesOf(n: Call, rank: number): readonly number[] {
  return n.takes("dim") ? n.axes("dim", rank) : Array.from({ length: rank }, (_, k) => k);
}

const keeps = (n: Call): boolean => n.takes("keepdim") && n.bool("keepdim");

/** A reduction in the element of the result, in f32 where that is narrower. */
const reduction =
  (f: Reduction, from: (n: Call) => ElementType = (n) => n.out): Row =>
  (n) => {
    const { t } = n;
    const x = cast(t, n.tensor("self"), wideOf(from(n)));
    return t.convert(f(t, x, axesOf(n, t.rank(x)), keeps(n), n), n.out);
  };

/** The element of the operand, floating. */
const floating = (n: Call): ElementType => {
  const dtype = n.takes("dtype") ? n.dtype("dtype") : undefined;
  return toFloating(dtype ?? n.element("self"));
};

const isBool = (t: TensorBuilder, x: Value): boolean => elementFacts[t.element(x)].kind === "bool";

export function extreme(
  t: TensorBuilder,
  x: Value,
  axes: readonly number[],
  which: "max" | "min",
  keep: boolean,
): Value {
  const how: Joining = isBool(t, x) ? (which === "max" ? "or" : "and") : which;
  return t.reduce(x, axes, how, keep);
}

const extremes =
  (which: "max" | "min"): Reduction =>
  (t, x, axes, keep) =>
    extreme(t, x, axes, which, keep);

/** The tensor with at least one axis. */
export const lifted = (t: TensorBuilder, x: Value): Value => (t.rank(x) === 0 ? t.reshape(x, [1]) : x);

/** Place of the first of the largest or smallest entries. */
function place(t: TensorBuilder, x: Value, axis: number, which: "max" | "min"): Value {
  return t.argReduce(isBool(t, x) ? t.convert(x, "i8") : x, axis, which);
}

/** Values and places along one axis, or only the value of all. */
const extremeAlong =
  (which: "max" | "min"): Row =>
  (n) => {
    const { t } = n;
    const self = n.tensor("self");
    const x = lifted(t, self);
    const axis = n.axis("dim", t.rank(self));
    const results = [extreme(t, x, [axis], which, false), place(t, x, axis, which)];
    const shape = t.shape(self);
    const kept = t.rank(self) === 0 ? [] : keeps(n) ? shape.with(axis, 1) : shape.toSpliced(axis, 1);
    return results.map((y) => t.reshape(y, kept));
  };

const argument =
  (which: "max" | "min"): Row =>
  (n) => {
    const { t } = n;
    const self = n.tensor("self");
    const shape = t.shape(self);
    if (!n.has("dim")) {
      const found = place(t, t.flatten(self), 0, which);
      return t.reshape(found, keeps(n) ? shape.map(() => 1) : []);
    }
    const axis = n.axis("dim", shape.length);
    const found = place(t, lifted(t, self), axis, which);
    if (shape.length === 0) return t.reshape(found, []);
    return t.reshape(found, keeps(n) ? shape.with(axis, 1) : shape.toSpliced(axis, 1));
  };

const sum: Reduction = (t, x, axes, keep) => t.sum(x, axes, keep);
const mean: Reduction = (t, x, axes, keep) => (axes.length === 0 ? x : t.mean(x, axes, keep));

/** Without what is no number. */
const nanSum: Reduction = (t, x, axes, keep) => t.sum(t.select(isNaNValue(t, x), t.fillLike(0, x), x), axes, keep);

/** How many degrees of freedom are taken off. */
function correctionOf(n: Call): number {
  if (n.takes("unbiased")) return n.bool("unbiased") ? 1 : 0;
  return n.takes("correction") ? (n.optionalFloat("correction") ?? 1) : 1;
}

/** The mean square distance from the mean, corrected. */
function variance(t: TensorBuilder, x: Value, axes: readonly number[], keep: boolean, n: Call): Value {
  if (isComplexValue(t, x)) {
    const [re, im] = [realPart(t, x), imaginary(t, x)].map((y) => variance(t, y, axes, keep, n));
    return t.add(re!, im!);
  }
  const distance = t.sub(x, mean(t, x, axes, true, n));
  const count = t.sub(t.countAlong(x, axes, t.element(x)), correctionOf(n));
  return t.div(t.sum(t.mul(distance, distance), axes, keep), t.max(count, 0));
}

const deviation: Reduction = (t, x, axes, keep, n) => t.sqrt(variance(t, x, axes, keep, n));

/** A statistic and the mean. */
const withMean =
  (f: Reduction): Row =>
  (n) => {
    const { t } = n;
    const x = n.operand("self", wideOf(n.element("self")));
    const axes = axesOf(n, t.rank(x));
    return [f, mean].map((g, i) => t.convert(g(t, x, axes, keeps(n), n), n.declared(i).element));
  };

/** (sum |x|^p)^(1/p), or what that goes towards. */
function norm(t: TensorBuilder, x: Value, p: number, axes: readonly number[], keep: boolean): Value {
  const size = t.abs(x);
  const element = t.element(size);
  if (p === Infinity) return t.reduce(size, axes, "max", keep);
  if (p === -Infinity) return t.reduce(size, axes, "min", keep);
  if (p === 0) return t.sum(t.convert(t.ne(size, 0), element), axes, keep);
  if (p === 1) return t.sum(size, axes, keep);
  if (p === 2) return t.sqrt(t.sum(t.mul(size, size), axes, keep));
  return t.pow(t.sum(t.pow(size, t.fillLike(p, size)), axes, keep), 1 / p);
}

const normBy =
  (name: string): Row =>
  (n) => {
    const { t } = n;
    const x = cast(t, n.tensor("self"), wideOf(floating(n)));
    return t.convert(norm(t, x, n.optionalFloat(name) ?? 2, axesOf(n, t.rank(x)), keeps(n)), n.out);
  };

/** Norms of matrices in two axes: of all entries, or the largest or smallest sum along one of the axes. */
function matrixNorm(n: Call, x: Value, order: number | string, axes: readonly number[], keep: boolean): Value {
  const { t } = n;
  const [rows, columns] = axes as readonly [number, number];
  if (order === "fro") return norm(t, x, 2, axes, keep);
  const size = typeof order === "number" ? Math.abs(order) : 0;
  if (size !== 1 && size !== Infinity)
    return n.unsupported("a norm by singular values", "use the norm 'fro', 1 or inf");
  const [summed, compared] = size === 1 ? [rows, columns] : [columns, rows];
  const sums = t.sum(t.abs(x), [summed], true);
  const found = t.reduce(sums, [compared], (order as number) < 0 ? "min" : "max", true);
  return keep
    ? found
    : t.reshape(
        found,
        t.shape(x).filter((_, k) => !axes.includes(k)),
      );
}

/** The norm of vectors, or of matrices where two axes are named, or there are two and an order. */
function anyNorm(n: Call): Value {
  const { t } = n;
  const x = cast(t, n.tensor("self"), wideOf(floating(n)));
  const rank = t.rank(x);
  const order = !n.has("ord") ? undefined : n.argument("ord").kind === "string" ? n.string("ord") : n.float("ord");
  const listed = n.has("dim") ? n.ints("dim").map((axis) => n.normalAxis(axis, rank)) : [...t.shape(x).keys()];
  const isMatrix = typeof order === "string" || (order !== undefined && listed.length === 2);
  const plain = typeof order === "number" ? order : 2;
  const found = isMatrix ? matrixNorm(n, x, order!, listed, keeps(n)) : norm(t, x, plain, listed, keeps(n));
  return t.convert(found, n.out);
}

/** The norm of the distance of two tensors. */
function distance(n: Call): Value {
  const { t } = n;
  const wide = wideOf(toFloating(n.promoted("self", "other")));
  const gap = t.sub(n.operand("self", wide), n.operand("other", wide));
  return t.convert(norm(t, gap, n.float("p"), [...t.shape(gap).keys()], false), n.out);
}

/** Entries of `dim` that are longer than `maxnorm` made as long as that. */
function renormalized(n: Call): Value {
  const { t } = n;
  const x = n.operand("self", wideOf(n.out));
  const axis = n.axis("dim", t.rank(x));
  const length = norm(
    t,
    x,
    n.float("p"),
    [...t.shape(x).keys()].filter((k) => k !== axis),
    true,
  );
  const limit = n.float("maxnorm");
  const factor = t.select(t.gt(length, limit), t.div(t.fillLike(limit, length), t.add(length, 1e-7)), 1);
  return t.convert(t.mul(x, isComplexValue(t, x) ? t.convert(factor, t.element(x)) : factor), n.out);
}

/** log(sum(e^x)), the largest element taken out so that nothing overflows. */
export function logSumExp(t: TensorBuilder, x: Value, axes: readonly number[], keep: boolean): Value {
  if (isComplexValue(t, x)) return t.log(t.sum(t.exp(x), axes, keep));
  const largest = t.reduce(x, axes, "max", true);
  const shift = t.select(t.isFinite(largest), largest, t.fillLike(0, largest));
  const total = t.add(t.log(t.sum(t.exp(t.sub(x, shift)), axes, true)), shift);
  if (keep) return total;
  return t.reshape(
    total,
    t.shape(x).filter((_, k) => !axes.includes(k)),
  );
}

/** Smallest and largest. */
const aminmax: Row = (n) => {
  const { t } = n;
  const x = n.tensor("self");
  const axes = axesOf(n, t.rank(x));
  const whole = keeps(n) && !n.has("dim") ? t.shape(x).map(() => 1) : undefined;
  return (["min", "max"] as const).map((which) => {
    const found = extreme(t, x, axes, which, keeps(n));
    return whole ? t.reshape(found, whole) : found;
  });
};

const truth =
  (how: "or" | "and"): Row =>
  (n) => {
    const { t } = n;
    const x = n.operand("self", "i1");
    return t.convert(t.reduce(x, axesOf(n, t.rank(x)), how, keeps(n)), n.out);
  };

const amax = reduction(extremes("max"));
const amin = reduction(extremes("min"));

export const reductions: Rows = {
  "aten.sum": reduction(sum),
  "aten.mean": reduction(mean),
  "aten.nansum": reduction(nanSum),
  "aten.nanmean": reduction((t, x, axes, keep) => {
    const counts = t.sum(t.convert(t.not(isNaNValue(t, x)), t.element(x)), axes, keep);
    return t.div(t.sum(t.select(isNaNValue(t, x), t.fillLike(0, x), x), axes, keep), counts);
  }),
  "aten.prod": reduction((t, x, axes, keep) => t.reduce(x, axes, "mul", keep)),
  "aten.amax": amax,
  "aten.amin": amin,
  "aten.max.default": amax,
  "aten.min.default": amin,
  "aten.max.dim": extremeAlong("max"),
  "aten.min.dim": extremeAlong("min"),
  "aten.aminmax": aminmax,
  "aten.argmax": argument("max"),
  "aten.argmin": argument("min"),
  "aten.all": truth("and"),
  "aten.any": truth("or"),
  "aten.count_nonzero": (n) => {
    const { t } = n;
    const x = n.operand("self", "i1");
    return t.sum(t.convert(x, "i64"), axesOf(n, t.rank(x)));
  },
  "aten.var": reduction(variance, (n) => n.element("self")),
  "aten.std": reduction(deviation, (n) => n.element("self")),
  "aten.var_mean": withMean(variance),
  "aten.std_mean": withMean(deviation),
  "aten.linalg_vector_norm": normBy("ord"),
  "aten.norm": normBy("p"),
  "aten.dist": distance,
  "aten.linalg_matrix_norm": anyNorm,
  "aten.linalg_norm": anyNorm,
  "aten.renorm": renormalized,
  "aten.logsumexp": reduction(logSumExp),
  "aten.special_logsumexp": reduction(logSumExp),
};
