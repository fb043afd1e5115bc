/** @file The loops that all kernels share: over the blocks of the rectangle that is the tile's own. */

import type { Division, Share } from "../map/divide.js";
import type { Scalar, TileBuilder } from "./tile-builder.js";

/** Where a block begins in the result, and how much of it there is. */
export interface BlockPlace {
  readonly row: Scalar;
  readonly column: Scalar;
  readonly rows: Scalar;
  readonly columns: Scalar;
}

/** Runs `body` for every block that is not empty. Takes up to three of the hardware loops. */
export function forEachBlock(b: TileBuilder, division: Division, body: (b: TileBuilder, at: BlockPlace) => void): void {
  const { rows, columns } = division;
  const [firstRow, firstColumn] = firstOf(b, division).map((x) => b.value(x));
  b.loop(rows.blocks, [firstRow!], (outer, [row]) => {
    outer.loop(columns.blocks, [firstColumn!], (inner, [column]) => {
      const place = {
        row: row!,
        column: column!,
        rows: sizeAt(inner, rows, row!),
        columns: sizeAt(inner, columns, column!),
      };
      // A loop of one turn or none: the hardware's way to skip what lies beyond the end.
      inner.loop(inner.min(inner.min(place.rows, place.columns), 1), [], (guarded) => {
        body(guarded, place);
        return [];
      });
      return [inner.value(inner.add(column!, columns.block))];
    });
    return [outer.value(outer.add(row!, rows.block))];
  });
}

/** Where the tile's own rectangle begins. */
function firstOf(b: TileBuilder, { rows, columns, along, gridColumns }: Division): readonly [Scalar, Scalar] {
  if (along === "both") return [b.mul(b.tile("row"), rows.chunk), b.mul(b.tile("column"), columns.chunk)];
  const tile = b.add(b.mul(b.tile("row"), gridColumns), b.tile("column"));
  return along === "rows" ? [b.mul(tile, rows.chunk), 0] : [0, b.mul(tile, columns.chunk)];
}

/** How much there is of the block that begins at `from`; 0 or less beyond the end. */
function sizeAt(b: TileBuilder, { size, block, isExact }: Share, from: Scalar): Scalar {
  return isExact ? block : b.min(b.sub(size, from), block);
}
