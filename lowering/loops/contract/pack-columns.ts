/**
 * @file What a block of columns reads of the vector side, copied into a dense panel whose rows are the summed positions.
 * Neighbours in memory are copied as vectors; a transposed operand is turned in registers.
 */

import type { Builder } from "../../../ir/builder.js";
import { constantIndex } from "../../../ir/dialects/arith/constant.js";
import * as vector from "../../../ir/dialects/vector/memory.js";
import type { Value } from "../../../ir/graph.js";
import { elementOf } from "../../../ir/types.js";
import { motionAlong } from "../../structured/access.js";
import { countedLoop, type Range, upTo } from "../../structured/build-loops.js";
import { computed, IndexArithmetic, type Position } from "../../structured/index-arithmetic.js";
import { transposeSquare } from "../../vectorize/lanes.js";
import { type Conversion, copyElement, copyLine } from "./copy-line.js";
import { type Place, type Point, placeIn } from "./point.js";
import type { Contraction } from "./roles.js";

export interface PackedColumns {
  readonly c: Contraction;
  readonly lanes: number;
  /** Elements as those of the panel. */
  readonly convert: Conversion;
  /** Of shape [panel, columns of a block]. */
  readonly panel: Value;
  /** Positions of all summed dimensions but the last at a line. */
  readonly lineAt: (b: Builder, line: Value) => Point;
}

/** Columns and summed positions of a panel. */
export interface ColumnPanel {
  readonly point: Point;
  readonly columns: { readonly from: Value; readonly count: Value };
  readonly lines: { readonly from: Value; readonly to: Value };
  readonly depth: { readonly from: Value; readonly to: Value };
}

export function packColumns(b: Builder, packing: PackedColumns, panel: ColumnPanel): void {
  const { lines, depth, point } = panel;
  const count = computed(b, (at) => at.sub(depth.to, depth.from));
  countedLoop(b, { from: lines.from, to: lines.to, step: 1 }, (inner, line) => {
    const where = new Map([...point, ...packing.lineAt(inner, line)]);
    const first = computed(inner, (at) => at.mul(at.sub(line, lines.from), count));
    packLine(inner, packing, { ...panel, point: where, first, count });
  });
}

interface LinePanel extends ColumnPanel {
  /** The panel's row of the line's first summed position. */
  readonly first: Value;
  /** Summed positions of the line. */
  readonly count: Value;
}

function packLine(b: Builder, packing: PackedColumns, line: LinePanel): void {
  const { c, lanes, panel, convert } = packing;
  const isContiguous = motionAlong(c.vectors.map, c.column) === "contiguous";
  if (!isContiguous && motionAlong(c.vectors.map, c.summed.at(-1)!) === "contiguous") {
    packTransposed(b, packing, line);
    return;
  }
  countedLoop(b, upTo(b, line.count), (outer, k) => {
    const row = computed(outer, (at) => at.add(line.first, k));
    const from = (at: Builder, column: Value): Place => sourceAt(at, packing, line, column, k);
    const to = (_: Builder, column: Value): Place => ({ base: panel, indices: [row, column] });
    if (isContiguous) copyLine(outer, { from, to, count: line.columns.count, lanes, convert });
    else
      countedLoop(outer, upTo(outer, line.columns.count), (at, column) =>
        copyElement(at, from(at, column), to(at, column), convert),
      );
  });
}

function sourceAt(b: Builder, { c }: PackedColumns, line: LinePanel, column: Position, k: Position): Place {
  const at = new IndexArithmetic(b);
  const position = new Map([
    ...line.point,
    [c.column, at.value(at.add(line.columns.from, column))] as const,
    [c.summed.at(-1)!, at.value(at.add(line.depth.from, k))] as const,
  ]);
  return placeIn(b, c.vectors, position);
}

/** Square blocks are read along the summed dimension and turned in registers; what is left goes element by element. */
function packTransposed(b: Builder, packing: PackedColumns, line: LinePanel): void {
  const { lanes, panel, convert } = packing;
  const at = new IndexArithmetic(b);
  const all = { columns: line.columns.count, depth: line.count };
  const whole = {
    columns: at.value(at.sub(all.columns, at.mod(all.columns, lanes))),
    depth: at.value(at.sub(all.depth, at.mod(all.depth, lanes))),
  };
  const square = (here: Builder, column: Value, k: Value): void => {
    const sum = new IndexArithmetic(here);
    const rows = Array.from({ length: lanes }, (_, i) => {
      const source = sourceAt(here, packing, line, sum.add(column, i), k);
      const type = here.context.types.vector([lanes], elementOf(source.base.type));
      const row = here.value(vector.load, source, {}, { results: [type] });
      return convert(here, row, elementOf(panel.type));
    });
    transposeSquare(here, rows).forEach((row, i) => {
      const indices = [sum.value(sum.add(line.first, sum.add(k, i))), column];
      here.op(vector.store, { valueToStore: row, base: panel, indices }, {});
    });
  };
  const single = (here: Builder, column: Value, k: Value): void =>
    copyElement(
      here,
      sourceAt(here, packing, line, column, k),
      { base: panel, indices: [computed(here, (x) => x.add(line.first, k)), column] },
      convert,
    );
  const over = (columns: Range, depth: Range, fill: typeof single): void =>
    countedLoop(b, columns, (outer, column) => countedLoop(outer, depth, (here, k) => fill(here, column, k)));
  over(upTo(b, whole.columns, lanes), upTo(b, whole.depth, lanes), square);
  over(upTo(b, whole.columns), { from: whole.depth, to: all.depth, step: 1 }, single);
  over(
    { from: whole.columns, to: all.columns, step: 1 },
    { from: constantIndex(b, 0), to: all.depth, step: 1 },
    single,
  );
}
