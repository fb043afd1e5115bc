/** @file The gradient of scaled dot-product attention, and the logarithms of its sums that it is computed from. */

import { scaled } from "../../../ir/composites/attention.js";
import type { Dim } from "../../../ir/dim.js";
import { isFloat } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import type { Call, Rows } from "../call.js";
import { logSumExp } from "./reductions.js";
import { wideOf } from "./widths.js";

const batch = [
  [0, 1],
  [0, 1],
] as const;

/** The scores [batch, heads, queries, keys] before the softmax, in f32 at least. */
function scoresOf(n: Call, q: Value, k: Value): Value {
  const { t } = n;
  const wide = t.element(q);
  const products = t.dot(q, k, { batch, contract: [[3], [3]] });
  const raw = scaled(t, products, n.optionalFloat("scale"), t.shape(q)[3]!);
  const mask = n.has("attn_mask") ? n.tensor("attn_mask") : undefined;
  const isBias = mask !== undefined && isFloat(t.element(mask));
  const biased = mask === undefined ? raw : isBias ? t.add(raw, t.convert(mask, wide)) : t.select(mask, raw, -Infinity);
  if (!n.bool("is_causal")) return biased;
  const places: readonly Dim[] = t.shape(raw).slice(2);
  const isSeen = t.ge(t.iota(places, 0, "i64"), t.iota(places, 1, "i64"));
  return t.select(isSeen, biased, -Infinity);
}

function operandsOf(n: Call): readonly [Value, Value, Value] {
  const { t } = n;
  const wide = wideOf(n.element("query"));
  const qkv = ["query", "key", "value"].map((name) => t.convert(n.tensor(name), wide)) as [Value, Value, Value];
  if (qkv.some((x) => t.rank(x) !== 4)) return n.unsupported("operands that are not [batch, heads, length, size]");
  const heads = qkv.map((x) => t.shape(x)[1]!);
  if (!heads.every((h) => t.facts.isEqual(h, heads[0]!)))
    return n.unsupported("heads of keys that serve several of the queries", "repeat the keys and values");
  return qkv;
}

/** log(sum(e^score)) of every query, [batch, heads, queries]. */
export function attentionLogs(n: Call): Value {
  const [q, k] = operandsOf(n);
  const { t } = n;
  return t.convert(logSumExp(t, scoresOf(n, q, k), [3], false), n.declared(1).element);
}

function gradients(n: Call): readonly Value[] {
  const { t } = n;
  if (n.float("dropout_p") !== 0) return n.unsupported("attention that drops out at random");
  const [q, k, v] = operandsOf(n);
  const wide = t.element(q);
  const [grad, out] = [t.convert(n.tensor("grad_out"), wide), t.convert(n.tensor("out"), wide)];
  const scores = scoresOf(n, q, k);
  const logs = t.unsqueeze(t.convert(n.tensor("logsumexp"), wide), [3]);
  // What takes no part has no share, in rows of only such as well.
  const shares = t.select(t.eq(scores, -Infinity), 0, t.exp(t.sub(scores, logs)));
  const dv = t.dot(shares, grad, { batch, contract: [[2], [2]] });
  const received = t.dot(grad, v, { batch, contract: [[3], [3]] });
  const total = t.sum(t.mul(grad, out), [3], true);
  const slopes = scaled(t, t.mul(shares, t.sub(received, total)), n.optionalFloat("scale"), t.shape(q)[3]!);
  const dq = t.dot(slopes, k, { batch, contract: [[3], [2]] });
  const dk = t.dot(slopes, q, { batch, contract: [[2], [2]] });
  return [dq, dk, dv].map((x, i) => t.convert(x, n.declared(i).element));
}

export const attentionGradients: Rows = {
  "aten._scaled_dot_product_flash_attention_for_cpu_backward": gradients,
};
