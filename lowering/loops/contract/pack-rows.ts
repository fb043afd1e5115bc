/**
 * @file The scalar side of a block of rows, copied into a dense panel: rows of a tile then lie a few lines apart, whatever
 * strides or windows they come from. For a convolution this is where patches are gathered.
 */

import type { Builder } from "../../../ir/builder.js";
import type { Value } from "../../../ir/graph.js";
import { motionAlong } from "../../structured/access.js";
import { countedLoop, type Range, upTo } from "../../structured/build-loops.js";
import { computed } from "../../structured/index-arithmetic.js";
import { type Conversion, copyElement, copyLine } from "./copy-line.js";
import { type Point, placeIn } from "./point.js";
import type { Contraction } from "./roles.js";

export interface PackedRows {
  readonly c: Contraction;
  readonly lanes: number;
  /** Elements as those of the panel. */
  readonly convert: Conversion;
  /** Of shape [rows, panel]. */
  readonly panel: Value;
  /** Positions of the row dimensions at a row. */
  readonly rowAt: (b: Builder, row: Value) => Point;
  /** Positions of all summed dimensions but the last at a line. */
  readonly lineAt: (b: Builder, line: Value) => Point;
}

/** Rows and summed positions of a panel. */
export interface RowPanel {
  readonly point: Point;
  readonly rows: { readonly from: Value; readonly to: Value };
  readonly lines: { readonly from: Value; readonly to: Value };
  readonly depth: { readonly from: Value; readonly to: Value };
}

export function packRows(b: Builder, packing: PackedRows, { point, rows, lines, depth }: RowPanel): void {
  const { c, lanes, panel, convert } = packing;
  const run = c.summed.at(-1)!;
  const isContiguous = motionAlong(c.scalars.map, run) === "contiguous";
  const count = computed(b, (at) => at.sub(depth.to, depth.from));
  const whole = (from: Value, to: Value): Range => ({ from, to, step: 1 });
  countedLoop(b, whole(rows.from, rows.to), (outer, row) => {
    const target = computed(outer, (at) => at.sub(row, rows.from));
    const here = new Map([...point, ...packing.rowAt(outer, row)]);
    countedLoop(outer, whole(lines.from, lines.to), (inner, line) => {
      const where = new Map([...here, ...packing.lineAt(inner, line)]);
      const first = computed(inner, (at) => at.mul(at.sub(line, lines.from), count));
      const from = (at: Builder, k: Value) =>
        placeIn(at, c.scalars, new Map([...where, [run, computed(at, (x) => x.add(depth.from, k))]]));
      const to = (at: Builder, k: Value) => ({
        base: panel,
        indices: [target, computed(at, (x) => x.add(first, k))],
      });
      if (isContiguous) copyLine(inner, { from, to, count, lanes, convert });
      else countedLoop(inner, upTo(inner, count), (at, k) => copyElement(at, from(at, k), to(at, k), convert));
    });
  });
}
