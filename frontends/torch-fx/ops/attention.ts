/** @file Scaled dot-product attention, kept whole as `psm.attention`. */

import { type AttentionForm, attention } from "../../../ir/composites/attention.js";
import type { Dim } from "../../../ir/dim.js";
import { elementFacts } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { Call, Row, Rows } from "../call.js";
import { attentionLogs } from "./attention-gradients.js";

/** [..., heads, length, size] as [batch, heads, length, size]. */
function withFourAxes(t: TensorBuilder, x: Value): Value {
  const shape = t.shape(x);
  const { dims } = t.context;
  const lead = shape.slice(0, -3);
  const heads = shape.length > 2 ? shape.at(-3)! : 1;
  return t.reshape(x, [dims.product(lead), heads, ...shape.slice(-2)]);
}

/** A mask that broadcasts against [batch, heads, queries, keys]. */
function maskOf(n: Call, name: string, lead: readonly Dim[]): Value | undefined {
  const { t } = n;
  const mask = n.takes(name) ? n.optional(name) : undefined;
  if (mask === undefined) return undefined;
  const rank = t.rank(mask);
  if (rank < 2) return t.reshape(mask, [...new Array<number>(4 - rank).fill(1), ...t.shape(mask)]);
  // Masks of more axes than the four are repeated over those that are joined.
  const sizes = t.shape(mask);
  const isJoined = lead.length > 2 && rank > 3;
  return withFourAxes(t, isJoined ? t.broadcast(mask, [...lead.slice(0, -1), ...sizes.slice(-3)]) : mask);
}

/** The operands with the axes before the last two repeated where they are 1; heads stay where groups are allowed. */
function together(n: Call, shareHeads: boolean): readonly [Value, Value, Value] {
  const { t } = n;
  const qkv = [n.tensor("query"), n.tensor("key"), n.tensor("value")] as const;
  const kept = shareHeads ? 3 : 2;
  const leads = qkv.map((x) => t.shape(x).slice(0, -kept));
  const lead = t.broadcastShapes(...leads);
  return qkv.map((x) => t.broadcast(x, [...lead, ...t.shape(x).slice(-kept)])) as [Value, Value, Value];
}

/** `mask` names the argument that is one. Results beyond the first are for gradients, which have their own way. */
const attended =
  (mask: string, wants: number): Row =>
  (n) => {
    const { t } = n;
    if (n.float("dropout_p") !== 0)
      return n.unsupported("attention that drops out at random", "export the model in eval() mode");
    const [q, k, v] = together(n, n.takes("enable_gqa") && n.bool("enable_gqa"));
    if (elementFacts[t.element(q)].kind !== "float") return n.unsupported("attention of numbers that are no floats");
    const lead = t.shape(q).slice(0, -2);
    const form: AttentionForm = {
      scale: n.optionalFloat("scale"),
      softcap: 0,
      isCausal: n.bool("is_causal"),
      left: -1,
      right: -1,
      precision: t.element(q) === "f64" ? "f64" : "f32",
      scores: undefined,
    };
    const operands = [withFourAxes(t, q), withFourAxes(t, k), withFourAxes(t, v)] as const;
    const [y] = attention(t, operands, form, { mask: maskOf(n, mask, lead) });
    const result = t.reshape(y!, [...lead, t.shape(q).at(-2)!, t.shape(v).at(-1)!]);
    if (wants === 1) return result;
    const wantsLogs = n.node.target.includes("flash_attention_for_cpu") && t.rank(q) === 4;
    return wantsLogs ? [result, attentionLogs(n)] : [result];
  };

export const attentions: Rows = {
  "aten.scaled_dot_product_attention": attended("attn_mask", 1),
  "aten._scaled_dot_product_attention_math": attended("attn_mask", 2),
  "aten._scaled_dot_product_flash_attention_for_cpu": attended("attn_mask", 2),
  "aten._scaled_dot_product_flash_attention": attended("attn_mask", 9),
  "aten._scaled_dot_product_efficient_attention": attended("attn_bias", 4),
  "aten._scaled_dot_product_cudnn_attention": attended("attn_bias", 9),
  "aten._scaled_dot_product_fused_attention_overrideable": attended("attn_bias", 9),
};
