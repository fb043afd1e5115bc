/**
 * @file Forms as exporters may write them, drawn at random: constants on either side and folded in different ways, factors in
 * any order, axes in any order; and the same with one defect, which makes something else of them.
 */

import type { AnyOpDef } from "../../../../ir/define.js";
import { erfc, square } from "../../../../ir/dialects/chlo/elementwise.js";
import type { Value } from "../../../../ir/graph.js";
import type { TensorBuilder } from "../../../../ir/tensor-builder.js";
import type { Random } from "../../../support/random.js";

/** What a form gives, and the name that it is raised to. */
export interface Drawn {
  readonly results: readonly Value[];
  readonly name: string;
}

export interface Draw {
  readonly t: TensorBuilder;
  readonly random: Random;
  /** What is wrong with it, if anything. */
  readonly defect: Defect | undefined;
}

export type Defect = "constant" | "axis" | "extra use" | "integer" | "other value";

/** `c`, or with that defect a number near it. */
const off = ({ defect, random }: Draw, c: number): number =>
  defect === "constant" ? c * random.pick([1.01, 0.98, 1.5]) : c;

/** x * c in one of several spellings. */
function times({ t, random }: Draw, x: Value, c: number): Value {
  const spellings = [() => t.mul(x, c), () => t.mul(c, x), () => t.div(x, 1 / c), () => t.neg(t.mul(x, -c))];
  return random.pick(spellings)();
}

const sum = ({ t, random }: Draw, a: Value, b: Value | number): Value =>
  random.chance(0.5) ? t.add(a, b) : t.add(b, a);

/** The product of factors, in any order. */
function product({ t, random }: Draw, factors: readonly (Value | number)[]): Value {
  let left = random.order(factors.length).map((i) => factors[i]!);
  while (left.length > 1) {
    const [a, b, ...rest] = left as [Value | number, Value | number, ...(Value | number)[]];
    if (typeof a === "number" && typeof b === "number") left = [b, ...rest.slice(0, 1), a, ...rest.slice(1)];
    else left = random.chance(0.5) ? [t.mul(a, b), ...rest] : [...rest, t.mul(a, b)];
  }
  return left[0] as Value;
}

/** What else reads a part, where that is the defect. */
const leaks = ({ defect }: Draw, ...parts: readonly Value[]): readonly Value[] => (defect === "extra use" ? parts : []);

function otherThan({ t, defect, random }: Draw, x: Value): Value {
  if (defect === "integer") return t.convert(t.convert(x, "i32"), t.element(x));
  return defect === "other value" ? t.sin(t.mul(x, random.pick([0.5, 2]))) : x;
}

export function drawGelu(draw: Draw, x: Value): Drawn {
  const { t, random } = draw;
  const name = "psm.gelu";
  const root = off(draw, Math.SQRT1_2);
  const of = otherThan(draw, x);
  if (random.chance(0.3)) {
    const power = t.unary(erfc as unknown as AnyOpDef, times(draw, of, -root));
    return { results: [product(draw, [x, power, 0.5]), ...leaks(draw, power)], name };
  }
  const [linear, cubic] = [Math.sqrt(2 / Math.PI), off(draw, 0.044715)];
  const cube = (): Value => random.pick([() => t.pow(of, 3), () => product(draw, [squared(draw, of), of])])();
  const factored = (): Value => product(draw, [of, linear, sum(draw, times(draw, squared(draw, of), cubic), 1)]);
  const inner = random.chance(0.5) ? times(draw, sum(draw, of, times(draw, cube(), cubic)), linear) : factored();
  const value = random.chance(0.5) ? t.erf(times(draw, of, root)) : t.tanh(inner);
  const whole = random.chance(0.3)
    ? times(draw, sum(draw, x, t.mul(x, value)), 0.5)
    : product(draw, [x, sum(draw, value, 1), 0.5]);
  return { results: [whole, ...leaks(draw, value)], name };
}

