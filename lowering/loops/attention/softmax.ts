/**
 * @file The softmax of a chunk of scores, keys by queries: what is done to each score, the greatest so far, powers and
 * their sums, each along whole vectors of queries. Earlier chunks' sums are brought to the new greatest (M. Milakov, N.
 * Gimelshein, "Online normalizer calculation for softmax", 2018).
 */

import { isMapOfDim } from "../../../ir/affine.js";
import type { Builder } from "../../../ir/builder.js";
import { constantIndex, constantOf, select } from "../../../ir/dialects/arith/constant.js";
import * as f from "../../../ir/dialects/arith/float.js";
import * as memref from "../../../ir/dialects/memref/storage.js";
import * as vector from "../../../ir/dialects/vector/memory.js";
import type { Value } from "../../../ir/graph.js";
import { elementOf } from "../../../ir/types.js";
import { type Access, accessesOf } from "../../structured/access.js";
import type { AttentionForm } from "../../structured/attention-form.js";
import { carryingLoop, countedLoop, upTo } from "../../structured/build-loops.js";
import { computed } from "../../structured/index-arithmetic.js";
import { buildVectorBody, widen } from "../../vectorize/vector-body.js";
import { placeIn } from "../contract/point.js";
import type { AttentionBlocking } from "./blocking.js";
import { negativeExponential } from "./exponential.js";
import type { BlockStorage, Chunk } from "./tiles.js";

/** Numbers of each query of a block. */
export interface RowStorage {
  /** The greatest score so far. */
  readonly most: Value;
  /** The sum of powers so far. */
  readonly total: Value;
  /** What earlier sums are multiplied by; none where one chunk holds all keys. */
  readonly rescale: Value | undefined;
}

/** An operand of a step, turned so that queries are neighbours; `undefined` where all queries read the same. */
export type TurnedOperand = (access: Access) => Value | undefined;

/** Vectors of queries that go by together, so that none waits for the one before. */
const TOGETHER = 4;

export interface SoftmaxParts {
  readonly form: AttentionForm;
  readonly blocking: AttentionBlocking;
  readonly storage: BlockStorage;
  readonly rows: RowStorage;
  readonly steps: AttentionForm["steps"];
  readonly turned: TurnedOperand;
  readonly isFused: boolean;
}

export function buildSoftmax(b: Builder, parts: SoftmaxParts, chunk: Chunk): void {
  const { lanes, queries } = parts.blocking;
  const vectors = queries / lanes;
  const together = [TOGETHER, 3, 2, 1].find((n) => vectors % n === 0)!;
  countedLoop(b, upTo(b, chunk.count, together * lanes), (outer, first) => {
    const columns = Array.from({ length: together }, (_, j) => computed(outer, (at) => at.add(first, j * lanes)));
    const shifts = greatest(outer, parts, chunk, columns);
    powers(outer, parts, chunk, columns, shifts);
  });
}

const f32s = (b: Builder, lanes: number) => b.context.types.vector([lanes], "f32");

function load(b: Builder, base: Value, indices: readonly Value[], lanes: number): Value {
  const type = b.context.types.vector([lanes], elementOf(base.type));
  return b.value(vector.load, { base, indices }, {}, { results: [type] });
}

function store(b: Builder, valueToStore: Value, base: Value, indices: readonly Value[]): void {
  b.op(vector.store, { valueToStore, base, indices }, {});
}

/** Finishes the scores and gives what is taken from those of each query: the greatest, or 0 where that is -inf. */
function greatest(b: Builder, parts: SoftmaxParts, chunk: Chunk, columns: readonly Value[]): readonly Value[] {
  const { storage, rows, steps, blocking, isFused } = parts;
  const { lanes } = blocking;
  const before = columns.map((column) => load(b, rows.most, [column], lanes));
  const count = computed(b, (at) => at.sub(chunk.keys.to, chunk.keys.from));
  const after = carryingLoop(b, upTo(b, count), before, (at, k, most) =>
    columns.map((column, j) => {
      const raw = load(at, storage.scores, [k, column], lanes);
      const score = steps.length === 0 ? raw : finished(at, parts, chunk, raw, k, column);
      if (steps.length > 0) store(at, score, storage.scores, [k, column]);
      // NaN need not be kept here: its power is NaN, and so are all sums it goes into.
      const isMore = at.value(f.cmpf, { lhs: score, rhs: most[j]! }, { predicate: "ogt" });
      return at.value(select, { condition: isMore, true_value: score, false_value: most[j]! }, {});
    }),
  );
  return after.map((most, j) => {
    const type = f32s(b, lanes);
    const low = constantOf(b, Number.NEGATIVE_INFINITY, type);
    const isEmpty = b.value(f.cmpf, { lhs: most, rhs: low }, { predicate: "oeq" });
    const shift = b.value(select, { condition: isEmpty, true_value: constantOf(b, 0, type), false_value: most }, {});
    store(b, most, rows.most, [columns[j]!]);
    if (rows.rescale) {
      const above = b.value(f.subf, { lhs: before[j]!, rhs: shift }, {});
      store(b, negativeExponential(b, above, isFused), rows.rescale, [columns[j]!]);
    }
    return shift;
  });
}

