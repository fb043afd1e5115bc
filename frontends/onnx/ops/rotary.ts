/** @file Positions and recurrences of language models: RotaryEmbedding, LinearAttention. */

import { scaled } from "../../../ir/composites/attention.js";
import { rotaryEmbedding } from "../../../ir/composites/rotary.js";
import type { Value } from "../../../ir/graph.js";
import { buildLoop } from "../../../ir/loop-builder.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { ImportNode, OpRow } from "../context.js";
import { checkFloats, checkRank } from "./checks.js";

/** Kept whole; inputs of rank 3 have their heads packed, and caches of cosines may be looked up by place. */
function rotary(n: ImportNode): Value {
  const { t } = n;
  const { dims } = t.context;
  const given = n.value(0);
  checkRank(n, 0, 3, 4);
  for (const i of [1, 2]) checkRank(n, i, n.has(3) ? 2 : 3);
  checkRank(n, 3, 2);
  checkFloats(n, 0, 1, 2);
  const isPacked = n.rank(0) === 3;
  const heads = isPacked ? (n.int("num_heads") ?? n.invalid("attribute 'num_heads' is missing")) : 0;
  const [batch, length, size] = n.shape(0);
  const x = isPacked ? t.reshape(given, [batch!, length!, heads, dims.floorDiv(size!, heads)]) : given;
  const places = n.optional(3);
  const atPlaces = (cache: Value): Value => (places === undefined ? cache : t.take(cache, places, 0));
  const [cos, sin] = [atPlaces(n.value(1)), atPlaces(n.value(2))];
  const interleaved = n.flag("interleaved");
  const rotated = n.int("rotary_embedding_dim", 0);
  const form = { headsAxis: isPacked ? 2 : 1, interleaved, rotaryDim: rotated > 0 ? rotated : undefined } as const;
  const y = rotaryEmbedding(t, [x, cos, sin], form);
  return isPacked ? t.reshape(y, n.shape(0)) : y;
}

interface LinearForm {
  readonly decays: boolean;
  readonly corrects: boolean;
}

const linearRules: Readonly<Record<"linear" | "gated" | "delta" | "gated_delta", LinearForm>> = {
  linear: { decays: false, corrects: false },
  gated: { decays: true, corrects: false },
  delta: { decays: false, corrects: true },
  gated_delta: { decays: true, corrects: true },
};

/** A state per head, S = exp(g) * S + k x d, that each step reads with its query: q^T S. A loop over time. */
function linearAttention(n: ImportNode): readonly Value[] {
  const { t } = n;
  for (const i of [0, 1, 2, 4, 5]) checkRank(n, i, 3);
  checkRank(n, 3, 4);
  checkFloats(n, 0, 1, 2, 3, 4, 5);
  const { dims } = t.context;
  const { decays, corrects } = linearRules[n.word("update_rule", ["gated_delta", "linear", "gated", "delta"])];
  const heads = n.int("q_num_heads") ?? n.invalid("attribute 'q_num_heads' is missing");
  const groups = n.int("kv_num_heads") ?? n.invalid("attribute 'kv_num_heads' is missing");
  const [batch, time, size] = n.shape(0);
  const element = n.element(0);
  const wide = element === "f64" ? "f64" : "f32";
  // Time first: [T, B, heads, ...]
  const packed = (i: number, count: number): Value => {
    const x = t.convert(n.value(i), wide);
    const apart = t.reshape(x, [batch!, time!, count, dims.floorDiv(t.shape(x)[2]!, count)]);
    return t.moveAxis(apart, 1, 0);
  };
  const [q, k, v] = [packed(0, heads), packed(1, groups), packed(2, groups)];
  const decay = decays ? t.exp(packed(4, groups)) : undefined;
  // One for each head, or one for all of them.
  const rates = (x: Value): Value => t.unsqueeze(t.moveAxis(t.broadcast(x, [batch!, time!, groups]), 1, 0), [3]);
  const beta = corrects ? rates(t.convert(n.value(5), wide)) : undefined;
  const [keySize, valueSize] = [t.shape(k)[3]!, t.shape(v)[3]!];
  const stateShape = [batch!, groups, keySize, valueSize];
  const given = n.optional(3);
  const first = given ? t.refine(t.convert(given, wide), stateShape) : t.fill(0, stateShape, wide);
  const scale = n.float("scale", 0) === 0 ? undefined : n.float("scale");
  const step = (b: TensorBuilder, index: Value, state: Value) => {
    const at = (x: Value): Value => b.take(x, index, 0);
    const [key, value] = [at(k), at(v)];
    const kept = decay ? b.mul(state, b.broadcast(b.unsqueeze(at(decay), [3]), stateShape)) : state;
    const batches = {
      batch: [
        [0, 1],
        [0, 1],
      ],
    } as const;
    const seen = (): Value => b.dot(key, kept, { ...batches, contract: [[2], [2]] });
    const news = beta ? b.mul(b.sub(value, seen()), at(beta)) : value;
    const next = b.add(kept, b.mul(b.unsqueeze(key, [3]), b.unsqueeze(news, [2])));
    const query = b.reshape(at(q), [batch!, groups, heads / groups, keySize]);
    const read = b.dot(query, next, { ...batches, contract: [[3], [2]] });
    const output = b.reshape(read, [batch!, dims.mul(heads, valueSize)]);
    return { next, output: scaled(b, output, scale, dims.floorDiv(size!, heads)) };
  };
  const { state, stacked } = buildLoop(t, {
    init: [first],
    trips: time!,
    body: (b, index, [before]) => {
      const { next, output } = step(b, index, before!);
      return { state: [next], stacked: [output] };
    },
  });
  const stateElement = given ? t.element(given) : element;
  return [t.convert(t.moveAxis(stacked[0]!, 0, 1), element), t.convert(state[0]!, stateElement)];
}

export const rotaries: readonly OpRow[] = [
  { name: "RotaryEmbedding", since: 23, build: rotary },
  { name: "LinearAttention", since: 27, build: linearAttention },
];