export function drawSwish(draw: Draw, x: Value): Drawn {
  const { t, random } = draw;
  const of = otherThan(draw, x);
  const slope = random.pick([1, 1.702]);
  const inner = slope === 1 ? of : times(draw, of, slope);
  const one = off(draw, 1);
  const below = sum(draw, t.exp(random.chance(0.5) || slope !== 1 ? t.neg(inner) : t.mul(inner, -1)), one);
  const isWritten = draw.defect === "constant" || random.chance(0.6);
  const sigmoid = isWritten ? t.div(1, below) : t.sigmoid(inner);
  const results =
    isWritten && random.chance(0.4)
      ? [t.div(x, below), ...leaks(draw, below)]
      : [t.mul(x, sigmoid), ...leaks(draw, sigmoid)];
  return { results, name: "psm.swish" };
}

/** What was reduced along `axes` as a tensor of the shape of `x`, in one of several ways. */
function spread({ t, random }: Draw, reduced: Value, x: Value, axes: readonly number[]): Value {
  const shape = t.shape(x);
  const kept = shape.map((_, i) => i).filter((i) => !axes.includes(i));
  if (random.chance(0.4)) return t.broadcast(reduced, shape, kept);
  const ones = shape.map((d, i) => (axes.includes(i) ? 1 : d));
  const alike = random.chance(0.5) ? t.reshape(reduced, ones) : t.broadcast(reduced, ones, kept);
  return t.broadcast(alike, shape);
}

export function drawSoftmax(draw: Draw, x: Value): Drawn {
  const { t, random, defect } = draw;
  const rank = t.rank(x);
  const axis = random.int(0, rank - 1);
  const other = defect === "axis" ? (axis + 1) % rank : axis;
  const most = t.reduce(otherThan(draw, x), [other], "max");
  const shifted = t.sub(x, spread(draw, most, x, [other]));
  const powers = t.exp(shifted);
  const total = t.sum(powers, [axis]);
  const isLog = random.chance(0.4);
  const name = isLog ? "psm.log_softmax" : "psm.softmax";
  const logged = random.chance(0.5) ? t.log(spread(draw, total, x, [axis])) : spread(draw, t.log(total), x, [axis]);
  const whole = isLog ? t.sub(shifted, logged) : t.div(powers, spread(draw, total, x, [axis]));
  return { results: [whole, ...leaks(draw, random.pick([total, powers]))], name };
}

function squared({ t, random }: Draw, x: Value): Value {
  return random.pick([() => t.mul(x, x), () => t.pow(x, 2), () => t.unary(square as unknown as AnyOpDef, x)])();
}

const sizeAlong = (shape: readonly number[], axes: readonly number[]): number =>
  axes.reduce((n, i) => n * shape[i]!, 1);

/** x, or x less its mean, over the root of its mean square; scale and shift are of the last axes. */
export function drawNorm(draw: Draw, x: Value, scale: Value | undefined, bias: Value | undefined): Drawn {
  const { t, random, defect } = draw;
  const shape = t.shape(x) as readonly number[];
  const axes = [shape.length - 1];
  const varying = defect === "axis" ? [0] : axes;
  const isCentered = random.chance(0.6);
  const mean = (y: Value, along: readonly number[], n = sizeAlong(shape, along)): Value =>
    times(draw, t.sum(y, along), 1 / n);
  const centered = (): Value => (isCentered ? t.sub(x, spread(draw, mean(x, axes), x, axes)) : x);
  const normal = centered();
  const base = random.chance(0.5) ? normal : centered();
  const variance = mean(squared(draw, otherThan(draw, base)), varying, off(draw, sizeAlong(shape, varying)));
  const guarded = sum(draw, variance, 1e-3);
  const above = (v: Value): Value => spread(draw, v, x, varying);
  const inverses = [() => t.rsqrt(guarded), () => t.div(1, t.sqrt(guarded)), () => t.pow(guarded, -0.5)];
  const placed = scale ? [t.broadcast(scale, shape)] : [];
  const scaled = random.chance(0.3)
    ? product(draw, [t.div(normal, above(t.sqrt(guarded))), ...placed])
    : product(draw, [normal, above(random.pick(inverses)()), ...placed]);
  const isShifted = bias && isCentered;
  const whole = isShifted ? sum(draw, scaled, t.broadcast(bias, shape)) : scaled;
  return { results: [whole, ...leaks(draw, variance)], name: isCentered ? "psm.layer_norm" : "psm.rms_norm" };
}

