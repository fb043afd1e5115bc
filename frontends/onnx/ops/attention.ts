/**
 * @file Attention and FlexAttention. Attention is kept whole as `psm.attention`, with heads as an axis of their own and the
 * cache already joined; what follows from masks, windows and caches is decided inside.
 *
 * `psm.attention`: operands q [B, H, L, D], k [B, G, S, D], v [B, G, S, E], then those that attribute `operands` names:
 * `mask` (i1 or float, broadcast to [B, H, L, S]; i1 says what takes part), `lengths` (i64 [B]: keys from there on are
 * left out), `offset` (i64, [] or [B]: the place of the first query among the keys). Attributes: `scale`, `softcap`,
 * `causal`, `left_window`, `right_window`, `precision` (of the softmax), `scores` (what the second result holds).
 */

import { type AttrDict, arrayAttr, intAttr, stringAttr } from "../../../ir/attrs.js";
import type { Dim } from "../../../ir/dim.js";
import { type ElementType, isFloat } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { ImportNode, OpRow } from "../context.js";
import { isTensor } from "../imported.js";
import type { OnnxGraph } from "../records.js";
import { checkFloats, checkRank } from "./checks.js";

/** What the second result of an attention holds. */
const scoreModes = ["raw", "capped", "biased", "probabilities"] as const;
type ScoreMode = (typeof scoreModes)[number];

interface AttentionForm {
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
}

/** The optional operands. */
interface Extras {
  readonly mask?: Value | undefined;
  readonly lengths?: Value | undefined;
  readonly offset?: Value | undefined;
}

/** [B, L, heads * D] as [B, heads, L, D]; a tensor of rank 4 is that already. */
function withHeads(n: ImportNode, x: Value, attribute: string): Value {
  const { t } = n;
  if (t.rank(x) === 4) return x;
  const heads = n.int(attribute) ?? n.invalid(`attribute '${attribute}' is missing, which inputs of rank 3 need`);
  const [batch, length, size] = t.shape(x);
  const apart = t.reshape(x, [batch!, length!, heads, t.context.dims.floorDiv(size!, heads)]);
  return t.transpose(apart, [0, 2, 1, 3]);
}

/** The inverse of `withHeads`. */
function withoutHeads(t: TensorBuilder, x: Value): Value {
  const [batch, heads, length, size] = t.shape(x);
  return t.reshape(t.transpose(x, [0, 2, 1, 3]), [batch!, length!, t.context.dims.mul(heads!, size!)]);
}

/** `x` times the scale: 1 / sqrt(size of a head), unless one is given. */
export function scaled(t: TensorBuilder, x: Value, given: number | undefined, size: Dim): Value {
  if (given !== undefined) return t.mul(x, given);
  if (typeof size === "number") return t.mul(x, 1 / Math.sqrt(size));
  return t.mul(x, t.rsqrt(t.convert(t.scalar(size), t.element(x))));
}

/** q * k^T for every head; each head of k serves as many heads of q, one after the other. */
function headProducts(t: TensorBuilder, q: Value, k: Value, element: ElementType): Value {
  const { dims } = t.context;
  const [batch, heads, queries, size] = t.shape(q);
  const [, groups, keys] = t.shape(k);
  const shared = dims.mul(dims.floorDiv(heads!, groups!), queries!);
  const rows = t.reshape(q, [batch!, groups!, shared, size!]);
  const products = t.dot(
    rows,
    k,
    {
      batch: [
        [0, 1],
        [0, 1],
      ],
      contract: [[3], [3]],
    },
    element,
  );
  return t.reshape(products, [batch!, heads!, queries!, keys!]);
}

/** Sums of v's rows, weighted by the probabilities of every head. */
function weightedSums(t: TensorBuilder, p: Value, v: Value): Value {
  const { dims } = t.context;
  const [batch, heads, queries, keys] = t.shape(p);
  const [, groups, , size] = t.shape(v);
  const shared = dims.mul(dims.floorDiv(heads!, groups!), queries!);
  const rows = t.reshape(p, [batch!, groups!, shared, keys!]);
  const sums = t.dot(rows, v, {
    batch: [
      [0, 1],
      [0, 1],
    ],
    contract: [[3], [2]],
  });
  return t.reshape(sums, [batch!, heads!, queries!, size!]);
}

