/** @file Attention, kept whole as `psm.attention`, and FlexAttention, whose parts the model changes. */

import {
  type AttentionExtras,
  type AttentionForm,
  attention,
  headProducts,
  headsApart,
  headsJoined,
  probabilities,
  scaled,
  scoreModes,
  weightedSums,
} from "../../../ir/composites/attention.js";
import type { Dim } from "../../../ir/dim.js";
import { isFloat } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { ImportNode, OpRow } from "../context.js";
import { isTensor } from "../imported.js";
import type { OnnxGraph } from "../records.js";
import { checkFloats, checkRank } from "./checks.js";

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

function attentionLayer(n: ImportNode): readonly (Value | undefined)[] {
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
  const extras: AttentionExtras = {
    mask: mask && longMask(n, mask, t.shape(k)[2]!),
    lengths,
    offset: hasPlaces ? offset : undefined,
  };
  const [y, scores] = attention(t, [q, k, v], form, extras);
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
  const [heads, groups] = [t.shape(q)[1]!, t.shape(k)[1]!];
  const split = (x: Value): Value => headsApart(t, x, heads, groups);
  const products = headsJoined(t, headProducts(t, split(t.convert(q, wide)), t.convert(k, wide), wide), heads);
  const raw = scaled(t, products, n.float("scale"), n.shape(0)[3]!);
  const scores = changed("score_mod", t.convert(raw, precision));
  const weights = changed("prob_mod", probabilities(t, scores, n.hasAttribute("score_mod")));
  return headsJoined(t, weightedSums(t, split(t.convert(weights, element)), v), heads);
}

export const attentions: readonly OpRow[] = [
  { name: "Attention", since: 23, build: attentionLayer },
  { name: "FlexAttention", domain: "ai.onnx.preview", since: 1, build: flexAttention },
];
