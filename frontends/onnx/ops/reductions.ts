/** @file Reductions over axes, and what is found or accumulated along one: Reduce*, ArgMax, ArgMin, TopK, CumSum, CumProd. */

import { elementFacts, isFloat } from "../../../ir/element.js";
import { delayed, scan } from "../../../ir/forms/scan.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import { identityOf } from "../../../ir/tensor-builder.js";
import type { ImportNode, OpRow } from "../context.js";
import { chooseAxes, chooseAxis } from "./at-run.js";
import { axesOf } from "./movement.js";

type Reduction = (t: TensorBuilder, x: Value, axes: readonly number[], keep: boolean) => Value;

const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Axes are an attribute before opset `inputSince`, then an input; none means all, or with `noop_with_empty_axes` none. */
const reduction = (name: string, inputSince: number, f: Reduction): OpRow => ({
  name,
  since: 1,
  build(n) {
    const { t } = n;
    const x = n.value(0);
    const rank = n.rank(0);
    const keep = n.flag("keepdims", true);
    const all = n.flag("noop_with_empty_axes") ? [] : count(rank);
    const isOpen = n.opset >= inputSince && n.has(1) && n.knownNumbers(1) === undefined;
    if (isOpen) return chooseAxes(n, all, keep, (b, axes) => f(b, x, axes, keep));
    const axes = axesOf(n, inputSince, rank);
    return f(t, x, axes === undefined || axes.length === 0 ? all : axes, keep);
  },
});

/** Sums of narrow floats are carried in f32. */
const summed = (t: TensorBuilder, x: Value, axes: readonly number[], keep: boolean): Value =>
  t.widened(x, (wide) => t.sum(wide, axes, keep));

/** Integers have no logarithm or root: those are computed in f32 (f64 for wide ones) and truncated. */
function inFloats(t: TensorBuilder, x: Value, f: (wide: Value) => Value): Value {
  const element = t.element(x);
  if (isFloat(element)) return t.widened(x, f);
  return t.convert(f(t.convert(x, elementFacts[element].bits > 32 ? "f64" : "f32")), element);
}

/** log(sum(exp(x))), with the largest element taken out so that nothing overflows. */
function logSumExp(t: TensorBuilder, x: Value, axes: readonly number[], keep: boolean): Value {
  const largest = t.reduce(x, axes, "max", true);
  const shift = t.select(t.isFinite(largest), largest, 0);
  const total = t.add(t.log(t.sum(t.exp(t.sub(x, shift)), axes, true)), shift);
  return keep
    ? total
    : t.reshape(
        total,
        t.shape(x).filter((_, i) => !axes.includes(i)),
      );
}

const isBool = (t: TensorBuilder, x: Value): boolean => t.element(x) === "i1";

const argument = (name: string, which: "max" | "min"): OpRow => ({
  name,
  since: 1,
  build(n) {
    const { t } = n;
    const axis = n.axis(0, n.rank(0));
    const found = t.argReduce(n.value(0), axis, which, n.flag("select_last_index"));
    return n.flag("keepdims", true) ? t.unsqueeze(found, [axis]) : found;
  },
});

/** The `k` largest or smallest entries along an axis and their places; equals in the order of their places. */
function topK(n: ImportNode): readonly Value[] {
  const { t } = n;
  const x = n.value(0);
  const axis = n.axis(-1, n.rank(0));
  const [k] = n.opset < 10 ? [n.int("k") ?? n.invalid("attribute 'k' is missing")] : n.dims(1, "k");
  const direction = n.flag("largest", true) ? "GT" : "LT";
  const order = isFloat(t.element(x)) ? "TOTALORDER" : undefined;
  const places = t.iota(n.shape(0), axis, "i64");
  const sorted = t.sort([x, places], axis, (b, [a, c]) => b.compare(direction, a!, c!, order));
  return sorted.map((y) => t.sliceAxis(y, axis, 0, k!));
}

const cumulative = (name: string, since: number, how: "add" | "mul"): OpRow => ({
  name,
  since,
  build(n) {
    const options = { exclusive: n.flag("exclusive"), reverse: n.flag("reverse") };
    return chooseAxis(n, 1, n.rank(0), (t, axis) => accumulate(t, n.value(0), axis, how, options));
  },
});

interface Accumulation {
  /** Each entry leaves itself out. */
  readonly exclusive: boolean;
  /** From the end. */
  readonly reverse: boolean;
}

/** Sums or products of the entries up to each place along `axis`. */
export function accumulate(
  t: TensorBuilder,
  x: Value,
  axis: number,
  how: "add" | "mul",
  { exclusive, reverse }: Accumulation,
): Value {
  const forward = reverse ? t.reverse(x, [axis]) : x;
  const none = t.splat(identityOf(how, t.element(x)), [], t.element(x));
  const before = exclusive ? delayed(t, forward, axis, 1, none) : forward;
  const join = how === "add" ? t.add : t.mul;
  const totals = scan(t, before, axis, { join, none, reduce: (y, along) => t.reduce(y, [along], how) });
  return reverse ? t.reverse(totals, [axis]) : totals;
}

export const reductions: readonly OpRow[] = [
  reduction("ReduceSum", 13, summed),
  reduction("ReduceMean", 18, (t, x, axes, keep) => t.widened(x, (wide) => t.mean(wide, axes, keep))),
  reduction("ReduceProd", 18, (t, x, axes, keep) => t.widened(x, (wide) => t.reduce(wide, axes, "mul", keep))),
  reduction("ReduceMax", 18, (t, x, axes, keep) => t.reduce(x, axes, isBool(t, x) ? "or" : "max", keep)),
  reduction("ReduceMin", 18, (t, x, axes, keep) => t.reduce(x, axes, isBool(t, x) ? "and" : "min", keep)),
  reduction("ReduceL1", 18, (t, x, axes, keep) => summed(t, t.abs(x), axes, keep)),
  reduction("ReduceL2", 18, (t, x, axes, keep) =>
    inFloats(t, x, (wide) => t.sqrt(t.sum(t.mul(wide, wide), axes, keep))),
  ),
  reduction("ReduceSumSquare", 18, (t, x, axes, keep) => t.widened(x, (wide) => t.sum(t.mul(wide, wide), axes, keep))),
  reduction("ReduceLogSum", 18, (t, x, axes, keep) => inFloats(t, x, (wide) => t.log(t.sum(wide, axes, keep)))),
  reduction("ReduceLogSumExp", 18, (t, x, axes, keep) => inFloats(t, x, (wide) => logSumExp(t, wide, axes, keep))),
  argument("ArgMax", "max"),
  argument("ArgMin", "min"),
  { name: "TopK", since: 1, build: topK },
  cumulative("CumSum", 11, "add"),
  cumulative("CumProd", 26, "mul"),
];