export interface AttentionOperands {
  readonly q: Value;
  readonly k: Value;
  readonly v: Value;
  readonly mask: Value | undefined;
}

/** Attention of tensors [B, H, L, D], transposed and back at random, with heads of k and v repeated as often as q has more. */
export function drawAttention(draw: Draw, { q, k, v, mask }: AttentionOperands): Drawn {
  const { t, random, defect } = draw;
  const [b, h, l, d] = t.shape(q) as readonly number[];
  const [, g] = t.shape(k) as readonly number[];
  const repeated = (x: Value): Value => {
    if (g === h) return x;
    const [, , n, e] = t.shape(x);
    return t.reshape(t.broadcast(x, [b!, g!, h! / g!, n!, e!], [0, 1, 3, 4]), [b!, h!, n!, e!]);
  };
  const [wholeK, wholeV] = [repeated(k), repeated(v)];
  const scale = off(draw, 1 / Math.sqrt(d!));
  const place = random.pick(["q", "k", "scores", "both"]);
  const scaledQ = place === "q" ? times(draw, q, scale) : place === "both" ? times(draw, q, Math.sqrt(scale)) : q;
  const scaledK =
    place === "k" ? times(draw, wholeK, scale) : place === "both" ? times(draw, wholeK, Math.sqrt(scale)) : wholeK;
  const batch = [
    [0, 1],
    [0, 1],
  ] as const;
  const isFlipped = random.chance(0.3);
  const columns = isFlipped ? t.transpose(scaledK, [0, 1, 3, 2]) : scaledK;
  const isMerged = random.chance(0.3);
  const products = isMerged
    ? mergedDot(draw, scaledQ, columns, isFlipped ? 2 : 3)
    : random.chance(0.3)
      ? t.transpose(t.dot(columns, scaledQ, { batch, contract: [[isFlipped ? 2 : 3], [3]] }), [0, 1, 3, 2])
      : t.dot(scaledQ, columns, { batch, contract: [[3], [isFlipped ? 2 : 3]] });
  const scores = place === "scores" ? times(draw, products, scale) : products;
  const capped = random.chance(0.25) ? times(draw, t.tanh(times(draw, scores, 1 / 5)), 5) : scores;
  const low = random.pick([-1e38, Number.NEGATIVE_INFINITY]);
  const once = mask === undefined ? capped : withMask(draw, capped, mask, low);
  const masked = random.chance(0.25) ? withMask(draw, once, nearMask(draw, once), low) : once;
  const axis = defect === "axis" ? 2 : 3;
  const most = t.reduce(masked, [axis], "max", true);
  const powers = t.exp(t.sub(masked, most));
  const p = t.div(powers, t.sum(powers, [axis], true));
  const guarded = withGuard(draw, p, masked, axis);
  const used = defect === "integer" ? t.convert(t.convert(t.mul(guarded, 100), "i32"), "f32") : guarded;
  const other = defect === "other value" ? t.reverse(used, [3]) : used;
  const sums = isMerged
    ? mergedDot(draw, other, wholeV, 2)
    : random.chance(0.3)
      ? t.transpose(t.dot(wholeV, other, { batch, contract: [[2], [3]] }), [0, 1, 3, 2])
      : t.dot(other, wholeV, { batch, contract: [[3], [2]] });
  const whole = random.chance(0.5)
    ? t.reshape(t.transpose(sums, [0, 2, 1, 3]), [b!, l!, h! * (t.shape(v)[3] as number)])
    : sums;
  return { results: [whole, ...leaks(draw, random.pick([masked, p]))], name: "psm.attention" };
}

/** a [b, h, m, k] times b with `axis` contracted, over one axis of both batches. */
function mergedDot({ t }: Draw, a: Value, b: Value, axis: number): Value {
  const merge = (x: Value): Value => {
    const [samples, heads, ...rest] = t.shape(x) as readonly number[];
    return t.reshape(x, [samples! * heads!, ...rest]);
  };
  const product = t.dot(merge(a), merge(b), { batch: [[0], [0]], contract: [[2], [axis - 1]] });
  return t.reshape(product, [...t.shape(a).slice(0, 2), ...t.shape(product).slice(1)]);
}

