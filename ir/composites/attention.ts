/**
 * @file `psm.attention`: attention with heads as an axis of their own and the cache already joined; what follows from
 * masks, windows and caches is decided inside.
 *
 * Operands q [B, H, L, D], k [B, G, S, D], v [B, G, S, E], then those that attribute `operands` names: `mask` (i1 or float,
 * broadcast to [B, H, L, S]; i1 says what takes part), `lengths` (i64 [B]: keys from there on are left out), `offset` (i64,
 * [] or [B]: the place of the first query among the keys). Attributes: `scale`, `softcap`, `causal`, `left_window`,
 * `right_window`, `precision` (of the softmax), `scores` (what the second result holds), `masked_score` (what scores that
 * take no part become, in a softmax that makes nothing of rows of only such; without it they become -inf, and rows in which
 * nothing takes part are 0).
 */

import { type AttrDict, arrayAttr, intAttr, stringAttr } from "../attrs.js";
import type { Dim } from "../dim.js";
import { type ElementType, isFloat } from "../element.js";
import type { Value } from "../graph.js";
import type { TensorBuilder } from "../tensor-builder.js";
import { float, given, unit } from "./attributes.js";

/** What the second result of an attention holds. */
export const scoreModes = ["raw", "capped", "biased", "probabilities"] as const;
export type ScoreMode = (typeof scoreModes)[number];

export interface AttentionForm {
  /** 1 / sqrt(D) if not given. */
  readonly scale: number | undefined;
  /** 0 for none. */
  readonly softcap: number;
  readonly isCausal: boolean;
  /** Keys before and behind a query's own place that it sees; -1 for all. */
  readonly left: number;
  readonly right: number;
  readonly precision: ElementType;
  readonly scores: ScoreMode | undefined;
  readonly maskedScore?: number | undefined;
}

/** The optional operands. */
export interface AttentionExtras {
  readonly mask?: Value | undefined;
  readonly lengths?: Value | undefined;
  readonly offset?: Value | undefined;
}

/** `x` times the scale: 1 / sqrt(size of a head), unless one is given. */
export function scaled(t: TensorBuilder, x: Value, scale: number | undefined, size: Dim): Value {
  if (scale !== undefined) return t.mul(x, scale);
  if (typeof size === "number") return t.mul(x, 1 / Math.sqrt(size));
  return t.mul(x, t.rsqrt(t.convert(t.scalar(size), t.element(x))));
}

/** The leading two axes go together. */
const batch = [
  [0, 1],
  [0, 1],
] as const;

/**
 * [B, H, ...] as [B, G, H / G, ...], heads that share one of k beside it; where all have their own, as it is. An axis of
 * size 1, which stands for all heads, is two of them.
 */
export function headsApart(t: TensorBuilder, x: Value, heads: Dim, groups: Dim): Value {
  const { dims } = t.context;
  if (dims.provablyEqual(heads, groups)) return x;
  const missing = 4 - t.rank(x);
  const [samples, own, ...rest] = [...Array.from<Dim>({ length: Math.max(missing, 0) }).fill(1), ...t.shape(x)];
  const split = own === 1 ? [1, 1] : [groups, dims.floorDiv(heads, groups)];
  return t.reshape(x, [samples!, ...split, ...rest]);
}

/** [B, G, H / G, ...] as [B, H, ...]. */
export function headsJoined(t: TensorBuilder, x: Value, heads: Dim): Value {
  const [samples, ...rest] = t.shape(x);
  return t.rank(x) === 4 ? x : t.reshape(x, [samples!, heads, ...rest.slice(2)]);
}

/** q * k^T for every head: q [B, G, H / G, L, D], or [B, H, L, D] where no heads share one of k. */
export function headProducts(t: TensorBuilder, q: Value, k: Value, element: ElementType): Value {
  return t.dot(q, k, { batch, contract: [[t.rank(q) - 1], [3]] }, element);
}

/** Sums of v's rows, weighted by the probabilities of every head. */
export function weightedSums(t: TensorBuilder, p: Value, v: Value): Value {
  return t.dot(p, v, { batch, contract: [[t.rank(p) - 1], [2]] });
}

/** Which keys each query may see for its place, [B or 1, 1..., L, S]; `undefined` where it may see all. */
function visible(
  t: TensorBuilder,
  scores: readonly Dim[],
  form: AttentionForm,
  extras: AttentionExtras,
): Value | undefined {
  const rank = scores.length;
  const ones = Array.from<Dim>({ length: rank - 1 }).fill(1);
  const shape: readonly Dim[] = [...ones.slice(1), ...scores.slice(-2)];
  const perBatch = (x: Value): Value => (t.rank(x) === 0 ? x : t.reshape(x, [t.shape(x)[0]!, ...ones]));
  const key = t.iota(shape, rank - 1, "i64");
  const own = t.iota(shape, rank - 2, "i64");
  const place = extras.offset === undefined ? own : t.add(own, perBatch(extras.offset));
  const masks: Value[] = [];
  if (extras.lengths !== undefined) masks.push(t.lt(key, perBatch(extras.lengths)));
  if (form.isCausal) masks.push(t.le(key, place));
  if (form.left >= 0) masks.push(t.ge(key, t.sub(place, form.left)));
  if (form.right >= 0) masks.push(t.le(key, t.add(place, form.right)));
  return masks.length === 0 ? undefined : masks.reduce((a, b) => t.and(a, b));
}