/** A vector of products after all steps. */
function finished(b: Builder, parts: SoftmaxParts, chunk: Chunk, raw: Value, k: Value, column: Value): Value {
  const { form, blocking, steps } = parts;
  const { lanes } = blocking;
  const key = computed(b, (at) => at.add(chunk.keys.from, k));
  const row = computed(b, (at) => at.add(chunk.first, column));
  const point = new Map([...chunk.outer, [form.key, key], [form.row, row]]);
  return steps.reduce((score, step) => {
    const body = step.op.region(0).blocks[0]!;
    const accesses = accessesOf(step.op);
    const args = body.args.map((arg, n) => {
      const access = accesses[n]!;
      if (!arg.isUsed || n === body.args.length - 1)
        return constantOf(b, 0, b.context.types.scalar(elementOf(arg.type)));
      if (access.value === step.score) return score;
      if (isMapOfDim(access.map, form.row)) return load(b, parts.turned(access)!, [k, column], lanes);
      const { base, indices } = placeIn(b, access, point);
      return b.value(memref.load, { memref: base, indices }, {});
    });
    const position = (d: number): Value => point.get(d)!;
    return widen(b, buildVectorBody(b, body, args, { count: lanes, dim: form.row, position })[0]!, lanes);
  }, raw);
}

/** Powers in the place of scores, and their sums. */
function powers(
  b: Builder,
  { storage, rows, blocking, isFused }: SoftmaxParts,
  chunk: Chunk,
  columns: readonly Value[],
  shifts: readonly Value[],
): void {
  const { lanes } = blocking;
  const earlier = columns.map((column) => {
    const total = load(b, rows.total, [column], lanes);
    return rows.rescale ? b.value(f.mulf, { lhs: total, rhs: load(b, rows.rescale, [column], lanes) }, {}) : total;
  });
  const count = computed(b, (at) => at.sub(chunk.keys.to, chunk.keys.from));
  const totals = carryingLoop(b, upTo(b, count), earlier, (at, k, sums) =>
    columns.map((column, j) => {
      const score = load(at, storage.scores, [k, column], lanes);
      const above = at.value(f.subf, { lhs: score, rhs: shifts[j]! }, {});
      const power = negativeExponential(at, above, isFused);
      store(at, power, storage.scores, [k, column]);
      return at.value(f.addf, { lhs: sums[j]!, rhs: power }, {});
    }),
  );
  totals.forEach((total, j) => store(b, total, rows.total, [columns[j]!]));
}

/** Brings the sums of earlier chunks to the new greatest scores. */
export function rescaleSums(b: Builder, { blocking, storage, rows }: SoftmaxParts, chunk: Chunk): void {
  const { rescale } = rows;
  if (!rescale) return;
  const { columns, lanes } = blocking;
  // Nothing has been summed for the first chunk.
  const none = constantIndex(b, 0);
  const to =
    chunk.isFirst === true
      ? none
      : b.value(select, { condition: chunk.isFirst, true_value: none, false_value: chunk.count }, {});
  countedLoop(b, upTo(b, to), (outer, row) => {
    const factor = outer.value(memref.load, { memref: rescale, indices: [row] }, {});
    countedLoop(outer, upTo(outer, constantIndex(outer, columns), lanes), (at, column) => {
      const sum = load(at, storage.sums, [row, column], lanes);
      const product = at.value(f.mulf, { lhs: sum, rhs: widen(at, factor, lanes) }, {});
      store(at, product, storage.sums, [row, column]);
    });
  });
}
