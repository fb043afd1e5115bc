/** @file TfIdfVectorizer: how often each n-gram of a list occurs in sequences of numbers, with gaps up to a limit. */

import type { Dim } from "../../../ir/dim.js";
import type { Value } from "../../../ir/graph.js";
import { fromScalars } from "../../../ir/ndarray.js";
import type { ImportNode, OpRow } from "../context.js";
import { checkRank } from "./checks.js";

/** The n-grams of one length. */
interface Grams {
  readonly length: number;
  /** Where they are in the list of all n-grams. */
  readonly first: number;
  readonly grams: readonly (readonly number[])[];
}

function gramsOf(n: ImportNode): readonly Grams[] {
  const pool = n.ints("pool_int64s");
  if (pool === undefined) return n.unsupported("n-grams of strings", "encode the words as numbers");
  const starts = n.ints("ngram_counts") ?? n.invalid("attribute 'ngram_counts' is missing");
  let first = 0;
  return starts.map((start, i) => {
    const [length, end] = [i + 1, starts[i + 1] ?? pool.length];
    const count = (end - start) / length;
    if (!Number.isInteger(count) || count < 0) n.invalid(`attribute 'ngram_counts' does not fit n-grams of ${length}`);
    const grams = Array.from({ length: count }, (_, k) => pool.slice(start + k * length, start + (k + 1) * length));
    first += count;
    return { length, first: first - count, grams };
  });
}

/** How often each n-gram of one length occurs in the rows of `x` [rows, size], entries `step` apart: f32 `[rows, grams]`. */
function occurrences(n: ImportNode, x: Value, { length, grams }: Grams, step: number): Value {
  const { t } = n;
  const { dims } = t.context;
  const size = t.shape(x)[1]!;
  const reach = (length - 1) * step;
  const places = dims.max(dims.sub(size, reach), 0);
  const hits = Array.from({ length }, (_, k) => {
    const start: Dim = dims.min(k * step, size);
    const entry = t.unsqueeze(t.sliceAxis(x, 1, start, dims.add(start, places)), [2]);
    const wanted = fromScalars(
      "i64",
      [grams.length],
      grams.map((gram) => BigInt(gram[k]!)),
    );
    return t.eq(entry, t.constant(wanted));
  });
  return t.sum(
    t.convert(
      hits.reduce((a, b) => t.and(a, b)),
      "f32",
    ),
    [1],
  );
}

function tfIdf(n: ImportNode): Value {
  const { t } = n;
  const mode = n.word("mode", ["TF", "IDF", "TFIDF"]);
  checkRank(n, 0, 1, 2);
  const whole = t.convert(n.value(0), "i64");
  const x = n.rank(0) === 1 ? t.unsqueeze(whole, [0]) : whole;
  const [least, most] = [n.int("min_gram_length", 1), n.int("max_gram_length", 1)];
  const skips = Math.max(n.int("max_skip_count", 0), 0);
  const all = gramsOf(n).filter(({ grams }) => grams.length > 0);
  const rows = t.shape(x)[0]!;
  const counts = all.map((g) => {
    if (g.length < least || g.length > most) return t.fill(0, [rows, g.grams.length], "f32");
    const steps = Array.from({ length: g.length === 1 ? 1 : skips + 1 }, (_, s) => s + 1);
    return steps.map((step) => occurrences(n, x, g, step)).reduce((a, b) => t.add(a, b));
  });
  const indexes = n.ints("ngram_indexes") ?? n.invalid("attribute 'ngram_indexes' is missing");
  const amount = all.reduce((sum, { grams }) => sum + grams.length, 0);
  if (indexes.length !== amount || indexes.some((i) => i < 0))
    return n.invalid(`attribute 'ngram_indexes' does not give ${amount} places`);
  const joined = t.concat(counts, 1);
  const limited = mode === "IDF" ? t.min(joined, 1) : joined;
  const weights = mode === "TF" ? undefined : n.floats("weights");
  if (weights !== undefined && weights.length !== amount)
    return n.invalid(`attribute 'weights' has ${weights.length} entries for ${amount} n-grams`);
  const weighted =
    weights === undefined ? limited : t.mul(limited, t.constant(fromScalars("f32", [weights.length], weights)));
  const places = t.constant(fromScalars("i64", [indexes.length, 1], indexes.map(BigInt)));
  const empty = t.fill(0, [rows, Math.max(...indexes) + 1], "f32");
  const y = t.scatter(empty, places, weighted, "add", { window: [0], inserted: [1], to: [1], vector: 1 });
  return n.rank(0) === 1 ? t.squeeze(y, [0]) : y;
}

export const tfIdfs: readonly OpRow[] = [{ name: "TfIdfVectorizer", since: 9, build: tfIdf }];
