/**
 * @file The two products of a block of attention in register tiles. Scores lie as keys by queries: keys are then read one
 * number at a time where they lie, a packed block of queries by vectors, and a softmax goes along whole vectors. The second
 * product reads these scores one number at a time and values by vectors, both where they lie.
 */

import type { Builder } from "../../../ir/builder.js";
import { constantIndex, constantOf } from "../../../ir/dialects/arith/constant.js";
import * as f from "../../../ir/dialects/arith/float.js";
import * as memref from "../../../ir/dialects/memref/storage.js";
import * as vector from "../../../ir/dialects/vector/memory.js";
import type { Value } from "../../../ir/graph.js";
import { motionAlong } from "../../structured/access.js";
import type { AttentionForm } from "../../structured/attention-form.js";
import { countedLoop, upTo } from "../../structured/build-loops.js";
import { computed, IndexArithmetic, type Position } from "../../structured/index-arithmetic.js";
import { transposeSquare } from "../../vectorize/lanes.js";
import { widen } from "../../vectorize/vector-body.js";
import { columnsOf, type MicroKernel } from "../contract/micro-kernel.js";
import { type Place, type Point, placeIn } from "../contract/point.js";
import { buildRegisterTile } from "../contract/register-tile.js";
import type { AttentionBlocking } from "./blocking.js";

/** A block of queries against a chunk of keys. */
export interface Chunk {
  /** Positions of the outer axes. */
  readonly outer: Point;
  /** The first query of the block, the last of all, and how many the block has. */
  readonly first: Value;
  readonly last: Value;
  readonly count: Value;
  readonly keys: { readonly from: Value; readonly to: Value };
  readonly isFirst: Value | true;
}

/** A block's storage. */
export interface BlockStorage {
  /** Elements of a query by queries. */
  readonly queries: Value;
  /** Keys by queries. */
  readonly scores: Value;
  /** Queries by elements of a value. */
  readonly sums: Value;
}

/** Positions of the dimensions of one of the products, by those of the axes. */
export function pointOf(axes: readonly number[], at: Point, more: readonly (readonly [number, Value])[]): Point {
  return new Map([...[...at].map(([axis, value]) => [axes[axis]!, value] as const), ...more]);
}

/** The block's queries, times `scale`, turned; where there are fewer the last one stands again. */
export function packQueries(
  b: Builder,
  form: AttentionForm,
  { lanes, queries, depth }: AttentionBlocking,
  chunk: Pick<Chunk, "outer" | "first" | "last">,
  panel: Value,
  scale: number,
): void {
  const { axes, depth: inner } = form.products;
  const source = (at: Builder, query: Position, d: Value): Place => {
    const row = computed(at, (x) => x.min(x.add(chunk.first, query), chunk.last));
    return placeIn(at, form.queries, pointOf(axes, new Map([...chunk.outer, [form.row, row]]), [[inner, d]]));
  };
  const scaled = (at: Builder, x: Value): Value => {
    if (scale === 1) return x;
    const factor = constantOf(at, scale, at.context.types.scalar("f32"));
    return at.value(f.mulf, { lhs: x, rhs: x.type.kind === "vector" ? widen(at, factor, lanes) : factor }, {});
  };
  const isSquare = motionAlong(form.queries.map, inner) === "contiguous" && depth % lanes === 0;
  if (!isSquare) {
    countedLoop(b, upTo(b, constantIndex(b, depth)), (outer, d) => {
      countedLoop(outer, upTo(outer, constantIndex(outer, queries)), (at, query) => {
        const { base, indices } = source(at, query, d);
        const value = scaled(at, at.value(memref.load, { memref: base, indices }, {}));
        at.op(memref.store, { value, memref: panel, indices: [d, query] }, {});
      });
    });
    return;
  }
  countedLoop(b, upTo(b, constantIndex(b, queries), lanes), (outer, query) => {
    countedLoop(outer, upTo(outer, constantIndex(outer, depth), lanes), (at, d) => {
      const x = new IndexArithmetic(at);
      const type = at.context.types.vector([lanes], "f32");
      const rows = Array.from({ length: lanes }, (_, i) =>
        at.value(vector.load, source(at, x.add(query, i), d), {}, { results: [type] }),
      );
      transposeSquare(at, rows).forEach((row, i) => {
        const indices = [x.value(x.add(d, i)), query];
        at.op(vector.store, { valueToStore: scaled(at, row), base: panel, indices }, {});
      });
    });
  });
}