/** 0 in the place of rows in which nothing takes part, asked in one of several ways, or not at all. */
function withGuard({ t, random }: Draw, p: Value, scores: Value, axis: number): Value {
  const isLow = () => t.eq(scores, Number.NEGATIVE_INFINITY);
  const spellings = [
    () => p,
    () => t.select(t.ne(p, p), 0, p),
    () => t.select(t.broadcast(t.reduce(isLow(), [axis], "and", true), t.shape(p)), 0, p),
    () => t.select(t.broadcast(t.reduce(t.not(isLow()), [axis], "or", true), t.shape(p)), p, 0),
    () => t.select(t.broadcast(t.not(t.reduce(t.not(isLow()), [axis], "or", true)), t.shape(p)), 0, p),
  ];
  return random.pick(spellings)();
}

/** Keys up to one behind the query's own place. */
function nearMask({ t }: Draw, scores: Value): Value {
  const sizes = [1, 1, ...t.shape(scores).slice(2)];
  return t.le(t.iota(sizes, 3, "i32"), t.add(t.iota(sizes, 2, "i32"), 1));
}

function withMask({ t, random }: Draw, scores: Value, mask: Value, low: number): Value {
  const shape = t.shape(scores);
  if (t.element(mask) !== "i1") return t.add(scores, t.broadcast(mask, shape));
  if (random.chance(0.3)) return t.add(scores, t.broadcast(t.select(mask, t.number(0, "f32"), low), shape));
  const isInverted = random.chance(0.3);
  const spreadMask = t.broadcast(isInverted ? t.not(mask) : mask, shape);
  return isInverted ? t.select(spreadMask, low, scores) : t.select(spreadMask, scores, low);
}

/** Pairs of the last axis of x [B, H, S, D] turned by angles [B, S, D / 2]. */
export function drawRotary(draw: Draw, x: Value, cos: Value, sin: Value): Drawn {
  const { t, random, defect } = draw;
  const shape = t.shape(x) as readonly number[];
  const size = shape[3]!;
  const kind = random.pick(["halves", "neighbours", "at once"]);
  const isAtOnce = kind === "at once" && defect !== "axis";
  const half = size / 2;
  const start = defect === "constant" ? 1 : half;
  const [a, b] =
    kind === "neighbours"
      ? [t.sliceAxis(x, 3, 0, size, 2), t.sliceAxis(x, 3, defect === "constant" ? 0 : 1, size, 2)]
      : [t.sliceAxis(x, 3, 0, half), t.sliceAxis(x, 3, start, start + half)];
  const spreadOver = (y: Value): Value => t.broadcast(t.unsqueeze(y, [1]), [...shape.slice(0, 3), t.shape(y)[2]!]);
  const either = (y: Value, z: Value): Value => (random.chance(0.5) ? t.mul(y, z) : t.mul(z, y));
  const used = otherThan(draw, a);
  if (isAtOnce) {
    const doubled = (y: Value): Value => spreadOver(t.concat([y, y], 2));
    const turned = t.concat([t.neg(b), used], 3);
    const whole = sum(draw, either(x, doubled(cos)), either(turned, doubled(sin)));
    return { results: [whole, ...leaks(draw, turned)], name: "psm.rotary_embedding" };
  }
  const [c, s] = [spreadOver(cos), spreadOver(sin)];
  const [first, second] = [t.sub(either(used, c), either(b, s)), sum(draw, either(b, c), either(a, s))];
  if (kind !== "neighbours") {
    const parts = defect === "axis" ? [second, first] : [first, second];
    return { results: [t.concat(parts, 3), ...leaks(draw, second)], name: "psm.rotary_embedding" };
  }
  const axis = defect === "axis" ? 3 : 4;
  const stacked = t.concat([t.unsqueeze(first, [axis]), t.unsqueeze(second, [axis])], axis);
  return { results: [t.reshape(stacked, shape), ...leaks(draw, first)], name: "psm.rotary_embedding" };
}
