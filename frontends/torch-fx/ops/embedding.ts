/** @file Rows of tables: embeddings, bags of them, their gradient, and one-hot vectors. */

import type { Dim } from "../../../ir/dim.js";
import type { Value } from "../../../ir/graph.js";
import type { Call, Rows } from "../call.js";
import { lastNorm } from "./distance.js";
import { wideOf } from "./widths.js";

const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

function embedding(n: Call): Value {
  const { t } = n;
  return t.take(n.tensor("weight"), t.convert(n.tensor("indices"), "i64"), 0);
}

/** The gradient of the table: those of its rows summed up, none for `padding_idx`. */
function embeddingGradient(n: Call): Value {
  const { t } = n;
  const rows = n.dim("num_weights");
  const padding = n.int("padding_idx");
  if (n.bool("scale_grad_by_freq")) return n.unsupported("gradients that are scaled by how often a row occurs");
  const indices = t.flatten(t.convert(n.tensor("indices"), "i64"));
  const grad = n.tensor("grad_output");
  const width = t.shape(grad).at(-1)!;
  const wide = t.convert(t.reshape(grad, [...t.shape(indices), width]), wideOf(n.out));
  const kept = padding < 0 ? wide : t.select(t.unsqueeze(t.eq(indices, padding), [1]), 0, wide);
  const zeros = t.broadcast(t.number(0, t.element(wide)), [rows, width], []);
  const axes = { window: [1], inserted: [0], to: [0], vector: 1 };
  return t.convert(t.scatter(zeros, t.unsqueeze(indices, [1]), kept, "add", axes), n.out);
}

/**
 * Rows joined bag by bag (mode 0 sums, 1 averages, 2 takes the largest): the result, the bag of each index, how many each
 * bag has, and nothing. `padding_idx` takes no part.
 */
function embeddingBag(n: Call): readonly (Value | undefined)[] {
  const { t } = n;
  const { dims } = t.context;
  const weight = n.tensor("weight");
  const [indices, offsets] = ["indices", "offsets"].map((name) => t.convert(n.tensor(name), "i64")) as [Value, Value];
  if (t.rank(indices) !== 1) return n.unsupported("indices that are no vector");
  const [length] = t.shape(indices);
  const [listed] = t.shape(offsets);
  const bags = n.bool("include_last_offset") ? dims.sub(listed!, 1) : listed!;
  const starts = t.sliceAxis(offsets, 0, 0, bags);
  // Index i is in the last bag that does not begin behind it.
  const begun = t.le(t.unsqueeze(starts, [0]), t.unsqueeze(t.iota([length!], 0, "i64"), [1]));
  const bag = t.sub(t.sum(t.convert(begun, "i64"), [1]), 1);
  const padding = paddingOf(n, t.shape(weight)[0]!);
  const isIn = t.eq(t.unsqueeze(bag, [0]), t.iota([bags, length!], 0, "i64"));
  const member =
    padding === undefined ? isIn : t.and(isIn, t.broadcast(t.ne(indices, t.scalar(padding)), [bags, length!]));
  const wide = wideOf(t.element(weight));
  const rows = t.convert(t.take(weight, indices, 0), wide);
  const weights = n.optional("per_sample_weights");
  const weighed = weights ? t.mul(rows, t.unsqueeze(t.convert(weights, wide), [1])) : rows;
  const size = t.sum(t.convert(member, "i64"), [1]);
  const mode = n.int("mode");
  const y = mode === 2 ? largest(n, weighed, member, size) : joined(n, weighed, member, mode === 1 ? size : undefined);
  const unused = [1, 2, 3].map(() => undefined);
  return [t.convert(y, n.out), ...unused];
}

/** The row that takes no part. Where None stands for that, negative ones count from the end. */
function paddingOf(n: Call, rows: Dim): Dim | undefined {
  if (!n.takes("padding_idx") || !n.has("padding_idx")) return undefined;
  const row = n.int("padding_idx");
  if (row >= 0) return row;
  return n.node.target === "aten.embedding_bag.padding_idx" ? n.t.context.dims.add(rows, row) : undefined;
}

/** Sums over the members of each bag, or their means; of an empty bag, 0. */
function joined(n: Call, rows: Value, member: Value, size: Value | undefined): Value {
  const { t } = n;
  const wide = t.element(rows);
  // Bags of what is not finite must not be touched by others: what is left out is left out before it is summed.
  const chosen = t.select(t.unsqueeze(member, [2]), t.unsqueeze(rows, [0]), 0);
  const total = t.sum(chosen, [1]);
  return size === undefined ? total : t.div(total, t.unsqueeze(t.convert(t.max(size, 1), wide), [1]));
}

function largest(n: Call, rows: Value, member: Value, size: Value): Value {
  const { t } = n;
  const chosen = t.select(t.unsqueeze(member, [2]), t.unsqueeze(rows, [0]), Number.NEGATIVE_INFINITY);
  return t.select(t.unsqueeze(t.eq(size, 0), [1]), 0, t.reduce(chosen, [1], "max"));
}

/** The table, those of its rows that are named and longer than `max_norm` made as long as that. */
function renormalized(n: Call): Value {
  const { t } = n;
  const self = n.tensor("self");
  const x = t.convert(self, wideOf(t.element(self)));
  const [rows] = t.shape(x);
  const length = t.unsqueeze(lastNorm(t, x, n.float("norm_type")), [1]);
  const limit = n.float("max_norm");
  const factor = t.select(t.gt(length, limit), t.div(t.fillLike(limit, length), t.add(length, 1e-7)), 1);
  const indices = t.flatten(t.convert(n.tensor("indices"), "i64"));
  const isNamed = t.any(t.eq(t.iota([rows!, 1], 0, "i64"), t.unsqueeze(indices, [0])), [1], true);
  return t.select(isNamed, t.convert(t.mul(x, factor), t.element(self)), self);
}

function oneHot(n: Call): Value {
  const { t } = n;
  const classes = n.dim("num_classes");
  if (classes === -1) return n.unsupported("classes whose number follows from the data", "give num_classes");
  const x = n.tensor("self");
  const shape = [...t.shape(x), classes];
  const own = t.broadcast(x, shape, count(t.rank(x)));
  return t.convert(t.eq(own, t.iota(shape, t.rank(x), t.element(x))), n.out);
}

export const embeddings: Rows = {
  "aten.embedding": embedding,
  "aten.embedding_dense_backward": embeddingGradient,
  "aten.embedding_bag": embeddingBag,
  "aten._embedding_bag": embeddingBag,
  "aten._embedding_bag_forward_only": embeddingBag,
  "aten.one_hot": oneHot,
  "aten.embedding_renorm": renormalized,
};
