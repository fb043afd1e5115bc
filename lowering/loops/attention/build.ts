/**
 * @file The loops of an attention: a parallel loop over heads and blocks of queries; for each, chunks of keys whose scores
 * stay in the second cache while they become powers and weigh the values; the quotient by the powers' sum last.
 */

import type { Builder } from "../../../ir/builder.js";
import { constantIndex, constantOf, select } from "../../../ir/dialects/arith/constant.js";
import * as f from "../../../ir/dialects/arith/float.js";
import { cmpi } from "../../../ir/dialects/arith/integer.js";
import * as memref from "../../../ir/dialects/memref/storage.js";
import * as vector from "../../../ir/dialects/vector/memory.js";
import type { ElementType } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import { elementOf } from "../../../ir/types.js";
import { extentValue } from "../../structured/access.js";
import type { AttentionForm } from "../../structured/attention-form.js";
import { countedLoop, parallelLoops, upTo } from "../../structured/build-loops.js";
import { computed, IndexArithmetic, type Position, unflatten } from "../../structured/index-arithmetic.js";
import { widen } from "../../vectorize/vector-body.js";
import { placeIn } from "../contract/point.js";
import { type AttentionBlocking, attentionExtents } from "./blocking.js";
import { buildSoftmax, type RowStorage, rescaleSums, type SoftmaxParts } from "./softmax.js";
import { type BlockStorage, buildProducts, buildSums, type Chunk, packQueries, pointOf } from "./tiles.js";
import { operandsToTurn, type Turned, turn } from "./turned.js";

/** What is decided besides sizes. */
export interface AttentionPlan {
  readonly form: AttentionForm;
  readonly blocking: AttentionBlocking;
  /** A factor of all products, which queries are multiplied by, and the steps that are left. */
  readonly scale: number;
  readonly steps: AttentionForm["steps"];
  readonly isCausal: boolean;
  readonly isFused: boolean;
}

export function buildAttention(b: Builder, plan: AttentionPlan): void {
  const { form, blocking } = plan;
  const { axes } = form.products;
  const size = (axis: number): Value => extentValue(b, [form.queries, form.keys], axes[axis]!);
  const outer = form.outer.map(size);
  const [queries, keys] = [size(form.row), size(form.key)];
  const blocks = computed(b, (at) => at.ceilDiv(queries, blocking.queries));
  const total = computed(b, (at) => [...outer, blocks].reduce<Position>((x, y) => at.mul(x, y), 1));
  parallelLoops(b, [total], (inner, [flat]) => {
    const position = unflatten(inner, flat!, [...outer, blocks]);
    const at = new IndexArithmetic(inner);
    const first = at.value(at.mul(position.at(-1)!, blocking.queries));
    buildBlock(inner, plan, {
      outer: new Map(form.outer.map((axis, k) => [axis, position[k]!])),
      first,
      last: at.value(at.sub(queries, 1)),
      count: at.value(at.min(at.sub(queries, first), blocking.queries)),
      keys,
    });
  });
}

interface Block extends Omit<Chunk, "keys" | "isFirst"> {
  /** How many there are. */
  readonly keys: Value;
}

function buildBlock(b: Builder, plan: AttentionPlan, block: Block): void {
  const { form, blocking, scale } = plan;
  const { lanes, queries, keys, isOneChunk, depth, columns } = blocking;
  const make = (shape: readonly number[], element: ElementType = "f32"): Value =>
    b.value(
      memref.alloc,
      { dynamicSizes: [], symbolOperands: [] },
      { alignment: 64 },
      { results: [b.context.types.memref(shape, element)] },
    );
  const storage = { queries: make([depth, queries]), scores: make([keys, queries]), sums: make([queries, columns]) };
  const rescale = isOneChunk ? undefined : make([queries]);
  const rows = { most: make([queries]), total: make([queries]), rescale };
  const rounded = Math.ceil(keys / lanes) * lanes;
  const panels = operandsToTurn({ ...form, steps: plan.steps }).map((access) => ({
    access,
    panel: make([rounded, queries], elementOf(access.value.type)),
  }));
  packQueries(b, form, blocking, block, storage.queries, scale);
  fill(b, rows.most, Number.NEGATIVE_INFINITY, blocking);
  fill(b, rows.total, 0, blocking);
  const parts: SoftmaxParts = {
    form,
    blocking,
    storage,
    rows,
    steps: plan.steps,
    turned: (access) => panels.find((x) => x.access.value === access.value && x.access.map === access.map)?.panel,
    isFused: plan.isFused,
  };
  const chunkKeys = keysOfChunks(plan);
  overChunks(b, plan, block, (at, chunk) => buildChunk(at, parts, chunk, panels, chunkKeys));
  buildOutput(b, plan, block, storage, rows);
}