/** Which keys each query may see for its place, [B or 1, 1, L, S]; `undefined` where it may see all. */
function visible(t: TensorBuilder, queries: Dim, keys: Dim, form: AttentionForm, extras: Extras): Value | undefined {
  const shape: readonly Dim[] = [1, 1, queries, keys];
  const perBatch = (x: Value): Value => (t.rank(x) === 0 ? x : t.reshape(x, [t.shape(x)[0]!, 1, 1, 1]));
  const key = t.iota(shape, 3, "i64");
  const own = t.iota(shape, 2, "i64");
  const place = extras.offset === undefined ? own : t.add(own, perBatch(extras.offset));
  const masks: Value[] = [];
  if (extras.lengths !== undefined) masks.push(t.lt(key, perBatch(extras.lengths)));
  if (form.isCausal) masks.push(t.le(key, place));
  if (form.left >= 0) masks.push(t.ge(key, t.sub(place, form.left)));
  if (form.right >= 0) masks.push(t.le(key, t.add(place, form.right)));
  return masks.length === 0 ? undefined : masks.reduce((a, b) => t.and(a, b));
}

/** Scores as probabilities along the last axis; rows in which nothing takes part are 0. */
function probabilities(t: TensorBuilder, scores: Value, mayBeEmpty: boolean): Value {
  const most = t.reduce(scores, [3], "max", true);
  const shift = mayBeEmpty ? t.select(t.eq(most, Number.NEGATIVE_INFINITY), 0, most) : most;
  const powers = t.exp(t.sub(scores, shift));
  const total = t.sum(powers, [3], true);
  return t.div(powers, mayBeEmpty ? t.select(t.eq(total, 0), 1, total) : total);
}

/** The decomposition of `psm.attention`. */
function attend(
  t: TensorBuilder,
  [q, k, v]: readonly [Value, Value, Value],
  form: AttentionForm,
  extras: Extras,
): readonly Value[] {
  const element = t.element(q);
  const wide = element === "f64" ? "f64" : "f32";
  const products = headProducts(t, t.convert(q, wide), t.convert(k, wide), wide);
  const raw = scaled(t, products, form.scale, t.shape(q)[3]!);
  const capped = form.softcap > 0 ? t.mul(t.tanh(t.div(raw, form.softcap)), form.softcap) : raw;
  const [, , queries, keys] = t.shape(raw);
  const seen = visible(t, queries!, keys!, form, extras);
  const isBias = extras.mask !== undefined && isFloat(t.element(extras.mask));
  const moved = isBias ? t.add(capped, t.convert(extras.mask!, wide)) : capped;
  const masks = [seen, isBias ? undefined : extras.mask].filter((x) => x !== undefined);
  const biased = masks.reduce((scores, m) => t.select(m, scores, Number.NEGATIVE_INFINITY), moved);
  const mayBeEmpty = extras.mask !== undefined || seen !== undefined;
  const weights = probabilities(t, t.convert(biased, form.precision), mayBeEmpty);
  const y = t.convert(weightedSums(t, t.convert(weights, wide), t.convert(v, wide)), element);
  const scores = { raw, capped, biased, probabilities: weights };
  return form.scores === undefined ? [y] : [y, t.convert(scores[form.scores], element)];
}

function attributesOf(t: TensorBuilder, form: AttentionForm, names: readonly string[]): AttrDict {
  const { types } = t.context;
  const float = (value: number): AttrDict[string] => ({ kind: "float", value, type: types.scalar("f32") });
  const attributes: Record<string, AttrDict[string] | undefined> = {
    scale: form.scale === undefined ? undefined : float(form.scale),
    operands: names.length === 0 ? undefined : arrayAttr(names.map(stringAttr)),
    softcap: form.softcap > 0 ? float(form.softcap) : undefined,
    causal: form.isCausal ? { kind: "unit" } : undefined,
    left_window: form.left >= 0 ? intAttr(form.left, types.scalar("i64")) : undefined,
    right_window: form.right >= 0 ? intAttr(form.right, types.scalar("i64")) : undefined,
    precision: stringAttr(form.precision),
    scores: form.scores === undefined ? undefined : stringAttr(form.scores),
  };
  return Object.fromEntries(Object.entries(attributes).filter(([, a]) => a !== undefined)) as AttrDict;
}

