/**
 * @file Operands of what is done to each score that differ from query to query, as masks do: a chunk of them is turned, so
 * that queries are neighbours as they are in the scores.
 */

import { isMapOfDim } from "../../../ir/affine.js";
import type { Builder } from "../../../ir/builder.js";
import { extui } from "../../../ir/dialects/arith/cast.js";
import { constantOf } from "../../../ir/dialects/arith/constant.js";
import { cmpi } from "../../../ir/dialects/arith/integer.js";
import * as memref from "../../../ir/dialects/memref/storage.js";
import * as vector from "../../../ir/dialects/vector/memory.js";
import type { Value } from "../../../ir/graph.js";
import { elementOf } from "../../../ir/types.js";
import { type Access, accessesOf, hasNeighbours, motionAlong } from "../../structured/access.js";
import type { AttentionForm } from "../../structured/attention-form.js";
import { countedLoop, upTo } from "../../structured/build-loops.js";
import { computed, type Position } from "../../structured/index-arithmetic.js";
import { laneMask, transposeSquare } from "../../vectorize/lanes.js";
import { type Place, placeIn } from "../contract/point.js";
import type { AttentionBlocking } from "./blocking.js";
import type { Chunk } from "./tiles.js";

/** An operand, and storage of keys by queries. */
export interface Turned {
  readonly access: Access;
  readonly panel: Value;
}

/** The operands of the steps that differ from query to query. */
export function operandsToTurn({ steps, row }: AttentionForm): readonly Access[] {
  return steps.flatMap(({ op, score }) =>
    accessesOf(op)
      .slice(0, -1)
      .filter(
        ({ value, map }, k) => value !== score && op.region(0).blocks[0]!.args[k]!.isUsed && isMapOfDim(map, row),
      ),
  );
}

export function turn(
  b: Builder,
  form: AttentionForm,
  { lanes }: AttentionBlocking,
  chunk: Chunk,
  { access, panel }: Turned,
): void {
  const source = (at: Builder, k: Value, query: Position): Place => {
    const row = computed(at, (x) => x.min(x.add(chunk.first, query), chunk.last));
    const key = computed(at, (x) => x.add(chunk.keys.from, k));
    return placeIn(at, access, new Map([...chunk.outer, [form.row, row], [form.key, key]]));
  };
  const count = computed(b, (at) => at.sub(chunk.keys.to, chunk.keys.from));
  const element = elementOf(access.value.type);
  const isSquare = motionAlong(access.map, form.key) === "contiguous" && hasNeighbours(access.value.type);
  if (!isSquare || (element !== "f32" && element !== "i1" && element !== "i32")) {
    countedLoop(b, upTo(b, count), (outer, k) => {
      countedLoop(outer, upTo(outer, chunk.count), (at, query) => {
        const { base, indices } = source(at, k, query);
        const value = at.value(memref.load, { memref: base, indices }, {});
        at.op(memref.store, { value, memref: panel, indices: [k, query] }, {});
      });
    });
    return;
  }
  countedLoop(b, upTo(b, count, lanes), (outer, k) => {
    const mask = laneMask(
      outer,
      computed(outer, (x) => x.min(x.sub(count, k), lanes)),
      lanes,
    );
    countedLoop(outer, upTo(outer, chunk.count, lanes), (at, query) => {
      const type = at.context.types.vector([lanes], element);
      const wide = at.context.types.vector([lanes], "i32");
      const rows = Array.from({ length: lanes }, (_, i) => {
        const { base, indices } = source(
          at,
          k,
          computed(at, (x) => x.add(query, i)),
        );
        const other = constantOf(at, 0, type);
        const row = at.value(vector.maskedLoad, { base, indices, mask, pass_thru: other }, {}, { results: [type] });
        return element === "i1" ? at.value(extui, { in: row }, {}, { results: [wide] }) : row;
      });
      transposeSquare(at, rows).forEach((row, i) => {
        const indices = [computed(at, (x) => x.add(k, i)), query];
        const isSet = (): Value => at.value(cmpi, { lhs: row, rhs: constantOf(at, 0, wide) }, { predicate: "ne" });
        at.op(vector.store, { valueToStore: element === "i1" ? isSet() : row, base: panel, indices }, {});
      });
    });
  });
}