/** Heights of tiles that rows of an open number are covered with: few sums would wait for each other. */
function heightsOf(kernel: MicroKernel, rows: number | undefined): readonly number[] {
  if (rows === undefined) return [kernel.rows, ...[4, 1].filter((h) => h < kernel.rows)];
  const left = rows % kernel.rows;
  return left === 0 ? [kernel.rows] : [kernel.rows, left];
}

/** Tiles of queries that are there: as wide as the micro-kernel, then single vectors. */
function overQueries(
  b: Builder,
  { products, lanes }: AttentionBlocking,
  count: Value,
  fill: (b: Builder, column: Value, kernel: MicroKernel) => void,
): void {
  const wide = columnsOf(products);
  if (products.vectors === 1) {
    countedLoop(b, upTo(b, count, lanes), (at, column) => fill(at, column, products));
    return;
  }
  // A whole tile where more than its last vector is needed.
  const whole = computed(b, (at) => at.mul(at.floorDiv(at.add(count, lanes - 1), wide), wide));
  countedLoop(b, upTo(b, whole, wide), (at, column) => fill(at, column, products));
  const single = { ...products, vectors: 1 };
  countedLoop(b, { from: whole, to: count, step: lanes }, (at, column) => fill(at, column, single));
}

/** Scores of the chunk's keys. `keys` is their number where that is known. */
export function buildProducts(
  b: Builder,
  form: AttentionForm,
  blocking: AttentionBlocking,
  chunk: Chunk,
  storage: BlockStorage,
  keys: number | undefined,
): void {
  const { axes, depth: inner } = form.products;
  const zero = constantOf(b, 0, b.context.types.scalar("f32"));
  let from = chunk.keys.from;
  for (const height of heightsOf(blocking.products, keys)) {
    const at = new IndexArithmetic(b);
    const left = at.sub(chunk.keys.to, from);
    const to = at.value(at.add(from, at.sub(left, at.mod(left, height))));
    countedLoop(b, { from, to, step: height }, (outer, key) => {
      const points = Array.from({ length: height }, (_, i) => {
        const position = computed(outer, (x) => x.add(key, i));
        return pointOf(axes, new Map([...chunk.outer, [form.key, position]]), []);
      });
      overQueries(outer, blocking, chunk.count, (here, column, kernel) => {
        buildRegisterTile(here, {
          element: "f32",
          kernel,
          height,
          columns: constantIndex(here, columnsOf(kernel)),
          depth: [upTo(here, constantIndex(here, blocking.depth))],
          initial: zero,
          isFirst: true,
          output: (x, i, j) => ({
            base: storage.scores,
            indices: [
              computed(x, (y) => y.add(y.sub(key, chunk.keys.from), i)),
              computed(x, (y) => y.add(column, j * kernel.lanes)),
            ],
          }),
          scalar: (x, i, [d]) => placeIn(x, form.keys, new Map([...points[i]!, [inner, d!]])),
          vector: (x, j, [d]) => ({
            base: storage.queries,
            indices: [d!, computed(x, (y) => y.add(column, j * kernel.lanes))],
          }),
        });
      });
    });
    from = to;
  }
}

/** Adds the chunk's weighted values to the sums of the block; queries are rounded up to whole tiles. */
export function buildSums(
  b: Builder,
  form: AttentionForm,
  { sums: kernel, columns, lanes }: AttentionBlocking,
  chunk: Chunk,
  storage: BlockStorage,
): void {
  const zero = constantOf(b, 0, b.context.types.scalar("f32"));
  const { axes, column: inner } = form.sums;
  countedLoop(b, upTo(b, constantIndex(b, columns), columnsOf(kernel)), (outer, column) => {
    countedLoop(outer, upTo(outer, chunk.count, kernel.rows), (here, row) => {
      buildRegisterTile(here, {
        element: "f32",
        kernel,
        height: kernel.rows,
        columns: constantIndex(here, columnsOf(kernel)),
        depth: [{ ...chunk.keys, step: 1 }],
        initial: zero,
        isFirst: chunk.isFirst,
        output: (x, i, j) => ({
          base: storage.sums,
          indices: [computed(x, (y) => y.add(row, i)), computed(x, (y) => y.add(column, j * lanes))],
        }),
        scalar: (x, i, [key]) => ({
          base: storage.scores,
          indices: [computed(x, (y) => y.sub(key!, chunk.keys.from)), computed(x, (y) => y.add(row, i))],
        }),
        vector: (x, j, [key]) => {
          const at = new Map([...chunk.outer, [form.key, key!]]);
          const position = computed(x, (y) => y.add(column, j * lanes));
          return placeIn(x, form.values, pointOf(axes, at, [[inner, position]]));
        },
      });
    });
  });
}