/** Scores as probabilities along the last axis; rows in which nothing takes part are 0 where there may be any. */
export function probabilities(t: TensorBuilder, scores: Value, mayBeEmpty: boolean): Value {
  const axis = t.rank(scores) - 1;
  const most = t.reduce(scores, [axis], "max", true);
  const shift = mayBeEmpty ? t.select(t.eq(most, Number.NEGATIVE_INFINITY), 0, most) : most;
  const powers = t.exp(t.sub(scores, shift));
  const total = t.sum(powers, [axis], true);
  return t.div(powers, mayBeEmpty ? t.select(t.eq(total, 0), 1, total) : total);
}

/** The decomposition of `psm.attention`: heads that share one of k are an axis of their own from the first product to the last. */
function attend(
  t: TensorBuilder,
  [q, k, v]: readonly [Value, Value, Value],
  form: AttentionForm,
  extras: AttentionExtras,
): readonly Value[] {
  const element = t.element(q);
  const wide = element === "f64" ? "f64" : "f32";
  const [, heads, , size] = t.shape(q) as readonly [Dim, Dim, Dim, Dim];
  const split = (x: Value): Value => headsApart(t, x, heads, t.shape(k)[1]!);
  const products = headProducts(t, split(t.convert(q, wide)), t.convert(k, wide), wide);
  const raw = scaled(t, products, form.scale, size);
  const capped = form.softcap > 0 ? t.mul(t.tanh(t.div(raw, form.softcap)), form.softcap) : raw;
  const seen = visible(t, t.shape(raw), form, extras);
  const mask = extras.mask && split(extras.mask);
  const isBias = mask !== undefined && isFloat(t.element(mask));
  const moved = isBias ? t.add(capped, t.convert(mask, wide)) : capped;
  const masks = [seen, isBias ? undefined : mask].filter((x) => x !== undefined);
  const none = form.maskedScore ?? Number.NEGATIVE_INFINITY;
  const biased = masks.reduce((scores, m) => t.select(m, scores, none), moved);
  const mayBeEmpty = form.maskedScore === undefined && masks.length + Number(isBias) > 0;
  const weights = probabilities(t, t.convert(biased, form.precision), mayBeEmpty);
  const sums = weightedSums(t, t.convert(weights, wide), t.convert(v, wide));
  const y = t.convert(headsJoined(t, sums, heads), element);
  const scores = { raw, capped, biased, probabilities: weights };
  return form.scores === undefined ? [y] : [y, t.convert(headsJoined(t, scores[form.scores], heads), element)];
}

function attributesOf(t: TensorBuilder, form: AttentionForm, element: ElementType, names: readonly string[]): AttrDict {
  const i64 = t.context.types.scalar("i64");
  const number = (x: number | undefined) => (x === undefined ? undefined : float(t, x, element));
  return given({
    scale: number(form.scale),
    operands: names.length === 0 ? undefined : arrayAttr(names.map(stringAttr)),
    softcap: form.softcap > 0 ? number(form.softcap) : undefined,
    causal: form.isCausal ? unit : undefined,
    left_window: form.left >= 0 ? intAttr(form.left, i64) : undefined,
    right_window: form.right >= 0 ? intAttr(form.right, i64) : undefined,
    precision: stringAttr(form.precision),
    scores: form.scores === undefined ? undefined : stringAttr(form.scores),
    masked_score: number(form.maskedScore),
  });
}

/** The weighted sums [B, H, L, E], and the scores [B, H, L, S] where the form asks for them. */
export function attention(
  t: TensorBuilder,
  qkv: readonly [q: Value, k: Value, v: Value],
  form: AttentionForm,
  extras: AttentionExtras = {},
): readonly Value[] {
  const names = (["mask", "lengths", "offset"] as const).filter((name) => extras[name] !== undefined);
  const operands = [...qkv, ...names.map((name) => extras[name]!)];
  const attributes = attributesOf(t, form, t.element(qkv[0]), names);
  return t.composite("psm.attention", operands, attributes, (b, inside) => {
    const more: AttentionExtras = Object.fromEntries(names.map((name, i) => [name, inside[i + 3]]));
    return attend(b, [inside[0]!, inside[1]!, inside[2]!], form, more);
  });
}