/** A mask as long as the keys: what it does not reach takes no part. */
function longMask(n: ImportNode, mask: Value, keys: Dim): Value {
  const { t } = n;
  const { dims } = t.context;
  const rank = t.rank(mask);
  const size = t.shape(mask)[rank - 1];
  if (size === undefined || size === 1 || t.facts.isEqual(size, keys)) return mask;
  const zeros = t.shape(mask).map(() => 0);
  const element = t.element(mask);
  const nothing = t.number(isFloat(element) ? Number.NEGATIVE_INFINITY : 0, element);
  const missing = dims.sub(keys, size);
  return t.pad(mask, nothing, zeros, [...zeros.slice(1), missing]);
}

function attention(n: ImportNode): readonly (Value | undefined)[] {
  const { t } = n;
  for (const i of [0, 1, 2]) checkRank(n, i, 3, 4);
  for (const i of [4, 5]) checkRank(n, i, 4);
  checkRank(n, 3, 1, 2, 3, 4);
  checkRank(n, 6, 1);
  checkFloats(n, 0, 1, 2);
  const q = withHeads(n, n.value(0), "q_num_heads");
  const [newKeys, newValues] = [1, 2].map((i) => withHeads(n, n.value(i), "kv_num_heads")) as [Value, Value];
  const joined = (x: Value, past: number): Value => (n.has(past) ? t.concat([n.value(past), x], 2) : x);
  const [k, v] = [joined(newKeys, 4), joined(newValues, 5)];
  const given = n.optional(6);
  const lengths = given && t.convert(given, "i64");
  const past = n.has(4) ? t.scalar(t.shape(n.value(4))[2]!) : undefined;
  const offset = lengths === undefined ? past : t.sub(lengths, t.scalar(t.shape(q)[2]!));
  const mask = n.optional(3);
  const form: AttentionForm = {
    scale: n.float("scale"),
    softcap: n.float("softcap", 0),
    isCausal: n.flag("is_causal"),
    left: n.int("left_window_size", -1),
    right: n.int("right_window_size", -1),
    precision: n.dtype("softmax_precision") ?? (t.element(q) === "f64" ? "f64" : "f32"),
    scores: n.wants(3) ? scoreModes[n.int("qk_matmul_output_mode", 0)] : undefined,
  };
  const hasPlaces = form.isCausal || form.left >= 0 || form.right >= 0;
  const extras: Extras = {
    mask: mask && longMask(n, mask, t.shape(k)[2]!),
    lengths,
    offset: hasPlaces ? offset : undefined,
  };
  const names = (["mask", "lengths", "offset"] as const).filter((name) => extras[name] !== undefined);
  const operands = [q, k, v, ...names.map((name) => extras[name]!)];
  const [y, scores] = t.composite("psm.attention", operands, attributesOf(t, form, names), (b, inside) => {
    const more: Extras = Object.fromEntries(names.map((name, i) => [name, inside[i + 3]]));
    return attend(b, [inside[0]!, inside[1]!, inside[2]!], form, more);
  });
  return [n.rank(0) === 3 ? withoutHeads(t, y!) : y, k, v, scores];
}

/** Attention whose scores and probabilities the model changes by graphs of its own. */
function flexAttention(n: ImportNode): Value {
  const { t } = n;
  for (const i of [0, 1, 2]) checkRank(n, i, 4);
  checkFloats(n, 0, 1, 2);
  const [q, k, v] = [n.value(0), n.value(1), n.value(2)];
  const element = n.element(0);
  const precision = n.dtype("softmax_precision") ?? (element === "f64" ? "f64" : "f32");
  const changed = (name: string, x: Value): Value => {
    if (!n.hasAttribute(name)) return x;
    const graph: OnnxGraph = n.graph(name);
    const [result] = n.services.importGraph(graph, t, [x]);
    if (result !== undefined && isTensor(result)) return t.refine(result, t.shape(x));
    return n.unsupported(`attribute '${name}' gives no tensor`);
  };
  const wide = element === "f64" ? "f64" : "f32";
  const products = headProducts(t, t.convert(q, wide), t.convert(k, wide), wide);
  const raw = scaled(t, products, n.float("scale"), n.shape(0)[3]!);
  const scores = changed("score_mod", t.convert(raw, precision));
  const weights = changed("prob_mod", probabilities(t, scores, n.hasAttribute("score_mod")));
  return weightedSums(t, t.convert(weights, element), v);
}

export const attentions: readonly OpRow[] = [
  { name: "Attention", since: 23, build: attention },
  { name: "FlexAttention", domain: "ai.onnx.preview", since: 1, build: flexAttention },
];