/** How many keys every chunk has, where all have as many. */
function keysOfChunks({ form, blocking, isCausal }: AttentionPlan): number | undefined {
  const { keys } = attentionExtents(form);
  if (isCausal || keys === undefined) return undefined;
  if (blocking.isOneChunk) return keys;
  return keys % blocking.keys === 0 ? blocking.keys : undefined;
}

/** A row of numbers, all the same at first. */
function fill(b: Builder, row: Value, value: number, { queries, lanes }: AttentionBlocking): void {
  const start = constantOf(b, value, b.context.types.vector([lanes], "f32"));
  countedLoop(b, upTo(b, constantIndex(b, queries), lanes), (at, column) => {
    at.op(vector.store, { valueToStore: start, base: row, indices: [column] }, {});
  });
}

/** Chunks of the keys that queries of the block may take part with; one where there are none, which makes sums of nothing. */
function overChunks(b: Builder, plan: AttentionPlan, block: Block, build: (b: Builder, chunk: Chunk) => void): void {
  const { blocking, isCausal } = plan;
  const seen = computed(b, (at) => (isCausal ? at.min(block.keys, at.add(block.first, block.count)) : block.keys));
  if (blocking.isOneChunk) {
    build(b, { ...block, keys: { from: constantIndex(b, 0), to: seen }, isFirst: true });
    return;
  }
  const to = computed(b, (at) => at.max(seen, 1));
  countedLoop(b, { from: constantIndex(b, 0), to, step: blocking.keys }, (at, from) => {
    const end = computed(at, (x) => x.min(x.add(from, blocking.keys), seen));
    const isFirst = at.value(cmpi, { lhs: from, rhs: constantIndex(at, 0) }, { predicate: "eq" });
    build(at, { ...block, keys: { from, to: end }, isFirst });
  });
}

function buildChunk(
  b: Builder,
  parts: SoftmaxParts,
  chunk: Chunk,
  panels: readonly Turned[],
  chunkKeys: number | undefined,
): void {
  const { form, blocking, storage } = parts;
  buildProducts(b, form, blocking, chunk, storage, chunkKeys);
  for (const panel of panels) turn(b, form, blocking, chunk, panel);
  buildSoftmax(b, parts, chunk);
  rescaleSums(b, parts, chunk);
  buildSums(b, form, blocking, chunk, storage);
}

/** Quotients of the block's sums and the sums of its powers. */
function buildOutput(b: Builder, plan: AttentionPlan, block: Block, storage: BlockStorage, rows: RowStorage): void {
  const { form, blocking } = plan;
  const { lanes, columns } = blocking;
  const { axes, column: inner } = form.sums;
  const f32 = b.context.types.scalar("f32");
  countedLoop(b, upTo(b, block.count), (outer, row) => {
    const total = outer.value(memref.load, { memref: rows.total, indices: [row] }, {});
    const rhs = form.isGuarded ? guarded(outer, total) : ofNothing(outer, form, block, total);
    const factor = outer.value(f.divf, { lhs: constantOf(outer, 1, f32), rhs }, {});
    const query = computed(outer, (at) => at.add(block.first, row));
    const point = new Map([...block.outer, [form.row, query]]);
    countedLoop(outer, upTo(outer, constantIndex(outer, columns), lanes), (at, column) => {
      const type = at.context.types.vector([lanes], "f32");
      const sum = at.value(vector.load, { base: storage.sums, indices: [row, column] }, {}, { results: [type] });
      const valueToStore = at.value(f.mulf, { lhs: sum, rhs: widen(at, factor, lanes) }, {});
      const { base, indices } = placeIn(at, form.output, pointOf(axes, point, [[inner, column]]));
      at.op(vector.store, { valueToStore, base, indices }, {});
    });
  });
}

/** 1 where an open number of keys is 0: an empty sum of values is 0. Rows whose keys are all masked stay NaN. */
function ofNothing(b: Builder, form: AttentionForm, { keys }: Block, total: Value): Value {
  if (attentionExtents(form).keys !== undefined) return total;
  const isNothing = b.value(cmpi, { lhs: keys, rhs: constantIndex(b, 0) }, { predicate: "eq" });
  const one = constantOf(b, 1, b.context.types.scalar("f32"));
  return b.value(select, { condition: isNothing, true_value: one, false_value: total }, {});
}

/** 1 for rows in which nothing takes part. */
function guarded(b: Builder, total: Value): Value {
  const f32 = b.context.types.scalar("f32");
  const isNothing = b.value(f.cmpf, { lhs: total, rhs: constantOf(b, 0, f32) }, { predicate: "oeq" });
  return b.value(select, { condition: isNothing, true_value: constantOf(b, 1, f32), false_value: total }, {});
}
